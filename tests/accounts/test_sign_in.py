"""Signing in as somebody who attends: the pages, the session, and what others must not be able to do with them."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from festival.accounts import service
from festival.accounts.access import SESSION_KEY
from festival.accounts.models import Account, CodeChallenge, SignInSession
from festival.app import create_app
from festival.lib import clock
from festival.lib.db import db, transaction
from tests.accounts.codes import sent_code
from tests.application import closed
from tests.builders import make_person
from tests.web import Browser

NUMBER = "13800138000"


def signs_in(browser, number=NUMBER, path="/sign-in"):
    page = browser.post_form(path, address=number)
    return browser.post_form(browser.get(page.location), code=sent_code(number))


def cookie(browser):
    with browser.client.session_transaction() as held:
        return dict(held)


def test_a_number_and_its_code_sign_in(app, visitor):
    asked = visitor.post_form("/sign-in", address="138 0013 8000")
    assert (asked.status, asked.location) == (303, "/sign-in/code")

    entered = visitor.post_form(visitor.get(asked.location), code=sent_code(NUMBER))

    assert (entered.status, entered.location) == (303, "/me")
    assert cookie(visitor).keys() == {SESSION_KEY, "_permanent"}


def test_english_pages_lead_to_english_pages(app, visitor):
    asked = visitor.post_form("/en/sign-in", address=NUMBER)
    entered = visitor.post_form(visitor.get(asked.location), code=sent_code(NUMBER))
    assert (asked.location, entered.location) == ("/en/sign-in/code", "/en/me")
    assert db.session.scalars(select(Account.locale)).one() == "en"


def test_a_wrong_code_says_how_often_one_may_try_and_costs_a_try(app, visitor):
    page = visitor.get(visitor.post_form("/sign-in", address=NUMBER).location)
    wrong = f"{(int(sent_code(NUMBER)) + 1) % 1_000_000:06d}"

    answer = visitor.post_form(page, code=wrong)

    assert answer.status == 422
    assert "还可以试 4 次" in answer.words
    assert db.session.scalars(select(CodeChallenge.tries)).one() == 1


def test_an_address_that_cannot_be_is_explained_beside_the_field(app, visitor):
    answer = visitor.post_form("/sign-in", address="1380013800")
    assert answer.status == 422
    assert answer.html.select_one("#address-error").get_text(strip=True) == "手机号应为 11 位数字，现在是 10 位"
    assert answer.html.select_one("#address")["value"] == "1380013800"


def test_asking_again_at_once_leads_to_the_code_that_was_sent(app, visitor):
    visitor.post_form("/sign-in", address=NUMBER)
    again = visitor.post_form("/sign-in", address=NUMBER)
    page = visitor.get(again.location)

    assert again.location == "/sign-in/code"
    assert db.session.scalar(select(func.count()).select_from(CodeChallenge)) == 1
    assert 55 <= int(page.html.select_one("[data-wait]")["data-wait"]) <= 60


def test_a_hundred_requests_for_one_address_send_five_codes_in_an_hour(app, visitor):
    with time_machine.travel(clock.wall(), tick=False) as at:
        statuses = []
        for _ in range(50):
            statuses.append(visitor.post_form("/sign-in", address=NUMBER).status)
            at.shift(61)
        assert statuses == [303] * 5 + [429] * 45
        answer = visitor.post_form("/sign-in", address=NUMBER)
    assert answer.response.headers["Retry-After"].isdigit()
    assert db.session.scalar(select(func.count()).select_from(CodeChallenge)) == 5


def test_known_and_unknown_addresses_read_the_same(app):
    make_person(mobile=NUMBER)
    answers = [Browser(app).post_form("/sign-in", address=number) for number in (NUMBER, "13900139000")]
    assert [answer.status for answer in answers] == [303, 303]
    assert len({answer.location for answer in answers}) == 1


def test_a_staff_name_signs_nobody_in_here(app, visitor):
    assert visitor.post_form("/sign-in", address="admin").status == 422


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/activities/forum/sign-up?slot=3", "/activities/forum/sign-up?slot=3"),
        ("https://evil.example/", "/me"),
        ("//evil.example/", "/me"),
        ("/\\evil.example/", "/me"),
        ("/%0d%0aSet-Cookie:x=1", "/%0d%0aSet-Cookie:x=1"),
        ("/\r\nSet-Cookie: x=1", "/me"),
        ("javascript:alert(1)", "/me"),
        ("/\t/evil.example", "/me"),
        ("", "/me"),
    ],
)
def test_one_goes_on_to_a_path_of_this_site_only(app, visitor, asked, goes):
    page = visitor.get("/sign-in", query_string={"next": asked})
    code = visitor.get(visitor.post_form(page, address=NUMBER).location)
    assert visitor.post_form(code, code=sent_code(NUMBER)).response.headers["Location"] == goes


def test_the_language_of_the_way_back_is_the_pages(app, visitor):
    page = visitor.get("/en/sign-in?next=/activities/forum")
    code = visitor.get(visitor.post_form(page, address=NUMBER).location)
    assert visitor.post_form(code, code=sent_code(NUMBER)).location == "/en/activities/forum"


def test_the_key_is_new_at_each_sign_in_and_what_was_planted_is_gone(app, visitor):
    with visitor.client.session_transaction() as held:
        held.update({SESSION_KEY: "planted", "csrf_token": "planted", "browser": "planted", "more": "planted"})
    signs_in(visitor)
    assert "planted" not in cookie(visitor).values()


def test_signing_in_as_somebody_else_ends_the_former_session(app, visitor):
    signs_in(visitor)
    before = cookie(visitor)[SESSION_KEY]
    with visitor.client.session_transaction() as held:
        held["pending"] = "13900139000"
    with transaction():
        service.request_code("13900139000", "zh")
    visitor.post_form("/sign-in/code", code=sent_code("13900139000"))

    ended = [session.ended_at is not None for session in db.session.scalars(select(SignInSession).order_by(SignInSession.id))]
    assert ended == [True, False]
    assert cookie(visitor)[SESSION_KEY] != before


def test_the_cookie_of_a_signed_out_browser_opens_nothing(app, visitor):
    signs_in(visitor)
    thief = Browser(app)
    with thief.client.session_transaction() as held:
        held.update(cookie(visitor))
    assert thief.get("/me/privacy").status == 200

    out = visitor.post_form("/me/privacy", action="/sign-out")

    assert (out.location, out.response.headers["Clear-Site-Data"]) == ("/sign-in", '"cache"')
    assert cookie(visitor) == {}
    assert thief.get("/me/privacy").location == "/sign-in?next=/me/privacy"


def test_nobody_is_signed_in_or_out_without_the_forms_token(app, visitor):
    signs_in(visitor)
    assert [visitor.post(path).status for path in ("/sign-out", "/sign-in", "/sign-in/code")] == [400] * 3
    assert visitor.get("/me/privacy").status == 200


@pytest.mark.parametrize(("days", "is_in"), [(29.9, True), (30, False)])
def test_a_person_stays_signed_in_for_thirty_days_after_the_last_visit(app, visitor, days, is_in):
    with time_machine.travel(clock.wall(), tick=False) as at:
        signs_in(visitor)
        at.shift(timedelta(days=20))
        visitor.get("/me/privacy")
        at.shift(timedelta(days=days))
        assert (visitor.get("/me/privacy").status == 200) is is_in


def test_a_visit_is_noted_every_five_minutes_at_most(app, visitor):
    with time_machine.travel(clock.wall(), tick=False) as at:
        start = clock.wall()
        signs_in(visitor)
        seen = []
        for minutes in (4, 2, 4, 2):
            at.shift(timedelta(minutes=minutes))
            visitor.get("/me/privacy")
            db.session.rollback()
            last = db.session.scalars(select(SignInSession.last_seen_at)).one()
            seen.append(round((last - start).total_seconds() / 60))
    assert seen == [0, 6, 6, 12]


def test_a_session_ended_elsewhere_ends_at_the_next_request(app, visitor):
    signs_in(visitor)
    account = db.session.scalars(select(Account)).one()
    with transaction():
        service.end_all_sessions(account, actor_id=account.id)
    assert visitor.get("/me/privacy").status == 303


def test_the_key_in_the_cookie_is_not_in_the_database(app, visitor):
    signs_in(visitor)
    key = cookie(visitor)[SESSION_KEY]
    row = db.session.execute(select(SignInSession.__table__)).one()
    assert len(key) >= 43
    assert key not in [str(value) for value in row]


def test_the_second_press_of_the_button_is_answered_as_the_first(app, visitor):
    page = visitor.get(visitor.post_form("/sign-in", address=NUMBER).location)
    impatient = Browser(app)
    with impatient.client.session_transaction() as held:
        held.update(cookie(visitor))
    code = sent_code(NUMBER)
    answers = [browser.post_form(page, code=code) for browser in (visitor, impatient)]
    assert [answer.location for answer in answers] == ["/me", "/me"]


def test_pages_of_signing_in_are_kept_by_no_cache(app, visitor):
    assert visitor.get("/sign-in").response.headers["Cache-Control"] == "no-store"


def test_links_and_messages_never_follow_the_host_header(app, visitor):
    page = visitor.get("/sign-in", headers={"Host": "evil.example"})
    assert "evil.example" not in page.text


@pytest.mark.slow
def test_two_first_sign_ins_at_once_make_one_account(app):
    with transaction():
        service.request_code(NUMBER, "zh")
    code = sent_code(NUMBER)
    outcomes = []

    def sign_in():
        with app.app_context(), transaction():
            outcome = service.redeem(NUMBER, code, browser="the same")
            outcomes.append(outcome.account.id if isinstance(outcome, service.Redeemed) else outcome)

    db.session.rollback()
    threads = [threading.Thread(target=sign_in) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    account = db.session.scalars(select(Account)).one()
    assert outcomes == [account.id] * 8


@pytest.mark.slow
def test_many_requests_at_once_send_one_code(app):
    sent = []

    def ask():
        with app.app_context(), transaction():
            sent.append(isinstance(service.request_code(NUMBER, "zh"), service.CodeSent))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == [False] * 7 + [True]


def test_a_shared_office_does_not_trip_the_limits_per_ip(settings):
    app = create_app(replace(settings, ratelimit_enabled=True))
    with closed(app), app.app_context():
        page = Browser(app)
        statuses = {page.post_form("/sign-in", address=f"1380000{n:04d}").status for n in range(60)}
    assert statuses == {303}
