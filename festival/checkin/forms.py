"""Forms of the door, and of who did not come."""

import re
from datetime import UTC, datetime

from flask import request
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.accounts.rules import device_word
from festival.checkin.pictures import MOST_BYTES, read_picture
from festival.checkin.rules import LONGEST, Typed, UndoReason, Way, read_code
from festival.checkin.service import ScanRequest
from festival.checkin.wording import UNDO_WORDS
from festival.lib import tokens
from festival.lib.db import MAX_ID
from festival.lib.fields import Chosen, Legible, LineField, LinesField, Needed, OneOfRadioField, at_most
from festival.lib.i18n import _l

#: Rows that may be ticked at once: more than a page holds.
_MOST = 200


class RecordForm(FlaskForm):
    """Who is to be recorded: the rows ticked (``pick``), or all, of whom ``seen`` says how many stood on the page."""

    def picked(self) -> list[int]:
        """Return the ids of the rows ticked; what is no id counts as not ticked."""
        return [number for text in request.form.getlist("pick")[:_MOST] if (number := _number(text)) <= MAX_ID]

    def wants_all(self) -> bool:
        """Tell whether the button for all was pressed."""
        return "all" in request.form

    def seen(self) -> int | None:
        """Return how many the page named that asked whether to record all; None: it was not asked yet."""
        return _number(request.form["seen"]) if "seen" in request.form else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else MAX_ID + 1  # noqa: PLR2004  # digits of MAX_ID


class ExcuseForm(FlaskForm):
    """Why an absence is excused."""

    reason = LinesField(
        _l("免除的理由"),
        description=_l("只有工作人员在操作记录中看到，并长期保留。请勿写健康等个人情况。"),
        validators=[Legible(), Needed(), at_most(200)],
        render_kw={"rows": 3, "maxlength": 200},
    )

    def value(self) -> str:
        """Return the reason."""
        return self.reason.data or ""


# -- the door -----------------------------------------------------------------------------------------------------------------

_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DEVICE = re.compile(r"[a-z0-9]{4,8}")
#: Digits of a number of persons.
_FEW = 3


def nonce_of(text: str) -> str:
    """Return what makes a scan one scan, as the device or the form made it; a new one where it sent none that we can keep."""
    return text if _NONCE.fullmatch(text) else tokens.new_token()


def device_of(text: str, user_agent: str) -> str:
    """Return how a device is known again: a word for it, and the number that it gave itself."""
    own = text if _DEVICE.fullmatch(text) else ""
    return f"{device_word(user_agent)} {own}".strip()


def persons_of(text: str) -> int | None:
    """Return a number of persons; None: none was given that can be one."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _FEW
    return int(text) if is_number and int(text) else None


class ScanForm(FlaskForm):
    """A scan: ``code`` (what the QR holds, its address, or the digits) or a ``picture`` of it, ``way`` and ``persons``."""

    code = LineField(
        _l("签到码"),
        render_kw={
            "autocomplete": "off",
            "autocapitalize": "off",
            "spellcheck": "false",
            "enterkeyhint": "go",
            "maxlength": LONGEST,
        },
    )

    def typed(self) -> Typed | None:
        """Return what was scanned or typed, or what stands in the picture."""
        code = self.code.data or ""
        if code:
            return read_code(code)
        picture = request.files.get("picture")
        return read_picture(picture.stream.read(MOST_BYTES + 1)) if picture else None

    def is_empty(self) -> bool:
        """Tell whether neither a code nor a picture came."""
        picture = request.files.get("picture")
        return not self.code.data and not (picture and picture.filename)

    def way(self) -> Way:
        """Return what the scan is for: in, unless it says out."""
        return way_of(request.form.get("way", ""))

    def asked(self) -> ScanRequest:
        """Return the scan."""
        return ScanRequest(
            nonce=nonce_of(request.form.get("nonce", "")),
            way=self.way(),
            typed=self.typed(),
            persons=persons_of(request.form.get("persons", "")),
        )


def way_of(text: str) -> Way:
    """Return a way through the door: in, unless it is named out."""
    return Way.OUT if text == Way.OUT else Way.IN


class UndoForm(FlaskForm):
    """Why a scan is taken back, and of how many persons (all, unless it says)."""

    reason = OneOfRadioField(
        _l("为什么撤销"),
        choices=[SelectChoice(reason.value, words) for reason, words in UNDO_WORDS.items()],
        validators=[Chosen()],
    )

    def value(self) -> UndoReason:
        """Return the reason."""
        return UndoReason(self.reason.data)


class GateForm(FlaskForm):
    """A gate's name."""

    name = LineField(
        _l("签到口名称"),
        validators=[Legible(), Needed(), at_most(40)],
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )


class LateForm:
    """Scans that a device made by itself while the network was away, as JSON: each is one ``ScanRequest``."""

    #: Scans in one letter; the device sends the rest in the next.
    MOST = 50

    def __init__(self, sent: object) -> None:
        body = sent if isinstance(sent, dict) else {}
        scans = body.get("scans")
        self._now = _instant(body.get("now"))
        self.gate = body.get("gate") if isinstance(body.get("gate"), int) else None
        self.device = str(body.get("device", ""))
        self.requests = [found for one in scans[: self.MOST] if (found := self._read(one))] if isinstance(scans, list) else []

    def _read(self, one: object) -> ScanRequest | None:
        if not isinstance(one, dict):
            return None
        nonce, lookup, claimed = str(one.get("nonce", "")), str(one.get("lookup", "")), one.get("persons")
        if not _NONCE.fullmatch(nonce) or not _LOOKUP.fullmatch(lookup) or type(claimed) is not int or not 0 < claimed < _CROWD:
            return None
        return ScanRequest(
            nonce=nonce,
            way=way_of(str(one.get("way", ""))),
            lookup=lookup,
            claimed=claimed,
            device_at=_instant(one.get("at")),
            device_now=self._now,
        )


_LOOKUP = re.compile(r"[0-9a-f]{32}")
#: No party is so large.
_CROWD = 1000
#: Milliseconds since 1970 that a clock may show: the years 2001 to 2286.
_MILLISECONDS = range(10**12, 10**13)


def _instant(value: object) -> datetime | None:
    """Return the instant of a device's clock (milliseconds since 1970); None: it is none."""
    return datetime.fromtimestamp(value / 1000, UTC) if type(value) is int and value in _MILLISECONDS else None


class AnswerForm(FlaskForm):
    """What the person is told whose absence is not excused."""

    words = LinesField(
        _l("给本人的答复"),
        description=_l("本人会在报名页面看到这段话，最多 500 字。请写明依据，例如当天的签到时间。"),
        validators=[Legible(), Needed(), at_most(500)],
        render_kw={"rows": 3, "maxlength": 500},
    )

    def value(self) -> str:
        """Return the words."""
        return self.words.data or ""
