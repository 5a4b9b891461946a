"""Parts of an activity that somebody keeps for later, in their private feed: nothing is booked by it, and it takes nobody's time.

A part (a talk, a break-out) has no row of its own that counts its changes, so these entries count for themselves: what one says
is compared with what it said last, inside the transaction that builds the feed.
"""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import delete, select

from festival.calendars.models import CalendarKept
from festival.calendars.rules import TOMBSTONE, Standing, Times, later, standing
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an activity as it stands now."""

    title_zh: str
    title_en: str
    #: Where within the venue; empty: nothing more is known.
    where_zh: str
    where_en: str
    starts_at: datetime
    ends_at: datetime
    #: The session it belongs to, whose fate it shares.
    day: Slot
    #: The id of the slot of its own places; None: it has none.
    slot_id: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What somebody keeps of an activity (loaded with track and venue). ``part`` None: the activity has it no more."""

    activity: Activity
    key: str
    part: Part | None
    #: The path of the page that speaks of it.
    path: str


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """A part with its entry as the feed shows it now."""

    row: CalendarKept
    kept: Kept

    @property
    def leaves_at(self) -> datetime | None:
        """When the feed shows it no longer; None: it stays for the season."""
        return self.row.ends_at + TOMBSTONE if self.row.standing == Standing.CANCELLED else None


#: Tells what a person keeps of the activities of a kind in an edition: ids of person and edition.
KeptParts: TypeAlias = Callable[[int, int], list[Kept]]

_of_kinds: list[KeptParts] = []


def register(of_kinds: Iterable[KeptParts]) -> None:
    """Make known what the kinds of activities let people keep; called once by the composition root."""
    _of_kinds[:] = of_kinds


def of_person(account_id: int, festival_id: int, now: datetime, *, but: Collection[int]) -> list[KeptEntry]:
    """Return the parts that a person's feed shows as kept. Call it with the account held (``queries.hold_account``).

    What is kept no more leaves at once, as what one withdraws from does; what the organizers take away is cancelled first.

    :param but: slots of which the feed shows the person's sign-up already.
    """
    known = {
        (row.activity_id, row.key): row
        for row in db.session.scalars(select(CalendarKept).where(CalendarKept.account_id == account_id))
    }
    everything = [one for of_kind in _of_kinds for one in of_kind(account_id, festival_id)]
    found = []
    for one in everything:
        row = _row(account_id, one, known.pop((one.activity.id, one.key), None), now)
        if row is None or (one.part is not None and one.part.slot_id in but):
            continue
        entry = KeptEntry(row, one)
        if entry.leaves_at is None or now < entry.leaves_at:
            found.append(entry)
    if known:
        db.session.execute(delete(CalendarKept).where(CalendarKept.id.in_([row.id for row in known.values()])))
    db.session.flush()
    return sorted(found, key=lambda entry: (entry.row.starts_at, entry.row.activity_id, entry.row.key))


def _row(account_id: int, kept: Kept, row: CalendarKept | None, now: datetime) -> CalendarKept | None:
    """Return the row of a kept part as it stands now; None: there is nothing to show."""
    part = kept.part if kept.activity.is_public_at(now) else None
    if row is None:
        if part is None:
            return None  # what never was shown needs no taking back
        at = later(clock.wall(), None)
        row = CalendarKept(
            account_id=account_id,
            activity_id=kept.activity.id,
            key=kept.key,
            uid=str(uuid.uuid4()),
            starts_at=part.starts_at,
            ends_at=part.ends_at,
            fingerprint="",
            created_at=at,
            updated_at=at,
        )
        row.sequence = -1
    if part is not None:
        if part.starts_at != row.starts_at:
            row.previous_starts_at, row.previous_ends_at = row.starts_at, row.ends_at
        row.title_zh, row.title_en = part.title_zh, part.title_en
        row.starts_at, row.ends_at = part.starts_at, part.ends_at
    stands = _standing(kept.activity, part, row)
    if row.sequence < 0 and stands == Standing.CANCELLED:
        return None
    row.standing = stands
    fingerprint = _fingerprint(kept, part, row)
    if row.fingerprint != fingerprint:
        row.sequence += 1
        row.updated_at = later(clock.wall(), row.updated_at) if row.fingerprint else row.updated_at
        row.fingerprint = fingerprint
    db.session.add(row)
    return row


def _standing(activity: Activity, part: Part | None, row: CalendarKept) -> Standing:
    if part is None:
        return Standing.CANCELLED
    return standing((activity.status, part.day.status), Times(row.starts_at, row.ends_at, row.previous_starts_at))


def _fingerprint(kept: Kept, part: Part | None, row: CalendarKept) -> str:
    """Return what says whether the entry shows something else than before, in any language."""
    said: list[object] = [row.title_zh, row.title_en, row.starts_at, row.ends_at, row.previous_starts_at, row.standing.value]
    if part is not None:  # the session's number stands for its place, its activity's words, and why the plan changed
        said += [part.where_zh, part.where_en, part.day.sequence, kept.path]
    return hashlib.sha256(repr([str(one) for one in said]).encode()).hexdigest()
