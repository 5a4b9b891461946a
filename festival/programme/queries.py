"""Reading the programme."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import (
    Activity,
    ActivityStatus,
    Festival,
    Pool,
    PoolBatch,
    Provenance,
    Question,
    Slot,
    Track,
    Venue,
)

#: What readers may see: everything an organizer has published, also when it was postponed or cancelled since.
PUBLIC_STATUSES = (ActivityStatus.PUBLISHED, ActivityStatus.POSTPONED, ActivityStatus.CANCELLED)

_NEWEST = select(Festival.id).order_by(Festival.starts_on.desc()).limit(1).scalar_subquery()
# Every page of an activity asks it: built once, since building a statement costs three times what asking the database does.
_PUBLISHED = (
    select(Activity)
    .where(Activity.festival_id == _NEWEST, Activity.slug == bindparam("slug"), Activity.status.in_(PUBLIC_STATUSES))
    .options(
        joinedload(Activity.festival),
        joinedload(Activity.venue),
        joinedload(Activity.track),
        selectinload(Activity.slots).options(selectinload(Slot.pools), joinedload(Slot.venue)),
        selectinload(Activity.questions).selectinload(Question.options),
    )
)


def current_festival() -> Festival | None:
    """Return the newest edition; None before the first seed."""
    return db.session.scalar(
        select(Festival).order_by(Festival.starts_on.desc()).limit(1).options(selectinload(Festival.figures)),
    )


def published(slug: str) -> Activity:
    """Return a public activity of the current edition, with slots, pools and questions.

    :raises NotFound: there is none, or it is a draft.
    """
    activity = db.session.scalar(_PUBLISHED, {"slug": slug})
    if activity is None:
        raise NotFound
    return activity


def programme(festival_id: int) -> list[Activity]:
    """Return every public activity of an edition by time, with track, venue, slots and pools: always the same few queries."""
    return list(
        db.session.scalars(
            select(Activity)
            .where(Activity.festival_id == festival_id, Activity.status.in_(PUBLIC_STATUSES))
            .order_by(Activity.starts_at, Activity.position, Activity.id)
            .options(
                joinedload(Activity.venue),
                joinedload(Activity.track),
                selectinload(Activity.slots).options(selectinload(Slot.pools), joinedload(Slot.venue)),
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Release:
    """Places that come at one time, over all pools of an activity."""

    at: datetime
    places: int


def releases(activity_id: int) -> list[Release]:
    """Return the batches of places still to come, by time; empty: all are out."""
    rows = db.session.execute(
        select(PoolBatch.at, func.sum(PoolBatch.places).label("places"))
        .join(Pool, Pool.id == PoolBatch.pool_id)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Slot.activity_id == activity_id, PoolBatch.released_at.is_(None))
        .group_by(PoolBatch.at)
        .order_by(PoolBatch.at),
    )
    return [Release(row.at, int(row.places)) for row in rows]


def tracks(festival_id: int) -> list[Track]:
    """Return the tracks of an edition in their order."""
    return list(db.session.scalars(select(Track).where(Track.festival_id == festival_id).order_by(Track.position, Track.id)))


def shows_invented(activity_ids: Iterable[int], venue_ids: Iterable[int] = (), festival_id: int | None = None) -> bool:
    """Tell whether any of these rows holds a value that was invented for the demonstration."""
    named = or_(
        and_(Provenance.subject == "activity", Provenance.subject_id.in_(list(activity_ids))),
        and_(Provenance.subject == "venue", Provenance.subject_id.in_(list(venue_ids))),
        and_(Provenance.subject == "festival", Provenance.subject_id == festival_id),
    )
    return bool(db.session.scalar(select(select(Provenance.id).where(named, Provenance.level == "demo").exists())))


# -- for those who organize: drafts too, and only what lies within the caller's scope -------------------------------------------


def managed(slug: str, within: ColumnElement[bool]) -> Activity:
    """Return an activity of the current edition, draft or not, with venue, slots, pools and questions.

    :param within: what the caller may touch (``accounts.access.scope``).
    :raises NotFound: there is none, or none within the caller's scope.
    """
    found = _managed(within, Activity.slug == slug)
    if not found:
        raise NotFound
    return found[0]


def all_managed(within: ColumnElement[bool]) -> list[Activity]:
    """Return the activities of the current edition within the caller's scope, by time, with venue, slots and pools."""
    return _managed(within)


def _managed(within: ColumnElement[bool], *conditions: ColumnElement[bool]) -> list[Activity]:
    newest = select(Festival.id).order_by(Festival.starts_on.desc()).limit(1).scalar_subquery()
    return list(
        db.session.scalars(
            select(Activity)
            .where(Activity.festival_id == newest, within, *conditions)
            .order_by(Activity.starts_at, Activity.position, Activity.id)
            .options(
                joinedload(Activity.venue),
                joinedload(Activity.track),
                selectinload(Activity.slots).options(selectinload(Slot.pools), joinedload(Slot.venue)),
                selectinload(Activity.questions).selectinload(Question.options),
            ),
        ),
    )


def venues(festival_id: int) -> list[Venue]:
    """Return the venues of an edition, by name."""
    return list(db.session.scalars(select(Venue).where(Venue.festival_id == festival_id).order_by(Venue.name_zh, Venue.id)))
