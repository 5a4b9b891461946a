"""Changing a capacity: upwards the list is served at once, downwards nothing happens to anyone unless it is said so."""

import pytest
import sqlalchemy as sa

from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.programme.models import Promotion
from festival.signups import queries, service
from festival.signups.models import LedgerEntry
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.signups.engine import (
    NOW,
    change,
    counters,
    faults,
    fill,
    ledger,
    messages,
    set_capacity,
    sign_up,
    states,
    withdraw,
)


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


@pytest.fixture
def staff_id(app) -> int:
    return make_staff().id


def numbers(done: service.CapacityChange) -> tuple[object, ...]:
    """Return what a change of capacity did, sign-ups by id."""
    return done.before, done.after, done.over, [one.id for one in done.promoted], [one.id for one in done.moved]


def test_a_raised_capacity_serves_the_list_before_anyone_new(app, staff_id):
    activity = make_activity(capacity=2)
    placed, first, second, third = fill(activity, 2, 1, 2, 1)

    done = set_capacity(pool_of(activity), 5, actor_id=staff_id)

    assert numbers(done) == (2, 5, 0, [first.id, second.id], [])
    assert states(placed, first, second, third) == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert ledger(first)[-1] == ("promoted", "capacity:2->5", "waitlisted", "confirmed", 1, 2, 3)
    assert states(sign_up(activity)) == ["waitlisted"]
    assert faults(activity) == []


def test_without_a_limit_everybody_who_waits_gets_a_place(app, staff_id):
    activity = make_activity(capacity=5)
    made = fill(activity, 5, 3, 5)

    done = set_capacity(pool_of(activity), None, actor_id=staff_id)

    assert numbers(done) == (5, None, 0, [made[1].id, made[2].id], [])
    assert counters(pool_of(activity)) == (13, 0)


def test_a_raised_capacity_offers_where_places_must_be_taken(app, staff_id):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    _, waiting = fill(activity, 1, 1)

    set_capacity(pool_of(activity), 2, actor_id=staff_id)

    assert states(waiting) == ["offered"]


def test_a_capacity_lowered_below_the_confirmed_takes_nobodys_place(app, staff_id):
    activity = make_activity(capacity=6)
    pool = pool_of(activity)
    made = fill(activity, 2, 2, 2, 1)

    preview = service.preview_capacity(pool.id, 3)
    done = set_capacity(pool, 3, actor_id=staff_id)

    assert (preview.taken, preview.waiting, preview.over) == (6, 1, 3)
    assert numbers(done) == (6, 3, 3, [], [])
    assert states(*made) == ["confirmed"] * 3 + ["waitlisted"]
    assert faults(activity, allowed_over=[pool.id]) == []


def test_nobody_is_promoted_until_the_number_is_positive_again(app, staff_id):
    activity = make_activity(capacity=6)
    first, second, third, waiting = fill(activity, 2, 2, 2, 1)
    set_capacity(pool_of(activity), 3, actor_id=staff_id)

    withdraw(first)
    assert states(waiting) == ["waitlisted"]  # 4 of 3
    assert states(sign_up(activity)) == ["waitlisted"]
    withdraw(second)
    assert states(third, waiting) == ["confirmed", "confirmed"]  # 2 of 3, then 3 of 3


def test_those_who_came_last_move_to_the_head_of_the_list_in_their_order_when_it_is_said_so(app, staff_id):
    activity = make_activity(capacity=6)
    pool = pool_of(activity)
    first, second, third, fourth, waiting = fill(activity, 2, 1, 2, 1, 3)

    preview = service.preview_capacity(pool.id, 4)
    done = set_capacity(pool, 4, "move", actor_id=staff_id)

    assert (preview.over, preview.moved_parties, preview.moved) == (2, 2, 3)
    assert numbers(done) == (6, 4, 0, [], [third.id, fourth.id])
    assert states(first, second, third, fourth, waiting) == ["confirmed", "confirmed", "waitlisted", "waitlisted", "waitlisted"]
    assert [queries.position(one) for one in (third, fourth, waiting)] == [1, 2, 3]
    assert ledger(third, fourth)[2:] == [
        ("moved", "capacity:6->4", "confirmed", "waitlisted", 2, 6, 4),
        ("moved", "capacity:6->4", "confirmed", "waitlisted", 1, 4, 3),
    ]
    assert messages(third) == ["sign_up_confirmed", "sign_up_waitlisted"]
    assert faults(activity) == []


def test_moved_parties_come_back_first_and_before_those_moved_earlier_only_if_they_came_earlier(app, staff_id):
    activity = make_activity(capacity=3)
    pool = pool_of(activity)
    first, second, third, waiting = fill(activity, 1, 1, 1, 1)

    set_capacity(pool, 2, "move", actor_id=staff_id)
    set_capacity(pool, 1, "move", actor_id=staff_id)
    assert [queries.position(one) for one in (second, third, waiting)] == [1, 2, 3]
    set_capacity(pool, 3, actor_id=staff_id)

    assert states(first, second, third, waiting) == ["confirmed", "confirmed", "confirmed", "waitlisted"]


def test_who_has_come_in_or_stands_as_staff_is_not_moved(app, staff_id):
    activity = make_activity(capacity=4)
    attended = make_sign_up(activity, state=State.ATTENDED)
    speaker = make_sign_up(activity)
    change(speaker, counted=False)
    guest = make_sign_up(activity)

    done = set_capacity(pool_of(activity), 0, "move", actor_id=staff_id)

    assert numbers(done) == (4, 0, 1, [], [guest.id])
    assert states(attended, speaker, guest) == ["attended", "confirmed", "waitlisted"]


def test_every_change_is_in_the_ledger_and_the_audit_trail(app, staff_id):
    activity = make_activity(capacity=2)
    pool = pool_of(activity)
    fill(activity, 2)

    set_capacity(pool, None, actor_id=staff_id)
    set_capacity(pool, 1, "keep", actor_id=staff_id)

    lines = db.session.scalars(sa.select(LedgerEntry).where(LedgerEntry.what == "capacity").order_by(LedgerEntry.id)).all()
    assert [(line.why, line.actor_id, line.taken_before, line.taken_after) for line in lines] == [
        ("capacity:2->unlimited", staff_id, 2, 2),
        ("capacity:unlimited->1", staff_id, 2, 2),
    ]
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.actor_id, entry.subject, entry.subject_id, entry.activity_id) for entry in entries] == [
        ("pool.capacity", staff_id, "pool", pool.id, activity.id)
    ] * 2


def test_a_pool_that_does_not_exist_is_not_found(app, staff_id):
    with pytest.raises(NotFound), transaction():
        service.set_capacity(1, 5, "keep", actor_id=staff_id)
    with pytest.raises(NotFound):
        service.preview_capacity(1, 5)
