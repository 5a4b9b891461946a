"""The door in a real browser: the network goes, the server dies in the middle, and nobody gets lost, doubled or revealed."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from festival.accounts.access import SESSION_KEY
from festival.accounts.models import SignInSession
from festival.accounts.rules import Role
from festival.checkin import rules, scans, service
from festival.checkin.models import Scan
from festival.checkin.service import ScanRequest, Where
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.conftest import chromium
from tests.signups.storm import Servers, new_cookie

#: What a browser does with a page does not depend on the database; real servers run beside it.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

HERE = "/manage/activities/show/check-in"
#: Everything that the device holds: the store of the page, and what its worker keeps.
DUMP = """async () => {
  const held = [];
  for (const {name} of await indexedDB.databases()) {
    const database = await new Promise((done) => {
      const asked = indexedDB.open(name);
      asked.onsuccess = () => done(asked.result);
    });
    for (const store of database.objectStoreNames) {
      const found = await new Promise((done) => {
        const asked = database.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => done(asked.result);
      });
      const keys = await new Promise((done) => {
        const asked = database.transaction(store).objectStore(store).getAllKeys();
        asked.onsuccess = () => done(asked.result);
      });
      held.push(JSON.stringify([store, keys, found]));
    }
    database.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (!request.url.includes("/static/")) held.push(await (await cache.match(request)).text());
    }
  }
  return [held.join("\\n"), JSON.stringify({...localStorage})];
}"""


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def servers(app, settings, tmp_path) -> Iterator[Servers]:
    running = Servers(settings, tmp_path, count=1)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def steward(app):
    """A steward, and the cookie of their telephone."""
    member, key, at = make_staff(Role.STEWARD), tokens.new_token(), clock.wall()
    with transaction():
        db.session.add(SignInSession(account_id=member.id, key_digest=tokens.digest(key), created_at=at, last_seen_at=at))
    return member.id, new_cookie(app, {SESSION_KEY: key}).partition("=")[2]


@pytest.fixture
def phone(chrome, servers, steward) -> Iterator[BrowserContext]:
    base = f"http://127.0.0.1:{servers.ports[0]}"
    context = chrome.new_context(base_url=base, viewport={"width": 375, "height": 780})
    context.add_cookies([{"name": "festival", "value": steward[1], "url": base}])
    yield context
    context.close()


def scan(page: Page, code: str) -> tuple[str | None, str]:
    """Scan as a keyboard scanner does; return what the door answers, and what it sounds like."""
    page.evaluate("document.querySelector('[data-door-answer]').replaceChildren()")
    page.locator("#code").fill(code)
    page.locator("#code").press("Enter")
    panel = page.locator("[data-door-panel], [data-door-answer] .note").first
    panel.wait_for()
    return panel.get_attribute("data-door-panel"), page.evaluate("document.documentElement.dataset.sounded") or ""


def prepare(phone: BrowserContext, gate: str = "") -> Page:
    page = phone.new_page()
    page.goto(f"{HERE}?gate={gate}")
    page.get_by_role("button", name="准备离线使用").click()
    page.locator('[data-prepared="true"]').wait_for(timeout=60_000)
    return page


def wait_for_waiting(page: Page, count: int) -> None:
    page.locator(f'[data-waiting="{count}"]').wait_for(timeout=60_000)


def test_the_door_goes_on_without_the_network_reveals_nobody_and_tells_of_a_code_used_twice(app, servers, phone, steward):
    show = make_activity(slug="show", starts_in=timedelta(0), pools=2, party_max=5)
    family = make_sign_up(show, name="欧阳娜娜", party_size=3, pool=pool_of(show, 1))
    twice, late = make_sign_up(show, name="李晨"), make_sign_up(show, name="王宁")
    with transaction():
        east, west = (service.open_gate(show.id, name, actor_id=steward[0]).id for name in ("东门", "西门"))
    page = prepare(phone, str(east))
    assert scan(page, late.code) == ("checked-in", "ok")  # while the network is there
    after = make_sign_up(show, name="后来的人")

    phone.set_offline(True)
    missed: list[str] = []
    page.on("requestfailed", lambda request: missed.append(request.url))
    page.reload()
    assert page.locator("h1").inner_text().startswith("签到")
    answers = [scan(page, code) for code in (f"http://x/c/{family.code.upper()}", family.code, twice.code, late.code)]
    assert answers == [
        ("checked-in", "ok"),
        ("already-checked-in", "again"),
        ("checked-in", "ok"),
        ("already-checked-in", "again"),
    ]
    assert scan(page, family.digits)[0] is None  # digits are few enough to try: they need the server
    assert scan(page, after.code) == ("unknown-code", "no")
    page.get_by_role("button", name="凭票放行并记录").click()
    page.locator('[data-door-panel="checked-in"]').wait_for()
    wait_for_waiting(page, 3)
    assert [url for url in missed if "/static/" in url] == []
    (held, small) = page.evaluate(DUMP)
    secrets = [
        text for one in (family, twice, late, after) for text in (one.name, one.code, one.digits, one.person.addresses[0].value)
    ]
    assert [text for text in secrets if text in held + small] == []
    assert rules.lookup_of(show.id, family.code) in held

    with transaction():  # meanwhile, at another gate
        service.scan(show.id, ScanRequest("another-gate", typed=rules.read_code(twice.code)), Where(steward[0], west))
    phone.set_offline(False)
    wait_for_waiting(page, 0)

    db.session.rollback()
    written = db.session.scalars(sa.select(Scan).where(Scan.is_late).order_by(Scan.sign_up_id)).all()
    assert [(one.sign_up_id, one.verdict.value, one.claimed, one.persons, one.gate_id) for one in written] == [
        (family.id, "checked_in", 3, 3, east),
        (twice.id, "already_checked_in", 1, 0, east),
        (after.id, "checked_in", 1, 1, east),
    ]
    page.goto(f"{HERE}/differences")
    told = page.locator("main").inner_text()
    assert ("东门" in told, "西门" in told, told.count("放行 1 人，计入 0 人")) == (True, True, 1)


def test_a_server_that_dies_in_mid_upload_loses_and_doubles_nothing(app, servers, phone):
    show = make_activity(slug="show", starts_in=timedelta(0), capacity=None)
    people = [make_sign_up(show) for _ in range(25)]
    codes = [one.code for one in people]
    page = prepare(phone)
    servers.kill()  # the network is there, and nobody answers
    for code in codes:
        assert scan(page, code)[0] == "checked-in"
    wait_for_waiting(page, len(codes))

    def strike() -> None:
        """Kill the server as soon as it has written some of a letter."""
        engine = sa.create_engine(app.config["SQLALCHEMY_DATABASE_URI"])
        with engine.connect() as connection:
            while connection.execute(sa.text("SELECT count(*) FROM scan")).scalar_one() < 3:
                connection.rollback()
                time.sleep(0.005)
        engine.dispose()
        servers.kill()

    db.session.rollback()
    killer = threading.Thread(target=strike)
    killer.start()
    with suppress(AssertionError):  # it may be dead before it said that it was there
        servers.start()
    killer.join()
    db.session.rollback()
    after_the_blow = scans.scans_count()
    assert 3 <= after_the_blow < len(codes)
    servers.start()
    wait_for_waiting(page, 0)

    db.session.rollback()
    written = db.session.execute(sa.select(Scan.sign_up_id, Scan.persons, Scan.claimed)).all()
    assert sorted(written) == sorted((one.id, 1, 1) for one in people)
    assert scans.conflicts_count(show.id) == 0
    assert scans.disagreements() == []
