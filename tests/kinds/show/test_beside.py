"""A show in the other slices: the capacity of its zones, the door, the ticket, the roster, the calendar, the audit trail."""

from datetime import timedelta

import pytest

from festival.accounts.rules import Role
from festival.kinds.show import beside
from festival.lib.db import db, transaction
from festival.plans import pools as pooling
from festival.plans import service as plans
from festival.plans.pools import Merge, Split
from festival.plans.rules import PoolsRefused
from festival.programme.models import Activity
from festival.signups import regulating
from festival.signups.regulating import RuleRefused
from festival.signups.rules import SignUpRefused
from tests.builders import make_staff, pool_of
from tests.kinds.show.grounds import book, decide, make_show, slot_of
from tests.signups.engine import NOW, change, set_capacity
from tests.web import Browser

HOUR = timedelta(hours=1)
DOOR = "/manage/activities/drones/check-in"


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def test_a_zone_never_gets_more_places_than_are_safe_nor_all_zones_more_than_is_approved(app):
    show = make_show(
        capacity=8, approved_ceiling=24
    )  # ten guests safe in each zone, four of staff: sixteen places, room for four
    first, second = pool_of(show), pool_of(show, 1)
    staff_id = make_staff().id
    for places in (11, None):
        with pytest.raises(SignUpRefused, match="unsafe"):
            set_capacity(first, places, actor_id=staff_id)
    set_capacity(first, 10, actor_id=staff_id)
    with pytest.raises(RuleRefused, match="unsafe"), transaction():
        regulating.add_batch(second.id, NOW + HOUR, 3, actor_id=staff_id)
    with transaction():
        regulating.add_batch(second.id, NOW + HOUR, 2, actor_id=staff_id)
    with pytest.raises(SignUpRefused, match="unsafe"):  # the batch is coming
        set_capacity(second, 9, actor_id=staff_id)
    with pytest.raises(RuleRefused, match="unsafe"), transaction():
        regulating.make_reserve(second.id, actor_id=staff_id)
    with pytest.raises(PoolsRefused, match="unsafe"), transaction():
        pooling.simulate_merge(Merge(second.id, first.id, 11), NOW)
    with pytest.raises(PoolsRefused, match="unsafe"), transaction():
        pooling.simulate_split(Split(first.id, 10, 1, "甲", "A", "乙", "B"), NOW)
    db.session.rollback()
    change(slot_of(show), approved_ceiling=20)  # sixteen guests beside the staff; twenty places are planned
    set_capacity(second, 5, actor_id=staff_id)  # fewer is never refused
    with pytest.raises(SignUpRefused, match="unsafe"):
        set_capacity(second, 6, actor_id=staff_id)
    with transaction():
        assert pooling.simulate_merge(Merge(second.id, first.id, 10), NOW).fingerprint

    desk = Browser(app).sign_in(make_staff())
    said = desk.post_form("/manage/activities/drones/", {"capacity": "500"}, action=f"/manage/pools/{second.id}/capacity")
    assert (said.status, "不能多于这里的安全人数" in said.words) == (422, True)


def test_the_door_says_which_gate_which_zones_have_room_and_counts_staff(app, frozen):
    show = make_show(capacity=10)
    parties = book(show, 5, 5)
    frozen(slot_of(show).starts_at - HOUR / 2)
    desk = Browser(app).sign_in(make_staff(Role.STEWARD))
    gates = {option.get_text(strip=True): str(option["value"]) for option in desk.get(DOOR).html.select("#gate option")}
    right = desk.get(f"{DOOR}?gate={gates['A口']}&code={parties[0].code}")
    assert "入口： A口" in right.words
    wrong = desk.get(f"{DOOR}?gate={gates['B口']}&code={parties[0].code}")
    assert "走错入口： 这里是B口，请到A口" in wrong.words

    for one in parties:
        desk.post_form(f"{DOOR}?gate={gates['A口']}", {"code": one.code}, action=DOOR)
    assert "A区已满；B区还有 10 个空位。" in desk.get(f"{DOOR}/numbers").words
    assert "另有工作人员 4" in desk.get(f"{DOOR}/numbers").words
    change(slot_of(show), approved_ceiling=14)
    assert "场内 14 人，已达核准人数 14 的 95%" in desk.get(f"{DOOR}/numbers").words
    decide(show, "hold", until=slot_of(show).starts_at + HOUR)
    assert "暂缓：大风。" in desk.get(f"{DOOR}/numbers").words


def test_a_word_that_was_promised_and_has_not_come_is_the_first_thing_to_do(app, frozen):
    show = make_show(title_zh="灯光秀")
    slot = slot_of(show)
    decision_at, starts_at = slot.decision_at, slot.starts_at
    assert decision_at is not None

    def to_do():
        page = Browser(app).sign_in(make_staff()).get("/manage/")
        return [(str(one["href"]), one.get_text(strip=True)) for one in page.html.select('.todo [data-todo="own"] a')]

    frozen(decision_at - HOUR)
    assert to_do() == []
    frozen(decision_at)
    assert to_do() == [("/manage/activities/drones/show", "灯光秀：应在 6月21日 周三 05:00 前公布是否举行，还没有公布。")]
    held = decide(show, "hold", until=starts_at)
    assert to_do() == []
    frozen(starts_at)
    assert to_do()[0][1] == "灯光秀：应在 6月21日 周三 10:00 前公布是否举行，还没有公布。"
    decide(show, "go", seen=held)
    assert to_do() == []


def test_the_ticket_names_the_gate_and_the_last_word_and_the_roster_who_has_answered_a_move(app):
    show = make_show()
    stays, silent = book(show, 1, 1)
    owner = Browser(app).sign_in(stays.person)
    held = decide(show, "hold", until=NOW + HOUR)
    ticket = owner.get(f"/sign-ups/{stays.code}")
    assert "入口 A口" in ticket.words
    assert "暂缓：大风。6月16日 周五 11:00 前公布下一步。" in ticket.words
    assert beside.private_lines(stays) == ["入口：A口"]
    roster = "/manage/activities/drones/roster"
    desk = Browser(app).sign_in(make_staff())
    assert "改期答复" not in desk.get(roster).words

    decide(show, "postpone", seen=held)
    with transaction():
        plans.keep(stays.id)

    db.session.rollback()
    assert beside.COLUMN.read([stays.id, silent.id]) == {stays.id: "保留", silent.id: "未答复"}
    assert "改期答复" in desk.get(roster).words
    activity = db.session.get_one(Activity, show.id)
    said = [[note.words for note in beside.door_board(activity, at).notes] for at in (NOW, activity.starts_at)]
    assert [len(words) for words in said] == [1, 0]  # on the evening it was moved to, people come in
    moved = owner.get(f"/sign-ups/{stays.code}").words
    assert ("改到 6月22日" in moved, "暂缓" in moved) == (True, False)
    log = desk.get("/manage/activities/drones/log").words
    assert ("决定是否举行" in log, "决定 暂缓，等候通知 → 改期或延期" in log) == (True, True)
