"""What calendars hold about a person: who reads the private feed, what was chosen for it, its bytes, and invitations sent."""

from sqlalchemy import delete

from festival.accounts.personal import Holding, Rows, rows
from festival.calendars.models import CalendarChoice, CalendarFeed, CalendarInvitation, FeedReading
from festival.calendars.queries import account_key
from festival.lib.db import db


def _export(account_id: int) -> Rows:
    return {
        "feed_reading": rows(FeedReading, FeedReading.account_id == account_id),
        "calendar_choice": rows(CalendarChoice, CalendarChoice.account_id == account_id),
        "calendar_invitation": rows(CalendarInvitation, CalendarInvitation.account_id == account_id),
    }


def _erase(account_id: int) -> None:
    """Drop all of it; the feed's address ends with the account."""
    db.session.execute(delete(FeedReading).where(FeedReading.account_id == account_id))
    db.session.execute(delete(CalendarChoice).where(CalendarChoice.account_id == account_id))
    db.session.execute(delete(CalendarInvitation).where(CalendarInvitation.account_id == account_id))
    db.session.execute(delete(CalendarFeed).where(CalendarFeed.key == account_key(account_id)))


HOLDING = Holding(
    tables=frozenset({"feed_reading", "calendar_choice", "calendar_invitation"}),
    export=_export,
    erase=_erase,
)
