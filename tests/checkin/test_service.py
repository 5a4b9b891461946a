"""Scans: who is let in, what is counted, what is taken back, and that nothing is counted twice."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.checkin import rules, scans, service
from festival.checkin.models import Scan
from festival.checkin.rules import UndoReason, UndoRefused, Way
from festival.checkin.service import ScanRequest, Where
from festival.ledger import doctor
from festival.lib import tokens
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, SlotStatus
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.signups.engine import NOW, change

SOON = timedelta(hours=1)


@pytest.fixture(autouse=True)
def still(app, frozen):
    """The festival's clock stands on the morning of the day."""
    frozen(NOW)


def scan(sign_up, way=Way.IN, *, nonce="", code="", activity=None, actor=None, gate=None, **more):
    """Scan somebody's code, as a view does; return what the door answers."""
    asked = ScanRequest(nonce or tokens.new_token(), way, rules.read_code(code or sign_up.code), **more)
    activity_id, actor_id = (activity or sign_up).id if activity else sign_up.activity_id, actor or make_staff().id
    with transaction():
        return service.scan(activity_id, asked, Where(actor_id, gate, "Android 1a2b"))


def undo(scanned, *, persons=None, reason=UndoReason.MISTAKE):
    with transaction():
        return service.undo(
            scanned.scan.activity_id, scanned.scan.id, reason, Where(make_staff().id), nonce=tokens.new_token(), persons=persons
        )


def stands(sign_up):
    """Return state, persons who have come, persons inside, and since when."""
    db.session.rollback()
    fresh = db.session.get_one(SignUp, sign_up.id)
    return fresh.state.value, fresh.arrived, scans.inside(sign_up.id), fresh.first_in_at


def rows():
    db.session.rollback()
    found = db.session.scalars(sa.select(Scan).order_by(Scan.id))
    return [(one.way.value, one.verdict.value, one.persons, one.arrived_by, one.inside_by) for one in found]


def door_faults():
    db.session.rollback()
    return [fault for finding in doctor.examine() for fault in finding.faults if finding.name in {"door", "triggers"}]


def test_a_party_comes_in_parts_goes_out_and_comes_back_and_is_counted_once(app):
    activity = make_activity(starts_in=SOON)
    family = make_sign_up(activity, party_size=3)

    first = scan(family, persons=2)
    assert (first.verdict.value, first.scan.persons, stands(family)) == ("checked_in", 2, ("attended", 2, 2, NOW))
    assert scan(family, Way.OUT, persons=1).verdict.value == "left"
    assert scan(family).scan.persons == 2  # who went out for a moment, and the one still to come
    assert (scan(family).verdict.value, scan(family).scan) == ("already_checked_in", None)
    assert scan(family, Way.OUT).scan.persons == 3
    assert scan(family, Way.OUT).verdict.value == "nobody_inside"

    assert stands(family) == ("attended", 3, 0, NOW)
    assert rows() == [
        ("in", "checked_in", 2, 2, 2),
        ("out", "left", 1, 0, -1),
        ("in", "checked_in", 2, 1, 2),
        ("out", "left", 3, 0, -3),
    ]
    assert door_faults() == []


def test_nobody_without_a_place_is_let_in(app):
    activity = make_activity(starts_in=SOON)
    ended = {State.WITHDRAWN, State.REMOVED, State.REJECTED, State.EXPIRED}
    placeless = [state for state in State if state not in {State.CONFIRMED, State.NO_SHOW, State.ATTENDED}]
    held = {
        state: make_sign_up(activity, state=state, offered_until=NOW + SOON if state == State.OFFERED else None)
        for state in placeless
    }

    answers = {state: scan(one).verdict.value for state, one in held.items()}

    assert answers == {state: state.value if state in ended else "not_confirmed" for state in placeless}
    assert [stands(one) for one in held.values()] == [(state.value, 0, 0, None) for state in held]
    assert rows() == []


def test_another_day_another_activity_an_unknown_code_and_what_was_called_off_are_told_apart(app):
    today, tomorrow = make_activity(starts_in=SOON), make_activity(starts_in=timedelta(days=1))
    here, later = make_sign_up(today), make_sign_up(tomorrow)
    cancelled, postponed = make_activity(starts_in=SOON), make_activity(starts_in=SOON)
    off, on_hold = make_sign_up(cancelled), make_sign_up(postponed)
    change(cancelled, status=ActivityStatus.CANCELLED)
    change(pool_of(postponed).slot, status=SlotStatus.POSTPONED)

    answers = [
        scan(later),
        scan(later, activity=today),
        scan(here, code=tokens.new_code()),
        scan(here, code="no code at all"),
        scan(off),
        scan(on_hold),
        scan(here, code=f"{here.digits[:3]} {here.digits[3:]}"),
        scan(here, code=f"HTTPS://EXAMPLE.ORG/EN/C/{here.code.upper()}?x=1"),
    ]

    assert [one.verdict.value for one in answers] == [
        "wrong_day", "wrong_activity", "unknown_code", "unknown_code", "cancelled", "postponed",
        "checked_in", "already_checked_in",
    ]  # fmt: skip
    assert len(rows()) == 1


