"""The audit trail: failed logins, and every change of the service user.

Each event is one line of the logger `accounts.audit`. No secret is ever an argument.
"""

import logging

logger = logging.getLogger(__name__)


def record(event: str, user: str | None, level: int = logging.INFO, **facts: object) -> None:
    """Log an event about a user.

    `user` is None for a failed login: the name that was sent may be a secret in the wrong field.
    """
    logger.log(level, event, extra={"facts": {"user": user, **facts}})
