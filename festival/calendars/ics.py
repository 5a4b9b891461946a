"""The one writer of iCalendar (RFC 5545, RFC 7986): plain values in, bytes out, the same bytes for the same values.

icalendar's shortcuts are left alone: ``Calendar.new()`` invents a UID, ``name=`` leaves its text unescaped, ``refresh_interval=``
forgets VALUE=DURATION, and ``add_missing_timezones()`` writes a hundred years of history. Without METHOD, DTSTAMP is the
last revision, so nothing in here reads a clock.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from icalendar import (
    Alarm,
    Calendar,
    Component,
    Event,
    Timezone,
    TimezoneStandard,
    vCategory,
    vDDDTypes,
    vDuration,
    vGeo,
    vInt,
    vText,
    vUri,
)
from PIL import ImageColor

from festival.calendars.rules import Appearance, Method
from festival.lib import clock
from festival.lib.text import clean, clean_line

PRODID = "-//Hexi Talent Festival//Calendar 1.0//ZH"
ZONE = "Asia/Shanghai"
#: Octets of a line without its end.
_LINE = 75
#: In UTF-8 an octet from here to there continues a character.
_CONTINUES, _BEGINS = 0x80, 0xC0
#: Names the UIDs of alarms (RFC 9074) after those of their slots.
_ALARMS = uuid.UUID("7b0d2f5e-2f1c-4c61-9f0b-6d4f0c7a1e35")
#: The end of every calendar: entries are put in front of it.
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Place:
    """Where: the words of LOCATION and, where it is known, the point (WGS-84)."""

    name: str
    address: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One VEVENT as values. Texts are in one language; instants are aware."""

    uid: str
    sequence: int
    created_at: datetime
    #: DTSTAMP and LAST-MODIFIED.
    updated_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    place: Place
    appearance: Appearance
    categories: tuple[str, ...]
    url: str
    #: Who answers for it, and their public telephone number.
    contact: str
    is_private: bool = False
    #: What an alarm says, and how long before the start each rings.
    alarm: str = ""
    alarms: tuple[timedelta, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a feed says of itself. Texts are in one language."""

    name: str
    description: str
    #: How often to ask again.
    refresh: timedelta
    #: The feed's own address.
    source: str
    url: str
    #: ``#RRGGBB``
    colour: str


# -- one entry --------------------------------------------------------------------------------------------------------------


def write_entry(entry: Entry) -> bytes:
    """Return an entry as a VEVENT."""
    return bytes_of(event_of(entry))


def event_of(entry: Entry) -> Event:
    """Return an entry as icalendar's VEVENT."""
    event = Event()
    event["uid"] = vText(entry.uid)
    event["dtstamp"] = event["last-modified"] = instant(entry.updated_at)
    event["created"] = instant(entry.created_at)
    event["sequence"] = vInt(entry.sequence)
    event["dtstart"] = vDDDTypes(_local(entry.starts_at))
    event["dtend"] = vDDDTypes(_local(entry.ends_at))
    _set_text(event, "summary", clean_line(entry.summary))
    _set_text(event, "description", clean(entry.description))
    _set_place(event, entry.place)
    event["status"] = vText(entry.appearance.status.value)
    event["transp"] = vText("OPAQUE" if entry.appearance.is_opaque else "TRANSPARENT")
    event["x-microsoft-cdo-busystatus"] = vText(entry.appearance.busy.value)
    event["categories"] = vCategory([clean_line(category) for category in entry.categories])
    if entry.is_private:
        event["class"] = vText("PRIVATE")
    event["url"] = vUri(entry.url)
    _set_text(event, "contact", clean_line(entry.contact))
    for before in entry.alarms:
        event.add_component(_alarm(entry, before))
    return event


def bytes_of(component: Component) -> bytes:
    """Return a component as it is sent."""
    return b"".join(_folded(line) for line in component.content_lines() if line)


def _folded(line: str) -> bytes:
    """Return a content line with its end, in parts of at most 75 octets that split no character and no escape.

    icalendar's own folding does the same, one character at a time: it is most of the time a long Chinese text takes.
    """
    raw = line.encode()
    parts, start, room = [], 0, _LINE
    while len(raw) - start > room:
        end = start + room
        while _CONTINUES <= raw[end] < _BEGINS:  # inside a character
            end -= 1
        if raw[end - 1] in b"\\^":  # what it escapes stays with it: some readers unescape before they unfold
            end -= 1
        parts.append(raw[start:end])
        start, room = end, _LINE - 1
    parts.append(raw[start:])
    return b"\r\n ".join(parts) + b"\r\n"


def _set_text(component: Component, name: str, text: str) -> None:
    """Set a text; an empty one is left out, for readers stumble over it."""
    if text:
        component[name] = vText(text)


def _set_place(event: Event, place: Place) -> None:
    name, address = clean_line(place.name), clean_line(place.address)
    _set_text(event, "location", ", ".join(part for part in (name, address) if part))
    if place.lat is None or place.lon is None:
        return
    event["geo"] = vGeo((place.lat, place.lon))
    parameters = {"VALUE": "URI", "X-TITLE": name, "X-ADDRESS": address, "X-APPLE-RADIUS": "100"}
    event["x-apple-structured-location"] = vUri(
        f"geo:{place.lat},{place.lon}",
        params={name: value for name, value in parameters.items() if value},
    )


def _alarm(entry: Entry, before: timedelta) -> Alarm:
    alarm = Alarm()
    alarm.add("uid", str(uuid.uuid5(_ALARMS, f"{entry.uid} {before}")))
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    _set_text(alarm, "description", clean_line(entry.alarm))
    return alarm


def instant(at: datetime) -> vDDDTypes:
    """Return an aware instant as a value in UTC."""
    return vDDDTypes(_utc(at))


def _utc(at: datetime) -> datetime:
    """Return an aware instant in whole seconds; a naive one would silently be taken for UTC."""
    assert at.tzinfo is not None
    return at.astimezone(UTC).replace(microsecond=0)


def _local(at: datetime) -> datetime:
    """Return an instant in the festival's zone, whose name becomes TZID."""
    assert at.tzinfo is not None
    return clock.local(at).replace(microsecond=0)


# -- a calendar around the entries ------------------------------------------------------------------------------------------


def write_calendar(
    head: Head | None,
    entries: Iterable[bytes],
    modified_at: datetime | None = None,
    *,
    method: Method | None = None,
) -> bytes:
    """Return a whole calendar.

    :param head: None for a file to import: a name would make desktop clients open it as a new calendar.
    :param entries: what ``write_entry`` made.
    :param modified_at: the latest change among the entries; None: there are none.
    :param method: of an invitation by mail; None in what is read or imported.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    if method is not None:
        calendar.add("method", method.value)
    if head is not None:
        _add_head(calendar, head)
        if modified_at is not None:
            calendar.add("last-modified", _utc(modified_at))
    calendar.add_component(_zone())
    return b"".join((bytes_of(calendar).removesuffix(_END), *entries, _END))


def _add_head(calendar: Calendar, head: Head) -> None:
    name, description = clean_line(head.name), clean(head.description)
    for property_name, text in (
        ("name", name),
        ("x-wr-calname", name),
        ("description", description),
        ("x-wr-caldesc", description),
        ("x-wr-timezone", ZONE),
    ):
        _set_text(calendar, property_name, text)
    refresh = vDuration(head.refresh)
    calendar.add("refresh-interval", refresh, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(head.refresh))
    calendar.add("source", vUri(head.source), {"VALUE": "URI"})
    calendar.add("url", vUri(head.url))
    calendar.add("color", vText(colour_name(head.colour)))
    calendar.add("x-apple-calendar-color", vText(head.colour.upper()))


def _zone() -> Timezone:
    """Return the festival's zone in one block: always UTC+8 for our dates, and nothing that a reader could stumble over."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001  # an onset is local by definition
    standard.add("tzname", "CST")
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    zone = Timezone()
    zone.add("tzid", ZONE)
    zone.add_component(standard)
    return zone


@lru_cache(maxsize=64)
def colour_name(colour: str) -> str:
    """Return the CSS3 colour name nearest to ``#RRGGBB``: RFC 7986 allows names only."""
    red, green, blue = ImageColor.getrgb(colour)[:3]

    def distance(name: str) -> int:
        near = ImageColor.getrgb(name)
        return (near[0] - red) ** 2 + (near[1] - green) ** 2 + (near[2] - blue) ** 2

    names = (name for name in ImageColor.colormap if name != "rebeccapurple")  # came with CSS4
    return min(names, key=lambda name: (distance(name), name))
