"""Reading what calendars show, and what is stored of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select, true
from sqlalchemy.engine import Row
from sqlalchemy.orm import joinedload, selectinload

from festival.accounts.models import Account, AccountKind
from festival.calendars.models import CalendarChoice, CalendarEntry, CalendarFeed, CalendarTombstone, FeedReading
from festival.calendars.rules import SHOWN, TOMBSTONE, Audience, Client, alarms_read
from festival.lib import clock
from festival.lib.db import db, in_transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import Locale
from festival.programme.models import Activity, ActivityStatus, Festival, Slot, Track
from festival.programme.queries import PUBLIC_STATUSES, is_public
from festival.saved.models import SavedActivity
from festival.seats import queries as seats
from festival.signups.models import SignUp

# -- a poll: one query, and a second one for the bytes if they are asked for --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a feed, its bytes apart."""

    id: int
    programme_version: int
    account_version: int
    fingerprint: str
    etag: str
    modified_at: datetime
    stale_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one query tells about a feed: the present versions, and what is stored."""

    festival_id: int | None
    programme_version: int
    #: Of the person's sign-ups; 0 in a public feed.
    bookings_version: int = 0
    stored: Stored | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePoll(Poll):
    """The same for a person's feed. ``key_version`` None: the account is erased, or no person's."""

    key_version: int | None
    #: Hours before a start at which it rings.
    alarms: tuple[int, ...]
    shows_openings: bool
    #: How many activities the person keeps for later, and since when the last one.
    saved: tuple[int, datetime | None]
    #: When a client of this family last read; None: never.
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Content:
    """A feed's bytes with what describes them."""

    etag: str
    modified_at: datetime
    body: bytes


# Tables, not classes: a poll is the most frequent request of all, and the object-relational layer would double its cost.
_FEED = CalendarFeed.__table__
_FESTIVAL, _ACCOUNT, _SIGN_UP = Festival.__table__, Account.__table__, SignUp.__table__
_CHOICE, _READING, _SAVED = CalendarChoice.__table__, FeedReading.__table__, SavedActivity.__table__
_CURRENT = (
    select(_FESTIVAL.c.id, _FESTIVAL.c.calendar_version)
    .where(_FESTIVAL.c.is_preparing.is_(False))
    .order_by(_FESTIVAL.c.starts_on.desc(), _FESTIVAL.c.id.desc())
    .limit(1)
    .subquery("current_festival")
)
_STORED = (
    _FEED.c.id.label("feed_id"),
    _FEED.c.programme_version,
    _FEED.c.account_version,
    _FEED.c.fingerprint,
    _FEED.c.etag,
    _FEED.c.modified_at,
    _FEED.c.stale_at,
)
_IS_ASKED = and_(_FEED.c.key == bindparam("key"), _FEED.c.locale == bindparam("locale"))
#: Rises with each change of any of a person's sign-ups: rows go with the account only.
_BOOKINGS_VERSION = (
    select(func.count() + func.coalesce(func.sum(_SIGN_UP.c.revision), 0))
    .where(_SIGN_UP.c.person_id == _ACCOUNT.c.id)
    .scalar_subquery()
)
#: Together they differ whenever what a person keeps for later does.
_KEPT = (
    select(func.count().label("saved"), func.max(_SAVED.c.saved_at).label("last_saved_at"))
    .where(_SAVED.c.account_id == bindparam("account_id"))
    .subquery("kept")
)
_PUBLIC_POLL = select(_CURRENT.c.id, _CURRENT.c.calendar_version, *_STORED).select_from(_CURRENT).outerjoin(_FEED, _IS_ASKED)
_PRIVATE_POLL = (
    select(
        _CURRENT.c.id,
        _CURRENT.c.calendar_version,
        _ACCOUNT.c.kind,
        _ACCOUNT.c.erased_at,
        _ACCOUNT.c.calendar_key_version,
        _CHOICE.c.alarm_hours,
        _CHOICE.c.shows_openings,
        _KEPT.c.saved,
        _KEPT.c.last_saved_at,
        _BOOKINGS_VERSION.label("bookings_version"),
        _READING.c.read_at,
        *_STORED,
    )
    .select_from(_ACCOUNT)
    .outerjoin(_CURRENT, true())
    .outerjoin(_CHOICE, _CHOICE.c.account_id == _ACCOUNT.c.id)
    .outerjoin(_READING, and_(_READING.c.account_id == _ACCOUNT.c.id, _READING.c.client == bindparam("client")))
    .outerjoin(_KEPT, true())
    .outerjoin(_FEED, _IS_ASKED)
    .where(_ACCOUNT.c.id == bindparam("account_id"))
)
_CONTENT = {
    is_zipped: select(_FEED.c.etag, _FEED.c.modified_at, body.label("body")).where(_FEED.c.id == bindparam("feed_id"))
    for is_zipped, body in ((False, _FEED.c.body), (True, _FEED.c.body_gzip))
}


