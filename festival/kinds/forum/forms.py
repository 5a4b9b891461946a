"""Forms of a forum: an item of the agenda, rooms, speakers, publishing, hours, materials, and a number to verify."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.widgets import TimeInput

from festival.kinds.forum.models import ForumRoom, ForumSession, ForumSpeaker
from festival.kinds.forum.rules import Audience, SessionType
from festival.kinds.forum.service import NewMaterial, SessionEdit, SpeakerEdit
from festival.kinds.forum.wording import TYPES
from festival.lib import clock
from festival.lib.fields import (
    Chosen,
    InstantField,
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfField,
    SeveralOfField,
    UploadField,
    WholeField,
    at_most,
)
from festival.lib.format import day
from festival.lib.i18n import _, _l, loc
from festival.lib.text import half_width
from festival.programme.models import Slot

_CLOCK = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)(:00)?")


class ClockField(Field):
    """A time of day, typed and shown as ``09:30``; None when left empty."""

    widget = TimeInput()
    data: time | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        self.data = None
        typed = half_width(valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        found = _CLOCK.fullmatch(typed)
        if found is None:
            raise ValueError(_("请按“时:分”填写，如 09:30"))
        self.data = time(int(found[1]), int(found[2]))

    def _value(self) -> str:
        """Return what stands in the field."""
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{self.data:%H:%M}" if self.data else ""


class SessionForm(FlaskForm):
    """An item of the agenda."""

    title_zh = LineField(_l("题目（中文）"), validators=[Legible(), Needed(), at_most(100)])
    title_en = LineField(_l("题目（英文）"), validators=[Legible(), Needed(), at_most(100)])
    type = OneOfField(_l("类型"), validators=[Chosen()])
    seats = WholeField(
        _l("席位数"), least=1, most=100_000, description=_l("平行论坛有自己的席位，参会者另行预约；其他类型不填。")
    )
    day = OneOfField(_l("日期"), validators=[Chosen()])
    starts = ClockField(_l("开始时间"), validators=[Needed()])
    ends = ClockField(_l("结束时间"), validators=[Needed()])
    room = OneOfField(_l("房间"), validators=[Chosen()])
    speakers = SeveralOfField(_l("演讲嘉宾"))
    summary_zh = LinesField(_l("介绍（中文）"), validators=[Legible(), at_most(1000)], render_kw={"rows": "3"})
    summary_en = LinesField(_l("介绍（英文）"), validators=[Legible(), at_most(2000)], render_kw={"rows": "3"})

    days: Sequence[Slot] = ()

    @classmethod
    def of(
        cls,
        days: Sequence[Slot],
        rooms: Sequence[ForumRoom],
        speakers: Sequence[ForumSpeaker],
        session: ForumSession | None = None,
    ) -> "SessionForm":
        """Return the form of an item, as it stands or empty."""
        form = cls(data=_as_data(session) if session else {"day": str(days[0].id) if len(days) == 1 else None, "speakers": []})
        form.days = days
        form.type.choices = [("", _("请选择")), *((one.value, str(TYPES[one])) for one in SessionType)]
        form.day.choices = [
            *([] if len(days) == 1 else [("", _("请选择"))]),
            *((str(one.id), day(one.starts_at)) for one in days),
        ]
        form.room.choices = [("", _("请选择")), *((str(one.id), loc(one, "name")) for one in rooms)]
        form.speakers.choices = [(str(one.id), f"{loc(one, 'name')} · {loc(one, 'role')}".strip(" ·")) for one in speakers]
        return form

    def validate(self, extra_validators: object = None) -> bool:
        """Judge each field, then whether the times and the seats belong to the item."""
        super().validate(extra_validators)
        if not self.starts.errors and not self.ends.errors and not self.day.errors:
            starts, ends = self._minutes()
            if starts < 0:
                self.starts.errors = [_("早于当天会议的开始时间")]
            elif ends <= starts:
                self.ends.errors = [_("结束应晚于开始")]
        is_parallel = self.type.data == SessionType.PARALLEL
        if is_parallel and self.seats.data is None and not self.seats.errors:
            self.seats.errors = [_("请填写平行论坛的席位数")]
        return not self.errors

    def _minutes(self) -> tuple[int, int]:
        slot = next(one for one in self.days if str(one.id) == self.day.data)
        assert self.starts.data is not None
        assert self.ends.data is not None
        start = clock.local(slot.starts_at)
        times = [datetime.combine(start.date(), one, tzinfo=start.tzinfo) for one in (self.starts.data, self.ends.data)]
        first, last = (int((one - start).total_seconds() // 60) for one in times)
        return first, last

    def value(self) -> SessionEdit:
        """Return the item asked for."""
        starts, ends = self._minutes()
        kind = SessionType(self.type.data)
        return SessionEdit(
            day_id=int(self.day.data),
            starts=starts,
            ends=ends,
            type=kind,
            room_id=int(self.room.data),
            speaker_ids=tuple(int(one) for one in self.speakers.data or []),
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            summary_zh=self.summary_zh.data or "",
            summary_en=self.summary_en.data or "",
            seats=self.seats.data if kind == SessionType.PARALLEL else None,
        )


def _as_data(one: ForumSession) -> dict[str, object]:
    start = clock.local(one.day.starts_at)
    return {
        "title_zh": one.title_zh,
        "title_en": one.title_en,
        "type": one.type.value,
        "seats": one.seats,
        "day": str(one.day_id),
        "starts": (start + timedelta(minutes=one.starts_minute)).time(),
        "ends": (start + timedelta(minutes=one.starts_minute + one.lasts_minutes)).time(),
        "room": str(one.room_id),
        "speakers": [str(speaker.id) for speaker in one.speakers],
        "summary_zh": one.summary_zh,
        "summary_en": one.summary_en,
    }


class RoomForm(FlaskForm):
    """A room."""

    name_zh = LineField(_l("名称（中文）"), validators=[Legible(), Needed(), at_most(60)])
    name_en = LineField(_l("名称（英文）"), validators=[Legible(), Needed(), at_most(100)])


class SpeakerForm(FlaskForm):
    """A speaker, as readers see them."""

    name_zh = LineField(_l("姓名（中文）"), validators=[Legible(), Needed(), at_most(60)])
    name_en = LineField(_l("姓名（英文）"), validators=[Legible(), Needed(), at_most(100)])
    role_zh = LineField(_l("单位与职务（中文）"), validators=[Legible(), at_most(120)])
    role_en = LineField(_l("单位与职务（英文）"), validators=[Legible(), at_most(200)])
    about_zh = LinesField(_l("简介（中文）"), validators=[Legible(), at_most(2000)], render_kw={"rows": "4"})
    about_en = LinesField(_l("简介（英文）"), validators=[Legible(), at_most(4000)], render_kw={"rows": "4"})

    def value(self) -> SpeakerEdit:
        """Return the speaker asked for."""
        return SpeakerEdit(**{name: self[name].data or "" for name in SpeakerEdit.__slots__})


class PublishForm(FlaskForm):
    """Publishing the draft. ``seen`` is the revision that the page showed."""

    note_zh = LineField(_l("变更说明（中文）"), validators=[Legible(), at_most(100)], description=_l("写给读者，可不填。"))
    note_en = LineField(_l("变更说明（英文）"), validators=[Legible(), at_most(200)])
    seen = WholeField("", least=1, most=10**9 - 1, validators=[Needed()])


class HoursForm(FlaskForm):
    """How hours are certified."""

    credit_hours = WholeField(_l("学时"), least=1, most=100, description=_l("不计学时的论坛留空。"))
    least_percent = WholeField(
        _l("至少在场（占全程的百分比）"), least=1, most=100, validators=[Needed()], description=_l("按入场与离场扫码计算。")
    )


class RevokeForm(FlaskForm):
    """Why a certificate is revoked."""

    reason = LineField(_l("撤销原因"), validators=[Legible(), Needed(), at_most(200)])


class MaterialForm(FlaskForm):
    """A file for readers."""

    title_zh = LineField(_l("标题（中文）"), validators=[Legible(), Needed(), at_most(100)])
    title_en = LineField(_l("标题（英文）"), validators=[Legible(), Needed(), at_most(150)])
    item = OneOfField(_l("所属议程"))
    audience = OneOfField(_l("谁可以看"), validators=[Chosen()])
    opens_at = InstantField(_l("开放查看时间"), validators=[Needed()])
    file = UploadField(_l("文件（PDF 或 DOCX，5 MB 以内）"), validators=[Needed()])

    @classmethod
    def of(cls, titles: Sequence[tuple[str, str]], opens_at: datetime) -> "MaterialForm":
        """Return the form; ``titles``: key and title of each item."""
        form = cls(data={"audience": Audience.ATTENDEES.value, "opens_at": opens_at})
        form.item.choices = [("", _("整场论坛")), *titles]
        form.audience.choices = [(Audience.ATTENDEES.value, _("有参会席位的人")), (Audience.EVERYBODY.value, _("所有人"))]
        return form

    def value(self) -> NewMaterial:
        """Return the material asked for."""
        assert self.opens_at.data is not None
        assert self.file.data is not None
        return NewMaterial(
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            session_key=self.item.data or "",
            audience=Audience(self.audience.data),
            opens_at=self.opens_at.data,
            file=self.file.data,
        )


class NumberForm(FlaskForm):
    """The number of a certificate, however it was copied."""

    number = LineField(
        _l("证明编号"),
        validators=[Legible(), Needed(), at_most(40)],
        description=_l("印在证明上，形如 HX23-ABCD-EFGH-JKMN。"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def read_number(typed: str) -> str:
    """Return a certificate's number as it is kept: blanks, hyphens, small letters and full width are what people type."""
    bare = "".join(character for character in half_width(typed).upper() if character.isascii() and character.isalnum())
    return "-".join(filter(None, (bare[:4], bare[4:8], bare[8:12], bare[12:])))[:24]
