"""The list of those who wait, the ledger of places, and what time alone changes. Called with the activity locked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import Busy
from festival.lib.log import log
from festival.lib.metrics import GUARD_FIRED
from festival.outbox.service import owe
from festival.programme.models import Activity, ActivityStatus, Pool, Promotion, Slot, SlotStatus
from festival.signups import following, lending, queries, rules
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import COUNTED, DEFERRED, PLACED, Balance, Places, Reason, SignUpRefused, State, Waiting

#: Guards in the database (migrations/place_triggers.py and the partial unique index): what to answer when one fires.
_GUARDS = {
    "pool_taken_within_capacity": Reason.FULL,
    "slot_heads_within_ceiling": Reason.CEILING,
    "uq_sign_up_one_per_claim": Reason.ALREADY,
    "sign_up.person_id, sign_up.claim": Reason.ALREADY,  # what SQLite calls that index
}
#: Two sign-ups of different activities drew the same digits in the same moment. No guard: pressing again draws others.
_SAME_DIGITS = "uq_sign_up_digits"


def move(sign_up: SignUp, state: State, *, at: datetime, until: datetime | None = None) -> None:
    """Put a sign-up into another state; the state machine of ``rules.TRANSITIONS`` must know the way.

    Called with nothing of the sign-up changed yet: the slot's reserve may have to lend places first, and that is written at once.

    :param until: the deadline of an offer.
    """
    assert state in rules.TRANSITIONS[sign_up.state], f"{sign_up.state} -> {state}"  # a bug, not an answer
    if sign_up.state in PLACED and state not in PLACED | {State.NO_SHOW}:
        _leave_extras(sign_up, state, at)
    if state in COUNTED and sign_up.state not in COUNTED and sign_up.counted:
        lending.make_room(sign_up.activity_id, sign_up.pool_id, sign_up.party_size, at)
    before, sign_up.state = sign_up.state, state
    sign_up.state_at = at
    sign_up.offered_until = until
    if state == State.OFFERED:
        sign_up.offers += 1
    touch(sign_up)
    following.tell(sign_up, before)


def _leave_extras(sign_up: SignUp, state: State, at: datetime) -> None:
    """End what somebody holds of a session's parts, now that they leave it; whoever moved them serves the lists."""
    ended = state if state in {State.WITHDRAWN, State.REMOVED} else State.REMOVED
    for extra in queries.extras_held(sign_up.slot_id, sign_up.person_id):
        before, taken = extra.state, queries.places(extra.pool_id).taken
        extra.reason = sign_up.reason if ended == State.REMOVED else ""
        move(extra, ended, at=at)
        enter(
            extra,
            at=at,
            actor_id=None,
            what=ended.value,
            why=ended.value,
            state_before=before.value,
            taken_before=taken,
        )
        owe(f"sign_up_{ended.value}", "sign_up", extra.id, account_id=extra.person_id, activity_id=extra.activity_id)


def touch(sign_up: SignUp) -> None:
    """Raise a sign-up's revision: stale forms are told, and the person's private feed is built again."""
    sign_up.revision += 1
    sign_up.updated_at = max(clock.wall(), sign_up.updated_at + timedelta(seconds=1))


def flush(activity_id: int) -> None:
    """Write what is pending.

    :raises SignUpRefused, Busy: as ``guarded``.
    """
    with guarded(activity_id):
        db.session.flush()


@contextmanager
def guarded(activity_id: int) -> Iterator[None]:
    """Write inside the block. A guard of the database that fires there is a bug found in time: counted, logged, refused.

    :raises Busy: somebody else got the same random digits at the same moment.
    """
    try:
        yield
    except IntegrityError as error:
        words = str(error.orig)
        if _SAME_DIGITS in words:
            raise Busy from error
        guard = next((name for name in _GUARDS if name in words), None)
        if guard is None:
            raise
        GUARD_FIRED.labels(guard=guard).inc()
        log.error("a guard of the database fired", guard=guard, activity=activity_id)
        raise SignUpRefused(_GUARDS[guard]) from error


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


def leave(  # a ledger line has that many columns
    sign_up: SignUp,
    pool_id: int,
    *,
    at: datetime,
    actor_id: int,
    why: str,
    state_before: State,
    taken_before: int,
) -> None:
    """Write the line of the pool that a sign-up has moved away from."""
    taken = queries.places(pool_id).taken
    db.session.add(
        LedgerEntry(
            at=at,
            activity_id=sign_up.activity_id,
            pool_id=pool_id,
            sign_up_id=sign_up.id,
            actor_id=actor_id,
            what="moved",
            why=why,
            state_before=state_before.value,
            state_after=sign_up.state.value,
            party_size=sign_up.party_size,
            taken_before=taken_before,
            taken_after=taken,
        ),
    )


