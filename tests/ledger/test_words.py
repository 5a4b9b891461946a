"""The ledger in words: every line says what happened and why, to staff by name, to a person without anybody else's."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import event, select

from festival.ledger import queries, render, wording
from festival.ledger.rules import Hold, Queue, holds
from festival.ledger.wording import Told
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.i18n import speaking
from festival.programme.models import Activity, ActivityStatus, PoolBatch, Promotion
from festival.signups import service
from festival.signups.causes import Cause, What, Why
from festival.signups.models import SignUp
from festival.signups.regulating import remove_batch
from festival.signups.rules import DEFERRED, Ceiling, Places, State
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.signups.engine import NOW, change, confirm, edit, remove, set_capacity, sign_up, states, withdraw


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def named(activity: Activity, *names: str, size: int = 1) -> list[SignUp]:
    """Sign people up by these names, one after the other."""
    return [sign_up(activity, make_person(name=name), name=name, party_size=size) for name in names]


def staff_lines(activity: Activity, *, by_name: bool = True) -> list[str]:
    """Return every line of an activity as staff read it, oldest first."""
    db.session.rollback()
    found = queries.page(activity.id, [pool_of(activity).id], 1)
    reader = render.Reader(activity, by_name=by_name)
    return [f"{line.who or '—'}：{line.words}〔{line.actor}〕" for line in reversed(reader.lines(found.lines))]


def own(sign_up: SignUp) -> list[str]:
    """Return a sign-up's history as its owner reads it."""
    db.session.rollback()
    return [line.words for line in render.own_lines(sign_up)]


def why(activity: Activity, sign_up: SignUp) -> list[str]:
    """Return why somebody still waits, in words."""
    db.session.rollback()
    return render.why_waiting(activity, sign_up, NOW)


# -- what happened --------------------------------------------------------------------------------------------------------------


def eventful() -> tuple[Activity, list[SignUp]]:
    """Return an activity where everything happened, and its sign-ups."""
    organizer = make_staff(name="desk").id
    activity = make_activity(capacity=2, party_max=3)
    people = named(activity, "张一", "李二", "王三", "赵四", "钱五")
    one, two, three, four, _ = people
    withdraw(one)  # 王三 moves up
    set_capacity(pool_of(activity), 4, actor_id=organizer)  # 赵四 and 钱五 move up
    remove(two, "重复报名", organizer)
    edit(three, party_size=2, name="王三")
    clock.freeze(NOW + timedelta(minutes=1))
    late = named(activity, "孙六")
    edit(three, party_size=1, name="王三")  # 孙六 moves up
    set_capacity(pool_of(activity), 1, "move", actor_id=organizer)
    withdraw(four)
    return activity, [*people, *late]


def test_staff_read_who_did_what_and_who_released_it(app):
    activity, _ = eventful()

    assert staff_lines(activity) == [
        "张一：报名成功，当时有空余名额〔本人〕",
        "李二：报名成功，当时有空余名额〔本人〕",
        "王三：报名时已满，候补第 1〔本人〕",
        "赵四：报名时已满，候补第 2〔本人〕",
        "钱五：报名时已满，候补第 3〔本人〕",
        "张一：取消了报名〔本人〕",
        "王三：递补成功（因 张一 退出而空出）〔系统〕",
        "—：名额由 2 调为 4〔desk〕",
        "赵四：递补成功（名额由 2 调为 4）〔系统〕",
        "钱五：递补成功（名额由 2 调为 4）〔系统〕",
        "李二：被移出名单〔desk〕",
        "王三：人数由 1 改为 2〔本人〕",
        "孙六：报名时已满，候补第 1〔本人〕",
        "王三：人数由 2 改为 1〔本人〕",
        "孙六：递补成功（因 王三 减少人数而空出）〔系统〕",
        "—：名额由 4 调为 1〔desk〕",
        "赵四：移到候补最前（名额由 4 调为 1）〔desk〕",
        "钱五：移到候补最前（名额由 4 调为 1）〔desk〕",
        "孙六：移到候补最前（名额由 4 调为 1）〔desk〕",
        "赵四：退出了候补〔本人〕",
    ]


