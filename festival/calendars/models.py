"""Stored calendar bytes, what a person chose for their own calendar, and what their mailbox was told."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.calendars.rules import Method, Standing
from festival.lib.db import Big, Model, word
from festival.programme.models import Activity, Track


class CalendarEntry(Model):
    """The serialised VEVENT of one slot for one language and audience, as of one revision."""

    __tablename__ = "calendar_entry"
    __table_args__ = (UniqueConstraint("slot_id", "locale", "audience", name="uq_calendar_entry_of_slot"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    locale: Mapped[str] = mapped_column(String(2))
    #: ``public`` (feeds: an offer, transparent) or ``download`` (one activity: opaque).
    audience: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[int]
    updated_at: Mapped[datetime]
    #: SHA-256 of all values the bytes are made from: other values, other bytes.
    fingerprint: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CalendarFeed(Model):
    """One feed as it is served: bytes, their gzip, ETag and when they last changed. Shared by all workers."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("key", "locale", name="uq_calendar_feed_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: ``programme``, ``track:<key>``, ``activity:<slug>`` or ``account:<id>``.
    key: Mapped[str] = mapped_column(String(80))
    locale: Mapped[str] = mapped_column(String(2))
    #: Festival.calendar_version when it was built.
    programme_version: Mapped[int] = mapped_column(Big)
    #: ``queries.bookings_version`` of a private feed when it was built; else 0.
    account_version: Mapped[int] = mapped_column(default=0)
    #: Of what else the bytes depend on: edition, BASE_URL, the release, a private feed's key and choices.
    fingerprint: Mapped[str] = mapped_column(String(64))
    etag: Mapped[str] = mapped_column(String(64))
    #: When the bytes last changed (not when they were built): Last-Modified. Whole seconds.
    modified_at: Mapped[datetime]
    #: Build again after this instant although nothing changed (a tombstone's end); None: never by time alone.
    stale_at: Mapped[datetime | None]
    #: As served; a private feed's are sealed, for its own address stands in it.
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_gzip: Mapped[bytes] = mapped_column(LargeBinary)


class CalendarTombstone(Model):
    """A session that everybody could see and that left the programme: cancelled in calendars until a week past its end."""

    __tablename__ = "calendar_tombstone"
    __table_args__ = (
        UniqueConstraint("uid", name="uq_calendar_tombstone_uid"),
        Index("ix_calendar_tombstone_festival_id", "festival_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id", ondelete="CASCADE"))
    #: None: the activity is gone as well.
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id", ondelete="SET NULL"))
    #: The session's own, which nothing else ever bears; a session that comes back takes its entry over.
    uid: Mapped[str] = mapped_column(String(36))
    #: As its entry was headed last: with its number or its name.
    title_zh: Mapped[str] = mapped_column(String(400))
    title_en: Mapped[str] = mapped_column(String(500))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    sequence: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    track: Mapped[Track] = relationship(viewonly=True)
    activity: Mapped[Activity | None] = relationship(viewonly=True)


class FeedReading(Model):
    """When a private feed was last read, by each family of clients: "last read by Apple Calendar 2 hours ago"."""

    __tablename__ = "feed_reading"
    __table_args__ = (UniqueConstraint("account_id", "client", name="uq_feed_reading_client"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    client: Mapped[str] = mapped_column(String(32))
    read_at: Mapped[datetime]


class CalendarChoice(Model):
    """What a person chose for their private feed. No row: an alarm rings an hour before."""

    __tablename__ = "calendar_choice"
    __table_args__ = (UniqueConstraint("account_id", name="uq_calendar_choice_account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    #: Hours before what one holds a place for at which it rings, joined by a comma; empty: never.
    alarm_hours: Mapped[str] = mapped_column(String(20))
    #: It shows when sign-up opens for what the person keeps for later.
    shows_openings: Mapped[bool] = mapped_column(default=True)


class CalendarOpening(Model):
    """The entry "sign-up opens" of something a person keeps for later, as their feed showed it last."""

    __tablename__ = "calendar_opening"
    __table_args__ = (
        UniqueConstraint("account_id", "activity_id", name="uq_calendar_opening_once"),
        UniqueConstraint("uid", name="uq_calendar_opening_uid"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Its own: the activity's times have theirs.
    uid: Mapped[str] = mapped_column(String(36))
    opens_at: Mapped[datetime]
    standing: Mapped[Standing] = mapped_column(word(Standing, 16))
    #: SHA-256 of what it says in any language: other values raise ``sequence``.
    fingerprint: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CalendarKept(Model):
    """The entry of a part of an activity that a person keeps for later, as their feed showed it last."""

    __tablename__ = "calendar_kept"
    __table_args__ = (
        UniqueConstraint("account_id", "activity_id", "key", name="uq_calendar_kept_once"),
        UniqueConstraint("uid", name="uq_calendar_kept_uid"),
        Index("ix_calendar_kept_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Names the part within its activity.
    key: Mapped[str] = mapped_column(String(60))
    uid: Mapped[str] = mapped_column(String(36))
    #: As it was called last: a part that is gone is still named.
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(300))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: Where it was before it was last moved; None: it never was.
    previous_starts_at: Mapped[datetime | None]
    previous_ends_at: Mapped[datetime | None]
    standing: Mapped[Standing] = mapped_column(word(Standing, 16))
    #: SHA-256 of what it says in any language: other values raise ``sequence``.
    fingerprint: Mapped[str] = mapped_column(String(64))
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CalendarInvitation(Model):
    """What a person's mailbox was last told about a slot: withdrawing and coming back must not count from the beginning."""

    __tablename__ = "calendar_invitation"
    __table_args__ = (
        UniqueConstraint("account_id", "slot_id", name="uq_calendar_invitation_slot"),
        CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: The address that was told; None: it has been removed since, and cannot be told any more.
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id", ondelete="SET NULL"))
    method: Mapped[Method] = mapped_column(word(Method, 8))
    sequence: Mapped[int]
    #: The message that said so: tried again, it bears the same number.
    message_id: Mapped[int]
