"""Organizers' pages of the ledger: why it is full, who released what, why somebody still waits."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.ledger import queries, render
from festival.lib import clock
from festival.lib.db import MAX_ID
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups.rules import State
from festival.signups.standing import stand
from festival.signups.wording import state_shown, state_words

bp = Blueprint("ledger", __name__)


def _activity(slug: str) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return programme.managed(slug, scope(the_staff(), Permission.ROSTER_MASKED, Activity.id.expression))


def _reader(activity: Activity) -> render.Reader:
    return render.Reader(activity, by_name=may(the_staff(), Permission.ROSTER_READ, activity.id))


def _number(name: str) -> int:
    """Return a whole number from the address; 0 for what is none."""
    typed = request.args.get(name, "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= len(str(MAX_ID))
    return min(int(typed), MAX_ID) if is_number else 0


@bp.get("/activities/<slug:slug>/ledger")
@staff(Permission.ROSTER_MASKED)
def ledger(slug: str) -> ResponseReturnValue:
    """Show how the places of each pool add up, and every change of them, newest first."""
    activity = _activity(slug)
    [standing] = stand([activity], clock.now())
    pools = {pool.pool.id: pool for slot in standing.slots for pool in slot.pools}
    chosen = pools.get(_number("pool"))
    found = queries.page(activity.id, [chosen.pool.id] if chosen else list(pools), _number("page"))
    return render_template(
        "manage/ledger/ledger.html",
        activity=activity,
        standing=standing,
        slots=[slot for slot in standing.slots if chosen is None or chosen in slot.pools],
        chosen=chosen,
        choices=render.pool_names(activity) if len(pools) > 1 else {},
        found=found,
        lines=_reader(activity).lines(found.lines),
    )


@bp.get("/activities/<slug:slug>/ledger/<id:sign_up_id>")
@staff(Permission.ROSTER_MASKED)
def sign_up(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show how one sign-up came to be what it is, why it still waits, and who got what it gave back."""
    activity, now = _activity(slug), clock.now()
    asked = queries.sign_up(activity.id, sign_up_id)
    reader, history = _reader(activity), queries.history(sign_up_id)
    position = queries.position(asked)
    return render_template(
        "manage/ledger/sign_up.html",
        activity=activity,
        sign_up=asked,
        who=reader.who(asked.name, asked.digits),
        pool=render.pool_names(activity).get(asked.pool_id, ""),
        state=state_shown(asked, now),
        state_words=state_words(asked, now, position),
        is_waiting=asked.state == State.WAITLISTED,
        reasons=render.why_waiting(activity, asked, now),
        lines=reader.lines(history),
        because=render.explaining(history),
        given_on=reader.lines(queries.given_on(asked)),
    )
