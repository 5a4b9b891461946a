"""Positive controls: what the storms look for is there to be seen once the engine is damaged.

Without the lock and without the guards of the database there is an oversell; without the lock alone the guard has to fire,
which every storm counts as a failure; with both, the same two processes do no harm.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from festival.lib.db import db, transaction
from festival.programme.models import Activity
from tests.builders import make_activity, make_person, pool_of
from tests.database import ROOT
from tests.signups.engine import counters, faults

pytestmark = [pytest.mark.storm, pytest.mark.slow]


class Saboteur:
    """One damaged process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def read(self) -> str:
        """Return the next line it says that is not the log's."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(("judged", "{")):
                return line.strip()
        raise AssertionError("it ended without a word")

    def tell(self, line: str) -> None:
        """Say a line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def two_saboteurs(url: str, folder: Path, activity: Activity, *, is_locked: bool) -> Iterator[list[Saboteur]]:
    """Have two processes sign up one person each for an activity."""
    people, activity_id = [make_person().id for _ in range(2)], activity.id
    db.session.rollback()
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.signups.saboteur"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in people
    ]
    both = [Saboteur(process) for process in started]
    plan = {"database_url": url, "folder": str(folder), "activity_id": activity_id, "is_locked": is_locked}
    try:
        for saboteur, person_id in zip(both, people, strict=True):
            saboteur.tell(json.dumps(plan | {"person_id": person_id}))
        yield both
    finally:
        for process in started:
            process.kill()
            with process:
                pass


def outcomes(both: list[Saboteur]) -> tuple[list[str], int]:
    """Return what came of the two, in the order of the alphabet, and how often a guard of the database fired."""
    told = [json.loads(saboteur.read()) for saboteur in both]
    return sorted(one["outcome"] for one in told), sum(one["guards_fired"] for one in told)


def race(both: list[Saboteur]) -> tuple[list[str], int]:
    """Let both judge before either writes."""
    assert [saboteur.read() for saboteur in both] == ["judged", "judged"]
    for saboteur in both:
        saboteur.tell("write")
    return outcomes(both)


def take_the_guards_away() -> None:
    """Drop the triggers that refuse; those that count stay."""
    with transaction():
        for name, table in (("pool_guard", "pool"), ("slot_guard", "slot")):
            where = f" ON {table}" if db.engine.dialect.name == "postgresql" else ""
            db.session.execute(sa.text(f"DROP TRIGGER {name}{where}"))


def test_without_lock_and_guards_there_is_an_oversell_and_the_books_show_it(app, database, tmp_path):
    activity = make_activity(capacity=1)
    take_the_guards_away()

    with two_saboteurs(database, tmp_path, activity, is_locked=False) as both:
        result = race(both)

    pool = pool_of(activity)
    assert result == (["confirmed", "confirmed"], 0)
    assert f"OVERSOLD pool {pool.id}: 2 of 1" in faults(activity)


def test_without_the_lock_alone_the_guard_has_to_fire_and_that_is_counted(app, database, tmp_path):
    activity = make_activity(capacity=1)

    with two_saboteurs(database, tmp_path, activity, is_locked=False) as both:
        result = race(both)

    assert result == (["confirmed", "full"], 1)
    assert counters(pool_of(activity)) == (1, 0)  # and somebody was refused who should have been put on the list


def test_with_the_lock_one_judges_after_the_other_has_written(app, database, tmp_path):
    activity = make_activity(capacity=1)

    with two_saboteurs(database, tmp_path, activity, is_locked=True) as both:
        # Both may go on as soon as they get there; who comes second judges when the first is done.
        for saboteur in both:
            saboteur.tell("write")
        assert [saboteur.read() for saboteur in both] == ["judged", "judged"]
        result = outcomes(both)

    assert result == (["confirmed", "waitlisted"], 0)
    assert faults(activity) == []
