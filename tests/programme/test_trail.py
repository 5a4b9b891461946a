"""Reading the audit trail: who did what, when, to what, and whether it is sealed."""

from datetime import datetime

import pytest
import time_machine

from festival.accounts.rules import Role
from festival.audit import chain
from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import transaction
from tests.builders import make_activity, make_person, make_staff
from tests.web import Browser


@pytest.fixture
def busy(app):
    """Five acts on two days, of which the first four are sealed."""
    forum, tour = make_activity(slug="forum"), make_activity(slug="tour")
    wang, person_id = make_staff(Role.ORGANIZER, name="wang-li"), make_person().id
    wang_id = wang.id
    acts = [
        (17, "contact.reveal", "sign_up", 41, wang_id, forum.id),
        (17, "roster.export", "activity", forum.id, wang_id, forum.id),
        (17, "session.begin", "sign_in_session", 9, person_id, None),
        (18, "pool.capacity", "pool", 41, wang_id, tour.id),
        (18, "activity.no_shows", "activity", tour.id, None, tour.id),
    ]
    for number, (day, action, subject, subject_id, actor_id, activity_id) in enumerate(acts, start=1):
        with time_machine.travel(datetime(2023, 6, day, 23, 30, tzinfo=clock.ZONE)), transaction():
            record(action, subject, subject_id, actor_id=actor_id, activity_id=activity_id)
        if number == 4:
            chain.seal_due()
    return Browser(app).sign_in(make_staff(Role.AUDITOR))


def shown(page):
    return [row["data-action"] for row in page.html.select("tr[data-action]")]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_trail_is_filtered_by_who_what_when_activity_row_and_seal(busy):
    everything = ["activity.no_shows", "pool.capacity", "session.begin", "roster.export", "contact.reveal"]
    asked = {
        "": everything,
        "who=wang-li": ["pool.capacity", "roster.export", "contact.reveal"],
        "who=-person": ["session.begin"],
        "who=-system": ["activity.no_shows"],
        "what=-seen": ["contact.reveal"],
        "what=-taken": ["roster.export"],
        "what=-signing-in": ["session.begin"],
        "what=pool.capacity": ["pool.capacity"],
        "from=2023-06-18": ["activity.no_shows", "pool.capacity"],
        "to=2023-06-17": ["session.begin", "roster.export", "contact.reveal"],
        "activity=tour": ["activity.no_shows", "pool.capacity"],
        "subject=%2341": ["pool.capacity", "contact.reveal"],
        "subject=sign_up&id=41": ["contact.reveal"],
        "subject=pool+＃４１": ["pool.capacity"],
        "sealed=no": ["activity.no_shows"],
        "who=wang-li&activity=forum&what=-seen&from=2023-06-17&to=2023-06-17&sealed=yes": ["contact.reveal"],
        "who=nobody": [],
        "from=yesterday&to=9999-12-31&id=99999999999999&subject=%27;DROP&sealed=perhaps&page=-1": everything,
    }

    assert {query: shown(busy.get(f"/manage/audit?{query}")) for query in asked} == asked
    page = busy.get("/manage/audit?who=wang-li&from=2023-06-17")
    assert [field["value"] for field in page.html.select("option[selected], input[type=date][value]")] == [
        "wang-li",
        "2023-06-17",
        "",
    ]
    assert "第 1 号" in page.words
    assert "待封存" in busy.get("/manage/audit?sealed=no").words


def test_the_log_of_an_activity_is_filtered_and_stays_its_own(busy):
    assert shown(busy.get("/manage/activities/forum/log?what=-seen")) == ["contact.reveal"]
    assert shown(busy.get("/manage/activities/forum/log?activity=tour")) == []
