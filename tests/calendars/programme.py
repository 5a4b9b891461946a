"""Activities as calendars see them, and feeds as a client reads them: by a reader that shares no code with the writer."""

import re
import uuid
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient

from festival.accounts.models import Account
from festival.calendars.addresses import Subscriber, token_of
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Access, Activity, Pool, Slot
from festival.programme.service import touch_activity
from tests.builders import make_activity

#: The festival's wall time in these tests: Friday, 16 June 2023, 10:00.
NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)
#: When everything was planned and last changed.
PLANNED = datetime(2023, 5, 20, 1, 2, 3, tzinfo=clock.ZONE)
UID = "6a4e0e9f-4f0e-4a41-8a5e-1f2d3c4b5a60"


def at(text: str) -> datetime:
    """Return an instant of the festival's wall time: ``at("2023-06-18 14:00")``."""
    return datetime.fromisoformat(text).replace(tzinfo=clock.ZONE)


def fixed_forum(**words: str) -> Activity:
    """Return the forum with every value fixed, so that its bytes can be written down in a test."""
    activity = make_activity(slug="forum", title_zh="河西人才高峰论坛", title_en="Hexi Talent Forum")
    fixed = {
        "summary_zh": "名家论道，共话人才。",
        "summary_en": "Leading voices on talent.",
        "host_zh": "区委人才办",
        "host_en": "Talent Office",
        "host_phone": "022-2327 0000",
    } | words
    with transaction():
        for name, value in fixed.items():
            setattr(activity, name, value)
        slot = db.session.query(Slot).filter_by(activity_id=activity.id).one()
        slot.uid, slot.created_at, slot.updated_at = UID, PLANNED, PLANNED
        slot.starts_at, slot.ends_at = at("2023-06-18 14:00"), at("2023-06-18 16:30")
        activity.starts_at, activity.ends_at = slot.starts_at, slot.ends_at
    db.session.refresh(activity)
    return activity


def session_of(activity: Activity) -> Slot:
    """Return the first session of an activity, fresh from the database."""
    db.session.rollback()
    return db.session.query(Slot).filter_by(activity_id=activity.id, parent_id=None).order_by(Slot.id).first()  # type: ignore[return-value]


def add_slot(
    activity: Activity,
    *,
    parent: Slot | None = None,
    days_later: int = 0,
    hours_later: int = 0,
    lasts: timedelta = timedelta(hours=2),
    label_zh: str = "",
    label_en: str = "",
) -> Slot:
    """Return one more session (or, with a parent, timed entry) of an activity, with a pool of ten."""
    first = parent or session_of(activity)
    starts_at = first.starts_at + timedelta(days=days_later, hours=hours_later)
    with transaction():
        slot = Slot(
            activity_id=activity.id,
            parent_id=parent.id if parent else None,
            key=uuid.uuid4().hex,
            uid=str(uuid.uuid4()),
            label_zh=label_zh,
            label_en=label_en,
            starts_at=starts_at,
            ends_at=starts_at + lasts,
            created_at=PLANNED,
            updated_at=PLANNED,
        )
        db.session.add(slot)
        db.session.flush()
        db.session.add(Pool(slot_id=slot.id, key="main", position=1, capacity=10, access=Access.OPEN))
    with transaction():
        touch_activity(db.session.get_one(Activity, activity.id))
    return slot


def private_path(app: Flask, person: Account, language: str = "zh") -> str:
    """Return the path of a person's feed as the page of calendars shows it."""
    db.session.rollback()
    account = db.session.get_one(Account, person.id)
    token = token_of(Subscriber(account.id, account.calendar_key_version), app.extensions["settings"].calendar_key)
    return f"{'/en' if language == 'en' else ''}/cal/u/{token}.ics"


def read(client: FlaskClient, path: str) -> str:
    """Return a feed's text; it must be there."""
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status)
    return answer.get_data(as_text=True)


def lines(text: str) -> list[str]:
    """Return the content lines of a calendar, unfolded."""
    assert text.endswith("\r\n")
    return re.sub(r"\r\n[ \t]", "", text).removesuffix("\r\n").split("\r\n")


def events(text: str) -> list[dict[str, str]]:
    """Return each VEVENT's properties: the name with its parameters, and the escaped value. Alarms are left out."""
    found: list[dict[str, str]] = []
    for block in re.findall(r"BEGIN:VEVENT\n(.*?)END:VEVENT", "\n".join(lines(text)), re.DOTALL):
        bare = re.sub(r"BEGIN:VALARM.*?END:VALARM\n", "", block, flags=re.DOTALL)
        pairs = [_parts(line) for line in bare.splitlines()]
        assert len({name for name, _value in pairs}) == len(pairs), "a property stands twice"
        found.append(dict(pairs))
    return found


def _parts(line: str) -> tuple[str, str]:
    match = re.fullmatch(r'([A-Z-]+(?:;[A-Z-]+=(?:"[^"]*"|[^":;,]*))*):(.*)', line)
    assert match, line
    return match[1], match[2]


def event(text: str) -> dict[str, str]:
    """Return the one VEVENT of a calendar."""
    (only,) = events(text)
    return only


def summaries(text: str) -> list[str]:
    """Return the titles in a calendar, in its order."""
    return [one["SUMMARY"] for one in events(text)]


def head(text: str) -> list[str]:
    """Return the lines before the first VEVENT."""
    whole = lines(text)
    return whole[: whole.index("BEGIN:VEVENT")] if "BEGIN:VEVENT" in whole else whole