def lapse(activity: Activity, now: datetime) -> list[SignUp]:
    """Do what time has made due: batches of places come, overdue offers end, then the lists are served.

    Returns those who got a place or an offer. The first lapsed offer goes to the end of the list, the second is out.
    """
    has_more = lending.release_batches(activity, now)
    overdue = queries.overdue_offers(activity.id, now)
    for sign_up in overdue:
        taken = queries.places(sign_up.pool_id).taken
        again = sign_up.offers < 2  # noqa: PLR2004  # once to the end, twice out
        if again:
            go_to_the_end(sign_up, now)
        move(sign_up, State.WAITLISTED if again else State.EXPIRED, at=now)
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
    if not overdue and not has_more:
        return []
    return serve(activity, now, why="offer_lapsed" if overdue else "batch")


def go_to_the_end(sign_up: SignUp, now: datetime) -> None:
    """Give a sign-up the last turn of its pool's list, also where others joined at this very instant or by a draw."""
    is_deferred = sign_up.priority >= DEFERRED
    last = queries.end_of_list(sign_up.pool_id, with_deferred=is_deferred, but=sign_up.id)
    turn = (last.priority, last.joined_at) if last else None
    sign_up.priority, sign_up.joined_at = last_turn(sign_up.priority, turn, now)


def last_turn(priority: int, last: tuple[int, datetime] | None, now: datetime) -> tuple[int, datetime]:
    """Return priority and time that come after the last of a list; whoever waits behind everybody else still does.

    :param last: priority and time of the last one, those who wait behind everybody else apart unless it is one of them; None:
        the list is empty.
    """
    if priority < DEFERRED:
        priority = max(0, last[0]) if last else 0
    return priority, max(now, last[1] + timedelta(microseconds=1)) if last else now


def serve(activity: Activity, now: datetime, *, why: str) -> list[SignUp]:
    """Give free places to those who wait, oldest first and parties whole; return whom.

    Nothing happens while the activity is not published, or later than the promotion cutoff before the start.

    :param why: what freed the places, for the ledger (``released_by:<id>``, ``capacity:80->90``, …).
    """
    if activity.status != ActivityStatus.PUBLISHED:
        return []
    sessions = db.session.scalars(
        select(Slot.id)
        .where(Slot.activity_id == activity.id, or_(Slot.parent_id.is_(None), Slot.is_extra.is_(True)), Slot.ends_at > now)
        .order_by(Slot.id),
    )
    served: list[SignUp] = []
    for session_id in list(sessions):
        served += _serve_session(activity, session_id, now, why)
    return served


def _serve_session(activity: Activity, session_id: int, now: datetime, why: str) -> list[SignUp]:
    served: list[SignUp] = []
    lends = queries.has_a_reserve(session_id)
    while True:
        # What the last one left of places lent may be what somebody else waits for.
        is_returned = lends and lending.give_back(activity.id, session_id, now)
        chosen = _next(activity, session_id, now)
        for waiting in chosen:
            if activity.smaller_may_pass:
                _note_the_passed(activity, waiting, now)
            sign_up = db.session.get_one(SignUp, waiting.sign_up_id, populate_existing=True)
            _promote(activity, sign_up, now, why)
            served.append(sign_up)
        if not chosen and not is_returned:
            return served


def next_served(activity: Activity, session_id: int, now: datetime) -> Waiting | None:
    """Return whom the next place of a session goes to as things stand, if the activity is on; None: nobody can be served."""
    return next(iter(_next(activity, session_id, now)), None)


def _next(activity: Activity, session_id: int, now: datetime) -> tuple[Waiting, ...]:
    """Return who is promoted next: one party, or two of different quotas that keep each other in balance; empty: nobody."""
    fitting = _fitting_heads(activity, session_id, now)
    if not fitting:
        return ()
    ceiling = queries.ceiling(session_id)
    if activity.balance_tolerance is None:
        head = rules.next_in_line(fitting, ceiling)
        return (head,) if head else ()
    balances = {waiting.pool_id: _balance_of(activity, waiting.pool_id) for waiting in fitting}
    if alone := [one for one in fitting if balances[one.pool_id].allows({one.pool_id: one.party_size})]:
        head = rules.next_in_line(alone, ceiling)
        return (head,) if head else ()
    return rules.pair_in_line(fitting, ceiling, balances, {one.pool_id: queries.places(one.pool_id) for one in fitting}) or ()


