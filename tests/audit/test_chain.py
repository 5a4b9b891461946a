"""The chain over the audit trail: it grows within a minute, survives forgetting, and shows what was changed behind its back."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from festival.accounts import service as accounts
from festival.accounts.models import Account
from festival.audit import chain
from festival.audit.models import AuditEntry
from festival.audit.service import record
from festival.lib.db import db, is_postgresql, transaction
from tests.builders import make_activity, make_person, make_sign_up, make_staff


def entries(number, *, reason="通知"):
    """Record so many acts."""
    with transaction():
        for each in range(number):
            record("contact.reveal", "sign_up", each + 1, actor_id=None, activity_id=3, reason=reason, changes="contact")


def tamper(statement):
    """Write past the guards, as whoever owns the database can."""
    with transaction():
        if is_postgresql():
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for name in db.session.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
            ).all():
                db.session.execute(text(f"DROP TRIGGER {name}"))
        db.session.execute(text(statement))


def numbers():
    db.session.rollback()
    return db.session.scalars(select(AuditEntry.number).order_by(AuditEntry.id)).all()


def test_the_canonical_form_is_what_the_documents_say():
    entry = AuditEntry(
        id=7,
        at=datetime(2023, 6, 18, 2, 3, 4, 50, tzinfo=UTC),
        actor_id=None,
        action="contact.reveal",
        subject="sign_up",
        subject_id=41,
        activity_id=3,
        reason='改期"通知"',
        changes="contact",
    )
    written = ('[12,7,"2023-06-18T02:03:04.000050Z",null,"contact.reveal","sign_up",41,3,"改期\\"通知\\"","contact"]').encode()

    assert chain.canonical(12, entry) == written
    assert chain.seal_of(chain.GENESIS, written) == hashlib.sha256(b"0" * 64 + b"\n" + written).hexdigest()


def test_what_is_recorded_is_numbered_once_and_the_chain_goes_on(app, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 2)
    entries(3)
    before = chain.verify()

    first, again = chain.seal_due(), chain.seal_due()
    entries(2)
    second = chain.seal_due()

    assert (before.sealed, before.unsealed, first, again, second) == (0, 3, 3, 0, 2)
    assert numbers() == [1, 2, 3, 4, 5]
    third = db.session.execute(select(AuditEntry.seal).where(AuditEntry.number == 3)).scalar_one()
    seen = chain.verify((3, str(third)))
    assert (seen.sealed, seen.unsealed, seen.broken, seen.number) == (5, 0, None, 5)


def test_sealers_at_the_same_time_make_one_chain(app, monkeypatch):
    monkeypatch.setattr(chain, "BATCH", 3)
    entries(20)
    ready, done = threading.Barrier(4), []

    def work():
        with app.app_context():
            ready.wait()
            done.append(chain.seal_due())

    sealers = [threading.Thread(target=work) for _ in range(4)]
    for each in sealers:
        each.start()
    for each in sealers:
        each.join()

    rest = chain.seal_due()  # whoever came second may have left early
    assert (sum(done) + rest, numbers()) == (20, list(range(1, 21)))
    assert chain.verify().broken is None


def test_a_sealer_that_dies_in_the_middle_leaves_no_half_of_a_batch(app, monkeypatch):
    entries(4)
    made = chain.seal_of
    calls = []

    def dying(previous, sealed):
        calls.append(sealed)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return made(previous, sealed)

    monkeypatch.setattr(chain, "seal_of", dying)
    with pytest.raises(KeyboardInterrupt):
        chain.seal_due()
    monkeypatch.setattr(chain, "seal_of", made)

    assert numbers() == [None] * 4
    assert (chain.seal_due(), chain.verify().broken) == (4, None)


def test_forgetting_a_person_breaks_no_link(app):
    person = make_person(name="李晨曦")
    make_sign_up(make_activity(), person=person, name="李晨曦")
    with transaction():
        record("contact.reveal", "account", person.id, actor_id=person.id)
    chain.seal_due()

    with transaction():
        accounts.erase(db.session.get_one(Account, person.id))
    chain.seal_due()

    assert chain.verify().broken is None
    assert None not in numbers()


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entry SET subject_id = 99 WHERE number = 2", "entry number 2 (id 2) is not what was sealed."),
        ("DELETE FROM audit_entry WHERE number = 2", "entry number 2 is not there: it was removed."),
        ("UPDATE audit_entry SET seal = 'x' WHERE number = 3", "entry number 3 (id 3) is not what was sealed."),
        (
            "DELETE FROM audit_entry WHERE number > 2",
            "the seal noted for number 4 is not in the chain: the chain was cut, or made anew.",
        ),
    ],
)
def test_the_first_link_that_does_not_hold_is_named(app, statement, broken):
    entries(4)
    chain.seal_due()
    number, seal = chain.head()
    run = app.test_cli_runner().invoke
    sound = run(args=["audit", "verify", "--head", f"{number}:{seal}"])
    entries(1)

    tamper(statement)
    found = run(args=["audit", "verify", "--head", f"{number}:{seal}"])

    assert (sound.exit_code, sound.output.splitlines()[-1]) == (0, "Every link holds.")
    assert (found.exit_code, found.output.splitlines()[-1]) == (1, f"BROKEN: {broken}")
    assert found.output.splitlines()[1].startswith("1 entries not sealed yet, the oldest of ")


def test_whoever_makes_the_chain_anew_is_found_out_by_a_seal_noted_before(app):
    member_id = make_staff().id
    entries(2)
    chain.seal_due()
    noted = chain.head()
    tamper(f"UPDATE audit_entry SET actor_id = {member_id}, number = NULL, seal = NULL")
    chain.seal_due()

    assert chain.verify().broken is None
    assert chain.verify(noted).broken == chain.Break.FORGOTTEN


def test_a_reason_keeps_no_name_number_or_address_of_those_concerned(app):
    forum = make_activity()
    sign_up = make_sign_up(forum, person=make_person(name="李晨曦"), name="李晨曦")
    account_id, organizer_id = sign_up.person_id, make_staff(name="wang-li").id
    said = "李晨曦（138 0013 8000，li.chenxi@example.cn，330102199001011234）请我改期，订单 20230618001 不变"
    with transaction():
        record("sign_up.remove", "sign_up", sign_up.id, actor_id=organizer_id, activity_id=forum.id, reason=said)
        record("person.read", "account", account_id, actor_id=organizer_id, reason="李晨曦来电")
        record("activity.cancel", "activity", forum.id, actor_id=organizer_id, activity_id=forum.id, reason="暴雨")

    assert db.session.scalars(select(AuditEntry.reason).order_by(AuditEntry.id)).all() == [
        "＊＊＊（＊＊＊，＊＊＊，＊＊＊）请我改期，订单 20230618001 不变",
        "＊＊＊来电",
        "暴雨",
    ]
