"""One activity's page."""

import json
import re
from datetime import datetime, timedelta

import pytest

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Access, ActivityStatus, Mode, Pool, Slot
from festival.signups.rules import State
from tests.builders import make_activity, make_question, make_sign_up, pool_of

NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _at_ten_on_the_sixteenth(app, frozen):
    frozen(NOW)


def document_of(page):
    return json.loads(page.html.select_one("script[type='application/ld+json']").string)


def action_of(page):
    bar = page.html.select_one(".action")
    why = bar.select_one(".action__why")
    return bar.select_one(".button").get_text(strip=True), why.get_text(strip=True) if why else ""


def test_it_says_when_where_and_for_whom(visitor):
    activity = make_activity(slug="forum", starts_in=timedelta(days=4, hours=-1), lasts=timedelta(hours=8))
    with transaction():
        row = db.session.merge(activity)
        row.audience_zh, row.host_zh, row.notices_zh = "工程设计从业者", "区科协", "请提前到场\n凭签到码入场"

    words = visitor.get("/activities/forum").words

    for said in (
        "6月20日 周二 09:00–17:00",
        "天津大礼堂",
        "天津市河西区友谊路",
        "工程设计从业者",
        "区科协",
        "请提前到场 凭签到码入场",
    ):
        assert said in words


def test_maps_are_told_the_kind_of_coordinates(visitor):
    make_activity(slug="forum")

    links = [link["href"] for link in visitor.get("/activities/forum").html.select(".inline-links a[href^=https]")]

    assert [("coordinate=wgs84" in links[0], "117.19806,39.08757" in links[0]), ("coord_type=1" in links[1])] == [
        (True, True),
        True,
    ]


@pytest.mark.parametrize(
    ("changes", "status", "expected"),
    [
        ({"capacity": 200}, "open", ("立即报名", "6月20日 周二 10:00 截止 · 还有 4 天")),
        ({"opens_in": timedelta(hours=4)}, "not_open", ("报名未开始", "报名 6月16日 周五 14:00 开放 · 还有 4 小时")),
        ({"closes_in": timedelta(hours=-1)}, "closed", ("报名已截止", "报名已于 6月16日 周五 09:00 截止")),
        ({"mode": Mode.INVITATION}, "invitation_only", ("仅限邀请", "由主办方邀请，不接受个人报名")),
        ({"status": ActivityStatus.CANCELLED}, "cancelled", ("已取消", "已报名者已收到通知")),
        ({"status": ActivityStatus.POSTPONED}, "postponed", ("已延期", "新的时间确定后另行通知，已有的报名保留")),
    ],
)
def test_the_one_action_says_why(visitor, changes, status, expected):
    make_activity(slug="one", **changes)

    page = visitor.get("/activities/one")

    assert page.html.select_one("article[data-status]")["data-status"] == status
    assert action_of(page) == expected


def test_a_full_activity_offers_its_list_and_says_how_long_it_is(visitor):
    activity = make_activity(slug="full", capacity=2)
    make_sign_up(activity, party_size=2)
    make_sign_up(activity, party_size=3, state=State.WAITLISTED)

    page = visitor.get("/activities/full")

    assert action_of(page) == ("加入候补", "名额已满，可候补，前面 3 人")
    assert "名额已满 · 3 人候补" in page.words


def test_a_full_activity_without_a_list_is_full(visitor):
    make_sign_up(make_activity(slug="full", capacity=1, waitlist_limit=0))

    assert action_of(visitor.get("/activities/full")) == ("名额已满", "如有人取消，名额会重新开放")


def test_too_many_places_taken_never_shows_a_negative_number(visitor):
    activity = make_activity(slug="over", capacity=5)
    make_sign_up(activity, party_size=5)
    with transaction():
        db.session.merge(pool_of(activity)).capacity = 3

    page = visitor.get("/activities/over")

    assert [tag["data-free"] for tag in page.html.select(".join .places")] == ["0"]
    assert "-2" not in page.words


def test_the_approved_number_can_fill_an_activity(visitor):
    activity = make_activity(slug="show", capacity=50, pools=2, approved_ceiling=5)
    make_sign_up(activity, party_size=5)

    assert visitor.get("/activities/show").html.select_one("article")["data-status"] == "full"


def test_each_audience_has_its_own_line(visitor):
    activity = make_activity(slug="forum", capacity=220, mode=Mode.APPROVAL)
    with transaction():
        slot = db.session.scalars(db.select(Slot).where(Slot.activity_id == activity.id)).one()
        db.session.add(
            Pool(
                slot_id=slot.id,
                key="media",
                position=2,
                label_zh="媒体席",
                label_en="Media",
                capacity=20,
                access=Access.INVITATION,
            )
        )

    page = visitor.get("/activities/forum")

    assert [line.get_text(" ", strip=True) for line in page.html.select(".join .places")] == ["1区 余 220 / 220"]
    assert "媒体席 20 席，仅限邀请" in page.words


