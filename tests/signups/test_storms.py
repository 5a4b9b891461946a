"""Storms against the running application: two server processes, 64 browsers in four processes, both databases.

Never one place too many, never one too few, nobody overtaken, nothing that was answered lost; and not by the grace of the
guards in the database: in every storm they fire 0 times.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from festival.accounts import service as accounts
from festival.accounts.models import Address
from festival.app import create_app
from festival.lib import clock
from festival.lib import db as database
from festival.lib.db import db, transaction
from festival.programme.models import Access, Activity
from festival.reviews import service as reviews
from festival.reviews.models import Review
from festival.reviews.rules import Decision
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests import database as databases
from tests.accounts.codes import sent_code
from tests.application import closed, make_settings, migrate
from tests.builders import make_activity, make_festival, make_staff, pool_of
from tests.conftest import DIALECTS
from tests.signups.engine import change, faults, messages, set_capacity
from tests.signups.storm import PATIENCE, Plan, Servers, new_cookie, overtaken, signed_in, storm
from tests.signups.storm_client import Browser

pytestmark = [pytest.mark.storm, pytest.mark.slow]

BROWSERS = 64


@dataclass(frozen=True)
class Field:
    """Where storms rage: servers on a database, and the same application in this process to build and to look."""

    app: Flask
    servers: Servers


@pytest.fixture(scope="module", params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def field(dialect: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Field]:
    folder = tmp_path_factory.mktemp("storm")
    if dialect == "sqlite":
        given = databases.migrated_sqlite(folder, migrate)
    else:
        given = request.getfixturevalue("postgresql").migrated(migrate)
    with given as address, field_on(address, folder) as built:
        yield built


@contextmanager
def field_on(address: str, folder: Path) -> Iterator[Field]:
    """Have servers run on a database for the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "LOCK_SECONDS", PATIENCE)
        settings = make_settings(address, folder)
        app = create_app(settings)
        with closed(app), app.app_context():
            make_festival()  # stamps the database as a demo's
            servers = Servers(settings, folder)
            servers.start()
            try:
                yield Field(app, servers)
            finally:
                servers.kill()


def plan(field: Field, activity: Activity, number: int, cookie: str, **fields: object) -> Plan:
    """Return a browser that signs up for an activity."""
    ports = field.servers.ports
    path = f"/activities/{activity.slug}/sign-up"
    asked = {"consent": "1", "party_size": "1"} | {name: str(value) for name, value in fields.items()}
    return {
        "name": f"browser-{number}",
        "ports": ports if number % 2 else ports[::-1],
        "cookie": cookie,
        "acts": [{"act": "sign_up", "path": path, "fields": asked}],
    }


