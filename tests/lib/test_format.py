"""Dates, numbers and titles in the words of the language spoken."""

from datetime import UTC, date, datetime, timedelta

import pytest

from festival.lib import format as words
from festival.lib.i18n import speaking

START = datetime(2023, 6, 18, 6, 0, tzinfo=UTC)  # 14:00 in the festival's zone
END = START + timedelta(hours=2, minutes=30)
#: Still the 17th in UTC, already the 18th in Tianjin.
SMALL_HOURS = datetime(2023, 6, 17, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("made", "chinese", "english"),
    [
        (lambda: words.day(START), "6月18日 周日", "Sun, 18 Jun"),
        (lambda: words.day(SMALL_HOURS), "6月18日 周日", "Sun, 18 Jun"),
        (lambda: words.day(date(2023, 6, 18)), "6月18日 周日", "Sun, 18 Jun"),
        (lambda: words.day_formal(START), "2023年6月18日（星期日）", "Sunday, 18 June 2023"),
        (lambda: words.month_day(START), "6月18日", "18 Jun"),
        (lambda: words.month(START), "6月", "Jun"),
        (lambda: words.weekday(START), "周日", "Sun"),
        (lambda: words.clock_time(START), "14:00", "14:00"),
        (lambda: words.moment(START), "6月18日 周日 14:00", "Sun, 18 Jun, 14:00"),
        (lambda: words.day_then(START), "6月18日 周日", "Sun, 18 Jun,"),
        (lambda: words.hours(START, END), "14:00–16:30", "14:00–16:30"),
        (lambda: words.span(START, END), "6月18日 周日 14:00–16:30", "Sun, 18 Jun 2023, 14:00–16:30"),
        (
            lambda: words.span(START, END + timedelta(days=2)),
            "6月18日 周日 14:00 – 6月20日 周二 16:30",
            "Sun, 18 Jun 2023, 14:00 – Tue, 20 Jun 2023, 16:30",
        ),
        (lambda: words.days(date(2023, 6, 10), date(2023, 6, 30)), "6月10日–30日", "10–30 June 2023"),
        (lambda: words.days(date(2023, 6, 10), date(2023, 7, 2)), "6月10日–7月2日", "10 June – 2 July 2023"),
        (lambda: words.days(START, END), "6月18日", "18 June 2023"),
        (lambda: words.last_day(date(2023, 6, 30), date(2023, 6, 16)), "30日", "30 Jun"),
        (lambda: words.last_day(date(2023, 7, 2), date(2023, 6, 16)), "7月2日", "2 Jul"),
        (lambda: words.stamp(START), "2023-06-18 14:00", "2023-06-18 14:00"),
        (lambda: words.stamp_short(START), "06-18 14:00", "06-18 14:00"),
        (lambda: words.iso(START), "2023-06-18T14:00:00+08:00", "2023-06-18T14:00:00+08:00"),
        (lambda: words.iso(date(2023, 6, 18)), "2023-06-18", "2023-06-18"),
    ],
)
def test_dates_follow_the_language(app, made, chinese, english):
    with speaking("zh"):
        in_chinese = made()
    with speaking("en"):
        in_english = made()

    assert (in_chinese, in_english) == (chinese, english)


@pytest.mark.parametrize(
    ("lasts", "chinese", "english"),
    [
        (timedelta(days=2, hours=3, minutes=50), "2 天 3 小时", "2 days 3 hours"),
        (timedelta(days=1), "1 天", "1 day"),
        (timedelta(hours=5, minutes=10), "5 小时 10 分钟", "5 hours 10 minutes"),
        (timedelta(minutes=12, seconds=59), "12 分钟", "12 minutes"),
        (timedelta(seconds=5), "1 分钟", "1 minute"),
    ],
)
def test_what_is_left_is_said_in_two_units_at_most(app, lasts, chinese, english):
    with speaking("zh"):
        assert words.lasting(lasts) == chinese
    with speaking("en"):
        assert words.until(START + lasts, START) == english


@pytest.mark.parametrize(("value", "expected"), [(1800, "1,800"), (0, "0"), (-7, "-7"), (["a", "b"], "2"), ((), "0")])
def test_numbers_have_their_thousands_apart(value, expected):
    assert words.count(value) == expected


@pytest.mark.parametrize(
    ("free", "capacity", "expected"),
    [(57, 220, "74.1%"), (0, 80, "100.0%"), (-7, 80, "100.0%"), (80, 80, "0.0%"), (0, 0, "100%")],
)
def test_a_bar_is_never_wider_than_its_trough(free, capacity, expected):
    assert words.taken_share(free, capacity) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("13800138000", "138 **** 8000"),
        ("+8613800138000", "861 **** 8000"),
        ("wang@example.cn", "w***@example.cn"),
        ("123", "****"),
    ],
)
def test_contacts_hide_their_middle(value, expected):
    assert words.phone(value) == expected


def test_numbers_to_read_out_come_in_groups():
    assert (words.phone_whole("13800138000"), words.phone_whole("+4930123"), words.digits("482093")) == (
        "138 0013 8000",
        "+4930123",
        "482 093",
    )


def test_a_title_may_break_after_its_punctuation_and_nothing_in_it_is_markup():
    made = words.wbr("新闻发布会：<b>解读</b>·“一”，二")

    assert made == "新闻发布会：<wbr>&lt;b&gt;解读&lt;/b&gt;·<wbr>“一”，<wbr>二"


def test_a_title_keeps_every_character():
    title = "“科创中国·天津行”工程设计领域创新发展高峰论坛"

    assert words.wbr(title).replace("<wbr>", "") == title
