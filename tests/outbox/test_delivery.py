"""Delivering what is owed: once when all goes well, at least once when it does not."""

import email
import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from festival.accounts import service
from festival.accounts.models import Address
from festival.accounts.rules import Channel
from festival.app import create_app
from festival.jobs import runner as jobs
from festival.lib import clock
from festival.lib.db import database_url, db, transaction
from festival.lib.settings import MailBackend, SmsBackend
from festival.notices import queries
from festival.outbox import delivery, rules, runner
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.outbox.posting import Undelivered
from festival.outbox.queries import unread
from festival.outbox.service import owe
from festival.programme.kinds import kind_of
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import State
from festival.signups.service import SignUpRequest
from tests.accounts.codes import sent_code
from tests.application import closed
from tests.builders import make_activity, make_person, make_sign_up
from tests.database import ROOT
from tests.outbox.inbox import mailer, open_inbox

NUMBER = "13800138000"
#: 10:00 in Tianjin: no quiet hour.
MORNING = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)


class Broken:
    """A gateway that fails so many times, then keeps what it sends."""

    rings = True

    def __init__(self, failures=0):
        self.failures = failures
        self.sent = []

    def send(self, parcel, *, kind, message_id):
        if self.failures:
            self.failures -= 1
            raise Undelivered("status 500")
        self.sent.append((parcel.medium.value, parcel.to))


@pytest.fixture
def at():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


def owe_confirmation(*, mail="", **person):
    sign_up = make_sign_up(make_activity(), person=make_person(**person))
    if mail:
        with transaction():
            [address] = db.session.scalars(select(Address).where(Address.account_id == sign_up.person_id))
            address.channel, address.value = Channel.MAIL, mail
    with transaction():
        message = owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    return message.id


def state_of(message_id):
    db.session.rollback()
    message = db.session.get_one(Message, message_id)
    return message.state, message.tries


def use(app, gateway):
    app.extensions["gateways"] = {rules.Medium.SMS: gateway, rules.Medium.MAIL: gateway}


def ask_code():
    with transaction():
        service.request_code(NUMBER, "zh")


def test_a_message_is_delivered_once(app):
    message = owe_confirmation(mobile=NUMBER)

    assert [deliver_due(), deliver_due()] == [1, 0]
    assert state_of(message) == ("sent", 1)
    assert [(mail.to, mail.kind, mail.channel) for mail in db.session.scalars(select(DemoMail))] == [
        (NUMBER, "sign_up_confirmed", "sms"),
    ]


def test_the_words_are_kept_for_the_reader_but_never_a_code(app):
    ask_code()
    code = sent_code(NUMBER)
    owe_confirmation()
    deliver_due()

    texts = {message.kind: message.text for message in db.session.scalars(select(Message))}
    assert texts["code"] == ""
    assert texts["sign_up_confirmed"].startswith("您已成功报名“测试活动”。")
    shown = db.session.scalars(select(DemoMail).where(DemoMail.kind == "code")).one()
    assert shown.text == f"【河西人才节】验证码{code}，5分钟内有效，请勿告知他人。非本人操作请忽略。"


def test_a_message_not_due_yet_waits(app, at):
    sign_up = make_sign_up(make_activity())
    with transaction():
        owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=sign_up.person_id, due_at=clock.wall() + timedelta(hours=1))
    assert deliver_due() == 0
    at.shift(3600)
    assert deliver_due() == 1


def test_what_is_no_longer_true_is_dropped(app):
    message = owe_confirmation()
    with transaction():
        db.session.scalars(select(SignUp)).one().state = State.WITHDRAWN
    deliver_due()
    assert state_of(message) == ("dropped", 1)
    assert db.session.scalars(select(DemoMail)).all() == []


def test_a_code_nobody_can_use_any_more_is_dropped(app, at):
    ask_code()
    at.shift(301)
    deliver_due()
    message = db.session.scalars(select(Message)).one()
    assert message.state == "dropped"


def test_a_failing_gateway_is_tried_again_later_and_later(app, at):
    gateway = Broken(failures=2)
    use(app, gateway)
    message = owe_confirmation(mobile=NUMBER)

    assert deliver_due() == 0
    at.shift(9)
    assert deliver_due() == 0
    assert state_of(message) == ("owed", 1)
    at.shift(1)
    deliver_due()
    at.shift(60)
    assert deliver_due() == 1
    assert state_of(message) == ("sent", 3)
    assert gateway.sent == [("sms", NUMBER)]


def test_the_inbox_waits_neither_for_a_gateway_nor_for_the_morning(app, at):
    use(app, Broken(failures=1))
    owe_confirmation(mobile=NUMBER)
    deliver_due()
    at.move_to(datetime(2026, 6, 1, 23, 0, tzinfo=clock.ZONE))
    owe_confirmation(mobile="13900139000")
    deliver_due()
    night = clock.wall()
    readers = list(db.session.scalars(select(SignUp.person_id).order_by(SignUp.id)))

    inboxes = [[entry.message.text[:13] for entry in queries.inbox(one, 1)] for one in readers]

    assert inboxes == [["您已成功报名“测试活动”。"]] * 2
    assert [unread(one) for one in readers] == [1, 1]
    at.shift(timedelta(hours=10))
    deliver_due()
    db.session.rollback()
    assert [(one.state, one.shown_at) for one in db.session.scalars(select(Message).order_by(Message.id))] == [
        ("sent", MORNING),
        ("sent", night),
    ]


