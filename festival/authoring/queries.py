"""Reading what authors of activities must know: who has signed up, which addresses are taken, which editions there are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from festival.accounts.models import Consent
from festival.audit.models import AuditEntry
from festival.draws.models import Draw
from festival.lib.db import db, is_postgresql
from festival.lib.errors import NotFound
from festival.programme.models import (
    Activity,
    ActivityStatus,
    Festival,
    Holiday,
    Pool,
    Question,
    Slot,
    SlotStatus,
    Track,
    Venue,
)
from festival.signups.models import Answer, AnswerFile, SignUp
from festival.signups.rules import LIVE
from festival.signups.unanswered import is_unanswered, lacks


def has_sign_ups(activity_id: int) -> bool:
    """Tell whether anyone has ever signed up for an activity, or been drawn, or agreed to its notice."""
    traces = (SignUp.activity_id, Draw.activity_id, Consent.activity_id)
    return any(db.session.scalar(select(column).where(column == activity_id).limit(1)) is not None for column in traces)


def slots_with_sign_ups(slot_ids: Iterable[int]) -> set[int]:
    """Return those of some slots that anyone has ever signed up for, or that were drawn."""
    ids = list(slot_ids)
    found: set[int] = set()
    for start in range(0, len(ids), 500):  # a list of ids must not outgrow the statement
        part = ids[start : start + 500]
        found.update(db.session.scalars(select(SignUp.slot_id).where(SignUp.slot_id.in_(part)).distinct()))
        found.update(db.session.scalars(select(Draw.slot_id).where(Draw.slot_id.in_(part)).distinct()))
    return found


def slugs() -> set[str]:
    """Return every address that an activity of any edition has."""
    return set(db.session.scalars(select(Activity.slug)))


def unused_id() -> int | None:
    """Return an id for a new activity that no entry of the log is about; None: the database never gives an id twice.

    SQLite gives the highest id again once its row is deleted, and the log of a draft that is gone would be another's.
    """
    if is_postgresql():
        return None
    highest = [db.session.scalar(select(func.max(column))) or 0 for column in (Activity.id, AuditEntry.activity_id)]
    return max(highest) + 1


def pools_of(activity_id: int) -> int:
    """Return how many pools an activity has that can be signed up for."""
    return (
        db.session.scalar(
            select(func.count(Pool.id))
            .join(Slot, Slot.id == Pool.slot_id)
            .where(Slot.activity_id == activity_id, Slot.status != SlotStatus.CANCELLED, Pool.is_closed.is_(False)),
        )
        or 0
    )


def last_end(activity_id: int) -> datetime | None:
    """Return when the last slot that takes place ends; None: there is none."""
    return db.session.scalar(
        select(func.max(Slot.ends_at)).where(Slot.activity_id == activity_id, Slot.status != SlotStatus.CANCELLED),
    )


def ids_by_key(activity_id: int) -> dict[str, int]:
    """Return the ids of an activity's slots by key."""
    rows = db.session.execute(select(Slot.key, Slot.id).where(Slot.activity_id == activity_id))
    return {row.key: row.id for row in rows}


def slots_of(activity_id: int) -> list[Slot]:
    """Return an activity's slots by time, as they are now."""
    return list(
        db.session.scalars(
            select(Slot)
            .where(Slot.activity_id == activity_id)
            .order_by(Slot.starts_at, Slot.id)
            .execution_options(populate_existing=True),
        ),
    )


def last_position(festival_id: int) -> int:
    """Return the last activity's place in the order of an edition; 0: it has none."""
    return db.session.scalar(select(func.max(Activity.position)).where(Activity.festival_id == festival_id)) or 0


def track(festival_id: int, track_id: int) -> Track | None:
    """Return a track of an edition."""
    return db.session.scalar(select(Track).where(Track.festival_id == festival_id, Track.id == track_id))


def venue(festival_id: int, venue_id: int) -> Venue | None:
    """Return a venue of an edition."""
    return db.session.scalar(select(Venue).where(Venue.festival_id == festival_id, Venue.id == venue_id))


def venue_of(venue_id: int) -> Venue:
    """Return a venue of any edition.

    :raises NotFound: there is none.
    """
    found = db.session.get(Venue, venue_id)
    if found is None:
        raise NotFound
    return found


def venue_keys(festival_id: int) -> set[str]:
    """Return the keys of an edition's venues."""
    return set(db.session.scalars(select(Venue.key).where(Venue.festival_id == festival_id)))


def venue_uses(festival_id: int) -> dict[int, int]:
    """Return by venue how many activities of an edition are held there, in whole or in part."""
    own = db.session.execute(
        select(Slot.venue_id, Activity.id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Activity.festival_id == festival_id, Slot.venue_id.is_not(None))
        .distinct(),
    )
    home = db.session.execute(select(Activity.venue_id, Activity.id).where(Activity.festival_id == festival_id))
    held = {(row[0], row[1]) for row in (*own, *home)}
    uses: dict[int, int] = {}
    for venue_id, _activity in held:
        uses[venue_id] = uses.get(venue_id, 0) + 1
    return uses


# -- editions -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition with what is in it."""

    festival: Festival
    activities: int
    #: Of those, what is published already.
    published: int


