"""The pages of a changed plan: organizers call off and postpone, readers see it with the reason, people keep or release."""

from datetime import timedelta

import pytest

from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, pool_of
from tests.roster.desk import at_the_desk, slot_of
from tests.signups.engine import change, counters, states
from tests.web import Browser

PLAN = "/manage/activities/forum/plan"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_an_activity_is_called_off_with_a_reason_that_everybody_reads(app):
    activity = make_activity(slug="forum")
    person = make_person()
    held = make_sign_up(activity, person=person)
    make_sign_up(activity, state=State.WAITLISTED)
    desk = at_the_desk(app)
    look = desk.get(desk.get(PLAN).link("取消举行"))
    assert (look.result, "将通知 2 个报名的本人。 报名成功 1，候补中 1" in look.words) == ("preview", True)
    bare = desk.post_form(look)
    assert (bare.status, [one["id"] for one in bare.html.select(".field__error")]) == (
        422,
        ["reason_zh-error", "reason_en-error"],
    )

    page = desk.post_form(bare, reason_zh="空域管控", reason_en="airspace control")

    assert (page.status, page.location) == (303, PLAN)
    assert "已通知 2 个报名的本人" in desk.follow(page).words
    again = desk.post_form(look, reason_zh="空域管控", reason_en="airspace control")
    assert (again.status, again.result) == (409, "not-from-here")
    public, ticket = Browser(app).get("/activities/forum"), Browser(app).sign_in(person).get(f"/sign-ups/{held.code}")
    assert "活动取消。给您带来不便，深表歉意。 原因：空域管控" in public.words
    assert "airspace control" in Browser(app).get("/en/activities/forum").words
    assert (ticket.result, "原因：空域管控" in ticket.words, ticket.html.select(".ticket__code")) == ("cancelled", True, [])
    feed = Browser(app).get("/activities/forum/calendar.ics").text.replace("\r\n ", "")
    assert ("STATUS:CANCELLED" in feed, "原因：空域管控" in feed) == (True, True)
    deliver_due()
    assert min(mail.text for mail in db.session.query(DemoMail)).startswith("【河西人才节】因空域管控，原定")


def test_a_person_keeps_or_releases_the_place_on_the_backup_date(app):
    activity = make_activity(slug="forum", capacity=1)
    change(slot_of(activity), backup_starts_at=activity.starts_at + DAY, decision_at=activity.starts_at - HOUR)
    person = make_person()
    held, waiting = make_sign_up(activity, person=person), make_sign_up(activity, state=State.WAITLISTED)
    mine = Browser(app).sign_in(person)
    assert "如遇恶劣天气，改至" in mine.get(f"/sign-ups/{held.code}").words
    assert "最晚" in Browser(app).get("/activities/forum").words
    desk = at_the_desk(app)
    desk.post_form(desk.get(desk.get(PLAN).link("改到备用日期")), reason_zh="大风", reason_en="wind")
    assert "保留 0，未答复 2" in desk.get(PLAN).words

    ticket = mine.get(f"/sign-ups/{held.code}")
    assert ticket.html.select_one("[data-choice=moved]") is not None
    assert "请打开查看：保留或放弃" in mine.get("/me").words
    kept = mine.follow(mine.post_form(ticket, action=f"/sign-ups/{held.code}/keep"))
    assert kept.html.select("[data-choice]") == []
    assert "保留 1，未答复 1" in desk.get(PLAN).words
    # Pressing the other button of a page left open is an ordinary withdrawal, in time here.
    gone = mine.post_form(ticket, action=f"/sign-ups/{held.code}/release")

    assert gone.status == 303
    assert states(held, waiting) == ["withdrawn", "confirmed"]
    assert counters(pool_of(activity)) == (1, 0)


def test_a_weather_plan_is_set_on_the_sessions_page(app):
    activity = make_activity(slug="forum")
    slot = slot_of(activity)
    desk, path = at_the_desk(app), f"/manage/activities/forum/slots/{slot.id}"
    late, early = f"{clock.local(slot.starts_at + DAY):%Y-%m-%dT%H:%M}", f"{clock.local(slot.starts_at - HOUR):%Y-%m-%dT%H:%M}"

    wrong = desk.post_form(path, backup_starts_at=early, decision_at=late)
    right = desk.post_form(path, backup_starts_at=late, decision_at=early)

    db.session.rollback()
    assert [error.get_text(strip=True) for error in wrong.html.select(".field__error")] == [
        "备用日期应晚于原定时间",
        "决定时间应早于开始时间",
    ]
    assert (right.status, slot.backup_starts_at is not None, slot.sequence, slot.moved_at) == (303, True, 1, None)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_edit_takes_no_step(app, role):
    make_activity(slug="forum")

    assert [at_the_desk(app, role).get(path).status for path in (PLAN, f"{PLAN}/cancel")] == [403, 403]


def test_an_organizer_of_another_activity_finds_no_plan_and_a_foreign_ticket_is_not_kept(app):
    theirs = make_activity(slug="forum")
    held = make_sign_up(theirs)
    desk, stranger = at_the_desk(app, activity=make_activity(slug="mine")), Browser(app).sign_in(make_person())
    token = stranger.get("/me/privacy").html.select_one("[name=csrf_token]")
    assert token is not None

    assert [desk.get(path).status for path in (PLAN, f"{PLAN}/cancel")] == [404, 404]
    for what in ("keep", "release"):
        assert stranger.post(f"/sign-ups/{held.code}/{what}", csrf_token=str(token["value"])).status == 404
