"""Who did not come: recorded by organizers after the end, explained by the person, excused with a reason."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.programme.models import ActivityStatus, Slot, SlotStatus
from festival.signups import absences
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused, State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.signups.engine import change, messages, states
from tests.web import Browser

OVER = timedelta(hours=-5)


@pytest.fixture
def desk(app):
    """An organizer at a browser."""
    return Browser(app).sign_in(make_staff(Role.ORGANIZER))


def names(page) -> list[str]:
    return [one.get_text(strip=True) for one in page.html.select(".queue b")]


def asked_for(desk) -> int:
    """Return how many lines of the overview ask for an answer to what somebody said."""
    return desk.get("/manage/").text.count("人说明了未到场的原因")


def acts() -> list[tuple[str, str, str]]:
    db.session.rollback()
    found = db.session.execute(sa.select(AuditEntry.action, AuditEntry.changes, AuditEntry.reason).order_by(AuditEntry.id))
    return [(row.action, row.changes, row.reason) for row in found if "show" in row.action or "excuse" in row.action]


def test_only_who_had_a_place_in_what_took_place_and_was_not_seen_is_listed_and_only_those_ticked_are_recorded(app, desk):
    over = make_activity(slug="over", starts_in=OVER)
    here = "/manage/activities/over/absences"
    came, zhao, li = (make_sign_up(over, name=name) for name in ("来了", "赵一", "李二"))
    make_sign_up(over, name="候补", state=State.WAITLISTED)
    change(came, arrived=1)
    elsewhere = make_sign_up(make_activity(starts_in=OVER))

    page = desk.get(here)
    nobody = desk.post_form(page, {})
    done = desk.follow(desk.post_form(page, {"pick": [str(li.id), str(came.id), str(elsewhere.id), "x", "9" * 30]}))

    assert (names(page), [box for box in page.html.select("[name=pick]") if box.has_attr("checked")]) == (["李二", "赵一"], [])
    assert (nobody.status, "请先勾选没有来的人。" in nobody.words) == (422, True)
    assert (names(done), names(desk.get(f"{here}?show=recorded"))) == (["赵一"], ["李二"])
    assert "已记录 1 个报名未到场" in done.words
    assert "2 个报名情况已有变化，没有记录。" in done.words
    assert states(came, zhao, li, elsewhere) == ["confirmed", "confirmed", "no_show", "confirmed"]
    assert acts() == [("activity.no_shows", "no_show 1", "")]


def test_all_are_recorded_after_a_second_look_and_another_where_the_list_has_changed(app, desk):
    over = make_activity(slug="over", starts_in=OVER)
    here = "/manage/activities/over/absences"
    first, second = make_sign_up(over), make_sign_up(over)

    asked = desk.post_form(here, button="all")
    third = make_sign_up(over)
    again = desk.post_form(asked, button="all")
    assert ([page.result for page in (asked, again)], states(first, second, third)) == (["preview"] * 2, ["confirmed"] * 3)
    assert "2 个报名将记为未到场。" in asked.words
    assert "名单刚才有变化" in again.words
    desk.post_form(again, button="all")

    assert states(first, second, third) == ["no_show"] * 3
    assert acts() == [("activity.no_shows", "no_show 3", "")]


@pytest.mark.parametrize("is_whole", [True, False])
def test_nobody_was_absent_from_what_was_called_off(app, desk, is_whole):
    off = make_activity(slug="off", starts_in=OVER)
    held = make_sign_up(off)
    if is_whole:
        change(off, status=ActivityStatus.CANCELLED)
    else:
        change(db.session.get_one(Slot, held.slot_id), status=SlotStatus.POSTPONED)

    assert names(desk.get("/manage/activities/off/absences")) == []
    with transaction():
        assert absences.record_all(off.id, [held.id], actor_id=make_staff().id) == []


def test_the_pages_are_for_who_edits_the_activity_and_offered_once_a_time_is_over(app, desk):
    over, ahead = make_activity(slug="over", starts_in=OVER), make_activity(slug="ahead")
    missed = make_sign_up(over, state=State.NO_SHOW)
    others = [
        make_staff(Role.ORGANIZER, activity=ahead),
        make_staff(Role.REVIEWER),
        make_staff(Role.STEWARD, activity=over),
        make_staff(Role.AUDITOR),
    ]
    pages = ("/manage/activities/over/absences", f"/manage/activities/over/absences/{missed.id}/excuse")

    seen = [[Browser(app).sign_in(other).get(page).status for page in pages] for other in others]

    assert seen == [[404, 404], [403, 403], [403, 403], [403, 403]]
    assert desk.get(f"/manage/activities/ahead/absences/{missed.id}/excuse").status == 404
    menus = [desk.get(f"/manage/activities/{slug}/").html.select('nav a[href$="/absences"]') for slug in ("over", "ahead")]
    assert [len(menu) for menu in menus] == [1, 0]


def _absence(page) -> str | None:
    found = page.html.select_one("[data-absence]")
    return str(found["data-absence"]) if found else None


def test_an_absence_is_explained_by_its_person_read_first_by_staff_and_excused_for_all_to_see(app, desk, visitor):
    person, over = make_person(name="李晨"), make_activity(slug="over", starts_in=OVER)
    here, said = "/manage/activities/over/absences", "当天发烧\n没能到场 <b>抱歉</b>"
    make_sign_up(over, name="阿一", state=State.NO_SHOW)
    mine = make_sign_up(over, person=person, state=State.NO_SHOW)
    ticket = f"/sign-ups/{mine.code}"
    visitor.sign_in(person)

    start = visitor.get(ticket)
    empty, long = (visitor.post_form(start, {"words": words}, action=f"{ticket}/appeal") for words in (" ", "长" * 501))
    sent = [visitor.post_form(start, words=said, action=f"{ticket}/appeal") for _ in range(2)]
    other = visitor.post_form(start, words="别的话", action=f"{ticket}/appeal")
    assert (_absence(start), "爽约" in start.text) == ("open", False)
    assert [page.status for page in (empty, long, *sent, other)] == [422, 422, 303, 303, 409]
    assert "最多 500 个字，现在是 501 个" in long.html.select_one(".field__error").get_text()
    told = visitor.get(ticket)
    assert (_absence(told), told.html.select_one(".said").get_text(), told.html.select("textarea")) == ("explained", said, [])

    listed = desk.get(f"{here}?show=recorded")
    ask = desk.get(listed.link("免除或答复"))
    refused = desk.post_form(ask, reason="")
    assert (names(listed), "有 1 条本人说明等您处理" in desk.get(here).words) == (["李晨", "阿一"], True)
    assert (ask.html.select_one(".said").get_text(), refused.status) == (said, 422)
    done = [desk.follow(desk.post_form(ask, reason="情况属实")) for _ in range(2)]

    assert ["已免除，并通知本人。" in done[0].words, "这条记录已由同事免除。" in done[1].words] == [True, True]
    assert (names(done[0]), acts()) == (["阿一", "李晨"], [("sign_up.excuse", "excused_at", "情况属实")])
    excused = visitor.get(ticket)
    assert (_absence(excused), "不影响您今后报名" in excused.words) == ("excused", True)
    assert "缺席（已免除）" in desk.get("/manage/activities/over/roster").words
    assert "Excused" in visitor.get(f"/en{ticket}").words


def test_a_no_in_words_reaches_the_person_takes_the_task_away_and_can_still_become_an_excuse(app, desk, visitor):
    person, over = make_person(name="李晨"), make_activity(slug="over", starts_in=OVER)
    here, answer = "/manage/activities/over/absences", "签到记录显示\n14:00 之后无人到场"
    mine, silent = make_sign_up(over, person=person, state=State.NO_SHOW), make_sign_up(over, state=State.NO_SHOW)
    with transaction():
        absences.appeal(mine.id, "堵车")
    tasks = [asked_for(desk)]
    ask = desk.get(f"{here}/{mine.id}/excuse")
    action = f"{here}/{mine.id}/decline"

    empty = desk.post_form(ask, words=" ", action=action)
    done = [desk.follow(desk.post_form(ask, words=answer, action=action)) for _ in range(2)]
    db.session.rollback()

    assert (empty.status, *tasks, asked_for(desk)) == (422, 1, 0)
    assert ["已答复，并通知本人；记录保留。" in done[0].words, "这条说明已由同事答复。" in done[1].words] == [True, True]
    assert [form["action"] for form in desk.get(f"{here}/{silent.id}/excuse").html.select("main form")] == [
        f"{here}/{silent.id}/excuse"
    ]
    assert messages(mine) == ["sign_up_appeal_answered"]
    told = visitor.sign_in(person).get(f"/sign-ups/{mine.code}")
    assert (_absence(told), [one.get_text() for one in told.html.select(".said")]) == ("answered", ["堵车", answer])
    with pytest.raises(SignUpRefused), transaction():
        absences.decline(silent.id, "没有说明", actor_id=make_staff().id)
    with transaction():
        absences.excuse(mine.id, "再次核实", actor_id=make_staff().id)
    assert (_absence(visitor.get(f"/sign-ups/{mine.code}")), messages(mine)[-1]) == ("excused", "sign_up_excused")


def test_nobody_explains_for_somebody_else_or_what_is_no_absence(app, visitor):
    mine, missed = make_sign_up(make_activity()), make_sign_up(make_activity(starts_in=OVER), state=State.NO_SHOW)
    visitor.sign_in(mine.person)
    page = visitor.get(f"/sign-ups/{mine.code}")
    token = page.html.select_one("[name=csrf_token]")["value"]

    answers = [
        visitor.post(f"/sign-ups/{one.code}/appeal", words="说明", csrf_token=key).status
        for one, key in ((missed, token), (mine, token), (mine, ""))
    ]

    assert answers == [404, 409, 400]
    assert db.session.scalars(sa.select(SignUp.appeal).distinct()).all() == [""]


def test_fifty_stand_on_a_page_and_those_who_were_absent_before_say_so(app, desk):
    over = make_activity(slug="over", starts_in=OVER, capacity=None)
    again = make_person(name="零")
    make_sign_up(make_activity(starts_in=OVER), person=again, state=State.NO_SHOW)
    held = [make_sign_up(over, person=again)] + [make_sign_up(over, name=f"甲{number:02}") for number in range(51)]

    pages = [desk.get(f"/manage/activities/over/absences?page={number}") for number in ("1", "2", "99", "x")]

    assert [len(names(page)) for page in pages] == [50, 2, 2, 50]
    assert {name for page in pages for name in names(page)} == {one.name for one in held}
    assert sum("本届已有 1 次未免除" in page.words for page in pages[:2]) == 1
