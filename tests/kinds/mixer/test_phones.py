"""Real phones at a mixer: two who choose each other, and one who is not chosen back."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

from festival.kinds.mixer import service
from festival.kinds.mixer.models import Choice, Run
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Sensitivity
from festival.signups.models import SignUp
from tests.accounts.codes import sent_code
from tests.builders import make_question, make_staff
from tests.conftest import chromium
from tests.kinds.mixer.phone import OPENS, REVEAL, guests, label, make_mixer, scan
from tests.web import Browser as Visitor

#: What a browser does with a page does not depend on the database.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

#: Everything that the phone keeps, as far as a script can read it out.
DUMP = """() => new Promise((done) => {
  const asked = indexedDB.open("mixer", 1);
  asked.onsuccess = () => {
    const all = asked.result.transaction("phones").objectStore("phones").getAll();
    all.onsuccess = async () => {
      const key = all.result[0].privateKey;
      const taken = await crypto.subtle.exportKey("pkcs8", key).then(() => "taken", () => "refused");
      done([all.result.length, key.extractable, key.type, taken]);
    };
  };
})"""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Phones:
    """People's phones, and what went wrong on them."""

    app: Flask
    chrome: Browser
    address: str
    wrong: list[str] = field(default_factory=list)

    def new(self, cookie: str = "") -> Page:
        """Return a page on a phone, signed in by a cookie or not."""
        context = self.chrome.new_context(base_url=self.address, viewport={"width": 375, "height": 780})
        if cookie:
            context.add_cookies([{"name": "festival", "value": cookie, "url": self.address}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        return page

    def of(self, sign_up: SignUp) -> Page:
        """Return somebody's page of the mixer, once their phone is ready."""
        cookie = Visitor(self.app).sign_in(sign_up.person).client.get_cookie("festival")
        assert cookie is not None
        page = self.new(cookie.value)
        page.goto(f"/sign-ups/{sign_up.code}/mixer")
        page.locator('[data-saying="ready"]').wait_for()
        return page

    def of_newcomer(self, slug: str, mobile: str) -> tuple[Page, SignUp]:
        """Sign up somebody who has never been here, let them in, and return their page of the mixer."""
        page = self.new()
        page.goto(f"/activities/{slug}/sign-up")
        page.locator("[name=address]").fill(mobile)
        page.locator("[name=send-code]").click()
        page.locator("[name=code]").fill(sent_code(mobile))
        page.locator("[name=q-gender][value=f]").check()
        page.locator("[name=q-birth_year]").fill("1995")
        for tick in ("q-single", "q-match_consent", "consent"):
            page.locator(f"[name={tick}]").check()
        page.locator("main form button[type=submit]:not([name])").last.click()
        page.locator('[data-result="confirmed"]').wait_for()
        db.session.rollback()
        sign_up = db.session.scalars(select(SignUp).where(SignUp.code == page.url.rpartition("/")[2])).one()
        scan(sign_up)
        page.reload()
        page.get_by_role("link", name="打开我的联谊").click()
        page.locator('[data-saying="ready"]').wait_for()
        return page, sign_up


def press(page: Page, number: str, saying: str) -> None:
    page.locator("[data-choice]").first.fill(number)
    page.locator("[data-choose] button[type=submit]").click()
    page.locator(f'[data-saying="{saying}"]').wait_for()


def choose(page: Page, number: str, ticks: dict[str, str]) -> None:
    page.reload()
    page.locator("[data-choose]").wait_for()
    for key, value in ticks.items():
        page.locator(f"#pass-{key}").check()
        page.locator(f'[data-value="{key}"]').fill(value)
    press(page, number, "sent")


def found(page: Page) -> list[tuple[str | None, str]]:
    """Return whom a page shows as having chosen back, and what they pass on."""
    page.reload()
    page.locator('[data-is-ready="yes"]').wait_for()
    pairs = page.locator("[data-pair]").all()
    return [(pair.get_attribute("data-pair"), " ".join(pair.locator("dl").inner_text().split())) for pair in pairs]


def test_a_newcomer_finds_somebody_who_chose_her_and_a_third_is_told_nothing(app, frozen, chrome, address):
    mixer = make_mixer()
    make_question(mixer, "gender", type_="select", options={"m": "男", "f": "女"})
    make_question(mixer, "birth_year", type_="year", minimum=1988, maximum=2001)
    for pledge in ("single", "match_consent"):
        make_question(mixer, pledge, type_="pledge", sensitivity=Sensitivity.SENSITIVE, text="我承诺。")
    (his, lonely), _ = guests(mixer, 2, 0)
    phones = Phones(app, chrome, address)
    her, hers = phones.of_newcomer(mixer.slug, "13912345678")
    with transaction():
        service.plan(mixer.id, actor_id=make_staff().id)
    mans, womans = label(his), label(hers)
    him, alone = (phones.of(one) for one in (his, lonely))
    assert him.evaluate(DUMP) == [1, False, "private", "refused"]

    clock.freeze(OPENS)
    choose(him, womans.lower(), {"name": "小王", "wechat": "wang_01"})
    choose(alone, f" {womans} ", {"phone": "13700137000"})
    choose(her, mans, {"phone": "13800138000"})
    press(alone, "F39" if womans != "F39" else "F38", "number")  # nobody wears it
    assert len({page.locator("[data-code]").inner_text() for page in (him, alone, her)}) == 1
    db.session.rollback()
    assert [len(tag) for tag in db.session.scalars(select(Choice.tag))] == [32] * 9

    clock.freeze(REVEAL)
    assert (found(him), found(her), found(alone)) == (
        [(womans, "电话 13800138000")],
        [(mans, "称呼 小王 微信号 wang_01")],
        [],
    )
    him.locator("[data-clear] button").click()
    him.locator('[data-saying="cleared"]').wait_for()
    assert [number for number, _hidden in found(him)] == [womans]
    assert not him.locator("[data-opened]").is_visible()
    assert him.locator("[data-unopened]").inner_text() == "联系方式要用您选择时的那台手机打开。"
    assert phones.wrong == []
    db.session.rollback()
    assert db.session.scalars(select(Run.pairs)).all() == [1]
