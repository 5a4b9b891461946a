"""Moving to another slot or pool oneself, without giving the place back first. Called inside ``transaction()``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from festival.lib.db import db
from festival.outbox.service import owe
from festival.programme.kinds import kind_of
from festival.programme.models import Access, Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.signups import fairness, lending, queries, rules, waitlist
from festival.signups.models import Answer, SignUp
from festival.signups.rules import Places, Reason, SignUpRefused, State
from festival.signups.service import Locked, bookable_slots, cancel_until, fresh, window_of

#: From these one moves oneself; what is under review, in a draw or on offer stays where it is.
MOVABLE = frozenset({State.CONFIRMED, State.WAITLISTED})


@dataclass(frozen=True, slots=True)
class Target:
    """A pool that somebody could move to, with how it stands."""

    slot: Slot
    pool: Pool
    #: Persons that still fit; None: unlimited.
    room: int | None
    #: Why it cannot be moved to; None: it can.
    reason: Reason | None


def may_move(sign_up: SignUp, now: datetime) -> bool:
    """Tell whether there is another slot or pool to move to at all, full or not. Nothing more is read than the activity."""
    activity = sign_up.activity
    if sign_up.state not in MOVABLE or activity.status != ActivityStatus.PUBLISHED or sign_up.slot.is_extra:
        return False
    if all(pool.id != sign_up.pool_id for pool in _open(sign_up.slot.pools)):
        return False  # bound to its pool
    ahead = (pool for slot in activity.slots if slot.starts_at > now for pool in _open(slot.pools))
    return now < sign_up.slot.starts_at and any(pool.id != sign_up.pool_id for pool in ahead)


def targets(sign_up: SignUp, now: datetime) -> list[Target]:
    """Return the other pools of a sign-up's activity as they stand for this party, by time; empty: there is nothing to move to.

    Slots that open later are left out. The engine decides again under its lock.
    """
    activity = sign_up.activity
    if not may_move(sign_up, now):
        return []
    slots = [slot for slot in bookable_slots(activity.id) if window_of(activity, slot).reason_at(now) is None]
    standing = queries.places_by_pool([slot.id for slot in slots])
    pools = {slot.id: [pool for pool in _open(slot.pools) if pool.id != sign_up.pool_id] for slot in slots}
    return [
        Target(slot, pool, standing[pool.id].room, _refusal(sign_up, slot, pool, standing[pool.id], now))
        for slot in slots
        for pool in pools[slot.id]
    ]


def move_to(sign_up_id: int, pool_id: int, *, revision: int) -> list[SignUp]:
    """Move a sign-up to another pool of its activity; what it leaves goes to the list. Returns those who moved up.

    A confirmed party keeps its place until the new one is sure: there must be room, and nobody waiting for it. A party that waits
    joins the other list at its end, or takes a place that nobody waits for.

    :param revision: the sign-up's revision that the form was filled from.
    :raises SignUpRefused: changed meanwhile, nothing to move, too late, no room, or the time cannot be kept.
    """
    sign_up, locked = fresh(sign_up_id)
    activity, now = locked.activity, locked.now
    if sign_up.revision != revision:
        raise SignUpRefused(Reason.CHANGED_MEANWHILE)
    if sign_up.state not in MOVABLE or _is_bound(sign_up) or sign_up.slot.is_extra:
        raise SignUpRefused(Reason.STAYS)
    found = db.session.execute(
        select(Slot, Pool)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Pool.id == pool_id, Slot.activity_id == activity.id, Slot.is_extra.is_(False))
        .execution_options(populate_existing=True),
    ).one_or_none()
    if found is None or pool_id == sign_up.pool_id or not _is_open(pool_id, found.Slot.id):
        raise SignUpRefused(Reason.UNKNOWN_POOL)
    slot, pool = found
    if reason := _refusal(sign_up, slot, pool, queries.places(pool.id), now):
        raise SignUpRefused(reason)
    fairness.check_appointments(activity, slot, sign_up.person_id, now)
    fairness.check_overlap(activity, slot, sign_up.person_id, now, but=sign_up.id)
    return _move(sign_up, locked, slot, pool)


def move_by_staff(sign_up_id: int, pool_id: int, *, actor_id: int) -> list[SignUp]:
    """Move a sign-up to another pool of its activity by an organizer, who records it; return those who moved up.

    No window and no deadline binds staff, nor how a pool's places are given; room does, and nobody overtakes a list.

    :raises SignUpRefused: nothing to move, no room, not of that quota, or the time is over or cannot be kept.
    """
    sign_up, locked = fresh(sign_up_id)
    activity, now = locked.activity, locked.now
    if sign_up.state not in MOVABLE or sign_up.slot.is_extra:
        raise SignUpRefused(Reason.STAYS)
    if pool_id == sign_up.pool_id:
        raise SignUpRefused(Reason.ALREADY)
    found = db.session.execute(
        select(Slot, Pool)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Pool.id == pool_id, Slot.activity_id == activity.id, Slot.is_extra.is_(False))
        .execution_options(populate_existing=True),
    ).one_or_none()
    if found is None or found.Pool.is_flex or found.Pool.is_closed:
        raise SignUpRefused(Reason.UNKNOWN_POOL)
    slot, pool = found
    if reason := _refusal_of_staff(sign_up, slot, pool, now):
        raise SignUpRefused(reason)
    fairness.check_appointments(activity, slot, sign_up.person_id, now)
    fairness.check_overlap(activity, slot, sign_up.person_id, now, but=sign_up.id)
    return _move(sign_up, locked, slot, pool, actor_id=actor_id)


def _refusal_of_staff(sign_up: SignUp, slot: Slot, pool: Pool, now: datetime) -> Reason | None:
    activity = db.session.get_one(Activity, sign_up.activity_id)
    if activity.status != ActivityStatus.PUBLISHED or slot.status != SlotStatus.SCHEDULED:
        return Reason.CANCELLED
    if now >= slot.ends_at:
        return Reason.ENDED
    if pool.quota_question is None and _have_quotas(_pools(slot.id)):
        return Reason.INELIGIBLE  # a reserve that was: it belongs to no quota, and nobody can sign up for it
    if pool.quota_question is not None:
        given = db.session.scalar(
            select(Answer.plain).where(Answer.sign_up_id == sign_up.id, Answer.question_key == pool.quota_question),
        )
        if given != pool.quota_answer:
            return Reason.INELIGIBLE
    return _no_room(sign_up, slot, pool, queries.places(pool.id), now)


def _open(pools: Sequence[Pool]) -> list[Pool]:
    """Return those pools of a slot that anybody may choose: none where quotas hold, since there the answers choose."""
    if _have_quotas(pools):
        return []
    return [pool for pool in pools if pool.access == Access.OPEN and not (pool.is_flex or pool.is_closed)]


def _have_quotas(pools: Sequence[Pool]) -> bool:
    return any(pool.quota_question is not None for pool in pools)


def _is_open(pool_id: int, slot_id: int) -> bool:
    """Tell whether anybody may choose a pool of a slot, read afresh."""
    return pool_id in {pool.id for pool in _open(_pools(slot_id))}


def _pools(slot_id: int) -> Sequence[Pool]:
    return db.session.scalars(select(Pool).where(Pool.slot_id == slot_id).execution_options(populate_existing=True)).all()


def _is_bound(sign_up: SignUp) -> bool:
    """Tell whether a place belongs to its pool: it was given by review, draw, quota or invitation."""
    return not _is_open(sign_up.pool_id, sign_up.slot_id)


def _refusal(sign_up: SignUp, slot: Slot, pool: Pool, places: Places, now: datetime) -> Reason | None:
    """Return why a sign-up cannot move to a pool now; None: it can."""
    activity = db.session.get_one(Activity, sign_up.activity_id)
    if activity.status != ActivityStatus.PUBLISHED or slot.status != SlotStatus.SCHEDULED:
        return Reason.CANCELLED
    here = db.session.get_one(Slot, sign_up.slot_id)
    in_time = rules.may_withdraw_at(
        now,
        state=sign_up.state,
        cancel_until=cancel_until(activity, here),
        starts_at=here.starts_at,
    )
    if not in_time:
        return Reason.TOO_LATE
    if reason := window_of(activity, slot).reason_at(now):
        return reason
    return _no_room(sign_up, slot, pool, places, now)


def _no_room(sign_up: SignUp, slot: Slot, pool: Pool, places: Places, now: datetime) -> Reason | None:
    """Return why a pool has no room for a sign-up of its activity, neither a place nor on its list; None: it has."""
    activity = db.session.get_one(Activity, sign_up.activity_id)
    claim = _claim(activity, slot)
    if claim != sign_up.claim and queries.claiming(sign_up.person_id, claim) is not None:
        return Reason.ALREADY
    if places.most is not None and sign_up.party_size > places.most:
        return Reason.PARTY_TOO_LARGE
    ceiling = queries.ceiling(slot.parent_id or slot.id)
    if ceiling.limit is not None and sign_up.party_size > ceiling.limit:
        return Reason.CEILING  # no waiting could ever help
    if _has_a_place(sign_up, slot, places, now):
        return None
    return Reason.FULL if sign_up.state == State.CONFIRMED else _full_list(activity, sign_up, slot, pool, places)


def _full_list(activity: Activity, sign_up: SignUp, slot: Slot, pool: Pool, places: Places) -> Reason | None:
    """Return that a pool's list takes no party of this size; None: it does. The party's own turn elsewhere in the slot ends."""
    own = sign_up.party_size if slot.id == sign_up.slot_id else 0
    lists = rules.Waitlists(
        limit=activity.waitlist_limit,
        waiting=queries.waiting_in_slot(slot.id) - own,
        pool_limit=pool.waitlist_limit,
        pool_waiting=places.waiting,
    )
    return None if lists.take(sign_up.party_size) else Reason.FULL


def _has_a_place(sign_up: SignUp, slot: Slot, places: Places, now: datetime) -> bool:
    """Tell whether a party would have a place in a pool at once: room, nobody waiting, and the approved number allows it."""
    if places.is_queued_for or sign_up.priority >= rules.DEFERRED or not places.has_room_for(sign_up.party_size):
        return False
    session_id = slot.parent_id or slot.id
    if sign_up.state == State.CONFIRMED and session_id == sign_up.session_id:
        return True  # its persons are counted below that ceiling already
    ceiling = waitlist.ceiling(db.session.get_one(Activity, sign_up.activity_id), session_id, now)
    return ceiling.has_room_for(sign_up.party_size) and not ceiling.is_queued_for


def _claim(activity: Activity, slot: Slot) -> str:
    return kind_of(activity).claim_of(activity.id, slot.id, slot.parent_id or slot.id)


def _kind(before: State, after: State, pool: Pool, *, by_staff: bool) -> str:
    """Return what the person is told: staff moved them (to a pool of that name, or to another time), or what they have now."""
    if by_staff and before == after:
        return "sign_up_pool" if pool.label_zh else "activity_changed"
    return "sign_up_confirmed" if after == State.CONFIRMED else "sign_up_waitlisted"


def _move(sign_up: SignUp, locked: Locked, slot: Slot, pool: Pool, *, actor_id: int | None = None) -> list[SignUp]:
    """Move, with a line in the books of both pools and a message to the person.

    :param actor_id: the organizer who moves it; None: the person.
    """
    activity, now = locked.activity, locked.now
    before, left, left_slot = sign_up.state, sign_up.pool_id, sign_up.slot_id
    has_a_place = _has_a_place(sign_up, slot, queries.places(pool.id), now)
    if has_a_place:
        lending.make_room(activity.id, pool.id, sign_up.party_size, now)
    taken_there, taken_here = queries.places(pool.id).taken, queries.places(left).taken
    session_id = slot.parent_id or slot.id
    sign_up.slot_id, sign_up.session_id, sign_up.pool_id = slot.id, session_id, pool.id
    sign_up.claim = _claim(activity, slot)
    why = f"switched:{left}->{pool.id}"
    if has_a_place and before == State.WAITLISTED:
        waitlist.move(sign_up, State.CONFIRMED, at=now)
    elif not has_a_place:
        waitlist.go_to_the_end(sign_up, now)
        waitlist.touch(sign_up)
    else:
        waitlist.touch(sign_up)
    waitlist.flush(activity.id)
    who = actor_id or sign_up.person_id
    waitlist.leave(sign_up, left, at=now, actor_id=who, why=why, state_before=before, taken_before=taken_here)
    waitlist.enter(
        sign_up,
        at=now,
        actor_id=who,
        what="moved",
        why=why,
        state_before=before.value,
        taken_before=taken_there,
    )
    owe(
        _kind(before, sign_up.state, pool, by_staff=actor_id is not None),
        "sign_up",
        sign_up.id,
        account_id=sign_up.person_id,
        activity_id=activity.id,
    )
    if left_slot != slot.id:  # it has a calendar entry of its own
        owe("slot_left", "slot", left_slot, account_id=sign_up.person_id, activity_id=activity.id)
    return waitlist.serve(activity, now, why=f"released_by:{sign_up.id}")
