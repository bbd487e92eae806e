"""What a service_pwd or metrics_pwd must be: sendable in a header, and not to be guessed.

It is a machine's secret, so a random one is asked for. The estimate stops most of what people type.
It cannot prove that a secret is random.
"""

from base64 import b64encode
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError

from accounts.authentication import CONTROL_CHARACTER, MAX_HEADER_CHARACTERS
from fastapi_mongo_site.configuration import example_of, is_loopback

MIN_CHARACTERS = 22
MIN_GUESSES = 10**20
# zxcvbn takes longer the longer a text is, and refuses longer ones.
MAX_ESTIMATED_CHARACTERS = 72
RANDOM = "Take a random one: `openssl rand -base64 18` makes one."
REMEDY = (
    f"{RANDOM} With a secret file and a running MongoDB, `manage.py seed_service_user --generate` "
    "makes and seeds one."
)


def unsendable(secret: str) -> str:
    """Return why no client can send a secret (RFC 7617 section 2); nothing if one can."""
    try:
        header = b64encode(f"{settings.SERVICE_USER}:{secret}".encode())
    except UnicodeEncodeError:
        return "is not UTF-8 text"
    if CONTROL_CHARACTER.search(secret):
        return "holds a control character, such as the end of a line"
    if len("Basic ") + len(header) > MAX_HEADER_CHARACTERS:
        return "is too long to be sent in a header"
    return ""


@lru_cache(2)
def guessable(secret: str) -> str:
    """Return why a secret can be guessed; nothing if it looks random.

    Takes from 5 milliseconds to 2 seconds, so it is asked for where a secret comes in and nowhere
    else.
    """
    if secret in (example_of("service_pwd"), example_of("metrics_pwd")):
        return "is the example value, which everybody knows"
    if len(secret) < MIN_CHARACTERS:
        return f"has fewer than {MIN_CHARACTERS} characters"
    if any(character.isspace() for character in secret):
        return "holds white space"
    # Imported here: its word lists load longer than all else that a worker needs of this app.
    from zxcvbn import zxcvbn

    known = [settings.NAME, settings.SERVICE_USER, settings.MONGO_DB]
    estimate = zxcvbn(secret[:MAX_ESTIMATED_CHARACTERS], user_inputs=known)
    return "can be guessed" if estimate["guesses"] < MIN_GUESSES else ""


def any_is_taken() -> bool:
    """Tell whether a guessable secret only causes a warning: with DEBUG, on this machine alone."""
    return settings.DEBUG and is_loopback(settings.HOST)


class SecretValidator:
    """Holds `changepassword` to the rules, through AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for a secret that breaks a rule."""
        fault = unsendable(password) or ("" if any_is_taken() else guessable(password))
        if fault:
            raise ValidationError(f"The secret {fault}. {REMEDY}", code="secret")

    def get_help_text(self) -> str:
        """Return the rules in a sentence."""
        return f"A random secret of {MIN_CHARACTERS} characters or more. {REMEDY}"
