"""Seeing how one person is reached: with a reason, once, and recorded."""

import pytest

from festival.accounts.models import Address
from festival.accounts.rules import Channel, Role
from festival.lib import clock
from festival.lib.db import db, transaction
from tests.builders import make_activity, make_person, make_sign_up
from tests.roster.desk import account_of, actors, at_the_desk, entries

ROSTER = "/manage/activities/forum/roster"


def test_a_contact_is_shown_to_one_who_says_why_and_both_are_recorded(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"))
    desk = at_the_desk(app)

    page = desk.post_form(f"{ROSTER}/{sign_up.id}", reason="电话通知改期")

    contact = page.html.select_one(".contact")
    assert contact is not None
    assert (page.status, page.result, contact.get_text(strip=True)) == (200, "revealed", "138 0013 8000")
    assert page.response.headers["Cache-Control"] == "no-store"
    assert entries() == [("contact.reveal", "sign_up", sign_up.id, "电话通知改期", "contact")]
    assert actors() == [account_of(desk).id]


def test_it_is_shown_once_and_masked_again_afterwards(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum, person=make_person(mobile="13800138000"))
    desk = at_the_desk(app)
    desk.post_form(f"{ROSTER}/{sign_up.id}", reason="通知")

    pages = [desk.get(path) for path in (f"{ROSTER}/{sign_up.id}", ROSTER, "/manage/activities/forum/log")]

    assert [word for page in pages for word in ("13800138000", "138 0013 8000") if word in page.text] == []
    assert len(entries()) == 1


def test_every_address_of_the_person_is_shown(app):
    forum = make_activity(slug="forum")
    person = make_person(mobile="13800138000")
    with transaction():
        db.session.add(Address(account_id=person.id, channel=Channel.MAIL, value="li@example.cn", verified_at=clock.wall()))
    sign_up = make_sign_up(forum, person=person)

    page = at_the_desk(app).post_form(f"{ROSTER}/{sign_up.id}", reason="通知")

    assert [found.get_text(strip=True) for found in page.html.select(".contact")] == ["138 0013 8000", "li@example.cn"]


@pytest.mark.parametrize(
    ("reason", "words"),
    [("", "请填写此项"), ("   ", "请填写此项"), ("x", "请写明原因，至少两个字"), ("长" * 201, "最多 200 个字，现在是 201 个")],
)
def test_without_a_reason_nothing_is_shown_and_nothing_recorded(app, reason, words):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum, person=make_person(mobile="13800138000"))

    page = at_the_desk(app).post_form(f"{ROSTER}/{sign_up.id}", reason=reason)

    error = page.html.select_one("#reason-error")
    assert error is not None
    assert (page.status, error.get_text(strip=True)) == (422, words)
    assert "8000138" not in page.text.replace(" ", "")
    assert entries() == []


def test_a_person_without_an_address_is_said(app):
    forum = make_activity(slug="forum")
    person = make_person()
    sign_up = make_sign_up(forum, person=person)
    desk = at_the_desk(app)
    page = desk.get(f"{ROSTER}/{sign_up.id}")
    with transaction():
        for address in person.addresses:
            db.session.delete(address)

    assert "没有留下联系方式" in desk.post_form(page, reason="通知").words


def test_the_contact_of_anothers_activity_does_not_exist(app):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="forum")
    ours, other = make_sign_up(mine), make_sign_up(theirs)
    desk = at_the_desk(app, activity=mine)
    token = desk.get(f"/manage/activities/mine/roster/{ours.id}").html.select_one("main [name=csrf_token]")
    assert token is not None

    answers = [
        desk.post(f"/manage/activities/{slug}/roster/{other.id}/contact", csrf_token=str(token["value"]), reason="通知")
        for slug in ("forum", "mine")
    ]

    assert ([answer.status for answer in answers], entries()) == ([404, 404], [])


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_reveal_is_refused(app, role):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum)
    desk = at_the_desk(app, role)
    token = desk.get("/manage/").html.select_one("[name=csrf_token]")
    assert token is not None

    answer = desk.post(f"{ROSTER}/{sign_up.id}/contact", csrf_token=str(token["value"]), reason="通知")

    assert (answer.status, entries()) == (403, [])


def test_without_the_forms_token_nothing_is_shown(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum)

    answer = at_the_desk(app).post(f"{ROSTER}/{sign_up.id}/contact", reason="通知")

    assert (answer.status, entries()) == (400, [])


def test_the_address_that_reveals_cannot_be_opened(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum)

    assert at_the_desk(app).get(f"{ROSTER}/{sign_up.id}/contact").status == 405
