"""Sixteen gates at once: telephones at the door of one activity, each scanning one code after the other."""

import re
import time
import urllib.request
from datetime import timedelta

from bench.crowd import ROUNDS, Pace, Place, load, pace_of, post
from festival.accounts.access import SESSION_KEY
from festival.accounts.models import SignInSession
from festival.accounts.rules import Role
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from tests.builders import make_activity, make_sign_up, make_staff
from tests.signups.storm import new_cookie

GATES = 16
#: Codes that each gate scans in one round.
SCANS = 16
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def scans(place: Place) -> Pace:
    """Measure scans as the page sends them: session, token, rules under the lock, scan and count on the disk, verdict."""
    port = place.servers.ports[0]
    stewards = [_steward(place, port) for _ in range(GATES)]
    rounds = []
    for _ in range(ROUNDS):
        slug, codes = _expected()
        requests = [
            _scan(slug, code, *stewards[number % GATES]) for number, code in enumerate(codes)
        ]  # ``load`` deals them out in turn: each gate keeps its own steward
        rounds.append(load(port, requests, GATES, 200))
        time.sleep(0.2)
    return pace_of(rounds)


def _expected() -> tuple[str, list[str]]:
    """Return an activity of today and the codes of those who are expected."""
    activity = make_activity(starts_in=timedelta(0), capacity=None)
    slug = activity.slug
    codes = [make_sign_up(activity).code for _ in range(GATES * SCANS)]
    db.session.rollback()
    return slug, codes


def _steward(place: Place, port: int) -> tuple[str, str]:
    """Return the cookie of a telephone, and the token of the page it has open."""
    member, key, at = make_staff(Role.STEWARD), tokens.new_token(), clock.wall()
    with transaction():
        db.session.add(SignInSession(account_id=member.id, key_digest=tokens.digest(key), created_at=at, last_seen_at=at))
    cookie = new_cookie(place.app, {SESSION_KEY: key})
    activity = make_activity()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/manage/activities/{activity.slug}/check-in", headers={"Cookie": cookie}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = _TOKEN.search(answer.read().decode())
        fresh = (answer.headers.get("Set-Cookie") or cookie).split(";")[0]
    assert found is not None
    return fresh, found.group(1)


def _scan(slug: str, code: str, cookie: str, token: str) -> str:
    fields = {"csrf_token": token, "nonce": tokens.new_token(), "way": "in", "code": code}
    request = post(f"/manage/activities/{slug}/check-in", fields, cookie)
    return request.replace("\r\n\r\n", "\r\nX-Door: 1\r\n\r\n", 1)
