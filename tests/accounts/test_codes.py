"""One-time codes: what is sent, what is taken, and the limits that always hold."""

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import func, select

from festival.accounts import service
from festival.accounts.models import Account, Address, CodeChallenge
from festival.accounts.rules import AddressProblem, Channel, CodeReason, Reachable
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from tests.accounts.codes import sent_code

NUMBER = "13800138000"
START = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def at():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def ask(address=NUMBER):
    with transaction():
        return service.request_code(address, "zh")


def enter(code, address=NUMBER, browser=""):
    with transaction():
        return service.redeem(address, code, browser=browser)


def another(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_a_code_is_owed_and_never_stored(app, at):
    assert ask() == service.CodeSent(Reachable(Channel.MOBILE, NUMBER), 60)

    code = sent_code(NUMBER)
    message = db.session.scalars(select(Message)).one()
    assert (message.kind, message.subject, message.account_id, message.text) == ("code", "code_challenge", None, "")
    stored = [str(value) for row in db.session.execute(select(CodeChallenge.__table__)) for value in row]
    assert len(code) == 6
    assert code not in stored


def test_the_first_right_code_makes_the_account(app, at):
    ask()
    first = enter(sent_code(NUMBER))
    at.shift(61)
    ask()
    second = enter(sent_code(NUMBER))

    assert isinstance(first, service.Redeemed)
    assert isinstance(second, service.Redeemed)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.account.id == second.account.id
    assert [(a.value, a.channel) for a in first.account.addresses] == [(NUMBER, "mobile")]


def test_a_code_works_once(app, at):
    ask()
    code = sent_code(NUMBER)
    enter(code)
    assert enter(code) == service.CodeRejected(CodeReason.USED)


def test_the_second_press_of_the_same_browser_is_answered_as_the_first_for_a_minute(app, at):
    ask()
    code = sent_code(NUMBER)
    first = enter(code, browser="mine")
    again = enter(code, browser="mine")
    other = enter(code, browser="another")
    at.shift(60)
    late = enter(code, browser="mine")

    assert isinstance(first, service.Redeemed)
    assert isinstance(again, service.Redeemed)
    assert first.account.id == again.account.id
    assert [other, late] == [service.CodeRejected(CodeReason.USED)] * 2


def test_a_code_lasts_five_minutes(app, at):
    ask()
    code = sent_code(NUMBER)
    at.shift(299)
    assert isinstance(enter(code), service.Redeemed)
    at.shift(2)
    ask()
    code = sent_code(NUMBER)
    at.shift(300)
    assert enter(code) == service.CodeRejected(CodeReason.EXPIRED)


def test_five_wrong_tries_end_a_code_even_for_the_right_one(app, at):
    ask()
    code = sent_code(NUMBER)
    tries = [enter(another(code)) for _ in range(5)]

    assert tries == [
        *(service.CodeRejected(CodeReason.WRONG, left) for left in (4, 3, 2, 1)),
        service.CodeRejected(CodeReason.TRIED_OUT, 0),
    ]
    assert enter(code) == service.CodeRejected(CodeReason.TRIED_OUT)
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0


def test_what_is_no_code_costs_no_try(app, at):
    ask()
    assert [enter(text) for text in ("12345", "1234567", "abcdef", "")] == [service.CodeRejected(CodeReason.SHAPE)] * 4
    assert db.session.scalars(select(CodeChallenge.tries)).one() == 0


def test_a_code_typed_in_full_width_or_with_a_space_is_read(app, at):
    ask()
    code = sent_code(NUMBER)
    typed = " ".join("".join(chr(ord(digit) + 0xFEE0) for digit in part) for part in (code[:3], code[3:]))
    assert isinstance(enter(typed), service.Redeemed)


def test_only_the_newest_code_counts(app, at):
    ask()
    old = sent_code(NUMBER)
    at.shift(61)
    ask()
    assert enter(old).reason == CodeReason.WRONG
    assert isinstance(enter(sent_code(NUMBER)), service.Redeemed)


def test_a_code_of_one_address_opens_no_other(app, at):
    ask()
    ask("13900139000")
    assert enter(sent_code(NUMBER), "13900139000").reason == CodeReason.WRONG
    assert enter("123456", "13700137000") == service.CodeRejected(CodeReason.NONE)


def test_one_code_a_minute_five_an_hour_ten_a_day(app, at):
    refused = []
    for _ in range(24 * 60):
        outcome = ask()
        if isinstance(outcome, service.CodeRefused):
            refused.append(outcome.reason)
        at.shift(60)

    sent = db.session.scalars(select(CodeChallenge.sent_at).order_by(CodeChallenge.id)).all()
    assert [int((when - START).total_seconds()) for when in sent] == [
        *(60 * n for n in range(5)),
        *(3600 + 60 * n for n in range(5)),
    ]
    assert set(refused) == {CodeReason.HOURLY, CodeReason.DAILY}


def test_the_wait_is_told_in_whole_seconds_and_is_long_enough(app, at):
    ask()
    at.shift(12.4)
    assert ask() == service.CodeRefused(CodeReason.TOO_SOON, 48)
    at.shift(48)
    assert isinstance(ask(), service.CodeSent)


def test_limits_follow_the_real_clock_when_the_festivals_stands_still(app, at, frozen):
    frozen(datetime(2023, 6, 16, 2, tzinfo=UTC))
    ask()
    at.shift(61)
    assert isinstance(ask(), service.CodeSent)
    code = sent_code(NUMBER)
    at.shift(301)
    assert enter(code) == service.CodeRejected(CodeReason.EXPIRED)


@pytest.mark.parametrize(
    ("typed", "reason", "digits"),
    [
        ("", AddressProblem.MISSING, 0),
        ("1380013800", AddressProblem.LENGTH, 10),
        ("12800138000", AddressProblem.PREFIX, 11),
        ("+852 6123 4567", AddressProblem.FOREIGN, 0),
        ("admin", AddressProblem.MAIL, 0),
        ("a@b", AddressProblem.MAIL, 0),
        ("a@example.com\nBcc: b@example.com", AddressProblem.MAIL, 0),
        ("x" * 250 + "@example.com", AddressProblem.MAIL, 0),
    ],
)
def test_what_cannot_be_reached_gets_no_code(app, typed, reason, digits):
    assert ask(typed) == service.CodeRefused(reason, digits=digits)
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


@pytest.mark.parametrize(
    "typed",
    ["138 0013 8000", "+86 138-0013-8000", "0086 13800138000", "8613800138000", "１３８００１３８０００", " 138\u200b00138000 "],
)
def test_a_number_is_read_however_it_is_typed(app, typed):
    sent = ask(typed)
    assert isinstance(sent, service.CodeSent)
    assert sent.address == Reachable(Channel.MOBILE, NUMBER)


def test_a_mail_address_is_one_address_in_any_case(app):
    sent = ask(" Li.Chen＠Example.COM ")
    assert isinstance(sent, service.CodeSent)
    assert sent.address == Reachable(Channel.MAIL, "li.chen@example.com")


def test_a_refused_sign_up_leaves_the_code_good_and_no_account(app, at):
    ask()
    code = sent_code(NUMBER)

    def sign_up():
        with transaction():
            assert isinstance(service.redeem(NUMBER, code), service.Redeemed)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        sign_up()

    assert db.session.scalars(select(Address)).all() == []
    assert isinstance(enter(code), service.Redeemed)


def test_who_asked_for_codes_is_forgotten_after_two_days(app, at):
    ask()
    at.shift(2 * 24 * 3600 + 1)
    ask("13900139000")
    assert db.session.scalars(select(CodeChallenge.address)).all() == ["13900139000"]
