"""Sessions that leave the programme: whoever has them in a calendar is told so. Call inside ``transaction()``."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from festival.calendars import queries
from festival.calendars.models import CalendarTombstone
from festival.calendars.render import title_of
from festival.calendars.rules import TOMBSTONE
from festival.lib.db import db
from festival.lib.i18n import speaking
from festival.programme.models import Activity, Slot


def bury(activity: Activity, slots: Iterable[Slot], now: datetime) -> None:
    """Let feeds show sessions as cancelled that everybody could see a moment ago, and now cannot.

    Call it when their SEQUENCE has been raised, and before their rows are deleted.
    """
    db.session.execute(delete(CalendarTombstone).where(CalendarTombstone.ends_at <= now - TOMBSTONE))
    sessions = [slot for slot in slots if slot.parent_id is None and slot.ends_at > now - TOMBSTONE]
    db.session.flush()
    known = {
        one.uid: one
        for one in db.session.scalars(select(CalendarTombstone).where(CalendarTombstone.uid.in_([slot.uid for slot in sessions])))
    }
    for slot in sessions:
        session = queries.session_of(slot.id)
        gone = known.get(slot.uid) or CalendarTombstone(uid=slot.uid)
        with speaking("zh"):
            gone.title_zh = title_of(session)[:400]
        with speaking("en"):
            gone.title_en = title_of(session)[:500]
        gone.festival_id, gone.track_id, gone.activity_id = activity.festival_id, activity.track_id, activity.id
        gone.starts_at, gone.ends_at = slot.starts_at, slot.ends_at
        gone.sequence, gone.created_at, gone.updated_at = slot.sequence, slot.created_at, slot.updated_at
        db.session.add(gone)
    db.session.flush()
