"""The doctor names every disagreement that was planted, and none where there is none."""

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from festival.audit import chain
from festival.audit.service import record
from festival.checkin import service as checkin
from festival.checkin.rules import Typed
from festival.checkin.service import ScanRequest, Where
from festival.invitations import service as invitations
from festival.ledger import doctor, rules
from festival.ledger.rules import Entry, Jump, Waiter
from festival.lib import clock, revisions
from festival.lib.db import db, transaction
from festival.programme.models import Mode, Promotion, Sensitivity
from festival.signups.models import SignUp
from festival.signups.notice import notice_of
from festival.signups.rules import State
from tests.builders import make_activity, make_question, make_staff, pool_of
from tests.invitations.guests import come, make_closed_circle
from tests.signups.engine import NOW, change, confirm, edit, fill, set_capacity, sign_up, withdraw


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def plant(statement: str, **values: object) -> None:
    """Write past every rule of the application."""
    with transaction():
        db.session.execute(text(statement), values)


def faults() -> dict[str, list[str]]:
    """Return what the doctor finds, by check."""
    return {finding.name: list(finding.faults) for finding in doctor.examine() if finding.faults}


def asked_activity():
    """Return an activity with a sensitive question, and how somebody answers it."""
    activity = make_activity()
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    db.session.refresh(activity)
    answered = {
        "answers": {"id_number": "330102199001011234"},
        "consents": ["id_number"],
        "notice_version": notice_of(activity, activity.questions).version,
    }
    return activity, answered


def test_a_festival_that_has_seen_everything_is_sound(app, frozen):
    organizer = make_staff().id
    busy = make_activity(capacity=4, party_max=3, approved_ceiling=9)
    first, second, *_ = fill(busy, 2, 2, 1, 3, 1)
    edit(first, party_size=1)
    withdraw(second)
    set_capacity(pool_of(busy), 8, actor_id=organizer)
    set_capacity(pool_of(busy), 2, "move", actor_id=organizer)
    offering = make_activity(capacity=1)
    change(offering, promotion=Promotion.OFFER)
    holder, taking, *_ = fill(offering, 1, 1, 1, 1)
    withdraw(holder)
    confirm(taking)
    withdraw(taking)
    frozen(NOW + timedelta(days=1))  # the offer that followed runs out
    fill(offering, 1)
    activity, answered = asked_activity()
    sign_up(activity, **answered)
    fill(make_activity(mode=Mode.APPROVAL), 1, 1)
    (came,) = fill(make_activity(starts_in=timedelta(hours=1)), 1)
    with transaction():
        asked = ScanRequest("the-nonce", typed=Typed(came.code, is_digits=False))
        checkin.scan(came.activity_id, asked, Where(organizer))
    circle, reserved = make_closed_circle()
    with transaction():
        code = invitations.make_code(circle.id, reserved.id, "media", 1, None, actor_id=organizer)
    withdraw(come(code))
    come(code)

    chain.seal_due()

    found = doctor.examine()

    assert {finding.name: finding.faults for finding in found if finding.faults} == {}
    assert [finding.name for finding in found if not finding.count] == []
    assert [finding.notes for finding in found if finding.notes] == []


