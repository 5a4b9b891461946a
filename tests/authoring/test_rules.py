"""What rules make of plain values: slots by a rule, addresses, what is asked."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from festival.authoring.rules import (
    Care,
    Collision,
    Series,
    SeriesProblem,
    collision,
    free_slug,
    moved,
    open_days,
    planned,
    series_problem,
    slug_from,
    slug_of_year,
    verdict,
)
from festival.lib.clock import ZONE

TUESDAY_TO_SUNDAY = frozenset(range(1, 7))
EXHIBITION = Series(
    first=date(2023, 6, 10),
    last=date(2023, 6, 30),
    weekdays=TUESDAY_TO_SUNDAY,
    starts=(time(9), time(10, 30), time(13, 30), time(15)),
    length_minutes=90,
    closed=frozenset({date(2023, 6, 22)}),
    extra=frozenset({date(2023, 6, 12)}),
    days_ahead=7,
)


def test_every_tuesday_to_sunday_four_times_a_day_but_for_the_exceptions():
    days = planned(EXHIBITION, ZONE)

    closed = {date(2023, 6, 10) + timedelta(days=step) for step in range(21)} - {day.on for day in days}
    assert sorted(closed) == [date(2023, 6, 19), date(2023, 6, 22), date(2023, 6, 26)]
    first = days[0]
    assert (first.key, first.has_children) == ("2023-06-10", True)
    assert [(entry.key, f"{entry.starts_at:%H:%M}-{entry.ends_at:%H:%M}") for entry in first.entries] == [
        ("2023-06-10-0900", "09:00-10:30"),
        ("2023-06-10-1030", "10:30-12:00"),
        ("2023-06-10-1330", "13:30-15:00"),
        ("2023-06-10-1500", "15:00-16:30"),
    ]
    assert {entry.opens_at for entry in first.entries} == {datetime(2023, 6, 3, 9, tzinfo=ZONE)}


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"last": date(2023, 6, 9)}, SeriesProblem.ENDS_BEFORE_START),
        ({"last": date(2025, 6, 9)}, SeriesProblem.TOO_LONG),
        ({"weekdays": frozenset(), "extra": frozenset()}, SeriesProblem.NO_WEEKDAY),
        ({"first": date(2023, 6, 22), "last": date(2023, 6, 22), "extra": frozenset()}, SeriesProblem.NO_DAY),
        ({"starts": ()}, SeriesProblem.NO_TIME),
        ({"length_minutes": 91}, SeriesProblem.OVERLAP),
        ({"starts": (time(23),)}, SeriesProblem.PAST_MIDNIGHT),
        (
            {"last": date(2024, 6, 29), "starts": tuple(time(hour) for hour in range(24)), "length_minutes": 30},
            SeriesProblem.TOO_MANY,
        ),
        ({}, None),
    ],
)
def test_a_rule_that_makes_no_sense_says_why(changed, problem):
    values = {name: getattr(EXHIBITION, name) for name in Series.__slots__} | changed

    assert series_problem(Series(**values)) == problem


days = st.dates(date(2023, 1, 1), date(2024, 12, 31))


clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
rules = st.builds(
    lambda first, length, **more: Series(first=first, last=first + timedelta(days=length), **more),
    first=days,
    length=st.integers(0, 60),
    weekdays=st.frozensets(st.integers(0, 6)),
    starts=st.sets(clock_times, min_size=1, max_size=6).map(tuple),
    length_minutes=st.integers(1, 300),
    closed=st.frozensets(days, max_size=5),
    extra=st.frozensets(days, max_size=5),
    days_ahead=st.none() | st.integers(0, 30),
)


@given(series=rules)
def test_whatever_the_rule_slots_lie_on_open_days_do_not_overlap_and_are_released_before_they_begin(series):
    made = planned(series, ZONE)

    if series_problem(series) is not None:
        assert made == []
        return
    assert [day.on for day in made] == open_days(series) == sorted({day.on for day in made})
    assert not {day.on for day in made} & series.closed
    assert all(
        day.on in series.extra or (day.on.weekday() in series.weekdays and series.first <= day.on <= series.last) for day in made
    )
    entries = [entry for day in made for entry in day.entries]
    assert len({entry.key for entry in entries}) == len(entries) == len(made) * len(series.starts)
    assert all(earlier.ends_at <= later.starts_at for day in made for earlier, later in pairwise(day.entries))
    assert all(entry.ends_at - entry.starts_at == timedelta(minutes=series.length_minutes) for entry in entries)
    assert all(day.starts_at <= entry.starts_at and entry.ends_at <= day.ends_at for day in made for entry in day.entries)
    assert all((entry.opens_at is None) == (series.days_ahead is None) for entry in entries)
    assert all(entry.opens_at < entry.starts_at for entry in entries if entry.opens_at)


def test_addresses_come_from_titles_are_nobody_elses_and_carry_the_year_once():
    assert [slug_from(title) for title in ("Skills & Talents: Forum!", "论坛", "new")] == ["skills-talents-forum", "", ""]
    assert [free_slug("forum", taken) for taken in ((), {"forum"}, {"forum", "forum-2"})] == ["forum", "forum-2", "forum-3"]
    assert free_slug("new", ()) == "new-2"
    assert [slug_of_year(slug, 2024) for slug in ("forum", "forum-2023", "x" * 64)] == [
        "forum-2024",
        "forum-2024",
        "x" * 59 + "-2024",
    ]


@pytest.mark.parametrize(
    ("words", "care"),
    [
        (["请上传身份证照片", "Upload"], Care.NEVER),
        (["年收入（万元）", "Yearly income"], Care.NEVER),
        (["您是否有住房", ""], Care.NEVER),
        (["您的身高", ""], Care.NEVER),
        (["", "Marital history"], Care.NEVER),
        (["身份证号", "ID number"], Care.SENSITIVE),
        (["有无过敏史", "Allergies"], Care.SENSITIVE),
        (["您希望了解的住房补贴政策", "Housing subsidies of interest"], Care.PLAIN),
        (["您的研究方向", "Research field"], Care.PLAIN),
        (["weightlifting heights", "incoming"], Care.PLAIN),
    ],
)
def test_what_is_never_collected_and_what_is_sensitive_is_known_by_its_words(words, care):
    assert verdict(words).care == care


def test_options_make_a_question_sensitive_but_an_interest_in_housing_collects_nobodys_housing():
    assert verdict(["关注的内容", ""], ["住房", "宗教"]).care == Care.SENSITIVE
    assert verdict(["关注的内容", ""], ["住房"]).care == Care.PLAIN


def test_a_moved_day_keeps_its_weekday_and_what_it_runs_into_is_named():
    at = datetime(2023, 6, 18, 14, tzinfo=ZONE)
    later = moved(at, 52)
    assert later is not None
    assert (later.weekday(), later.time(), moved(None, 52)) == (at.weekday(), at.time(), None)
    special = {date(2024, 6, 10): False, date(2024, 6, 16): True}
    asked = (date(2024, 6, 10), date(2024, 6, 16), date(2024, 6, 17), date(2025, 6, 17))
    assert [collision(day, special) for day in asked] == [Collision.HOLIDAY, Collision.WORKDAY, None, Collision.UNKNOWN]