def test_the_same_owed_once_more_before_it_left_is_said_once(app, at):
    use(app, gateway := Broken())
    owe_confirmation(mobile=NUMBER)
    sign_up = db.session.scalars(select(SignUp)).one()
    for _ in range(2):
        with transaction():
            owe("activity_changed", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    deliver_due()

    assert [(one.kind, one.state) for one in db.session.scalars(select(Message).order_by(Message.id))] == [
        ("sign_up_confirmed", "sent"),
        ("activity_changed", "dropped"),
        ("activity_changed", "sent"),
    ]
    assert len(gateway.sent) == 2


def test_a_message_that_never_goes_out_fails_in_the_end_and_stands_in_the_inbox(app, at):
    use(app, Broken(failures=1000))
    message = owe_confirmation()
    for _ in range(40):
        deliver_due()
        at.shift(timedelta(hours=24, minutes=1))
    assert state_of(message) == ("failed", len(rules.WAITS) + 1)
    assert db.session.get_one(Message, message).shown_at == MORNING


def test_a_message_that_breaks_does_not_hold_up_the_others(app):
    sign_up = make_sign_up(make_activity())
    with transaction():
        owe("no_such_kind", "sign_up", sign_up.id, account_id=sign_up.person_id)
    message = owe_confirmation()
    deliver_due()
    assert state_of(message) == ("sent", 1)


def test_a_worker_killed_between_claim_and_sending_is_followed_by_another(app, at):
    message = owe_confirmation()
    assert [one.id for one in delivery._claim(10)] == [message]

    assert deliver_due() == 0
    at.shift(rules.LEASE)
    assert deliver_due() == 1
    assert state_of(message) == ("sent", 2)


def test_a_worker_killed_after_the_mail_server_took_a_mail_is_followed_by_one_that_sends_the_same_id(app, tmp_path):
    """Between a server's answer and our commit nothing can be made one: it comes at least once, and a mailbox can tell."""
    message = owe_confirmation(mail="li@example.com")
    plan = {"database_url": database_url(), "folder": str(tmp_path)}
    db.session.remove()
    with open_inbox() as inbox:
        line = json.dumps(plan | {"port": inbox.port}) + "\n"
        killed = subprocess.run([sys.executable, "-m", "tests.outbox.worker"], input=line, text=True, cwd=ROOT, check=False)
        after = (state_of(message), deliver_due())
        app.extensions["gateways"] = {rules.Medium.MAIL: mailer(inbox.port)}
        with time_machine.travel(clock.wall() + rules.LEASE, tick=False):
            again = deliver_due()
        ids = [email.message_from_bytes(content)["Message-ID"] for _sender, _to, content in inbox.arrived]

    assert (killed.returncode, after, again) == (-signal.SIGKILL, (("owed", 1), 0), 1)
    assert (state_of(message), len(ids), len(set(ids))) == (("sent", 2), 2, 1)


def test_a_worker_that_was_too_slow_no_longer_writes(app, at):
    message = owe_confirmation()
    (slow,) = delivery._claim(1)
    at.shift(rules.LEASE)
    (other,) = delivery._claim(1)
    delivery._write(slow, state="failed")
    assert state_of(message)[0] == "owed"
    delivery._write(other, state="sent")
    assert state_of(message)[0] == "sent"


def test_many_workers_send_each_message_once(app):
    gateway = Broken()
    use(app, gateway)
    numbers = [f"1370000{n:04d}" for n in range(30)]
    for number in numbers:
        owe_confirmation(mobile=number)

    def work():
        with app.app_context():
            delivery.settle_due(5)

    db.session.rollback()
    gateway.rings = False
    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(to for _medium, to in gateway.sent) == numbers


class Hanging(Broken):
    """A gateway that lets everybody wait until it is opened."""

    rings = False

    def __init__(self):
        super().__init__()
        self.entered, self.opened = threading.Event(), threading.Event()

    def send(self, parcel, *, kind, message_id):
        self.entered.set()
        self.opened.wait(20)
        super().send(parcel, kind=kind, message_id=message_id)


def test_a_gateway_that_hangs_slows_no_sign_up_and_loses_no_message(app):
    gateway, stopping = Hanging(), threading.Event()
    use(app, gateway)
    activity = make_activity(capacity=10)
    numbers = [f"1370000{n:04d}" for n in range(6)]
    people = [make_person(mobile=number).id for number in numbers]
    worker = threading.Thread(target=jobs.run, args=(app, stopping))
    worker.start()
    try:
        took = []
        for person_id in people:
            begun = time.monotonic()
            with transaction():
                signups.sign_up(activity.id, person_id, SignUpRequest(), kind=kind_of(activity))
            took.append(time.monotonic() - begun)
            assert gateway.entered.wait(10)  # from the first message on somebody hangs in the gateway
        assert gateway.sent == []
        assert max(took) < 10  # the gateway lets everybody wait for twenty
        gateway.opened.set()
        wait_until(lambda: len(gateway.sent) == len(people))
    finally:
        gateway.opened.set()
        stopping.set()
        worker.join(20)

    assert sorted(to for _medium, to in gateway.sent) == numbers
    assert {state for (state,) in db.session.execute(select(Message.state))} == {"sent"}


def wait_until(done):
    until = time.monotonic() + 20
    while not done() and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize(("hour", "minute", "waits_until"), [(20, 59, None), (21, 0, 2), (3, 0, 1), (8, 0, None)])
def test_no_telephone_rings_between_nine_and_eight(app, hour, minute, waits_until):
    gateway = Broken()
    use(app, gateway)
    with time_machine.travel(datetime(2026, 6, 1, hour, minute, tzinfo=clock.ZONE), tick=False):
        owe_confirmation()
        deliver_due()

    due = clock.local(db.session.scalars(select(Message.due_at)).one()).replace(microsecond=0)
    assert len(gateway.sent) == (waits_until is None)
    assert waits_until is None or due == datetime(2026, 6, waits_until, 8, tzinfo=clock.ZONE)


def test_codes_and_cancellations_leave_at_night(app):
    gateway = Broken()
    use(app, gateway)
    with time_machine.travel(datetime(2026, 6, 1, 23, 0, tzinfo=clock.ZONE), tick=False):
        ask_code()
        sign_up = make_sign_up(make_activity())
        with transaction():
            owe("activity_changed", "sign_up", sign_up.id, account_id=sign_up.person_id)
        assert deliver_due() == 2


def test_mail_leaves_at_night_and_the_text_message_follows_in_the_morning(app):
    gateway, letters = Broken(), Broken()
    letters.rings = False
    app.extensions["gateways"] = {rules.Medium.SMS: gateway, rules.Medium.MAIL: letters}
    with time_machine.travel(datetime(2026, 6, 1, 23, 0, tzinfo=clock.ZONE), tick=False) as at:
        person = make_person(mobile=NUMBER)
        with transaction():
            db.session.add(
                Address(account_id=person.id, channel="mail", value="a@example.com", verified_at=clock.wall()),
            )
        sign_up = make_sign_up(make_activity(), person=person)
        with transaction():
            owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id)
        message = db.session.scalars(select(Message.id)).one()
        deliver_due()
        assert (letters.sent, gateway.sent) == ([("mail", "a@example.com")], [])
        at.shift(timedelta(hours=9, seconds=1))
        deliver_due()
    assert (letters.sent, gateway.sent) == ([("mail", "a@example.com")], [("sms", NUMBER)])
    assert state_of(message) == ("sent", 1)


