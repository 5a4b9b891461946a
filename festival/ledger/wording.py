"""The ledger in words: to staff with names as they may be read, to a person about their own sign-up without anybody else's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from festival.ledger.rules import Hold, Queue
from festival.lib import clock
from festival.lib.format import moment
from festival.lib.i18n import _, _l, _n
from festival.signups.causes import Cause, What, Why
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


@dataclass(frozen=True, slots=True)
class Told:
    """What the words about a line follow from."""

    what: What
    cause: Cause
    state_before: str
    state_after: str
    party_size: int
    #: The place in the list that a newcomer got; 0: none, or not looked up.
    position: int = 0
    #: Who gave the place back, as the reader may read it, and what they did.
    who: str = ""
    released: What = What.OTHER
    released_state: str = ""
    #: The pool that the cause names.
    pool: str = ""


def state_words(state: str) -> str:
    """Return a state of the ledger in a few words; a dash for none."""
    try:
        return str(STATE_WORDS[State(state)])
    except ValueError:
        return "—"


def number_words(persons: int | None) -> str:
    """Return a capacity in words."""
    return _("不限") if persons is None else f"{persons:,}"


# -- to staff -------------------------------------------------------------------------------------------------------------------


def staff_words(told: Told) -> str:
    """Return a line as a sentence: what happened, and why."""
    what, why = _HAPPENED[told.what](told), _because(told)
    return _("%(what)s（%(why)s）", what=what, why=why) if why else what


def _signed_up(told: Told) -> str:
    if told.cause.why == Why.NO_SHOWS:
        return _("两次未到场，排在候补末尾，报名截止后递补")
    if told.state_after == State.WAITLISTED:
        return _("报名时已满，候补第 %(n)s", n=told.position) if told.position else _("报名时已满，进入候补")
    if told.state_after == State.PENDING:
        return _("提交报名，等待审核")
    if told.state_after == State.ENTERED:
        return _("报名参加抽签")
    return _("报名成功，当时有空余名额")


def _drawn(told: Told) -> str:
    rank = told.cause.number or 0
    if told.state_after == State.WAITLISTED:
        return _("抽签第 %(n)s 名，进入候补", n=rank)
    return _("抽签第 %(n)s 名，中签", n=rank)


def _expired(told: Told) -> str:
    if told.state_after == State.WAITLISTED:
        return _("逾期未确认，排到候补末位")
    return _("再次逾期未确认，名额转出")


def _withdrawn(told: Told) -> str:
    return str(_LEFT.get(told.state_before, _l("取消了报名")))


def _party(told: Told) -> str:
    return _("人数由 %(before)s 改为 %(after)s", before=told.cause.before or 0, after=told.cause.after or 0)


def _moved(told: Told) -> str:
    if told.cause.why == Why.CAPACITY or (told.state_before != told.state_after == State.WAITLISTED):
        return _("移到候补最前")
    return _("换了名额池或场次")


def _capacity(told: Told) -> str:
    if told.cause.why == Why.CAPACITY:
        return _(
            "名额由 %(before)s 调为 %(after)s",
            before=number_words(told.cause.before),
            after=number_words(told.cause.after),
        )
    if told.cause.why == Why.BATCH:
        return _(
            "放出一批名额，由 %(before)s 增至 %(after)s",
            before=number_words(told.cause.before),
            after=number_words(told.cause.after),
        )
    return _("名额有变")


def _skipped(told: Told) -> str:
    if told.cause.why == Why.TOO_LARGE:
        return _("跳过：%(size)s 人一行，剩余 %(free)s 个放不下", size=told.party_size, free=told.cause.number or 0)
    return _("本轮跳过")


def _approved(told: Told) -> str:
    if told.state_after == State.WAITLISTED:
        return _("审核通过，名额已满，进入候补")
    if told.state_after == State.ENTERED:
        return _("审核通过，参加抽签")
    return _("审核通过")


_LEFT: "dict[str, LazyString]" = {
    State.WAITLISTED.value: _l("退出了候补"),
    State.OFFERED.value: _l("放弃了保留的名额"),
    State.PENDING.value: _l("撤回了报名"),
    State.ENTERED.value: _l("退出了抽签"),
}

_HAPPENED: dict[What, Callable[[Told], str]] = {
    What.SIGNED_UP: _signed_up,
    What.APPROVED: _approved,
    What.REJECTED: lambda _told: _("审核未通过"),
    What.DRAWN: _drawn,
    What.DRAW_VOID: lambda _told: _("抽签作废，回到待抽签"),
    What.PROMOTED: lambda _told: _("递补成功"),
    What.OFFERED: lambda _told: _("轮到候补，保留名额待确认"),
    What.CONFIRMED: lambda _told: _("确认了参加"),
    What.EXPIRED: _expired,
    What.SKIPPED: _skipped,
    What.PARTY: _party,
    What.MOVED: _moved,
    What.WITHDRAWN: _withdrawn,
    What.REMOVED: lambda _told: _("被移出名单"),
    What.CAPACITY: _capacity,
    What.RESCHEDULED: lambda _told: _("时间或地点有变"),
    What.POSTPONED: lambda _told: _("活动或场次延期"),
    What.CANCELLED: lambda _told: _("活动或场次取消"),
    What.RESUMED: lambda _told: _("活动或场次恢复"),
    What.KEPT: lambda _told: _("选择保留名额"),
    What.NO_SHOW: lambda _told: _("记录为未到场"),
    What.RELEASED: lambda _told: _("开始后仍未到场，名额已释放，排到候补末位"),
    What.OTHER: lambda _told: _("其他变动"),
}


def _because(told: Told) -> str:
    """Return why, where what happened does not say it already."""
    cause = told.cause
    if cause.why == Why.RELEASED_BY:
        return _released(told)
    if cause.why == Why.CAPACITY and told.what != What.CAPACITY:
        return _(
            "名额由 %(before)s 调为 %(after)s",
            before=number_words(cause.before),
            after=number_words(cause.after),
        )
    if cause.why == Why.OFFER_LAPSED and told.what != What.EXPIRED:
        return _("有人逾期未确认，名额转出")
    words = _CAUSES.get(cause.why)
    return words(told) if words else ""


_CAUSES: dict[Why, Callable[[Told], str]] = {
    Why.SWEEP: lambda _told: _("系统每分钟巡检时有空位"),
    Why.BATCH: lambda told: "" if told.what == What.CAPACITY else _("放出一批名额"),
    Why.LENT: lambda _told: _("机动名额借出"),
    Why.RETURNED: lambda _told: _("机动名额归还"),
    Why.EXCUSED: lambda _told: _("未到场记录已免除，恢复顺序"),
    Why.BALANCED_BY: lambda _told: _("各组人数保持均衡"),
    Why.QUEUE: lambda _told: _("人数较少，放得下"),
    Why.SWITCHED: lambda told: _("由“%(pool)s”改选", pool=told.pool) if told.pool else _("本人改选"),
    Why.MERGE: lambda _told: _("名额池合并"),
    Why.SPLIT: lambda _told: _("名额池拆分"),
    Why.RULES: lambda _told: _("报名规则调整"),
    Why.CEILING: lambda _told: _("核准人数调整"),
    Why.PLAN: lambda _told: _("计划有变"),
    Why.ABSENT: lambda told: "" if told.what == What.RELEASED else _("未到场者的名额已释放"),
}


def _released(told: Told) -> str:
    """Say what made room: somebody left, was removed, or brings fewer persons."""
    who = told.who or _("某个报名")
    if told.released == What.REMOVED:
        return _("因 %(who)s 被移出名单而空出", who=who)
    if told.released == What.PARTY:
        return _("因 %(who)s 减少人数而空出", who=who)
    if told.released == What.WITHDRAWN and told.released_state == State.WAITLISTED:
        return _("排在前面的 %(who)s 退出候补", who=who)
    return _("因 %(who)s 退出而空出", who=who)


# -- to the person --------------------------------------------------------------------------------------------------------------


def own_words(told: Told) -> str:
    """Return a line about somebody's own sign-up as a sentence to them. Others appear as somebody, never by name."""
    return _OWN[told.what](told)


