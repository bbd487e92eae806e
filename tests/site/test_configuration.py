"""Where secrets and the options of the client come from, and the checks of both."""

import re
import runpy

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from pymongo.uri_parser import parse_uri

from fastapi_mongo_site.checks import check_time_limits
from fastapi_mongo_site.configuration import (
    Env,
    Secret,
    find_secret,
    hosts_and_options,
    mongo_client_options,
)
from tests.support.configuration_table import tables

# The lookup


@pytest.fixture
def directories(tmp_path):
    found = [tmp_path / "first", tmp_path / "second"]
    [directory.mkdir() for directory in found]
    return found


def test_environment_variable_comes_first(directories):
    (directories[0] / "service_pwd").write_text("file")
    secret = find_secret("service_pwd", {"SERVICE_PWD": "variable"}, directories)
    assert (secret.value, secret.source) == ("variable", "$SERVICE_PWD")


def test_named_file_comes_second(directories, tmp_path):
    (directories[0] / "service_pwd").write_text("directory")
    (tmp_path / "named").write_text("named\n")
    environ = {"SERVICE_PWD_FILE": str(tmp_path / "named")}
    assert find_secret("service_pwd", environ, directories).value == "named"


def test_directories_come_in_their_order(directories):
    (directories[0] / "service_pwd").write_text("first")
    (directories[1] / "service_pwd").write_text("second")
    assert find_secret("service_pwd", {}, directories).value == "first"


def test_missing_secret_lists_every_place(directories):
    secret = find_secret("mongo_url", {}, directories)
    assert (secret.value, secret.error) == ("", "")
    assert secret.places == (
        "$MONGO_URL",
        "$MONGO_URL_FILE",
        *(str(directory / "mongo_url") for directory in directories),
    )


@pytest.mark.parametrize(
    ("content", "error"), [(b"", "is empty"), (b"\xff", "is not UTF-8 text"), (None, "cannot be")]
)
def test_faulty_file_is_an_error_and_ends_the_search(directories, content, error):
    faulty = directories[0] / "service_pwd"
    faulty.mkdir() if content is None else faulty.write_bytes(content)
    (directories[1] / "service_pwd").write_text("second")
    secret = find_secret("service_pwd", {}, directories)
    assert (secret.value, secret.source) == ("", str(faulty))
    assert secret.error.startswith(error)


def test_home_that_nobody_has_is_a_file_that_is_not_there():
    secret = find_secret("service_pwd", {"SERVICE_PWD_FILE": "~nobody-has-this-name/secret"}, [])
    assert secret.error == "cannot be read (No such file or directory)"


def test_secret_shows_its_source_and_never_its_value():
    assert repr(Secret("service_pwd", "hidden", "$SERVICE_PWD")) == (
        "<Secret service_pwd from $SERVICE_PWD>"
    )


def test_connection_string_overrides_the_default_options():
    url = "mongodb://h/?W=1&sockettimeoutms=7"
    defaults = {"w": "majority", "socketTimeoutMS": 5000, "maxPoolSize": 20}
    assert mongo_client_options(url, defaults) == {"host": url, "maxPoolSize": 20}


@pytest.mark.parametrize("password", ["p", "p#w", "p[w", "p]w#x"])
def test_no_part_of_a_password_is_taken_for_a_server(password):
    url = f"mongodb://joe:{password}@a:1,b:2/db?w=1"
    assert hosts_and_options(url) == ("a:1,b:2", "w=1")
    assert parse_uri(url)["nodelist"] == [("a", 1), ("b", 2)]


# Numbers


@pytest.mark.parametrize(
    ("text", "number"), [("1e3", 1000.0), ("0.5", 0.5), (" 5 ", 5.0), ("-1", -1.0)]
)
def test_number_with_a_fraction_is_read_as_it_is_written(monkeypatch, text, number):
    monkeypatch.setenv("AUTH_CACHE_SECONDS", text)
    assert Env().float("AUTH_CACHE_SECONDS", 5.0) == number


NO_NUMBERS = ["", "five", "5s", "5,0", "1,000", "1.000,5", "0x10", "1e", "nan", "inf", "1 000"]


def numbers():
    """Every number that the settings read from the environment."""
    source = (settings.BASE_DIR / "fastapi_mongo_site" / "settings.py").read_text()
    found = re.findall(r'env\.(?:int|float)\(\s*"([A-Z_]+)"', source)
    assert {"PORT", "AUTH_CACHE_SECONDS", "NUM_PROXIES"} <= set(found)
    return found


@pytest.mark.parametrize("name", numbers())
def test_what_is_no_number_is_refused_by_the_name_of_its_variable(monkeypatch, settings, name):
    for text in NO_NUMBERS:
        monkeypatch.setenv(name, text)
        with pytest.raises(ImproperlyConfigured, match=rf"variable {name} is not valid"):
            runpy.run_path(str(settings.BASE_DIR / "fastapi_mongo_site" / "settings.py"))


# The checks


def ids():
    return [message.id for message in run_checks() if message.is_serious()]


@pytest.fixture
def with_secret(settings):
    def change(name, **values):
        settings.SECRETS = {**settings.SECRETS, name: Secret(name, **values)}

    return change


def test_configuration_of_the_suite_is_fine():
    assert ids() == []


def test_missing_secret_is_named_with_every_place(with_secret):
    with_secret("service_pwd", places=("$SERVICE_PWD", "/run/secrets/service_pwd"))
    (message,) = [m for m in run_checks() if m.id == "site.E001"]
    assert "service_pwd is missing" in message.msg
    assert "$SERVICE_PWD, /run/secrets/service_pwd" in message.msg


