"""The sweep: what time alone makes due happens without anybody doing anything."""

from datetime import timedelta

import pytest

from festival.jobs import runner as jobs
from festival.lib.errors import Busy
from festival.programme.models import ActivityStatus, Promotion
from festival.signups import service, sweep
from tests.builders import make_activity, pool_of
from tests.signups.engine import NOW, change, faults, fill, messages, states, withdraw


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def test_overdue_offers_lapse_and_go_on_to_those_who_wait(app, frozen):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)

    assert sweep.sweep_due() == 0
    frozen(NOW + timedelta(hours=12))
    assert sweep.sweep_due() == 1

    assert states(first, second) == ["waitlisted", "offered"]
    assert faults(activity) == []
    assert sweep.sweep_due() == 0


def test_places_that_became_free_without_anybody_acting_are_given_to_the_list(app):
    activity = make_activity(capacity=1)
    leaving, first = fill(activity, 1, 1)
    change(activity, status=ActivityStatus.POSTPONED)
    withdraw(leaving)
    assert sweep.sweep_due() == 0
    change(activity, status=ActivityStatus.PUBLISHED)

    assert sweep.sweep_due() == 1

    assert states(first) == ["confirmed"]
    assert messages(first) == ["sign_up_waitlisted", "sign_up_promoted"]


def test_one_activity_that_breaks_or_is_busy_stops_no_other(app, monkeypatch):
    activities = [make_activity(capacity=1) for _ in range(3)]
    waiting = [fill(activity, 1, 1)[1] for activity in activities]
    for activity in activities:
        change(pool_of(activity), capacity=2)
    breaks = {activities[0].id: ZeroDivisionError, activities[1].id: Busy}
    real = service.sweep

    def sweep_or_break(activity_id: int):
        moved_up = real(activity_id)
        if activity_id in breaks:
            raise breaks[activity_id]
        return moved_up

    monkeypatch.setattr(service, "sweep", sweep_or_break)

    assert sweep.sweep_due() == 1

    assert states(*waiting) == ["waitlisted", "waitlisted", "confirmed"]


def test_the_command_says_how_many_moved_up(app):
    activity = make_activity(capacity=1)
    fill(activity, 1, 1)
    change(pool_of(activity), capacity=2)

    assert app.test_cli_runner().invoke(args=["signups", "sweep"]).output.splitlines()[-1] == "1 moved up."


def test_the_worker_sweeps_each_minute(app):
    activity = make_activity(capacity=1)
    _, waiting = fill(activity, 1, 1)
    change(pool_of(activity), capacity=2)

    assert sweep.JOB.cron == "* * * * *"
    jobs.drain(app)

    assert states(waiting) == ["confirmed"]