def _own_signed_up(told: Told) -> str:
    if told.cause.why == Why.NO_SHOWS:
        return _("因有两次未到场记录，您排在候补末尾，报名截止后仍有空位时递补。")
    if told.state_after == State.WAITLISTED:
        return _("您报名时名额已满，候补第 %(n)s 位。", n=told.position) if told.position else _("您报名时名额已满，进入候补。")
    if told.state_after == State.PENDING:
        return _("您提交了报名，等待审核。")
    if told.state_after == State.ENTERED:
        return _("您报名参加抽签，与先后无关。")
    return _("您报名成功，当时有空余名额。")


def _own_approved(told: Told) -> str:
    if told.state_after == State.WAITLISTED:
        return _("审核通过，当时名额已满，您进入候补。")
    if told.state_after == State.ENTERED:
        return _("审核通过，您参加抽签。")
    if told.state_after == State.OFFERED:
        return _("审核通过，名额为您保留，待您确认。")
    return _("审核通过，您有了名额。")


def _own_drawn(told: Told) -> str:
    rank = told.cause.number or 0
    if told.state_after == State.WAITLISTED:
        return _("抽签结果：您排在第 %(n)s，名额已给完，按这个顺序候补。", n=rank)
    return _("抽签结果：您排在第 %(n)s，中签。", n=rank)


