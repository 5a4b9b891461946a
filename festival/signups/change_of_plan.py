"""Change of plan: a new time or place is saved, and whoever signed up for it is owed a message, in one transaction.

It stands here and not in ``programme`` because the programme does not know who is coming. Sign-ups keep their state and code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from festival.lib import clock
from festival.lib.db import db
from festival.outbox.service import owe_each
from festival.programme import service as programme
from festival.programme.models import Slot
from festival.programme.service import ActivityEdit, PlanChange, SlotEdit
from festival.signups.models import SignUp
from festival.signups.rules import LIVE


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved."""

    change: PlanChange
    #: Sign-ups whose people are owed a message about it.
    told: int


def edit_activity(activity_id: int, asked: ActivityEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save an activity's words, place and time; those whose time or place changed are told.

    :param seen: the activity's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_activity(activity_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved))


def edit_slot(activity_id: int, slot_id: int, asked: SlotEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save one slot's time, place and label; those who hold a place in it, or in a slot that moved along, are told.

    :param seen: the slot's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_slot(slot_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved))


def to_be_told(slot_ids: Iterable[int]) -> int:
    """Return how many live sign-ups a change of these slots concerns."""
    return db.session.execute(
        select(func.count(SignUp.id)).where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state.in_(LIVE)),
    ).scalar_one()


def _tell(activity_id: int, moved: Iterable[Slot]) -> int:
    """Owe a message to each live sign-up of the slots that moved; what was and stays past is told to nobody."""
    now = clock.now()
    ids = [slot.id for slot in moved if max(slot.ends_at, slot.previous_ends_at or slot.ends_at) > now]
    if not ids:
        return 0
    rows = db.session.execute(
        select(SignUp.id, SignUp.person_id).where(SignUp.slot_id.in_(ids), SignUp.state.in_(LIVE)).order_by(SignUp.id),
    ).all()
    owe_each(
        "activity_changed",
        "sign_up",
        {row.id: row.person_id for row in rows},
        activity_id=activity_id,
    )
    return len(rows)
