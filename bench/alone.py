"""What pages cost for one visitor alone, in one process: medians of several rounds, beside a bare Flask answer of that size."""

import statistics
import time
from collections.abc import Callable
from functools import partial

from flask import Flask

from bench.grown import grow
from festival.lib.db import db
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.web import Browser

ROUNDS = 5
REQUESTS = 20
PEOPLE = 60
#: Sign-ups of the long roster, half of them waiting.
LONG = 10_000
THREE_FILTERS = "/manage/activities/long/roster?state=confirmed&in=no&consent=notice&not=consent"


def milliseconds(once: Callable[[], object], times: int = REQUESTS) -> float:
    """Return the median over rounds of the milliseconds one call takes, the first call left out."""
    once()
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(times):
            once()
        rounds.append((time.perf_counter() - begun) / times * 1000)
    return statistics.median(rounds)


def floor(size: int) -> float:
    """Return what a bare Flask answer of this many bytes takes."""
    bare = Flask("bare")
    body = "x" * size
    bare.add_url_rule("/", "answer", lambda: body)
    client = bare.test_client()
    return milliseconds(lambda: client.get("/"))


def sign_ups(app: Flask) -> float:
    """Return what one whole sign-up takes: the form opened, then sent with token, consent and key, by somebody signed in."""
    activity = make_activity(slug="hot", capacity=PEOPLE // 2)
    browsers = [Browser(app).sign_in(make_person()) for _ in range(PEOPLE)]
    slug = activity.slug
    db.session.rollback()
    taken = []
    for browser in browsers:
        page = browser.get(f"/activities/{slug}/sign-up")
        begun = time.perf_counter()
        answer = browser.post_form(page, {"consent": "1"})
        taken.append((time.perf_counter() - begun) * 1000)
        assert answer.status == 303, answer.words
    return statistics.median(taken)


def page_size(app: Flask) -> int:
    """Return the bytes of the activity page that ``measure`` has made."""
    return len(Browser(app).get("/activities/page").response.data)


def measure(app: Flask) -> list[tuple[str, float, float | None]]:
    """Return rows of what was measured: name, milliseconds, and the floor where there is one."""
    activity = make_activity(slug="page", capacity=200)
    for _ in range(100):
        make_sign_up(activity)
    long = make_activity(slug="long", capacity=LONG)
    grow(long.slug, 0, LONG, with_names=True)
    visitor, desk = Browser(app), Browser(app).sign_in(make_staff())
    db.session.rollback()  # this process's own transaction must not stand open while the requests are timed
    feed = visitor.get("/cal/programme.ics")
    unchanged = {"If-None-Match": feed.response.headers["ETag"]}
    rows: list[tuple[str, float, float | None]] = [("sign-up: the POST, signed in", sign_ups(app), None)]
    for name, browser, path, headers in (
        ("activity page", visitor, "/activities/page", {}),
        ("programme", visitor, "/", {}),
        ("roster, 100 rows", desk, "/manage/activities/page/roster", {}),
        (f"roster, first page of {LONG:,} rows", desk, "/manage/activities/long/roster", {}),
        (f"roster, by sound, page 100 of {LONG:,} rows", desk, "/manage/activities/long/roster?sort=name&page=100", {}),
        (f"roster, a search in {LONG:,} rows", desk, "/manage/activities/long/roster?q=limei", {}),
        (f"roster, three filters over {LONG:,} rows", desk, THREE_FILTERS, {}),
        ("calendar, unchanged (304)", visitor, "/cal/programme.ics", unchanged),
    ):
        size = len(browser.get(path, headers=headers).response.data)
        taken = milliseconds(partial(browser.get, path, headers=headers))
        rows.append((name, taken, floor(size)))
    return rows
