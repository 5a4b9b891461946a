"""Forms of those who decide about a show and set up its ground."""

from datetime import datetime

from flask_wtf import FlaskForm
from wtforms import HiddenField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.kinds.show import rules, wording
from festival.kinds.show.models import Area, ShowPlan
from festival.kinds.show.rules import Cause, Decision
from festival.kinds.show.service import EntranceEdit, PlanEdit, Ruling, ZoneEdit
from festival.lib.db import MAX_ID
from festival.lib.fields import (
    Chosen,
    InstantField,
    LineField,
    LinesField,
    Needed,
    OneOfRadioField,
    TickField,
    WholeField,
    at_most,
)
from festival.lib.format import capital
from festival.lib.i18n import _, _l
from festival.programme.service import Why

#: Nobody watches from a zone larger than that.
_MOST = 100_000
#: Metres.
_FAR = 50_000
_TEXT = 2000


class _Seen(FlaskForm):
    """A form that knows what it was about, and what was decided last, when it was shown."""

    seen = HiddenField()
    #: What the page said the decision is about, as ``service.about`` has it.
    about = HiddenField()

    def seen_id(self) -> int:
        """Return the id of the last decision that stood on the page; 0: none. What is no id is one that nobody has."""
        text = self.seen.data or ""
        is_id = text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004  # an id
        return int(text) if is_id else MAX_ID


class GoForm(_Seen):
    """The show goes ahead."""

    def value(self, what: Decision) -> Ruling:
        """Return the decision."""
        return Ruling(what)


class DecisionForm(_Seen):
    """The show does not go ahead as planned: a prepared reason, or one in the organizers' own words, in both languages."""

    cause = OneOfRadioField(
        _l("原因"),
        validators=[Chosen()],
        description=_l("中英文已备好，公开显示并写进通知"),
    )
    reason_zh = LineField(
        _l("自己写的原因（中文）"), validators=[at_most(60)], description=_l("选“其他”时填写；填了就代替备好的原因")
    )
    reason_en = LineField(_l("自己写的原因（英文）"), validators=[at_most(120)])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.cause.choices = [SelectChoice(cause.value, capital(words)) for cause, words in wording.CAUSES.items()]

    def validate_reason_zh(self, field: LineField) -> None:
        """Another reason is named; own words come in both languages."""
        if not field.data and (self.cause.data == Cause.OTHER or self.reason_en.data):
            raise ValidationError(_("请写明原因"))

    def validate_reason_en(self, field: LineField) -> None:
        """Another reason is named; own words come in both languages."""
        if not field.data and (self.cause.data == Cause.OTHER or self.reason_zh.data):
            raise ValidationError(_("请写明原因"))

    def why(self) -> Why:
        """Return the reason in both languages."""
        if self.reason_zh.data and self.reason_en.data:
            return Why(self.reason_zh.data, self.reason_en.data)
        return wording.why_of(Cause(self.cause.data))

    def value(self, what: Decision) -> Ruling:
        """Return the decision."""
        return Ruling(what, Cause(self.cause.data), self.why())


class HoldForm(DecisionForm):
    """The show waits: until when?"""

    until = InstantField(_l("下一次公布的时间"), validators=[Needed()], description=_l("最晚在这时公布下一步"))

    def value(self, what: Decision) -> Ruling:
        """Return the decision."""
        return Ruling(what, Cause(self.cause.data), self.why(), self.until.data)


def form_of(what: Decision, *, seen: int = 0, about: str = "", until: datetime | None = None) -> GoForm | DecisionForm:
    """Return the form of a decision.

    :param until: the hour that is proposed for the next word of a hold.
    """
    if what == Decision.GO:
        return GoForm(seen=str(seen), about=about)
    if what == Decision.HOLD:
        return HoldForm(seen=str(seen), about=about, until=until)
    return DecisionForm(seen=str(seen), about=about)


# -- the ground ---------------------------------------------------------------------------------------------------------------


