"""A process that signs one person up with the engine damaged on purpose: ``python -m tests.signups.saboteur``.

It reads one JSON line: ``database_url``, ``folder``, ``activity_id``, ``person_id`` and ``is_locked``. Between the verdict and
the first write it says ``judged`` and waits for a line: so two of them are exactly where a race would have to put them, and no
luck is needed. At the end it says what came of it, and how often a guard of the database fired.
"""

import json
import sys
from pathlib import Path

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from festival.accounts.models import Account
from festival.app import create_app
from festival.lib import db as database
from festival.lib.db import database_now, db, transaction
from festival.lib.metrics import GUARD_FIRED
from festival.programme.kinds import kind_of
from festival.programme.models import Activity
from festival.signups import newcomer, rules, service
from festival.signups.rules import SignUpRefused
from festival.signups.service import Locked, SignUpRequest
from tests.application import make_settings


def _without_lock(activity_id: int, person_id: int | None = None) -> Locked:
    """Read the activity as if nobody else could."""
    activity = db.session.scalars(select(Activity).where(Activity.id == activity_id)).one()
    return Locked(activity, database_now(), db.session.get(Account, person_id) if person_id else None)


def take_the_lock_away() -> None:
    """Do as an application would that was written without a thought of others.

    PostgreSQL: a plain SELECT instead of the locked row. SQLite: what its driver does by itself, which begins a transaction
    before the first write and not before the reads that decide it.
    """
    service.lock = _without_lock
    newcomer.LOCKS = ()
    database._fair_lock = lambda engine: None
    event.remove(Engine, "begin", database._on_begin)
    if not database.is_postgresql():

        @event.listens_for(db.engine, "connect")
        def _legacy(connection, _record) -> None:
            connection.isolation_level = ""


def wait_between_verdict_and_write() -> None:
    """Stop where a race does its harm."""
    judge = rules.first_state

    def judge_and_wait(*facts, **more):
        verdict = judge(*facts, **more)
        print("judged", flush=True)
        sys.stdin.readline()
        return verdict

    rules.first_state = judge_and_wait


def main() -> None:
    """Sign up."""
    plan = json.loads(sys.stdin.readline())
    app = create_app(make_settings(plan["database_url"], Path(plan["folder"])))
    with app.app_context():
        if not plan["is_locked"]:
            take_the_lock_away()
        wait_between_verdict_and_write()
        try:
            with transaction():
                activity = db.session.get_one(Activity, plan["activity_id"])
                made = service.sign_up(activity.id, plan["person_id"], SignUpRequest(), kind=kind_of(activity))
                outcome = made.state.value
        except SignUpRefused as refused:
            outcome = refused.reason.value
        fired = sum(one.value for metric in GUARD_FIRED.collect() for one in metric.samples if one.name.endswith("_total"))
        print(json.dumps({"outcome": outcome, "guards_fired": int(fired)}), flush=True)


if __name__ == "__main__":
    main()
