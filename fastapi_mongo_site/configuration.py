"""Where secrets and the MongoDB client's options come from.

Nothing here raises for a missing or bad secret: the settings must load, so that Django's system
checks (`fastapi_mongo_site.checks`) can name the fault in one line.
"""

import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import environ
from django.core.exceptions import ImproperlyConfigured

LOG_FORMATS = ("console", "json")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_REQUESTS = ("api", "all", "off")


class Env(environ.Env):
    """django-environ's reader, which misreads no value and names the variable at fault.

    `changed` holds the values that are not the default, by their variables.
    """

    SWITCHES = (*environ.Env.BOOLEAN_TRUE_STRINGS, "false", "off", "n", "no", "0", "")

    def __init__(self, **scheme: Any) -> None:
        """Take django-environ's scheme; nothing has been read yet."""
        super().__init__(**scheme)
        self.changed: dict[str, Any] = {}

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """Read and convert a variable.

        Raises ImproperlyConfigured naming the variable when its text does not convert.
        """
        try:
            if kwargs.get("cast") is bool:
                word = self.ENVIRON.get(var, "").strip().lower()
                # django-environ takes every word that it does not know for off.
                if word not in self.SWITCHES:
                    raise ValueError(f"{word!r} is neither on nor off")
            value = super().get_value(var, *args, **kwargs)
        except ValueError as why:
            message = f"The environment variable {var} is not valid: {why}"
            raise ImproperlyConfigured(message) from why
        if value != kwargs.get("default", value):
            self.changed[var] = value
        return value

    def float(self, var: str, default: float) -> float:
        """Read a number.

        django-environ drops every character that it does not expect: of 1e3 it makes 13.
        """
        number: float = self.get_value(var, cast=finite, default=default)
        return number


def finite(text: str) -> float:
    """Return the number that a text says. Raises ValueError, also for `nan` and `inf`."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no finite number")
    return number


@dataclass(frozen=True)
class Secret:
    """A secret's value and where it came from, or why there is none.

    `source` names the place of the value, or of the fault. `places` lists every place that was
    looked at, in order, for the message about a missing secret.
    """

    name: str
    value: str = ""
    source: str = ""
    error: str = ""
    places: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Secret {self.name} from {self.source or 'nowhere'}>"


def find_secret(name: str, environ: Mapping[str, str], directories: Iterable[Path]) -> Secret:
    """Look a secret up: variable NAME, the file named by NAME_FILE, then the directories.

    The first place that exists decides. An empty or unreadable file is an error and no reason to
    look further, so that a broken deployment cannot fall back to another secret by accident.
    """
    variable = name.upper()
    places = [f"${variable}", f"${variable}_FILE"]
    if value := environ.get(variable):
        return Secret(name, value, f"${variable}")
    if named_file := environ.get(f"{variable}_FILE"):
        return _read(name, expand_home(named_file))
    for directory in directories:
        path = directory / name
        places.append(str(path))
        if _exists(path):
            return _read(name, path)
    return Secret(name, places=tuple(places))


def expand_home(path: str) -> Path:
    """Return a path with the user's home in place of `~`.

    It stays as it is for a user without HOME and without an entry in /etc/passwd.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        # The directory may not be searched: the file counts as unreadable.
        return True


def _read(name: str, path: Path) -> Secret:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as why:
        return Secret(name, source=str(path), error=f"cannot be read ({why.strerror})")
    except UnicodeDecodeError:
        return Secret(name, source=str(path), error="is not UTF-8 text")
    if not value:
        return Secret(name, source=str(path), error="is empty")
    return Secret(name, value, str(path))


def example_of(name: str) -> str:
    """Return the published example of a secret."""
    examples = Path(__file__).parent.parent / "secrets.example"
    return (examples / name).read_text(encoding="utf-8").strip()


def is_loopback(host: str) -> bool:
    """Tell whether what listens on an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def hosts_and_options(url: str) -> tuple[str, str]:
    """Return the servers and the options of a connection string, split where pymongo splits it.

    A URL would end its host at a `#` in the password, and may not have a `[` there.
    """
    address, _, options = url.partition("://")[2].partition("?")
    return address.partition("/")[0].rpartition("@")[2], options


def mongo_client_options(url: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments for `pymongo.MongoClient`: the URL, and each default that it does not set.

    With pymongo a keyword argument overrides the connection string; here the connection string
    wins. Option names are compared without regard to case, as the connection string
    specification asks.
    """
    _, query = hosts_and_options(url)
    in_url = {key.lower() for key, _ in parse_qsl(query, keep_blank_values=True)}
    chosen = {key: value for key, value in defaults.items() if key.lower() not in in_url}
    return {"host": url, **chosen}
