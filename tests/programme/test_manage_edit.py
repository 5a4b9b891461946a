"""Organizers set the sign-up window and read who did what; who may open the pages of an edit."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity
from tests.builders import make_activity
from tests.roster.desk import at_the_desk, entries, fresh, slot_of
from tests.web import Browser

HOUR = timedelta(hours=1)
EDIT = "/manage/activities/forum/edit"
SLOTS = "/manage/activities/forum/slots"
WINDOW = "/manage/activities/forum/window"


# -- window -------------------------------------------------------------------------------------------------------------------


def test_the_window_is_set_in_the_festivals_time(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)

    page = desk.post_form(WINDOW, opens_at="2023-06-08T09:00", closes_at="2023-06-18 18:00")

    fresh(activity)
    assert (page.status, page.location) == (303, "/manage/activities/forum/")
    assert activity.opens_at is not None
    assert activity.closes_at is not None
    assert clock.local(activity.opens_at).isoformat() == "2023-06-08T09:00:00+08:00"
    assert clock.local(activity.closes_at).isoformat() == "2023-06-18T18:00:00+08:00"
    assert "报名时间已保存" in desk.follow(page).words


def test_an_open_end_is_an_empty_field(app):
    activity = make_activity(slug="forum")

    at_the_desk(app).post_form(WINDOW, opens_at="", closes_at="")

    fresh(activity)
    assert (activity.opens_at, activity.closes_at) == (None, None)


def test_a_window_that_closes_before_it_opens_is_refused_beside_the_field(app):
    make_activity(slug="forum")

    page = at_the_desk(app).post_form(WINDOW, opens_at="2023-06-08T09:00", closes_at="2023-06-08T09:00")

    error = page.html.select_one("#closes_at-error")
    assert error is not None
    assert (page.status, error.get_text(strip=True)) == (422, "截止时间应晚于开放时间")


# -- who did what ---------------------------------------------------------------------------------------------------------------


def test_the_log_tells_who_did_what_in_words(app):
    make_activity(slug="forum")
    desk = at_the_desk(app)
    desk.post_form(EDIT, title_zh="新名称", audience_en="All")

    page = desk.get("/manage/activities/forum/log")

    [row] = page.html.select("tbody tr")
    cells = [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
    assert cells[1:] == [cells[1], "修改活动信息 活动 #1", "名称（中文）、面向人群（英文）", "", "待封存"]
    assert cells[1].startswith("organizer-")


def test_the_log_of_one_activity_holds_no_other(app):
    make_activity(slug="forum")
    make_activity(slug="other")
    desk = at_the_desk(app)
    desk.post_form("/manage/activities/other/edit", title_zh="别处")

    assert desk.get("/manage/activities/forum/log").html.select("tbody tr") == []


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_auditors_and_administrators_read_the_whole_trail_page_by_page(app, role):
    make_activity(slug="forum")
    editor = at_the_desk(app)
    for number in range(51):
        editor.post_form(EDIT, title_zh=f"名称{number}")
    desk = at_the_desk(app, role)

    first, second, beyond = (desk.get(f"/manage/audit{page}") for page in ("", "?page=2", "?page=999999999999"))

    assert [len(page.html.select("tbody tr")) for page in (first, second, beyond)] == [50, 1, 1]
    assert "共 51 条" in first.words


@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.REVIEWER, Role.STEWARD])
def test_nobody_else_reads_the_whole_trail(app, role):
    make_activity(slug="forum")

    assert at_the_desk(app, role).get("/manage/audit").status == 403


# -- who may ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["edit", "slots", "slots/{slot}", "window", "log", ""])
def test_an_organizer_of_one_activity_does_not_find_anothers(app, path):
    mine = make_activity(slug="mine")
    theirs = make_activity(slug="forum")
    desk = at_the_desk(app, activity=mine)
    path = path.format(slot=slot_of(theirs).id)

    assert desk.get(f"/manage/activities/forum/{path}").status == 404
    assert desk.get(f"/manage/activities/mine/{path.replace(str(slot_of(theirs).id), str(slot_of(mine).id))}").status == 200


@pytest.mark.parametrize("path", ["edit", "slots/{slot}", "window"])
def test_an_organizer_of_one_activity_cannot_post_to_anothers(app, path):
    mine = make_activity(slug="mine")
    theirs = make_activity(slug="forum", title_zh="原名")
    desk = at_the_desk(app, activity=mine)
    page = desk.get(f"/manage/activities/mine/{path.format(slot=slot_of(mine).id)}")
    token = page.html.select_one("[name=csrf_token]")
    assert token is not None

    answer = desk.post(
        f"/manage/activities/forum/{path.format(slot=slot_of(theirs).id)}", csrf_token=str(token["value"]), title_zh="改"
    )

    db.session.rollback()
    assert answer.status == 404
    assert db.session.scalar(select(Activity.title_zh).where(Activity.id == theirs.id)) == "原名"
    assert entries() == []


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_edit_is_refused(app, role):
    make_activity(slug="forum")

    assert [at_the_desk(app, role).get(path).status for path in (EDIT, SLOTS, WINDOW)] == [403, 403, 403]


def test_a_post_without_the_forms_token_is_refused(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)

    answers = [desk.post(path, title_zh="改") for path in (EDIT, f"{SLOTS}/{slot_of(activity).id}", WINDOW)]

    assert [answer.status for answer in answers] == [400, 400, 400]
    assert entries() == []


def test_visitors_are_sent_to_sign_in(app):
    make_activity(slug="forum")

    assert Browser(app).get(EDIT).location.startswith("/manage/sign-in")


def test_the_pages_read_in_english(app):
    make_activity(slug="forum")
    desk = at_the_desk(app)

    headings = [desk.get(f"/en{path}").html.select_one("h1") for path in (EDIT, SLOTS, WINDOW, "/manage/activities/forum/log")]

    assert [heading and heading.get_text(strip=True) for heading in headings] == [
        "Edit activity",
        "Sessions",
        "Sign-up window",
        "Audit log",
    ]
