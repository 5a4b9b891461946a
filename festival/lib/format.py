"""Dates, numbers and addresses in the words of the language spoken. Instants are aware; readers see the festival's wall time.

Cards say 6月18日 周日 14:00–16:30, formal texts 2023年6月18日（星期日）, tables 2023-06-18 14:00; English says
Sun, 18 Jun 2023, 14:00–16:30.
"""

import re
from collections.abc import Callable, Sized
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel.dates import format_date
from markupsafe import Markup, escape

from festival.lib import clock
from festival.lib.i18n import _n, locale
from festival.lib.rich import rich

#: Between a start and an end: an en dash, which no line breaks before.
DASH = "–"

_DAY = {"zh": "M月d日 EEE", "en": "EEE, d MMM"}
_DAY_YEAR = {"zh": "y年M月d日 EEE", "en": "EEE, d MMM y"}
_FORMAL = {"zh": "y年M月d日（EEEE）", "en": "EEEE, d MMMM y"}
_MONTH_DAY = {"zh": "M月d日", "en": "d MMM"}


def _local_day(value: date | datetime) -> date:
    return clock.local_day(value) if isinstance(value, datetime) else value


def _say(value: date | datetime, patterns: dict[str, str]) -> str:
    language = locale()
    return _said(_local_day(value), patterns[language], language)


@lru_cache(maxsize=4096)
def _said(on: date, pattern: str, language: str) -> str:
    """Return a day by a pattern of CLDR; a page says the same few days many times."""
    return format_date(on, pattern, locale=language)


# -- days and times ---------------------------------------------------------------------------------------------------------


def day(value: date | datetime) -> str:
    """Return a day for a card: 6月18日 周日, or Sun, 18 Jun."""
    return _say(value, _DAY)


def day_then(value: date | datetime) -> str:
    """Return a day that a time of day follows after a space: 6月18日 周日, or Sun, 18 Jun with a comma."""
    return day(value) + _gap().rstrip()


def day_formal(value: date | datetime) -> str:
    """Return a day for a formal text: 2023年6月18日（星期日）, or Sunday, 18 June 2023."""
    return _say(value, _FORMAL)


def month_day(value: date | datetime) -> str:
    """Return a day without its weekday: 6月18日, or 18 Jun."""
    return _say(value, _MONTH_DAY)


def month(value: date | datetime) -> str:
    """Return the month: 6月, or Jun."""
    return _say(value, {"zh": "M月", "en": "MMM"})


def weekday(value: date | datetime) -> str:
    """Return the short weekday: 周日, or Sun."""
    return _say(value, {"zh": "EEE", "en": "EEE"})


def clock_time(value: datetime) -> str:
    """Return the time of day: 14:00."""
    return f"{clock.local(value):%H:%M}"


def moment(value: datetime) -> str:
    """Return one instant for a sentence: 6月18日 周日 18:00, or Sun, 18 Jun, 18:00."""
    return f"{day(value)}{_gap()}{clock_time(value)}"


def hours(start: datetime, end: datetime) -> str:
    """Return the times of day of a span within one day: 14:00–16:30."""
    return f"{clock_time(start)}{DASH}{clock_time(end)}"


def span(start: datetime, end: datetime) -> str:
    """Return a span: 6月18日 周日 14:00–16:30, or Sun, 18 Jun 2023, 14:00–16:30; over several days both ends in full."""
    patterns = {"zh": _DAY["zh"], "en": _DAY_YEAR["en"]}
    if clock.local_day(start) == clock.local_day(end):
        return f"{_say(start, patterns)}{_gap()}{hours(start, end)}"
    return f"{_say(start, patterns)}{_gap()}{clock_time(start)} {DASH} {_say(end, patterns)}{_gap()}{clock_time(end)}"


def days(start: date | datetime, end: date | datetime) -> str:
    """Return a period of days: 6月10日–30日, or 10–30 June 2023."""
    first, last = _local_day(start), _local_day(end)
    if first == last:
        return _say(first, {"zh": _MONTH_DAY["zh"], "en": "d MMMM y"})
    same_month = (first.year, first.month) == (last.year, last.month)
    if locale() == "zh":
        return f"{_say(first, _MONTH_DAY)}{DASH}{f'{last.day}日' if same_month else _say(last, _MONTH_DAY)}"
    begin = str(first.day) if same_month else format_date(first, "d MMMM", locale="en")
    return f"{begin}{DASH if same_month else f' {DASH} '}{format_date(last, 'd MMMM y', locale='en')}"


def last_day(end: date | datetime, start: date | datetime) -> str:
    """Return the last day of a period as it follows its first: 30日 within the month, else 7月2日; English 30 Jun."""
    first, last = _local_day(start), _local_day(end)
    is_short = locale() == "zh" and (first.year, first.month) == (last.year, last.month)
    return f"{last.day}日" if is_short else _say(last, _MONTH_DAY)


