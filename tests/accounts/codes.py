"""One-time codes as the person who gets them reads them."""

from festival.accounts import queries, service
from festival.lib.db import db


def sent_code(address: str) -> str:
    """Return the code that was sent last to an address in its normal form. Call it inside an app context."""
    db.session.rollback()  # what was read before may be old
    challenge = queries.newest_challenge(address)
    assert challenge is not None, "no code was asked for"
    code = service.code_of(challenge)
    db.session.rollback()
    return code