def editions() -> list[Edition]:
    """Return every edition, the newest first."""
    counts = {
        (row.festival_id, row.status): row.number
        for row in db.session.execute(
            select(Activity.festival_id, Activity.status, func.count(Activity.id).label("number")).group_by(
                Activity.festival_id, Activity.status
            ),
        )
    }
    found = db.session.scalars(select(Festival).order_by(Festival.starts_on.desc(), Festival.id.desc()))
    return [
        Edition(
            festival,
            sum(number for (festival_id, _status), number in counts.items() if festival_id == festival.id),
            sum(
                number
                for (festival_id, status), number in counts.items()
                if festival_id == festival.id and status != ActivityStatus.DRAFT
            ),
        )
        for festival in found
    ]


def edition(festival_id: int) -> Festival:
    """Return an edition.

    :raises NotFound: there is none.
    """
    found = db.session.get(Festival, festival_id)
    if found is None:
        raise NotFound
    return found


def festival_slugs() -> set[str]:
    """Return the slugs of all editions."""
    return set(db.session.scalars(select(Festival.slug)))


def preparing() -> list[Festival]:
    """Return the editions that are being prepared, the newest first."""
    return list(
        db.session.scalars(select(Festival).where(Festival.is_preparing.is_(True)).order_by(Festival.starts_on.desc())),
    )


_WITH_ALL = (
    selectinload(Activity.slots).selectinload(Slot.pools).selectinload(Pool.batches),
    selectinload(Activity.questions).selectinload(Question.options),
)


def whole_activity(activity_id: int) -> Activity:
    """Return an activity with all that is copied of it.

    :raises NotFound: there is none.
    """
    found = db.session.scalar(select(Activity).where(Activity.id == activity_id).options(*_WITH_ALL))
    if found is None:
        raise NotFound
    return found


def whole(festival_id: int) -> list[Activity]:
    """Return every activity of an edition by its place in the order, with all that is copied of it."""
    return list(
        db.session.scalars(
            select(Activity)
            .where(Activity.festival_id == festival_id)
            .order_by(Activity.position, Activity.id)
            .options(*_WITH_ALL),
        ),
    )


def special_days() -> dict[date, bool]:
    """Return the days that differ from their weekday; True: people work then."""
    return {row.day: row.is_workday for row in db.session.execute(select(Holiday.day, Holiday.is_workday))}


# -- questions ------------------------------------------------------------------------------------------------------------------


def questions(activity_id: int) -> list[Question]:
    """Return what an activity asks, in order, with the options."""
    return list(
        db.session.scalars(
            select(Question)
            .where(Question.activity_id == activity_id)
            .order_by(Question.position, Question.id)
            .options(selectinload(Question.options))
            .execution_options(populate_existing=True),
        ),
    )


def answered(activity_id: int) -> dict[str, int]:
    """Return how many sign-ups have answered each question, by key; what nobody answered is left out."""
    found: dict[str, int] = {}
    for kept in (Answer, AnswerFile):
        rows = db.session.execute(
            select(kept.question_key, func.count(kept.id).label("number"))
            .join(SignUp, SignUp.id == kept.sign_up_id)
            .where(SignUp.activity_id == activity_id)
            .group_by(kept.question_key),
        )
        for row in rows:
            found[row.question_key] = found.get(row.question_key, 0) + row.number
    return found


def chosen_options(activity_id: int, question_key: str) -> set[str]:
    """Return the keys of the options that anyone has chosen."""
    rows = db.session.scalars(
        select(Answer.plain)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .where(SignUp.activity_id == activity_id, Answer.question_key == question_key, Answer.plain.is_not(None))
        .distinct(),
    )
    return {key for row in rows if row for key in row.split(",")}


def quota_questions(activity_id: int) -> set[str]:
    """Return the questions whose answers decide the pool."""
    rows = db.session.scalars(
        select(Pool.quota_question)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Slot.activity_id == activity_id, Pool.quota_question.is_not(None))
        .distinct(),
    )
    return {key for key in rows if key}


def quota_answers(question: Question) -> set[str]:
    """Return the answers to a question that decide the pool."""
    rows = db.session.scalars(
        select(Pool.quota_answer)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Slot.activity_id == question.activity_id, Pool.quota_question == question.key)
        .distinct(),
    )
    return {key for key in rows if key}


def live_without(question: Question, now: datetime) -> dict[int, int]:
    """Return the live sign-ups that can still answer a question and have not, with whose they are."""
    rows = db.session.execute(
        select(SignUp.id, SignUp.person_id)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(
            SignUp.activity_id == question.activity_id,
            SignUp.state.in_(LIVE),
            Slot.starts_at > now,
            Slot.is_extra.is_(False),  # asked nothing: its people answer with the session
            lacks(question),
        )
        .order_by(SignUp.id),
    )
    return {row.id: row.person_id for row in rows}


def unanswered(activity_id: int) -> dict[int, int]:
    """Return by question how many live sign-ups were made before it was added and have not answered it."""
    rows = db.session.execute(
        select(Question.id, func.count(SignUp.id).label("number"))
        .join(SignUp, SignUp.activity_id == Question.activity_id)
        .where(Question.activity_id == activity_id, SignUp.state.in_(LIVE), is_unanswered())
        .group_by(Question.id),
    )
    return {row.id: row.number for row in rows}
