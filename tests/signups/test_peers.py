"""What went wrong on the waitlists of other systems, each with its report: the same does not happen here."""

from datetime import timedelta

import pytest

from festival.lib.db import transaction
from festival.programme.models import Promotion
from festival.signups import service
from tests.builders import make_activity, make_staff, pool_of
from tests.signups.engine import NOW, change, confirm, counters, faults, fill, messages, set_capacity, sign_up, states, withdraw


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def test_a_place_that_was_taken_up_and_then_given_back_goes_to_the_next_in_line_and_not_to_the_same_person(app):
    """pretix#1163, #1405: the voucher of whoever cancelled came alive again and kept the place from everybody else."""
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    leaving, first, second = fill(activity, 1, 1, 1)
    withdraw(leaving)
    confirm(first)

    promoted = withdraw(first)

    assert [one.id for one in promoted] == [second.id]
    assert states(first, second) == ["withdrawn", "offered"]
    assert confirm(second).state == "confirmed"
    assert counters(pool_of(activity)) == (1, 0)
    assert messages(first).count("sign_up_offered") == 1
    assert faults(activity) == []


def test_the_first_in_line_is_promoted_whatever_has_closed_since_they_joined(app, frozen):
    """pretix#2119: the last of the list got the place, since what the first had waited for was no longer on sale."""
    activity = make_activity(capacity=1, closes_in=timedelta(days=1))
    leaving, first = fill(activity, 1, 1)
    frozen(NOW + timedelta(hours=23))
    last = sign_up(activity)
    frozen(NOW + timedelta(days=2))  # sign-up has closed for newcomers, and for nobody who waits

    promoted = withdraw(leaving)

    assert [one.id for one in promoted] == [first.id]
    assert states(first, last) == ["confirmed", "waitlisted"]


def test_one_place_given_back_promotes_one_person_however_often_the_list_is_looked_at(app):
    """pretix#1238: places that were none were sent out to a whole list."""
    activity = make_activity(capacity=2)
    leaving, _, *waiting = fill(activity, 1, 1, 1, 1, 1, 1)

    withdraw(leaving)
    withdraw(leaving)
    for _ in range(3):
        with transaction():
            assert service.sweep(activity.id) == []

    assert states(*waiting) == ["confirmed", "waitlisted", "waitlisted", "waitlisted"]
    assert counters(pool_of(activity)) == (2, 3)
    assert messages(*waiting).count("sign_up_promoted") == 1


def test_nobody_is_sent_a_place_once_it_has_begun(app, frozen):
    """pretix#1031: an offer came a quarter of an hour after the start. A withdrawal, the sweep and more room all keep quiet."""
    activity = make_activity(capacity=1, starts_in=timedelta(hours=5), lasts=timedelta(hours=3), closes_in=None)
    change(activity, promotion_cutoff_minutes=0)
    staff_id = make_staff().id
    placed, waiting = fill(activity, 1, 1)

    frozen(NOW + timedelta(hours=5, minutes=15))
    set_capacity(pool_of(activity), 5, actor_id=staff_id)
    with transaction():
        service.withdraw(placed.id, even_late=True)
        service.sweep(activity.id)

    assert states(placed, waiting) == ["withdrawn", "waitlisted"]
    assert messages(waiting) == ["sign_up_waitlisted"]


def test_a_family_waits_as_one_party_and_moves_up_together_or_not_at_all(app):
    """pretix#1404: a list that takes one person only makes five join one by one, and get five places or three."""
    activity = make_activity(capacity=6)
    three, two, _ = fill(activity, 3, 2, 1)
    family = sign_up(activity, party_size=5)

    assert withdraw(three) == []
    promoted = withdraw(two)

    assert [(one.id, one.party_size) for one in promoted] == [(family.id, 5)]
    assert counters(pool_of(activity)) == (6, 0)
    assert messages(family) == ["sign_up_waitlisted", "sign_up_promoted"]
    assert faults(activity) == []
