"""Slots by a rule, one by one, and removed; the seed leaves alone what organizers removed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from festival.authoring import service, slots
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Series
from festival.authoring.series_forms import times_in
from festival.authoring.slots import NewSlot, PoolPlan
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, ActivityStatus, Pool, Question, Slot
from festival.programme.service import Span
from festival.seed import files
from festival.seed import service as seed
from festival.seed.models import SeededValue
from festival.signups import queries as signups
from tests.builders import make_activity, make_sign_up, make_staff
from tests.roster.desk import at_the_desk, entries, fresh, slot_of, statements

PAGE = "/manage/activities/show/slots/series"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def rule(activity: Activity, **changed):
    """Return what is typed: every day of four weeks, four times a day."""
    first = clock.local_day(activity.starts_at)
    return {
        "first": first.isoformat(),
        "last": (first + 27 * DAY).isoformat(),
        "weekdays": ["0", "1", "2", "3", "4", "5", "6"],
        "starts": "09:00、10:30 13:30，15：00",
        "length_minutes": "90",
        "capacity": "60",
        "days_ahead": "7",
        **changed,
    }


def refusal_of(act) -> AuthoringReason:
    with pytest.raises(AuthoringRefused) as refused, transaction():
        act()
    return refused.value.reason


def test_a_rule_shows_each_slot_before_anything_is_saved_and_then_makes_exactly_these(app):
    activity = make_activity(slug="show", status=ActivityStatus.DRAFT, kind="exhibition")
    desk = at_the_desk(app)
    first = clock.local_day(activity.starts_at)
    typed = rule(
        activity,
        closed=f"{(first + DAY).month}月{(first + DAY).day}日",
        pools="A区 / Zone A / 40\nB区 / Zone B / 不限",
        capacity="",
    )

    wrong = desk.post_form(PAGE, rule(activity, starts="9点", closed="端午", length_minutes="", pools="A区 40"))
    assert wrong.status == 422
    assert {error["id"] for error in wrong.html.select(".field__error")} == {
        "starts-error",
        "closed-error",
        "length_minutes-error",
        "pools-error",
    }
    looked = desk.post_form(PAGE, typed)
    fresh(activity)
    assert (looked.result, len(activity.slots), len(looked.html.select("[data-preview] tbody tr"))) == ("preview", 1, 27)
    assert "27 天、108 个可报名的场次" in looked.words
    saved = desk.post_form(looked, typed, button="sure")

    assert saved.location == "/manage/activities/show/slots"
    fresh(activity)
    sessions = [slot for slot in activity.slots if slot.parent_id is None]
    children = [slot for slot in activity.slots if slot.parent_id is not None]
    assert (len(sessions), len(children), activity.days_ahead) == (27, 108, 7)
    assert (activity.starts_at, activity.ends_at) == (sessions[0].starts_at, sessions[-1].ends_at)
    assert first + DAY not in {clock.local_day(slot.starts_at) for slot in sessions}
    assert [(pool.key, pool.label_zh, pool.capacity) for pool in children[0].pools] == [
        ("zone-a", "A区", 40),
        ("zone-b", "B区", None),
    ]
    assert (sessions[0].pools, children[0].closes_at) == ([], children[0].starts_at)
    assert children[0].opens_at is not None
    assert clock.local_day(children[0].opens_at) == first - 7 * DAY
    assert [entry[0] for entry in entries()] == ["slot.series"]
    again = desk.post_form(PAGE, typed)
    assert "这些日子都已有场次" in again.words


def test_hundreds_of_slots_are_made_shown_and_taken_away_with_few_statements(app, visitor):
    activity = make_activity(slug="show", status=ActivityStatus.DRAFT, kind="exhibition")
    first, actor = clock.local_day(activity.starts_at), make_staff().id
    plan = Series(
        first=first,
        last=first + 39 * DAY,
        weekdays=frozenset(range(7)),
        starts=times_in("08:00 09:30 11:00 13:00 14:30"),
        length_minutes=60,
    )
    pools = (PoolPlan(50),)
    seen = slots.preview(activity, plan, pools, replaces=True).fingerprint
    with statements() as made, transaction():
        added = slots.add_series(activity.id, plan, pools, replaces=True, seen=seen, actor_id=actor)
    with transaction():
        service.publish(activity.id, None, actor_id=actor)
    with statements() as shown:
        pages = [visitor.get(path).status for path in ("/", "/activities/show", "/activities/show/sign-up")]
    desk = at_the_desk(app)
    with statements() as listed:
        pages.append(desk.get("/manage/activities/show/slots").status)

    assert (added.slots, pages) == (200, [200] * 4)
    assert [len(made) < 60, len(shown) < 60, len(listed) < 25] == [True] * 3, [len(made), len(shown), len(listed)]
    with transaction():
        service.unpublish(activity.id, actor_id=actor)
        service.delete_activity(activity.id, actor_id=actor)
    assert db.session.scalar(select(func.count(Pool.id))) == 0


def test_days_with_slots_stay_and_what_was_looked_at_is_what_is_saved(app):
    activity, actor = make_activity(slug="show"), make_staff().id
    there = clock.local_day(activity.starts_at)
    plan = Series(first=there, last=there + 2 * DAY, weekdays=frozenset(range(7)), starts=times_in("09:00"), length_minutes=60)
    pools = (PoolPlan(5),)
    looked = slots.preview(activity, plan, pools, replaces=False)
    assert [one.is_there for one in looked.days] == [True, False, False]
    version, sequence = activity.festival.calendar_version, slot_of(activity).sequence

    stale = refusal_of(
        lambda: slots.add_series(activity.id, plan, (PoolPlan(6),), replaces=False, seen=looked.fingerprint, actor_id=actor)
    )
    with transaction():
        added = slots.add_series(activity.id, plan, pools, replaces=False, seen=looked.fingerprint, actor_id=actor)

    assert (stale, added) == (AuthoringReason.CHANGED_MEANWHILE, slots.Added(2, 2))
    fresh(activity)
    assert activity.festival.calendar_version > version
    assert slot_of(activity).sequence == sequence + 1  # "1 of 3" in calendars now
    assert [(slot.parent_id, slot.pools[0].capacity) for slot in activity.slots[1:]] == [(None, 5), (None, 5)]
    make_sign_up(activity)
    seen = slots.preview(activity, plan, pools, replaces=True).fingerprint
    assert (
        refusal_of(lambda: slots.add_series(activity.id, plan, pools, replaces=True, seen=seen, actor_id=actor))
        == AuthoringReason.HAS_SIGN_UPS
    )


def test_a_slot_is_added_within_its_session_and_removed_while_nobody_signed_up_for_it(app):
    activity, actor = make_activity(slug="show"), make_staff().id
    main = slot_of(activity)
    inside = Span(main.starts_at, main.starts_at + HOUR)
    outside = Span(main.ends_at, main.ends_at + HOUR)

    def add(span: Span, parent_id: int | None) -> int:
        with transaction():
            return slots.add_slot(activity.id, NewSlot(span, parent_id, None, "早场", "Early", (PoolPlan(3),)), actor_id=actor).id

    child, session = add(inside, main.id), add(outside, None)
    fresh(activity)
    assert activity.ends_at == outside.ends_at
    assert refusal_of(lambda: add(outside, main.id)) == AuthoringReason.OUTSIDE_SESSION
    assert refusal_of(lambda: add(inside, 9_999)) == AuthoringReason.UNKNOWN
    make_sign_up(activity)

    def remove(slot_id: int) -> None:
        slots.remove_slot(activity.id, slot_id, actor_id=actor)

    assert refusal_of(lambda: remove(main.id)) == AuthoringReason.HAS_SIGN_UPS
    with transaction():
        remove(child)
        remove(session)
    fresh(activity)
    assert ([slot.id for slot in activity.slots], activity.ends_at) == ([main.id], main.ends_at)
    empty = make_activity()
    assert refusal_of(lambda: slots.remove_slot(empty.id, slot_of(empty).id, actor_id=actor)) == AuthoringReason.LAST_SLOT
    page = at_the_desk(app).post_form(
        f"/manage/activities/{empty.slug}/slots/{slot_of(empty).id}",
        action=f"/manage/activities/{empty.slug}/slots/{slot_of(empty).id}/remove",
    )
    assert (page.status, "有人报过名的场次不能删除" in page.words) == (200, True)


def counts() -> list[int | None]:
    """Return how many rows there are of whatever a seed plants."""
    return [db.session.scalar(select(func.count()).select_from(one)) for one in (Activity, Slot, Pool, Question, SeededValue)]


def test_the_seed_does_not_bring_back_what_organizers_removed(app):
    programme = files.read()
    with transaction():
        seed.load(programme, dates="original", demo=True)
    actor = make_staff().id
    by_slug = {one.slug: one for one in db.session.scalars(select(Activity))}
    exhibition, forum = by_slug["craft"], by_slug["forum"]
    session = slot_of(exhibition)
    with transaction():
        service.unpublish(forum.id, actor_id=actor)
        service.delete_activity(forum.id, actor_id=actor)
        slots.remove_slot(exhibition.id, session.id, actor_id=actor)
    before = counts()

    with transaction():
        report = seed.load(programme, dates="original", demo=True)

    assert (report.is_quiet, counts()) == (True, before)
    assert "forum" not in {one.slug for one in db.session.scalars(select(Activity))}
    assert signups.questions_of(exhibition.id) != []
