"""Asking who is still coming: once, some days before, with one tap to answer, and no consequence but the one that was shown."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts import personal
from festival.accounts.models import Consent
from festival.accounts.personal import Moment
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.programme.models import ActivityStatus
from festival.reconfirm import queries, service
from festival.reconfirm.models import Reconfirmation, ReconfirmationAnswer
from festival.reconfirm.rules import Plan, ReconfirmReason, ReconfirmRefused, problem_of
from festival.roster import queries as roster
from festival.roster.rules import Filter, Wanted
from festival.signups import sweep
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused, State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.roster.desk import at_the_desk, entries, slot_of, typed
from tests.signups.engine import NOW, change
from tests.web import Browser

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


def ask(activity, *, at=None, until=None):
    with transaction():
        [made] = service.plan(activity.id, [slot_of(activity).id], Plan(at, until), actor_id=make_staff().id)
    return made.id


def states(*sign_ups):
    db.session.rollback()
    return [db.session.get_one(SignUp, one.id, populate_existing=True).state.value for one in sign_ups]


def answers():
    db.session.rollback()
    return [one.answer for one in db.session.scalars(select(ReconfirmationAnswer).order_by(ReconfirmationAnswer.sign_up_id))]


def found(activity, value, *, is_not=False):
    """Return who the roster's filter shows."""
    wanted = Wanted(filters=(Filter("coming", (value,), is_not),))
    return roster.ids(activity.id, wanted, clock.now(), by_name=True)


def test_those_who_hold_a_place_are_asked_once_and_never_lose_it_by_silence_unless_a_deadline_was_set(app, frozen):
    forum = make_activity(capacity=2, starts_in=4 * DAY)
    one, other = (make_sign_up(forum, person=make_person(mobile=f"1380013800{n}")) for n in range(2))
    waits = make_sign_up(forum, state=State.WAITLISTED)
    ask(forum, at=NOW + HOUR)
    before = sweep.sweep_due(), answers()
    frozen(NOW + HOUR)
    sweep.sweep_due()
    sweep.sweep_due()
    late = make_sign_up(make_activity())
    deliver_due()
    told = [mail.text for mail in db.session.scalars(select(DemoMail).where(DemoMail.kind == "sign_up_reconfirm"))]
    frozen(NOW + 4 * DAY - HOUR)
    sweep.sweep_due()

    assert (before, answers(), late.state) == ((0, []), [None, None], "confirmed")
    assert len(told) == 2
    assert told[0].startswith("【河西人才节】您仍会参加6月20日10:00的“测试活动”吗？请登录确认")
    assert states(one, other, waits) == ["confirmed", "confirmed", "waitlisted"]
    assert [action for action, *_rest in entries()] == ["reconfirm.plan"]


def test_whoever_has_not_answered_by_the_deadline_gives_the_place_to_who_waits_and_reads_why(app, frozen):
    forum = make_activity(capacity=3, starts_in=4 * DAY)
    comes, leaves, silent = (make_sign_up(forum, person=make_person(locale="en")) for _ in range(3))
    first, second, third = (make_sign_up(forum, state=State.WAITLISTED) for _ in range(3))
    ask(forum, until=NOW + 2 * DAY)
    with transaction():
        yes = service.come(comes.id), service.come(comes.id)
    with transaction():
        moved_up = [row.id for row in service.give_back(leaves.id)]
    frozen(NOW + 2 * DAY - HOUR)
    sweep.sweep_due()
    in_time = states(silent)
    frozen(NOW + 2 * DAY)
    sweep.sweep_due()
    sweep.sweep_due()

    assert (yes, moved_up, in_time) == ((True, False), [first.id], ["confirmed"])
    assert states(comes, leaves, silent, first, second, third) == [
        "confirmed",
        "withdrawn",
        "removed",
        "confirmed",
        "confirmed",
        "waitlisted",
    ]
    assert answers() == ["coming", "released", "lapsed"]
    assert db.session.get_one(SignUp, silent.id).reason == "no answer by the deadline whether still coming"
    kinds = list(db.session.scalars(select(Message.kind).order_by(Message.id)))
    assert kinds[3:] == ["sign_up_withdrawn", "sign_up_promoted", "sign_up_removed", "sign_up_promoted"]
    assert [(action, changes) for action, _subject, _id, _reason, changes in entries()][1:] == [
        ("reconfirm.release", "released=1")
    ]


