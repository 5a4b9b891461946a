"""Deciding about a show: what can be decided, who is told, what is kept; and what a zone's safety number allows."""

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from festival.authoring import service as authoring
from festival.authoring.service import Clone
from festival.checkin import service as door
from festival.kinds.show import beside, queries, service, wording
from festival.kinds.show.models import Area, Entrance, ShowDecision
from festival.kinds.show.rules import Decision, ShowRefused, ZoneRefused
from festival.kinds.show.service import EntranceEdit, PlanEdit, ZoneEdit
from festival.lib.db import db, transaction
from festival.lib.i18n import Locale, speaking
from festival.notices import service as notices
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.outbox.texts import SIGNATURE, SMS_LENGTH, units
from festival.plans import service as plans
from festival.programme.service import Why
from festival.signups import service as engine
from festival.signups.changed import Choice, choice_of
from festival.signups.rules import SignUpRefused, State
from tests.builders import make_sign_up, make_staff, pool_of
from tests.kinds.show.grounds import LEFT, book, decide, make_show, slot_of, zone
from tests.signups.engine import NOW, change, faults, messages, states

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def kept(activity):
    db.session.rollback()
    found = db.session.scalars(sa.select(ShowDecision).order_by(ShowDecision.id))
    return [(one.what.value, one.reason_zh, one.told, one.about_at, one.moved_to) for one in found]


def texts(sign_up):
    """Return what a person was sent about a sign-up, in order."""
    db.session.rollback()
    deliver_due()
    db.session.rollback()
    told = sa.select(Message.text).where(Message.subject_id == sign_up.id, Message.state == "sent").order_by(Message.id)
    return list(db.session.scalars(told))


# -- deciding -----------------------------------------------------------------------------------------------------------------


def test_a_hold_and_then_going_ahead_tell_everybody_who_booked_and_only_the_last_word_is_sent(app):
    show = make_show(capacity=3)
    family, waits = book(show, 3, 2)
    there = make_sign_up(show, state=State.ATTENDED, pool=pool_of(show, 1))
    deliver_due()
    held = decide(show, "hold", until=NOW + 2 * HOUR)
    assert texts(family)[-1] == (
        "“测试活动”暂缓举行，原因：大风。12:00 前公布下一步，请留意消息；已到现场请听从工作人员安排。名额保留。"
    )
    second = decide(show, "hold", seen=held, until=NOW + 3 * HOUR)
    gone = decide(show, "go", seen=second)

    assert texts(family)[-1].startswith("“测试活动”如期举行：6月21日10:00 开始，09:00 开放入场。")
    assert texts(waits)[-1] == "“测试活动”如期举行：6月21日10:00 开始。您的名额还没有确定，请以“我的报名”为准。"
    assert messages(waits)[-3:] == messages(there) == ["show_hold", "show_hold #2", "show_go"]
    start = slot_of(show).starts_at
    assert kept(show) == [("hold", "大风", 3, start, None), ("hold", "大风", 3, start, None), ("go", "", 3, start, None)]
    with pytest.raises(ShowRefused, match="said_already"):
        decide(show, "go", seen=gone)
    assert len(texts(family)) == 3  # the second hold was no longer true when it would have left


def test_postponing_moves_to_the_backup_date_where_each_keeps_or_releases_and_the_list_gets_what_is_released(app):
    show = make_show(capacity=3, closes_in=timedelta(days=4))
    family, waits = book(show, 3, 2)
    before = slot_of(show).starts_at

    decide(show, "postpone")

    moved = slot_of(show)
    assert moved.doors_at is not None
    assert (moved.starts_at - before, moved.doors_at - before, moved.decision_at) == (24 * HOUR, 23 * HOUR, None)
    assert kept(show) == [("postpone", "大风", 2, before, before + 24 * HOUR)]
    assert messages(family)[-1] == "activity_changed"
    assert choice_of(family, NOW) == choice_of(waits, NOW) == Choice.MOVED
    with transaction():
        plans.keep(waits.id)
    with transaction():
        plans.release(family.id)
    assert (states(family, waits), messages(waits)[-1]) == (["withdrawn", "confirmed"], "sign_up_promoted")
    assert faults(show) == []
    db.session.rollback()
    last = queries.last_decision(slot_of(show).id)
    assert last is not None
    decide(show, "go", seen=last.id)  # the backup date is another evening


