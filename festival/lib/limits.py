"""Limits per IP address, beside those per person and address that always hold (``RATELIMIT_ENABLED`` switches only these).

They stop a machine, not a crowd: a campus or an office shares one address, so they are generous. Behind several processes
``RATELIMIT_STORAGE_URI`` names a store that all of them share; when it is out of reach, sign-in goes on without them.
"""

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from festival.lib.settings import Settings

limiter = Limiter(get_remote_address)

#: Asking for a code: a whole campus at the minute sign-up opens stays below it.
codes = limiter.shared_limit("1000 per 10 minutes;3000 per hour", scope="codes")
#: Typing a code.
tries = limiter.shared_limit("3000 per 10 minutes", scope="tries")
#: Staff at their password; the lock-out of the name itself comes long before.
passwords = limiter.shared_limit("100 per 5 minutes;500 per hour", scope="passwords")


def init_app(app: Flask, settings: Settings) -> None:
    """Set up the limits as the settings say."""
    app.config.update(
        RATELIMIT_ENABLED=settings.ratelimit_enabled,
        RATELIMIT_STORAGE_URI=settings.ratelimit_storage_uri,
        RATELIMIT_STRATEGY="moving-window",
        RATELIMIT_HEADERS_ENABLED=True,
        RATELIMIT_SWALLOW_ERRORS=True,
    )
    limiter.init_app(app)
