"""What calendars hold about a person: who reads the private feed, what was chosen for it, its bytes, and invitations sent."""

from datetime import timedelta

from sqlalchemy import delete

from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.calendars.models import CalendarChoice, CalendarFeed, CalendarInvitation, CalendarKept, CalendarOpening, FeedReading
from festival.calendars.queries import account_key
from festival.lib.db import db
from festival.lib.i18n import _l

#: Days that it is remembered which program read a private feed.
_READING_DAYS = 90
#: Days after its end that the entry of something kept for later is remembered.
_KEPT_DAYS = 180


def _export(account_id: int) -> Rows:
    return {
        "feed_reading": rows(FeedReading, FeedReading.account_id == account_id),
        "calendar_choice": rows(CalendarChoice, CalendarChoice.account_id == account_id),
        "calendar_opening": rows(CalendarOpening, CalendarOpening.account_id == account_id),
        "calendar_kept": rows(CalendarKept, CalendarKept.account_id == account_id),
        "calendar_invitation": rows(CalendarInvitation, CalendarInvitation.account_id == account_id),
    }


def _erase(account_id: int) -> None:
    """Drop all of it; the feed's address ends with the account."""
    db.session.execute(delete(FeedReading).where(FeedReading.account_id == account_id))
    db.session.execute(delete(CalendarChoice).where(CalendarChoice.account_id == account_id))
    db.session.execute(delete(CalendarOpening).where(CalendarOpening.account_id == account_id))
    db.session.execute(delete(CalendarKept).where(CalendarKept.account_id == account_id))
    db.session.execute(delete(CalendarInvitation).where(CalendarInvitation.account_id == account_id))
    db.session.execute(delete(CalendarFeed).where(CalendarFeed.key == account_key(account_id)))


def _readings(moment: Moment, limit: int) -> int:
    ids = first(FeedReading, limit, FeedReading.read_at < moment.wall - timedelta(days=_READING_DAYS))
    db.session.execute(delete(FeedReading).where(FeedReading.id.in_(ids)))
    return len(ids)


def _kept(moment: Moment, limit: int) -> int:
    ids = first(CalendarKept, limit, CalendarKept.ends_at < moment.festival - timedelta(days=_KEPT_DAYS))
    db.session.execute(delete(CalendarKept).where(CalendarKept.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"feed_reading", "calendar_choice", "calendar_opening", "calendar_kept", "calendar_invitation"}),
    export=_export,
    erase=_erase,
    purges=(
        Purge("feed_readings", _l("日历读取记录"), _l("90 天"), _readings),
        Purge("calendar_kept", _l("个人日历中收藏的场次"), _l("结束后 180 天"), _kept),
    ),
)
