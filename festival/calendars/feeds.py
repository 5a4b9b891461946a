"""Stored feeds: told fresh from stale by one comparison, built again when stale. Call ``renew_…`` inside ``transaction()``.

The programme's edits raise ``Festival.calendar_version``, a person's sign-ups their own; the first poll that sees a higher
one builds the feed again. Bytes that come out equal keep their ETag and Last-Modified.
"""

import gzip
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TypeVar

import icalendar

from festival.calendars import ics, kept, openings, queries
from festival.calendars.addresses import Site
from festival.calendars.ics import Entry, Head, write_calendar, write_entry
from festival.calendars.kept import KeptEntry
from festival.calendars.models import CalendarEntry, CalendarFeed, CalendarTombstone
from festival.calendars.openings import Opening
from festival.calendars.queries import Booking, Content, Poll, PrivatePoll, Session
from festival.calendars.render import (
    kept_entry,
    opening_entry,
    private_entry,
    private_head,
    programme_head,
    public_entry,
    removed_entry,
    standing_of,
    times_of,
    track_head,
)
from festival.calendars.rules import TOMBSTONE, Audience, Standing, later, tombstone_until
from festival.lib import clock, sealing
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.log import log
from festival.programme.models import Festival, Slot
from festival.signups.rules import State

PROGRAMME = "programme"
_Shown = TypeVar("_Shown", Booking, Opening, KeptEntry)


def track_key(key: str) -> str:
    """Return the key under which a track's feed is stored."""
    return f"track:{key}"


def download_key(slug: str) -> str:
    """Return the key under which an activity's file is stored."""
    return f"activity:{slug}"


# -- fresh or stale -----------------------------------------------------------------------------------------------------------


@cache
def _writer() -> str:
    """Return a word that changes with the writer: what it wrote of the same values is written again."""
    return hashlib.sha256(Path(ics.__file__).read_bytes() + icalendar.__version__.encode()).hexdigest()


@cache
def _release() -> str:
    """Return a word that changes with our code and its English: what another release said of the same rows is said again."""
    package = Path(ics.__file__).parents[1]
    whole = hashlib.sha256(icalendar.__version__.encode())
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.mo"))):
        whole.update(path.read_bytes())
    return whole.hexdigest()


@lru_cache(maxsize=1024)
def _fingerprint(*values: object) -> str:
    """Return a word that changes with any of the values and with the release."""
    return hashlib.sha256(repr((_release(), *values)).encode()).hexdigest()


def is_fresh(poll: Poll, site: Site, now: datetime) -> bool:
    """Tell whether a public feed may be served as it is stored."""
    return _holds(poll, _fingerprint(poll.festival_id, site.base_url), now)


def is_fresh_for(poll: PrivatePoll, site: Site, now: datetime) -> bool:
    """Tell whether a person's feed may be served as it is stored."""
    return _holds(poll, _fingerprint_for(poll, site), now)


def _fingerprint_for(poll: PrivatePoll, site: Site) -> str:
    chosen = (poll.alarms, poll.shows_openings, poll.saved)
    return _fingerprint(poll.festival_id, site.base_url, poll.key_version, chosen, sealing.label())


def _holds(poll: Poll, fingerprint: str, now: datetime) -> bool:
    stored = poll.stored
    return (
        stored is not None
        and stored.programme_version == poll.programme_version
        and stored.account_version == poll.bookings_version
        and stored.fingerprint == fingerprint
        and (stored.stale_at is None or now < stored.stale_at)
    )


# -- building -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes into a public feed."""

    #: None: a file to import.
    head: Head | None
    audience: Audience
    sessions: list[Session]
    #: What has left the programme.
    gone: list[CalendarTombstone]


