"""Places of those who have not come, released after the start to those of the list who stand at the door.

An explicit act of staff, in one transaction with the activity locked. Whoever loses a place joins the end of the list: who
comes late is let in by the same staff if there is room. It is not recorded as an absence, for the place was used.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from festival.audit.service import record
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.service import owe
from festival.programme.models import Activity, ActivityStatus, Slot
from festival.signups import queries, waitlist
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused, State
from festival.signups.service import check_time, give_at_the_door, lock

#: Waiting parties that are shown, and may be ticked, at once.
MOST = 200


@dataclass(frozen=True, slots=True)
class Absent:
    """Who holds a place of a slot and has not come: sign-ups, and the persons they are."""

    parties: int
    persons: int


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did."""

    #: Who lost a place and stands at the end of the list now.
    released: list[SignUp]
    #: Who stood at the door and has a place now, in the order of the list.
    placed: list[SignUp]
    #: Who stood there and has none: too many for what was free.
    left: list[SignUp]


def from_when(activity: Activity, slot: Slot) -> datetime:
    """Return from when staff may release the places of a slot."""
    return slot.starts_at + timedelta(minutes=activity.release_minutes)


def absent(slot_id: int) -> Absent:
    """Count those who hold a place of a slot and of whom nobody has come."""
    row = db.session.execute(
        select(func.count(SignUp.id), func.coalesce(func.sum(SignUp.party_size), 0)).where(*_absent(slot_id)),
    ).one()
    return Absent(row[0], int(row[1]))


def waiting(slot_id: int, most: int = MOST) -> list[SignUp]:
    """Return those who wait for a slot, in order, with their pools."""
    chosen = (
        select(SignUp)
        .where(SignUp.slot_id == slot_id, SignUp.state == State.WAITLISTED)
        .order_by(SignUp.priority, SignUp.joined_at, SignUp.id)
        .limit(most)
        .options(joinedload(SignUp.pool))
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(chosen))


def release(slot_id: int, present: Collection[int], *, seen: int, actor_id: int) -> Released:
    """Release the places of those who have not come to a slot, and give what is free to those of its list who are here.

    In the order of the list; a party too large for what is left is passed over, since the others stand there now.

    :param present: sign-ups of those on the list who stand at the door; who is not on it counts as not here.
    :param seen: how many sign-ups the preview said would lose their place.
    :raises NotFound: there is no such slot.
    :raises SignUpRefused: too early, over, called off, or others have come (or gone) since the preview.
    """
    activity_id = db.session.scalar(select(Slot.activity_id).where(Slot.id == slot_id))
    if activity_id is None:
        raise NotFound
    locked = lock(activity_id)
    activity, now = locked.activity, locked.now
    waitlist.lapse(activity, now)
    slot = db.session.get_one(Slot, slot_id, populate_existing=True)
    if reason := why_not(activity, slot, now):
        raise SignUpRefused(reason)
    here = [sign_up for sign_up in _on_the_list(slot_id) if sign_up.id in present]
    gone = list(db.session.scalars(_in_order(_absent(slot_id))))
    if len(gone) != seen:
        raise SignUpRefused(Reason.CHANGED_MEANWHILE)
    for sign_up in gone:
        _release(sign_up, now, actor_id)
    placed, left = _give(here, activity, slot, now, actor_id)
    if gone or placed:
        changes = f"released {len(gone)} placed {len(placed)}"
        record("slot.release", "slot", slot_id, actor_id=actor_id, activity_id=activity_id, changes=changes)
    if gone:
        waitlist.serve(activity, now, why="absent")  # another time of the session may have waited for nothing but its ceiling
    return Released(gone, placed, left)


def why_not(activity: Activity, slot: Slot, now: datetime) -> Reason | None:
    """Return why nothing may be released of a slot now; None: it may."""
    if activity.status != ActivityStatus.PUBLISHED:
        return Reason.POSTPONED if activity.status == ActivityStatus.POSTPONED else Reason.CANCELLED
    for one in (slot, slot.parent):
        try:
            if one is not None:
                check_time(one, now)
        except SignUpRefused as refused:
            return refused.reason
    return Reason.NOT_OPEN if now < from_when(activity, slot) else None


def _absent(slot_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        SignUp.slot_id == slot_id,
        SignUp.state == State.CONFIRMED,
        SignUp.arrived == 0,
        SignUp.counted.is_(True),
    )


def _on_the_list(slot_id: int) -> list[SignUp]:
    return list(db.session.scalars(_in_order((SignUp.slot_id == slot_id, SignUp.state == State.WAITLISTED))))


def _in_order(where: Sequence[ColumnElement[bool]]) -> Select[SignUp]:
    order = (SignUp.priority, SignUp.joined_at, SignUp.id)
    return select(SignUp).where(*where).order_by(*order).execution_options(populate_existing=True)


def _release(sign_up: SignUp, now: datetime, actor_id: int) -> None:
    taken = queries.places(sign_up.pool_id).taken
    waitlist.go_to_the_end(sign_up, now)
    waitlist.move(sign_up, State.WAITLISTED, at=now)
    waitlist.enter(
        sign_up,
        at=now,
        actor_id=actor_id,
        what="released",
        why="absent",
        state_before=State.CONFIRMED,
        taken_before=taken,
    )
    owe("sign_up_released", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def _give(here: list[SignUp], activity: Activity, slot: Slot, now: datetime, actor_id: int) -> tuple[list[SignUp], list[SignUp]]:
    placed: list[SignUp] = []
    left: list[SignUp] = []
    for sign_up in here:
        try:
            give_at_the_door(sign_up, activity, slot, now, actor_id=actor_id)
        except SignUpRefused:
            left.append(sign_up)
        else:
            placed.append(sign_up)
    return placed, left