def test_a_slot_that_moved_or_is_off_and_a_question_taken_back_cost_nobody_a_place(app, frozen):
    moved, off, taken_back, later = (make_activity(starts_in=4 * DAY) for _ in range(4))
    held = [make_sign_up(one) for one in (moved, off, taken_back, later)]
    asked = [ask(one, until=NOW + 2 * DAY) for one in (moved, off, taken_back)]
    ask(later, at=NOW + DAY)
    with transaction():
        service.cancel(taken_back.id, asked[2], actor_id=make_staff().id)
    change(slot_of(moved), starts_at=NOW + 5 * DAY, ends_at=NOW + 6 * DAY)
    change(slot_of(later), starts_at=NOW + 5 * DAY, ends_at=NOW + 6 * DAY)
    change(off, status=ActivityStatus.POSTPONED)
    frozen(NOW + DAY)
    sweep.sweep_due()
    deliver_due()
    change(off, status=ActivityStatus.PUBLISHED)  # taken up again at its time: who read no question meanwhile loses nothing
    frozen(NOW + 3 * DAY)
    sweep.sweep_due()

    assert states(*held) == ["confirmed"] * 4
    assert queries.standing([held[0].id, held[2].id]) == {}
    assert db.session.scalars(select(Reconfirmation.asked_at).where(Reconfirmation.activity_id == later.id)).all() == [None]
    assert db.session.query(DemoMail).count() == 0


def test_who_is_asked_much_later_than_planned_loses_nothing_by_silence_and_a_place_is_given_back_before_the_start_only(
    app, frozen
):
    forum = make_activity(starts_in=4 * DAY)
    one, other = (make_sign_up(forum) for _ in range(2))
    ask(forum, at=NOW + HOUR, until=NOW + 14 * HOUR)
    frozen(NOW + 13 * HOUR)  # nobody worked on the jobs; it is night by now
    sweep.sweep_due()
    frozen(NOW + 15 * HOUR)
    sweep.sweep_due()
    asked = answers(), states(one, other), [action for action, *_rest in entries()]
    change(forum, cancel_hours_before=1)
    frozen(NOW + 4 * DAY - HOUR / 2)
    with transaction():
        service.give_back(one.id)
    frozen(NOW + 4 * DAY + HOUR)
    with pytest.raises(SignUpRefused, match="too_late"), transaction():
        service.give_back(other.id)

    assert asked == ([None, None], ["confirmed"] * 2, ["reconfirm.plan", "reconfirm.spare"])
    assert states(one, other) == ["withdrawn", "confirmed"]


def test_the_roster_finds_who_is_silent_and_staff_note_what_was_said_on_the_telephone(app):
    forum = make_activity(starts_in=4 * DAY)
    silent, comes, leaves = (make_sign_up(forum) for _ in range(3))
    ask(forum)
    unasked = make_sign_up(forum)
    with transaction():
        service.come(comes.id)
    with transaction():
        service.give_back(leaves.id)
    listed = [found(forum, value) for value in ("open", "yes", "none")]
    with transaction():
        noted = service.note_coming([silent.id, unasked.id], clock.now())

    assert listed == [[silent.id], [comes.id], [unasked.id]]
    assert (noted, found(forum, "open"), found(forum, "yes")) == ([silent.id], [], [silent.id, comes.id])
    assert queries.reach([slot_of(forum).id]).sign_ups == 1


@pytest.mark.parametrize(
    ("ask_in", "release_in", "why"),
    [
        (None, None, None),
        (DAY, DAY + 12 * HOUR, None),
        (-HOUR, None, ReconfirmReason.PAST),
        (5 * DAY, None, ReconfirmReason.BEGUN),
        (None, 11 * HOUR, ReconfirmReason.TOO_SOON),
        (None, 4 * DAY - HOUR, ReconfirmReason.AFTER_CUTOFF),
        (12 * HOUR, 33 * HOUR, ReconfirmReason.TOO_SOON),  # asked at 22:00, heard of at 8:00
        (12 * HOUR, 34 * HOUR, None),
    ],
)
def test_a_plan_leaves_time_to_answer_and_time_to_promote(ask_in, release_in, why):
    plan = Plan(None if ask_in is None else NOW + ask_in, None if release_in is None else NOW + release_in)
    assert problem_of(plan, starts_at=clock.local(NOW + 4 * DAY), cutoff_at=NOW + 4 * DAY - 2 * HOUR, now=NOW) is why


