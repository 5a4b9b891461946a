"""Pages alike for everybody are built once, and never older than what is in the database."""

from datetime import timedelta

import pytest
from flask import template_rendered

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from festival.programme.service import touch_activity
from tests.builders import make_activity, make_person
from tests.signups.engine import NOW, change, sign_up
from tests.web import Browser


@pytest.fixture
def built(app):
    """The templates that were rendered, in order."""
    names: list[str] = []

    def note(_app, template, **_more) -> None:
        if template.name == "programme/activity.html":
            names.append(template.name)

    template_rendered.connect(note, app)
    yield names
    template_rendered.disconnect(note, app)


def test_a_page_is_built_once_for_all_readers_and_again_after_any_commit(app, dialect, visitor, frozen, built):
    """On PostgreSQL a commit in any database of the server counts: other tests' too."""
    frozen(NOW)
    activity = make_activity(slug="tour", capacity=9)
    signed_in = Browser(app).sign_in(make_person())

    pages = [browser.get("/activities/tour") for browser in (visitor, visitor, signed_in)]
    assert len({page.response.data for page in pages}) == 1
    assert len(built) == 1 or dialect == "postgresql"
    sign_up(activity, party_size=4)
    after = [visitor.get("/activities/tour") for _ in range(2)][-1]
    assert len(built) == 2 or dialect == "postgresql"

    assert "9" in pages[0].words
    assert "余 5" in after.words
    assert after.response.headers["Cache-Control"] == pages[0].response.headers["Cache-Control"] == "no-cache"


def test_a_second_later_it_is_another_page(app, visitor, frozen, built):
    frozen(NOW)
    activity = make_activity(slug="tour", closes_in=timedelta(seconds=1))
    open_page = visitor.get("/activities/tour")
    frozen(NOW + timedelta(seconds=1))
    closed_page = visitor.get("/activities/tour")

    assert activity.closes_at == clock.now()
    assert open_page.words != closed_page.words


def test_languages_and_hosts_have_pages_of_their_own(app, visitor, frozen, built):
    frozen(NOW)
    make_activity(slug="tour", title_zh="甲", title_en="Tour")

    pages = [visitor.get(path) for path in ("/activities/tour", "/en/activities/tour", "/activities/tour")]

    assert [page.html.html["lang"] for page in pages] == ["zh-CN", "en", "zh-CN"]


def test_what_was_read_of_a_cookie_is_never_given_to_another(app, frozen):
    frozen(NOW)
    make_activity(slug="tour")
    reader, other = Browser(app).sign_in(make_person(name="王芳")), Browser(app)

    form = reader.get("/activities/tour/sign-up")
    theirs = other.get("/activities/tour/sign-up")

    assert "no-store" in form.response.headers["Cache-Control"]
    assert form.response.data != theirs.response.data


def test_a_change_of_words_shows_at_once(app, visitor, frozen):
    frozen(NOW)
    activity = make_activity(slug="tour", title_zh="从前")
    before = visitor.get("/activities/tour")
    change(activity, title_zh="如今")

    assert "从前" in before.words
    assert "如今" in visitor.get("/activities/tour").words


def test_a_calendar_program_that_has_the_present_version_is_told_so_and_gets_the_next_one_at_once(app, client, frozen):
    frozen(NOW)
    activity = make_activity(slug="tour", title_zh="从前")
    path = "/activities/tour/calendar.ics"
    had = client.get(path).headers
    polls = [client.get(path, headers={"If-None-Match": had["ETag"]}) for _ in range(3)]
    by_date = client.get(path, headers={"If-Modified-Since": had["Last-Modified"]})
    change(activity, title_zh="如今")
    with transaction():
        touch_activity(db.session.get_one(Activity, activity.id))
    after = [client.get(path, headers={"If-None-Match": had["ETag"]}) for _ in range(3)]

    assert [(poll.status_code, poll.data, poll.headers["ETag"]) for poll in polls] == [(304, b"", had["ETag"])] * 3
    assert (by_date.status_code, by_date.data) == (304, b"")
    assert [answer.status_code for answer in after] == [200] * 3
    assert len({answer.text for answer in after}) == 1
    assert "如今" in after[0].text


def test_whoever_asked_with_a_version_first_does_not_leave_an_empty_page_to_the_next(app, client, frozen):
    frozen(NOW)
    make_activity(slug="tour")
    path = "/activities/tour/calendar.ics"
    etag = client.get(path).headers["ETag"]
    client.get("/en/activities/tour/calendar.ics")  # builds, and so moves the database on
    polls = [client.get(path, headers={"If-None-Match": etag}).status_code for _ in range(2)]

    assert (polls, client.get(path).text.count("BEGIN:VEVENT")) == ([304, 304], 1)
