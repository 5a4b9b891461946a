"""A newcomer's path through a forum on a phone, in a real browser: from the agenda to a break-out of one's own."""

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import select

from festival.accounts.models import CodeChallenge
from festival.accounts.service import code_of
from festival.kinds.forum import queries
from festival.lib.db import db
from tests.conftest import chromium
from tests.kinds.forum.halls import make_forum

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]


def code() -> str:
    db.session.rollback()
    return code_of(db.session.scalars(select(CodeChallenge).order_by(CodeChallenge.id.desc()).limit(1)).one())


def test_a_newcomer_reads_the_agenda_signs_up_books_a_break_out_and_switches_to_another(app, address):
    forum = make_forum(seats=3)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(base_url=address, viewport={"width": 375, "height": 800})
        page.goto("/activities/forum")
        page.get_by_role("link", name="完整议程").click()
        page.get_by_role("link", name="甲").first.click()
        assert page.get_by_role("heading", level=1).inner_text() == "甲"
        page.get_by_role("link", name="返回议程").click()
        page.get_by_role("link", name="登录").click()
        page.fill("[name=address]", "13900001234")
        page.locator("main form button[type=submit]").first.click()
        page.fill("[name=code]", code())
        page.locator("main form button[type=submit]").first.click()
        assert page.url.endswith("/activities/forum/agenda")
        page.get_by_role("button", name="收藏“题talk”").click()
        page.get_by_role("link", name="报名参加论坛").click()
        page.get_by_label("个人信息处理规则").check()
        page.get_by_role("button", name="提交报名").click()
        page.get_by_role("link", name="查看议程、预约平行论坛").click()
        page.get_by_role("button", name="预约“题one”").click()
        page.get_by_role("button", name="改约“题two”").click()

        mine = page.locator("#item-two")
        assert "已预约" in mine.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.set_viewport_size({"width": 1280, "height": 900})
        assert page.locator(".programme-grid").is_visible()
        assert not mine.is_visible()  # the list gives way to the grid
        browser.close()
    db.session.rollback()
    assert [one.places.taken for one in queries.break_outs(forum.id).values()] == [0, 1]
