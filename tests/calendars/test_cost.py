"""What feeds cost, and that many readers at once see one feed."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event as sqlalchemy_event

from festival.app import create_app
from festival.calendars.models import CalendarEntry
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Festival, Slot
from festival.programme.service import touch_activity
from tests.application import closed
from tests.builders import make_activity
from tests.calendars.programme import NOW, PLANNED, add_slot, events, fixed_forum, read, summaries

PROGRAMME = "/cal/programme.ics"


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


def queries_of(do) -> int:
    """Return how many statements a request sends."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        if statement.split()[0] not in {"BEGIN", "COMMIT", "ROLLBACK"}:
            sent.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        do()
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)
    return len(sent)


def make_stale() -> None:
    with transaction():
        db.session.query(Festival).one().calendar_version += 1


def test_building_a_feed_again_costs_the_same_for_one_slot_and_for_eight(app, client):
    forum = fixed_forum()
    read(client, PROGRAMME)
    make_stale()
    one = queries_of(lambda: read(client, PROGRAMME))
    for _ in range(3):
        add_slot(forum, days_later=1)
        make_activity()
    read(client, PROGRAMME)
    make_stale()

    assert queries_of(lambda: read(client, PROGRAMME)) == one


def test_an_edit_of_one_activity_writes_that_activity_only(app, client):
    fixed_forum()
    make_activity(slug="other")
    read(client, PROGRAMME)
    with transaction():
        before = {entry.slot_id: entry.fingerprint for entry in db.session.query(CalendarEntry)}
        forum = db.session.query(Activity).filter_by(slug="forum").one()
        forum.title_zh = "新的题目"
        touch_activity(forum)
    read(client, PROGRAMME)

    db.session.rollback()
    after = {entry.slot_id: entry.fingerprint for entry in db.session.query(CalendarEntry)}
    assert {slot_id for slot_id in after if after[slot_id] != before[slot_id]} == {slot.id for slot in forum.slots}


@pytest.mark.slow
def test_a_thousand_slots_are_served_whole(app, client):
    forum = fixed_forum()
    with transaction():
        db.session.add_all(
            Slot(
                activity_id=forum.id,
                key=f"n-{number}",
                uid=str(uuid.uuid4()),
                starts_at=NOW + timedelta(hours=number),
                ends_at=NOW + timedelta(hours=number + 1),
                created_at=PLANNED,
                updated_at=PLANNED,
            )
            for number in range(999)
        )
    with transaction():
        touch_activity(db.session.get_one(Activity, forum.id))

    told = events(read(client, PROGRAMME))
    assert len({event["UID"] for event in told}) == len(told) == 1000
    starts = [event["DTSTART;TZID=Asia/Shanghai"] for event in told]
    assert starts == sorted(starts)
    assert queries_of(lambda: read(client, PROGRAMME)) == 2


@pytest.mark.slow
def test_many_readers_of_two_servers_agree_while_the_programme_is_edited(app, settings):
    fixed_forum()
    other = create_app(settings)
    clock.freeze(NOW)

    def poll(number: int) -> tuple[str, str, str]:
        client = (app, other)[number % 2].test_client()
        answer = client.get(PROGRAMME)
        assert answer.status_code == 200
        return answer.text, answer.headers["ETag"], answer.headers["Last-Modified"]

    seen: list[set[tuple[str, str, str]]] = []
    with closed(other), ThreadPoolExecutor(8) as readers:
        for title in ("甲", "乙", "丙"):
            with transaction():
                forum = db.session.query(Activity).filter_by(slug="forum").one()
                forum.title_zh = title
                touch_activity(forum)
            db.session.remove()
            seen.append(set(readers.map(poll, range(24))))

    assert [len(answers) for answers in seen] == [1, 1, 1]
    assert [summaries(text) for answers in seen for text, _etag, _modified in answers] == [["甲"], ["乙"], ["丙"]]