class PlanForm(FlaskForm):
    """What readers are told of weather, transit and the sky."""

    weather_zh = LinesField(_l("天气限值（中文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 5})
    weather_en = LinesField(_l("天气限值（英文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 5})
    transit_zh = LinesField(_l("交通（中文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 4})
    transit_en = LinesField(_l("交通（英文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 4})
    no_fly_zh = LinesField(_l("禁飞（中文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 2})
    no_fly_en = LinesField(_l("禁飞（英文，每行一条）"), validators=[at_most(_TEXT)], render_kw={"rows": 2})
    no_fly_metres = WholeField(_l("禁飞半径（米）"), least=1, most=_FAR, description=_l("留空：没有禁飞范围"))

    @classmethod
    def of(cls, plan: ShowPlan | None) -> "PlanForm":
        """Return the form, filled from the plan where nothing was posted."""
        return cls(obj=plan)

    def value(self) -> PlanEdit:
        """Return what the organizer wants."""
        return PlanEdit(
            weather=Why(self.weather_zh.data or "", self.weather_en.data or ""),
            transit=Why(self.transit_zh.data or "", self.transit_en.data or ""),
            no_fly=Why(self.no_fly_zh.data or "", self.no_fly_en.data or ""),
            no_fly_metres=self.no_fly_metres.data,
        )


class ZoneForm(FlaskForm):
    """A viewing zone."""

    mark_zh = LineField(_l("平面图上的名称（中文）"), validators=[Needed(), at_most(40)], description=_l("如“A区”"))
    mark_en = LineField(_l("平面图上的名称（英文）"), validators=[Needed(), at_most(60)])
    safety_limit = WholeField(
        _l("安全人数"), least=1, most=_MOST, validators=[Needed()], description=_l("最多同时在场，儿童和工作人员都算在内")
    )
    staff = WholeField(_l("其中工作人员"), least=0, most=_MOST, validators=[Needed()])
    wheelchair_places = WholeField(_l("轮椅位"), least=0, most=_MOST, validators=[Needed()])
    is_step_free = TickField(_l("无台阶到达"))
    corners = LineField(
        _l("平面图上的角点"),
        validators=[Needed(), at_most(400)],
        description=_l("横 0–1000，纵 0–640，左上角为 0,0；按顺序写，如 240,470 760,470 720,575"),
    )

    @classmethod
    def of(cls, area: Area | None) -> "ZoneForm":
        """Return the form, filled from the zone where nothing was posted."""
        if area is None:
            return cls(staff=0, wheelchair_places=0)
        names = ("mark_zh", "mark_en", "safety_limit", "staff", "wheelchair_places", "is_step_free")
        drawn = " ".join(f"{corner.x},{corner.y}" for corner in area.corners)
        return cls(**{name: getattr(area, name) for name in names}, corners=drawn)

    def validate_staff(self, field: WholeField) -> None:
        """Staff leave room for guests."""
        if field.data is not None and self.safety_limit.data is not None and field.data >= self.safety_limit.data:
            raise ValidationError(_("工作人员应少于安全人数"))

    def validate_corners(self, field: LineField) -> None:
        """Three corners or more, on the plan."""
        if rules.read_corners(field.data or "") is None:
            raise ValidationError(_("请写至少三个角点，如 240,470 760,470 720,575"))

    def value(self) -> ZoneEdit:
        """Return what the organizer wants."""
        assert self.safety_limit.data is not None
        assert self.staff.data is not None
        assert self.wheelchair_places.data is not None
        return ZoneEdit(
            mark=Why(self.mark_zh.data or "", self.mark_en.data or ""),
            safety_limit=self.safety_limit.data,
            staff=self.staff.data,
            wheelchair_places=self.wheelchair_places.data,
            is_step_free=bool(self.is_step_free.data),
            corners=rules.read_corners(self.corners.data or "") or [],
        )


class EntranceForm(FlaskForm):
    """An entrance of a zone."""

    label_zh = LineField(_l("入口名称（中文）"), validators=[Needed(), at_most(40)], description=_l("同名的签到口会一起启用"))
    label_en = LineField(_l("入口名称（英文）"), validators=[Needed(), at_most(60)])
    x = WholeField(_l("横坐标"), least=0, most=rules.WIDTH, validators=[Needed()])
    y = WholeField(_l("纵坐标"), least=0, most=rules.HEIGHT, validators=[Needed()])
    is_step_free = TickField(_l("无台阶"))

    def value(self) -> EntranceEdit:
        """Return what the organizer wants."""
        assert self.x.data is not None
        assert self.y.data is not None
        return EntranceEdit(
            label=Why(self.label_zh.data or "", self.label_en.data or ""),
            at=(self.x.data, self.y.data),
            is_step_free=bool(self.is_step_free.data),
        )
