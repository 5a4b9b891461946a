"""The demo's invented people: who comes, through which door, and what can be seen then."""

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from festival.accounts.models import Account, Address
from festival.accounts.staff import ensure_demo_staff
from festival.draws.models import Draw
from festival.draws.rules import DrawState
from festival.invitations.queries import every
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import Message, MessageState
from festival.programme.models import Activity, Festival, Pool, Slot
from festival.saved.models import SavedActivity
from festival.seed import demo
from festival.seed.crowd import CROWDS, Crowd, Target
from festival.seed.files import read
from festival.seed.people import MOBILE, answers_of, invent
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import InvitationEnd, State
from tests.application import STAFF_PASSWORD
from tests.seed.programme import loaded

NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)
SMALL = (
    Crowd("grove-tour", {"line-a": Target(43, 3)}, withdrawals=3, rush=5),
    Crowd("job-fair", {"main-0900": Target(20)}, withdrawals=2),
    Crowd("craft", share=(0.005, 0.01), withdrawals=1, known=7),
    Crowd("forum", {"public": Target(9)}, withdrawals=1, known=5),
    Crowd("mixer", {"m": Target(44), "f": Target(12)}, withdrawals=2),
)
SQLITE_ONLY = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def populated(now=NOW):
    """Load the programme and let the people come; return how many sign-ups they made."""
    loaded()
    with transaction():
        ensure_demo_staff(STAFF_PASSWORD)
        festival = db.session.scalars(select(Festival)).one()
        return demo.populate(festival, read().festival.demo_now, lambda _line: None)


def states(slug):
    """How many sign-ups of an activity there are, by state."""
    rows = db.session.execute(
        select(SignUp.state, func.count())
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(Activity.slug == slug)
        .group_by(SignUp.state),
    )
    return {state.value: count for state, count in rows}


@pytest.fixture
def small(app, frozen, monkeypatch):
    """A small crowd at the demo's moment."""
    frozen(NOW)
    monkeypatch.setattr(demo, "CROWDS", SMALL)


@pytest.mark.slow
@SQLITE_ONLY
def test_at_the_demos_moment_every_activity_shows_the_status_it_promises(app, frozen, visitor):
    frozen(NOW)
    populated()
    promised = {activity.slug: activity.expect_status_at_demo_now for activity in read().activities}

    shown = {slug: visitor.get(f"/activities/{slug}").html.select_one("[data-status]")["data-status"] for slug in promised}

    assert shown == promised
    taken = {
        f"{slug} {key}": (taken, waiting)
        for slug, key, taken, waiting in db.session.execute(
            select(Activity.slug, Slot.key, func.sum(Pool.taken), func.sum(Pool.waiting))
            .select_from(Pool)
            .join(Slot, Slot.id == Pool.slot_id)
            .join(Activity, Activity.id == Slot.activity_id)
            .where(Activity.slug.in_(["grove-tour", "job-fair", "press", "mixer", "drone-show"]), Pool.capacity > 0)
            .group_by(Activity.slug, Slot.key),
        )
    }
    drawn = taken.pop("mixer main")  # the numbers in the hat are really random: who is drawn differs each time
    assert drawn[0] == 80
    assert 15 <= drawn[1] <= 30
    assert taken == {
        "grove-tour main": (3 * 43, 15),
        "job-fair main-0900": (588, 0),
        "job-fair main-1030": (500, 9),
        "job-fair main-1300": (651, 0),
        "press main": (0, 0),
        "drone-show main": (0, 0),
    }
    assert states("forum") == {"pending": 21, "withdrawn": 2, "confirmed": 49}
    assert min(states("craft")["confirmed"], states("service")["confirmed"]) > 50


def test_everybody_signs_up_in_the_past_and_nobody_can_be_reached(small):
    populated()

    signed = db.session.scalars(select(SignUp)).all()
    windows = {row.id: (row.opens_at or NOW, row.closes_at or NOW) for row in db.session.scalars(select(Activity))}

    assert all(windows[one.activity_id][0] <= one.signed_up_at < min(windows[one.activity_id][1], NOW) for one in signed)
    assert {re.sub(r"\d{4}$", "", value) for value in db.session.scalars(select(Address.value))} == {"1540000"}


