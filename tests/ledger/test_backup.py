"""A backup holds everything, is private and whole, and comes back only where it belongs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from festival.app import create_app
from festival.lib import revisions
from festival.lib.db import db, transaction
from festival.lib.settings import Settings
from festival.programme.models import Sensitivity
from festival.signups.models import SignUp
from festival.signups.notice import notice_of
from tests.application import closed
from tests.builders import make_activity, make_question
from tests.signups.engine import everything, fill, sign_up, states, withdraw


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "festival.backup"


@pytest.fixture
def elsewhere(settings: Settings, empty_database: str) -> Iterator[Flask]:
    """The same application, with the same keys, on another database that is still empty."""
    app = create_app(replace(settings, database_url=empty_database))
    with closed(app):
        yield app


def run(app: Flask, *args: object) -> Result:
    """Run a command as in a process of its own."""
    db.session.rollback()
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args])


def busy_festival() -> SignUp:
    """Return somebody who waits in a festival with sealed answers, a list and a ledger."""
    asking = make_activity()
    make_question(asking, "id_number", sensitivity=Sensitivity.SENSITIVE)
    db.session.refresh(asking)
    sign_up(
        asking,
        answers={"id_number": "x\t\\.\n\u2028y"},
        consents=["id_number"],
        notice_version=notice_of(asking, asking.questions).version,
    )
    first, *_, last = fill(make_activity(capacity=2), 1, 1, 1, 1)
    withdraw(first)
    return last


def test_a_backup_is_private_and_brings_everything_back_elsewhere(app, elsewhere, file):
    busy_festival()
    made = run(app, "backup", file)
    before = everything()

    with elsewhere.app_context():
        restored = run(elsewhere, "restore", file)
        after = everything()
        version = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        filled = states(*fill(make_activity(capacity=1), 1, 1))  # ids go on where they were
    with app.app_context():
        known = db.session.scalar(text("SELECT version_num FROM alembic_version"))

    assert (made.exit_code, restored.exit_code) == (0, 0), made.output + restored.output
    assert restored.output.splitlines()[-1] == "The database agrees with itself."
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.glob(".backup-*")] == []
    assert (after, version) == (before, known)
    assert filled == ["confirmed", "waitlisted"]


def test_a_backup_never_overwrites_and_a_restore_only_where_it_is_told_to(app, file):
    busy_festival()
    run(app, "backup", file)
    kept, content = everything(), file.read_bytes()
    fill(make_activity(), 1)
    grown = everything()

    again, refused = run(app, "backup", file), run(app, "restore", file)
    untouched = everything()
    replaced = run(app, "restore", file, "--replace")

    assert (again.exit_code, refused.exit_code, replaced.exit_code) == (1, 1, 0), replaced.output
    assert "exists already" in again.output
    assert "--replace drops them all" in refused.output
    assert file.read_bytes() == content
    assert untouched == grown
    assert everything() == kept


def test_what_is_not_ours_damaged_or_of_another_world_is_refused_and_nothing_is_touched(app, settings, file, tmp_path, dialect):
    busy_festival()
    run(app, "backup", file)
    whole = file.read_bytes()
    (tmp_path / "note").write_text("dear diary")
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    other = b"SQLite format 3\0" if dialect == "postgresql" else b"PGDMP"
    (tmp_path / "other").write_bytes(other + whole[len(other) :])
    with transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = run(app, "backup", tmp_path / "newer")
    with transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = :at"), {"at": revisions.known()[0]})
    before = everything()
    real_life = create_app(replace(settings, demo=False, demo_staff_password=""))

    answers = {name: run(app, "restore", tmp_path / name, "--replace") for name in ("note", "cut", "other", "newer")}
    with closed(real_life), real_life.app_context():
        answers["demo's"] = run(real_life, "restore", file, "--replace")

    assert newer.exit_code == 0
    assert {name: answer.exit_code for name, answer in answers.items()} == dict.fromkeys(answers, 1)
    assert "is no backup of ours" in answers["note"].output
    assert "revision 9999, which this release does not know" in answers["newer"].output
    assert "it is a demo's backup" in answers["demo's"].output
    assert everything() == before


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_missing_program_of_postgresql_is_named(settings, file, tmp_path):
    app = create_app(replace(settings, pg_bin=str(tmp_path)))
    with closed(app), app.app_context():
        answer = run(app, "backup", file)

    assert (answer.exit_code, file.exists()) == (1, False)
    assert "pg_dump was not found: install PostgreSQL's client, or name its folder in FESTIVAL_PG_BIN." in answer.output


def test_an_answer_that_no_key_opens_after_a_restore_is_named(app, settings, file):
    busy_festival()
    run(app, "backup", file)
    lost = create_app(replace(settings, data_keys=("A" * 43,)))
    with closed(lost), lost.app_context():
        restored = run(lost, "restore", file, "--replace")

    assert restored.exit_code == 1
    assert "(id_number) opens with none of DATA_KEYS" in restored.output