def renew_public(key: str, site: Site, now: datetime) -> None:
    """Build a public feed again unless another worker just did.

    :raises NotFound: there is no such track or public activity, or no festival yet.
    """
    festival_id = queries.poll(key, site.locale).festival_id
    if festival_id is None:
        raise NotFound
    festival = queries.festival_of(festival_id)  # held until commit: two workers agree
    poll = queries.poll(key, site.locale)
    if is_fresh(poll, site, now):
        return
    plan = _plan(key, festival, site, now)
    shown = [session for session in plan.sessions if not _is_over(session.slot, now)]
    written = [*_written(shown, plan.audience, site), *(write_entry(removed_entry(one, site, now)) for one in plan.gone)]
    changes = [*(_shown_since(session.slot) for session in shown), *(one.updated_at for one in plan.gone)]
    body = write_calendar(plan.head, written, max(changes, default=None))
    coming = queries.next_publication(festival_id, now)  # the minute at which this feed has one activity more
    leaving = [*_tombstones(shown), *(one.ends_at + TOMBSTONE for one in plan.gone)]
    stale_at = min((*leaving, *((coming,) if coming else ())), default=None)
    _store(key, site, poll, _fingerprint(festival_id, site.base_url), body, stale_at)


def _shown_since(slot: Slot) -> datetime:
    """Return when what a calendar shows of a slot last changed; that it is shown at all is a change too."""
    return max(slot.updated_at, slot.activity.publish_at or slot.updated_at)


def _plan(key: str, festival: Festival, site: Site, now: datetime) -> _Plan:
    match key.split(":"):
        case ["programme"]:
            sessions = queries.public_sessions(festival.id, now)
            return _Plan(programme_head(festival, site), Audience.PUBLIC, sessions, queries.removed(festival.id, now))
        case ["track", name]:
            if track := queries.track(festival.id, name):
                sessions = queries.public_sessions(festival.id, now, track_id=track.id)
                gone = queries.removed(festival.id, now, track_id=track.id)
                return _Plan(track_head(festival, track, site), Audience.PUBLIC, sessions, gone)
        case ["activity", slug]:
            if activity_id := queries.public_activity_id(festival.id, slug, now):
                sessions = queries.public_sessions(festival.id, now, activity_id=activity_id)
                return _Plan(None, Audience.DOWNLOAD, sessions, queries.removed(festival.id, now, activity_id=activity_id))
    raise NotFound


def renew_private(account_id: int, token: str, site: Site, now: datetime) -> None:
    """Build a person's feed again unless another worker just did.

    :raises NotFound: the account is erased, or no person's.
    """
    queries.hold_account(account_id)
    poll = queries.private_poll(account_id, site.locale)
    if poll is None or poll.key_version is None:
        raise NotFound
    if is_fresh_for(poll, site, now):
        return
    booked = [] if poll.festival_id is None else queries.bookings(poll.festival_id, account_id)
    shown = [booking for booking in booked if not _is_over(booking.session.slot, now)]
    opening = _openings(account_id, poll, booked, now)
    parts = _kept(account_id, poll, shown, now)
    made = [
        *_made(shown, lambda booking: private_entry(booking, site, now, alarms=poll.alarms)),
        *_made(opening, lambda one: opening_entry(one, site, rings=bool(poll.alarms))),
        *_made(parts, lambda one: kept_entry(one, site, now)),
    ]
    modified_at = max((entry.updated_at for entry, _bytes in made), default=None)
    body = write_calendar(private_head(token, site), (written for _entry, written in made), modified_at)
    leaving = [*(one.leaves_at for one in opening), *(one.leaves_at for one in parts if one.leaves_at is not None)]
    ends = [*_tombstones([booking.session for booking in shown]), *_deadlines(shown, now), *leaving]
    key = queries.account_key(account_id)
    _store(key, site, poll, _fingerprint_for(poll, site), body, min(ends, default=None), seal_as=_seal_of(key, site))


def _openings(account_id: int, poll: PrivatePoll, booked: Sequence[Booking], now: datetime) -> list[Opening]:
    if poll.festival_id is None or not poll.shows_openings or poll.saved[0] == 0:
        return []
    return openings.of_person(account_id, poll.festival_id, now, but={booking.sign_up.activity_id for booking in booked})


def _kept(account_id: int, poll: PrivatePoll, shown: Sequence[Booking], now: datetime) -> list[KeptEntry]:
    if poll.festival_id is None:
        return []
    return kept.of_person(account_id, poll.festival_id, now, but={booking.session.slot.id for booking in shown})


def open_private(content: Content, account_id: int, site: Site) -> Content:
    """Return a person's feed as it is sent: at rest it is sealed, for its own address stands in it."""
    return replace(content, body=sealing.unseal(content.body, _seal_of(queries.account_key(account_id), site)))


def _seal_of(key: str, site: Site) -> str:
    return f"calendar_feed:{key}:{site.locale}"


