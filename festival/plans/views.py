"""What a person answers after the plan changed: keep the place, or release it. One tap each."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in
from festival.plans import service
from festival.signups.tapped import tapped

bp = Blueprint("plans", __name__)


@bp.post("/sign-ups/<code:code>/keep")
@signed_in
def keep(code: str) -> ResponseReturnValue:
    """Keep the place at the new time."""
    return tapped(code, service.keep)


@bp.post("/sign-ups/<code:code>/release")
@signed_in
def release(code: str) -> ResponseReturnValue:
    """Give the place back because the plan changed; whoever waits moves up in the same transaction."""
    return tapped(code, service.release)
