"""Password hashes: argon2id. Slow on purpose: never inside a transaction."""

import secrets
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

#: RFC 9106's second recommendation: 64 MiB, 3 passes, 4 lanes. A change here rehashes each password at its next sign-in.
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
#: Longer input is wrong, and only so much of it is hashed.
LONGEST = 1024


def hashed(password: str) -> str:
    """Return the hash of a password, salt and parameters included."""
    return _hasher.hash(password)


def is_right(stored: str | None, password: str) -> bool:
    """Tell whether a password is the one of a hash. Without a hash it takes as long and is wrong."""
    try:
        _hasher.verify(stored or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """Return the hash that names without one are compared with."""
    return _hasher.hash(secrets.token_urlsafe(32))
