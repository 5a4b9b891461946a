"""Forms of those who organize: an activity's words, time and place, one slot, the sign-up window."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import Optional, Regexp

from festival.audit.wording import action_words
from festival.lib import clock
from festival.lib.fields import InstantField, LineField, LinesField, Needed, WholeField, at_most
from festival.lib.i18n import _, _l, loc
from festival.lib.text import clean_line, half_width
from festival.programme.log import Asked, Group
from festival.programme.models import Activity, Slot, Venue
from festival.programme.service import ActivityEdit, ActivityWords, SlotEdit, Span, Weather

#: The longest description: twenty printed pages.
_DESCRIPTION = 20_000
_NOTICES = 4_000
#: Heights of fields of several lines.
_TALL, _LOW = {"rows": "10"}, {"rows": "5"}


def _seen(typed: str | None) -> datetime | None:
    """Return the instant a form was filled from; None when the field was tampered with, so that nothing is overwritten."""
    try:
        seen = datetime.fromisoformat(typed or "")
    except ValueError:
        return None
    return seen if seen.tzinfo else None


class Remembers(FlaskForm):
    """A form that knows which state of the row it was filled from."""

    seen = HiddenField()

    def seen_at(self) -> datetime:
        """Return the ``updated_at`` the form was filled from; an instant long ago when it says none."""
        return _seen(self.seen.data) or datetime(1970, 1, 1, tzinfo=clock.ZONE)


class _Span(FlaskForm):
    """From when to when."""

    starts_at = InstantField(_l("开始时间"), validators=[Needed()])
    ends_at = InstantField(_l("结束时间"), validators=[Needed()])

    def validate_ends_at(self, field: InstantField) -> None:
        """An end comes after its start."""
        if field.data and self.starts_at and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("结束时间应晚于开始时间"))

    def span(self) -> Span | None:
        """Return the span; None where the form has none."""
        if not self.starts_at or not self.starts_at.data or not self.ends_at.data:
            return None
        return Span(self.starts_at.data, self.ends_at.data)


class ActivityForm(Remembers, _Span):
    """What an activity says of itself, and when and where it is."""

    title_zh = LineField(_l("名称（中文）"), validators=[Needed(), at_most(200)])
    title_en = LineField(_l("名称（英文）"), validators=[Needed(), at_most(300)])
    short_title_zh = LineField(
        _l("简称（中文）"),
        validators=[Needed(), at_most(10)],
        description=_l("短信和名单标题使用，不超过10个字"),
    )
    short_title_en = LineField(_l("简称（英文）"), validators=[Needed(), at_most(60)])
    summary_zh = LineField(_l("一句话介绍（中文）"), validators=[at_most(300)])
    summary_en = LineField(_l("一句话介绍（英文）"), validators=[at_most(500)])
    description_zh = LinesField(
        _l("详细介绍（中文）"),
        validators=[at_most(_DESCRIPTION)],
        description=_l("可用 Markdown：空行分段，- 开头为列表，**加粗**，[文字](网址) 为链接"),
        render_kw=_TALL,
    )
    description_en = LinesField(_l("详细介绍（英文）"), validators=[at_most(_DESCRIPTION)], render_kw=_TALL)
    host_zh = LineField(_l("主办单位（中文）"), validators=[at_most(200)])
    host_en = LineField(_l("主办单位（英文）"), validators=[at_most(300)])
    host_phone = LineField(
        _l("咨询电话"),
        validators=[Optional(), at_most(40), Regexp(r"[0-9+\-() /转ext.]+\Z", message=_l("电话只含数字、+、-、括号和空格"))],
        description=_l("公开显示"),
    )
    audience_zh = LineField(_l("面向人群（中文）"), validators=[at_most(300)])
    audience_en = LineField(_l("面向人群（英文）"), validators=[at_most(500)])
    notices_zh = LinesField(_l("温馨提示（中文）"), validators=[at_most(_NOTICES)], description=_l("每行一条"), render_kw=_LOW)
    notices_en = LinesField(_l("温馨提示（英文）"), validators=[at_most(_NOTICES)], description=_l("每行一条"), render_kw=_LOW)
    venue_id = SelectField(_l("地点"), coerce=int, validators=[Needed()])

    @classmethod
    def for_activity(cls, activity: Activity, venues: list[Venue], *, is_fresh: bool = False) -> "ActivityForm":
        """Return the form, filled from the activity where nothing was posted; without times where it has several sessions.

        :param is_fresh: whatever was posted is not looked at.
        """
        more = {"formdata": None} if is_fresh else {}
        form = cls(obj=activity, seen=activity.updated_at.isoformat(), **more)
        form.venue_id.choices = _venue_choices(venues)
        if len(sessions_of(activity)) != 1:
            del form.starts_at
            del form.ends_at
        return form

    def words(self) -> ActivityWords:
        """Return the words."""
        return ActivityWords(
            title_zh=_text(self.title_zh),
            title_en=_text(self.title_en),
            short_title_zh=_text(self.short_title_zh),
            short_title_en=_text(self.short_title_en),
            summary_zh=_text(self.summary_zh),
            summary_en=_text(self.summary_en),
            description_zh=_text(self.description_zh),
            description_en=_text(self.description_en),
            host_zh=_text(self.host_zh),
            host_en=_text(self.host_en),
            host_phone=_text(self.host_phone),
            audience_zh=_text(self.audience_zh),
            audience_en=_text(self.audience_en),
            notices_zh=_text(self.notices_zh),
            notices_en=_text(self.notices_en),
        )

    def value(self) -> ActivityEdit:
        """Return what the organizer wants."""
        return ActivityEdit(words=self.words(), venue_id=self.venue_id.data, span=self.span())


def _venue_choices(venues: list[Venue]) -> list[SelectChoice]:
    return [SelectChoice(str(venue.id), loc(venue, "name")) for venue in venues]


def _text(field: LineField | LinesField) -> str:
    return field.data or ""


def sessions_of(activity: Activity) -> list[Slot]:
    """Return the slots that stand on their own."""
    return [slot for slot in activity.slots if slot.parent_id is None]


class SlotForm(Remembers, _Span):
    """One slot: when, where, and what it is called."""

    venue_id = SelectField(_l("地点"), coerce=int, validators=[Needed()])
    label_zh = LineField(_l("场次名称（中文）"), validators=[at_most(100)])
    label_en = LineField(_l("场次名称（英文）"), validators=[at_most(100)])
    backup_starts_at = InstantField(
        _l("备用日期的开始时间"), validators=[Optional()], description=_l("天气不宜时改在此时举行，一直公开显示；留空：没有")
    )
    decision_at = InstantField(_l("最晚决定时间"), validators=[Optional()], description=_l("最晚何时公布是否如期举行"))

    def validate_backup_starts_at(self, field: InstantField) -> None:
        """A backup date comes after the date it stands in for."""
        if field.data and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("备用日期应晚于原定时间"))

    def validate_decision_at(self, field: InstantField) -> None:
        """Whether it goes ahead is said before it does."""
        if field.data and self.starts_at.data and field.data >= self.starts_at.data:
            raise ValidationError(_("决定时间应早于开始时间"))

    @classmethod
    def for_slot(cls, slot: Slot, activity: Activity, venues: list[Venue], *, is_fresh: bool = False) -> "SlotForm":
        """Return the form, filled from the slot where nothing was posted.

        :param is_fresh: whatever was posted is not looked at.
        """
        more = {"formdata": None} if is_fresh else {}
        form = cls(obj=slot, seen=slot.updated_at.isoformat(), **more)
        if not form.venue_id.raw_data:
            form.venue_id.data = slot.venue_id or 0
        if slot.parent_id is not None:  # the weather is its session's
            del form.backup_starts_at
            del form.decision_at
        same = _("与活动相同：%(venue)s", venue=loc(activity.venue, "name"))
        form.venue_id.choices = [SelectChoice("0", same), *_venue_choices(venues)]
        return form

    def value(self) -> SlotEdit:
        """Return what the organizer wants."""
        span = self.span()
        assert span is not None
        weather = Weather(self.backup_starts_at.data, self.decision_at.data) if self.backup_starts_at else None
        return SlotEdit(span, self.venue_id.data or None, _text(self.label_zh), _text(self.label_en), weather)


class WindowForm(FlaskForm):
    """When sign-up opens and closes."""

    opens_at = InstantField(_l("报名开放"), validators=[Optional()], description=_l("留空：发布后即可报名"))
    closes_at = InstantField(_l("报名截止"), validators=[Optional()], description=_l("留空：到活动结束为止"))

    def validate_closes_at(self, field: InstantField) -> None:
        """A window closes after it opens."""
        if field.data and self.opens_at.data and field.data <= self.opens_at.data:
            raise ValidationError(_("截止时间应晚于开放时间"))


#: More places than any pool has.
_MOST = 1_000_000


class CapacityForm(FlaskForm):
    """How many places a pool has, and what becomes of those who are too many."""

    capacity = WholeField(_l("名额（人）"), least=0, most=_MOST)
    unlimited = BooleanField(_l("不限名额"))
    over = RadioField(
        _l("超出的人"),
        choices=[
            SelectChoice("keep", _l("全部保留，不通知任何人")),
            SelectChoice("move", _l("把最后报名的移到候补名单最前面，并通知他们")),
        ],
        validators=[Optional()],
    )

    #: The pool lends its places to others: what it lends is a number.
    is_reserve = False

    def validate_capacity(self, field: WholeField) -> None:
        """Nothing at all stands in the field only where no limit is meant."""
        if self.unlimited.data and self.is_reserve:
            raise ValidationError(_("机动名额必须是一个数，不能不限"))
        if self.unlimited.data:
            field.errors = []
        elif field.data is None and not field.errors:
            raise ValidationError(_("请填写人数；名额不限请勾选“不限名额”"))

    def value(self) -> int | None:
        """Return the capacity; None is unlimited."""
        return None if self.unlimited.data else self.capacity.data

    def chosen(self) -> str | None:
        """Return what shall become of those who are too many; None: not said yet."""
        return self.over.data if self.over.data in {"keep", "move"} else None


# -- what somebody asks of the audit trail ------------------------------------------------------------------------------------

_LONGEST = 64
_SUBJECT = re.compile(r"([a-z_]{1,32})?\s*#?\s*(\d{1,9})?")


def trail_asked(arguments: MultiDict[str, str]) -> Asked:
    """Return what an address asks of the audit trail. What it does not understand, it leaves out."""
    subject = _SUBJECT.fullmatch(half_width(clean_line(arguments.get("subject", ""))))
    number = arguments.get("id", "")
    if not number and subject and subject[2]:
        number = subject[2]
    return Asked(
        who=clean_line(arguments.get("who", ""))[:_LONGEST],
        what=clean_line(arguments.get("what", ""))[:_LONGEST],
        first_on=_day(arguments.get("from")),
        last_on=_day(arguments.get("to")),
        activity=clean_line(arguments.get("activity", ""))[:_LONGEST],
        subject=(subject[1] or "") if subject else "",
        subject_id=int(number) if re.fullmatch(r"[0-9]{1,9}", number) else None,
        is_sealed={"yes": True, "no": False}.get(arguments.get("sealed", "")),
    )


def _day(typed: str | None) -> date | None:
    """Return the day that ``<input type="date">`` sends; None for anything else, and for years nobody means."""
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2100 else None  # noqa: PLR2004  # as in lib.fields


def what_choices(actions: Sequence[str]) -> list[tuple[str, str]]:
    """Return what a reader of the trail may ask for: sorts of acts first, then each action that stands in it, in words."""
    groups = [
        (Group.SEEN.value, _("查看个人信息")),
        (Group.TAKEN.value, _("导出与下载")),
        (Group.SIGNING_IN.value, _("登录与安全")),
    ]
    return groups + sorted(((action, action_words(action)) for action in actions), key=lambda choice: choice[1])