def _row(statement: Select[*tuple[Any, ...]], given: Mapping[str, object]) -> Row[*tuple[Any, ...]] | None:
    """Return the one row of a statement, read within the running transaction or else by a connection of its own."""
    if in_transaction():
        return db.session.execute(statement, given).one_or_none()
    with db.engine.connect() as connection:
        return connection.execute(statement, given).one_or_none()


def poll(key: str, locale: Locale) -> Poll:
    """Return how a public feed stands."""
    row = _row(_PUBLIC_POLL, {"key": key, "locale": locale})
    if row is None:
        return Poll(festival_id=None, programme_version=0, stored=None)
    return Poll(festival_id=row.id, programme_version=row.calendar_version, stored=_stored(row))


def private_poll(account_id: int, locale: Locale, client: Client = Client.OTHER) -> PrivatePoll | None:
    """Return how a person's feed stands; None: there is no such account (any more)."""
    given = {"key": account_key(account_id), "locale": locale, "account_id": account_id, "client": client.value}
    row = _row(_PRIVATE_POLL, given)
    if row is None:
        return None
    return PrivatePoll(
        festival_id=row.id,
        programme_version=row.calendar_version or 0,
        bookings_version=row.bookings_version,
        stored=_stored(row),
        key_version=row.calendar_key_version if row.kind == AccountKind.PERSON and row.erased_at is None else None,
        alarms=alarms_read(row.alarm_hours),
        shows_openings=row.shows_openings is not False,
        saved=(row.saved, row.last_saved_at),
        read_at=row.read_at,
    )


def _stored(row: Row[tuple[object, ...]]) -> Stored | None:
    if row.feed_id is None:
        return None
    return Stored(
        id=row.feed_id,
        programme_version=row.programme_version,
        account_version=row.account_version,
        fingerprint=row.fingerprint,
        etag=row.etag,
        modified_at=row.modified_at,
        stale_at=row.stale_at,
    )


def content(feed_id: int, *, is_zipped: bool) -> Content:
    """Return a feed's bytes, plain or as gzip.

    :raises NotFound: it was forgotten in this very moment.
    """
    row = _row(_CONTENT[is_zipped], {"feed_id": feed_id})
    if row is None:
        raise NotFound
    return Content(row.etag, row.modified_at, row.body)


def account_key(account_id: int) -> str:
    """Return the key under which a person's feed is stored."""
    return f"account:{account_id}"


# -- what is in a feed --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Session:
    """A slot with its number among its activity's sessions, in the order they were planned: moved, it keeps its number."""

    slot: Slot
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A person's sign-up and its slot."""

    session: Session
    sign_up: SignUp
    #: How often what the person sees of this slot has changed through sign-ups of theirs: what SEQUENCE rises by.
    changes: int
    #: When it last did.
    changed_at: datetime
    #: The seats the party has, in the language spoken; empty: none.
    seats: str = ""


def festival_of(festival_id: int) -> Festival:
    """Return an edition; until commit nobody else builds a public feed of it or moves its calendars forward."""
    return db.session.scalars(
        select(Festival).where(Festival.id == festival_id).with_for_update(key_share=True),
    ).one()