def _is_over(slot: Slot, now: datetime) -> bool:
    """Tell whether a cancelled time has been shown long enough. What took place stays for the whole season."""
    return standing_of(slot) == Standing.CANCELLED and now >= tombstone_until(times_of(slot))


def _tombstones(sessions: Sequence[Session]) -> Iterator[datetime]:
    """Yield the instants at which a cancelled time leaves."""
    for session in sessions:
        if standing_of(session.slot) == Standing.CANCELLED:
            yield tombstone_until(times_of(session.slot))


def _deadlines(bookings: Sequence[Booking], now: datetime) -> Iterator[datetime]:
    """Yield the instants at which an offer runs out."""
    for booking in bookings:
        until = booking.sign_up.offered_until
        if booking.sign_up.state == State.OFFERED and until is not None and until > now:
            yield until


# -- entries ------------------------------------------------------------------------------------------------------------------


def _written(sessions: Sequence[Session], audience: Audience, site: Site) -> Iterator[bytes]:
    """Yield each session's VEVENT: the stored one while its values are the same. One bad event does not end a feed."""
    stored = queries.entries([session.slot.id for session in sessions], site.locale, audience)
    for session in sessions:
        kept = stored.get(session.slot.id)
        try:
            body = _kept_or_written(session.slot, kept, public_entry(session, audience, site), audience, site)
        except Exception:  # noqa: BLE001  # whatever it is: the other events are good
            log.exception("calendar entry skipped", slot=session.slot.id, audience=audience.value)
            if kept is None:
                continue
            body = kept.body  # better the last good version than an event that vanishes
        yield body


def _kept_or_written(slot: Slot, kept: CalendarEntry | None, entry: Entry, audience: Audience, site: Site) -> bytes:
    fingerprint = _digest(entry)
    if kept is not None and kept.fingerprint == fingerprint:
        return kept.body
    body = write_entry(entry)
    if kept is None:
        kept = CalendarEntry(slot_id=slot.id, locale=site.locale, audience=audience.value)
        db.session.add(kept)
    kept.sequence, kept.updated_at, kept.fingerprint, kept.body = slot.sequence, slot.updated_at, fingerprint, body
    return body


def _digest(entry: Entry) -> str:
    """Return what identifies all values of an entry."""
    return hashlib.sha256(repr((_writer(), entry)).encode()).hexdigest()


def _made(shown: Sequence[_Shown], entry_of: Callable[[_Shown], Entry]) -> Iterator[tuple[Entry, bytes]]:
    """Yield the entry and VEVENT of each sign-up or opening. One bad event does not end a feed."""
    for one in shown:
        try:
            entry = entry_of(one)
            written = write_entry(entry)
        except Exception:  # noqa: BLE001  # whatever it is: the other events are good
            log.exception("calendar entry skipped", about=_named(one))
            continue
        yield entry, written


def _named(shown: Booking | Opening | KeptEntry) -> str:
    match shown:
        case Booking():
            return f"sign_up:{shown.sign_up.id}"
        case Opening():
            return f"opening:{shown.row.id}"
    return f"kept:{shown.row.id}"


# -- storing ------------------------------------------------------------------------------------------------------------------


def _store(
    key: str,
    site: Site,
    poll: Poll,
    fingerprint: str,
    body: bytes,
    stale_at: datetime | None,
    *,
    seal_as: str = "",
) -> None:
    """Keep a feed as built; its ETag and Last-Modified move only when its bytes do.

    :param seal_as: the place of a sealed feed; empty: kept as it is.
    """
    etag = hashlib.sha256(body).hexdigest()[:32]
    row = queries.feed(key, site.locale)
    if row is None:
        row = CalendarFeed(key=key, locale=site.locale, etag="")
        db.session.add(row)
    if row.etag != etag or row.fingerprint != fingerprint:
        bodies = (body, gzip.compress(body, mtime=0))
        row.body, row.body_gzip = (sealing.seal(one, seal_as) if seal_as else one for one in bodies)
    if row.etag != etag:
        row.etag, row.modified_at = etag, later(clock.wall(), row.modified_at)
    row.programme_version, row.account_version = poll.programme_version, poll.bookings_version
    row.fingerprint, row.stale_at = fingerprint, stale_at