def test_the_worker_delivers_at_once_what_is_committed(app):
    stopping = threading.Event()
    thread = threading.Thread(target=jobs.run, args=(app, stopping))
    thread.start()
    try:
        ask_code()
        for _ in range(500):
            db.session.rollback()
            if db.session.scalars(select(DemoMail)).all():
                break
            threading.Event().wait(0.02)
    finally:
        stopping.set()
        thread.join(20)
    assert [mail.kind for mail in db.session.scalars(select(DemoMail))] == ["code"]


def test_a_code_goes_first_and_the_runner_lets_requests_go_before_anything_else(app):
    gateway, looks = Broken(), []
    use(app, gateway)
    owe_confirmation(mobile="13900139000")
    ask_code()

    def is_crowded():
        looks.append(len(gateway.sent))
        return len(looks) < 3

    app.extensions["is_crowded"] = is_crowded
    assert runner.deliver() == 2

    assert gateway.sent[0] == ("sms", NUMBER)
    assert looks == [1, 1, 1]  # the code had left before anybody looked


def test_the_file_gateways_write_one_file_per_message(settings, tmp_path):
    outside = replace(
        settings,
        demo=False,
        sms=replace(settings.sms, backend=SmsBackend.FILE),
        mail=replace(settings.mail, backend=MailBackend.FILE),
    )
    app = create_app(outside)
    with closed(app), app.app_context(), time_machine.travel(MORNING, tick=False):
        ask_code()
        with transaction():
            service.request_code("li@example.com", "en")
        codes = [sent_code(to) for to in (NUMBER, "li@example.com")]
        assert deliver_due() == 2

    first, second = sorted((tmp_path / "outbox").iterdir())
    assert json.loads(first.read_text())["to"] == NUMBER
    assert codes[0] in json.loads(first.read_text())["text"]
    assert "Subject: Your code · Hexi Talent Festival".encode() not in second.read_bytes()  # it is encoded
    assert codes[1].encode() in second.read_bytes()
    assert (second.suffix, (tmp_path / "outbox").stat().st_mode & 0o77) == (".eml", 0)


def test_the_command_delivers_what_is_due_and_says_how_many(app):
    ask_code()
    answer = app.test_cli_runner().invoke(args=["outbox", "deliver"])
    assert (answer.exit_code, answer.output.splitlines()[-1]) == (0, "Messages settled: 1")