def _balance_of(activity: Activity, pool_id: int) -> Balance:
    return queries.balance(db.session.get_one(Pool, pool_id).slot_id, activity.balance_tolerance)


def _fitting_heads(activity: Activity, session_id: int, now: datetime) -> list[Waiting]:
    """Return the heads of a session's lists that their pools have room for, where promotion is still automatic.

    A slot too close to its start keeps its list; a later one of the same session may still be served. Where smaller parties
    may pass, the first that fits stands for those who are too large for what is free.
    """
    slots = {
        slot.id: now >= rules.deferred_until(_closes_at(activity, slot), slot.starts_at)
        for slot in queries.slots_with_a_list(session_id)
        if now < cutoff(activity, slot) and _is_on(slot)
    }
    if not slots:
        return []
    pools = {pool.id: pool.slot_id for pool in db.session.scalars(select(Pool).where(Pool.slot_id.in_(slots)))}
    left = queries.ceiling(session_id).left if activity.smaller_may_pass else None
    found = [
        _fitting_head(activity, pool_id, places, left, with_deferred=slots[pools[pool_id]])
        for pool_id, places in queries.places_by_pool(slots).items()
        if places.waiting and places.has_room_for(1)
    ]
    return [waiting for waiting in found if waiting is not None]


def _fitting_head(activity: Activity, pool_id: int, places: Places, left: int | None, *, with_deferred: bool) -> Waiting | None:
    """Return the party of one pool's list whose turn it is, if it fits there as a whole.

    :param left: persons that the approved number still allows, where smaller parties may pass for its sake too.
    """
    head = queries.head_of_list(pool_id, with_deferred=with_deferred)
    if head is None:
        return None
    room = min((limit for limit in (places.room, left) if limit is not None), default=None)
    if activity.smaller_may_pass and room is not None and head.party_size > room:
        return queries.head_of_list(pool_id, with_deferred=with_deferred, most=room)
    return head if places.has_room_for(head.party_size) else None


def _note_the_passed(activity: Activity, chosen: Waiting, now: datetime) -> None:
    """Write for each party that is passed over that it was, and how many places were free then."""
    ahead = queries.ahead_of(chosen)
    places = queries.places(chosen.pool_id)
    for waiting in ahead:
        db.session.add(
            LedgerEntry(
                at=now,
                activity_id=activity.id,
                pool_id=waiting.pool_id,
                sign_up_id=waiting.sign_up_id,
                actor_id=None,
                what="skipped",
                why=f"too_large:{places.room}",
                state_before=State.WAITLISTED,
                state_after=State.WAITLISTED,
                party_size=waiting.party_size,
                taken_before=places.taken,
                taken_after=places.taken,
            ),
        )


def cutoff(activity: Activity, slot: Slot) -> datetime:
    """Return from when nobody is promoted automatically any more: staff at the door may."""
    return slot.starts_at - timedelta(minutes=activity.promotion_cutoff_minutes)


def _closes_at(activity: Activity, slot: Slot) -> datetime | None:
    return min((at for at in (activity.closes_at, slot.closes_at) if at is not None), default=None)


def _is_on(slot: Slot) -> bool:
    return slot.status == SlotStatus.SCHEDULED


def ceiling(activity: Activity, session_id: int, now: datetime) -> rules.Ceiling:
    """Return how a session stands against its approved ceiling, and whether somebody waits for nothing but that ceiling."""
    return queued_ceiling(activity, session_id, queries.ceiling(session_id), now)


def queued_ceiling(activity: Activity, session_id: int, standing: rules.Ceiling, now: datetime) -> rules.Ceiling:
    """Return a session's standing with whether somebody waits for nothing but its approved ceiling."""
    if standing.limit is None:
        return standing
    fitting = _fitting_heads(activity, session_id, now)
    if activity.balance_tolerance is not None:
        fitting = [one for one in fitting if _balance_of(activity, one.pool_id).allows({one.pool_id: one.party_size})]
    return replace(standing, is_queued_for=bool(fitting))


def _promote(activity: Activity, sign_up: SignUp, now: datetime, why: str) -> None:
    """Give a waiting party its place, or an offer of it."""
    taken = queries.places(sign_up.pool_id).taken
    if activity.promotion == Promotion.OFFER:
        slot = db.session.get_one(Slot, sign_up.slot_id)
        move(sign_up, State.OFFERED, at=now, until=rules.offer_deadline(now, cutoff(activity, slot), clock.ZONE))
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
    deadline = rules.offer_deadline(now, cutoff(activity, slot), clock.ZONE)
    return deadline if deadline > now else None