def test_cancelling_keeps_sign_ups_and_without_a_backup_postponing_waits_for_a_new_time(app):
    show = make_show()
    [one] = book(show, 1)
    change(slot_of(show), backup_starts_at=None)

    first = decide(show, "postpone")
    db.session.rollback()
    assert (show.status, kept(show)[0][4]) == ("postponed", None)
    with pytest.raises(ShowRefused, match="is_off"):
        decide(show, "go", seen=first)
    decide(show, "cancel", seen=first)

    db.session.rollback()
    assert (show.status, show.plan_reason_zh, show.plan_reason_en) == ("cancelled", "大风", "strong wind")
    assert (states(one), messages(one)[-2:]) == (["confirmed"], ["activity_postponed", "activity_cancelled"])


def test_of_two_who_decide_at_once_the_second_is_told_and_nobody_hears_both(app):
    show = make_show()
    [one] = book(show, 1)
    staff_id, outcome, start = make_staff().id, [], threading.Barrier(2)

    def try_to(what):
        with app.app_context():
            start.wait()
            try:
                decide(show_again(), what, until=NOW + HOUR if what == "hold" else None, actor_id=staff_id)
                outcome.append("done")
            except ShowRefused as refused:
                outcome.append(refused.reason.value)

    def show_again():
        return db.session.get(type(show), show_id)

    show_id = show.id
    db.session.rollback()
    both = [threading.Thread(target=try_to, args=(what,)) for what in ("hold", "cancel")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(outcome) == ["changed_meanwhile", "done"]
    assert (len(kept(show)), len(messages(one))) == (1, 2)


def test_a_decision_is_never_changed_and_never_deleted_but_goes_with_its_evening(app, dialect):
    show = make_show()
    decided = decide(show, "go")
    statements = ["UPDATE show_decision SET told = 9", "DELETE FROM show_decision"]
    if dialect == "sqlite":
        statements.append(f"INSERT OR REPLACE INTO show_decision SELECT * FROM show_decision WHERE id = {decided}")
    else:
        statements.append("TRUNCATE show_decision")
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="show_decision_is_append_only"), transaction():
            db.session.execute(sa.text(statement))

    slot_id = slot_of(show).id
    with transaction():
        db.session.execute(sa.text("DELETE FROM slot WHERE id = :id"), {"id": slot_id})
    assert kept(show) == []


# -- the ground ---------------------------------------------------------------------------------------------------------------


def test_the_database_refuses_zones_without_a_number_and_corners_off_the_plan(app):
    show = make_show()
    area = queries.areas(show.id)[0]
    for values in ({"safety_limit": None}, {"staff": 12}, {"staff": -1}, {"pool_id": None}, {"wheelchair_places": -1}):
        with pytest.raises(sa.exc.IntegrityError), transaction():
            db.session.execute(sa.update(Area).where(Area.id == area.id).values(**values))
    with pytest.raises(sa.exc.IntegrityError), transaction():
        db.session.execute(sa.update(Entrance).values(x=1001))


def test_a_zone_is_not_set_to_fewer_than_the_places_that_are_given_out_or_planned(app):
    show = make_show()
    with pytest.raises(ZoneRefused, match="more_places"):
        zone(show, 0, "A", LEFT, safety_limit=11)
    db.session.rollback()
    edit = ZoneEdit(Why("A区", "Zone A"), 40, 3, 0, is_step_free=True, corners=LEFT)
    with pytest.raises(ZoneRefused, match="more_heads"), transaction():  # 20 places and five of staff; 24 are approved
        service.set_zone(pool_of(show).id, edit, actor_id=make_staff().id)
    db.session.rollback()
    change(pool_of(show, 1), is_flex=True)  # made a reserve before there were zones
    with pytest.raises(ZoneRefused, match="reserve"):
        zone(show, 0, "A", LEFT)
    change(pool_of(show, 1), is_flex=False)
    change(pool_of(show), capacity=None)
    with pytest.raises(ZoneRefused, match="more_places"):
        zone(show, 0, "A", LEFT, safety_limit=500)


