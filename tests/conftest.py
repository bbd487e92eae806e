"""What every test may use: each module says what it offers."""

pytest_plugins = [
    "tests.support.leaks",  # first: pytest rewrites a module's assertions when it imports it
    "tests.support.accounts",
    "tests.support.database",
    "tests.support.first",
    "tests.support.log",
    "tests.support.profiles",
    "tests.support.servers",
    "tests.support.tally",
    "tests.support.unique_ids",
]
