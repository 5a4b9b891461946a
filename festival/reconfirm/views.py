"""What a person answers when asked whether they are still coming. One tap each."""

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.lib.db import transaction
from festival.reconfirm import service
from festival.signups import queries, ticket
from festival.signups.rules import SignUpRefused

bp = Blueprint("reconfirm", __name__)


@bp.post("/sign-ups/<code:code>/coming")
@signed_in
def coming(code: str) -> ResponseReturnValue:
    """Note that the person is still coming."""
    sign_up_id = queries.owned(code, the_person().id).id
    with transaction():
        service.come(sign_up_id)
    return redirect(url_for("signups.show", code=code), 303)


@bp.post("/sign-ups/<code:code>/not-coming")
@signed_in
def not_coming(code: str) -> ResponseReturnValue:
    """Give the place back; whoever waits moves up in the same transaction."""
    sign_up_id = queries.owned(code, the_person().id).id
    try:
        with transaction():
            service.give_back(sign_up_id)
    except SignUpRefused as refused:
        return ticket.page(queries.owned(code, the_person().id), the_person(), refused=refused.reason), 409
    return redirect(url_for("signups.show", code=code), 303)
