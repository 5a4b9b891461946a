"""The programme as a reader sees it."""

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, Festival, Mode, Provenance, Slot, Track, Venue
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up

NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)


@pytest.fixture(autouse=True)
def _at_ten_on_the_sixteenth(app, frozen):
    frozen(NOW)


def slugs(page):
    return [card["data-slug"] for card in page.html.select("[data-slug]")]


def in_(**parts):
    return {"starts_in": timedelta(**parts)}


def test_the_soonest_comes_first_and_what_is_over_last(visitor):
    make_activity(slug="later", **in_(days=5))
    make_activity(slug="sooner", **in_(days=1))
    make_activity(slug="over", starts_in=timedelta(days=-2), closes_in=timedelta(days=-2, hours=-1), opens_in=timedelta(days=-9))

    page = visitor.get("/")

    assert slugs(page) == ["sooner", "later", "over"]
    assert [card["data-status"] for card in page.html.select("[data-slug]")] == ["open_few_left", "open_few_left", "ended"]


def test_drafts_are_nobody_s_business(visitor):
    make_activity(slug="draft", status=ActivityStatus.DRAFT)

    assert slugs(visitor.get("/")) == []
    assert visitor.get("/activities/draft").status == 404


@pytest.mark.parametrize("status", [ActivityStatus.POSTPONED, ActivityStatus.CANCELLED])
def test_what_will_not_take_place_stays_readable(visitor, status):
    make_activity(slug="moved", status=status)

    assert [card["data-status"] for card in visitor.get("/").html.select("[data-slug]")] == [status.value]


def test_a_day_leaves_what_takes_place_then(visitor):
    make_activity(slug="sunday", **in_(days=2))
    make_activity(slug="monday", **in_(days=3))

    assert slugs(visitor.get("/?day=2023-06-18")) == ["sunday"]


def test_a_track_leaves_its_own(visitor):
    forum = make_activity(slug="summit")
    with transaction():
        jobs = Track(
            festival_id=forum.festival_id, key="jobs", position=2, title_zh="招聘就业", title_en="Jobs", colour="#0A7280"
        )
        db.session.add(jobs)
        db.session.flush()
        make_activity(slug="fair").track_id = jobs.id

    assert slugs(visitor.get("/?track=jobs")) == ["fair"]


def test_open_now_leaves_what_can_be_had(visitor):
    make_activity(slug="open")
    make_activity(slug="ballot", mode=Mode.BALLOT)
    make_activity(slug="soon", opens_in=timedelta(days=1))
    make_activity(slug="closed", closes_in=timedelta(days=-1))
    make_activity(slug="invited", mode=Mode.INVITATION)
    make_sign_up(make_activity(slug="full", capacity=1))

    page = visitor.get("/?open=1")

    assert sorted(slugs(page)) == ["ballot", "open"]
    assert "可报名 2" in page.words


@pytest.mark.parametrize("words", ["联谊", "礼堂", "团委", "social", "SOCIAL", "great hall", "ｓｏｃｉａｌ", "联谊 礼堂"])
def test_words_find_title_place_and_host_in_either_language(visitor, words):
    mixer = make_activity(slug="mixer", title_zh="单身青年人才联谊活动", title_en="Young Talent Social")
    with transaction():
        db.session.merge(mixer).host_zh = "团委、工会"
        elsewhere = Venue(festival_id=mixer.festival_id, key="park", name_zh="人民公园", name_en="Park", updated_at=NOW)
        db.session.add(elsewhere)
        db.session.flush()
        make_activity(slug="other", title_zh="揭牌仪式", title_en="Unveiling").venue_id = elsewhere.id

    assert slugs(visitor.get("/", query_string={"q": words})) == ["mixer"]


def test_nothing_found_says_so_and_leads_on(visitor):
    make_activity()

    page = visitor.get("/?q=不存在的")

    assert page.status == 200
    assert "没有符合条件的活动" in page.words
    assert page.html.select_one(".empty a[href]") is not None


@pytest.mark.parametrize(
    "query", ["?day=2023-99-99", "?day=x&track=%00&open=2", "?q=%FF%FE", "?q=" + "x" * 3000, "?day=1900-01-01"]
)
def test_a_strange_address_shows_the_programme(visitor, query):
    make_activity(slug="there")

    assert visitor.get("/" + query).status == 200


def test_a_search_is_not_for_search_engines(visitor):
    make_activity()

    assert [tag["content"] for tag in visitor.get("/?open=1").html.select("meta[name=robots]")] == ["noindex"]
    assert visitor.get("/").html.select("meta[name=robots]") == []


def test_what_somebody_searched_for_is_shown_as_text(visitor):
    make_activity()

    page = visitor.get("/", query_string={"q": '"><script>alert(1)</script>'})

    assert "<script>alert" not in page.text


def test_places_left_are_those_of_the_pools(visitor):
    activity = make_activity(slug="two", capacity=20, pools=2)
    make_sign_up(activity, party_size=3)

    assert [tag["data-free"] for tag in visitor.get("/").html.select("[data-slug=two] .places")] == ["37"]


