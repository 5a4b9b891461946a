"""Each trigger of versions fires on the migrated schema: whoever changes what an activity is made of gives it another one."""

from sqlalchemy import select, text

from festival.ledger.doctor import VERSION_TRIGGERS
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from festival.programme.structure import version_of
from festival.signups.rules import State
from tests.builders import make_activity, make_question, make_sign_up, pool_of

#: What an activity is made of.
MADE_OF = ("activity", "slot", "pool", "question", "question_option", "festival", "venue", "track")


def test_every_trigger_of_versions_is_there_and_is_fired_here(app, dialect):
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }

    found = {name for name in db.session.scalars(text(listed[dialect])) if name.startswith("version_")}

    assert found == set(VERSION_TRIGGERS)
    assert found == {f"version_{table}_{event}" for table in MADE_OF for event in ("insert", "update", "delete")}


def test_every_change_of_what_an_activity_is_made_of_gives_it_another_version(app):
    activity, other = make_activity(pools=2), make_activity()
    make_question(activity, "meal", type_="select", options={"rice": "米饭"})
    seen = {version(activity)}
    bystander = version(other)

    for table in MADE_OF:
        seen.add(run_and_see(f"UPDATE {table} SET id = id", activity))
    assert len(seen) == 1 + len(MADE_OF)
    assert version(other) != bystander  # festival, venue and track are its own as well

    bystander = version(other)
    own_slot = f"(SELECT id FROM slot WHERE activity_id = {activity.id})"
    own_question = f"(SELECT id FROM question WHERE activity_id = {activity.id})"
    seen.add(run_and_see(f"DELETE FROM question_option WHERE question_id IN {own_question}", activity))
    seen.add(run_and_see(f"DELETE FROM question WHERE activity_id = {activity.id}", activity))
    seen.add(run_and_see(f"DELETE FROM pool WHERE position = 2 AND slot_id IN {own_slot}", activity))
    seen.add(run_and_see(f"UPDATE pool SET capacity = 7 WHERE slot_id IN {own_slot}", activity))
    make_question(activity, "meal", type_="select", options={"rice": "米饭"})
    seen.add(version(activity))
    seen.add(run_and_see(f"DELETE FROM slot WHERE activity_id = {activity.id}", activity))
    seen.add(run_and_see(f"DELETE FROM activity WHERE id = {activity.id}", activity))
    assert len(seen) == 1 + len(MADE_OF) + 7
    assert version(other) == bystander


def test_what_a_sign_up_moves_gives_no_other_version(app):
    activity = make_activity(capacity=1)
    before = version(activity)

    make_sign_up(activity)
    made = make_sign_up(activity, state=State.WAITLISTED)
    with transaction():
        made.state = State.WITHDRAWN

    assert pool_of(activity).taken == 1
    assert version(activity) == before


def version(activity: Activity) -> int:
    """Return an activity's version as it stands in the database."""
    db.session.rollback()
    return db.session.execute(select(version_of(activity.id))).scalar_one()


def run_and_see(statement: str, activity: Activity) -> int:
    """Change rows past everything, and return the version after it."""
    activity_id = activity.id
    with transaction():
        db.session.execute(text(statement))
    return db.session.execute(select(version_of(activity_id))).scalar_one()
