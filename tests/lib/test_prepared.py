"""Prepared statements: what SQLAlchemy would give and raise, in fewer ways there and back."""

import pytest
import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from festival.accounts.models import Account, AccountKind
from festival.lib import clock
from festival.lib.db import db, is_postgresql, transaction
from festival.lib.errors import Busy
from festival.lib.prepared import Prepared, ask, glance, in_one_go, insert_into, put_into
from festival.signups.models import IdempotentAnswer, SignUp
from festival.signups.rules import LIVE, State
from tests.builders import make_activity, make_person, make_sign_up

SIGN_UP = Prepared(
    sa.select(SignUp.id, SignUp.state, SignUp.joined_at, SignUp.counted).where(
        SignUp.person_id == bindparam("person_id"), SignUp.state.in_(LIVE)
    )
)
NAME = Prepared(sa.select(Account.name).where(Account.id == bindparam("account_id")))
RENAME = Prepared(sa.update(Account).where(Account.name == bindparam("before")).values(name=bindparam("after")))
NEW = insert_into(Account, "kind", "name", "created_at")
BROKEN = Prepared(sa.select(sa.func.no_such_function(bindparam("x", type_=sa.Integer()), type_=sa.Integer()).label("x")))


def names() -> list[str]:
    """Return the names of all accounts, in order."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(Account.name).order_by(Account.id)))


def test_questions_asked_together_are_answered_in_order_with_the_types_of_their_columns(app):
    made = make_sign_up(make_activity())
    expected = (made.id, State.CONFIRMED, made.joined_at, True)
    person_id = made.person_id

    with transaction():
        db.session.get_one(Account, person_id).name = "written before it is asked"
        nobody, found, name = ask(
            (SIGN_UP, {"person_id": 0}), (SIGN_UP, {"person_id": person_id}), (NAME, {"account_id": person_id})
        )

    assert (nobody, tuple(found), name.name) == (None, expected, "written before it is asked")
    assert isinstance(found.state, State)


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_fixed_words_stand_in_postgresqls_statement_so_that_its_plan_knows_how_rare_they_are(app, dialect):
    compiled = SIGN_UP.compiled(db.engine.dialect)

    assert "'waitlisted'" in compiled.text
    assert list(compiled.parameters({"person_id": 7})) == ["person_id"]


def test_a_glance_leaves_no_transaction_and_sees_what_an_open_one_has_written(app):
    person_id = make_person(name="甲").id
    db.session.rollback()

    assert glance(NAME, {"account_id": person_id}).name == "甲"
    assert glance(NAME, {"account_id": 0}) is None
    assert not db.session().in_transaction()
    with transaction():
        db.session.get_one(Account, person_id).name = "乙"
        assert glance(NAME, {"account_id": person_id}).name == "乙"


def test_writes_in_one_go_take_the_defaults_of_their_table_and_stand_or_fall_together(app):
    at = clock.wall()
    rows = [{"kind": AccountKind.PERSON, "name": name, "created_at": at} for name in "甲乙"]

    with transaction(), in_one_go() as writes:
        writes.run(NEW, *rows)
        writes.run(NEW)
    assert names() == ["甲", "乙"]
    assert {(one.locale, one.failed_tries) for one in db.session.scalars(sa.select(Account))} == {("zh", 0)}

    with pytest.raises(IntegrityError):
        write(("甲", "丙"), ("乙", None))
    assert names() == ["甲", "乙"]


def write(*renamed: tuple[str, str | None]) -> None:
    """Give accounts other names, all in one go."""
    with transaction(), in_one_go() as writes:
        for before, after in renamed:
            writes.run(RENAME, {"before": before, "after": after})


def test_errors_are_sqlalchemys_and_tell_no_values(app):
    wrong = ProgrammingError if is_postgresql() else OperationalError

    with pytest.raises(wrong) as told:
        ask((BROKEN, {"x": 4711}))

    assert "4711" not in str(told.value)
    db.session.rollback()


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_lock_that_is_not_to_be_had_is_busy(app, database):
    person_id = make_person(name="甲").id
    lock = Prepared(sa.select(Account.id).where(Account.id == bindparam("account_id")).with_for_update())
    other = sa.create_engine(database)
    with other.begin() as holder:
        holder.execute(sa.text("SELECT id FROM account FOR UPDATE"))
        with pytest.raises(Busy):
            wait_for(lock, person_id)
    other.dispose()

    assert names() == ["甲"]


def wait_for(lock: Prepared, person_id: int) -> None:
    """Ask for a lock, and for no longer than a blink."""
    with transaction():
        db.session.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
        ask((lock, {"account_id": person_id}), (NAME, {"account_id": person_id}))


def test_who_listens_to_statements_hears_of_prepared_ones(app):
    heard: list[str] = []

    def hear(_connection, _cursor, statement, *_more) -> None:
        heard.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    sa.event.listen(db.engine, "after_cursor_execute", hear)
    try:
        ask((NAME, {"account_id": 1}))
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", hear)
        sa.event.remove(db.engine, "after_cursor_execute", hear)

    assert [one[:6] for one in heard if not one.startswith("BEGIN")] == ["SELECT", "SELECT"]


def test_a_row_is_put_in_or_overwrites_the_one_with_that_key(app):
    first, second = (make_sign_up(make_activity()).id for _ in range(2))
    put = put_into(IdempotentAnswer, "browser", "key", "sign_up_id", "was_already", "at", key=("browser", "key"))

    for sign_up_id in (first, second):
        with transaction(), in_one_go() as writes:
            writes.run(put, {"browser": "b", "key": "k", "sign_up_id": sign_up_id, "was_already": False, "at": clock.wall()})

    assert [row.sign_up_id for row in db.session.scalars(sa.select(IdempotentAnswer))] == [second]
