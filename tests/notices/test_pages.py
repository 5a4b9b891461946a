"""我的消息, and the demo's mailbox."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select

from festival.accounts import service
from festival.app import create_app
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.outbox.service import owe
from festival.signups.rules import State
from tests.accounts.codes import sent_code
from tests.application import closed
from tests.builders import make_activity, make_person, make_sign_up
from tests.web import Browser

NUMBER = "13800138000"


def tell(person, *, times=1):
    sign_up = make_sign_up(make_activity(), person=person)
    for _ in range(times):
        with transaction():
            owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id)
        deliver_due()
    return sign_up.code


def test_the_inbox_shows_what_was_sent_with_a_way_to_the_sign_up(app, visitor):
    person = make_person()
    code = tell(person)
    page = visitor.sign_in(person).get("/me/messages")

    (entry,) = page.html.select(".inbox > li")
    assert "您已成功报名“测试活动”" in entry.get_text()
    assert [a["href"] for a in entry.select("a")] == [f"/sign-ups/{code}"]
    assert "is-unread" in entry["class"]


def test_newest_first_and_in_pages(app, visitor):
    person = make_person()
    tell(person, times=25)
    visitor.sign_in(person)
    ids = [[int(li["data-message"]) for li in visitor.get(f"/me/messages?page={n}").html.select(".inbox > li")] for n in (1, 2)]
    assert [len(page) for page in ids] == [20, 5]
    assert ids[0] + ids[1] == sorted(ids[0] + ids[1], reverse=True)


@pytest.mark.parametrize("page", ["0", "2", "99999999999"])
def test_a_page_that_is_not_there_is_not_found(app, visitor, page):
    assert visitor.sign_in(make_person()).get(f"/me/messages?page={page}").status == 404


def test_messages_are_new_until_they_are_marked_as_read(app, visitor):
    person = make_person()
    tell(person, times=22)
    shows = visitor.sign_in(person).get("/me/messages?page=2")
    said = visitor.get("/me").words
    tell(person)
    visitor.post_form(shows, action="/me/messages/read")

    assert "22 条未读" in shows.words
    assert "22 条未读" in said
    assert len(visitor.get("/me/messages").html.select(".is-unread")) == 1  # what came since


def test_nobody_reads_or_marks_anothers_messages(app, visitor):
    tell(make_person())
    visitor.sign_in(make_person())
    page = visitor.get("/me/messages")
    token = visitor.get("/me/privacy").html.select("input[name=csrf_token]")[0]["value"]
    message = db.session.scalars(select(Message.id)).one()
    visitor.post("/me/messages/read", csrf_token=token, newest=message)

    db.session.rollback()
    assert page.html.select(".inbox > li") == []
    assert "还没有消息" in page.words
    assert db.session.get_one(Message, message).read_at is None


def test_a_code_is_never_in_the_inbox(app, visitor):
    with transaction():
        service.request_code(NUMBER, "zh")
    code = sent_code(NUMBER)
    with transaction():
        outcome = service.redeem(NUMBER, code)
        assert isinstance(outcome, service.Redeemed)
    deliver_due()
    assert code not in visitor.sign_in(make_person()).get("/me/messages").text


# -- the demo's mailbox ----------------------------------------------------------------------------------------------------------


def test_the_mailbox_shows_a_code_right_after_it_was_asked_for(app, visitor):
    visitor.post_form("/sign-in", address=NUMBER)
    mails = json.loads(visitor.get(f"/demo/messages.json?to={NUMBER}").text)

    (mail,) = mails
    assert list(mail) == ["id", "to", "channel", "kind", "text", "created_at", "attachments"]
    assert (mail["to"], mail["channel"], mail["kind"], mail["attachments"]) == (NUMBER, "sms", "code", [])
    assert sent_code(NUMBER) in mail["text"]
    assert mail["created_at"].endswith("+08:00")


def test_it_shows_the_newest_first_and_one_address_however_it_is_typed(app, visitor):
    other = "li@example.com"
    for address in (NUMBER, other):
        visitor.post_form("/sign-in", address=address)
    asked = {
        path: [mail["to"] for mail in json.loads(visitor.get(path).text)]
        for path in (
            "/demo/messages.json",
            "/demo/messages.json?to=138 0013 8000",
            "/demo/messages.json?to=LI@EXAMPLE.COM",
            "/demo/messages.json?to=nobody",
        )
    }
    assert list(asked.values()) == [[other, NUMBER], [NUMBER], [other], []]


def test_the_page_shows_the_same_and_is_kept_by_no_cache(app, visitor):
    visitor.post_form("/en/sign-in", address=NUMBER)
    page = visitor.get("/en/demo/messages")
    assert f"{sent_code(NUMBER)} is your code, good for 5 min." in page.words
    assert page.response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/demo/messages", "/demo/messages.json"])
def test_outside_the_demo_there_is_no_mailbox(settings, path):
    app = create_app(replace(settings, demo=False))
    with closed(app), app.app_context():
        assert Browser(app).get(path).status == 404


def test_who_waits_reads_the_place_on_the_list(app, visitor):
    full = make_activity(capacity=1)
    make_sign_up(full)
    sign_up = make_sign_up(full, state=State.WAITLISTED, person=make_person(mobile=NUMBER))
    with transaction():
        owe("sign_up_waitlisted", "sign_up", sign_up.id, account_id=sign_up.person_id)
    (mail,) = json.loads(visitor.get("/demo/messages.json").text)
    assert mail["text"] == "【河西人才节】“测试活动”名额已满，您已进入候补，当前第1位。有空位将通知您。"
