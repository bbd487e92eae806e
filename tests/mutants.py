"""Which changes of a module no test notices: `make mutants MODULE=... TESTS="..."`.

mutmut changes the functions of the module one at a time (a constant, an operator, an argument
left out) and runs those tests that come by there; a change that leaves them all green survives.
It works on a copy of the project. The database server starts once for all runs, unless MONGO_URL
names one. Ends with the counts and the difference of each survivor. docs/mutants.md keeps the
figures, and says what mutmut leaves as it is.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo
from tests.support.mongo_server import CONFIGURATION
from tests.support.service import PROJECT

LEFT_OUT = shutil.ignore_patterns(".*", "var", "secrets", "__pycache__")
MUTMUT = Path(sys.executable).with_name("mutmut")
CONFIG = """\
[mutmut]
source_paths =
    {packages}
only_mutate =
    {module}
also_copy =
    {others}
# A client of MongoDB that one run closed is of no use to the next in the same process.
process_isolation = forkserver
# Setting up the database takes longer than most tests, and the estimate counts only these.
timeout_constant = 10
pytest_add_cli_args =
    -n
    0
pytest_add_cli_args_test_selection =
    {tests}
"""


@contextlib.contextmanager
def mongo_url(directory: Path) -> Iterator[str]:
    """The URL of the server for all runs."""
    if url := os.environ.get("MONGO_URL"):
        yield url
        return
    os.environ.update(CONFIGURATION)
    server = EmbeddedMongo(directory, durable=False)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def main(module: str, *tests: str) -> int:
    """Run mutmut on a module; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        copy = Path(shutil.copytree(PROJECT, Path(name, "project"), ignore=LEFT_OUT))
        packages = {path.parent.name for path in copy.glob("*/__init__.py")} - {"tests"}
        others = {path.name for path in copy.iterdir()} - packages
        values = {"packages": packages, "others": others, "tests": tests, "module": [module]}
        lists = {key: "\n    ".join(sorted(value)) for key, value in values.items()}
        (copy / "setup.cfg").write_text(CONFIG.format(**lists))

        def mutmut(*arguments: str, **options) -> subprocess.CompletedProcess:
            return subprocess.run([MUTMUT, *arguments], cwd=copy, text=True, **options)

        with mongo_url(Path(name, "mongodb")) as url:
            # One at a time: all runs use one database.
            done = mutmut("run", "--max-children=1", env={**os.environ, "MONGO_URL": url})
        if done.returncode:
            return done.returncode
        listed = mutmut("results", "--all=true", capture_output=True).stdout
        results = re.findall(r"(\S+): (.+)", listed)
        for mutant in [mutant for mutant, status in results if status != "killed"]:
            sys.stdout.write(mutmut("show", mutant, capture_output=True).stdout)
        counts = Counter(status for _, status in results)
        sys.stdout.write(f"{module}: {len(results)} mutants, {dict(counts)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
