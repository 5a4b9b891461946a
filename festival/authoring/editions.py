"""Next year's edition: a copy of a whole one with its dates moved by weeks, prepared behind the current one, then opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import func, select, update

from festival.audit.service import record
from festival.authoring import copying, queries, rules
from festival.authoring.copying import Target
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Collision
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, ActivityStatus, Festival, Track, Venue

_OF_FESTIVAL = frozenset({
    "id", "slug", "edition", "title_zh", "title_en", "theme_zh", "theme_en", "starts_on", "ends_on", "shift_weeks",
    "is_preparing", "calendar_version", "created_at", "updated_at",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEdition:
    """How an edition differs from the one it is copied from."""

    edition: int
    title_zh: str
    title_en: str
    theme_zh: str
    theme_en: str
    #: At least one.
    weeks: int


@dataclass(frozen=True, slots=True)
class MovedSession:
    """One session's old and new start, and what the new day runs into."""

    label_zh: str
    label_en: str
    before: datetime
    after: datetime
    ends_at: datetime
    collision: Collision | None


@dataclass(frozen=True, slots=True)
class MovedActivity:
    """An activity as it would be copied."""

    activity: Activity
    slug: str
    #: When sign-up opens and closes then; None: not limited on that side.
    opens_at: datetime | None
    closes_at: datetime | None
    sessions: tuple[MovedSession, ...]

    @property
    def collisions(self) -> int:
        """How many of its days run into something."""
        return sum(session.collision is not None for session in self.sessions)


@dataclass(frozen=True, slots=True)
class EditionPreview:
    """What a copy of an edition would be."""

    starts_on: date
    ends_on: date
    activities: tuple[MovedActivity, ...]
    #: What was looked at: pressing again makes only this.
    fingerprint: str

    @property
    def collisions(self) -> int:
        """How many days run into something."""
        return sum(one.collisions for one in self.activities)


def preview(festival: Festival, weeks: int) -> EditionPreview:
    """Return every date of a copy; nothing is written."""
    step = timedelta(weeks=weeks)
    starts_on = festival.starts_on + step
    special, taken = queries.special_days(), queries.slugs()
    found: list[MovedActivity] = []
    for activity in queries.whole(festival.id):
        slug = rules.free_slug(rules.slug_of_year(activity.slug, starts_on.year), taken)
        taken.add(slug)
        found.append(
            MovedActivity(
                activity,
                slug,
                rules.moved(activity.opens_at, weeks),
                rules.moved(activity.closes_at, weeks),
                tuple(
                    MovedSession(
                        slot.label_zh,
                        slot.label_en,
                        slot.starts_at,
                        slot.starts_at + step,
                        slot.ends_at + step,
                        rules.collision(clock.local_day(slot.starts_at + step), special),
                    )
                    for slot in activity.slots
                    if slot.parent_id is None
                ),
            ),
        )
    return EditionPreview(starts_on, festival.ends_on + step, tuple(found), _fingerprint(weeks, found))


def _fingerprint(weeks: int, found: Sequence[MovedActivity]) -> str:
    parts = [str(weeks), *(f"{one.slug} {one.activity.updated_at} {len(one.sessions)}" for one in found)]
    parts += [f"{session.before}" for one in found for session in one.sessions]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def clone_festival(festival_id: int, asked: NextEdition, *, seen: str, actor_id: int) -> Festival:
    """Return a new edition, being prepared: tracks, venues, and activities as drafts, every date moved by whole weeks.

    No people, no sign-ups, no invitations and no roles for single activities come along.

    :param seen: the fingerprint of the preview that was looked at.
    :raises AuthoringRefused: something else would be made than was looked at.
    """
    source = queries.edition(festival_id)
    looked = preview(source, asked.weeks)
    if looked.fingerprint != seen:
        raise AuthoringRefused(AuthoringReason.CHANGED_MEANWHILE)
    at = clock.wall().replace(microsecond=0)
    made = Festival(
        **copying.columns(source, 0, _OF_FESTIVAL),
        slug=rules.free_slug(rules.slug_of_year(source.slug, looked.starts_on.year), queries.festival_slugs()),
        edition=asked.edition,
        title_zh=asked.title_zh,
        title_en=asked.title_en,
        theme_zh=asked.theme_zh,
        theme_en=asked.theme_en,
        starts_on=looked.starts_on,
        ends_on=looked.ends_on,
        is_preparing=True,
        created_at=at,
        updated_at=at,
    )
    db.session.add(made)
    db.session.flush()
    target = Target(made.id, _copy_tracks(source, made), _copy_venues(source, made, at), asked.weeks, at)
    for one in looked.activities:
        copy = copying.copy_activity(one.activity, target, slug=one.slug)
        changes = f"{one.activity.slug} -> {copy.slug}"
        record("activity.clone", "activity", copy.id, actor_id=actor_id, activity_id=copy.id, changes=changes)
    changes = f"{source.slug} -> {made.slug}, {asked.weeks:+} weeks, {len(looked.activities)} activities"
    record("festival.clone", "festival", made.id, actor_id=actor_id, changes=changes)
    return made


def _copy_tracks(source: Festival, made: Festival) -> dict[int, int]:
    tracks = db.session.scalars(select(Track).where(Track.festival_id == source.id)).all()
    copies = {
        track.id: Track(**copying.columns(track, 0, frozenset({"id", "festival_id"})), festival_id=made.id) for track in tracks
    }
    db.session.add_all(copies.values())
    db.session.flush()
    return {track_id: copy.id for track_id, copy in copies.items()}


def _copy_venues(source: Festival, made: Festival, at: datetime) -> dict[int, int]:
    venues = db.session.scalars(select(Venue).where(Venue.festival_id == source.id)).all()
    without = frozenset({"id", "festival_id", "updated_at"})
    copies = {venue.id: Venue(**copying.columns(venue, 0, without), festival_id=made.id, updated_at=at) for venue in venues}
    db.session.add_all(copies.values())
    db.session.flush()
    for venue_id, copy in copies.items():
        copying.copy_provenance("venue", venue_id, copy.id)
    return {venue_id: copy.id for venue_id, copy in copies.items()}


def publish_edition(festival_id: int, *, actor_id: int) -> Festival:
    """Open an edition that was being prepared: it is the current one from now on, and what is published in it public.

    Addresses of the one before live on. Calendars follow: what they stored of the old edition is older than the new version.

    :raises AuthoringRefused: nothing in it is published.
    """
    festival = queries.edition(festival_id)
    if not festival.is_preparing:
        return festival  # pressed twice
    published = select(Activity.id).where(Activity.festival_id == festival_id, Activity.status == ActivityStatus.PUBLISHED)
    if db.session.scalar(published.limit(1)) is None:
        raise AuthoringRefused(AuthoringReason.NOTHING_PUBLISHED)
    highest = select(func.max(Festival.calendar_version)).scalar_subquery()
    db.session.execute(
        update(Festival).where(Festival.id == festival_id).values(calendar_version=highest + 1),
        execution_options={"synchronize_session": False},
    )
    festival.is_preparing = False
    festival.updated_at = clock.wall().replace(microsecond=0)
    record("festival.publish", "festival", festival_id, actor_id=actor_id, changes=festival.slug)
    return festival