def test_numbers_that_do_not_add_up_are_named(app):
    counted, lowered, permitted = (make_activity(capacity=9, approved_ceiling=9) for _ in range(3))
    for activity in (counted, lowered, permitted):
        fill(activity, 2, 3)
    pool, other = pool_of(counted), pool_of(lowered)
    plant("UPDATE pool SET taken = taken + 1, waiting = waiting + 4 WHERE id = :id", id=pool.id)
    plant("UPDATE pool SET capacity = 3 WHERE id = :id", id=other.id)
    slot = pool_of(permitted).slot_id
    plant("UPDATE slot SET heads = heads + 1 WHERE id = :id", id=slot)
    plant("UPDATE slot SET approved_ceiling = 4 WHERE id = :id", id=slot)

    assert faults() == {
        "counters": [
            f"pool {pool.id} ({counted.slug}, pool-1) says 6 persons have a place, its sign-ups add up to 5",
            f"pool {pool.id} ({counted.slug}, pool-1) says 4 persons wait, its sign-ups add up to 0",
        ],
        "capacity": [
            (
                f"pool {other.id} ({lowered.slug}, pool-1) holds 5 persons, 2 more than its 3 places,"
                " and no line of the ledger says why"
            )
        ],
        "ceilings": [
            f"slot {slot} ({permitted.slug}, main) says 6 persons against its ceiling, its sign-ups add up to 5",
            f"slot {slot} ({permitted.slug}, main) has 5 persons, above the approved ceiling of 4",
        ],
        "ledger": [f"the ledger of pool {pool.id} ends at 5 persons, but 6 have a place"],
    }


def test_a_capacity_lowered_by_an_organizer_is_a_note_and_no_disagreement(app):
    activity = make_activity(capacity=9)
    fill(activity, 2, 3)
    set_capacity(pool_of(activity), 3, "keep", actor_id=make_staff().id)

    found = {finding.name: finding for finding in doctor.examine()}

    assert faults() == {}
    assert found["capacity"].notes == (
        (
            f"pool {pool_of(activity).id} ({activity.slug}, pool-1) holds 5 persons, 2 more than its 3 places;"
            " they had theirs before the number was lowered"
        ),
    )


def test_who_waits_beside_a_free_place_or_was_overtaken_is_named(app, frozen):
    starving, jumped = make_activity(capacity=1), make_activity(capacity=1)
    _, waiting = fill(starving, 1, 1)
    plant("UPDATE pool SET capacity = 2 WHERE id = :id", id=pool_of(starving).id)
    holder, promoted, behind = fill(jumped, 1, 1, 1)
    withdraw(holder)
    plant("UPDATE sign_up SET priority = 1 WHERE id = :id", id=promoted.id)

    assert faults() == {
        "waiting": [
            (
                f"sign-up {waiting.id} waits for pool {pool_of(starving).id} ({starving.slug}) though its 1 fit:"
                " flask signups sweep serves it"
            )
        ],
        "order": [
            f"sign-up {promoted.id} got a place of pool {pool_of(jumped).id} before sign-up {behind.id}, whose turn it was"
        ],
    }


def test_a_ledger_that_does_not_lead_to_what_is_so_is_named(app):
    activity = make_activity(capacity=9, party_max=3)
    one, two, three, four, five = fill(activity, 1, 1, 1, 1, 2)
    pool, other = pool_of(activity), pool_of(make_activity())
    edit(five, party_size=1)
    plant("UPDATE seat_ledger SET state_after = 'waitlisted' WHERE sign_up_id = :id", id=one.id)
    plant("UPDATE seat_ledger SET party_size = 2, pool_id = :pool WHERE sign_up_id = :id", id=two.id, pool=other.id)
    plant("DELETE FROM seat_ledger WHERE sign_up_id = :id", id=three.id)
    plant("UPDATE seat_ledger SET state_before = 'pending' WHERE sign_up_id = :id", id=four.id)
    plant("UPDATE seat_ledger SET state_before = 'offered' WHERE sign_up_id = :id AND what = 'party'", id=five.id)
    lines = list(db.session.scalars(text("SELECT id FROM seat_ledger ORDER BY id")))

    assert faults() == {
        "histories": [
            f"sign-up {one.id} is confirmed, its ledger says waitlisted",
            f"sign-up {two.id} is a party of 1, its ledger says 2",
            f"sign-up {two.id} stands in pool {pool.id}, its ledger says {other.id}",
            f"the ledger of sign-up {four.id} begins with pending, not with nothing",
            f"the ledger of sign-up {five.id} has a gap: line {lines[3]} ends confirmed, line {lines[4]} begins offered",
            f"sign-up {three.id} has no line in the ledger",
        ],
        "ledger": [
            f"the ledger of pool {pool.id} has a gap: line {lines[2]} begins at 3, the one before ends at 1",
            f"the ledger of pool {other.id} has a gap: line {lines[1]} begins at 1, the one before ends at 0",
            f"the ledger of pool {other.id} ends at 2 persons, but 0 have a place",
        ],
    }