def hold_account(account_id: int) -> None:
    """Let nobody else build a person's feed until commit.

    :raises NotFound: the person was forgotten, be it at this very moment.
    """
    theirs = select(Account.id).where(Account.id == account_id, Account.erased_at.is_(None))
    if db.session.scalar(theirs.with_for_update(key_share=True)) is None:
        raise NotFound


def track(festival_id: int, key: str) -> Track | None:
    """Return a track of an edition."""
    return db.session.scalar(select(Track).where(Track.festival_id == festival_id, Track.key == key))


def public_activity_id(festival_id: int, slug: str, now: datetime) -> int | None:
    """Return the id of an activity that everyone may see."""
    return db.session.scalar(
        select(Activity.id).where(
            Activity.festival_id == festival_id,
            Activity.slug == slug,
            is_public(now),
        ),
    )


def next_publication(festival_id: int, now: datetime) -> datetime | None:
    """Return when the next activity of an edition will be shown to readers; None: none waits for its time."""
    return db.session.scalar(
        select(func.min(Activity.publish_at)).where(
            Activity.festival_id == festival_id,
            Activity.status.in_(PUBLIC_STATUSES),
            Activity.publish_at > now,
        ),
    )


def public_sessions(
    festival_id: int, now: datetime, *, track_id: int | None = None, activity_id: int | None = None
) -> list[Session]:
    """Return the sessions of an edition's public activities by time: of all, of one track, or of one activity."""
    wanted = (
        select(Slot)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Activity.festival_id == festival_id, is_public(now), Slot.parent_id.is_(None))
        .order_by(Slot.starts_at, Slot.id)
    )
    if track_id is not None:
        wanted = wanted.where(Activity.track_id == track_id)
    if activity_id is not None:
        wanted = wanted.where(Activity.id == activity_id)
    return _numbered(db.session.scalars(_with_words(wanted)).all())


def removed(
    festival_id: int, now: datetime, *, track_id: int | None = None, activity_id: int | None = None
) -> list[CalendarTombstone]:
    """Return what has left the programme and is still shown as cancelled: of an edition, a track, or an activity."""
    wanted = (
        select(CalendarTombstone)
        .where(CalendarTombstone.festival_id == festival_id, CalendarTombstone.ends_at > now - TOMBSTONE)
        .where(
            CalendarTombstone.uid.not_in(select(Slot.uid).join(Activity, Activity.id == Slot.activity_id).where(is_public(now)))
        )
        .order_by(CalendarTombstone.starts_at, CalendarTombstone.id)
        .options(joinedload(CalendarTombstone.track), joinedload(CalendarTombstone.activity))
    )
    if track_id is not None:
        wanted = wanted.where(CalendarTombstone.track_id == track_id)
    if activity_id is not None:
        wanted = wanted.where(CalendarTombstone.activity_id == activity_id)
    return list(db.session.scalars(wanted))


def _with_words(wanted: Select[Slot]) -> Select[Slot]:
    """Read along whatever an entry is made of."""
    return wanted.options(
        selectinload(Slot.activity).options(joinedload(Activity.track), joinedload(Activity.venue)),
        selectinload(Slot.venue),
    )


def _numbered(slots: Sequence[Slot]) -> list[Session]:
    numbers = _numbers((slot.id, slot.activity_id) for slot in slots)
    return [Session(slot, *numbers[slot.id]) for slot in slots]


def session_of(slot_id: int) -> Session:
    """Return one slot with its number among its activity's sessions.

    :raises NotFound: there is no such slot.
    """
    slot = db.session.scalar(
        _with_words(select(Slot).where(Slot.id == slot_id)).execution_options(populate_existing=True),
    )
    if slot is None:
        raise NotFound
    sessions = db.session.execute(
        select(Slot.id, Slot.activity_id).where(Slot.activity_id == slot.activity_id, Slot.parent_id.is_(None)),
    )
    numbers = _numbers((row.id, row.activity_id) for row in sessions)
    return Session(slot, *numbers.get(slot_id, (1, 1)))


