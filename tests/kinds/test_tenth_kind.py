"""The seam for kinds holds: one folder, ``tests.kinds.lecture``, is an activity everywhere, and nothing else knows of it."""

import subprocess

import pytest
from sqlalchemy import select

from festival.app import create_app
from festival.kinds import ALL_KINDS
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from tests.application import closed
from tests.builders import make_activity, make_person, make_question, make_staff
from tests.calendars.programme import private_path, read
from tests.database import ROOT
from tests.kinds import lecture
from tests.web import Browser

SIGN_UP = "/activities/lecture/sign-up"


@pytest.fixture
def app(settings):
    """An application that knows ten kinds."""
    app = create_app(settings, (*ALL_KINDS, lecture.KIND))
    with closed(app), app.app_context():
        with transaction():
            activity = make_activity(slug="lecture", kind="lecture", title_zh="桥梁课")
            make_question(activity, "topic", label_zh="想听什么")
            activity.details = '{"speaker":"茅以升"}'
        yield app


def test_an_attendee_meets_it_on_every_page(app, client):
    person = make_person(mobile="13800138000")
    browser = Browser(app).sign_in(person)

    page = browser.get("/activities/lecture")
    refused = browser.post_form(browser.get(SIGN_UP), {"consent": "1", "q-topic": "股票"})
    ticket = browser.follow(browser.post_form(refused, {"consent": "1", "q-topic": "拱桥"}))
    calendar = read(client, private_path(app, person))
    db.session.rollback()
    deliver_due()
    db.session.rollback()

    assert "茅以升" in page.words
    assert "第一章，桥梁课" in page.words
    assert "本讲座不谈股票。" in refused.words
    assert "请向 茅以升 提一个问题。" in ticket.words
    assert "请带读本" in calendar
    assert "【河西人才节】请先读桥梁课的读本。" in db.session.scalars(select(DemoMail.text)).all()
    assert "课前读本" in browser.get("/me/messages").words
    assert browser.get("/activities/lecture/reader").text == "lecture：先读第一章"


def test_organizers_meet_it_on_every_page(app):
    attendee = Browser(app).sign_in(make_person(mobile="13800138000"))
    attendee.post_form(attendee.get(SIGN_UP), {"consent": "1", "q-topic": "拱桥"})
    desk = Browser(app).sign_in(make_staff())

    roster = desk.get("/manage/activities/lecture/roster")
    of_it = desk.get(desk.get("/manage/activities/lecture/").link("想听的话题"))

    assert [word in roster.words for word in ("想听什么", "拱桥", "读本已借出")] == [True, True, True]
    assert "拱桥" in of_it.words
    assert attendee.get("/manage/activities/lecture/topics").status == 403


def test_nothing_outside_its_folder_names_it():
    found = subprocess.run(
        ["git", "grep", "-lw", "lecture", "--", "festival", "templates", "migrations"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout.split() == []
