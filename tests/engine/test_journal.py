"""A migration that stopped midway says what it did, and goes on from there."""

import importlib
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from djongo_engine.schema.journal import JOURNAL
from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo

CREATE = """
    migrations.CreateModel("Shop", [("id", models.BigAutoField(primary_key=True)),
                                    ("name", models.CharField(max_length=9))]),
"""
FILL = """migrations.RunPython(fill, migrations.RunPython.noop),"""
REFUSED = """migrations.RunSQL("UPDATE shops", migrations.RunSQL.noop),"""
INDEX = """migrations.AddIndex("Shop", models.Index(fields=["name"], name="shop_name")),"""
UNIQUE = """migrations.AlterField("Shop", "name", models.CharField(max_length=9, unique=True)),"""
STOPS_BACKWARDS = """migrations.RunPython(migrations.RunPython.noop, fail),"""

KILLS_THE_SERVER = """migrations.RunPython(kill_server),"""
LOSES_THE_LOCK = """migrations.RunPython(lose_lock),"""
TAKES_ITS_TIME = """migrations.RunPython(take_time),"""

MIGRATION = """
import os
import pymongo
from django.db import migrations, models

def fill(apps, schema_editor):
    for _ in range(2):
        apps.get_model("shops", "Shop").objects.create(name="Same")

def fail(apps, schema_editor):
    raise LookupError("no way back")

def kill_server(apps, schema_editor):
    os.kill(int(os.environ["SERVER_TO_KILL"]), 9)

def lose_lock(apps, schema_editor):
    locks = schema_editor.connection.database["__locks__"]
    locks.update_one({"_id": "migrate"}, {"$set": {"owner": "somebody else"}})

def take_time(apps, schema_editor):
    options = schema_editor.connection.database.client.options
    assert options.pool_options.socket_timeout > 3600

class Migration(migrations.Migration):
    dependencies = [%s]
    operations = [%s]
"""


class Shops:
    """The app `shops`, whose migrations each test writes."""

    def __init__(self, directory):
        self.directory = directory
        self.package = directory / "shops"
        (self.package / "migrations").mkdir(parents=True)
        (self.package / "__init__.py").touch()
        (self.package / "migrations" / "__init__.py").touch()

    def write(self, *operations, name="0001_initial", after=""):
        dependencies = f"('shops', '{after}')" if after else ""
        text = MIGRATION % (dependencies, "".join(map(textwrap.dedent, operations)))
        path = self.package / "migrations" / f"{name}.py"
        path.write_text(text)

    def migrate(self, *arguments, **options):
        for name in [name for name in sys.modules if name.partition(".")[0] == "shops"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "shops"]):
            call_command("migrate", "shops", *arguments, **{"verbosity": 0, **options})

    def stops(self, *arguments, error=CommandError):
        with pytest.raises(error) as stopped:
            self.migrate(*arguments)
        return "\n".join([str(stopped.value), *getattr(stopped.value, "__notes__", [])])

    @property
    def documents(self):
        return connection.database["shops_shop"].count_documents({})

    @property
    def indexes(self):
        return set(connection.database["shops_shop"].index_information()) - {"_id_"}