def test_who_may_not_see_names_reads_them_masked_everywhere(app):
    activity, _ = eventful()

    masked = staff_lines(activity, by_name=False)

    assert masked[6] == "王*：递补成功（因 张* 退出而空出）〔系统〕"
    assert not any(name in line for line in masked for name in ("张一", "李二", "王三", "赵四", "钱五", "孙六"))


def test_a_person_reads_their_own_steps_and_nobody_elses_name(app):
    _, (one, two, three, four, five, six) = eventful()

    assert {name: own(made) for name, made in zip("一二三四六", (one, two, three, four, six), strict=True)} == {
        "一": ["您报名成功，当时有空余名额。", "您取消了报名。"],
        "二": ["您报名成功，当时有空余名额。", "主办方将您移出名单。"],
        "三": [
            "您报名时名额已满，候补第 1 位。",
            "轮到您，递补成功。名额来自一位退出者。",
            "人数由 1 改为 2。",
            "人数由 2 改为 1。",
        ],
        "四": [
            "您报名时名额已满，候补第 2 位。",
            "轮到您，递补成功。主办方把名额由 2 调为 4。",
            "主办方把名额由 4 调为 1，您移到候补名单最前面，有空位时最先递补。",
            "您退出了候补。",
        ],
        "六": [
            "您报名时名额已满，候补第 1 位。",
            "轮到您，递补成功。名额来自一位减少了同行人数的参加者。",
            "主办方把名额由 4 调为 1，您移到候补名单最前面，有空位时最先递补。",
        ],
    }
    assert states(five, six) == ["waitlisted", "waitlisted"]


def test_an_offer_that_ran_out_is_told_to_both_who_lost_and_who_got_it(app, frozen):
    activity = make_activity(capacity=1)
    change(activity, promotion=Promotion.OFFER)
    holder, late, next_one = named(activity, "张一", "李二", "王三")
    withdraw(holder)
    frozen(NOW + timedelta(days=1))
    with transaction():
        service.sweep(activity.id)
    confirm(next_one)

    assert own(late)[1:] == [
        "轮到您，名额为您保留，待您确认。名额来自一位退出者。",
        "您没有在期限内确认，名额转给了下一位，您排到候补末位。",
    ]
    assert own(next_one)[1:] == ["轮到您，名额为您保留，待您确认。名额来自一位逾期没有确认的人。", "您确认参加。"]
    history = queries.history(next_one.id)
    assert [line.what for line in history[render.explaining(history)]] == ["offered", "confirmed"]


def test_who_got_the_places_that_somebody_gave_back_is_known(app):
    activity = make_activity(capacity=2, party_max=3)
    pair, first, second = (named(activity, name, size=size)[0] for name, size in (("张一", 2), ("李二", 1), ("王三", 1)))
    withdraw(pair)

    given = render.Reader(activity, by_name=True).lines(queries.given_on(pair))

    assert [line.who for line in given] == ["李二", "王三"]
    assert states(first, second) == ["confirmed", "confirmed"]


def test_every_word_of_the_ledger_is_said_to_staff_and_to_the_person_in_both_languages(app):
    causes = [Cause(why, number=2, before=3, after=None) for why in Why]
    afters = [state.value for state in State]
    told = [
        Told(what, cause, before, after, 2, position=1, who="甲", released=released, pool="A")
        for what, cause, (before, after), released in product(
            What,
            causes,
            [*((State.WAITLISTED.value, after) for after in afters), ("", "of another release")],
            (What.PARTY, What.OTHER),
        )
    ]
    with app.test_request_context():
        said = {}
        for language in ("zh", "en"):
            with speaking(language):
                said[language] = [(wording.staff_words(one), wording.own_words(one)) for one in told]

    assert not any("" in pair for pairs in said.values() for pair in pairs)
    assert [zh for zh, en in zip(said["zh"], said["en"], strict=True) if zh[0] == en[0] or zh[1] == en[1]] == []


