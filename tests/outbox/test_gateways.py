"""The ways out, against real servers on this machine."""

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import select

from festival.lib import clock
from festival.lib.db import db
from festival.lib.settings import Mail, MailBackend, Settings, Sms, SmsBackend
from festival.outbox.gateways import (
    ConsoleGateway,
    DemoMailbox,
    FileGateway,
    HttpSms,
    gateways,
    letter,
)
from festival.outbox.models import DemoMail
from festival.outbox.posting import Undelivered
from festival.outbox.rules import Attachment, Invite, Medium, Parcel
from tests.outbox.inbox import mailer, open_inbox

TEXT = Parcel(Medium.SMS, "13800138000", "【河西人才节】您好。")
LETTER = Parcel(
    Medium.MAIL,
    "li@example.com",
    "您好。\n",
    subject="工程设计论坛：报名成功",
    html="<p>您好。</p>",
    attachments=(Attachment("festival.ics", "text/calendar; charset=utf-8", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),),
)


@pytest.fixture
def smtp():
    with open_inbox() as inbox:
        yield inbox


def test_a_mail_arrives_with_text_html_and_attachment(smtp):
    mailer(smtp.port).send(LETTER, kind="sign_up_confirmed", message_id=7)

    ((sender, to, content),) = smtp.arrived
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert (sender, to) == ("no-reply@hexi.example", ["li@example.com"])
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("工程设计论坛：报名成功", "auto-generated")
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
    ]
    (plain,) = (part for part in mail.walk() if part.get_content_type() == "text/plain")
    assert plain.get_content().strip() == "您好。"


def test_a_calendar_object_stands_in_a_mail_as_an_alternative_with_its_method_and_as_a_file_byte_for_byte(smtp):
    words = "BEGIN:VCALENDAR\r\nSUMMARY:论坛，改期😀\r\nEND:VCALENDAR\r\n"
    parcel = replace(LETTER, attachments=(), invite=Invite("REQUEST", words))
    mailer(smtp.port).send(parcel, kind="sign_up_confirmed", message_id=7)

    mail = email.message_from_bytes(smtp.arrived[0][2], policy=email.policy.default)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    within, beside = list(mail.walk())[-2:]
    assert (within["Content-Type"], within["Content-Transfer-Encoding"]) == (
        'text/calendar; charset="utf-8"; method="REQUEST"',
        "base64",
    )
    assert (beside.get_filename(), beside.get_payload(decode=True)) == ("invite.ics", words.encode())
    assert within.get_payload(decode=True) == words.encode()


def test_the_same_message_has_the_same_id_at_each_try():
    first, again = (letter(LETTER, "no-reply@hexi.example", 7)["Message-ID"] for _ in range(2))
    assert first == again != letter(LETTER, "no-reply@hexi.example", 8)["Message-ID"]
    assert first.endswith("@hexi.example>")


def test_a_refusing_or_absent_server_leaves_the_message_undelivered(smtp):
    smtp.failures = 1
    with pytest.raises(Undelivered):
        mailer(smtp.port).send(LETTER, kind="code", message_id=7)
    with pytest.raises(Undelivered):
        mailer(1).send(LETTER, kind="code", message_id=7)


def test_no_line_break_gets_into_a_header():
    with pytest.raises(ValueError, match=r"newline|linefeed|carriage"):
        letter(Parcel(Medium.MAIL, "a@example.com", "x", subject="Hello\r\nBcc: b@example.com"), "no-reply@hexi.example", 1)


