"""Fair use: how much one person may hold, two things at once, and what follows from not having come."""

from datetime import timedelta

import pytest

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Festival, Overlap, Promotion, Sensitivity
from festival.signups import absences, queries, sweep
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused
from tests.builders import make_activity, make_festival, make_person, make_question, make_staff, pool_of
from tests.signups.engine import NOW, change, counters, faults, fill, ledger, messages, set_capacity, sign_up, states, withdraw


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def refusal(activity: Activity, **more: object) -> Reason:
    with pytest.raises(SignUpRefused) as refused:
        sign_up(activity, **more)  # type: ignore[arg-type]  # whatever the test names
    return refused.value.reason


# -- how much one person may hold --------------------------------------------------------------------------------------


def test_one_person_holds_at_most_so_many_activities_and_giving_one_back_makes_room(app):
    change(db.session.get_one(Festival, make_festival().id), activities_max=2)
    person, activities = make_person(), [make_activity() for _ in range(3)]
    first, _second = (sign_up(activity, person) for activity in activities[:2])

    assert refusal(activities[2], person=person) == Reason.LIMIT
    assert states(sign_up(activities[2])) == ["confirmed"]
    withdraw(first)
    assert states(sign_up(activities[2], person)) == ["confirmed"]


def test_what_is_over_or_called_off_counts_no_longer(app, frozen):
    change(db.session.get_one(Festival, make_festival().id), activities_max=1)
    person, soon, later = make_person(), make_activity(starts_in=timedelta(hours=3)), make_activity()
    sign_up(soon, person)
    assert refusal(later, person=person) == Reason.LIMIT

    frozen(NOW + timedelta(hours=6))

    assert states(sign_up(later, person)) == ["confirmed"]


def test_an_organisation_sends_at_most_so_many_however_its_name_is_spelt(app):
    activity = make_activity()
    make_question(activity, "org_name", sensitivity=Sensitivity.BASIC)
    change(activity, per_organisation=2)
    spellings = ("ABC科技", "ａｂｃ 科技", "Abc科技")

    first, _second = (sign_up(activity, answers={"org_name": name}) for name in spellings[:2])

    assert refusal(activity, answers={"org_name": spellings[2]}) == Reason.ORGANISATION_LIMIT
    assert states(sign_up(activity, answers={"org_name": "另一家"})) == ["confirmed"]
    withdraw(first)
    assert states(sign_up(activity, answers={"org_name": spellings[2]})) == ["confirmed"]


# -- two things at once ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "starts_in", "expected"),
    [
        (Overlap.BLOCK, timedelta(days=5, hours=1), Reason.OVERLAP),
        (Overlap.BLOCK, timedelta(days=5, hours=2), None),  # one ends as the other starts, in the same place
        (Overlap.WARN, timedelta(days=5, hours=1), None),
        (Overlap.ALLOW, timedelta(days=5, hours=1), None),
    ],
)
def test_an_overlap_is_refused_only_where_the_activity_says_so(app, policy, starts_in, expected):
    person, held = make_person(), make_activity()
    other = make_activity(starts_in=starts_in, closes_in=None)
    change(other, overlap=policy)
    first = sign_up(held, person)

    if expected is None:
        assert states(sign_up(other, person)) == ["confirmed"]
    else:
        assert refusal(other, person=person) == expected
        withdraw(first)
        assert states(sign_up(other, person)) == ["confirmed"]


def test_what_is_allowed_to_overlap_stands_in_nobodys_way(app):
    person, held, other = make_person(), make_activity(), make_activity()
    change(held, overlap=Overlap.ALLOW)
    change(other, overlap=Overlap.BLOCK)
    sign_up(held, person)

    assert states(sign_up(other, person)) == ["confirmed"]


# -- who did not come --------------------------------------------------------------------------------------------------


def absent(person, frozen, times: int = 2) -> list[SignUp]:
    """Have somebody not come so many times, as staff record it after the end."""
    missed = [sign_up(make_activity(starts_in=timedelta(hours=3)), person) for _ in range(times)]
    frozen(clock.now() + timedelta(hours=6))
    staff = make_staff()
    for one in missed:
        with transaction():
            absences.record_all(one.activity_id, [one.id], actor_id=staff.id)
    return missed