def test_a_page_costs_the_same_number_of_queries_for_few_and_many_lines(app):
    few, many = make_activity(capacity=1), make_activity(capacity=1)
    for activity, names in ((few, "一二"), (many, "一二三四五六")):
        for made in named(activity, *names)[:-1]:
            withdraw(made)

    def cost(activity: Activity) -> int:
        statements = []
        event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        staff_lines(activity)
        return len(statements)

    assert cost(few) == cost(many)


# -- why somebody still waits ---------------------------------------------------------------------------------------------------


def test_who_waits_reads_how_many_are_ahead_and_that_nothing_is_free(app):
    activity = make_activity(capacity=2, party_max=3)
    named(activity, "张一", "李二")
    first = named(activity, "王三", size=2)[0]
    second = named(activity, "赵四")[0]

    assert why(activity, first) == ["2 个名额都已有人，目前没有空位。"]
    assert why(activity, second) == ["前面还有 1 组（2 人）。", "2 个名额都已有人，目前没有空位。"]


def test_a_party_that_is_too_large_for_what_is_free_blocks_those_behind_it_and_both_read_so(app):
    activity = make_activity(capacity=3, party_max=3)
    leaving = named(activity, "张一")[0]
    named(activity, "李二", size=2)
    large, behind = named(activity, "王三", size=2)[0], named(activity, "赵四")[0]
    withdraw(leaving)

    assert why(activity, large) == ["已排在最前，但空出的 1 个放不下一行 2 人；同行的人一起递补，不会拆开。"]
    assert why(activity, behind) == [
        "前面还有 1 组（2 人）。",
        "空出 1 个，排在最前的一组 2 人放不下；同行的人一起递补，不会拆开。",
    ]


def test_a_ceiling_and_a_cutoff_and_an_activity_that_is_off_are_said(app, frozen):
    activity = make_activity(capacity=9, approved_ceiling=1)
    named(activity, "张一")
    waiting = named(activity, "李二")[0]

    assert why(activity, waiting) == ["名额还有，但现场核准人数 1 已占 1（含工作人员和嘉宾），放不下。"]
    late = activity.starts_at - timedelta(minutes=activity.promotion_cutoff_minutes)
    assert render.why_waiting(activity, waiting, late) == ["已过停止自动递补的时间，如仍有空位，由现场工作人员安排。"]
    change(activity, status=ActivityStatus.POSTPONED)
    assert why(activity, waiting) == ["活动已延期、取消或尚未发布，暂不递补。"]


def test_balance_batches_and_two_absences_are_said_to_whoever_waits_for_them(app):
    balanced = make_activity(capacity=5, pools=2)
    for index, answer in enumerate("mf"):
        change(pool_of(balanced, index), quota_question="gender", quota_answer=answer)
    change(balanced, balance_tolerance=0)
    him = sign_up(balanced, answers={"gender": "m"})
    batches = make_activity(capacity=2, party_max=9)
    with transaction():
        db.session.add(PoolBatch(pool_id=pool_of(batches).id, at=NOW + timedelta(hours=1), places=3))
    large = sign_up(batches, party_size=5)
    deferred = make_sign_up(make_activity(), state=State.WAITLISTED)
    change(deferred, priority=DEFERRED)

    assert why(balanced, him) == ["名额还有，但各组人数须保持均衡，本组已多于另一组；另一组有人得到名额后再递补。"]
    assert why(batches, large) == [
        "已排在最前，但空出的 2 个放不下一行 5 人；同行的人一起递补，不会拆开。",
        "6月16日 周五 11:00 再放出 3 个名额，先给候补名单。",
    ]
    assert why(deferred.activity, deferred) == ["因有两次未到场记录，排在名单末尾；到报名截止时仍有空位，再递补。"]
    with transaction():
        assert remove_batch(db.session.scalars(select(PoolBatch.id)).one(), actor_id=make_staff().id) == 1
    assert why(batches, large) == ["一行 5 人，多于这里最多能有的 2 个名额，按现在的安排等不到。请减少同行人数，或改到其他场次。"]


