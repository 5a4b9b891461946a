"""Reading the programme."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from festival.lib import clock
from festival.lib.db import UtcDateTime, db
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


def is_public(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that readers may know of an activity: published, and the time set for that has come.

    It is judged by time, not by what a job did. The edition is another matter: one that is being prepared is not the current one.
    """
    return and_(Activity.status.in_(PUBLIC_STATUSES), or_(Activity.publish_at.is_(None), Activity.publish_at <= now))


#: Editions that readers know of, the newest first.
_KNOWN = select(Festival).where(Festival.is_preparing.is_(False)).order_by(Festival.starts_on.desc(), Festival.id.desc())
# Every page of an activity asks it: built once, since building a statement costs three times what asking the database does.
# An address lives on: it leads to the newest edition that has such an activity.
_PUBLISHED = (
    select(Activity)
    .join(Festival, Festival.id == Activity.festival_id)
    .where(Festival.is_preparing.is_(False), Activity.slug == bindparam("slug"), is_public(bindparam("now")))
    .order_by(Festival.starts_on.desc(), Festival.id.desc())
    .limit(1)
    .options(
        joinedload(Activity.festival),
        joinedload(Activity.venue),
        joinedload(Activity.track),
        selectinload(Activity.slots).options(selectinload(Slot.pools), joinedload(Slot.venue)),
        selectinload(Activity.questions).selectinload(Question.options),
    )
)


def current_festival() -> Festival | None:
    """Return the newest edition that is not being prepared; None before the first seed."""
    return db.session.scalar(_KNOWN.limit(1).options(selectinload(Festival.figures)))


def published(slug: str) -> Activity:
    """Return a public activity, of the newest edition that has one of this slug, with slots, pools and questions.

    :raises NotFound: there is none, or it is a draft, or its time to be published has not come.
    """
    activity = db.session.scalar(_PUBLISHED, {"slug": slug, "now": clock.now()})
    if activity is None:
        raise NotFound
    return activity


def leading_to(slug: ColumnElement[str], now: ColumnElement[datetime]) -> Select[int]:
    """Return the question which public activity an address leads to."""
    return (
        select(Activity.id)
        .join(Festival, Festival.id == Activity.festival_id)
        .where(Festival.is_preparing.is_(False), Activity.slug == slug, is_public(now))
        .order_by(Festival.starts_on.desc(), Festival.id.desc())
        .limit(1)
    )


_LEADING_TO = leading_to(bindparam("slug", type_=String()), bindparam("now", type_=UtcDateTime()))


def published_id(slug: str) -> int:
    """Return the id of what ``published`` returns.

    :raises NotFound: as ``published``.
    """
    found = db.session.scalar(_LEADING_TO, {"slug": slug, "now": clock.now()})
    if found is None:
        raise NotFound
    return found


def programme(festival_id: int) -> list[Activity]:
    """Return every public activity of an edition by time, with track, venue, slots and pools: always the same few queries."""
    return list(
        db.session.scalars(
            select(Activity)
            .where(Activity.festival_id == festival_id, is_public(clock.now()))
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
    """Return an activity, draft or not, with venue, slots, pools and questions: of the current edition, else of another.

    No two activities have one slug, whatever their editions, unless a file brought it back.

    :param within: what the caller may touch (``accounts.access.scope``).
    :raises NotFound: there is none, or none within the caller's scope.
    """
    found = _managed(within, Activity.slug == slug)
    if not found:
        raise NotFound
    current = db.session.scalar(_KNOWN.with_only_columns(Festival.id).limit(1)) if len(found) > 1 else None
    return min(found, key=lambda one: (one.festival_id != current, -one.festival_id))


def managed_id(slug: str, within: ColumnElement[bool]) -> int:
    """Return the id of an activity that is no draft, chosen as ``managed`` does: all that a scan needs of it, in one question.

    :param within: what the caller may touch (``accounts.access.scope``).
    :raises NotFound: there is none, or none within the caller's scope.
    """
    current = _KNOWN.with_only_columns(Festival.id).limit(1).scalar_subquery()
    found = db.session.scalar(
        select(Activity.id)
        .where(Activity.slug == slug, Activity.status != ActivityStatus.DRAFT, within)
        .order_by(case((Activity.festival_id == current, 0), else_=1), Activity.festival_id.desc())
        .limit(1),
    )
    if found is None:
        raise NotFound
    return found


def all_managed(within: ColumnElement[bool]) -> list[Activity]:
    """Return the activities of the current edition within the caller's scope, by time, with venue, slots and pools."""
    return _managed(within, Activity.festival_id == _KNOWN.with_only_columns(Festival.id).limit(1).scalar_subquery())


def managed_in(festival_id: int, within: ColumnElement[bool]) -> list[Activity]:
    """Return the activities of an edition, current or not, within the caller's scope, as ``all_managed`` does."""
    return _managed(within, Activity.festival_id == festival_id)


def _managed(within: ColumnElement[bool], *conditions: ColumnElement[bool]) -> list[Activity]:
    return list(
        db.session.scalars(
            select(Activity)
            .where(within, *conditions)
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
