"""When a message may leave, and when it is tried again. Pure: plain values in, a verdict out."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum


class Medium(StrEnum):
    """The way a message travels."""

    SMS = "sms"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that goes with a mail."""

    name: str
    content_type: str
    content: str


@dataclass(frozen=True, slots=True)
class Invite:
    """A calendar object (iTIP) inside a mail: what its method is, and its text."""

    method: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on one way to one address, all its words ready. ``subject``, ``html`` and ``invite`` are of mails only."""

    medium: Medium
    to: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = ""
    html: str = field(default="", repr=False)
    attachments: tuple[Attachment, ...] = ()
    invite: Invite | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A message in words. ``text`` is what 我的消息 keeps; empty for what must not be kept.

    ``is_urgent``: a telephone may ring for it at night. ``is_quiet``: it is read in 我的消息 alone, and so has no parcels.
    """

    parcels: tuple[Parcel, ...]
    text: str = field(default="", repr=False)
    locale: str = "zh"
    is_urgent: bool = False
    is_quiet: bool = False


#: The job that delivers what is due.
DELIVER = "outbox.deliver"
#: No telephone rings between these, in the festival's wall time.
QUIET_FROM, QUIET_TO = time(21), time(8)
#: The kind of message that somebody waits for at this moment: a one-time code.
AWAITED = "code"
#: A worker that died holds its messages for so long.
LEASE = timedelta(minutes=2)
#: What is left of the lease must suffice for one more send.
LEASE_LEFT = timedelta(seconds=30)
#: Between one try and the next; after the last one the message has failed.
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)


def quiet_until(local: datetime) -> datetime | None:
    """Return when the quiet hours that a local time lies in are over; None outside them."""
    if local.time() >= QUIET_FROM:
        return datetime.combine(local.date() + timedelta(days=1), QUIET_TO, local.tzinfo)
    if local.time() < QUIET_TO:
        return datetime.combine(local.date(), QUIET_TO, local.tzinfo)
    return None


def next_try(tries: int, now: datetime) -> datetime | None:
    """Return when to try again after so many failed tries; None: never."""
    return now + WAITS[tries - 1] if tries <= len(WAITS) else None