def test_who_is_said_to_be_next_is_whom_the_engine_serves(app):
    """A number raised past the application: the heads of both lists that fit are next, and the sweep serves just them."""
    activity = make_activity(capacity=1, pools=2, party_max=3)
    here, there = pool_of(activity, 0), pool_of(activity, 1)
    for pool in (here, there):
        sign_up(activity, pool=pool)
    fits, behind = sign_up(activity, pool=here), sign_up(activity, pool=here)
    alone = sign_up(activity, pool=there)
    change(here, capacity=2)
    change(there, capacity=2)
    db.session.rollback()

    said = {one.id: holds(queries.queue(activity, one, NOW)) for one in (fits, behind, alone)}
    with transaction():
        served = service.sweep(activity.id)

    assert said == {fits.id: (Hold.NEXT,), behind.id: (Hold.AHEAD,), alone.id: (Hold.NEXT,)}
    assert {one.id for one in served} == {fits.id, alone.id}


QUEUE = Queue(
    sign_up_id=1, party_size=1, parties_ahead=0, persons_ahead=0, head_size=1,
    places=Places(5, 4, 1), ceiling=Ceiling(None, 4), next_id=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("queue", "held"),
    [
        (QUEUE, (Hold.NEXT,)),
        (replace(QUEUE, is_on=False, is_over=True), (Hold.NOT_ON,)),
        (replace(QUEUE, is_slot_on=False), (Hold.SLOT_OFF,)),
        (replace(QUEUE, is_over=True), (Hold.ENDED,)),
        (replace(QUEUE, is_past_cutoff=True, parties_ahead=2), (Hold.CUTOFF,)),
        (replace(QUEUE, places=Places(5, 7, 1)), (Hold.OVER,)),
        (replace(QUEUE, places=Places(5, 5, 1), parties_ahead=2), (Hold.AHEAD, Hold.FULL)),
        (replace(QUEUE, party_size=2, head_size=2), (Hold.TOO_LARGE,)),
        (replace(QUEUE, head_size=2, parties_ahead=1), (Hold.AHEAD, Hold.HEAD_TOO_LARGE)),
        (replace(QUEUE, ceiling=Ceiling(4, 4)), (Hold.CEILING,)),
        (replace(QUEUE, ceiling=Ceiling(9, 4), next_id=2), (Hold.CEILING_QUEUE,)),
        (replace(QUEUE, next_id=2), (Hold.NEXT,)),
        (replace(QUEUE, next_id=None), (Hold.OTHER,)),
        (replace(QUEUE, places=Places(None, 4, 1)), (Hold.NEXT,)),
        (replace(QUEUE, places=Places(5, 5, 1, lendable=1)), (Hold.NEXT,)),
        (replace(QUEUE, places=Places(5, 5, 1), next_batch=(NOW, 3)), (Hold.FULL, Hold.BATCH)),
        (replace(QUEUE, party_size=6, head_size=6), (Hold.NEVER,)),
        (replace(QUEUE, is_in_balance=False), (Hold.BALANCE,)),
        (replace(QUEUE, is_in_balance=False, parties_ahead=1), (Hold.AHEAD, Hold.BALANCE)),
        (replace(QUEUE, is_deferred=True, parties_ahead=1), (Hold.AHEAD, Hold.DEFERRED)),
        (replace(QUEUE, is_deferred=True), (Hold.DEFERRED,)),
    ],
)
def test_what_holds_a_party_back_follows_from_where_it_stands(queue, held):
    assert holds(queue) == held


def test_every_hold_has_words_in_both_languages(app):
    with app.test_request_context():
        for hold in Hold:
            with speaking("zh"):
                chinese = wording.hold_words(hold, QUEUE)
            with speaking("en"):
                english = wording.hold_words(hold, QUEUE)
            assert chinese
            assert english not in {"", chinese}
