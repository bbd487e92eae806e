"""The addresses that the service listens on, which are to be free before it starts."""

import socket
from typing import NoReturn

from django.conf import settings
from django.core.management.base import CommandError


def refuse_addresses_in_use() -> None:
    """Raise CommandError unless the addresses of the API and of the probes are free."""
    try:
        # Granian would share it without a warning.
        _bind(settings.HOST, settings.PORT)
    except (OSError, OverflowError) as error:
        raise CommandError(
            f"Cannot listen on {settings.HOST}:{settings.PORT}: {error}. "
            f"Choose another address: HOST=… PORT={settings.PORT + 1} make run"
        ) from error
    if settings.MANAGEMENT_PORT is not None:
        try:
            _bind(settings.MANAGEMENT_HOST, settings.MANAGEMENT_PORT)
        except (OSError, OverflowError) as error:
            refuse_management_address(error)


def refuse_management_address(error: Exception) -> NoReturn:
    """Raise CommandError for the address of the probes, which cannot be had."""
    raise CommandError(
        f"Cannot listen on {settings.MANAGEMENT_HOST}:{settings.MANAGEMENT_PORT}, for probes: "
        f"{error}. Choose another address by MANAGEMENT_HOST and MANAGEMENT_PORT, or none by "
        "MANAGEMENT_PORT=off"
    ) from error


def _bind(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
