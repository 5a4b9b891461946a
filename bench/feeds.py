"""What calendar programs cost: an unchanged poll beside a bare Flask answer, and a feed of very many slots, cold and warm."""

import statistics
import time
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import timedelta

from flask import Flask

from bench.crowd import CLIENTS, ROUNDS, VIEWS, Pace, Place, load, pace_of
from festival.calendars.models import CalendarEntry, CalendarFeed
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Slot
from festival.programme.service import touch_activity
from tests.builders import make_activity
from tests.web import Browser

PATH = "/cal/programme.ics"
SLOTS = 1_000
COLD, WARM = 3, 50


def polls(place: Place, one_port: int) -> Iterator[tuple[int, dict[str, Pace]]]:
    """Measure polls of the programme that end in 304 beside a bare 304: yields the clients and both paces."""
    with urllib.request.urlopen(f"http://127.0.0.1:{place.servers.ports[0]}{PATH}", timeout=30) as answer:
        etag = answer.headers["ETag"]
    ours = f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nIf-None-Match: {etag}\r\n\r\n"
    theirs = "GET /unchanged HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n"
    for clients in CLIENTS:
        rounds: dict[str, list[tuple[float, list[float]]]] = {"festival": [], "bare": []}
        for _ in range(ROUNDS):
            rounds["festival"].append(load(place.servers.ports[0], [ours] * VIEWS, clients, 304))
            rounds["bare"].append(load(one_port, [theirs] * VIEWS, clients, 304))
        yield clients, {name: pace_of(measured) for name, measured in rounds.items()}


def thousand(app: Flask) -> tuple[float, float]:
    """Return the milliseconds of an activity's file of 1,000 slots: built from nothing, and given again."""
    activity = make_activity(slug="thousand")
    at = clock.wall().replace(microsecond=0)
    with transaction():
        db.session.add_all(
            Slot(
                activity_id=activity.id,
                key=f"n-{number}",
                uid=str(uuid.uuid4()),
                starts_at=at + timedelta(hours=number),
                ends_at=at + timedelta(hours=number + 1),
                created_at=at,
                updated_at=at,
            )
            for number in range(SLOTS - 1)
        )
        touch_activity(db.session.get_one(Activity, activity.id))
    visitor, path = Browser(app), "/activities/thousand/calendar.ics"
    cold = [_cold(visitor, path) for _ in range(COLD)]
    warm = [_taken(visitor, path) for _ in range(WARM)]
    return statistics.median(cold), statistics.median(warm)


def _cold(visitor: Browser, path: str) -> float:
    """Forget all that is stored, and ask."""
    with transaction():
        db.session.query(CalendarFeed).delete()
        db.session.query(CalendarEntry).delete()
    db.session.rollback()
    return _taken(visitor, path)


def _taken(visitor: Browser, path: str) -> float:
    begun = time.perf_counter()
    answer = visitor.get(path)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.response.data.count(b"BEGIN:VEVENT") == SLOTS
    return taken