def test_an_entry_is_drawn_so_no_places_are_counted(visitor):
    make_activity(slug="mixer", capacity=40, mode=Mode.BALLOT, pools=2)

    page = visitor.get("/activities/mixer")

    assert page.html.select(".join .places") == []
    assert "1区 40 个名额" in page.words


def test_what_the_form_will_ask_is_said_beforehand(visitor):
    make_question(make_activity(slug="one"), "employer", label_zh="工作单位")

    assert "工作单位 测试 活动结束后 30 天" in visitor.get("/activities/one").words


def test_a_new_time_is_said_beside_the_old_one(visitor):
    activity = make_activity(slug="moved", starts_in=timedelta(days=4))
    with transaction():
        slot = db.session.scalars(db.select(Slot).where(Slot.activity_id == activity.id)).one()
        slot.previous_starts_at, slot.previous_ends_at = NOW + timedelta(days=2), NOW + timedelta(days=2, hours=2)

    page = visitor.get("/activities/moved")

    assert "原定 6月18日 周日 10:00–12:00，现为 6月20日 周二 10:00–12:00" in page.words
    assert document_of(page)["eventStatus"] == "https://schema.org/EventRescheduled"


def test_a_description_is_read_as_text_and_not_as_code(visitor):
    activity = make_activity(slug="one")
    with transaction():
        db.session.merge(activity).description_zh = "**欢迎**<script>alert(1)</script>"

    page = visitor.get("/activities/one")

    assert page.html.select_one(".prose strong").string == "欢迎"
    assert "<script>alert" not in page.text


def test_search_engines_read_time_place_and_places_left(visitor):
    activity = make_activity(slug="one", capacity=50, title_zh="讲座", starts_in=timedelta(days=4))
    make_sign_up(activity, party_size=2)

    document = document_of(visitor.get("/activities/one"))

    assert {
        key: document[key]
        for key in (
            "@type",
            "name",
            "startDate",
            "endDate",
            "eventStatus",
            "maximumAttendeeCapacity",
            "remainingAttendeeCapacity",
        )
    } == {
        "@type": "Event",
        "name": "讲座",
        "startDate": "2023-06-20T10:00:00+08:00",
        "endDate": "2023-06-20T12:00:00+08:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "maximumAttendeeCapacity": 50,
        "remainingAttendeeCapacity": 48,
    }
    assert document["location"]["geo"] == {"@type": "GeoCoordinates", "latitude": 39.08757, "longitude": 117.19806}


def test_nobody_s_name_is_on_a_public_page(visitor):
    make_sign_up(make_activity(slug="one"), name="欧阳不公开")

    assert "欧阳" not in visitor.get("/").text + visitor.get("/activities/one").text


def test_an_unknown_activity_is_a_page_that_leads_on(visitor):
    make_activity()

    page = visitor.get("/en/activities/nothing")

    assert (page.status, page.result) == (404, "error-404")
    assert page.link("See the programme") == "/en/"


def test_the_sitemap_names_every_page_in_both_languages(visitor):
    make_activity(slug="one")
    make_activity(slug="draft", status=ActivityStatus.DRAFT)

    page = visitor.get("/sitemap.xml")
    found = re.findall(r"<loc>https?://[^/]+/(.*)</loc>", page.text)

    assert page.response.mimetype == "application/xml"
    assert found == ["", "en/", "activities/one", "en/activities/one"]


def test_robots_may_read_calendars_and_nothing_private(visitor):
    lines = visitor.get("/robots.txt").text.splitlines()

    assert "Allow: /cal/" in lines
    assert {"Disallow: /manage", "Disallow: /me", "Disallow: /sign-ups/", "Disallow: /demo/"} <= set(lines)
    assert lines[-1].endswith("/sitemap.xml")


def test_a_shared_link_shows_title_words_and_picture(visitor):
    activity = make_activity(slug="one", title_zh="讲座")
    with transaction():
        db.session.merge(activity).summary_zh = "一场讲座。"

    page = visitor.get("/activities/one")
    shared = {tag["property"]: tag["content"] for tag in page.html.select("meta[property^='og:']")}

    assert (shared["og:title"].strip(), shared["og:description"], shared["og:locale"]) == (
        "讲座 · 河西人才节",
        "一场讲座。",
        "zh_CN",
    )
    assert shared["og:url"].endswith("/activities/one")
    assert visitor.get("/" + shared["og:image"].split("/", 3)[3]).response.mimetype == "image/png"
