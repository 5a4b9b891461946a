"""Forms of slots: a rule for many, and a single one."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, time

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import Optional
from wtforms.widgets import DateInput

from festival.authoring.rules import Series
from festival.authoring.slots import NewSlot, PoolPlan
from festival.authoring.wording import WEEKDAYS
from festival.lib import clock
from festival.lib.fields import InstantField, LineField, LinesField, Needed, SeveralOfField, WholeField, at_most
from festival.lib.format import span
from festival.lib.i18n import _, _l, loc
from festival.lib.text import clean_line, half_width
from festival.programme.models import Activity, Slot, Venue
from festival.programme.service import Span

#: More places than any pool has; pools of one slot; minutes of a day.
_MOST, _MOST_POOLS, _DAY_MINUTES = 1_000_000, 12, 24 * 60
_MOST_AHEAD = 120
_TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")
_ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SHORT = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_BETWEEN = re.compile(r"[\s,，、;；]+")
_UNLIMITED = frozenset({"不限", "unlimited", "-"})


class DayField(Field):
    """A day of the calendar; None when left empty."""

    widget = DateInput()
    data: date | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what ``<input type="date">`` sends, or what somebody types without one."""
        if not valuelist:
            return
        self.data = None
        typed = half_width(clean_line(valuelist[0]))
        if not typed:
            return
        found = _ISO.fullmatch(typed)
        try:
            self.data = date(*map(int, found.groups())) if found else date.fromisoformat(typed)
        except ValueError as error:
            raise ValueError(_("请按“年-月-日”填写，如 2023-06-18")) from error

    def _value(self) -> str:
        """Return what stands in the field: as typed, else the day."""
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data else ""


def times_in(typed: str) -> tuple[time, ...]:
    """Return the clock times of a line such as ``09:00 10:30、14:00``, each once, in order.

    :raises ValueError: something in it is none.
    """
    found = set()
    for word in filter(None, _BETWEEN.split(half_width(typed).strip())):
        read = _TIME.fullmatch(word)
        if read is None:
            raise ValueError(word)
        found.add(time(int(read[1]), int(read[2])))
    return tuple(sorted(found))


def days_in(typed: str, year: int) -> frozenset[date]:
    """Return the days of a text such as ``2023-06-22、6月23日``; one without a year is of ``year``.

    :raises ValueError: something in it is none.
    """
    found = set()
    for word in filter(None, _BETWEEN.split(half_width(typed).strip())):
        whole, short = _ISO.fullmatch(word), _SHORT.fullmatch(word)
        if whole is None and short is None:
            raise ValueError(word)
        try:
            found.add(date(*map(int, whole.groups())) if whole else date(year, *map(int, short.groups())))  # type: ignore[union-attr]
        except ValueError as error:
            raise ValueError(word) from error
    return frozenset(found)


def _pools_in(typed: str) -> Iterator[PoolPlan]:
    """Yield the pools of lines such as ``A区 / Zone A / 200``.

    :raises ValueError: a line is none.
    """
    for line in filter(None, map(clean_line, typed.splitlines())):
        parts = [part.strip() for part in re.split(r"[/／|｜]", line)]
        number = half_width(parts[-1]).casefold()
        if len(parts) != 3 or not all(parts) or not (number in _UNLIMITED or re.fullmatch(r"[0-9]{1,6}", number)):  # noqa: PLR2004  # two names and a number
            raise ValueError(line)
        yield PoolPlan(None if number in _UNLIMITED else int(number), parts[0][:100], parts[1][:100])


class _Places(FlaskForm):
    """How many places each slot has, in one pool or in several."""

    capacity = WholeField(_l("每个场次的名额（人）"), least=0, most=_MOST)
    unlimited = BooleanField(_l("不限名额"))
    pools = LinesField(
        _l("多个名额池"),
        validators=[Optional(), at_most(2_000)],
        description=_l(
            "每行一个：中文名称 / 英文名称 / 人数，如“A区 / Zone A / 200”。填写后上面的名额不用填；只有一个名额池时留空。"
        ),
        render_kw={"rows": "3"},
    )

    def validate_capacity(self, field: WholeField) -> None:
        """Nothing at all stands in the field only where no limit is meant, or several pools say it."""
        if self.unlimited.data or (self.pools.data and not field.data):
            field.errors = []
        elif field.data is None and not field.errors:
            raise ValidationError(_("请填写人数；名额不限请勾选“不限名额”"))

    def validate_pools(self, field: LinesField) -> None:
        """Each line names a pool."""
        try:
            plans = list(_pools_in(field.data or ""))
        except ValueError as error:
            raise ValidationError(_("看不懂这一行：%(line)s", line=str(error))) from None
        if len(plans) > _MOST_POOLS:
            raise ValidationError(_("每个场次最多 12 个名额池"))

    def plans(self) -> tuple[PoolPlan, ...]:
        """Return the pools that each slot gets."""
        several = tuple(_pools_in(self.pools.data or ""))
        return several or (PoolPlan(None if self.unlimited.data else self.capacity.data),)


