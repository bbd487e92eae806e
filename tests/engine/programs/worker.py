"""A process of its own that runs batches: its server, and the models' tables in it."""

import os
from typing import Any

from tests.support.mongo_server import CONFIGURATION


def connect(urls: Any) -> None:
    """Set up Django with the next server, and make the tables. Runs before all else here."""
    os.environ.update(CONFIGURATION, MONGO_URL=urls.get())
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from django.db import connection, connections

    from tests.engine.probes import teach_the_judge
    from tests.engine.programs.tables import TOLD

    connection.settings_dict["NAME"] = f"probes_{os.getpid()}"
    for alias in ("default", "sqlite"):
        for model in TOLD:
            with connections[alias].schema_editor() as editor:
                editor.create_model(model)
    teach_the_judge()
    connections["sqlite"].disable_constraint_checking()


def work(seed: int, batch: int) -> Any:
    """Run one batch: its tally, and what was wrong as tests."""
    from tests.engine.programs.batch import run_batch

    return run_batch(seed, batch)
