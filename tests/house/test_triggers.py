"""Each trigger that keeps or guards a counter of places fires on the migrated schema."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from festival.lib.db import db, transaction
from festival.programme.models import Pool, Slot
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, pool_of

#: Every trigger the tests below fire. A new one belongs here, with its test.
FIRED = {
    "sqlite": {"sign_up_places_insert", "sign_up_places_update", "sign_up_places_delete", "pool_guard", "slot_guard"},
    "postgresql": {"sign_up_places_change", "pool_guard", "slot_guard"},
}


def counters(pool: Pool) -> tuple[int, int, int]:
    """Return persons taken, persons waiting, and heads on the session."""
    db.session.rollback()
    slot = db.session.get_one(Slot, pool.slot_id)
    return pool.taken, pool.waiting, slot.heads


def change(row: SignUp | Pool | Slot, **values: object) -> None:
    """Write columns of a row."""
    with transaction():
        for name, value in values.items():
            setattr(row, name, value)


def test_every_trigger_of_the_schema_is_fired_here(app, dialect):
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }

    assert set(db.session.scalars(text(listed[dialect]))) == FIRED[dialect]


def test_a_sign_up_is_counted_by_its_state(app):
    activity = make_activity(capacity=10)
    pool = pool_of(activity)

    make_sign_up(activity, party_size=2)
    make_sign_up(activity, party_size=3, state=State.WAITLISTED)
    make_sign_up(activity, party_size=4, state=State.PENDING)

    assert counters(pool) == (2, 3, 2)


def test_a_change_of_state_or_party_moves_the_counters(app):
    activity = make_activity(capacity=10)
    pool = pool_of(activity)
    made = make_sign_up(activity, party_size=2)

    change(made, party_size=5)
    assert counters(pool) == (5, 0, 5)
    change(made, state=State.WAITLISTED)
    assert counters(pool) == (0, 5, 0)
    change(made, state=State.WITHDRAWN)
    assert counters(pool) == (0, 0, 0)


def test_a_move_to_another_pool_moves_the_counters(app):
    activity = make_activity(capacity=10, pools=2)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    made = make_sign_up(activity, party_size=2)

    change(made, pool_id=second.id)

    assert (counters(first), counters(second)) == ((0, 0, 2), (2, 0, 2))


def test_a_move_to_another_session_moves_its_heads(app):
    here, there = make_activity(), make_activity()
    made = make_sign_up(here, party_size=2)
    other = pool_of(there)

    change(made, pool_id=other.id, slot_id=other.slot_id, session_id=other.slot_id)

    assert (counters(pool_of(here)), counters(other)) == ((0, 0, 0), (2, 0, 2))


def test_a_deleted_sign_up_is_no_longer_counted(app):
    activity = make_activity()
    made = make_sign_up(activity, party_size=2)

    with transaction():
        db.session.delete(made)

    assert counters(pool_of(activity)) == (0, 0, 0)


def test_staff_and_speakers_count_against_the_ceiling_only(app):
    activity = make_activity()
    made = make_sign_up(activity, party_size=2)

    change(made, counted=False)

    assert counters(pool_of(activity)) == (0, 0, 2)


def test_the_guard_of_a_pool_refuses_growth_beyond_its_capacity(app):
    activity = make_activity(capacity=2)
    make_sign_up(activity, party_size=2)

    with pytest.raises(IntegrityError, match="pool_taken_within_capacity"):
        make_sign_up(activity)

    assert counters(pool_of(activity)) == (2, 0, 2)


def test_the_guard_of_a_session_refuses_growth_beyond_the_approved_ceiling(app):
    activity = make_activity(capacity=None, approved_ceiling=3)
    make_sign_up(activity, party_size=3)

    with pytest.raises(IntegrityError, match="slot_heads_within_ceiling"):
        make_sign_up(activity)

    assert counters(pool_of(activity)) == (3, 0, 3)


def test_lowering_a_capacity_below_what_is_taken_stays_legal(app):
    activity = make_activity(capacity=5)
    pool = pool_of(activity)
    made = make_sign_up(activity, party_size=5)

    change(pool, capacity=2)
    change(made, party_size=4)

    assert counters(pool) == (4, 0, 4)


def test_confirming_ones_own_offer_stays_legal_in_a_full_pool(app):
    activity = make_activity(capacity=2)
    made = make_sign_up(activity, party_size=2, state=State.OFFERED, offered_until=activity.starts_at)

    change(made, state=State.CONFIRMED, offered_until=None)

    assert counters(pool_of(activity)) == (2, 0, 2)