class Receiver(http.server.BaseHTTPRequestHandler):
    """A text message provider: keeps what is posted, answers what it is told to."""

    status = 200
    #: Answers wait for it.
    answers = threading.Event()
    kept: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self):  # the standard library's name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept.append((dict(self.headers), body))
        self.answers.wait(10)
        self.send_response(self.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def provider():
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Receiver.kept, Receiver.status = [], 200
    Receiver.answers.set()
    yield f"http://127.0.0.1:{server.server_port}/send?app=hexi"
    server.shutdown()
    thread.join()
    server.server_close()


def sender(url):
    return HttpSms(Sms(backend=SmsBackend.HTTP, url=url, key="hexi", secret="s3cret"))


def test_a_text_message_is_posted_as_signed_json(provider):
    sender(provider).send(TEXT, kind="code", message_id=7)

    ((headers, body),) = Receiver.kept
    assert json.loads(body) == {"to": "13800138000", "text": "【河西人才节】您好。", "kind": "code", "reference": "7"}
    signed = hmac.digest(b"s3cret", f"{headers['X-Timestamp']}\n{headers['X-Nonce']}\n".encode() + body, hashlib.sha256).hex()
    assert (headers["X-Key"], headers["X-Signature"]) == ("hexi", signed)
    assert abs(int(headers["X-Timestamp"]) - clock.wall().timestamp()) < 60
    assert "s3cret" not in str(headers)


def test_each_message_is_signed_anew(provider):
    for _ in range(2):
        sender(provider).send(TEXT, kind="code", message_id=7)
    assert len({headers["X-Signature"] for headers, _body in Receiver.kept}) == 2


def test_an_answer_that_comes_too_late_is_a_failure_and_the_next_try_bears_the_same_reference(provider):
    Receiver.answers.clear()
    with pytest.raises(Undelivered, match="TimeoutError"):
        HttpSms(Sms(backend=SmsBackend.HTTP, url=provider, key="hexi", secret="s3cret"), patience=0.05).send(
            TEXT, kind="code", message_id=7
        )
    Receiver.answers.set()
    sender(provider).send(TEXT, kind="code", message_id=7)

    bodies = [json.loads(body) for _headers, body in Receiver.kept]
    assert [body["reference"] for body in bodies] == ["7", "7"]
    assert bodies[0] == bodies[1]


def test_a_provider_whose_answer_trickles_in_is_not_waited_for():
    """Each byte comes soon enough for the time-out of a socket, all of them together do not."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=trickle, args=(door,))
        thread.start()
        begun = time.monotonic()
        with pytest.raises(Undelivered):
            HttpSms(Sms(url=f"http://127.0.0.1:{door.getsockname()[1]}/", key="k", secret="s"), patience=0.2).send(
                TEXT, kind="code", message_id=7
            )
        assert time.monotonic() - begun < 4  # all of it takes ten
        thread.join()


def trickle(door):
    line, _ = door.accept()
    with line, suppress(OSError):
        for _ in range(200):
            line.sendall(b"H")
            time.sleep(0.05)


@pytest.mark.parametrize("status", [302, 400, 503])
def test_any_answer_but_success_is_a_failure_and_no_redirect_is_followed(provider, status):
    Receiver.status = status
    with pytest.raises(Undelivered, match=f"status {status}"):
        sender(provider).send(TEXT, kind="code", message_id=7)
    assert len(Receiver.kept) == 1


def test_an_absent_provider_leaves_the_message_undelivered():
    with pytest.raises(Undelivered):
        sender("http://127.0.0.1:1/").send(TEXT, kind="code", message_id=7)


def test_what_failed_to_leave_says_neither_address_nor_words(provider):
    Receiver.status = 500
    with pytest.raises(Undelivered) as failed:
        sender(provider).send(TEXT, kind="code", message_id=7)
    assert "13800138000" not in repr(failed.value) + repr(TEXT)
    assert "您好" not in repr(failed.value) + repr(TEXT)


def test_the_console_prints_and_the_log_does_not(capsys):
    ConsoleGateway(rings=True).send(TEXT, kind="code", message_id=7)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("[sms 7 code] 13800138000: 【河西人才节】您好。\n", "")


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path):
    blocked = tmp_path / "outbox"
    blocked.mkdir()
    (blocked / "00000007-code-sms.json").mkdir()
    with pytest.raises(Undelivered):
        FileGateway(blocked, rings=True).send(TEXT, kind="code", message_id=7)


def test_the_demo_keeps_attachments_too(app):
    DemoMailbox().send(LETTER, kind="sign_up_confirmed", message_id=7)
    kept = db.session.scalars(select(DemoMail)).one()
    assert (kept.to, kept.channel) == ("li@example.com", "mail")
    assert [one["name"] for one in json.loads(kept.attachments)] == ["festival.ics"]


def make(**more):
    return Settings(
        data_folder=Path("/nowhere"),
        database_url="",
        secret_key="",
        calendar_key="",
        data_keys=(),
        base_url="",
        **more,
    )


def test_the_settings_choose_the_ways_out_and_a_demo_sends_nothing():
    smtp, http_ = Mail(backend=MailBackend.SMTP), Sms(backend=SmsBackend.HTTP)
    aliyun = Sms(backend=SmsBackend.ALIYUN)
    kinds = [
        {medium.value: type(way).__name__ for medium, way in gateways(settings).items()}
        for settings in (make(), make(mail=smtp, sms=http_), make(sms=aliyun), make(mail=smtp, sms=http_, demo=True))
    ]
    assert kinds == [
        {"sms": "ConsoleGateway", "mail": "ConsoleGateway"},
        {"sms": "HttpSms", "mail": "SmtpMail"},
        {"sms": "AliyunSms", "mail": "ConsoleGateway"},
        {"sms": "DemoMailbox", "mail": "DemoMailbox"},
    ]