def test_an_entrance_that_leads_into_another_zone_moves_the_calendars_of_both(app):
    show = make_show()
    [left], [right] = book(show, 1), book(show, 1, index=1)
    before = left.revision, right.revision
    [_one, other] = queries.areas(show.id)
    with transaction():
        edit = EntranceEdit(Why("A口", "Gate A"), LEFT[0], is_step_free=True)
        service.set_entrance(other.id, edit, actor_id=make_staff().id)

    db.session.rollback()
    assert (left.revision, right.revision) == (before[0] + 1, before[1] + 1)
    assert (beside.private_lines(left), beside.private_lines(right)) == ([], ["入口：A口、B口"])
    with transaction():
        door.close_gate(show.id, other.entrances[-1].gate_id, actor_id=make_staff().id)
    db.session.rollback()
    assert (right.revision, beside.private_lines(right)) == (before[1] + 2, ["入口：A口"])


def test_its_text_messages_fit_also_with_a_long_title_and_a_long_reason(app):
    titles: dict[Locale, str] = {"zh": "科技创新放飞梦想无人机灯光秀", "en": "Drone light show: innovation lets dreams fly"}
    for language, title in titles.items():
        with speaking(language):
            for why in ("大风", "y" * 120):
                values = {"title": title, "time": "12月30日20:10", "doors": "18:30", "until": "20:40", "why": why}
                uncertain = wording.MESSAGES[0].words({**values, "waits": "waitlisted"})
                for said in (uncertain, *(message.words(values) for message in wording.MESSAGES)):
                    assert said.short.startswith(SIGNATURE)
                    assert units(said.short) <= SMS_LENGTH, said.short
                    assert "20:" in said.short


def test_whoever_decides_reads_what_people_will_read_also_where_staff_have_worded_it(app):
    show, staff_id = make_show(), make_staff().id
    with transaction():
        for kind, words in (
            ("show_hold", "{活动}等一等：{原因}，{下次公布}再说"),
            ("activity_cancelled", "{活动}不演了：{说明}"),
        ):
            notices.set_wording(show.id, kind, {"zh": ("", words), "en": ("", "")}, actor_id=staff_id)

    prepared = partial(wording.prepared, activity=show, slot=slot_of(show), kind="activity_cancelled", moved_to=None)

    assert [prepared(what)["zh"] for what in (Decision.HOLD, Decision.CANCEL)] == [
        "测试活动等一等：……，……再说",
        "测试活动不演了：……",
    ]
    assert "on hold" in prepared(Decision.HOLD)["en"]


def test_more_places_and_a_lower_safety_number_at_once_never_leave_more_places_than_are_safe(app):
    show = make_show(capacity=9)
    pool_id, staff_id, outcome, start = pool_of(show).id, make_staff().id, [], threading.Barrier(2)
    edit = ZoneEdit(Why("A区", "Zone A"), 11, 2, 0, is_step_free=True, corners=LEFT)

    def raise_places():
        engine.set_capacity(pool_id, 10, "keep", actor_id=staff_id)

    def lower_the_number():
        service.set_zone(pool_id, edit, actor_id=staff_id)

    def try_to(act):
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    act()
                outcome.append("done")
            except (SignUpRefused, ZoneRefused) as refused:
                outcome.append(refused.reason.value)

    db.session.rollback()
    both = [threading.Thread(target=try_to, args=(act,)) for act in (raise_places, lower_the_number)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    area = queries.areas(show.id)[0]
    assert area.pool is not None
    assert (len(outcome), outcome.count("done")) == (2, 1)
    assert (area.pool.capacity, area.safety_limit) in {(10, 12), (9, 11)}


def test_a_copy_has_the_same_ground_gates_and_plan_and_nothing_of_what_was_decided(app):
    show = make_show()
    staff_id = make_staff().id
    with transaction():
        service.set_plan(show.id, PlanEdit(Why("五级风", "Force 5"), Why(), Why(), 800), actor_id=staff_id)
    book(show, 2)
    decide(show, "go")
    with transaction():
        made = authoring.clone_activity(show.id, Clone("明年", "Next year", "next-year", 52), actor_id=staff_id)

    def ground(activity):
        return [
            (area.mark_en, area.safety_limit, area.staff, [(one.x, one.y) for one in area.corners],
             [(one.label_zh, one.gate.name, one.x) for one in area.entrances])
            for area in queries.areas(activity.id)
        ]  # fmt: skip

    assert ground(made) == ground(show) != []
    plan = queries.plan(made.id)
    assert plan is not None
    assert (plan.weather_en, plan.no_fly_metres, queries.last_decision(slot_of(made).id)) == ("Force 5", 800, None)
    assert {area.pool_id for area in queries.areas(made.id)} == {pool_of(made).id, pool_of(made, 1).id}
