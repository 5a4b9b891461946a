"""Unguessable words: codes on tickets, sessions and links, and their digests."""

import base64
import hashlib
import hmac
import secrets

#: Characters of a code: lower-case base32 of 128 bits, so that it survives any case folding, CSV or address bar.
CODE_LENGTH = 26


def new_code() -> str:
    """Return 128 random bits as 26 characters of a-z and 2-7."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


#: Letters and digits that nobody takes for one another when they are read out or copied from paper.
_TYPED = "abcdefghjkmnpqrstuvwxyz23456789"


def new_typed_code() -> str:
    """Return 59 random bits as 12 characters that are easily typed."""
    return "".join(secrets.choice(_TYPED) for _ in range(12))


def new_digits(length: int = 6) -> str:
    """Return random decimal digits. Few and guessable: good only beside a staff sign-in."""
    return f"{secrets.randbelow(10**length):0{length}d}"


def new_token() -> str:
    """Return 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a secret token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