def test_an_absence_is_recorded_after_the_end_only_and_the_person_is_told_once(app, frozen):
    activity = make_activity(starts_in=timedelta(hours=3))
    came, stayed_away = fill(activity, 1, 1)
    change(came, arrived=1)
    staff, ids = make_staff(), [came.id, stayed_away.id]

    with transaction():
        assert absences.record_all(activity.id, ids, actor_id=staff.id) == []
    frozen(NOW + timedelta(hours=6))
    for _ in range(2):
        with transaction():
            absences.record_all(activity.id, ids, actor_id=staff.id)

    assert states(came, stayed_away) == ["confirmed", "no_show"]
    assert messages(stayed_away) == ["sign_up_confirmed", "sign_up_no_show"]
    assert ledger(stayed_away)[-1] == ("no_show", "no_show", "confirmed", "no_show", 1, 2, 2)
    assert faults(activity) == []


def test_two_absences_send_the_next_sign_up_behind_everybody_until_sign_up_has_closed(app, frozen):
    person = make_person()
    assert [one.state.value for one in absent(person, frozen, times=1)] == ["no_show"]
    once = sign_up(make_activity(), person)
    assert states(once) == ["confirmed"]
    absent(person, frozen, times=1)
    activity = make_activity(capacity=2, starts_in=timedelta(days=6))

    deferred = sign_up(activity, person)
    first, second, third = fill(activity, 1, 1, 1)
    assert states(deferred, first, second, third) == ["waitlisted", "confirmed", "confirmed", "waitlisted"]
    assert [queries.position(third), queries.position(deferred)] == [1, 2]
    withdraw(first)
    withdraw(second)
    assert states(deferred, third) == ["waitlisted", "confirmed"]
    assert sweep.sweep_due() == 0

    frozen(NOW + timedelta(hours=12, days=4, seconds=1))

    assert sweep.sweep_due() == 1
    assert states(deferred) == ["confirmed"]
    assert ledger(deferred)[0][:2] == ("signed_up", "no_shows")


def test_where_there_is_no_list_two_absences_are_a_refusal_with_its_own_words(app, frozen):
    person = make_person()
    absent(person, frozen)

    assert refusal(make_activity(waitlist_limit=0), person=person) == Reason.NO_SHOWS


def test_an_excuse_gives_the_turn_back_and_serves_the_list_at_once(app, frozen):
    person = make_person()
    missed = absent(person, frozen)
    activity = make_activity(capacity=1)
    deferred = sign_up(activity, person)

    with transaction():
        absences.appeal(missed[0].id, "当天发烧，有病历")
    with transaction():
        promoted = absences.excuse(missed[0].id, "病历已核实", actor_id=make_staff().id)

    assert [one.id for one in promoted] == [deferred.id]
    assert states(deferred, missed[0]) == ["confirmed", "no_show"]
    assert messages(missed[0])[-1] == "sign_up_excused"
    assert ledger(deferred)[-1][:2] == ("promoted", f"excused:{missed[0].id}")
    assert counters(pool_of(activity)) == (1, 0)
    with pytest.raises(SignUpRefused), transaction():
        absences.excuse(missed[0].id, "", actor_id=make_staff().id)


def test_an_absence_is_explained_once_and_by_nobody_who_came(app, frozen):
    missed = absent(make_person(), frozen, times=1)[0]
    other = sign_up(make_activity())

    with transaction():
        absences.appeal(missed.id, "堵车")
    for one in (missed, other):
        with pytest.raises(SignUpRefused), transaction():
            absences.appeal(one.id, "再说一次")

    db.session.rollback()
    assert missed.appeal == "堵车"


def test_an_excuse_holds_also_for_what_is_on_offer_just_now(app, frozen):
    person = make_person()
    missed = absent(person, frozen)
    activity = make_activity(capacity=1, closes_in=timedelta(hours=-1), opens_in=timedelta(hours=-2))
    change(activity, closes_at=None, promotion=Promotion.OFFER)
    fill(activity, 1)
    deferred = sign_up(activity, person)
    change(activity, closes_at=clock.now())
    set_capacity(pool_of(activity), 2, actor_id=make_staff().id)
    assert states(deferred) == ["offered"]

    with transaction():
        absences.excuse(missed[0].id, "已核实", actor_id=make_staff().id)

    db.session.rollback()
    assert (deferred.state.value, deferred.priority) == ("offered", 0)
