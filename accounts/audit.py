"""The audit trail: failed logins, and every change of the service user.

Each event is one line of key=value pairs on the logger `accounts.audit`. Handlers that write
structured logs find it as a dictionary in the record's `audit`. No secret is ever an argument.
"""

import json
import logging
import re

from fastapi_mongo_site.http.context import current_request

logger = logging.getLogger(__name__)

_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+-]+")


def record(event: str, user: str | None, level: int = logging.INFO, **facts: object) -> None:
    """Log an event about a user.

    `user` is None for a failed login: the name that was sent may be a secret in the wrong field.
    """
    audit = {
        "event": event,
        "user": user or "-",
        "request_id": request.comment if (request := current_request()) else "-",
        **facts,
    }
    line = " ".join(f"{key}={_text(value)}" for key, value in audit.items())
    logger.log(level, "%s", line, extra={"audit": audit})


def _text(value: object) -> str:
    """Return a value that cannot end its line or pass for another pair."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
