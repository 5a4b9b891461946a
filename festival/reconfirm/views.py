"""What a person answers when asked whether they are still coming. One tap each."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in
from festival.reconfirm import service
from festival.signups.tapped import tapped

bp = Blueprint("reconfirm", __name__)


@bp.post("/sign-ups/<code:code>/coming")
@signed_in
def coming(code: str) -> ResponseReturnValue:
    """Note that the person is still coming."""
    return tapped(code, service.come)


@bp.post("/sign-ups/<code:code>/not-coming")
@signed_in
def not_coming(code: str) -> ResponseReturnValue:
    """Give the place back; whoever waits moves up in the same transaction."""
    return tapped(code, service.give_back)
