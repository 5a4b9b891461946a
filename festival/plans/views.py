"""What a person answers after the plan changed: keep the place, or release it. One tap each."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.lib.db import transaction
from festival.plans import service
from festival.signups import queries, ticket
from festival.signups.rules import SignUpRefused

bp = Blueprint("plans", __name__)


@bp.post("/sign-ups/<code:code>/keep")
@signed_in
def keep(code: str) -> ResponseReturnValue:
    """Keep the place at the new time."""
    sign_up_id = queries.owned(code, the_person().id).id
    with transaction():
        service.keep(sign_up_id)
    return redirect(url_for("signups.show", code=code), 303)


@bp.post("/sign-ups/<code:code>/release")
@signed_in
def release(code: str) -> ResponseReturnValue:
    """Give the place back because the plan changed; whoever waits moves up in the same transaction."""
    sign_up_id = queries.owned(code, the_person().id).id
    try:
        with transaction():
            service.release(sign_up_id)
    except SignUpRefused as refused:
        return ticket.page(queries.owned(code, the_person().id), the_person(), refused=refused.reason), 409
    return redirect(url_for("signups.show", code=code), 303)
