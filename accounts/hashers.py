"""How a secret is stored: as one salted SHA-256.

A slow hash protects what people choose. A secret of 122 random bits needs none: nobody gets
through its values, however fast each can be tried (NIST SP 800-63B section 5.1.2.2, on look-up
secrets). The reasons are in docs/decisions/the-secret-is-a-machines.md.
"""

import hashlib
from typing import Any

from django.contrib.auth.hashers import BasePasswordHasher, mask_hash
from django.utils.crypto import constant_time_compare


class SaltedSHA256Hasher(BasePasswordHasher):
    """Stores `salted_sha256$salt$digest`; for secrets made at random, not for passwords."""

    algorithm = "salted_sha256"

    def digest(self, password: bytes, salt: bytes) -> bytes:
        """Return the hash, in hexadecimal digits."""
        return hashlib.sha256(salt + password).hexdigest().encode()

    def encode(self, password: str, salt: str) -> str:
        """Return the text to store."""
        digest = self.digest(password.encode(), salt.encode()).decode()
        return f"{self.algorithm}${salt}${digest}"

    def decode(self, encoded: str) -> dict[str, str]:
        """Return the parts of a stored text."""
        return dict(zip(("algorithm", "salt", "hash"), encoded.split("$"), strict=True))

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether a text was stored for this secret, in constant time."""
        return constant_time_compare(self.encode(password, encoded.split("$")[1]), encoded)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """Return what the admin may show."""
        parts = self.decode(encoded)
        return {**parts, "salt": mask_hash(parts["salt"], 2), "hash": mask_hash(parts["hash"])}


HASHER = SaltedSHA256Hasher()


def is_accepted(encoded: str) -> bool:
    """Tell whether a stored secret can be logged in with."""
    # Somebody else may have written null there.
    return str(encoded).startswith(f"{HASHER.algorithm}$")
