"""How a time of an activity stands in a calendar, and who reads it. Pure: plain values in, a verdict out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from festival.signups.rules import State

#: A cancelled time stays in the feeds until so long after its end: some clients ask once a week.
TOMBSTONE = timedelta(days=7)
#: How often the reading of a private feed is written down at most.
READING_EVERY = timedelta(minutes=10)


class Audience(StrEnum):
    """For whom an entry is written."""

    PUBLIC = "public"  # feeds of the programme and of a track: an offer, which must not block anybody's time
    DOWNLOAD = "download"  # one activity, put into one's calendar on purpose
    PRIVATE = "private"  # what a person has signed up for


class Standing(StrEnum):
    """What became of a time."""

    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    POSTPONED = "postponed"  # the new time is not known yet: the old one is kept
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Times:
    """When a slot is, and when it was before it was last moved."""

    starts_at: datetime
    ends_at: datetime
    previous_starts_at: datetime | None = None


def standing(statuses: Iterable[str], times: Times) -> Standing:
    """Return what became of a time.

    :param statuses: of the slot, the session it belongs to and the activity: the gravest holds.
    """
    held = set(statuses)
    if "cancelled" in held:
        return Standing.CANCELLED
    if "postponed" in held:
        return Standing.POSTPONED
    if times.previous_starts_at not in {None, times.starts_at}:
        return Standing.RESCHEDULED
    return Standing.SCHEDULED


def tombstone_until(times: Times) -> datetime:
    """Return until when a cancelled time stays in the feeds."""
    return times.ends_at + TOMBSTONE


#: Sign-ups that hold a place for certain.
HOLDING = frozenset({State.CONFIRMED, State.ATTENDED})
#: Sign-ups that may still come to one.
HOPING = frozenset({State.OFFERED, State.WAITLISTED, State.PENDING, State.ENTERED})
#: What a private feed shows; withdrawn, removed, rejected, expired and missed ones leave it.
SHOWN = HOLDING | HOPING


def state_at(state: State, offered_until: datetime | None, now: datetime) -> State:
    """Return a sign-up's state judged by time: an offer whose deadline has passed waits to be settled, like the list."""
    if state == State.OFFERED and offered_until is not None and offered_until <= now:
        return State.WAITLISTED
    return state


class Status(StrEnum):
    """RFC 5545 STATUS."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


class Busy(StrEnum):
    """X-MICROSOFT-CDO-BUSYSTATUS."""

    BUSY = "BUSY"
    FREE = "FREE"
    TENTATIVE = "TENTATIVE"


@dataclass(frozen=True, slots=True)
class Appearance:
    """How certain an entry is, and whether it blocks its reader's time."""

    status: Status
    is_opaque: bool
    busy: Busy


def appearance(audience: Audience, standing: Standing, state: State | None = None, *, is_only_kept: bool = False) -> Appearance:
    """Return how an entry appears.

    :param state: the reader's sign-up in a private feed; None elsewhere.
    :param is_only_kept: the reader keeps it for later and has booked nothing by that.
    """
    if standing == Standing.CANCELLED:
        return Appearance(Status.CANCELLED, is_opaque=False, busy=Busy.FREE)
    uncertain = standing == Standing.POSTPONED or state in HOPING or is_only_kept
    if audience == Audience.PUBLIC:
        return Appearance(Status.TENTATIVE if uncertain else Status.CONFIRMED, is_opaque=False, busy=Busy.FREE)
    if uncertain:
        return Appearance(Status.TENTATIVE, is_opaque=False, busy=Busy.TENTATIVE)
    return Appearance(Status.CONFIRMED, is_opaque=True, busy=Busy.BUSY)


#: How many hours before what one holds a place for a private feed may ring, as offered to choose from, the longest first.
ALARM_HOURS = (24, 2, 1)
#: What rings for who chose nothing.
USUAL_ALARMS = (1,)


def alarms_kept(hours: Iterable[int]) -> str:
    """Return chosen alarms as they are kept: hours joined by a comma, the longest first; empty: none."""
    chosen = set(hours)
    return ",".join(str(one) for one in ALARM_HOURS if one in chosen)


def alarms_read(kept: str | None) -> tuple[int, ...]:
    """Return the hours before a start at which a feed rings. ``kept``: as ``alarms_kept`` has them; None: nothing was chosen."""
    return USUAL_ALARMS if kept is None else tuple(int(one) for one in kept.split(",") if one)


