"""Text messages by Aliyun's SMS service (Dysmsapi, SendSms of 2017-05-25), without its SDK.

The SDK would bring a dozen packages for one request; what it takes is the signature of version 3 (ACS3-HMAC-SHA256), some twenty
lines below, tested with the examples of Aliyun's own manual.

Aliyun sends no free text, only templates that it has approved, with values for their variables. So the settings name those
templates word by word (``SMS_TEMPLATES``), and the values are read out of our text; one that fits no template is not sent.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from festival.lib import clock
from festival.lib.settings import Sms, SmsTemplate
from festival.outbox.posting import Undelivered, post
from festival.outbox.rules import Parcel

ENDPOINT = "https://dysmsapi.aliyuncs.com"
_ACTION = {"x-acs-action": "SendSms", "x-acs-version": "2017-05-25"}
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SIGNED_TEXT = re.compile(r"【([^】]+)】(.+)", re.DOTALL)
#: How Aliyun names what went wrong: no address, no text.
_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class AliyunSms:
    """Sends each text message as the template that it fits."""

    rings = True

    def __init__(self, settings: Sms, patience: float) -> None:
        self._settings = settings
        self._patience = patience

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:  # noqa: ARG002  # the port's signature
        """Ask Aliyun to send one text message; anything but ``OK`` is a failure."""
        sign, text = _taken_apart(parcel.text)
        template, values = fitting(self._settings.templates, text)
        asked = {
            "PhoneNumbers": parcel.to,
            "SignName": sign,
            "TemplateCode": template.code,
            "TemplateParam": json.dumps(values, ensure_ascii=False),
            "OutId": str(message_id),
        }
        query = canonical_query(asked)
        url = self._settings.url or ENDPOINT
        host = url.partition("://")[2].rstrip("/")
        at = clock.wall().strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = signed(
            {"host": host, **_ACTION, "x-acs-date": at, "x-acs-signature-nonce": secrets.token_hex(16)},
            query,
            key=self._settings.key,
            secret=self._settings.secret,
        )
        status, body = post(f"{url.rstrip('/')}/?{query}", b"", headers, self._patience)
        code = _code_of(body)
        if code != "OK":
            raise Undelivered(f"status {status} {code}".rstrip())


def _taken_apart(text: str) -> tuple[str, str]:
    """Return the signature in front of a text, which Aliyun puts there itself, and the rest."""
    found = _SIGNED_TEXT.fullmatch(text)
    if found is None:
        raise Undelivered("no signature in front")
    return found[1], found[2]


def fitting(templates: tuple[SmsTemplate, ...], text: str) -> tuple[SmsTemplate, dict[str, str]]:
    """Return the first template that a text fits, and the values of its variables.

    :raises Undelivered: it fits none.
    """
    for template in templates:
        fixed = _VARIABLE.split(template.text)
        pattern = "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(fixed))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return template, found.groupdict()
    raise Undelivered("no template fits")


def is_fitting(templates: tuple[SmsTemplate, ...], text: str) -> bool:
    """Tell whether a text fits one of the templates."""
    try:
        fitting(templates, text)
    except Undelivered:
        return False
    return True


def _code_of(body: bytes) -> str:
    try:
        code = json.loads(body)["Code"]
    except (ValueError, KeyError, TypeError):
        return ""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


# -- the signature, version 3 ---------------------------------------------------------------------------------------------------


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Return parameters in order, encoded as RFC 3986 has it."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(parameters.items()))


def signed(headers: Mapping[str, str], query: str, *, key: str, secret: str) -> dict[str, str]:
    """Return the headers of a POST of ``/`` without a body, its signature among them."""
    payload = hashlib.sha256(b"").hexdigest()
    every = dict(sorted({**headers, "x-acs-content-sha256": payload}.items()))
    names = ";".join(every)
    lines = "".join(f"{name}:{value.strip()}\n" for name, value in every.items())
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{payload}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), hashlib.sha256).hex()
    return every | {"Authorization": f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"}