def _own_promoted(told: Told) -> str:
    return _("轮到您，递补成功。%(why)s", why=_own_because(told)).strip()


def _own_offered(told: Told) -> str:
    return _("轮到您，名额为您保留，待您确认。%(why)s", why=_own_because(told)).strip()


def _own_expired(told: Told) -> str:
    if told.state_after == State.WAITLISTED:
        return _("您没有在期限内确认，名额转给了下一位，您排到候补末位。")
    return _("您再次没有在期限内确认，名额转给了下一位。")


def _own_left(told: Told) -> str:
    return str(_OWN_LEFT.get(told.state_before, _l("您取消了报名。")))


_OWN_LEFT: "dict[str, LazyString]" = {
    State.WAITLISTED.value: _l("您退出了候补。"),
    State.OFFERED.value: _l("您放弃了为您保留的名额。"),
    State.PENDING.value: _l("您撤回了报名。"),
    State.ENTERED.value: _l("您退出了抽签。"),
}


def _own_moved(told: Told) -> str:
    if told.cause.why == Why.CAPACITY:
        return _(
            "主办方把名额由 %(before)s 调为 %(after)s，您移到候补名单最前面，有空位时最先递补。",
            before=number_words(told.cause.before),
            after=number_words(told.cause.after),
        )
    if told.state_before != told.state_after == State.WAITLISTED:
        return _("名额池合并或拆分后放不下，您移到候补名单最前面，有空位时最先递补。")
    return _("您换到了现在的名额。")


_OWN: dict[What, Callable[[Told], str]] = {
    What.SIGNED_UP: _own_signed_up,
    What.APPROVED: _own_approved,
    What.REJECTED: lambda _told: _("审核未通过。"),
    What.DRAWN: _own_drawn,
    What.DRAW_VOID: lambda _told: _("抽签作废，您回到待抽签，等待重新抽签。"),
    What.PROMOTED: _own_promoted,
    What.OFFERED: _own_offered,
    What.CONFIRMED: lambda _told: _("您确认参加。"),
    What.EXPIRED: _own_expired,
    What.SKIPPED: lambda told: _(
        "空出 %(free)s 个名额，您一行 %(size)s 人放不下，由后面人数较少的先递补；您的位置不变。",
        free=told.cause.number or 0,
        size=told.party_size,
    ),
    What.PARTY: lambda told: _("人数由 %(before)s 改为 %(after)s。", before=told.cause.before or 0, after=told.cause.after or 0),
    What.MOVED: _own_moved,
    What.WITHDRAWN: _own_left,
    What.REMOVED: lambda _told: _("主办方将您移出名单。"),
    What.CAPACITY: lambda _told: _("名额有变。"),
    What.RESCHEDULED: lambda _told: _("时间或地点有变。"),
    What.POSTPONED: lambda _told: _("活动延期，新的时间待定。"),
    What.CANCELLED: lambda _told: _("活动取消。"),
    What.RESUMED: lambda _told: _("活动恢复举行。"),
    What.KEPT: lambda _told: _("时间或地点改变后，您选择保留名额。"),
    What.NO_SHOW: lambda _told: _("您没有到场，已记录。"),
    What.RELEASED: lambda _told: _("活动开始后您还没有签到，名额让给了在门口等候的人，您排到候补末位。"),
    What.OTHER: lambda _told: _("其他变动。"),
}


def _own_because(told: Told) -> str:
    """Say where a place came from, without saying whose it was."""
    cause = told.cause
    if cause.why == Why.RELEASED_BY:
        if told.released == What.PARTY:
            return _("名额来自一位减少了同行人数的参加者。")
        if told.released == What.REMOVED:
            return _("名额来自一个被主办方移出的报名。")
        if told.released_state == State.WAITLISTED:
            return _("排在您前面的一位退出了候补。")
        return _("名额来自一位退出者。")
    if cause.why == Why.CAPACITY:
        return _(
            "主办方把名额由 %(before)s 调为 %(after)s。",
            before=number_words(cause.before),
            after=number_words(cause.after),
        )
    return str(_OWN_CAUSES.get(cause.why, ""))


