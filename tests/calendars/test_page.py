"""The page that offers every way to have the festival in one's own calendar."""

from datetime import timedelta

import pytest

from festival.calendars import service
from festival.calendars.rules import Client, Device, device_of
from festival.lib import clock
from festival.lib.db import transaction
from tests.builders import make_person, make_sign_up, make_staff
from tests.calendars.programme import fixed_forum, private_path, read
from tests.web import Browser

WECHAT = "Mozilla/5.0 (Linux; Android 13; V2166A) AppleWebKit/537.36 Mobile Safari/537.36 MicroMessenger/8.0.37"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 Version/16.5 Mobile/15E148 Safari/604.1"


@pytest.fixture
def forum(app):
    return fixed_forum()


@pytest.fixture
def person(forum):
    person = make_person()
    make_sign_up(forum, person=person)
    return person


def hrefs(page, section: str) -> list[str]:
    return [str(a["href"]) for a in page.html.select(f"#{section} a[href]")]


def shown_address(page, section: str) -> str:
    (field,) = page.html.select(f"#{section}-address")
    return str(field["value"])


def ways(address: str, escaped: str, name: str) -> list[str]:
    bare = address.removeprefix("http://localhost")
    return [
        f"webcal://localhost{bare}",
        f"https://outlook.live.com/calendar/0/addfromweb?url=http%3A%2F%2Flocalhost{escaped}&name={name}",
        f"https://outlook.office.com/calendar/0/addfromweb?url=http%3A%2F%2Flocalhost{escaped}&name={name}",
        f"https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Flocalhost{escaped}",
        bare,
    ]


def test_a_visitor_is_offered_the_programme_and_each_track_in_every_client(forum, visitor):
    page = visitor.get("/en/calendar")

    name = "The%201st%20Hexi%20Talent%20Festival"
    assert hrefs(page, "programme") == ways("http://localhost/en/cal/programme.ics", "%2Fen%2Fcal%2Fprogramme.ics", name)
    assert hrefs(page, "tracks") == ["webcal://localhost/en/cal/track/forum.ics", "/en/cal/track/forum.ics"]
    assert shown_address(page, "programme") == "http://localhost/en/cal/programme.ics"


def test_a_visitor_sees_no_private_address_and_the_page_may_be_kept(forum, visitor):
    page = visitor.get("/calendar")

    assert "/cal/u/" not in page.text
    assert hrefs(page, "mine") == ["/sign-in?next=/calendar"]
    assert page.response.headers["Cache-Control"] == "no-cache"
    assert "Set-Cookie" not in page.response.headers


def test_who_is_signed_in_is_offered_their_own_feed_and_nobody_keeps_the_page(app, client, person):
    page = Browser(app).sign_in(person).get("/calendar")

    path = private_path(app, person)
    name = "%E6%88%91%E7%9A%84%E6%B2%B3%E8%A5%BF%E4%BA%BA%E6%89%8D%E8%8A%82"
    own = ways(f"http://localhost{path}", path.replace("/", "%2F"), name)
    assert hrefs(page, "mine") == [*own, "/me/schedule", "/me/saved"]
    assert shown_address(page, "mine") == f"http://localhost{path}"
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "VALARM" in read(client, path)


def test_staff_are_offered_what_a_visitor_is(app, forum):
    page = Browser(app).sign_in(make_staff()).get("/calendar")

    assert "/cal/u/" not in page.text


def test_a_new_address_replaces_the_old_one(app, client, person):
    browser = Browser(app).sign_in(person)
    old = private_path(app, person)
    answer = browser.post_form("/calendar", action="/calendar/address")

    assert (answer.status, answer.location) == (303, ["/calendar", "mine"][0])
    assert client.get(old).status_code == 410
    new = shown_address(browser.get("/calendar"), "mine")
    assert new == f"http://localhost{private_path(app, person)}" != f"http://localhost{old}"


def test_alarms_are_chosen_on_the_page_which_shows_them_ticked_afterwards(app, client, person):
    browser = Browser(app).sign_in(person)
    path = private_path(app, person)
    seen = []
    for chosen in (["24", "2"], None, ["99"]):
        answer = browser.post_form("/calendar", {"alarms": chosen}, action="/calendar/choices")
        page = browser.get(answer.location)
        ticked = [str(box["value"]) for box in page.html.select("input[name=alarms][checked]")]
        seen.append((ticked, read(client, path).count("TRIGGER")))

    assert seen == [(["24", "2"], 2), ([], 0), ([], 0)]


@pytest.mark.parametrize("path", ["/calendar/address", "/calendar/choices"])
def test_nothing_is_changed_without_the_forms_token_or_without_signing_in(app, client, person, path):
    before = private_path(app, person)

    assert Browser(app).sign_in(person).post(path).status == 400
    assert Browser(app).post(path).status in {303, 400}
    assert private_path(app, person) == before
    assert "VALARM" in read(client, before)


def test_the_page_says_who_has_read_the_feed_and_when(app, person):
    browser = Browser(app).sign_in(person)
    before = browser.get("/en/calendar")
    with transaction():
        service.note_reading(person.id, Client.APPLE, clock.wall() - timedelta(hours=2, seconds=5))
        service.note_reading(person.id, Client.GOOGLE, clock.wall() - timedelta(days=1, hours=3, seconds=5))

    assert "No calendar has read this address yet." in before.words
    assert [item.get_text() for item in browser.get("/en/calendar").html.select(".readings li")] == [
        "Apple Calendar: read 2 hours ago",
        "Google Calendar: read 1 day 3 hours ago",
    ]


def test_wechat_is_told_what_to_do_and_its_links_are_marked(forum, visitor):
    page = visitor.get("/calendar", headers={"User-Agent": WECHAT})

    assert "微信里不能直接订阅日历。" in page.words
    assert page.html.select("main a[href^='webcal:']:not([data-wechat='blocked'])") == []
    assert page.html.select("main a[href$='.ics']:not([data-wechat='blocked'])") == []
    assert "微信里不能直接订阅日历。" not in visitor.get("/calendar").words
    assert {"User-Agent", "Cookie"} <= set(page.response.vary)


def test_the_words_for_ones_own_device_are_open(forum, visitor):
    page = visitor.get("/en/calendar", headers={"User-Agent": IPHONE})

    assert [summary.get_text(strip=True) for summary in page.html.select("details[open] > summary")] == ["iPhone, iPad, Mac"]


def test_before_the_first_edition_the_page_says_so(app, visitor):
    page = visitor.get("/en/calendar")

    assert page.status == 200
    assert "The programme is not published yet" in page.words


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (IPHONE, Device.APPLE),
        (WECHAT, Device.ANDROID),
        ("Mozilla/5.0 (Phone; OpenHarmony 4.0) ArkWeb/4.1", Device.ANDROID),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", Device.APPLE),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Device.WINDOWS),
        ("Mozilla/5.0 (X11; Linux x86_64)", Device.OTHER),
    ],
)
def test_a_device_is_known_by_its_user_agent(user_agent, device):
    assert device_of(user_agent) == device