def test_two_questions_at_once_and_what_changed_since_the_preview_are_refused(app, frozen):
    forum = make_activity(starts_in=4 * DAY)
    make_sign_up(forum)
    staff, slots = make_staff().id, [slot_of(forum).id]
    refused = []

    def press(plan, seen):
        try:
            with transaction():
                service.plan(forum.id, slots, plan, seen=seen, actor_id=staff)
        except ReconfirmRefused as error:
            refused.append(error.reason)

    now, deadline = Plan(None, None), Plan(None, NOW + 2 * DAY)
    seen = service.fingerprint(slots, now)
    press(deadline, seen)  # the deadline was written after the preview
    press(now, seen)
    press(now, seen)  # pressed twice
    frozen(NOW + 12 * HOUR)
    press(deadline, None)
    frozen(NOW + DAY)
    press(now, None)

    assert refused == [ReconfirmReason.CHANGED, ReconfirmReason.JUST_ASKED, ReconfirmReason.RUNNING]


def test_what_people_answered_goes_half_a_year_after_the_activity_or_with_the_consent_and_the_numbers_stay(app, frozen):
    forum, later = make_activity(starts_in=4 * DAY), make_activity(starts_in=5 * DAY)
    for activity in (forum, later):
        for _person in range(2):
            make_sign_up(activity)
        ask(activity)
    [purge] = (one for one in personal.purges() if one.key == "reconfirmations")
    ended, day = forum.ends_at + 180 * DAY, clock.wall()
    with transaction():
        early = purge.batch(Moment(ended, day), 10)
        batches = [purge.batch(Moment(ended + HOUR, day), 1) for _time in range(3)]

    kept = db.session.scalars(select(ReconfirmationAnswer.sign_up_id)).all()
    assert (early, batches, len(kept)) == (0, [1, 1, 0], 2)
    assert db.session.scalars(select(Reconfirmation.asked)).all() == [2, 2]
    taken_back = Consent(account_id=1, activity_id=later.id, sign_up_id=kept[0], notice_id=1)
    with transaction():
        next(one for one in personal.holdings() if "reconfirmation" in one.tables).consent_withdrawn(taken_back)
    assert db.session.scalars(select(ReconfirmationAnswer.sign_up_id)).all() == kept[1:]


# -- on the pages -------------------------------------------------------------------------------------------------------------


def test_organizers_see_the_consequence_first_and_people_answer_with_one_tap_on_the_ticket(app):
    forum = make_activity(slug="forum", starts_in=4 * DAY, capacity=2)
    people = [make_person(), make_person()]
    comes, leaves = (make_sign_up(forum, person=person) for person in people)
    waits = make_sign_up(forum, state=State.WAITLISTED)
    desk, page = at_the_desk(app), "/manage/activities/forum/reconfirm"
    asks = desk.get(page)

    wrong = desk.post_form(asks, when="later", ask_at="", silence="release", release_at="", action=page)
    nonsense = desk.post_form(asks, slots=["abc", "9" * 5000, "\0"], action=page)
    seen = desk.post_form(wrong, when="now", release_at=typed(NOW + 2 * DAY), action=page)
    done = desk.post_form(seen, action=page, button="sure")
    first, second = (Browser(app).sign_in(person) for person in people)
    mine = first.get("/me")
    first.post_form(f"/sign-ups/{comes.code}", action=f"/sign-ups/{comes.code}/coming")
    second.post_form(f"/sign-ups/{leaves.code}", action=f"/sign-ups/{leaves.code}/not-coming")
    listed = desk.get(page)

    assert (wrong.status, nonsense.status, seen.status, done.status) == (422, 422, 200, 303)
    preview = seen.html.select_one("[data-preview]")
    assert preview is not None
    assert "到 6月18日 周日 10:00 还没有回答的（最多 2 个）会被移出名单，名额按顺序给候补的人（现有 1 个）" in preview.get_text()
    assert "请于 6月18日 周日 10:00 前打开确认：仍会参加，或放弃名额。" in mine.words
    assert "您已确认仍会参加" in first.get(f"/sign-ups/{comes.code}").words
    assert states(comes, leaves, waits) == ["confirmed", "withdrawn", "confirmed"]
    [row] = listed.html.select("tbody tr")
    assert [cell.get_text(strip=True) for cell in row.select("td")[1:4]] == ["1", "1", "0"]
    asked = db.session.scalars(select(Reconfirmation.id)).one()
    assert desk.post_form(listed, action=f"{page}/{asked}/cancel").status == 303
    token = str(second.get("/me/privacy").html.select("[name=csrf_token]")[0]["value"])
    assert second.post(f"/sign-ups/{comes.code}/coming", csrf_token=token).status == 404
