"""Long lists are made beside the request, and the page that waits says how far they are."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from festival.accounts.models import SignInSession
from festival.accounts.rules import Role
from festival.exports import preparing
from festival.exports.models import PreparedList, Stage
from festival.exports.preparing import State
from festival.jobs import runner
from festival.lib import clock
from festival.lib.db import db, transaction
from tests.builders import make_activity, make_sign_up
from tests.exports.test_lists import LISTS
from tests.roster.desk import account_of, at_the_desk, entries, read_csv
from tests.web import Browser, Page


def begun(desk: Browser, what: str = "roster.csv") -> Page:
    """Press the button of a long list and go where it is waited for."""
    page = desk.get(LISTS)
    buttons = {str(one["value"]): one for one in page.html.select("button[name=what]")}
    form = buttons[what].find_parent("form")
    assert form is not None
    return desk.get(desk.post_form(page, {"what": what}, action=str(form["action"])).location)


@pytest.fixture
def short_is_long(monkeypatch):
    """Take two rows for many."""
    monkeypatch.setattr(preparing, "LONG", 1)


def test_a_long_list_is_prepared_by_the_worker_recorded_once_and_given_as_it_would_be_at_once(app, short_is_long):
    activity = make_activity(slug="tour", capacity=9)
    for _ in range(3):
        make_sign_up(activity)
    desk = at_the_desk(app)

    page = begun(desk)
    cookie = desk.client.get_cookie("festival")
    assert (page.result, cookie is not None and cookie.value.encode() in bytes(kept().request or b"")) == ("working", False)
    runner.drain(app)
    page = desk.get(page.path)
    file = desk.get(page.link("下载"))
    again = desk.get(page.link("下载"))

    assert (page.result, "共 3 行" in page.words) == ("ready", True)
    at_once = desk.get("/manage/activities/tour/roster.csv")
    assert read_csv(file) == read_csv(at_once) == read_csv(again)
    for name in ("Content-Type", "Content-Disposition", "Cache-Control"):
        assert file.response.headers[name] == at_once.response.headers[name]
    given = file.response.get_data()
    digest = hashlib.sha256(given).hexdigest()
    assert [entry[4] for entry in entries()] == [f"roster.csv rows=3 sha256={digest}"] * 2  # this one, and the one at once
    assert (kept().request, given[-20:] in bytes(kept().content or b"")) == (None, False)  # sealed, and the request is gone


def kept() -> PreparedList:
    db.session.rollback()
    return db.session.scalars(select(PreparedList)).one()


def test_whoever_lost_the_right_meanwhile_gets_no_list(app, short_is_long):
    activity = make_activity(slug="tour", capacity=9)
    for _ in range(2):
        make_sign_up(activity)
    desk = at_the_desk(app)
    page = begun(desk)
    with transaction():
        db.session.execute(delete(SignInSession))

    runner.drain(app)

    assert (kept().stage, kept().content, kept().request) == (Stage.FAILED, None, None)
    assert desk.get(page.path).status == 303


def test_the_page_says_how_far_a_list_is_and_comes_again_by_itself(app):
    activity = make_activity(slug="tour")
    desk = at_the_desk(app)
    with transaction():
        state = State("roster.csv", activity.id, account_of(desk).id, total=12_000, done=3_000)
        code = preparing.begin(state, {})

    page = desk.get(f"{LISTS}/prepared/{code}")

    assert (page.status, page.result, page.response.headers["Refresh"]) == (200, "working", "2")
    assert "已写 3,000 行，约 12,000 行" in page.words
    assert [one["value"] for one in page.html.select("progress")] == ["25"]
    assert desk.get(f"{LISTS}/prepared/{code}/file").location == f"{LISTS}/prepared/{code}"
    assert at_the_desk(app).get(f"{LISTS}/prepared/{code}").status == 410  # somebody else's

    ages(preparing.SILENT)
    assert desk.get(f"{LISTS}/prepared/{code}").result == "failed"
    ages(preparing.KEPT)
    assert desk.get(f"{LISTS}/prepared/{code}").status == 410
    runner.drain(app)
    db.session.rollback()
    assert db.session.scalars(select(PreparedList)).all() == []


def ages(by: timedelta) -> None:
    """Let a list have said nothing for so long."""
    with transaction():
        db.session.execute(update(PreparedList).values(at=clock.wall() - by - timedelta(seconds=1)))


def test_only_who_may_export_can_have_a_list_prepared(app):
    make_activity(slug="tour")

    assert at_the_desk(app, Role.REVIEWER).get(f"{LISTS}/prepared/{'a' * 26}").status == 403
    assert at_the_desk(app, activity=make_activity(slug="mine")).get(f"{LISTS}/prepared/{'a' * 26}").status == 404
