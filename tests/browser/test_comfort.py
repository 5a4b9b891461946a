"""What scripts add to the pages, in a real browser: comfort, and never a dead end without them."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.builders import make_activity, make_person, make_sign_up
from tests.web import Browser as SignedIn

#: What a browser does with a page does not depend on the database.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

WECHAT = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/116 Mobile Safari/537.36 MicroMessenger/8.0.40"
#: Kilobytes of the first view without pictures, as they come over the line.
HEAVIEST = 150


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The browser of this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def phone(chrome: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a phone's browser: ``phone()``, or with any of Playwright's context options."""
    contexts = []

    def opened(**options) -> Page:
        context = chrome.new_context(base_url=address, viewport={"width": 375, "height": 800}, **options)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def test_senior_mode_and_colours_are_remembered(phone):
    make_activity(slug="there")
    page = phone()
    page.goto("/")
    page.get_by_role("button", name="长辈版").click()
    page.get_by_role("button", name="深色").click()

    page.goto("/activities/there")

    assert page.evaluate("[document.documentElement.matches('[data-senior]'), document.documentElement.dataset.theme]") == [
        True,
        "dark",
    ]
    assert [page.get_by_role("button", name=name).get_attribute("aria-pressed") for name in ("长辈版", "深色", "浅色")] == [
        "true",
        "true",
        "false",
    ]
    page.get_by_role("button", name="长辈版").click()
    page.goto("/")
    assert page.evaluate("document.documentElement.matches('[data-senior]')") is False


def test_without_script_nothing_stands_there_dead(phone):
    make_activity(slug="there")
    page = phone(java_script_enabled=False)

    page.goto("/activities/there")

    assert [button.inner_text() for button in page.get_by_role("button").all() if button.is_visible()] == []
    assert page.get_by_role("heading", level=1).inner_text() == "测试活动"


def test_the_address_can_be_copied(phone):
    make_activity(slug="there")
    page = phone(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/activities/there")

    page.get_by_role("button", name="复制地址").click()

    page.get_by_role("button", name="已复制").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "天津大礼堂 天津市河西区友谊路"


def test_wechat_is_told_what_to_do_where_it_cannot(phone):
    make_activity(slug="there")
    page = phone(user_agent=WECHAT)
    page.goto("/activities/there")
    said = page.get_by_role("dialog", name="请在浏览器中打开")
    assert said.is_hidden()

    page.get_by_role("link", name="添加到日历").click()

    said.wait_for()
    assert "点击右上角 ··· 选择“在浏览器打开”" in said.inner_text()
    assert page.url.endswith("/activities/there")
    page.keyboard.press("Escape")
    assert said.is_hidden()


CLIENTS = {
    "iPhone、iPad、Mac": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile Safari/604.1",
    "安卓与鸿蒙手机，按品牌": "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00) Chrome/99 Mobile Safari/537.36",
    "Outlook": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/125 Safari/537.36 Edg/125",
}


@pytest.mark.parametrize("device", CLIENTS)
def test_the_page_of_calendars_opens_the_way_of_ones_own_device_and_every_other_is_there(phone, device):
    make_activity(slug="there")
    page = phone(user_agent=CLIENTS[device], permissions=["clipboard-read", "clipboard-write"])
    page.goto("/calendar")

    opened = page.locator("aside details[open] > summary")
    ways = page.locator("#programme .rows a")
    hosts = {str(way.get_attribute("href")).split("/")[2] for way in ways.all() if "://" in str(way.get_attribute("href"))}
    page.locator("#programme").get_by_role("button", name="复制").first.click()

    assert opened.all_inner_texts() == [device]
    assert {"outlook.live.com", "outlook.office.com", "calendar.google.com"} <= hosts
    assert ways.first.get_attribute("href").startswith("webcal://")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/cal/programme.ics")
    with page.expect_download() as download:
        page.locator("#programme a[download]").click()
    assert download.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_ones_schedule_becomes_a_picture_of_pixels_that_is_saved_and_shown(phone, app):
    person = make_person()
    make_sign_up(make_activity(), person=person)
    cookie = SignedIn(app).sign_in(person).client.get_cookie("festival")
    assert cookie is not None
    page = phone()
    page.goto("/calendar")
    page.context.add_cookies([{"name": "festival", "value": cookie.value, "url": page.url}])
    page.goto("/me/schedule")

    with page.expect_download() as download:
        page.get_by_role("button", name="保存图片").click()

    with Image.open(download.value.path()) as picture:
        assert (picture.format, picture.width) == ("PNG", 1080)
        assert len(picture.convert("L").getcolors() or []) > 8  # letters on paper, not a blank
    assert page.locator("[data-picture-made] img").evaluate("picture => picture.naturalWidth") == 1080


def test_wechat_offers_the_address_and_a_qr_instead_of_a_calendar_it_would_block(phone):
    make_activity(slug="there")
    page = phone(user_agent=WECHAT)
    page.goto("/calendar")

    page.locator("#programme a[href^='webcal:']").first.click()

    said = page.get_by_role("dialog", name="请在浏览器中打开")
    said.wait_for()
    assert said.get_by_role("img").count() == 1
    assert said.get_by_role("button", name="复制").count() == 1
    assert page.url.endswith("/calendar")


def test_the_rail_opens_at_the_chosen_day(phone):
    festival_day = make_activity(starts_in=timedelta(days=12)).starts_at.date()
    page = phone()

    page.goto(f"/?day={festival_day}")

    page.wait_for_function("document.querySelector('.rail__days').scrollLeft > 0")
    box = page.locator(".rail__days [aria-current]").bounding_box()
    assert 0 <= box["x"] <= 375 - box["width"]


@pytest.mark.parametrize("path", ["/", "/en/", "/activities/there"])
def test_a_first_view_is_light_and_asks_no_other_host(phone, address, path):
    make_activity(slug="there")
    page = phone()
    weights, hosts, complaints = [], set(), []
    page.on("response", lambda answer: hosts.add(answer.url.split("/")[2]))
    page.on("requestfinished", lambda request: weights.append(request.sizes()["responseBodySize"]))
    page.on("console", lambda message: complaints.append(message.text))

    page.goto(path)
    page.wait_for_load_state("networkidle")

    assert (hosts, complaints) == ({address.removeprefix("http://")}, [])
    assert sum(weights) < HEAVIEST * 1024


@pytest.mark.parametrize("width", [320, 375, 1280])
@pytest.mark.parametrize("path", ["/", "/en/", "/activities/there", "/en/activities/there"])
def test_nothing_scrolls_sideways(chrome, address, width, path):
    make_activity(slug="there", title_zh="“科创中国·天津行”工程设计领域创新发展高峰论坛", title_en="Summit on Engineering Design")
    page = chrome.new_page(base_url=address, viewport={"width": width, "height": 800})

    page.goto(path)

    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
