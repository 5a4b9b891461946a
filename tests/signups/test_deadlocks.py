"""Locks are taken in one order, so that no two transactions ever wait for each other; and if they do, it is a "not now"."""

import contextvars
import threading
import time
from collections.abc import Callable

import pytest
from flask import Flask

from festival.lib.db import db, transaction
from festival.lib.errors import Busy
from festival.programme.kinds import kind_of
from festival.programme.locking import lock_activity
from festival.signups import service
from festival.signups.service import SignUpRequest
from tests.builders import make_activity, make_person
from tests.signups.engine import faults, messages, sign_up, states

#: SQLite has one writer at a time: there is nobody to wait for in a circle.
only_on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"])


def at_once(app: Flask, *acts: Callable[[], object]) -> list[str]:
    """Run acts in threads, each in a transaction; return what became of them: ``done``, or the exception's name."""
    ends = ["never ended"] * len(acts)

    def run(number: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    acts[number]()
            except Exception as error:  # noqa: BLE001  # its name is the result
                ends[number] = type(error).__name__
            else:
                ends[number] = "done"

    threads = [threading.Thread(target=contextvars.Context().run, args=(run, number)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ends


@only_on_postgresql
def test_two_people_whose_withdrawals_promote_each_other_do_not_wait_in_a_circle(app, dialect):
    here, there = make_activity(capacity=1), make_activity(capacity=1)
    anna, bo = make_person(), make_person()
    anna_here, bo_waits_here = sign_up(here, anna), sign_up(here, bo)
    bo_there, anna_waits_there = sign_up(there, bo), sign_up(there, anna)
    both_hold = threading.Barrier(2)
    ways = [(here.id, anna.id, anna_here.id), (there.id, bo.id, bo_there.id)]

    def leave(activity_id: int, person_id: int, sign_up_id: int) -> None:
        service.lock(activity_id, person_id)
        both_hold.wait(30)
        service.withdraw(sign_up_id)

    ends = at_once(app, *(lambda way=way: leave(*way) for way in ways))

    assert ends == ["done", "done"]
    assert states(anna_here, bo_waits_here, bo_there, anna_waits_there) == ["withdrawn", "confirmed"] * 2
    assert faults(here) == faults(there) == []


@only_on_postgresql
def test_a_second_press_of_withdraw_that_waited_for_the_first_gives_nothing_back_again(app, dialect):
    activity = make_activity(capacity=1)
    leaving, first, second = (sign_up(activity) for _ in range(3))
    activity_id, person_id, sign_up_id = activity.id, leaving.person_id, leaving.id
    is_held = threading.Barrier(2)

    def press() -> None:
        service.lock(activity_id, person_id)
        is_held.wait(30)
        time.sleep(0.3)  # the other press has read what it can without the lock, and waits
        service.withdraw(sign_up_id)

    def press_again() -> None:
        is_held.wait(30)
        service.withdraw(sign_up_id)

    assert at_once(app, press, press_again) == ["done", "done"]
    assert states(leaving, first, second) == ["withdrawn", "confirmed", "waitlisted"]
    assert messages(leaving) == ["sign_up_confirmed", "sign_up_withdrawn"]
    assert faults(activity) == []


@only_on_postgresql
def test_being_promoted_by_somebody_while_signing_up_elsewhere_does_not_wait_in_a_circle(app, dialect):
    here, there = make_activity(capacity=1), make_activity(capacity=1)
    anna, bo = make_person(), make_person()
    anna_here, bo_waits_here = sign_up(here, anna), sign_up(here, bo)
    both_hold = threading.Barrier(2)
    here_id, there_id, anna_id, bo_id, sign_up_id, kind = here.id, there.id, anna.id, bo.id, anna_here.id, kind_of(there)

    def leave() -> None:
        service.lock(here_id, anna_id)
        both_hold.wait(30)
        service.withdraw(sign_up_id)

    def come() -> None:
        service.lock(there_id, bo_id)
        both_hold.wait(30)
        service.sign_up(there_id, bo_id, SignUpRequest(name="Bo"), kind=kind)

    assert at_once(app, leave, come) == ["done", "done"]
    assert states(bo_waits_here) == ["confirmed"]
    assert faults(here) == faults(there) == []


@only_on_postgresql
def test_two_activities_locked_in_opposite_order_end_in_a_not_now_for_one_and_never_in_an_error(app, dialect):
    first, second = make_activity().id, make_activity().id
    both_hold = threading.Barrier(2)

    def lock_both(one: int, other: int) -> None:
        lock_activity(one)
        both_hold.wait(30)
        lock_activity(other)

    ends = at_once(app, lambda: lock_both(first, second), lambda: lock_both(second, first))

    assert sorted(ends) == [Busy.__name__, "done"]


def test_many_who_sign_up_for_two_activities_in_one_go_never_wait_in_a_circle(app):
    first, second = make_activity(capacity=3), make_activity(capacity=3)
    ids, people, kind = (first.id, second.id), [make_person().id for _ in range(6)], kind_of(first)
    db.session.rollback()

    def sign_up_for_both(person_id: int) -> None:
        for activity_id in ids:  # in the order of their ids
            service.sign_up(activity_id, person_id, SignUpRequest(), kind=kind)

    ends = at_once(app, *(lambda person_id=person_id: sign_up_for_both(person_id) for person_id in people))

    assert ends == ["done"] * 6
    assert faults(first) == faults(second) == []