_OWN_CAUSES: "dict[Why, LazyString]" = {
    Why.OFFER_LAPSED: _l("名额来自一位逾期没有确认的人。"),
    Why.SWEEP: _l("有名额空出。"),
    Why.BATCH: _l("新放出一批名额。"),
    Why.LENT: _l("名额由机动名额调剂而来。"),
    Why.EXCUSED: _l("您的未到场记录已免除，恢复了原来的顺序。"),
    Why.BALANCED_BY: _l("另一组有人报名，各组人数保持均衡。"),
    Why.QUEUE: _l("前面的一行人数较多，放不下，您一行放得下。"),
    Why.MERGE: _l("名额池合并后有了空位。"),
    Why.SPLIT: _l("名额池拆分后有了空位。"),
    Why.RULES: _l("主办方调整了报名规则，您一行可以递补。"),
    Why.CEILING: _l("主办方调整了核准人数，有了空位。"),
    Why.PLAN: _l("计划改变后有了空位。"),
    Why.ABSENT: _l("有人没有到场，名额空出。"),
    Why.DRAW_VOID: _l("抽签作废后有了空位。"),
}


# -- why still waiting ----------------------------------------------------------------------------------------------------------


def hold_words(hold: Hold, queue: Queue) -> str:
    """Say one thing that keeps a party from being promoted; the same words serve staff and the person."""
    return _HELD[hold](queue)


def _free(queue: Queue) -> int:
    return queue.places.free or 0


def _batch_words(queue: Queue) -> dict[str, object]:
    at, places = queue.next_batch or (clock.now(), 0)
    return {"time": moment(at), "n": places}


_HELD: dict[Hold, Callable[[Queue], str]] = {
    Hold.NOT_ON: lambda _queue: _("活动已延期、取消或尚未发布，暂不递补。"),
    Hold.SLOT_OFF: lambda _queue: _("这一场次已延期或取消，暂不递补。"),
    Hold.ENDED: lambda _queue: _("这一场次已经结束。"),
    Hold.CUTOFF: lambda _queue: _("已过停止自动递补的时间，如仍有空位，由现场工作人员安排。"),
    Hold.AHEAD: lambda queue: _n(
        "前面还有 %(num)s 组（%(persons)s 人）。",
        "前面还有 %(num)s 组（%(persons)s 人）。",
        queue.parties_ahead,
        persons=queue.persons_ahead,
    ),
    Hold.OVER: lambda queue: _(
        "已占 %(taken)s 个，超出名额 %(n)s 个；降到名额以下之前不会递补。", taken=queue.places.taken, n=-_free(queue)
    ),
    Hold.FULL: lambda queue: _("%(n)s 个名额都已有人，目前没有空位。", n=number_words(queue.places.capacity)),
    Hold.HEAD_TOO_LARGE: lambda queue: _(
        "空出 %(free)s 个，排在最前的一组 %(size)s 人放不下；同行的人一起递补，不会拆开。",
        free=_free(queue),
        size=queue.head_size,
    ),
    Hold.TOO_LARGE: lambda queue: _(
        "已排在最前，但空出的 %(free)s 个放不下一行 %(size)s 人；同行的人一起递补，不会拆开。",
        free=_free(queue),
        size=queue.party_size,
    ),
    Hold.NEVER: lambda queue: _(
        "一行 %(size)s 人，多于这里最多能有的 %(most)s 个名额，按现在的安排等不到。请减少同行人数，或改到其他场次。",
        size=queue.party_size,
        most=number_words(queue.places.most),
    ),
    Hold.BATCH: lambda queue: _("%(time)s 再放出 %(n)s 个名额，先给候补名单。", **_batch_words(queue)),
    Hold.BALANCE: lambda _queue: _("名额还有，但各组人数须保持均衡，本组已多于另一组；另一组有人得到名额后再递补。"),
    Hold.DEFERRED: lambda _queue: _("因有两次未到场记录，排在名单末尾；到报名截止时仍有空位，再递补。"),
    Hold.CEILING: lambda queue: _(
        "名额还有，但现场核准人数 %(limit)s 已占 %(heads)s（含工作人员和嘉宾），放不下。",
        limit=number_words(queue.ceiling.limit),
        heads=queue.ceiling.heads,
    ),
    Hold.CEILING_QUEUE: lambda _queue: _("名额还有，但核准人数内的位置先给等得更久的其他类别。"),
    Hold.NEXT: lambda _queue: _("没有阻碍，一分钟内会自动递补。"),
    Hold.OTHER: lambda _queue: _("名额还有，但按本活动的其他规则暂不递补。"),
}
