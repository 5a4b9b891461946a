"""Several activities in one go: each its own verdict, nothing of one undone by another, one order of locks."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts import personal
from festival.accounts import service as accounts
from festival.accounts.models import Account
from festival.bundle import service
from festival.bundle.models import Bundle, BundleVerdict
from festival.bundle.service import Wish
from festival.lib.db import db, transaction
from festival.programme.kinds import kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Mode, Overlap, Promotion
from festival.signups.models import SignUp
from festival.signups.rules import Reason, State
from festival.signups.service import Once, SignUpRequest
from tests.builders import make_activity, make_festival, make_person, make_sign_up
from tests.signups.engine import NOW, change, faults, states
from tests.signups.engine import sign_up as sign_up_for_one
from tests.signups.test_deadlocks import at_once, only_on_postgresql


def wish(activity, **asked):
    return Wish(activity.id, kind_of(activity), SignUpRequest(name="欧阳", **asked))


def for_several(person, *wishes, key="key"):
    with transaction():
        return service.sign_up(person.id, wishes, Once("browser", key))


def verdicts(bundle):
    """Return what each activity was answered: the state its sign-up has now, ``already``, or the reason."""
    db.session.rollback()
    return [
        one.reason.value if one.reason else f"already {one.sign_up.state}" if one.was_already else one.sign_up.state.value
        for one in bundle.verdicts
    ]


def test_each_activity_gets_its_own_verdict_and_a_refusal_undoes_no_other(app, frozen):
    frozen(NOW)
    person = make_person()
    open_, waiting, full, reviewed = (
        make_activity(),
        make_activity(capacity=1),
        make_activity(capacity=1, waitlist_limit=0),
        make_activity(mode=Mode.APPROVAL),
    )
    small, held, stale = make_activity(party_max=1), make_activity(), make_activity()
    for one in (waiting, full):
        sign_up_for_one(one)
    mine = sign_up_for_one(held, person)

    bundle = for_several(
        person,
        wish(full),
        wish(open_, party_size=2),
        wish(small, party_size=2),
        wish(stale, notice_version="of yesterday"),
        wish(held),
        wish(waiting),
        wish(reviewed),
        Wish(make_activity().id, kind_of(open_), None, closed=Reason.CLOSED),
    )

    assert verdicts(bundle) == [
        "full",
        "confirmed",
        "party_too_large",
        "notice_changed",
        "already confirmed",
        "waitlisted",
        "pending",
        "closed",
    ]
    assert bundle.verdicts[4].sign_up_id == mine.id
    assert [faults(one) for one in (open_, waiting, full, reviewed, small, held, stale)] == [[]] * 7
    assert db.session.scalar(sa.select(sa.func.count(SignUp.id)).where(SignUp.activity_id == stale.id)) == 0


def test_the_same_form_again_gives_the_same_answer_even_where_a_place_has_come_free_since(app):
    person, other, full = make_person(), make_activity(), make_activity(capacity=1, waitlist_limit=0)
    taken = sign_up_for_one(full)
    first = for_several(person, wish(other), wish(full))
    change(taken, state=State.WITHDRAWN)

    again = for_several(person, wish(other), wish(full))
    anew = for_several(person, wish(other), wish(full), key="another")

    assert (again.id, verdicts(again)) == (first.id, ["confirmed", "full"])
    assert verdicts(anew) == ["already confirmed", "confirmed"]
    assert db.session.scalar(sa.select(sa.func.count(SignUp.id)).where(SignUp.person_id == person.id)) == 2


def test_a_refusal_does_not_take_back_what_had_lapsed_before_it(app, frozen):
    frozen(NOW)
    activity = make_activity(capacity=1, waitlist_limit=1, party_max=1)
    lapsed = make_sign_up(activity, state=State.OFFERED, offered_until=NOW)
    change(lapsed, offers=2)
    waits = make_sign_up(activity, state=State.WAITLISTED)
    assert activity.promotion == Promotion.AUTO

    bundle = for_several(make_person(), wish(activity, party_size=3), wish(make_activity()))

    assert verdicts(bundle) == ["party_too_large", "confirmed"]
    assert states(lapsed, waits) == ["expired", "confirmed"]


def test_a_bundle_can_be_read_and_is_forgotten_with_its_person(app):
    person, activity = make_person(), make_activity()
    code = for_several(person, wish(activity)).code

    shown = personal.export(person.id)
    with transaction():
        accounts.erase(db.session.get_one(Account, person.id))

    assert [row["code"] for row in shown["bundle"]] == [code]
    assert [row["activity_id"] for row in shown["bundle_verdict"]] == [activity.id]
    db.session.rollback()
    assert db.session.scalars(sa.select(Bundle.id)).all() == db.session.scalars(sa.select(BundleVerdict.id)).all() == []


def test_many_bundles_of_the_same_activities_in_opposite_order_never_wait_in_a_circle(app):
    first, second, third = (make_activity(capacity=3) for _ in range(3))
    people = [make_person().id for _ in range(6)]
    ways = [(first, second, third), (third, second, first)]
    wishes = [[wish(activity) for activity in way] for way in ways]
    db.session.rollback()

    ends = at_once(
        app,
        *(
            lambda number=number, person_id=person_id: service.sign_up(
                person_id, wishes[number % 2], Once(f"browser {number}", "key")
            )
            for number, person_id in enumerate(people)
        ),
    )

    assert ends == ["done"] * 6
    taken = db.session.execute(sa.select(SignUp.state, sa.func.count(SignUp.id)).group_by(SignUp.state))
    assert {state.value: count for state, count in taken} == {"confirmed": 9, "waitlisted": 9}
    assert [faults(one) for one in (first, second, third)] == [[], [], []]


@only_on_postgresql
@pytest.mark.parametrize("way", [(0, 1), (1, 0)])
def test_a_bundle_takes_its_locks_by_id_whatever_was_chosen_first(app, dialect, way):
    """The other holds the activity with the lower id: the bundle must wait for it before it holds the higher one."""
    activities = sorted((make_activity(), make_activity()), key=lambda one: one.id)
    wishes = [wish(activities[number]) for number in way]
    low, high, person_id = activities[0].id, activities[1].id, make_person().id
    holds, tried = threading.Event(), threading.Event()
    db.session.rollback()

    def other() -> None:
        lock_activity(low)
        holds.set()
        tried.wait(1)  # the bundle waits for this one meanwhile
        lock_activity(high)

    def bundle() -> None:
        holds.wait(30)
        service.sign_up(person_id, wishes, Once("browser", "key"))

    assert at_once(app, other, bundle) == ["done", "done"]


def test_the_same_form_pressed_twice_at_once_is_one_bundle(app):
    person_id, wishes = make_person().id, [wish(make_activity()), wish(make_activity())]
    db.session.rollback()

    ends = at_once(app, *(lambda: service.sign_up(person_id, wishes, Once("browser", "key")) for _ in range(2)))

    assert ends == ["done", "done"]
    assert db.session.scalar(sa.select(sa.func.count(Bundle.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(SignUp.id))) == 2


def test_of_two_that_clash_the_first_by_time_is_confirmed_and_the_other_refused(app, frozen):
    frozen(NOW)
    person = make_person()
    later, sooner = make_activity(starts_in=timedelta(days=5, hours=1), closes_in=None), make_activity()
    for one in (later, sooner):
        change(one, overlap=Overlap.BLOCK)

    bundle = for_several(person, wish(later), wish(sooner))

    assert verdicts(bundle) == ["confirmed", "overlap"]  # in the order of their times


def test_a_bundle_stops_at_what_one_person_may_hold(app, frozen):
    frozen(NOW)
    change(make_festival(), activities_max=2)

    bundle = for_several(make_person(), *(wish(make_activity()) for _ in range(3)))

    assert sorted(verdicts(bundle)) == ["confirmed", "confirmed", "limit"]
