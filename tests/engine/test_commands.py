"""Django's commands for databases: each works, or says in a sentence why it does not."""

import io
import json
import os
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import NotSupportedError, connection
from django.test import TransactionTestCase
from pymongo import MongoClient
from pymongo.uri_parser import parse_uri

from djongo_engine.shell import DatabaseClient, connection_string
from tests.engine.engine_models.models import Record, Tag


def output_of(*command, **options):
    out = io.StringIO()
    call_command(*command, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_sqlflush_prints_what_mongosh_can_run():
    lines = output_of("sqlflush").split("\n")
    assert 'db.getCollection("engine_models_record").deleteMany({});' in lines
    (resets,) = [line for line in lines if "__schema__" in line]
    assert "engine_models_record" in resets
    assert all(line.startswith("db.getCollection(") for line in lines if line)


@pytest.fixture
def own_database():
    """A database that the test may flush, since what `migrate` wrote goes too."""
    name = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = f"{name}_commands"
    connection.close()
    connection.database.client.drop_database(f"{name}_commands")
    call_command("migrate", verbosity=0, run_syncdb=True)
    yield
    connection.database.client.drop_database(f"{name}_commands")
    connection.settings_dict["NAME"] = name
    connection.close()


def test_flush_empties_the_collections_and_the_ids_start_at_1(own_database):
    Record.objects.bulk_create([Record(text="a"), Record(text="b")])
    call_command("flush", interactive=False, verbosity=0)
    assert Record.objects.count() == 0
    assert Record.objects.create(text="c").pk == 1


def test_reset_sequences_of_a_test_case_holds(own_database):
    Record.objects.create(text="a")
    Record.objects.all().delete()
    # What Django does before a TransactionTestCase whose reset_sequences is True.
    TransactionTestCase._reset_sequences("default")
    assert Record.objects.create(text="b").pk == 1


def test_data_are_dumped_and_loaded(own_database, tmp_path):
    record = Record.objects.create(text="ä", amount="1.50", raw=b"\0")
    Tag.objects.create(record=record, word="w")
    before = list(connection.database["engine_models_record"].find({}, {"_id": False}))
    file = tmp_path / "data.json"
    call_command("dumpdata", "engine_models", output=str(file))
    call_command("flush", interactive=False, verbosity=0)
    assert "Installed 2 object(s)" in output_of("loaddata", str(file))
    assert list(connection.database["engine_models_record"].find({}, {"_id": False})) == before
    assert Tag.objects.get().record == record
    assert Record.objects.create(text="next").pk == record.pk + 1


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["sqlmigrate", "items", "0001"], "no SQL text: see `migrate --plan`"),
        (["createcachetable", "shelf"], "could not be created"),
    ],
)
def test_command_that_needs_sql_says_so(command, says):
    with pytest.raises(CommandError, match=says):
        output_of(*command)
    assert "shelf" not in connection.introspection.table_names()


def test_inspectdb_says_of_each_collection_why_not():
    text = output_of("inspectdb", "items")
    assert "# Unable to inspect table 'items'" in text
    assert "a MongoDB collection does not declare its fields" in text


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["showmigrations", "items"], "[X] 0001_initial"),
        (["migrate", "--plan"], "No planned migration operations"),
        (["migrate", "--fake-initial"], "No migrations to apply"),
        (["migrate", "--prune", "items"], "No migrations to prune"),
        (["optimizemigration", "items", "0001", "--check"], "No optimizations possible"),
        (["makemigrations", "--check", "--dry-run"], "No changes detected"),
        (["sqlsequencereset", "items"], "No sequences found"),
        (["check", "--database", "default"], "no issues"),
        (["remove_stale_contenttypes", "--noinput", "-v", "2"], ""),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_command_works(command, says):
    assert says in output_of(*command)


MONGOSH = f"""#!{sys.executable}
import json, os, sys
url, name = os.environ["DBSHELL_URL"], os.environ["DBSHELL_NAME"]
print(json.dumps({{"arguments": sys.argv[1:], "url": url, "name": name}}))
sys.exit(3 if "fail" in sys.argv else 0)
"""


@pytest.fixture
def mongosh(tmp_path, monkeypatch):
    """A program of that name that prints how it was started: no real one can be installed here."""
    program = tmp_path / "mongosh"
    program.write_text(MONGOSH)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def started(capfd):
    return json.loads(capfd.readouterr().out)


def test_dbshell_starts_mongosh_and_shows_no_password(mongosh, monkeypatch, capfd):
    url = "mongodb://ann:secret@db.example/?tls=true"
    monkeypatch.setitem(connection.settings_dict, "CLIENT", {"host": url})
    call_command("dbshell")
    shell = started(capfd)
    assert shell["url"] == url
    assert shell["name"] == connection.settings_dict["NAME"]
    assert shell["arguments"][-1] == "--shell"
    assert "secret" not in str(shell["arguments"])


def test_dbshell_passes_parameters_on_and_does_not_wait_for_input(mongosh, capfd):
    call_command("dbshell", "--", "--eval", "db.items.countDocuments()")
    assert started(capfd)["arguments"][-2:] == ["--eval", "db.items.countDocuments()"]
    with pytest.raises(CommandError, match="exit status 3") as failed:
        call_command("dbshell", "--", "fail")
    assert failed.value.returncode == 3


def test_dbshell_says_that_mongosh_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="not to have the 'mongosh' program installed"):
        call_command("dbshell")


def test_dbshell_without_a_server_says_so():
    with pytest.raises(ImproperlyConfigured, match=r"CLIENT\['host'\]"):
        DatabaseClient.settings_to_cmd_args_env({"NAME": "shop", "CLIENT": {}}, [])


@pytest.mark.parametrize(
    "options",
    [
        {"host": "mongodb://127.0.0.1:27018/?replicaSet=rs0&retryWrites=false"},
        {"host": "mongodb://a:1,b:2/admin"},
        {"host": "db.example", "port": 27018},
        {"host": ["a:1", "b:2"], "replicaSet": "rs0"},
        {"host": "db.example", "username": "a@b", "password": "p/w:%", "authSource": "admin"},
        {"host": "mongodb://x:y@db.example/", "username": "ann", "password": "é"},
        {"host": "db.example", "directConnection": True, "appName": "not for a shell"},
    ],
    ids=str,
)
def test_connection_string_says_what_the_options_say(options):
    written = parse_uri(connection_string(options))
    with MongoClient(**options, connect=False) as client:
        assert set(written["nodelist"]) == client.topology_description.server_descriptions().keys()
        assert written["options"].get("replicaSet") == client.options.replica_set_name
    for name in ("username", "password"):
        assert name not in options or written[name] == options[name]
    for name in ("authSource", "directConnection"):
        assert name not in options or written["options"][name] == options[name]


def test_lock_that_nobody_holds_is_refused_and_a_plain_one_passes():
    record = Record.objects.create(text="a")
    locked = Record.objects.filter(pk=record.pk)
    assert locked.select_for_update().get() == record
    assert Record.objects.update_or_create(pk=record.pk, defaults={"text": "b"})[1] is False
    for options in ({"nowait": True}, {"skip_locked": True}, {"of": ["self"]}, {"no_key": True}):
        with pytest.raises(NotSupportedError, match="select_for_update"):
            locked.select_for_update(**options).get()
