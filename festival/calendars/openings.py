"""Entries "sign-up opens" in a private feed: which there are, numbered so that they only move forward.

Nothing of an activity's own entries moves when its window does, so these count for themselves: what one says is compared with
what it said last, inside the transaction that builds the feed.
"""

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from festival.calendars.models import CalendarOpening
from festival.calendars.rules import TOMBSTONE, Standing, later
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, ActivityStatus, SlotStatus
from festival.saved import queries as saved
from festival.saved.rules import SHOWN_FOR


@dataclass(frozen=True, slots=True)
class Opening:
    """What a feed says of one activity that its reader keeps for later."""

    row: CalendarOpening
    activity: Activity

    @property
    def ends_at(self) -> datetime:
        """When the entry ends."""
        return self.row.opens_at + SHOWN_FOR

    @property
    def leaves_at(self) -> datetime:
        """When the feed shows it no longer: sign-up is open then; or it was called off long ago."""
        return self.ends_at + TOMBSTONE if self.row.standing == Standing.CANCELLED else self.ends_at


def of_person(account_id: int, festival_id: int, now: datetime, *, but: Collection[int]) -> list[Opening]:
    """Return the openings a person's feed shows. Call it with the account held (``queries.hold_account``).

    :param but: activities the person has signed up for already.
    """
    known = {
        row.activity_id: row
        for row in db.session.scalars(select(CalendarOpening).where(CalendarOpening.account_id == account_id))
    }
    found = []
    for kept in saved.of_person(account_id):
        activity = kept.activity
        if activity.festival_id != festival_id or activity.id in but:
            continue
        row = _row(account_id, activity, known.get(activity.id), now)
        if row is not None and now < Opening(row, activity).leaves_at:
            found.append(Opening(row, activity))
    db.session.flush()
    return found


def _row(account_id: int, activity: Activity, row: CalendarOpening | None, now: datetime) -> CalendarOpening | None:
    """Return the row of an opening as it stands now; None: there is nothing to show."""
    standing = _standing(activity)
    opens_at = saved.opening(activity, now - SHOWN_FOR)
    if standing == Standing.CANCELLED:
        # What was shown is taken back at the time it was shown at; what never was, or was over by then, needs no taking back.
        was_shown = row is not None and (row.standing == standing or now < row.opens_at + SHOWN_FOR)
        opens_at = row.opens_at if row is not None and was_shown else None
    if opens_at is None:
        return None
    said = (activity.title_zh, activity.title_en, activity.slug, opens_at.isoformat(), standing.value)
    fingerprint = hashlib.sha256(repr(said).encode()).hexdigest()
    if row is None:
        at = later(clock.wall(), None)
        row = CalendarOpening(account_id=account_id, activity_id=activity.id, uid=str(uuid.uuid4()), created_at=at, updated_at=at)
        row.sequence = 0
        db.session.add(row)
    elif row.fingerprint != fingerprint:
        row.sequence, row.updated_at = row.sequence + 1, later(clock.wall(), row.updated_at)
    row.fingerprint, row.opens_at, row.standing = fingerprint, opens_at, standing
    return row


def _standing(activity: Activity) -> Standing:
    """Return whether what sign-up opens for takes place."""
    statuses = {slot.status for slot in activity.slots if slot.parent_id is None}
    if activity.status == ActivityStatus.CANCELLED or statuses == {SlotStatus.CANCELLED}:
        return Standing.CANCELLED
    if activity.status == ActivityStatus.POSTPONED or statuses == {SlotStatus.POSTPONED}:
        return Standing.POSTPONED
    return Standing.SCHEDULED
