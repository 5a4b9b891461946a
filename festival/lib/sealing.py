"""Encryption of single values at rest (AES-256-GCM). The first key encrypts, all decrypt."""

import base64
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

_NONCE = 12


class SealBroken(Exception):  # noqa: N818  # the value is not ours, or its key is gone
    """No key opens the value, or it belongs to another row."""


def _keys() -> list[bytes]:
    """Return the application's data keys, newest first."""
    keys: list[bytes] = current_app.extensions["data_keys"]
    return keys


def label() -> str:
    """Return a word for the key that encrypts now: what was sealed under another label may soon not open."""
    return hashlib.sha256(b"label" + _keys()[0]).hexdigest()[:16]


def parse_keys(texts: list[str]) -> list[bytes]:
    """Return 32-byte keys from base64url texts.

    :raises ValueError: a text is not 32 bytes of base64url.
    """
    keys = [base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for text in texts]
    if not keys or any(len(key) != 32 for key in keys):  # noqa: PLR2004  # AES-256
        msg = "a data key is 32 bytes in base64url"
        raise ValueError(msg)
    return keys


def seal(plain: bytes, context: str) -> bytes:
    """Encrypt bytes for one place (such as ``answer:17:id_number``); elsewhere they do not open."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_keys()[0]).encrypt(nonce, plain, context.encode())


def unseal(sealed: bytes, context: str) -> bytes:
    """Decrypt what ``seal`` made for the same place.

    :raises SealBroken: no key opens it there.
    """
    for key in _keys():
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], context.encode())
        except InvalidTag:
            continue
    raise SealBroken
