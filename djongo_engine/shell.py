"""`dbshell`: MongoDB's shell, connected as the engine is."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from django.db.backends.base.client import BaseDatabaseClient

from djongo_engine.client import client_options

# Arguments of MongoClient that say who connects to what, and that a connection string may hold
# under the same name.
_IN_URL = (
    "authMechanism",
    "authSource",
    "directConnection",
    "replicaSet",
    "tls",
    "tlsAllowInvalidCertificates",
    "tlsAllowInvalidHostnames",
    "tlsCAFile",
    "tlsCertificateKeyFile",
    "tlsCertificateKeyFilePassword",
)


class DatabaseClient(BaseDatabaseClient):
    """Starts `mongosh`. It finds the connection string in its environment, which `ps` hides.

    mongosh evaluates JavaScript in Node.js, which reads the environment by `process.env`:
    https://www.mongodb.com/docs/mongodb-shell/reference/options/
    """

    executable_name = "mongosh"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str]]:
        """Return the command, and the environment with the connection string and the database.

        The parameters are `mongosh`'s own; with none it waits for input. Raises
        ImproperlyConfigured where the settings name no server.
        """
        connect = "db = connect(process.env.DBSHELL_URL).getSiblingDB(process.env.DBSHELL_NAME)"
        command = [cls.executable_name, "--nodb", "--eval", connect]
        environment = {
            "DBSHELL_URL": connection_string(client_options(settings_dict)),
            "DBSHELL_NAME": settings_dict["NAME"],
        }
        return [*command, *(parameters or ["--shell"])], environment


def connection_string(options: dict[str, Any]) -> str:
    """Return the connection string that says what these arguments of MongoClient say."""
    host = options["host"]
    scheme, _, rest = (host if isinstance(host, str) else ",".join(host)).rpartition("://")
    address, _, path = rest.partition("/")
    if "port" in options and ":" not in address:
        address += f":{options['port']}"
    if "username" in options:
        user = [quote(options[key], "") for key in ("username", "password") if key in options]
        address = f"{':'.join(user)}@{address.rpartition('@')[2]}"
    name, _, query = path.partition("?")
    more = {key: _text(options[key]) for key in _IN_URL if key in options}
    query = "&".join(filter(None, [query, urlencode(more)]))
    return f"{scheme or 'mongodb'}://{address}/{name}?{query}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
