"""Stored calendar bytes."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Big, Model


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
    #: Of what else the bytes depend on: BASE_URL, the writer's version, time-driven prefixes.
    fingerprint: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)


class CalendarFeed(Model):
    """One feed as it is served: bytes, their gzip, ETag and when they last changed. Shared by all workers."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("key", "locale", name="uq_calendar_feed_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: ``programme``, ``track:<key>``, ``activity:<id>`` or ``account:<id>``.
    key: Mapped[str] = mapped_column(String(64))
    locale: Mapped[str] = mapped_column(String(2))
    #: Festival.calendar_version and, for a private feed, Account.calendar_version when it was built.
    programme_version: Mapped[int] = mapped_column(Big)
    account_version: Mapped[int] = mapped_column(default=0)
    fingerprint: Mapped[str] = mapped_column(String(64))
    etag: Mapped[str] = mapped_column(String(64))
    #: When the bytes last changed (not when they were built): Last-Modified.
    modified_at: Mapped[datetime]
    #: Build again after this instant although nothing changed (a tombstone's end); None: never by time alone.
    stale_at: Mapped[datetime | None]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_gzip: Mapped[bytes] = mapped_column(LargeBinary)


class FeedReading(Model):
    """When a private feed was last read, and by which family of client: "last read by Apple Calendar 2 hours ago"."""

    __tablename__ = "feed_reading"
    __table_args__ = (UniqueConstraint("account_id", name="uq_feed_reading_account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    client: Mapped[str] = mapped_column(String(32))
    read_at: Mapped[datetime]