def test_a_scan_sent_twice_is_one_scan_and_answered_as_the_first(app):
    family = make_sign_up(make_activity(starts_in=SOON), party_size=2)

    first = scan(family, nonce="the-same-nonce", persons=1)
    second = scan(family, nonce="the-same-nonce")

    assert (first.is_repeat, second.is_repeat, second.scan.id) == (False, True, first.scan.id)
    assert (stands(family)[:3], len(rows())) == (("attended", 1, 1), 1)


def test_a_scan_is_taken_back_whole_or_in_part_and_what_stands_on_it_is_not(app):
    absent = make_sign_up(make_activity(starts_in=SOON), party_size=3, state=State.NO_SHOW)
    came = scan(absent)
    undo(came, persons=1, reason=UndoReason.PARTY)
    assert stands(absent) == ("attended", 2, 2, NOW)
    left = scan(absent, Way.OUT)
    with pytest.raises(UndoRefused, match="not_last"):
        undo(came)
    undo(left)
    undo(came)
    with pytest.raises(UndoRefused, match="nothing_left"):
        undo(came)

    assert stands(absent) == ("confirmed", 0, 0, None)
    assert [row[3:] for row in rows()] == [(3, 3), (-1, -1), (0, -2), (0, 2), (-2, -2)]
    assert door_faults() == []


def test_the_same_code_at_two_gates_while_both_were_offline_is_counted_once_and_reported_with_both(app):
    activity = make_activity(starts_in=SOON)
    one, gone = make_sign_up(activity, party_size=2), make_sign_up(activity)
    actor = make_staff().id
    with transaction():
        east, west = (service.open_gate(activity.id, name, actor_id=actor).id for name in ("东门", "西门"))
    lookups = scans.lookups(activity.id)

    def late(sign_up, gate, minutes_ago, wrong_by=timedelta()):
        """Send what a device let in by itself, whose clock is wrong."""
        asked = ScanRequest(
            tokens.new_token(),
            lookup=rules.lookup_of(activity.id, sign_up.code if sign_up else tokens.new_code()),
            claimed=2,
            device_at=NOW - timedelta(minutes=minutes_ago) + wrong_by,
            device_now=NOW + wrong_by,
        )
        with transaction():
            return service.scan(activity.id, asked, Where(actor, gate), sign_up_of=lookups)

    change(gone, state=State.WITHDRAWN)
    answers = [late(one, east, 5), late(one, west, 20, timedelta(hours=7)), late(gone, west, 1), late(None, west, 1)]

    assert [answer.verdict.value for answer in answers] == ["checked_in", "already_checked_in", "withdrawn", "unknown_code"]
    assert stands(one)[:3] == ("attended", 2, 2)
    twice = next(found for found in scans.conflicts(activity.id) if found.sign_up_id == one.id)
    other = scans.others_of(twice)
    told = [(found.gate_id, found.happened_at, found.claimed) for found in (twice, other) if found]
    assert told == [(west, NOW - timedelta(minutes=20), 2), (east, NOW - timedelta(minutes=5), 2)]
    assert scans.conflicts_count(activity.id) == 3
    assert door_faults() == []


def test_the_doctor_sees_a_count_that_the_scans_did_not_make(app):
    held = make_sign_up(make_activity(starts_in=SOON))
    scan(held)

    change(held, arrived=0)

    assert door_faults() == [f"sign-up {held.id} says that 0 have come, its scans say 1, and 1 are inside"]


def test_two_gates_that_scan_one_code_at_once_let_in_one(app):
    held = make_sign_up(make_activity(starts_in=SOON))
    actor, code, activity_id = make_staff().id, held.code, held.activity_id
    answers, start = [], threading.Barrier(4)

    def gate() -> None:
        with app.app_context():
            start.wait()
            asked = ScanRequest(tokens.new_token(), typed=rules.read_code(code))
            with transaction():
                answers.append(service.scan(activity_id, asked, Where(actor)).verdict.value)
            db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=gate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == ["already_checked_in"] * 3 + ["checked_in"]
    assert (stands(held)[:3], len(rows())) == (("attended", 1, 1), 1)
