"""Keys made from the application's secret, one per purpose: what leaks of one says nothing about another."""

import hashlib
import hmac

from flask import current_app


def derived(purpose: str) -> bytes:
    """Return 32 bytes that only this installation can make, for one purpose such as ``one-time code``."""
    secret = str(current_app.config["SECRET_KEY"])
    return hmac.digest(secret.encode(), f"festival: {purpose}".encode(), hashlib.sha256)
