"""Each trigger fires on the migrated schema: those that count and guard places, those that keep the audit trail."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from festival.audit.service import record
from festival.checkin import service as checkin
from festival.checkin.models import Scan
from festival.checkin.rules import Typed
from festival.checkin.service import ScanRequest, Where
from festival.jobs import tables as jobs
from festival.lib.db import db, transaction
from festival.programme.models import Pool, Slot
from festival.seats.models import Seat, SeatGiven, SeatMap
from festival.seats.rules import SeatKind
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of

#: Every trigger the tests below fire. A new one belongs here, with its test.
FIRED = {
    "sqlite": {
        "sign_up_places_insert",
        "sign_up_places_update",
        "sign_up_places_delete",
        "pool_guard",
        "slot_guard",
        "sign_up_seats",
        "audit_entry_insert",
        "audit_entry_update",
        "audit_entry_delete",
        "scan_no_update",
        "scan_no_delete",
        "scan_no_replace",
        # tests/kinds/show
        "show_decision_no_update",
        "show_decision_no_delete",
        "show_decision_no_replace",
    },
    "postgresql": {
        "sign_up_places_change",
        "pool_guard",
        "slot_guard",
        "sign_up_seats",
        "audit_entry_guard",
        "audit_entry_truncate",
        "scan_no_change",
        "scan_no_truncate",
        # tests/kinds/show
        "show_decision_no_change",
        "show_decision_no_truncate",
    },
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

    found = set(db.session.scalars(text(listed[dialect])))
    elsewhere = ("version_", jobs.THEIRS)  # those: test_versions, and the jobs that run in tests/jobs
    assert {name for name in found if not name.startswith(elsewhere)} == FIRED[dialect]


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


# -- the audit trail ----------------------------------------------------------------------------------------------------------

SEALED = f"number = 1, seal = '{'0' * 64}'"
ONE_MORE = (
    "INSERT {} INTO audit_entry ({}, at, action, subject, subject_id, reason, changes)"
    " VALUES ({}, '2023-06-01', 'a', 'b', 1, '', '')"
)
#: What nobody may do to an entry, in SQL, on both databases; the entry's id is 1.
FORBIDDEN = [
    "DELETE FROM audit_entry",
    "UPDATE audit_entry SET reason = 'another'",
    "UPDATE audit_entry SET actor_id = NULL, number = 2, seal = 'x'",
    "UPDATE audit_entry SET number = 1",
    "UPDATE audit_entry SET seal = 'x'",
    "UPDATE audit_entry SET number = NULL, seal = NULL",
    ONE_MORE.format("", "number, seal", "7, 'x'"),
]
#: Ways of each database to get rid of a row without deleting it.
SIDE_DOORS = {
    "sqlite": [ONE_MORE.format("OR REPLACE", "id", "1"), f"UPDATE OR REPLACE audit_entry SET {SEALED} WHERE id = 2"],
    "postgresql": ["TRUNCATE audit_entry", "TRUNCATE account CASCADE"],
}


def test_an_audit_entry_can_neither_be_changed_nor_removed_only_sealed_once(app, dialect):
    member_id = make_staff().id
    with transaction():
        for _ in range(2):
            record("contact.reveal", "sign_up", 1, actor_id=member_id, reason="通知", changes="contact")
    tried = [*FORBIDDEN, *SIDE_DOORS[dialect]]

    fresh = [refused(statement) for statement in FORBIDDEN]
    with transaction():
        db.session.execute(text(f"UPDATE audit_entry SET {SEALED} WHERE id = 1"))
    sealed = [refused(statement) for statement in [*tried, f"UPDATE audit_entry SET {SEALED} WHERE id = 1"]]

    assert {*fresh, *sealed} == {"audit_entry_is_append_only"}
    rows = db.session.execute(text("SELECT id, actor_id, reason, number FROM audit_entry ORDER BY id")).all()
    assert rows == [(1, member_id, "通知", 1), (2, member_id, "通知", None)]


def refused(statement: str) -> str:
    """Return the word with which a trigger refuses a statement; the statement itself where none does."""
    try:
        with transaction():
            db.session.execute(text(statement))
    except IntegrityError as error:
        return "audit_entry_is_append_only" if "audit_entry_is_append_only" in str(error.orig) else str(error.orig)
    return statement


def test_the_seats_of_a_sign_up_are_freed_with_its_place(app):
    activity = make_activity()
    made = make_sign_up(activity)
    with transaction():
        seat_map = SeatMap(slot_id=made.slot_id, updated_at=made.updated_at)
        db.session.add(seat_map)
        db.session.flush()
        seat = Seat(map_id=seat_map.id, line=1, column=1, row_name="1", number=1, kind=SeatKind.ORDINARY)
        db.session.add(seat)
        db.session.flush()
        db.session.add(SeatGiven(seat_id=seat.id, sign_up_id=made.id, nth=1, by_hand=True, at=made.updated_at))

    change(made, state=State.WAITLISTED)

    assert db.session.scalars(select(SeatGiven)).all() == []


def test_a_scan_is_never_changed_and_never_deleted(app, dialect):
    held = make_sign_up(make_activity(starts_in=timedelta(0)))
    with transaction():
        asked = ScanRequest("the-nonce", typed=Typed(held.code, is_digits=False))
        checkin.scan(held.activity_id, asked, Where(make_staff().id))

    columns = ", ".join(column.name for column in Scan.__table__.columns)
    replace = f"INSERT OR REPLACE INTO scan ({columns}) SELECT {columns} FROM scan"
    side_door = {"sqlite": replace, "postgresql": "TRUNCATE scan CASCADE"}[dialect]

    for statement in ("UPDATE scan SET persons = 2", "DELETE FROM scan", side_door):
        with pytest.raises(IntegrityError, match="scan_is_append_only"), transaction():
            db.session.execute(text(statement))

    assert db.session.execute(text("SELECT persons FROM scan")).scalar_one() == 1
