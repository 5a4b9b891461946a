"""What a load has to know of what is there."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import Select, select

from festival.accounts.models import Address
from festival.lib.db import Model, db
from festival.programme.models import Activity, Festival, Holiday, Provenance, Slot
from festival.seed.people import PREFIX
from festival.signups.models import Answer, SignUp

Row = TypeVar("Row", bound=Model)


def festival_of(slug: str) -> Festival | None:
    """Return an edition by its slug."""
    return db.session.scalar(select(Festival).where(Festival.slug == slug))


def by_key(model: type[Row], of: str, owner_id: int) -> dict[str, Row]:
    """Return the rows of one owner (``of`` names the column with its id) by their keys."""
    rows = db.session.scalars(select(model).where(getattr(model, of) == owner_id))
    return {row.key: row for row in rows}  # type: ignore[attr-defined]  # each of these tables has one


def activities(festival_id: int) -> Mapping[str, Activity]:
    """Return an edition's activities by slug."""
    rows = db.session.scalars(select(Activity).where(Activity.festival_id == festival_id))
    return {row.slug: row for row in rows}


def has_sign_ups(activity_id: int) -> bool:
    """Tell whether anyone has ever signed up for an activity."""
    return db.session.scalar(select(SignUp.id).where(SignUp.activity_id == activity_id).limit(1)) is not None


def is_answered(activity_id: int, question: str) -> bool:
    """Tell whether anyone has answered a question of an activity."""
    found = select(Answer.id).join(SignUp).where(SignUp.activity_id == activity_id, Answer.question_key == question)
    return db.session.scalar(found.limit(1)) is not None


def slots_at_venues(venue_ids: set[int]) -> list[Slot]:
    """Return the slots held at any of these venues."""
    held = select(Slot).join(Activity, Activity.id == Slot.activity_id)
    return list(
        db.session.scalars(
            held.where(
                Slot.venue_id.in_(venue_ids) | (Slot.venue_id.is_(None) & Activity.venue_id.in_(venue_ids)),
            ),
        ),
    )


def slots_of(activity_ids: set[int]) -> list[Slot]:
    """Return every slot of these activities."""
    return list(db.session.scalars(select(Slot).where(Slot.activity_id.in_(activity_ids))))


def holidays() -> dict[object, Holiday]:
    """Return the days that differ from their weekday."""
    return {row.day: row for row in db.session.scalars(select(Holiday))}


def provenance_of(subject: str, subject_id: int) -> dict[str, Provenance]:
    """Return where the values of one thing come from, by field."""
    of = select(Provenance).where(Provenance.subject == subject, Provenance.subject_id == subject_id)
    return {row.field: row for row in db.session.scalars(of)}


def invented() -> Select[int]:
    """Return what selects the accounts of a demo's invented people; visitors' are others."""
    return select(Address.account_id).where(Address.value.startswith(PREFIX))
