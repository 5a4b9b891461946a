"""The documented protocol, kept by an adapter that is written as ``docs/sms-gateway.md`` says: what it promises comes true."""

import hmac
import http.server
import json
import re
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.settings import Sms, SmsBackend
from festival.outbox.delivery import deliver_due
from festival.outbox.gateways import HttpSms
from festival.outbox.models import Message
from festival.outbox.rules import Medium
from festival.outbox.service import owe
from tests.builders import make_activity, make_person, make_sign_up
from tests.database import ROOT
from tests.outbox.test_delivery import MORNING

NUMBERS = ["13700000001", "13700000002"]


class Adapter(http.server.ThreadingHTTPServer):
    """Checks signatures by the document's own line, and sends no reference twice."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Door)
        words = (ROOT / "docs" / "sms-gateway.md").read_text(encoding="utf-8")
        (self.check,) = re.findall(r"`(hmac\.compare_digest\(.+\))`", words)
        #: What comes next: each answer once, then 200.
        self.plan: list[str] = []
        self.posted: list[str] = []
        self.refused: list[str] = []
        self.texts: dict[str, tuple[str, str]] = {}
        self.nonces: set[str] = set()
        self.go_on = threading.Event()

    def is_genuine(self, headers, body) -> bool:
        nonce = headers["X-Nonce"]
        known = {"signature": headers["X-Signature"], "secret": b"s3cret", "timestamp": headers["X-Timestamp"], "nonce": nonce}
        is_fresh = nonce not in self.nonces and abs(clock.wall().timestamp() - int(headers["X-Timestamp"])) < 300
        self.nonces.add(nonce)
        return is_fresh and headers["X-Key"] == "hexi" and eval(self.check, {"hmac": hmac, "body": body, **known})


class Door(http.server.BaseHTTPRequestHandler):
    server: Adapter

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = json.loads(body)
        self.server.posted.append(asked["reference"])
        if not self.server.is_genuine(self.headers, body):
            self.server.refused.append(asked["reference"])
            self._answer(403)
            return
        does = self.server.plan.pop(0) if self.server.plan else "takes"
        if does == "fails":
            self._answer(503)
            return
        self.server.texts.setdefault(asked["reference"], (asked["to"], asked["text"]))  # a repetition changes nothing
        if does == "delays":
            self.server.go_on.wait(10)
        self._answer(202)

    def _answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def adapter():
    server = Adapter()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_provider_that_fails_delays_and_is_asked_again_sends_each_message_once(app, adapter):
    way = HttpSms(
        Sms(backend=SmsBackend.HTTP, url=f"http://127.0.0.1:{adapter.server_port}/", key="hexi", secret="s3cret"), patience=1.5
    )
    app.extensions["gateways"] = {Medium.SMS: way, Medium.MAIL: way}
    adapter.plan = ["fails", "takes", "delays"]
    with time_machine.travel(MORNING, tick=False) as at:
        for number in NUMBERS:
            sign_up = make_sign_up(make_activity(), person=make_person(mobile=number))
            with transaction():
                owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=sign_up.person_id)
        rounds = []
        for _ in range(3):
            rounds.append(deliver_due())
            at.shift(timedelta(minutes=5))

    first, second = adapter.posted[:2]
    assert (rounds, adapter.refused) == ([1, 0, 1], [])
    # The first fails, then is taken though its answer comes too late, then is asked for again under the same reference.
    assert adapter.posted == [first, second, first, first]
    assert sorted(to for to, _text in adapter.texts.values()) == NUMBERS
    assert {text.startswith("【河西人才节】") for _to, text in adapter.texts.values()} == {True}
    db.session.rollback()
    assert sorted(db.session.execute(select(Message.state, Message.tries)).all()) == [("sent", 1), ("sent", 3)]


def test_a_request_that_somebody_recorded_is_refused_the_second_time_and_so_is_a_forged_one(adapter):
    body, headers = b'{"reference": "1"}', {"X-Key": "hexi", "X-Timestamp": str(int(clock.wall().timestamp())), "X-Nonce": "n"}
    signed = hmac.digest(b"s3cret", f"{headers['X-Timestamp']}\nn\n".encode() + body, "sha256").hex()
    given = {**headers, "X-Signature": signed}

    assert [adapter.is_genuine(given, body), adapter.is_genuine(given, body)] == [True, False]
    assert not adapter.is_genuine({**given, "X-Nonce": "m"}, body)