def sign_ups(activity: Activity) -> list[SignUp]:
    """Return an activity's sign-ups in the order they were made."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(SignUp).where(SignUp.activity_id == activity.id).order_by(SignUp.id)))


def assert_calm(field: Field) -> None:
    """No answer was a failure of the server, and no guard of the database had to fire."""
    assert field.servers.guards_fired() == 0
    assert "guard of the database" not in field.servers.logs()
    assert "unexpected error" not in field.servers.logs()


def test_a_rush_fills_exactly_the_capacity_and_the_rest_waits_in_the_order_they_came(field):
    activity = make_activity(capacity=20)
    people = signed_in(field.app, BROWSERS)

    with storm([plan(field, activity, number, cookie) for number, (_, cookie) in enumerate(people)]) as rush:
        rush.end()

    made = sign_ups(activity)
    assert rush.statuses() == {"sign_up": [303]}
    assert sorted(one.code for one in rush.answered) == sorted(one.code for one in made)
    assert [one.state.value for one in made] == ["confirmed"] * 20 + ["waitlisted"] * 44
    assert {one.person_id for one in made} == {person_id for person_id, _ in people}
    assert overtaken(rush.answered, {one.code: one.id for one in made}) == []
    assert faults(activity) == []
    assert_calm(field)


def test_a_rush_of_parties_fills_the_pool_with_whole_parties_up_to_the_first_that_does_not_fit(field):
    activity = make_activity(capacity=50, party_max=4, waitlist_limit=30)
    sizes = random.Random(20230616).choices((1, 2, 3, 4), k=BROWSERS)
    people = signed_in(field.app, BROWSERS)
    plans = [plan(field, activity, number, people[number][1], party_size=size) for number, size in enumerate(sizes)]

    with storm(plans) as rush:
        rush.end()

    made = sign_ups(activity)
    room, expected = 50, []
    for one in made:
        fits = one.party_size <= room and "waitlisted" not in expected
        room -= one.party_size if fits else 0
        expected.append("confirmed" if fits else "waitlisted")
    assert [one.state.value for one in made] == expected
    assert rush.statuses() == {"sign_up": [303, 409]}  # the list takes 30 persons
    assert 26 < sum(one.party_size for one in made if one.state == "waitlisted") <= 30
    assert faults(activity) == []
    assert_calm(field)


def first_form(browser: Plan) -> Plan:
    """Return a browser that has its first form filled in already, to send that very form again and again."""
    opened = Browser(browser, Barrier(1))
    path, body = opened.form(browser["acts"][0])
    return browser | {"cookie": opened.cookie, "acts": [{"act": "sign_up", "path": path, "body": body}]}


def twenty_times(field: Field, browser: Plan) -> list[Plan]:
    """Return twenty presses of the same button in the same browser, over both servers."""
    ports = field.servers.ports
    return [browser | {"name": f"press-{number}", "ports": ports[number % 2 :] + ports[: number % 2]} for number in range(20)]


def test_the_same_form_sent_twenty_times_at_once_is_one_sign_up_with_one_answer(field):
    activity = make_activity(capacity=20)
    [(person_id, of_person)] = signed_in(field.app, 1)
    pressed = first_form(plan(field, activity, 0, of_person))

    with storm(twenty_times(field, pressed)) as presses:
        presses.end()

    [made] = sign_ups(activity)
    assert [(one.status, one.location) for one in presses.answered] == [(303, f"/sign-ups/{made.code}")] * 20
    assert (made.person_id, messages(made)) == (person_id, ["sign_up_confirmed"])
    assert faults(activity) == []
    assert_calm(field)


def test_a_newcomers_form_with_a_code_sent_twenty_times_at_once_is_one_person_and_one_sign_up(field):
    activity = make_activity(capacity=20)
    number = f"1390013{activity.id:04d}"
    with transaction():
        accounts.request_code(number, "zh")
    newcomer = plan(field, activity, 0, new_cookie(field.app, {}), address=number, code=sent_code(number))

    with storm(twenty_times(field, first_form(newcomer))) as presses:
        presses.end()

    [made] = sign_ups(activity)
    assert [(one.status, one.location) for one in presses.answered] == [(303, f"/sign-ups/{made.code}")] * 20
    owners = db.session.scalars(sa.select(Address).where(Address.value == number)).all()
    assert [owner.account_id for owner in owners] == [made.person_id]
    assert faults(activity) == []
    assert_calm(field)


def test_whatever_people_and_organizers_do_at_once_every_promise_is_kept(field):
    """Others come, withdraw, change their party and move up, while organizers turn the numbers, approve and reject."""
    activity = make_activity(capacity=16, party_max=3, pools=2)
    pools, (staff_id, reviewer_id) = [pool_of(activity, index) for index in (0, 1)], (make_staff().id for _ in range(2))
    change(pools[1], access=Access.APPROVAL)
    ticket = "/sign-ups/{code}"
    ways: tuple[list[Plan], ...] = (
        [{"act": "withdraw", "path": ticket}],
        [{"act": "edit", "path": f"{ticket}/edit", "fields": {"party_size": "1"}}],
        [{"act": "edit", "path": f"{ticket}/edit", "fields": {"party_size": "3"}}, {"act": "withdraw", "path": ticket}],
        [],
    )
    people = signed_in(field.app, BROWSERS)
    plans = []
    for number, (_, cookie) in enumerate(people):
        plans.append(plan(field, activity, number, cookie, party_size=1 + number % 3, pool=pools[number % 2].id))
        plans[-1]["acts"] += ways[number // 6 % len(ways)]
    broken: list[str] = []

    with storm(plans) as mixed:
        for turn, capacity in enumerate((10, 6, 15, 12)):
            mixed.wait_for_answers(8 + 24 * turn)
            for pool in pools:
                set_capacity(pool, capacity, "keep", actor_id=staff_id)
            review(activity, reviewer_id)
            broken += faults(activity, allowed_over=[pool.id for pool in pools])
        mixed.end()
    review(activity, reviewer_id)

    made = sign_ups(activity)
    assert broken == []
    assert {one.person_id for one in made} == {person_id for person_id, _ in people}
    # A party that was promoted or reviewed since its form was fetched, or that finds no room to grow, is told so.
    assert mixed.statuses()["sign_up"] == [303]
    assert {one.status for one in mixed.answered} <= {303, 409, "no form"}
    left = {one.code for one in mixed.answered if (one.act, one.status) == ("withdraw", 303)}
    assert {one.code for one in made if one.state == "withdrawn"} == left
    assert {one.state.value for one in made} == {"confirmed", "rejected", "waitlisted", "withdrawn"}
    assert {one.pool_id for one in made if one.state in {"confirmed", "waitlisted"}} == {pool.id for pool in pools}
    assert decided_once(activity)
    assert faults(activity, allowed_over=[pool.id for pool in pools]) == []
    assert_calm(field)


def review(activity: Activity, reviewer_id: int) -> None:
    """Decide on everybody who waits for it: every fifth is rejected, the others approved in the order they came."""
    pending = [one.id for one in sign_ups(activity) if one.state == "pending"]
    for ids, decision in ((pending[::5], Decision.REJECT), (pending, Decision.APPROVE)):
        with transaction():
            reviews.decide(activity.id, ids, decision, "名额有限", actor_id=reviewer_id)


def decided_once(activity: Activity) -> bool:
    """Tell whether nobody was decided on twice, and the one decision is what became of them."""
    decisions = db.session.execute(
        sa.select(Review.sign_up_id, Review.decision, SignUp.state).join(SignUp).where(SignUp.activity_id == activity.id)
    ).all()
    consequences = {
        Decision.REJECT: {State.REJECTED},
        Decision.APPROVE: {State.CONFIRMED, State.WAITLISTED, State.WITHDRAWN},
    }
    ids = [sign_up_id for sign_up_id, _, _ in decisions]
    return len(set(ids)) == len(ids) > 0 and all(state in consequences[decision] for _, decision, state in decisions)


def test_at_the_very_moments_of_opening_and_closing_a_crowd_is_judged_by_one_clock(field):
    """Forms filled in before arrive from half a second before the opening to half a second after the closing."""
    activity = make_activity(capacity=BROWSERS, opens_in=None, closes_in=timedelta(days=1))
    people = signed_in(field.app, BROWSERS // 2)
    plans = [first_form(plan(field, activity, number, cookie)) for number, (_, cookie) in enumerate(people)]
    first, now = time.monotonic() + 0.8, clock.wall() + timedelta(seconds=0.8)
    opens_at, closes_at = now + timedelta(seconds=0.5), now + timedelta(seconds=1)
    change(activity, opens_at=opens_at, closes_at=closes_at)
    for number, browser in enumerate(plans):
        browser["at"] = first + 1.5 * number / len(plans)

    with storm(plans) as crowd:
        crowd.end()

    made = sign_ups(activity)
    assert crowd.statuses() == {"sign_up": [303, 409]}
    assert {one.code for one in crowd.answered if one.status == 303} == {one.code for one in made}
    assert all(opens_at <= one.signed_up_at < closes_at for one in made)
    blink = 0.01  # between the readings of the two clocks above
    taken = [one for one in crowd.answered if one.status == 303]
    refused = [one for one in crowd.answered if one.status == 409]
    assert [one for one in taken if one.answered < first + 0.5 - blink or one.sent > first + 1 + blink] == []
    assert [one for one in refused if one.sent > first + 0.5 + blink and one.answered < first + 1 - blink] == []
    assert faults(activity) == []
    assert_calm(field)


def test_a_power_cut_in_mid_storm_loses_no_sign_up_that_was_answered(field):
    """Both servers are ended with kill -9; every browser stands still while what was answered is compared with the roster."""
    activity = make_activity(capacity=24)
    people = signed_in(field.app, BROWSERS)

    with storm([plan(field, activity, number, cookie) for number, (_, cookie) in enumerate(people)]) as cut:
        cut.wait_for_answers(12)
        field.servers.kill()
        cut.wait_until_still(BROWSERS)
        answered = {one.code for one in cut.answered}
        kept = {one.code: one.state.value for one in sign_ups(activity)}
        assert answered <= kept.keys()
        assert 12 <= len(answered) < BROWSERS
        assert faults(activity) == []
        field.servers.start()
        cut.go_on()
        cut.end()

    made = sign_ups(activity)
    assert cut.statuses() == {"sign_up": [303]}
    assert sorted(one.code for one in cut.answered) == sorted(one.code for one in made)
    assert {one.person_id for one in made} == {person_id for person_id, _ in people}
    assert [one.state.value for one in made] == ["confirmed"] * 24 + ["waitlisted"] * 40
    assert {one.code: one.state.value for one in made if one.code in kept} == kept  # nobody was put back, nobody came back
    assert overtaken(cut.answered, {one.code: one.id for one in made}) == []
    assert faults(activity) == []
    assert_calm(field)


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_a_database_that_crashes_in_mid_storm_loses_no_sign_up_that_was_answered(dialect, tmp_path):
    """PostgreSQL quits at once and recovers; every browser stands still while what was answered is compared with the roster."""
    server = databases.OwnPostgresql(**databases.SURVIVES_A_CRASH)
    migrate(server.address)
    with field_on(server.address, tmp_path) as own:
        activity = make_activity(capacity=24)
        people = signed_in(own.app, BROWSERS)
        plans = [plan(own, activity, number, cookie) | {"is_patient": True} for number, (_, cookie) in enumerate(people)]
        db.session.rollback()

        with storm(plans) as crash:
            crash.wait_for_answers(12)
            server.crash()
            crash.wait_until_still(BROWSERS)
            answered = {one.code for one in crash.answered}
            server.start()
            db.engine.dispose()
            kept = {one.code: one.state.value for one in sign_ups(activity)}
            assert answered <= kept.keys()
            assert 12 <= len(answered) < BROWSERS
            assert faults(activity) == []
            crash.go_on()
            crash.end()

        made = sign_ups(activity)
        assert crash.statuses() == {"sign_up": [303]}
        assert sorted(one.code for one in crash.answered) == sorted(one.code for one in made)
        assert {one.person_id for one in made} == {person_id for person_id, _ in people}
        assert [one.state.value for one in made] == ["confirmed"] * 24 + ["waitlisted"] * 40
        assert {one.code: one.state.value for one in made if one.code in kept} == kept
        assert faults(activity) == []
        assert_calm(own)
    server.stop()
