"""What an activity's kind says of times moves along with the session they belong to."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from pydantic import AwareDatetime, model_validator

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.i18n import speaking
from festival.plans import preview
from festival.programme import service
from festival.programme.kinds import Details, all_kinds, details_of, kind_of, register
from festival.programme.models import Activity
from festival.programme.moving import clocks_follow
from festival.programme.service import Span
from tests.builders import make_activity
from tests.calendars.programme import NOW, add_slot, at, session_of


class Walk(Details):
    """Stops, until when one applies for a stall beside the way, and until when one may join."""

    join_by: time = time(11)
    apply_by: AwareDatetime
    stops: tuple[AwareDatetime, ...]

    @model_validator(mode="after")
    def _runs_forwards(self) -> "Walk":
        if list(self.stops) != sorted(self.stops) or self.apply_by >= self.stops[0]:
            raise ValueError("out of order")
        return self


STOPS = ("2023-06-21 09:45", "2023-06-21 10:30", "2023-06-21 12:15")  # it takes place from ten to twelve


@pytest.fixture
def steps(app, frozen):
    """Return by how much the kind's own tables were told to move."""
    frozen(NOW)
    told: list[timedelta] = []
    talk = next(kind for kind in all_kinds() if kind.key == "press")
    walk = replace(
        talk,
        key="walk",
        details_model=Walk,
        session_moved=lambda _activity, _slot, step: told.append(step),
        details_follow=clocks_follow,
    )
    register((*all_kinds(), walk))
    return told


@pytest.fixture
def walk(steps) -> Activity:
    return a_walk(STOPS)


def a_walk(stops) -> Activity:
    activity = make_activity(kind="walk")
    with transaction():
        row = db.session.get_one(Activity, activity.id)
        row.details = Walk(apply_by=at("2023-06-17 18:00"), stops=tuple(map(at, stops))).model_dump_json()
    return activity


def move(slot, by: timedelta, longer: timedelta = timedelta(0)) -> None:
    with transaction():
        service.reschedule(slot.id, Span(slot.starts_at + by, slot.ends_at + by + longer), actor_id=None)
    db.session.rollback()


def times_of(activity: Activity) -> tuple[datetime, list[str]]:
    db.session.rollback()
    details = details_of(db.session.get_one(Activity, activity.id))
    assert isinstance(details, Walk)
    return details.apply_by, [f"{clock.local(stop):%Y-%m-%d %H:%M}" for stop in details.stops]


def test_the_times_of_the_day_move_with_it_by_days_and_by_hours_and_a_deadline_before_it_stays(walk, steps):
    move(session_of(walk), timedelta(days=2))
    move(session_of(walk), timedelta(minutes=-30), timedelta(hours=1))

    assert times_of(walk) == (at("2023-06-17 18:00"), ["2023-06-23 09:15", "2023-06-23 10:00", "2023-06-23 11:45"])
    assert steps == [timedelta(days=2), timedelta(minutes=-30)]


def test_of_two_sessions_on_a_day_each_takes_along_what_lies_within_it(walk):
    second = add_slot(walk, hours_later=4)

    move(second, timedelta(days=1))
    assert times_of(walk)[1] == list(STOPS)
    move(session_of(walk), timedelta(days=-1))  # the other has left the day: what lies around it is the first one's again
    assert times_of(walk)[1] == ["2023-06-20 09:45", "2023-06-20 10:30", "2023-06-20 12:15"]


def test_times_that_would_come_out_of_order_all_stay_and_the_page_goes_on_working(steps):
    walk = a_walk(("2023-06-21 10:30", "2023-06-22 09:00"))  # goes on the next day, of which no session is

    move(session_of(walk), timedelta(days=3))

    assert times_of(walk)[1] == ["2023-06-21 10:30", "2023-06-22 09:00"]
    assert steps == [timedelta(days=3)]


def test_a_session_that_only_lasts_longer_moves_nothing(walk, steps):
    move(session_of(walk), timedelta(0), timedelta(hours=1))

    assert (times_of(walk)[1], steps, kind_of(walk).key) == (list(STOPS), [], "walk")


def join_by(activity: Activity) -> time:
    db.session.rollback()
    details = details_of(db.session.get_one(Activity, activity.id))
    assert isinstance(details, Walk)
    return details.join_by


def test_a_time_of_day_moves_with_the_clock_of_the_only_session_stays_where_several_share_it_and_never_leaves_its_day(walk):
    move(session_of(walk), timedelta(days=1, hours=-3))
    assert join_by(walk) == time(8)
    move(session_of(walk), timedelta(days=-1))
    assert join_by(walk) == time(8)
    move(session_of(walk), timedelta(hours=-9))  # from seven to ten in the evening of the day before: join by eleven
    assert join_by(walk) == time(23)
    move(session_of(walk), timedelta(hours=1, minutes=30))
    assert join_by(walk) == time(23)  # half past midnight would be another day
    second = add_slot(walk, days_later=1)
    move(second, timedelta(hours=1))
    assert join_by(walk) == time(23)


def test_a_preview_names_what_moves_along_and_what_stays_ahead(walk, steps):
    words = {"join_by": "加入时限", "apply_by": "申请截止", "stops": "各站"}
    register((*(one for one in all_kinds() if one.key != "walk"), replace(kind_of(walk), time_words=words)))

    def seen(by: timedelta) -> tuple[list[str], list[str]]:
        slot = session_of(walk)
        new = preview.after_slot_edit(walk, slot, Span(slot.starts_at + by, slot.ends_at + by), walk.venue)
        with speaking("zh"):
            found = preview.preview(walk, new, lambda _one: True, clock.now())
        return list(found.along), list(found.stays)

    assert seen(timedelta(hours=1)) == (["加入时限", "各站"], ["申请截止 6月17日 周六 18:00"])
    assert seen(timedelta(days=1)) == (["各站"], ["申请截止 6月17日 周六 18:00"])
    add_slot(walk, days_later=1)
    db.session.expire_all()
    assert seen(timedelta(hours=1)) == (["各站"], ["加入时限 11:00", "申请截止 6月17日 周六 18:00"])