@pytest.fixture
def shops(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield Shops(tmp_path)
    connection.database["shops_shop"].drop()
    for collection, key in ((JOURNAL, "_id"), ("django_migrations", "app"), ("__schema__", "name")):
        connection.database[collection].delete_many({key: {"$regex": "^shops"}})


def test_refused_operation_names_what_was_applied_and_is_mended(shops):
    shops.write(CREATE, FILL, REFUSED, INDEX)
    assert shops.stops() == (
        "shops.0001_initial stopped at its operation 3. Raw SQL operation: djongo_engine does not "
        "translate SQL text in a migration. Use RunPython. The manager's mongo_* methods "
        "(djongo.models.DjongoManager) send any command to MongoDB.\n"
        "Of its operations already applied: 1. Create model Shop; 2. Raw Python operation. "
        "Mend the cause and run the same command again: it goes on with this operation."
    )
    shops.write(CREATE, FILL, INDEX)
    shops.migrate()
    assert (shops.documents, shops.indexes) == (2, {"__primary_key__", "shop_name"})


def test_duplicate_that_a_unique_index_meets_is_mended_in_the_data(shops):
    shops.write(CREATE, FILL, UNIQUE)
    said = "The index 'name_uniq' of the collection 'shops_shop' cannot be created: "
    assert said in shops.stops()
    connection.database["shops_shop"].delete_one({})
    shops.migrate()
    assert (shops.documents, shops.indexes) == (1, {"__primary_key__", "name_uniq"})


def test_operation_that_ran_before_a_kill_could_be_noted_is_run_again(shops):
    shops.write(CREATE, INDEX, REFUSED)
    shops.stops()
    connection.database[JOURNAL].update_one({}, {"$pop": {"operations": 1}})
    assert "already applied: 1. Create model Shop; 2. Create index" in shops.stops()


def test_operations_that_were_applied_may_not_change(shops):
    shops.write(CREATE, FILL, REFUSED)
    shops.stops()
    shops.write(CREATE.replace("max_length=9", "max_length=8"), FILL)
    assert "Its first operations must stay: 1. Create model Shop; 2. Raw" in shops.stops()
    assert shops.documents == 2


def test_each_operation_inside_separate_database_and_state_is_noted(shops):
    shops.write(f"migrations.SeparateDatabaseAndState([{CREATE} {FILL} {REFUSED}]),")
    assert "already applied: 1. Create model Shop; 2. Raw Python operation." in shops.stops()
    shops.write(f"migrations.SeparateDatabaseAndState([{CREATE} {FILL} {INDEX}]),")
    shops.migrate()
    assert shops.documents == 2


def test_error_of_a_migrations_own_code_keeps_its_type_and_names_what_is_applied(shops):
    shops.write(CREATE, STOPS_BACKWARDS, INDEX)
    shops.migrate()
    text = shops.stops("zero", error=LookupError)
    assert "still applied: 1. Create model Shop; 2. Raw Python operation." in text
    assert shops.indexes == {"__primary_key__"}


def test_backwards_goes_on_backwards(shops):
    shops.write(CREATE, STOPS_BACKWARDS, INDEX)
    shops.migrate()
    shops.stops("zero", error=LookupError)
    shops.write(INDEX, name="0002_later", after="0001_initial")
    assert "shops.0001_initial is half undone: end that first" in shops.stops()
    (shops.package / "migrations" / "0002_later.py").unlink()
    shops.write(CREATE, INDEX)
    assert "must stay: 1. Create model Shop. The next may be replaced." in shops.stops("zero")
    shops.write(CREATE, FILL, INDEX)
    shops.migrate("zero")
    assert "shops_shop" not in connection.introspection.table_names()


def test_migrate_names_an_unfinished_migration_until_it_is_faked(shops, capsys):
    shops.write(CREATE, REFUSED)
    shops.stops()
    call_command("migrate", "items", verbosity=1)
    assert "shops.0001_initial is still half applied." in capsys.readouterr().out
    shops.migrate(fake=True)
    call_command("migrate", "items", verbosity=1)
    assert "half applied" not in capsys.readouterr().out


def test_kill_between_the_record_and_the_journal_leaves_nothing_unfinished(shops, capsys):
    shops.write(CREATE, REFUSED)
    shops.stops()
    connection.database["django_migrations"].insert_one(
        {"id": 9999, "app": "shops", "name": "0001_initial", "applied": None}
    )
    call_command("migrate", "items", verbosity=1)
    assert "half applied" not in capsys.readouterr().out


def test_migration_of_a_killed_process_goes_on_where_it_stopped(shops):
    """Another process is killed in its third operation; this one then migrates."""
    kill = "migrations.RunPython(lambda *_: __import__('os').kill(__import__('os').getpid(), 9)),"
    shops.write(CREATE, FILL, kill, INDEX)
    script = f"""
import django
from django.conf import settings
django.setup()
settings.DATABASES["default"]["NAME"] = {connection.settings_dict["NAME"]!r}
from django.core.management import call_command
from django.test import override_settings
with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "shops"]):
    call_command("migrate", "shops", verbosity=0)
"""
    killed = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env={**os.environ, "PYTHONPATH": str(shops.directory)},
        timeout=60,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    connection.database["__locks__"].delete_many({})  # its lease would end in ten seconds
    shops.write(CREATE, FILL, INDEX)
    shops.migrate()
    assert (shops.documents, shops.indexes) == (2, {"__primary_key__", "shop_name"})


@pytest.fixture
def own_server(tmp_path):
    """A MongoDB for one test, which the connection uses."""
    server = EmbeddedMongo(tmp_path / "mongodb")
    server.start()
    # Longer than the driver waits before it looks for a dead server again.
    client = {"host": server.url, "serverSelectionTimeoutMS": 1000}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(connection.settings_dict, "CLIENT", client)
        patch.setenv("SERVER_TO_KILL", str(server.process.pid))
        connection.connection = None
        yield server
    connection.connection = None
    ContentType.objects.clear_cache()
    server.stop()


def test_migration_goes_on_where_a_dead_server_stopped_it(shops, own_server):
    shops.write(CREATE, KILLS_THE_SERVER)
    assert "already applied: 1. Create model Shop." in shops.stops()
    own_server.process.wait()
    own_server.start()
    connection.database["__locks__"].delete_many({})  # its lease would end in ten seconds
    shops.write(CREATE, INDEX)
    shops.migrate()
    assert shops.indexes == {"__primary_key__", "shop_name"}


def test_migration_may_take_longer_than_a_request(shops):
    shops.write(TAKES_ITS_TIME)
    shops.migrate()


def test_migration_that_lost_the_lock_stops(shops):
    shops.write(CREATE, LOSES_THE_LOCK, INDEX)
    assert "Another process took over the lock 'migrate'" in shops.stops()
    # What the other process has noted meanwhile is not overwritten.
    assert len(connection.database[JOURNAL].find_one()["operations"]) == 1
    assert shops.indexes == {"__primary_key__"}
    connection.database["__locks__"].delete_one({"owner": "somebody else"})
