"""The list of those who wait, the ledger of places, and what time alone changes. Called with the activity locked."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from festival.lib import clock
from festival.lib.db import db
from festival.lib.log import log
from festival.lib.metrics import GUARD_FIRED
from festival.outbox.service import owe
from festival.programme.models import Activity, ActivityStatus, Promotion, Slot, SlotStatus
from festival.signups import queries, rules
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import Reason, SignUpRefused, State

#: Names of the guards in the database (migrations/place_triggers.py).
_GUARDS = ("pool_taken_within_capacity", "slot_heads_within_ceiling")


def move(sign_up: SignUp, state: State, *, at: datetime) -> None:
    """Put a sign-up into another state; the state machine of ``rules.TRANSITIONS`` must know the way."""
    assert state in rules.TRANSITIONS[sign_up.state], f"{sign_up.state} -> {state}"  # a bug, not an answer
    sign_up.state = state
    sign_up.state_at = at
    if state != State.OFFERED:
        sign_up.offered_until = None
    touch(sign_up)


def touch(sign_up: SignUp) -> None:
    """Raise a sign-up's revision: stale forms are told, and the person's private feed is built again."""
    sign_up.revision += 1
    sign_up.updated_at = max(clock.wall(), sign_up.updated_at + timedelta(seconds=1))


def flush(activity_id: int) -> None:
    """Write what is pending. A guard of the database that fires here is a bug found in time: counted, logged, refused."""
    try:
        db.session.flush()
    except IntegrityError as error:
        guard = next((name for name in _GUARDS if name in str(error.orig)), None)
        if guard is None:
            raise
        GUARD_FIRED.labels(guard=guard).inc()
        log.error("a guard of the database fired", guard=guard, activity=activity_id)
        raise SignUpRefused(Reason.FULL) from error


def enter(  # a ledger line has that many columns
    sign_up: SignUp,
    *,
    at: datetime,
    actor_id: int | None,
    what: str,
    why: str,
    state_before: str,
    taken_before: int,
) -> None:
    """Write one line of the ledger after a change of places has been flushed."""
    flush(sign_up.activity_id)
    db.session.add(
        LedgerEntry(
            at=at,
            activity_id=sign_up.activity_id,
            pool_id=sign_up.pool_id,
            sign_up_id=sign_up.id,
            actor_id=actor_id,
            what=what,
            why=why,
            state_before=state_before,
            state_after=sign_up.state.value,
            party_size=sign_up.party_size,
            taken_before=taken_before,
            taken_after=queries.places(sign_up.pool_id).taken,
        ),
    )


def lapse(activity: Activity, now: datetime) -> list[SignUp]:
    """Turn overdue offers into what follows, then serve the lists. Returns those who got a place or an offer.

    The first lapsed offer goes to the end of the list, the second is out.
    """
    overdue = queries.overdue_offers(activity.id, now)
    for sign_up in overdue:
        taken = queries.places(sign_up.pool_id).taken
        again = sign_up.offers < 2  # noqa: PLR2004  # once to the end, twice out
        move(sign_up, State.WAITLISTED if again else State.EXPIRED, at=now)
        if again:
            sign_up.priority = 0
            sign_up.joined_at = now
        enter(
            sign_up,
            at=now,
            actor_id=None,
            what="expired",
            why="offer_lapsed",
            state_before=State.OFFERED,
            taken_before=taken,
        )
        owe("sign_up_expired", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)
    return serve(activity, now, why="offer_lapsed") if overdue else []


def serve(activity: Activity, now: datetime, *, why: str) -> list[SignUp]:
    """Give free places to those who wait, oldest first and parties whole; return whom.

    Nothing happens while the activity is not published, or later than the promotion cutoff before the start.

    :param why: what freed the places, for the ledger (``released_by:<id>``, ``capacity:80->90``, …).
    """
    if activity.status != ActivityStatus.PUBLISHED:
        return []
    sessions = db.session.scalars(
        select(Slot.id).where(Slot.activity_id == activity.id, Slot.parent_id.is_(None), Slot.ends_at > now).order_by(Slot.id),
    )
    served: list[SignUp] = []
    for session_id in list(sessions):
        served += _serve_session(activity, session_id, now, why)
    return served


def _serve_session(activity: Activity, session_id: int, now: datetime, why: str) -> list[SignUp]:
    places = queries.places_by_pool(session_id)
    if not any(pool.waiting and (pool.free is None or pool.free > 0) for pool in places.values()):
        return []
    served: list[SignUp] = []
    blocked: set[int] = set()
    while True:
        heads = [head for head in queries.heads_of_lists(session_id) if head.pool_id not in blocked]
        head = rules.next_in_line(heads, queries.places_by_pool(session_id), queries.ceiling(session_id))
        if head is None:
            return served
        sign_up = db.session.get_one(SignUp, head.sign_up_id, populate_existing=True)
        slot = db.session.get_one(Slot, sign_up.slot_id)
        cutoff = slot.starts_at - timedelta(minutes=activity.promotion_cutoff_minutes)
        if now >= cutoff or slot.status != SlotStatus.SCHEDULED:
            blocked.add(head.pool_id)  # this slot is too close; a later one of the same session may still be served
            continue
        _promote(activity, sign_up, cutoff, now, why)
        served.append(sign_up)


def _promote(activity: Activity, sign_up: SignUp, cutoff: datetime, now: datetime, why: str) -> None:
    """Give a waiting party its place, or an offer of it."""
    taken = queries.places(sign_up.pool_id).taken
    if activity.promotion == Promotion.OFFER:
        sign_up.offered_until = rules.offer_deadline(now, cutoff, clock.ZONE)
        sign_up.offers += 1
        move(sign_up, State.OFFERED, at=now)
        what, kind = "offered", "sign_up_offered"
    else:
        move(sign_up, State.CONFIRMED, at=now)
        what, kind = "promoted", "sign_up_promoted"
    enter(sign_up, at=now, actor_id=None, what=what, why=why, state_before=State.WAITLISTED, taken_before=taken)
    owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)


def deadline_of_offer(activity: Activity, slot: Slot, now: datetime) -> datetime | None:
    """Return until when a place given by a draw or an approval must be confirmed; None: it is confirmed at once.

    The activity's own date for it where that lies ahead; else waking hours from now, up to the promotion cutoff.
    """
    if activity.promotion != Promotion.OFFER:
        return None
    if activity.confirm_until is not None and activity.confirm_until > now:
        return activity.confirm_until
    cutoff = slot.starts_at - timedelta(minutes=activity.promotion_cutoff_minutes)
    deadline = rules.offer_deadline(now, cutoff, clock.ZONE)
    return deadline if deadline > now else None