def test_an_activity_of_many_days_says_until_when(visitor):
    activity = make_activity(slug="show", lasts=timedelta(days=6), closes_in=timedelta(days=10), starts_in=timedelta(days=-1))
    with transaction():
        slot = db.session.scalars(db.select(Slot).where(Slot.activity_id == activity.id)).one()
        slot.ends_at = slot.starts_at + timedelta(hours=6)
        db.session.add(
            Slot(
                activity_id=activity.id,
                key="second",
                uid="6a4e0e9f-4f0e-4a41-8a5e-1f2d3c4b5a60",
                starts_at=activity.starts_at + timedelta(days=3),
                ends_at=activity.starts_at + timedelta(days=3, hours=6),
                created_at=NOW,
                updated_at=NOW,
            ),
        )

    card = visitor.get("/").html.select_one("[data-slug=show] .date")

    assert card.get_text(" ", strip=True) == "6月 18 周日 至 21日"


def test_the_rail_names_each_day_with_its_tracks(visitor):
    make_activity(**in_(days=2))

    days = {link.get_text(" ", strip=True): link["aria-label"] for link in visitor.get("/").html.select(".rail__days a")}

    assert days["周日 18"] == "6月18日 周日，1 项活动"
    assert days["今天 16"] == "6月16日 周五，0 项活动"


def test_english_is_the_same_page_under_its_prefix(visitor):
    make_activity(slug="there", title_en="There")

    page = visitor.get("/en/?open=1")

    assert page.html.html["lang"] == "en"
    assert page.link("中文") == "/?open=1"
    assert {link.get_text(strip=True) for link in page.html.select('a[href="/en/activities/there"]')} == {"There"}
    assert "活动" not in page.words


def test_each_language_names_the_other(visitor):
    make_activity(slug="there")

    alternates = {tag["hreflang"]: tag["href"] for tag in visitor.get("/en/activities/there").html.select("link[hreflang]")}

    base = alternates["zh-CN"].removesuffix("/activities/there")
    assert alternates == {
        "zh-CN": f"{base}/activities/there",
        "en": f"{base}/en/activities/there",
        "x-default": f"{base}/activities/there",
    }


def test_the_poster_gives_theme_dates_and_figures(visitor):
    make_activity()

    page = visitor.get("/")

    assert page.html.select_one("h1").get_text(" ", strip=True) == "才聚河西 筑梦未来"
    assert "6月13日–7月6日 天津市河西区 · 1 项活动" in page.words


def test_an_edition_that_is_over_is_an_archive(visitor, frozen):
    make_activity(slug="past", title_zh="旧活动")
    with transaction():
        db.session.scalars(db.select(Festival)).one().ends_on = date(2023, 6, 30)
    frozen(datetime(2023, 7, 2, 9, tzinfo=clock.ZONE))

    page = visitor.get("/")

    assert slugs(page) == ["past"]
    assert "本届活动季已于 6月30日 周五 结束" in page.words


def test_before_the_first_programme_a_page_says_so(visitor):
    page = visitor.get("/")

    assert page.status == 200
    assert "日程即将公布" in page.words


@pytest.mark.parametrize(("level", "shown"), [("demo", 1), ("fact", 0)])
def test_the_ribbon_marks_what_was_invented(visitor, level, shown):
    activity = make_activity(slug="there")
    with transaction():
        db.session.add(Provenance(subject="activity", subject_id=activity.id, field="date", level=level))

    found = [len(visitor.get(path).html.select("[data-ribbon=demo]")) for path in ("/", "/activities/there")]

    assert found == [shown, shown]


@pytest.mark.parametrize("path", ["/", "/activities/there", "/sitemap.xml", "/robots.txt", "/en/"])
def test_public_pages_know_nobody(visitor, path):
    make_activity(slug="there")

    answer = visitor.get(path).response

    assert answer.headers.getlist("Set-Cookie") == []
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Cookie" not in answer.headers.get("Vary", "")


def queries_of(visitor, path):
    """Return how many statements a page costs."""
    seen = []

    def note(*arguments):
        seen.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert visitor.get(path).status == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


def test_four_activities_cost_no_more_queries_than_one(visitor):
    make_activity(slug="first", pools=2)
    visitor.get("/")
    one = queries_of(visitor, "/?fresh=1")  # what has a query is built for each reader
    for _ in range(3):
        make_sign_up(make_activity(pools=2), state=State.CONFIRMED)

    assert queries_of(visitor, "/?fresh=1") == one


def test_search_engines_read_the_festival(visitor):
    make_activity(slug="there", title_zh="开幕</script><script>alert(1)</script>")

    page = visitor.get("/")
    document = json.loads(page.html.select_one("script[type='application/ld+json']").string)

    assert page.text.count("</script>") == page.text.count("<script")
    assert (document["@type"], document["name"], [event["name"] for event in document["subEvent"]]) == (
        "Festival",
        "首届河西人才节",
        ["开幕</script><script>alert(1)</script>"],
    )
