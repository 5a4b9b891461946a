"""Long lists are made beside the request, and the page that waits says how far they are."""

import hashlib
import os
import time

import pytest

from festival.accounts.rules import Role
from festival.exports import preparing
from festival.exports.preparing import Job, State
from festival.lib import clock
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


def waited(desk: Browser, page: Page) -> Page:
    """Read the page again until the list is ready."""
    until = time.monotonic() + 30
    while page.result == "working" and time.monotonic() < until:
        time.sleep(0.05)
        page = desk.get(page.path)
    return page


@pytest.fixture
def short_is_long(monkeypatch):
    """Take two rows for many."""
    monkeypatch.setattr(preparing, "LONG", 1)
    monkeypatch.setattr(preparing, "STEP", 1)


def test_a_long_list_is_prepared_recorded_once_and_given_as_it_would_be_at_once(app, short_is_long):
    activity = make_activity(slug="tour", capacity=9)
    for _ in range(3):
        make_sign_up(activity)
    desk = at_the_desk(app)

    page = waited(desk, begun(desk))
    file = desk.get(page.link("下载"))
    again = desk.get(page.link("下载"))

    assert (page.result, "共 3 行" in page.words) == ("ready", True)
    at_once = desk.get("/manage/activities/tour/roster.csv")
    assert read_csv(file) == read_csv(at_once) == read_csv(again)
    for name in ("Content-Type", "Content-Disposition", "Cache-Control"):
        assert file.response.headers[name] == at_once.response.headers[name]
    digest = hashlib.sha256(file.response.get_data()).hexdigest()
    assert [entry[4] for entry in entries()] == [f"roster.csv rows=3 sha256={digest}"] * 2  # this one, and the one at once
    assert [path for path in preparing._folder(app).iterdir() if digest.encode() in path.read_bytes()] == []
    assert {oct(path.stat().st_mode & 0o777) for path in preparing._folder(app).iterdir()} == {"0o600"}


def test_the_page_says_how_far_a_list_is_and_comes_again_by_itself(app):
    activity = make_activity(slug="tour")
    desk = at_the_desk(app)
    folder = preparing._folder(app)
    folder.mkdir(mode=0o700)
    code = "a" * 26
    job = Job(folder, code, State("roster.csv", activity.id, account_of(desk).id, total=12_000))
    job.note(3_000)

    page = desk.get(f"{LISTS}/prepared/{code}")

    assert (page.status, page.result, page.response.headers["Refresh"]) == (200, "working", "2")
    assert "已写 3,000 行，约 12,000 行" in page.words
    assert [one["value"] for one in page.html.select("progress")] == ["25"]
    assert desk.get(f"{LISTS}/prepared/{code}/file").location == f"{LISTS}/prepared/{code}"
    assert at_the_desk(app).get(f"{LISTS}/prepared/{code}").status == 410  # somebody else's

    two_minutes_ago = clock.wall().timestamp() - 120
    os.utime(folder / f"{code}.json", (two_minutes_ago, two_minutes_ago))
    assert desk.get(f"{LISTS}/prepared/{code}").result == "failed"

    long_ago = clock.wall().timestamp() - preparing.KEPT - 1
    os.utime(folder / f"{code}.json", (long_ago, long_ago))
    preparing.clean(app)
    assert (desk.get(f"{LISTS}/prepared/{code}").status, list(folder.iterdir())) == (410, [])


def test_only_who_may_export_can_have_a_list_prepared(app):
    make_activity(slug="tour")

    assert at_the_desk(app, Role.REVIEWER).get(f"{LISTS}/prepared/{'a' * 26}").status == 403
    assert at_the_desk(app, activity=make_activity(slug="mine")).get(f"{LISTS}/prepared/{'a' * 26}").status == 404
