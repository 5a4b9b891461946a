"""What readers see of each kind: complete in both languages, on the activity's page and in calendars."""

import html
import re

import jinja2
import pytest
from flask import render_template
from sqlalchemy import select

from festival.kinds import ALL_KINDS
from festival.lib.db import db
from festival.lib.i18n import speaking
from festival.programme.kinds import details_of, kind_of
from festival.programme.models import Activity
from tests.builders import make_activity, make_staff
from tests.seed.programme import loaded
from tests.web import Browser

#: Kinds with something of their own to show: a plain talk has nothing.
KEYS = [kind.key for kind in ALL_KINDS if kind.detail_template is not None]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def programme(app):
    """The programme with its own dates, by kind."""
    loaded()
    app.jinja_env.undefined = jinja2.StrictUndefined
    return {row.kind: row for row in db.session.scalars(select(Activity))}


def shown(app, activity, language):
    """Return the kind's part of an activity's page, as words."""
    kind = kind_of(activity)
    assert kind.detail_template is not None
    with app.test_request_context("/" if language == "zh" else "/en/"), speaking(language):
        values = {"details": details_of(activity), "page_values": kind.page_values(activity)}
        page = render_template(kind.detail_template, activity=activity, **values)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


def test_an_activity_made_by_hand_opens_before_its_kinds_matters_are_entered(app):
    staff, visitor = Browser(app).sign_in(make_staff()), Browser(app)

    for kind in KEYS:
        slug = make_activity(kind=kind, slug=kind.replace("_", "-")).slug
        assert visitor.get(f"/activities/{slug}").status == 200
        assert staff.get(f"/manage/activities/{slug}/").status == 200
        for link in kind_of(db.session.query(Activity).filter_by(slug=slug).one()).organizer_links:
            assert staff.get(link.rule.replace("<slug>", slug)).status in {200, 404}, link.rule
        assert visitor.get(f"/activities/{slug}/sign-up").status == 200


@pytest.mark.parametrize("kind", KEYS)
def test_each_kind_is_shown_in_both_languages(app, programme, kind):
    activity = programme[kind]

    chinese, english = shown(app, activity, "zh"), shown(app, activity, "en")

    assert CHINESE.search(chinese)
    assert CHINESE.findall(english) == []
    assert "{" not in chinese + english


@pytest.mark.parametrize("kind", KEYS)
def test_nothing_of_the_details_is_left_out_on_the_page(app, programme, kind):
    """Every text that the programme gives in both languages is on the page."""
    activity = programme[kind]
    details = details_of(activity)
    assert details is not None
    page = {language: shown(app, activity, language) for language in ("zh", "en")}

    missing = [
        text
        for words in pairs(details.model_dump())
        for language, text in words.items()
        if "{" not in text and text not in page[language]  # braces: a pattern, shown by an example
    ]

    assert missing == []


def pairs(value):
    """Yield every pair of words in a document."""
    if isinstance(value, dict):
        if set(value) == {"zh", "en"}:
            yield value
        for item in value.values():
            yield from pairs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from pairs(item)


def test_a_tour_shows_each_line_with_its_stops(app, programme):
    words = shown(app, programme["tour"], "zh")

    assert "A线·产业金融线 1号车（演示） · 45 座，其中工作人员 2 座 09:40 至 10:00 人民公园（集合点）" in words
    assert "集合点：人民公园，10:00 发车" in words
    assert "12:10 至 12:30 天津文化中心（解散） 终点：天津文化中心湖边广场，活动在此结束" in words


def test_a_forum_shows_break_outs_side_by_side(app, programme):
    words = shown(app, programme["forum"], "en")

    assert "13:30 to 15:30 3 parallel sessions, choose one Parallel 1: BIM and digital construction Room 1" in words
    assert "60 seats" in words
    assert "15 rows of 20 seats; seats are numbered, for example Row 3 Seat 12" in words


def test_a_job_fair_shows_positions_with_their_pay(app, programme):
    words = shown(app, programme["job_fair"], "en")

    assert "16 employers, 56 positions, 230 openings." in words
    assert "Python developer · openings: 3 Bachelor or above · CNY 9,000–14,000 a month" in words
    assert "Data labelling intern · openings: 10 College diploma or above · CNY 150 a day" in words
    assert "Campus ambassador · openings: 5 Students · Allowance" in words


def test_calendars_say_what_one_must_know_that_day(app, programme):
    lines = {
        (kind, language): kind_of(activity).calendar_lines(activity, activity.slots[0], language)
        for kind, activity in programme.items()
        for language in ("zh", "en")
    }

    assert {key: value for key, value in lines.items() if value} == {
        ("tour", "zh"): [
            "A线·产业金融线：人民公园 10:00 发车",
            "B线·数字科创线：人民公园 10:00 发车",
            "C线·品质生活线：人民公园 10:00 发车",
        ],
        ("tour", "en"): [
            "Line A - Industry and finance: leaves People's Park at 10:00",
            "Line B - Digital innovation: leaves People's Park at 10:00",
            "Line C - Quality living: leaves People's Park at 10:00",
        ],
        ("show", "zh"): [
            "18:30 开放入场",
            "是否如期举行，最晚 6月30日 周五 15:00 公布。",
            "备用日期：7月1日 周六 20:10",
        ],
        ("show", "en"): [
            "Doors open 18:30",
            "Whether the show goes ahead is announced by Fri, 30 Jun, 15:00.",
            "Backup date: Sat, 1 Jul, 20:10",
        ],
        ("mixer", "zh"): ["13:30 签到领号"],
        ("mixer", "en"): ["13:30 Check-in and numbers"],
        ("exhibition", "zh"): ["16:30 后停止入场"],
        ("exhibition", "en"): ["Last entry 16:30"],
        ("service_desk", "zh"): ["每次 15 分钟"],
        ("service_desk", "en"): ["15 minutes each"],
    }


@pytest.mark.parametrize("kind", KEYS)
def test_an_activity_made_by_hand_has_no_details_yet_and_still_shows(app, visitor, kind):
    activity = make_activity(slug="by-hand", kind=kind)

    assert details_of(activity) is None
    assert kind_of(activity).calendar_lines(activity, activity.slots[0], "zh") == []
    assert visitor.get("/activities/by-hand").status == 200


def test_every_page_of_the_programme_opens_in_both_languages(app, programme, visitor):
    opened = {
        prefix + row.slug: visitor.get(f"{prefix}/activities/{row.slug}").status
        for row in programme.values()
        for prefix in ("", "/en")
    }

    assert set(opened.values()) == {200}
    assert len(opened) == 18