def stamp(value: datetime) -> str:
    """Return an instant for a table: 2023-06-18 14:00."""
    return f"{clock.local(value):%Y-%m-%d %H:%M}"


def stamp_short(value: datetime) -> str:
    """Return an instant for a dense table: 06-18 14:00."""
    return f"{clock.local(value):%m-%d %H:%M}"


def iso(value: date | datetime) -> str:
    """Return a day or an instant (+08:00) for machines: ``<time datetime>``, JSON-LD."""
    return clock.local(value).isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def lasting(value: timedelta) -> str:
    """Return how long something still takes: 2 天 3 小时, 5 小时 10 分, 12 分钟. At least one minute."""
    minutes = max(1, int(value.total_seconds() // 60))
    whole_days, rest = divmod(minutes, 24 * 60)
    whole_hours, left = divmod(rest, 60)
    parts = []
    if whole_days:
        parts.append(_n("%(num)s 天", "%(num)s 天", whole_days))
    if whole_hours:
        parts.append(_n("%(num)s 小时", "%(num)s 小时", whole_hours))
    if not whole_days and left:
        parts.append(_n("%(num)s 分钟", "%(num)s 分钟", left))
    return " ".join(parts)


def until(value: datetime, now: datetime) -> str:
    """Return how long it is from ``now`` to an instant, in words."""
    return lasting(value - now)


def _gap() -> str:
    return " " if locale() == "zh" else ", "


# -- numbers and addresses --------------------------------------------------------------------------------------------------


def count(value: int | Sized) -> str:
    """Return a whole number with its thousands apart: 1,800. Of several things, how many they are."""
    return f"{value if isinstance(value, int) else len(value):,}"


def taken_share(free: int, capacity: int) -> str:
    """Return what share of a capacity is taken, as the width of a bar: 74.7%. Full when places are over-filled."""
    if capacity <= 0:
        return "100%"
    return f"{min(100.0, max(0.0, 100 * (capacity - free) / capacity)):.1f}%"


def phone(value: str) -> str:
    """Return a mobile number or a mail address with its middle hidden: 138 **** 8000, w***@example.cn."""
    if "@" in value:
        name, _at, domain = value.partition("@")
        return f"{name[:1]}***@{domain}"
    digits_only = value if value.isascii() and value.isdigit() else re.sub(r"\D", "", value)
    if len(digits_only) < 7:  # noqa: PLR2004  # too short to show both ends
        return "****"
    return f"{digits_only[:3]} **** {digits_only[-4:]}"


def phone_whole(value: str) -> str:
    """Return a mainland mobile number in groups, as people read it: 138 0013 8000; anything else as it is."""
    return f"{value[:3]} {value[3:7]} {value[7:]}" if re.fullmatch(r"1\d{10}", value) else value


def digits(value: str) -> str:
    """Return a check-in code's digits in two groups, to be read out: 482 093."""
    half = len(value) // 2
    return f"{value[:half]} {value[half:]}"


def capital(value: object) -> str:
    """Return words as they begin a line of their own: those that usually stand in the middle of a sentence, with a capital."""
    words = str(value)
    return words[:1].upper() + words[1:]


# -- titles -----------------------------------------------------------------------------------------------------------------

#: A line may end after these, and never between them and what precedes.
_AFTER = re.compile(r"(?<=[：；，、”》）·])(?=[^：；，、”》）·\s])")
#: Words that make a good beginning of a line: the long names of activities have no punctuation to break at.
_BEFORE = re.compile(
    r"(?<=[\u4e00-\u9fff])(?=高峰论坛|创新发展|创新创业|联谊活动|招聘会|灯光秀|无人机|专线游|揭牌仪式|人才引育|一揽子|暨|成立)",
)


def wbr(value: str) -> Markup:
    """Return a title with marks where its line may break: after Chinese punctuation, and before a few long words."""
    marked = _BEFORE.sub("\0", _AFTER.sub("\0", value))
    return Markup("<wbr>").join(escape(part) for part in marked.split("\0"))


#: Every filter of the templates; the composition root registers them.
FILTERS: dict[str, Callable[..., object]] = {
    "capital": capital,
    "day": day,
    "day_then": day_then,
    "local_day": _local_day,
    "day_formal": day_formal,
    "month_day": month_day,
    "month": month,
    "weekday": weekday,
    "clock": clock_time,
    "moment": moment,
    "hours": hours,
    "span": span,
    "days": days,
    "last_day": last_day,
    "stamp": stamp,
    "stamp_short": stamp_short,
    "iso": iso,
    "lasting": lasting,
    "until": until,
    "count": count,
    "taken_share": taken_share,
    "phone": phone,
    "phone_whole": phone_whole,
    "digits": digits,
    "wbr": wbr,
    "rich": rich,
}
