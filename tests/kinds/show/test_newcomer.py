"""A newcomer's way to the drone show, in a real browser on a phone: from the plan of the zones to the gate."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, sync_playwright

from festival.checkin import service as checkin
from festival.checkin.rules import Typed
from festival.checkin.service import ScanRequest, Where
from festival.kinds.show import live
from festival.lib import tokens
from festival.lib.db import db, transaction
from festival.signups.models import SignUp
from tests.accounts.codes import sent_code
from tests.builders import make_question, make_staff
from tests.conftest import chromium
from tests.kinds.show.grounds import book, decide, make_show, slot_of
from tests.signups.engine import NOW

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

NUMBER = "13800138000"
#: What the page's script does every twenty seconds.
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def zones(page: Page) -> list[str]:
    return [" ".join(one.split()) for one in page.locator(".show-zones .state").all_inner_texts()]


def test_a_newcomer_finds_room_books_keeps_the_place_on_the_backup_date_and_is_let_in(app, address, frozen):
    frozen(NOW)
    show = make_show(title_zh="灯光秀")
    make_question(show, "access", required=False)
    book(show, 5, 5)  # zone A is full
    start = slot_of(show).starts_at
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = chrome.new_page(base_url=address, viewport={"width": 375, "height": 780})
        broken: list[str] = []
        page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)

        page.goto("/activities/drones")
        assert zones(page) == ["约满", "余 10 个名额"]
        assert "B区还有 10 个空位" in page.get_by_role("status").first.inner_text()
        assert page.locator("svg.show-plan").get_attribute("role") == "img"
        page.get_by_role("link", name="立即报名").first.click()
        page.get_by_label("2区").check()
        page.locator("[name=party_size]").select_option("3")
        page.locator("[name=consent]").check()
        page.locator("[name=address]").fill(NUMBER)
        page.locator("[name=send-code]").click()
        page.wait_for_load_state()
        page.locator("[name=code]").fill(sent_code(NUMBER))
        page.locator("main form button:not([name=send-code])[type=submit]").last.click()
        page.wait_for_url("**/sign-ups/*")
        ticket = page.url
        assert page.locator("main").get_attribute("data-result") == "confirmed"
        assert "B口" in page.locator("#show-gate + *, #show-gate ~ dl").first.inner_text()

        decide(show, "postpone")
        page.goto(ticket)
        page.get_by_role("button", name="保留").first.click()
        page.wait_for_load_state()
        assert page.locator("main").get_attribute("data-result") == "confirmed"

        db.session.rollback()
        made = db.session.query(SignUp).order_by(SignUp.id.desc()).first()
        assert made is not None
        assert (made.state, made.party_size, made.kept_at) == ("confirmed", 3, NOW)
        frozen(start + timedelta(hours=23, minutes=30))  # the gates of the backup evening are open
        page.goto("/activities/drones")
        assert zones(page) == ["有空位，在场 0 人", "有空位，在场 0 人"]
        where = Where(make_staff().id)
        with transaction():
            checkin.scan(show.id, ScanRequest(tokens.new_token(), typed=Typed(made.code, is_digits=False)), where)
        live.forget()
        page.evaluate(LOOK)
        page.get_by_text("有空位，在场 3 人").first.wait_for()
        assert broken == []
        chrome.close()
