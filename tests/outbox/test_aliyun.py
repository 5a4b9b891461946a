"""Text messages by Aliyun, against a server on this machine that checks each signature as Aliyun's does."""

import hashlib
import hmac
import http.server
import json
import threading
from dataclasses import replace
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest

from festival.lib.settings import Sms, SmsBackend, SmsTemplate
from festival.outbox.aliyun import AliyunSms, canonical_query, fitting, signed
from festival.outbox.posting import Undelivered
from festival.outbox.rules import Medium, Parcel

CODE = SmsTemplate("SMS_1", "验证码${code}，5分钟内有效，请勿告知他人。")
CONFIRMED = SmsTemplate("SMS_2", "您已成功报名“${title}”。${when}，${where}。")
TEXT = Parcel(Medium.SMS, "13800138000", "【河西人才节】您已成功报名“论坛+A&B”。6月17日14:00，梅江会展中心。")


class Aliyun(http.server.BaseHTTPRequestHandler):
    """Aliyun's door: knows one secret, refuses what is not signed with it, and otherwise answers what it is told to."""

    answer: ClassVar[tuple[int, bytes]] = (200, b'{"Code": "OK", "Message": "OK", "BizId": "1", "RequestId": "2"}')
    taken: ClassVar[list[dict[str, str]]] = []
    nonces: ClassVar[set[str]] = set()
    answers = threading.Event()

    def do_POST(self):
        scheme, _, rest = self.headers["Authorization"].partition(" ")
        parts = dict(part.split("=", 1) for part in rest.split(","))
        query = urlsplit(self.path).query
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in parts["SignedHeaders"].split(";"))
        request = f"POST\n/\n{query}\n{lines}\n{parts['SignedHeaders']}\n{hashlib.sha256(b'').hexdigest()}"
        wanted = hmac.digest(b"s3cret", f"{scheme}\n{hashlib.sha256(request.encode()).hexdigest()}".encode(), "sha256").hex()
        is_fresh = self.headers["x-acs-signature-nonce"] not in self.nonces
        self.nonces.add(self.headers["x-acs-signature-nonce"])
        if (scheme, parts["Credential"], parts["Signature"]) != ("ACS3-HMAC-SHA256", "LTAI", wanted) or not is_fresh:
            self._give(400, b'{"Code": "SignatureDoesNotMatch", "Message": "for 13800138000"}')
            return
        self.taken.append({**dict(parse_qsl(query)), "action": f"{self.headers['x-acs-action']} {self.headers['x-acs-version']}"})
        self.answers.wait(5)
        self._give(*self.answer)

    def _give(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def aliyun():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aliyun)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Aliyun.taken, Aliyun.answer = [], (200, b'{"Code": "OK", "Message": "OK", "BizId": "1", "RequestId": "2"}')
    Aliyun.answers.set()
    yield Sms(
        backend=SmsBackend.ALIYUN,
        url=f"http://127.0.0.1:{server.server_port}",
        key="LTAI",
        secret="s3cret",
        templates=(CODE, CONFIRMED),
    )
    server.shutdown()
    thread.join()
    server.server_close()


def send(settings, parcel=TEXT, patience=5):
    AliyunSms(settings, patience).send(parcel, kind="sign_up_confirmed", message_id=7)


def test_the_signature_is_that_of_the_examples_in_aliyuns_manual():
    query = canonical_query({"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"})
    signatures = []
    for at, nonce in [
        ("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d"),
        ("2023-10-26T09:01:01Z", "d410180a5abf7fe235dd9b74aca91fc0"),
    ]:
        headers = {
            "host": "ecs.cn-shanghai.aliyuncs.com",
            "x-acs-action": "RunInstances",
            "x-acs-version": "2014-05-26",
            "x-acs-date": at,
            "x-acs-signature-nonce": nonce,
        }
        made = signed(headers, query, key="YourAccessKeyId", secret="YourAccessKeySecret")["Authorization"]
        signatures.append(made.rpartition("=")[2])

    assert signatures == [
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
    ]


def test_a_text_message_is_sent_as_the_template_that_it_fits_with_the_values_of_its_variables(aliyun):
    send(aliyun)
    send(aliyun, replace(TEXT, text="【河西人才节】验证码123456，5分钟内有效，请勿告知他人。"))

    confirmed, code = Aliyun.taken
    assert confirmed == {
        "action": "SendSms 2017-05-25",
        "PhoneNumbers": "13800138000",
        "SignName": "河西人才节",
        "TemplateCode": "SMS_2",
        "TemplateParam": json.dumps({"title": "论坛+A&B", "when": "6月17日14:00", "where": "梅江会展中心"}, ensure_ascii=False),
        "OutId": "7",
    }
    assert (code["TemplateCode"], code["TemplateParam"]) == ("SMS_1", '{"code": "123456"}')


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, b'{"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "13800138000"}'), "status 200 isv.BUSINESS_LIMIT_CONTROL"),
        ((503, b"<html>"), "status 503"),
        ((200, b'{"Code": "\xe6\x82\xa8 13800138000"}'), "status 200"),
    ],
)
def test_any_answer_but_ok_is_a_failure_that_names_neither_address_nor_words(aliyun, answer, said):
    Aliyun.answer = answer
    with pytest.raises(Undelivered) as failed:
        send(aliyun)
    assert str(failed.value) == said


def test_a_wrong_secret_is_refused(aliyun):
    with pytest.raises(Undelivered, match=r"^status 400 SignatureDoesNotMatch$"):
        send(replace(aliyun, secret="another"))
    assert Aliyun.taken == []


def test_an_answer_that_comes_too_late_is_a_failure_and_the_next_try_bears_the_same_reference_and_a_new_nonce(aliyun):
    Aliyun.answers.clear()
    with pytest.raises(Undelivered):
        send(aliyun, patience=0.05)
    Aliyun.answers.set()
    send(aliyun)

    assert [one["OutId"] for one in Aliyun.taken] == ["7", "7"]


def test_a_text_that_fits_no_template_or_bears_no_signature_is_not_sent(aliyun):
    for text in ("【河西人才节】另有安排。", "验证码1，5分钟内有效，请勿告知他人。"):
        with pytest.raises(Undelivered, match=r"^no (template|signature)"):
            send(aliyun, replace(TEXT, text=text))
    assert Aliyun.taken == []


def test_words_of_a_template_are_no_pattern():
    template = SmsTemplate("SMS_3", "第1场(上午).${rest}")
    assert fitting((template,), "第1场(上午).见") == (template, {"rest": "见"})
    with pytest.raises(Undelivered):
        fitting((template,), "第1场上午x见")
