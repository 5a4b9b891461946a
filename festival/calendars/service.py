"""What people decide about their own calendar, and who reads it. Call inside ``transaction()``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select, update

from festival.accounts.models import Account
from festival.calendars import queries
from festival.calendars.models import CalendarChoice, CalendarFeed, FeedReading
from festival.calendars.rules import Client, alarms_kept
from festival.lib.db import db


def renew_address(account_id: int) -> None:
    """End a person's feed address; whoever still asks there is told that it is gone."""
    db.session.execute(
        update(Account).where(Account.id == account_id).values(calendar_key_version=Account.calendar_key_version + 1),
    )
    db.session.execute(delete(FeedReading).where(FeedReading.account_id == account_id))


def kept_otherwise(account_id: int) -> None:
    """Say that a person keeps other parts of activities than before: their feed is built again when it is next read."""
    queries.hold_account(account_id)
    db.session.execute(
        update(CalendarFeed).where(CalendarFeed.key == queries.account_key(account_id)).values(fingerprint=""),
    )


def choose(account_id: int, alarms: Iterable[int], *, shows_openings: bool = True) -> None:
    """Set what a person's feed does.

    :param alarms: hours before each start at which it rings; none: it never rings.
    :param shows_openings: it shows when sign-up opens for what the person keeps for later.
    """
    queries.hold_account(account_id)
    chosen = queries.choice(account_id)
    if chosen is None:
        chosen = CalendarChoice(account_id=account_id)
        db.session.add(chosen)
    chosen.alarm_hours, chosen.shows_openings = alarms_kept(alarms), shows_openings


def note_reading(account_id: int, client: Client, at: datetime) -> None:
    """Keep when a family of clients last read a person's feed."""
    queries.hold_account(account_id)
    reading = db.session.scalar(
        select(FeedReading).where(FeedReading.account_id == account_id, FeedReading.client == client.value),
    )
    if reading is None:
        reading = FeedReading(account_id=account_id, client=client.value)
        db.session.add(reading)
    reading.read_at = at