def test_full_buses_have_a_list_that_withdrawals_have_moved(small):
    populated()

    line = db.session.scalars(select(Pool).where(Pool.key == "line-a")).one()
    moves = set(db.session.scalars(select(LedgerEntry.what).where(LedgerEntry.pool_id == line.id)))

    assert (line.taken, line.waiting, states("grove-tour")["withdrawn"]) == (43, 3, 3)
    assert {"signed_up", "withdrawn", "offered", "confirmed"} <= moves


def test_forum_guests_wait_for_approval_unless_they_were_invited(small):
    populated()
    forum = db.session.scalars(select(Activity).where(Activity.slug == "forum")).one()

    rows = [(row.is_personal, row.invited.uses, row.end) for row in reversed(every(forum.id, NOW))]

    assert states("forum") == {"pending": 5, "withdrawn": 1, "confirmed": 19}
    assert rows == [
        *[(True, 1, InvitationEnd.USED_UP)] * 4,
        *[(True, 0, None)] * 4,
        (True, 0, InvitationEnd.REVOKED),
        (False, 3, None),
    ]


def test_a_drawn_ballot_can_be_seen(small):
    populated()

    draw = db.session.scalars(select(Draw)).one()
    drawn = (
        select(Pool.key, func.count())
        .join(LedgerEntry, LedgerEntry.pool_id == Pool.id)
        .where(LedgerEntry.what == "drawn", LedgerEntry.taken_after > LedgerEntry.taken_before)
        .group_by(Pool.key)
    )
    lucky = {row[0]: row[1] for row in db.session.execute(drawn)}
    entered = sum(count for state, count in states("mixer").items() if state != "rejected")

    assert (draw.state, lucky) == (DrawState.DRAWN, {"f": 13, "m": 15})  # every woman, and no more than two men more
    assert len(draw.entries) <= entered
    assert not {"pending", "entered", "offered"} & set(states("mixer"))


def test_people_come_once(small):
    populated()
    festival = db.session.scalars(select(Festival)).one()

    assert demo.is_populated(festival)
    assert set(db.session.scalars(select(Message.kind).where(Message.state == MessageState.OWED))) == {
        "letter",
        "sign_up_reconfirm",
    }


def test_the_same_people_come_every_time(small):
    populated()
    signing_up = select(Address.account_id).where(Address.value < MOBILE.format(number=9000))  # employers are others
    names = list(db.session.scalars(select(Account.name).where(Account.id.in_(signing_up)).order_by(Account.id)))

    assert names == [invent(number).name for number in range(len(names))]
    assert (invent(3), invent(3).name) == (invent(3), invent(3).name)


def test_required_answers_are_given_and_sealed_ones_consented_to(small):
    populated()
    tour = db.session.scalars(select(Activity).where(Activity.slug == "grove-tour")).one()
    signed = db.session.scalars(select(SignUp).where(SignUp.activity_id == tour.id).limit(1)).one()
    asked = list(tour.questions)

    given = {answer.question_key for answer in signed.answers}

    assert {question.key for question in asked if question.is_required} - {"name"} <= given
    assert all(
        (answer.sealed is not None) == (answer.question_key in {"id_type", "id_number", "access"}) for answer in signed.answers
    )
    assert len(answers_of(invent(1), asked)["id_number"]) == 18


def test_before_the_window_opens_nobody_has_come_and_some_keep_it_for_later(app, frozen, monkeypatch):
    frozen(NOW - timedelta(days=9))  # 7 June: tour and exhibition are open, fair and forum are not
    monkeypatch.setattr(demo, "CROWDS", SMALL)

    populated()

    assert (states("job-fair"), states("forum")) == ({}, {})
    assert states("grove-tour")[State.CONFIRMED] > 0
    kept = db.session.scalars(select(Activity.slug).join(SavedActivity, SavedActivity.activity_id == Activity.id)).all()
    assert [kept.count(slug) for slug in ("job-fair", "forum", "grove-tour")] == [demo.KEEPERS, demo.KEEPERS, 0]


def test_every_crowd_is_of_an_activity_of_the_programme():
    programme = {activity.slug: activity for activity in read().activities}

    assert [crowd.slug for crowd in CROWDS if crowd.slug not in programme] == []
