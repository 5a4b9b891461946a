"""Limits per IP address, beside those per person and address that always hold (``RATELIMIT_ENABLED`` switches only these).

They stop a machine, not a crowd: a campus or an office shares one address, so they are generous. Behind several processes
``RATELIMIT_STORAGE_URI`` names a store that all of them share; when it is out of reach, sign-in goes on without them.
"""

from flask import Flask, Response, g, request
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


def _was_guessed(_response: Response) -> bool:
    return bool(g.get("guessed"))


def _carries_no_code() -> bool:
    shown = (code for name, code in request.values.items() if name.endswith("invitation"))  # a bundle has one for each activity
    return not (request.view_args or {}).get("code") and not any(shown)


def _is_no_number() -> bool:
    return not "".join(request.form.get("code", "").split()).isdigit()


#: Invitations' codes that do not exist: only these count, and only who shows a code is held up. 59 random bits do the rest.
invitations = limiter.shared_limit(
    "300 per 10 minutes",
    scope="invitations",
    deduct_when=_was_guessed,
    exempt_when=_carries_no_code,
)


#: Six digits at the door that are nobody's: a million of them are few enough to try, even by somebody who works there.
#: Whoever shows a code is never held up by them.
digits = limiter.shared_limit("60 per 10 minutes", scope="digits", deduct_when=_was_guessed, exempt_when=_is_no_number)


def note_guess() -> None:
    """Count the code that came with this request against ``invitations`` or ``digits``: there is no such code."""
    g.guessed = True


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
