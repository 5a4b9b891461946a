"""The history of a sign-up for its owner: how it came about, and why it still waits."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.ledger import queries, render
from festival.lib import clock
from festival.signups import queries as signups
from festival.signups.rules import State
from festival.signups.wording import state_shown, state_words

bp = Blueprint("ledger", __name__)


@bp.get("/sign-ups/<code:code>/history")
@signed_in
def history(code: str) -> ResponseReturnValue:
    """Tell a person how their sign-up came to be what it is."""
    sign_up, now = signups.owned(code, the_person().id), clock.now()
    return render_template(
        "ledger/history.html",
        sign_up=sign_up,
        activity=sign_up.activity,
        state=state_shown(sign_up, now),
        state_words=state_words(sign_up, now, queries.position(sign_up)),
        is_waiting=sign_up.state == State.WAITLISTED,
        reasons=render.why_waiting(sign_up.activity, sign_up, now),
        lines=render.own_lines(sign_up),
        unlisted=True,
        section="/me",
    )
