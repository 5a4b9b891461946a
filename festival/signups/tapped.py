"""What one tap on one's own ticket does, in whatever slice: the act, and the ticket again. A refusal is said there."""

from collections.abc import Callable

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import the_person
from festival.lib.db import transaction
from festival.signups import queries, ticket
from festival.signups.rules import SignUpRefused


def tapped(code: str, act: Callable[[int], object], *, anchor: str | None = None) -> ResponseReturnValue:
    """Do something to one's own sign-up in one transaction, and answer with its ticket.

    :param act: is given the sign-up's id.
    :param anchor: the part of the ticket to come back to.
    :raises NotFound: the reader has no such sign-up.
    """
    sign_up_id = queries.owned(code, the_person().id).id
    try:
        with transaction():
            act(sign_up_id)
    except SignUpRefused as refused:
        return ticket.page(queries.owned(code, the_person().id), the_person(), refused=refused.reason), 409
    return redirect(url_for("signups.show", code=code, _anchor=anchor), 303)