def test_unreadable_secret(with_secret):
    with_secret("secret_key", source="/x", error="is empty")
    assert ids() == ["site.E002"]


@pytest.mark.parametrize("name", ["mongo_url", "secret_key"])
def test_example_value_is_accepted_in_debug_alone(with_secret, settings, name):
    example = (settings.BASE_DIR / "secrets.example" / name).read_text().strip()
    with_secret(name, value=example)
    assert ids() == ["site.E003"]
    settings.DEBUG = True
    assert ids() == []


@pytest.mark.parametrize("url", ["localhost", "http://h", "mongodb://", "mongodb://u:p@ss@h"])
def test_url_that_is_no_connection_string(with_secret, url):
    with_secret("mongo_url", value=url)
    assert ids() == ["site.E004"]


SECRET_PARTS = [
    "mongodb://user:s3cr/t@host",
    "mongodb://user:s3cr:t@host:27017/",
    "mongodb://user:p%s3cr@host",
    "mongodb://host/?authMechanism=s3cr",
    "mongodb://host/?timeoutMS=s3cr",
    "mongodb://host/?tlsCAFile=/s3cr",
    "mongodb://[s3cr",
    "mongodb://host:s3cr",
    "mongodb://user:27017/x?s3cr@host",
    "mongo://user:s3cr@host",
    "s3cr",
]


@pytest.mark.parametrize("url", SECRET_PARTS)
def test_check_says_no_part_of_a_malformed_url(with_secret, recwarn, url):
    with_secret("mongo_url", value=url, source="$MONGO_URL")
    messages = run_checks()
    assert "site.E004" in [message.id for message in messages]
    assert "s3cr" not in repr([*messages, *(warning.message for warning in recwarn)])


@pytest.mark.parametrize(
    "url",
    [
        "mongodb://a,b/?replicaSet=rs0",
        "mongodb+srv://u:p@cluster.example/",
        "mongodb://u:p@h/?tls=true&authSource=admin",
    ],
)
def test_every_kind_of_connection_string_is_accepted(with_secret, url):
    with_secret("mongo_url", value=url)
    assert ids() == []


@pytest.mark.parametrize(
    "option", ["socketTimeoutMS=0", "connecttimeoutms=60000", "w=1;waitQueueTimeoutMS=60000"]
)
@pytest.mark.parametrize("scheme", ["mongodb", "mongodb+srv"])
def test_longer_time_than_the_settings_allow_is_warned_about(with_secret, scheme, option):
    with_secret("mongo_url", value=f"{scheme}://cluster.example/?{option}")
    assert [message.id for message in check_time_limits()] == ["site.W002"]


def test_shorter_time_than_the_settings_allow_is_fine(with_secret):
    with_secret("mongo_url", value="mongodb://h/?socketTimeoutMS=100&connectTimeoutMS=100")
    assert list(check_time_limits()) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", 0),
        ("PORT", 65_536),
        ("WORKERS", 0),
        ("THREADS", -1),
        ("MAX_BODY_BYTES", 0),
        ("STOP_SECONDS", 1),
        ("DRAIN_SECONDS", -1),
        ("HEALTH_TIMEOUT_MS", 0),
        ("MANAGEMENT_PORT", 0),
        ("MANAGEMENT_PORT", 65_536),
        ("MANAGEMENT_PORT", 8_000),
        ("DRAIN_SECONDS", 2**31),
        ("MAX_BODY_BYTES", 2**31),
        ("THREADS", 10**30),
        ("MONGO_MAX_POOL_SIZE", 10**30),
        ("MONGO_SEARCH_TIMEOUT_MS", 2**31),
        ("MONGO_TIMEOUT_MS", 0),
        ("MONGO_SEARCH_TIMEOUT_MS", 0),
        ("MONGO_EXPORT_TIMEOUT_MS", -1),
        ("MONGO_DB", ""),
        ("MONGO_DB", "a.b"),
    ],
)
def test_setting_out_of_its_range_is_named(settings, name, value):
    setattr(settings, name, value)
    (message,) = [m for m in run_checks() if m.id == "site.E005"]
    assert message.msg.startswith(f"{name} is {value!r}")


# The examples


def test_there_is_an_example_of_every_secret(settings):
    examples = {path.name for path in (settings.BASE_DIR / "secrets.example").iterdir()}
    assert examples == set(settings.SECRETS)


def test_env_example_lists_every_variable_that_the_settings_read(settings):
    source = (settings.BASE_DIR / "fastapi_mongo_site" / "settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    example = (settings.BASE_DIR / ".env.example").read_text()
    assert read == set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))


def test_env_example_holds_the_defaults(settings, monkeypatch):
    text = (settings.BASE_DIR / ".env.example").read_text()
    example = dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))
    for name in example:
        monkeypatch.delenv(name, raising=False)
    defaults = values_of(example, settings)
    for name, value in example.items():
        monkeypatch.setenv(name, value)
    assert values_of(example, settings) == defaults


def values_of(names, settings):
    """The settings of these names, as a new process reads them."""
    path = settings.BASE_DIR / "fastapi_mongo_site" / "settings.py"
    return {name: value for name, value in runpy.run_path(str(path)).items() if name in names}


def test_the_readme_lists_every_variable(settings):
    assert tables() in (settings.BASE_DIR / "README.md").read_text(), (
        "Print the tables with: python -m tests.support.configuration_table"
    )
