"""The report on a run of Django's tests: counts, and every failure under its cause."""

import re
from collections import Counter, defaultdict

import django

from tests.engine.django_suite.causes import KNOWN, RULES, UNKNOWN

HEAD = """# Django's own tests on the engine

Written by `make django-suite`: part of the test suite of Django {version}, from its source
distribution, with the engine behind both databases. A failure is no wrong answer: each has its
cause below, and the command fails when it meets one that has none.

| tests | run | passed | skipped | failed |
|---|---|---|---|---|
{counts}

Django itself skips the tests for features that the engine says it lacks. The engine refuses these
models, which are left out of the databases: {refused}.

## Failures by cause
"""


def cause_of(test, errors):
    """Return the causes of a test's errors; of subtests there can be several."""
    return {_cause(test, error) for error in errors}


def _cause(test, error):
    name = ".".join(test.split(".")[-2:])
    if name in KNOWN:
        return KNOWN[name]
    said = f"{error['statement']}{error['type']}: {error['text']}"
    for pattern, cause in RULES:
        if match := re.search(pattern, said, re.DOTALL):
            return match.expand(cause)
    return UNKNOWN


def report(outcomes):
    """Return the text of the report, and the tests that failed without a known cause."""
    counts = defaultdict(Counter)
    causes = defaultdict(set)
    for test, outcome in outcomes["tests"].items():
        counts[test.partition(".")[0]][outcome["outcome"]] += 1
        for cause in cause_of(test, outcome.get("errors", [])):
            causes[cause].add(test)
    counts["all"] = sum(counts.values(), Counter())
    lines = [
        f"| {name} | {count.total()} | {count['passed']} | {count['skipped']} | {count['failed']} |"
        for name, count in counts.items()
    ]
    refused = ", ".join(
        f"`{name}` ({_why(why)})" for name, why in outcomes["refused_models"].items()
    )
    head = HEAD.format(version=django.__version__, counts="\n".join(lines), refused=refused)
    sections = [
        f"\n{cause} ({len(tests)})\n\n" + "".join(f"- `{test}`\n" for test in sorted(tests))
        for cause, tests in sorted(causes.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return head + "".join(sections), sorted(causes[UNKNOWN])


def _why(text):
    return re.sub(r"djongo_engine does not translate (.*?)\. [A-Z].*", r"\1", text)