def rings(standing: Standing, state: State) -> bool:
    """Tell whether an entry may ring: only for a place that is held, at a time that holds."""
    return state in HOLDING and standing in {Standing.SCHEDULED, Standing.RESCHEDULED}


class Method(StrEnum):
    """What an invitation by mail asks of its reader's calendar (RFC 5546)."""

    REQUEST = "REQUEST"  # 3.2.2: put this time in, or put it right
    CANCEL = "CANCEL"  # 3.2.5: it is off, or you are not in it any more


#: Whoever's calendar program has read the private feed within this sees everything there: no first invitation is sent too.
READ_LATELY = timedelta(days=14)


def invitation_method(state: State, standing: Standing, last: Method | None, *, reads_feed: bool) -> Method | None:
    """Return what a person's mailbox must be told about a slot now; None: nothing.

    :param state: of the person's sign-up for the slot.
    :param last: what the mailbox was told last; None: nothing so far.
    :param reads_feed: the person's private feed was read lately.
    """
    if state in HOLDING and standing != Standing.CANCELLED:
        return None if reads_feed and last is not Method.REQUEST else Method.REQUEST
    return Method.CANCEL if last is Method.REQUEST else None


def invitation_sequence(of_slot: int, last: int | None) -> int:
    """Return the SEQUENCE of the next invitation: for one mailbox it only rises, also when somebody leaves and comes back."""
    return of_slot if last is None else max(of_slot, last + 1)


def later(wall: datetime, previous: datetime | None) -> datetime:
    """Return the instant of a change in whole seconds, later than the one before in any case."""
    at = wall.replace(microsecond=0)
    return at if previous is None else max(at, previous + timedelta(seconds=1))


def last_change(of_slot: datetime, of_sign_ups: datetime, sequence: int) -> datetime:
    """Return when an entry last changed whose slot and sign-ups change apart, in whole seconds.

    The later of the two, and a second for each revision: two changes within a second must not bear the same time.
    """
    return max(of_slot, of_sign_ups).replace(microsecond=0) + timedelta(seconds=sequence)


class Client(StrEnum):
    """Families of programs that read calendars."""

    APPLE = "apple"
    GOOGLE = "google"
    OUTLOOK = "outlook"
    THUNDERBIRD = "thunderbird"
    ICSX5 = "icsx5"
    NEXTCLOUD = "nextcloud"
    HOME_ASSISTANT = "home_assistant"
    VDIRSYNCER = "vdirsyncer"
    BROWSER = "browser"
    OTHER = "other"


#: Words of a user agent in lower case, the most telling first.
_TRACES: tuple[tuple[str, Client], ...] = (
    ("google-calendar", Client.GOOGLE),
    ("icsx5", Client.ICSX5),
    ("nextcloud", Client.NEXTCLOUD),
    ("homeassistant", Client.HOME_ASSISTANT),
    ("home assistant", Client.HOME_ASSISTANT),
    ("vdirsyncer", Client.VDIRSYNCER),
    ("thunderbird", Client.THUNDERBIRD),
    ("outlook", Client.OUTLOOK),
    ("microsoft", Client.OUTLOOK),
    ("exchange", Client.OUTLOOK),
    ("calendaragent", Client.APPLE),
    ("dataaccessd", Client.APPLE),
    ("accountsd", Client.APPLE),
    ("remindd", Client.APPLE),
    ("mozilla", Client.BROWSER),
)


def client_of(user_agent: str) -> Client:
    """Return the family a user agent belongs to; the rest of it is never kept."""
    seen = user_agent.lower()
    return next((client for trace, client in _TRACES if trace in seen), Client.OTHER)


class Device(StrEnum):
    """What a page is read on, as far as it matters for subscribing."""

    APPLE = "apple"
    ANDROID = "android"
    WINDOWS = "windows"
    OTHER = "other"


#: HarmonyOS and Android before Linux; iPad with a desktop's user agent is a Mac, which subscribes the same way.
_DEVICES: tuple[tuple[str, Device], ...] = (
    ("harmony", Device.ANDROID),
    ("android", Device.ANDROID),
    ("iphone", Device.APPLE),
    ("ipad", Device.APPLE),
    ("macintosh", Device.APPLE),
    ("windows", Device.WINDOWS),
)


def device_of(user_agent: str) -> Device:
    """Return what a page is read on."""
    seen = user_agent.lower()
    return next((device for trace, device in _DEVICES if trace in seen), Device.OTHER)


def is_wechat(user_agent: str) -> bool:
    """Tell whether a page is read in WeChat's own browser, which drops calendar files and ``webcal:``."""
    return "micromessenger" in user_agent.lower()