def _numbers(slots: Iterable[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Return number and total of each session. ``slots``: ids of slot and activity, all sessions of each activity."""
    ids: dict[int, list[int]] = defaultdict(list)
    for slot_id, activity_id in sorted(slots):
        ids[activity_id].append(slot_id)
    return {slot_id: (at, len(found)) for found in ids.values() for at, slot_id in enumerate(found, start=1)}


def bookings(festival_id: int, person_id: int) -> list[Booking]:
    """Return what a person's feed may show, by time; a draft is nobody's business."""
    mine = db.session.scalars(
        select(SignUp)
        .join(Activity, Activity.id == SignUp.activity_id)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(
            SignUp.person_id == person_id,
            Activity.festival_id == festival_id,
            Activity.status != ActivityStatus.DRAFT,
        )
        .order_by(Slot.starts_at, SignUp.id)
        .options(
            joinedload(SignUp.slot).options(
                joinedload(Slot.activity).options(joinedload(Activity.track), joinedload(Activity.venue)),
                joinedload(Slot.venue),
                joinedload(Slot.parent),
            ),
            joinedload(SignUp.pool),
        ),
    ).all()
    sessions = db.session.execute(
        select(Slot.id, Slot.activity_id).where(
            Slot.activity_id.in_({sign_up.activity_id for sign_up in mine}),
            Slot.parent_id.is_(None),
        ),
    )
    numbers = _numbers((row.id, row.activity_id) for row in sessions)
    seated = seats.labels(sign_up.id for sign_up in mine)
    of_slot: dict[int, list[SignUp]] = defaultdict(list)
    for sign_up in mine:  # those that ended too: whoever comes back must not count from the beginning
        of_slot[sign_up.slot_id].append(sign_up)
    return [
        Booking(
            session=Session(sign_up.slot, *numbers.get(sign_up.slot_id, (1, 1))),
            sign_up=sign_up,
            changes=sum(one.revision for one in of_slot[sign_up.slot_id]) - 1,
            changed_at=max(one.updated_at for one in of_slot[sign_up.slot_id]),
            seats=seated.get(sign_up.id, ""),
        )
        for sign_up in mine
        if sign_up.state in SHOWN
    ]


def entries(slot_ids: Sequence[int], locale: Locale, audience: Audience) -> dict[int, CalendarEntry]:
    """Return the stored entries of some slots."""
    found = db.session.scalars(
        select(CalendarEntry).where(
            CalendarEntry.slot_id.in_(slot_ids),
            CalendarEntry.locale == locale,
            CalendarEntry.audience == audience.value,
        ),
    )
    return {entry.slot_id: entry for entry in found}


def feed(key: str, locale: Locale) -> CalendarFeed | None:
    """Return a feed's row."""
    return db.session.scalar(
        select(CalendarFeed).where(CalendarFeed.key == key, CalendarFeed.locale == locale),
    )


# -- the page of calendars ----------------------------------------------------------------------------------------------------


def tracks(festival_id: int) -> list[Track]:
    """Return the tracks with something to see, in order."""
    shown = select(Activity.track_id).where(Activity.festival_id == festival_id, is_public(clock.now()))
    return list(
        db.session.scalars(
            select(Track).where(Track.festival_id == festival_id, Track.id.in_(shown)).order_by(Track.position),
        ),
    )


def readings(account_id: int) -> list[FeedReading]:
    """Return who reads a person's feed, the latest first."""
    return list(
        db.session.scalars(
            select(FeedReading).where(FeedReading.account_id == account_id).order_by(FeedReading.read_at.desc()),
        ),
    )


def choice(account_id: int) -> CalendarChoice | None:
    """Return what a person chose; None: nothing yet."""
    return db.session.scalar(select(CalendarChoice).where(CalendarChoice.account_id == account_id))


def short_title(slug: str, locale: Locale) -> str:
    """Return the short title of an activity of the newest edition, for a file's name."""
    title = Activity.short_title_en if locale == "en" else Activity.short_title_zh
    return db.session.execute(select(title).where(Activity.slug == slug).order_by(Activity.id.desc()).limit(1)).scalar_one()
