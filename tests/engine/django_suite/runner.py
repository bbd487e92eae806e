"""Django's test runner, which leaves every outcome in a file."""

import json
import linecache
import os
import traceback
import unittest
from functools import partialmethod
from pathlib import Path

from django.apps import apps
from django.db import NotSupportedError, connection, connections
from django.test import TransactionTestCase
from django.test.runner import DiscoverRunner
from django.test.utils import CaptureQueriesContext

from djongo_engine.schema.checks import check_model
from tests.engine.django_suite.writes import writes

KEPT = {"django_content_type", "auth_permission", "django_site"}


class Result(unittest.TextTestResult):
    """Keeps each test's outcome: passed, skipped, or what failed, and in which statement."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.outcomes = {}

    def addSuccess(self, test):  # noqa: N802
        super().addSuccess(test)
        self.outcomes.setdefault(test.id(), {"outcome": "passed"})

    def addSkip(self, test, reason):  # noqa: N802
        super().addSkip(test, reason)
        self.outcomes[test.id()] = {"outcome": "skipped", "text": reason}

    def addFailure(self, test, err):  # noqa: N802
        super().addFailure(test, err)
        self._keep(test.id(), err)

    def addError(self, test, err):  # noqa: N802
        super().addError(test, err)
        self._keep(test.id(), err)

    def addSubTest(self, test, subtest, err):  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err:
            self._keep(test.id(), err)

    def _keep(self, test_id, err):
        kind, error, trace = err
        kept = self.outcomes.setdefault(test_id, {"outcome": "failed"})
        kept.setdefault("errors", []).append(
            {"type": kind.__name__, "text": str(error), "statement": _statement(trace)}
        )
        kept["outcome"] = "failed"


def _statement(trace):
    """Return the statement of Django's tests that a failure comes from, else of Django."""
    frames = traceback.extract_tb(trace)
    tests = [frame for frame in frames if frame.filename.startswith(str(Path.cwd()))]
    frame = (tests or frames)[-1]
    return "".join(linecache.getlines(frame.filename)[frame.lineno - 1 : frame.end_lineno])


def _restore(test, baseline):
    """Empty what a test filled; Django's flush would write all permissions again each time."""
    for alias in test._databases_names(include_mirrors=False):
        database = connections[alias].database
        for name in list(writes.collections[database.name]):
            database[name].delete_many({})
            if documents := baseline[alias].get(name):
                database[name].insert_many(documents)
        writes.collections[database.name].clear()


def _sent(context):
    """Leave out BEGIN: with real transactions a TestCase sends it before the count begins."""
    log = context.connection.queries[context.initial_queries : context.final_queries]
    return [query for query in log if query["sql"] != "BEGIN"]


class Runner(DiscoverRunner):
    """Writes the outcomes to the file that DJANGO_SUITE_OUTCOMES names."""

    def get_resultclass(self):
        return Result

    def setup_databases(self, **options):
        """Leave out the models that the engine refuses: one stops Django's whole `migrate`."""
        self.refused = {}
        for model in apps.get_models(include_auto_created=True):
            try:
                check_model(model, connection)
            except NotSupportedError as error:
                model._meta.managed = False
                self.refused[model._meta.label] = str(error)
        configured = super().setup_databases(**options)
        baseline = {
            alias: {name: list(connections[alias].database[name].find()) for name in KEPT}
            for alias in connections
        }
        writes.collections.clear()
        TransactionTestCase._fixture_teardown = partialmethod(_restore, baseline)
        CaptureQueriesContext.captured_queries = property(_sent)
        CaptureQueriesContext.__len__ = lambda context: len(context.captured_queries)
        return configured

    def run_suite(self, suite, **options):
        result = super().run_suite(suite, **options)
        outcomes = {"refused_models": self.refused, "tests": result.outcomes}
        Path(os.environ["DJANGO_SUITE_OUTCOMES"]).write_text(json.dumps(outcomes))
        return result