def test_a_sensitive_answer_without_consent_or_in_clear_is_named(app):
    activity, answered = asked_activity()
    bare, withdrawn, clear, kept = (sign_up(activity, **answered) for _ in range(4))
    plant("DELETE FROM consent WHERE sign_up_id = :id AND question_key IS NOT NULL", id=bare.id)
    plant("UPDATE consent SET withdrawn_at = given_at WHERE sign_up_id = :id", id=withdrawn.id)
    plant("UPDATE answer SET plain = 'x', sealed = NULL WHERE sign_up_id = :id", id=clear.id)

    assert kept.state == State.CONFIRMED
    assert faults() == {
        "consents": [
            f"sign-up {bare.id} holds a sensitive answer (id_number) without a standing consent",
            f"sign-up {withdrawn.id} holds a sensitive answer (id_number) without a standing consent",
            f"sign-up {clear.id} holds a sensitive answer (id_number) in clear",
        ]
    }


def test_what_the_schema_should_have_made_impossible_is_named(app, dialect):
    here, there = make_activity(), make_activity()
    person, other, offered, astray = fill(here, 1, 1, 1, 1)
    plant("DROP INDEX uq_sign_up_one_per_claim")
    plant("UPDATE sign_up SET person_id = :person WHERE id = :id", id=other.id, person=person.person_id)
    plant("UPDATE sign_up SET slot_id = :slot WHERE id = :id", id=astray.id, slot=pool_of(there).slot_id)
    deadline = "UPDATE sign_up SET offered_until = :at WHERE id = :id"
    if dialect == "sqlite":
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
        plant(deadline, id=offered.id, at="2023-06-17 00:00:00.000000")
        plant("DROP TRIGGER pool_guard")
    else:
        plant("ALTER TABLE sign_up DROP CONSTRAINT ck_sign_up_offered_has_a_deadline")
        plant(deadline, id=offered.id, at=NOW)
        plant("ALTER TABLE pool DISABLE TRIGGER pool_guard")

    assert faults() == {
        "triggers": [
            "trigger pool_guard is missing or off: nothing counts or guards places",
            "index uq_sign_up_one_per_claim is missing: nothing keeps a person from holding two places",
        ],
        "references": [f"sign-up {astray.id} stands in a pool, slot, session or activity that do not belong together"],
        "claims": [f"person {person.person_id} holds 2 live sign-ups for activity:{here.id}"],
        "offers": [f"sign-up {offered.id} is confirmed and has the deadline of an offer"],
    }


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("0001", "the database stands at revision 0001, the newest is {newest}: flask db upgrade"),
        ("9999", "the database stands at revision 9999, which this release does not know: it is of a newer one"),
    ],
)
def test_a_database_of_another_release_is_not_judged_further(app, revision, words):
    newest = revisions.known()[0]
    plant("UPDATE alembic_version SET version_num = :at", at=revision)
    try:
        found = doctor.examine()
    finally:
        plant("UPDATE alembic_version SET version_num = :at", at=newest)

    assert [(finding.name, finding.faults) for finding in found] == [("schema", (words.format(newest=newest),))]


