"""Somebody who has never been here finds the fair, signs up, uploads a CV, applies, and sees how it stands: on a telephone."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, sync_playwright

from festival.outbox.delivery import deliver_due
from tests.conftest import chromium
from tests.kinds.job_fair.seeking import GOOD_PDF, NOW, make_fair
from tests.web import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

NUMBER = "13800138000"


@pytest.fixture
def telephone(app, frozen, address) -> Iterator[Page]:
    """A telephone's browser, two days before the fair."""
    frozen(NOW)
    make_fair()
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = chrome.new_context(base_url=address, viewport={"width": 375, "height": 740}).new_page()
        page.set_default_timeout(10_000)
        yield page
        chrome.close()


def test_a_newcomer_finds_the_fair_signs_up_uploads_a_cv_applies_and_sees_the_state(app, telephone):
    telephone.goto("/")
    telephone.get_by_role("link", name="测试活动").first.click()
    telephone.get_by_role("link", name="立即报名").first.click()
    telephone.fill("[name=address]", NUMBER)
    telephone.click("[name=send-code]")
    telephone.wait_for_selector("[name=code]")
    deliver_due()
    mails = Browser(app).get(f"/demo/messages.json?to={NUMBER}").response.get_json()
    telephone.fill("[name=code]", re.findall(r"\d{6}", mails[0]["text"])[0])
    telephone.check("[name=consent]")
    telephone.get_by_role("main").locator("form button:not([name])").click()
    telephone.wait_for_selector('[data-result="confirmed"]')

    telephone.get_by_role("link", name="查找岗位").click()
    telephone.fill("#q", "分析")
    telephone.get_by_role("link", name="数据分析师").click()
    telephone.get_by_role("link", name="投递简历").click()
    telephone.get_by_role("link", name="上传简历").click()
    telephone.set_input_files("[name=cv]", {"name": "简历.pdf", "mimeType": "application/pdf", "buffer": GOOD_PDF})
    telephone.get_by_role("button", name="上传简历").click()
    telephone.fill("[name=name]", "李小雨")
    telephone.check("[name=consent]")
    telephone.get_by_role("button", name="投递", exact=True).click()

    telephone.wait_for_selector('[data-result="submitted"]')
    telephone.goto("/me")
    telephone.get_by_role("link", name="我的投递").click()
    assert telephone.locator('[data-state="submitted"]').inner_text().split("\n")[0] == "数据分析师"