class SeriesForm(_Places):
    """A rule for slots."""

    first = DayField(_l("第一天"), validators=[Needed()])
    last = DayField(_l("最后一天"), validators=[Needed()])
    weekdays = SeveralOfField(_l("星期"), choices={})
    starts = LineField(
        _l("每天的开始时间"),
        validators=[Needed(), at_most(400)],
        description=_l("如 09:00 10:30 13:30 15:00。一天多次时，当天是一个场次，各时段属于它；一天一次时就是一个场次。"),
    )
    length_minutes = WholeField(_l("每次时长（分钟）"), validators=[Needed()], least=1, most=_DAY_MINUTES)
    closed = LineField(
        _l("不开放的日期"),
        validators=[Optional(), at_most(2_000)],
        description=_l("规则之内但不开放的日子，如 2023-06-22、6月23日"),
    )
    extra = LineField(
        _l("另外开放的日期"), validators=[Optional(), at_most(2_000)], description=_l("规则之外也开放的日子，如开幕的周一")
    )
    days_ahead = WholeField(
        _l("提前几天开放预约"),
        validators=[Optional()],
        least=0,
        most=_MOST_AHEAD,
        description=_l("每个时段在几天前放出；留空：与活动的报名时间相同"),
    )
    release_at = LineField(_l("当天几点放出"), validators=[Optional()], default="09:00")
    replaces = BooleanField(_l("代替现有的场次"), description=_l("现有场次没有人报名时才可以；不勾选则已有场次的日子保持不变"))

    @classmethod
    def for_activity(cls, activity: Activity) -> "SeriesForm":
        """Return the form; a fresh draft's only session is meant to be replaced."""
        sessions = [slot for slot in activity.slots if slot.parent_id is None]
        form = cls(
            first=clock.local_day(activity.starts_at),
            last=clock.local_day(activity.ends_at),
            weekdays=[],
            replaces=len(activity.slots) == 1 and len(sessions) == 1,
            days_ahead=activity.days_ahead,
        )
        form.weekdays.choices = {str(number): str(words) for number, words in enumerate(WEEKDAYS)}
        return form

    def validate_starts(self, field: LineField) -> None:
        """Every word is a time of the day."""
        self._judge(field, lambda: times_in(field.data or ""))

    def validate_release_at(self, field: LineField) -> None:
        """One time of the day."""
        self._judge(field, lambda: times_in(field.data or ""))
        if len(times_in(field.data or "")) > 1:
            raise ValidationError(_("只填写一个时间，如 09:00"))

    def validate_closed(self, field: LineField) -> None:
        """Every word is a day."""
        self._judge(field, lambda: days_in(field.data or "", self._year()))

    def validate_extra(self, field: LineField) -> None:
        """Every word is a day."""
        self._judge(field, lambda: days_in(field.data or "", self._year()))

    @staticmethod
    def _judge(_field: LineField, read: object) -> None:
        try:
            read()  # type: ignore[operator]
        except ValueError as error:
            raise ValidationError(_("看不懂“%(word)s”，请按示例填写", word=str(error))) from None

    def _year(self) -> int:
        return self.first.data.year if self.first.data else clock.local_day(clock.now()).year

    def series(self) -> Series:
        """Return the rule."""
        assert self.first.data is not None
        assert self.last.data is not None
        return Series(
            first=self.first.data,
            last=self.last.data,
            weekdays=frozenset(int(number) for number in self.weekdays.data or []),
            starts=times_in(self.starts.data or ""),
            length_minutes=self.length_minutes.data or 0,
            closed=days_in(self.closed.data or "", self._year()),
            extra=days_in(self.extra.data or "", self._year()),
            days_ahead=self.days_ahead.data,
            release_at=next(iter(times_in(self.release_at.data or "")), time(9)),
        )


class NewSlotForm(_Places):
    """One more slot."""

    starts_at = InstantField(_l("开始时间"), validators=[Needed()])
    ends_at = InstantField(_l("结束时间"), validators=[Needed()])
    parent_id = SelectField(
        _l("属于"), coerce=int, validators=[Needed()], description=_l("分时段选择当天的场次；其余选“独立的场次”")
    )
    venue_id = SelectField(_l("地点"), coerce=int, validators=[Needed()])
    label_zh = LineField(_l("场次名称（中文）"), validators=[at_most(100)])
    label_en = LineField(_l("场次名称（英文）"), validators=[at_most(100)])

    @classmethod
    def for_activity(cls, activity: Activity, venues: list[Venue]) -> "NewSlotForm":
        """Return the form with the sessions and venues to choose from."""
        form = cls(parent_id=0, venue_id=0)
        sessions: list[Slot] = [slot for slot in activity.slots if slot.parent_id is None]
        form.parent_id.choices = [
            SelectChoice("0", _("独立的场次")),
            *(SelectChoice(str(slot.id), span(slot.starts_at, slot.ends_at)) for slot in sessions),
        ]
        same = _("与活动相同：%(venue)s", venue=loc(activity.venue, "name"))
        form.venue_id.choices = [
            SelectChoice("0", same),
            *(SelectChoice(str(venue.id), loc(venue, "name")) for venue in venues),
        ]
        return form

    def validate_ends_at(self, field: InstantField) -> None:
        """An end comes after its start."""
        if field.data and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("结束时间应晚于开始时间"))

    def value(self) -> NewSlot:
        """Return what the organizer wants."""
        assert self.starts_at.data is not None
        assert self.ends_at.data is not None
        return NewSlot(
            Span(self.starts_at.data, self.ends_at.data),
            self.parent_id.data or None,
            self.venue_id.data or None,
            self.label_zh.data or "",
            self.label_en.data or "",
            self.plans(),
        )