def test_the_command_tells_a_program_too_and_ends_with_1_where_something_disagrees(app):
    activity = make_activity(capacity=9)
    fill(activity, 1)
    runner = app.test_cli_runner()
    sound, sound_json = runner.invoke(args=["doctor"]), runner.invoke(args=["doctor", "--json"])
    plant("UPDATE pool SET waiting = 1 WHERE id = :id", id=pool_of(activity).id)

    broken, broken_json = runner.invoke(args=["doctor"]), runner.invoke(args=["doctor", "--json"])

    assert (sound.exit_code, broken.exit_code) == (0, 1)
    assert sound.output.splitlines()[-1] == "The database agrees with itself."
    assert broken.output.splitlines()[-1] == "1 disagreements."
    assert f"  DISAGREES: pool {pool_of(activity).id} ({activity.slug}, pool-1) says 1 persons wait" in broken.output
    assert (json.loads(sound_json.output)["sound"], json.loads(broken_json.output)["sound"]) == (True, False)


def at(number: int) -> datetime:
    return datetime(2023, 6, 16, 10, number, tzinfo=clock.ZONE)


def test_who_overtook_whom_is_judged_only_where_it_is_certain():
    """Sign-up 1 waits since its line; 2 came straight to a place; 3 was promoted out of turn; 4 in turn; 5 before 1 waited."""
    waiting = Waiter(1, (0, at(1), 1))
    turns = {2: (0, at(2), 2), 3: (0, at(3), 3), 4: (0, at(0), 4), 5: (0, at(9), 5)}
    entries = [
        Entry(10, 5, "signed_up", "", "confirmed"),
        Entry(11, 1, "signed_up", "", "waitlisted"),
        Entry(12, 2, "signed_up", "", "confirmed"),
        Entry(13, 3, "promoted", "waitlisted", "confirmed"),
        Entry(14, 4, "offered", "waitlisted", "offered"),
        Entry(15, 4, "confirmed", "offered", "confirmed"),
    ]

    assert rules.overtaken([waiting], entries, turns) == [Jump(2, 1), Jump(3, 1)]
    skipped = [*entries, Entry(16, 1, "skipped", "waitlisted", "waitlisted")]
    assert rules.overtaken([waiting], skipped, turns) == []
    set_back = Waiter(1, (1, at(1), 1))
    assert rules.overtaken([set_back], entries, turns) == []


def test_an_invitation_that_let_more_in_than_it_is_good_for_is_named(app):
    circle, reserved = make_closed_circle()
    with transaction():
        code = invitations.make_code(circle.id, reserved.id, "media", 2, None, actor_id=make_staff().id)
    for _ in range(2):
        come(code)
    plant("UPDATE invitation SET uses_max = 1 WHERE id = :id", id=code.id)

    assert faults() == {"invitations": [f"invitation {code.id} let 2 sign-ups in, but is good for 1"]}


def test_every_sign_up_is_looked_at(app):
    fill(make_activity(capacity=1), 1, 1)

    counts = {finding.name: finding.count for finding in doctor.examine()}

    assert db.session.query(SignUp).count() == 2
    assert counts == {
        "schema": 1, "triggers": len(doctor.TRIGGERS[db.engine.dialect.name]) + 25, "audit": 0, "references": 2, "counters": 1,
        "capacity": 1, "ceilings": 1,
        "claims": 2, "invitations": 0, "offers": 0, "waiting": 1, "order": 1, "histories": 2, "ledger": 2,
        "consents": 0, "seals": 0, "door": 0,
    }  # fmt: skip


def test_an_audit_entry_that_was_changed_behind_the_triggers_is_named(app):
    with transaction():
        record("contact.reveal", "sign_up", 1, actor_id=None)
    chain.seal_due()
    if db.engine.dialect.name == "sqlite":
        plant("DROP TRIGGER audit_entry_update")
    else:
        plant("DROP TRIGGER audit_entry_guard ON audit_entry")
    plant("UPDATE audit_entry SET subject_id = 2")

    lost = "audit_entry_update" if db.engine.dialect.name == "sqlite" else "audit_entry_guard"
    assert faults() == {
        "triggers": [f"trigger {lost} is missing or off: the audit trail can be changed"],
        "audit": ["the audit trail does not hold at number 1: flask audit verify"],
    }
