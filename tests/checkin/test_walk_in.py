"""Those who come without a sign-up, and those on the list who stand at the door: a place if one is free, in at once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.rules import Role
from festival.checkin import scans
from festival.checkin.models import Scan
from festival.ledger import doctor
from festival.lib.db import db
from festival.signups import rules
from festival.signups.models import SignUp, Source
from festival.signups.rules import Ceiling, Places, Reason, State, Way
from tests.builders import make_activity, make_sign_up, make_staff
from tests.signups.engine import NOW, change, fill, ledger, states
from tests.web import Browser

HERE = "/manage/activities/fair/check-in"


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def at_the_door(app, role=Role.ORGANIZER):
    return Browser(app).sign_in(make_staff(role))


def fair(**made):
    """An activity of today whose sign-up has closed, and that people may come to without one."""
    activity = make_activity(slug="fair", starts_in=timedelta(hours=1), closes_in=timedelta(hours=-1), party_max=3, **made)
    change(activity, allows_walk_ins=True)
    return activity


def walked_in():
    db.session.rollback()
    found = db.session.scalars(sa.select(SignUp).where(SignUp.source == Source.WALK_IN).order_by(SignUp.id))
    return [(one.name, one.state.value, one.party_size, one.arrived) for one in found]


def door_faults():
    db.session.rollback()
    return [fault for finding in doctor.examine() for fault in finding.faults if finding.name != "histories"]


def test_who_comes_without_a_sign_up_gets_what_is_free_is_let_in_at_once_and_takes_a_slip(app):
    fair(capacity=3)
    office = at_the_door(app)
    page = office.get(office.get(HERE).link("现场报名"))
    assert "余 3 / 3" in page.words

    answer = office.post_form(page, {"called": "张大爷", "party_size": "2", "consent": "1"})
    again = office.post_form(page, {"called": "张大爷", "party_size": "2", "consent": "1"})
    too_many = office.post_form(f"{HERE}/walk-in", {"called": "李大妈", "party_size": "2", "consent": "1"})

    shown = office.follow(answer)
    assert (answer.location, shown.result) == (again.location, "checked-in")
    assert "张大爷" in office.get(shown.link("打印凭条")).words
    assert (too_many.status, too_many.result) == (409, "full")
    assert walked_in() == [("张大爷", "attended", 2, 2)]
    assert (db.session.scalar(sa.select(sa.func.count(Scan.id))), door_faults()) == (1, [])


def test_nobody_comes_without_a_sign_up_where_that_is_not_opened_on_another_day_or_as_a_steward(app):
    closed = make_activity(slug="fair", starts_in=timedelta(hours=1))
    office = at_the_door(app)
    assert office.get(f"{HERE}/walk-in").result == "closed"
    opened = office.follow(office.post_form(f"{HERE}/gates", {"allow": "yes"}, action=f"{HERE}/walk-ins"))
    assert "已开放现场报名。" in opened.words
    assert office.get(f"{HERE}/walk-in").status == 200
    change(closed.slots[0], starts_at=NOW + timedelta(days=1), ends_at=NOW + timedelta(days=1, hours=1))

    assert office.get(f"{HERE}/walk-in").result == "not-open"
    steward = at_the_door(app, Role.STEWARD)
    assert (steward.get(f"{HERE}/walk-in").status, "现场报名" in steward.get(HERE).words) == (403, False)


def test_somebody_on_the_list_who_stands_at_the_door_gets_a_free_place_once_the_list_is_not_served_by_itself(app, frozen):
    activity = make_activity(slug="fair", starts_in=timedelta(hours=3), capacity=2, party_max=3)
    first, _second, waits, ahead = fill(activity, 1, 1, 1, 1)
    office = at_the_door(app)
    asked = office.post_form(HERE, {"code": ahead.code})
    refused = office.follow(office.post_form(asked, action=asked.html.select_one("form[action$=place]")["action"]))
    assert ("没有空位，或者候补名单还在自动递补。" in refused.words, states(ahead)) == (True, ["waitlisted"])

    frozen(NOW + timedelta(hours=2))
    change(activity, promotion_cutoff_minutes=120)
    change(first, state=State.REMOVED)
    asked = office.post_form(HERE, {"code": ahead.code})
    done = office.follow(office.post_form(asked, action=asked.html.select_one("form[action$=place]")["action"]))

    assert (asked.result, done.result) == ("not-confirmed", "checked-in")
    assert (states(waits, ahead), scans.inside(ahead.id)) == (["waitlisted", "attended"], 1)
    assert ledger(ahead)[-1] == ("confirmed", "door", "waitlisted", "confirmed", 1, 1, 2)


@pytest.mark.parametrize(
    ("way", "waiting", "is_past_cutoff", "ceiling", "expected"),
    [
        (Way.OPEN, 0, False, Ceiling(None, 0), State.CONFIRMED),
        (Way.OPEN, 1, False, Ceiling(None, 0), Reason.FULL),
        (Way.OPEN, 1, True, Ceiling(None, 0), State.CONFIRMED),
        (Way.APPROVAL, 0, True, Ceiling(9, 8), State.CONFIRMED),
        (Way.OPEN, 0, True, Ceiling(9, 9), Reason.CEILING),
        (Way.BALLOT, 0, True, Ceiling(None, 0), Reason.CLOSED),
        (Way.INVITATION, 0, True, Ceiling(None, 0), Reason.INVITATION_ONLY),
    ],
)
def test_the_door_overtakes_the_list_only_when_it_is_no_longer_served_by_itself(way, waiting, is_past_cutoff, ceiling, expected):
    places = Places(capacity=10, taken=9, waiting=waiting)
    assert rules.walk_in_state(way, places, ceiling, 1, is_past_cutoff=is_past_cutoff) == expected


def test_a_walk_in_is_on_the_roster_and_can_be_withdrawn_at_the_counter(app):
    activity = fair(capacity=3)
    make_sign_up(activity, name="先来的人")
    office = at_the_door(app)
    office.follow(office.post_form(f"{HERE}/walk-in", {"called": "张大爷", "consent": "1"}))

    roster = office.get("/manage/activities/fair/roster")

    assert "张大爷" in roster.words
