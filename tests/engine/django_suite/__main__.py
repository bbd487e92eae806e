"""Run a slice of Django's own tests on the engine, and write docs/django-suite.md.

Django's tests come with its source distribution, of exactly the installed version. Exits with 1
when a test fails for a reason that `causes.py` does not know.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import django

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo
from tests.engine.django_suite.report import report

ROOT = Path(__file__).resolve().parents[3]
LOG = ROOT / "var" / "django-suite.log"
SLICE = [
    "basic",
    "lookup",
    "ordering",
    "get_or_create",
    "bulk_create",
    "update",
    "delete",
    "aggregation",
    "auth_tests.test_models",
    "queries",
    "many_to_many",
    "many_to_one",
    "one_to_one",
    "model_inheritance",
    "select_related",
    "prefetch_related",
    "null_queries",
    "expressions_case",
]


def source(directory):
    """Return the directory of Django's source, fetched by pip (which keeps it in its cache)."""
    requirement = f"Django=={django.__version__}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    options = ["--no-deps", "--no-binary", "django", "--dest", directory]
    subprocess.run([*pip, *options, requirement], check=True)
    with tarfile.open(*directory.glob("*.tar.gz")) as archive:
        archive.extractall(directory, filter="data")
    return directory / f"django-{django.__version__}"


def run(tests, url, outcomes):
    """Run the slice in a process of its own, which leaves the outcomes in a file."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MONGO_URL": url,
        "DJANGO_SUITE_OUTCOMES": str(outcomes),
    }
    command = [sys.executable, "runtests.py", "--noinput", "--parallel=1"]
    settings = "--settings=tests.engine.django_suite.settings"
    # A hundred tracebacks of failures whose causes are known help nobody on a terminal.
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log:
        subprocess.run(
            [*command, settings, *SLICE],
            cwd=tests,
            env=environment,
            stdout=log,
            stderr=log,
            check=False,
        )


def main():
    sys.stdout.write(f"Running part of Django's own tests, for some four minutes; log: {LOG}\n")
    with tempfile.TemporaryDirectory(prefix="django-suite-") as name:
        directory = Path(name)
        outcomes = directory / "outcomes.json"
        tests = source(directory) / "tests"
        if url := os.environ.get("MONGO_URL"):
            run(tests, url, outcomes)
        else:
            server = EmbeddedMongo(directory / "mongodb")
            server.start()
            try:
                run(tests, server.url, outcomes)
            finally:
                server.stop()
        found = json.loads(outcomes.read_text())
        text, unexplained = report(found)
    (ROOT / "docs" / "django-suite.md").write_text(text)
    count = Counter(test["outcome"] for test in found["tests"].values())
    sys.stdout.write(
        f"Django's own tests: {count['passed']} passed, {count['skipped']} skipped, "
        f"{count['failed']} failed, {len(unexplained)} of them for a cause that is not known\n"
    )
    for test in unexplained:
        sys.stderr.write(f"No cause is known for the failure of {test}\n")
    sys.exit(1 if unexplained else 0)


if __name__ == "__main__":
    main()
