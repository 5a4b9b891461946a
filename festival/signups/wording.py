"""Sign-ups in words: why not, what is so, what happens next and when. One place, keyed by reason and state."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from festival.accounts.rules import MOBILE_LENGTH, AddressProblem, Channel, NotAnAddress, read_address
from festival.lib.clock import local_day
from festival.lib.format import clock_time, moment, span, until
from festival.lib.i18n import _, _l
from festival.lib.identifiers import IdType, NumberProblem
from festival.programme.models import Activity, Promotion, Slot
from festival.signups import changed
from festival.signups.models import SignUp
from festival.signups.regulating import RuleReason
from festival.signups.rules import DEFERRED, InvitationEnd, Reason, State, deferred_until
from festival.signups.service import cancel_until, window_of

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: One sentence for each reason: what is so and, where it helps, what to do.
REASON_WORDS: "dict[Reason, LazyString]" = {
    Reason.NOT_OPEN: _l("报名尚未开放，请在开放后再来。"),
    Reason.CLOSED: _l("报名已截止。如需参加，请联系主办单位。"),
    Reason.ENDED: _l("活动已经结束，欢迎参加其他活动。"),
    Reason.CANCELLED: _l("活动已取消，给您带来不便，深表歉意。"),
    Reason.POSTPONED: _l("活动延期，新的时间确定后再开放报名。"),
    Reason.FULL: _l("名额已满。有人取消时名额会重新开放，您可以稍后再来看看。"),
    Reason.CEILING: _l("现场人数已达核准上限，暂时不能再接受报名。"),
    Reason.UNSAFE: _l("名额（含以后放出的）不能多于这里的安全人数，也不能使总数超过核准人数。"),
    Reason.INVITATION_ONLY: _l("本活动由主办方邀请参加，不接受个人报名。"),
    Reason.INVITATION_ENDED: _l("这份邀请已用完或已过期，请联系邀请您的单位。"),
    Reason.PARTY_TOO_LARGE: _l("人数超过了可预约的人数，请减少人数。"),
    Reason.INELIGIBLE: _l("您填写的信息不符合参加条件，请对照“面向人群”核对。"),
    Reason.OVERLAP: _l("与您已报名的活动时间冲突，请另选时间，或先取消其中一项。"),
    Reason.LIMIT: _l("您的报名次数已达上限，请先取消不能参加的活动。"),
    Reason.ORGANISATION_LIMIT: _l("贵单位的名额已用完，如需增加人选，请联系主办单位。"),
    Reason.NO_SHOWS: _l("您有两次未到场记录，本活动没有候补名单，暂不能报名。如有特殊原因，可在“我的报名”中说明。"),
    Reason.ALREADY: _l("您已报名，无需重复提交。"),
    Reason.UNKNOWN_POOL: _l("请选择要参加的场次。"),
    Reason.NEEDS_PLACE: _l("预约分论坛等场内名额，需要先有本活动的参会席位。"),
    Reason.NOT_LIVE: _l("这份报名已经结束，不能再更改。"),
    Reason.STAYS: _l("这份报名不能改到别的场次。如不能参加，请取消后重新报名。"),
    Reason.NO_OFFER: _l("为您保留的名额已不在，无法确认。"),
    Reason.TOO_LATE: _l("已过可以更改的时间。如不能参加，请联系主办单位。"),
    Reason.CHANGED_MEANWHILE: _l("在您填写期间，这份报名有了变化。您填写的都还在，请核对后再次保存。"),
    Reason.NOTICE_CHANGED: _l("《个人信息处理规则》刚有更新，请重新阅读并勾选。"),
}

#: Why organizers cannot set a rule so.
RULE_REFUSALS: "dict[RuleReason, LazyString]" = {
    RuleReason.BELOW_HEADS: _l("现有人数多于新的核准人数，请先确认。"),
    RuleReason.NOT_AHEAD: _l("放出时间应晚于现在"),
    RuleReason.AFTER_THE_END: _l("放出时间应早于该场次结束"),
    RuleReason.SAME_TIME: _l("该名额池在这一时间已有一批名额"),
    RuleReason.UNLIMITED: _l("该名额池的名额不限，不需要另加"),
    RuleReason.TOO_MANY: _l("名额合计不能超过 1,000,000"),
    RuleReason.UNSAFE: _l("名额按安全人数和核准人数固定，不能再加，也不能由机动名额补足"),
    RuleReason.RELEASED: _l("这批名额已经放出，如需减少，请在“概况与名额”页面调整名额。"),
    RuleReason.OCCUPIED: _l("已有人报名该名额池，不能设为机动名额"),
    RuleReason.BOUND: _l("按条件或邀请分配的名额不能设为机动名额"),
    RuleReason.NOBODY_TO_LEND_TO: _l("同一场次没有可以借用的其他名额池"),
    RuleReason.ONE_ALREADY: _l("该场次已有机动名额"),
    RuleReason.HAS_LENT: _l("借出的名额还没有归还，暂不能改为普通名额池。"),
}

#: What stands in large words over a refusal.
REASON_TITLES: "dict[Reason, LazyString]" = {
    Reason.NOT_OPEN: _l("报名未开始"),
    Reason.CLOSED: _l("报名已截止"),
    Reason.ENDED: _l("活动已结束"),
    Reason.CANCELLED: _l("活动已取消"),
    Reason.POSTPONED: _l("活动已延期"),
    Reason.FULL: _l("名额已满"),
    Reason.CEILING: _l("名额已满"),
    Reason.INVITATION_ONLY: _l("仅限邀请"),
    Reason.INVITATION_ENDED: _l("邀请已失效"),
    Reason.PARTY_TOO_LARGE: _l("人数过多"),
    Reason.INELIGIBLE: _l("不符合参加条件"),
    Reason.OVERLAP: _l("时间冲突"),
    Reason.LIMIT: _l("已达报名上限"),
    Reason.ORGANISATION_LIMIT: _l("单位名额已满"),
    Reason.NO_SHOWS: _l("暂不能报名"),
    Reason.STAYS: _l("不能改场次"),
    Reason.ALREADY: _l("您已报名"),
    Reason.UNKNOWN_POOL: _l("请选择场次"),
    Reason.NEEDS_PLACE: _l("需先有参会席位"),
    Reason.UNSAFE: _l("超过安全人数"),
    Reason.NOT_LIVE: _l("报名已结束"),
    Reason.NO_OFFER: _l("无法确认"),
    Reason.TOO_LATE: _l("已过更改时间"),
    Reason.CHANGED_MEANWHILE: _l("情况已有变化"),
    Reason.NOTICE_CHANGED: _l("规则已更新"),
}

#: Why an invitation lets nobody in any more; None: there is none with this code.
INVITATION_WORDS: "dict[InvitationEnd | None, LazyString]" = {
    None: _l("没有找到这个邀请码，请对照邀请再核对一遍。"),
    InvitationEnd.REVOKED: _l("这份邀请已由主办方收回，请联系邀请您的单位。"),
    InvitationEnd.EXPIRED: _l("这份邀请已过有效期，请联系邀请您的单位。"),
    InvitationEnd.USED_UP: _l("这份邀请的名额已用完，请联系邀请您的单位。"),
}

#: The state of a sign-up: in large words on its page, and beside its title in a list.
STATE_WORDS: "dict[State, LazyString]" = {
    State.PENDING: _l("待审核"),
    State.ENTERED: _l("已参加抽签"),
    State.OFFERED: _l("待确认"),
    State.CONFIRMED: _l("报名成功"),
    State.WAITLISTED: _l("候补中"),
    State.ATTENDED: _l("已签到"),
    State.NO_SHOW: _l("缺席"),
    State.WITHDRAWN: _l("已取消报名"),
    State.REMOVED: _l("已移出名单"),
    State.REJECTED: _l("审核未通过"),
    State.EXPIRED: _l("已逾期"),
}

#: How long before the start people should be there, where no door time is given.
BE_EARLY = timedelta(minutes=20)


def result_of(reason: Reason) -> str:
    """Return the ``data-result`` of a refusal. What is over is closed: readers' tools know one word for both."""
    return "closed" if reason == Reason.ENDED else reason.value.replace("_", "-")


# -- refusals -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal as a page shows it: large words, sentences, and its ``data-result``."""

    result: str
    title: str
    lines: tuple[str, ...]
    #: The page on which the person can do something about it; empty: there is none.
    path: str = ""


def refusal(reason: Reason, activity: Activity, now: datetime, words: str = "", path: str = "") -> Refusal:
    """Return a refusal in the words that fit this activity at this time.

    :param words: why, in words of their own; empty: the reason's.
    :param path: where the person can do something about it.
    """
    title = str(REASON_TITLES[reason])
    return Refusal(result_of(reason), title, (*_when(reason, activity, now), words or str(REASON_WORDS[reason])), path)


def _when(reason: Reason, activity: Activity, now: datetime) -> tuple[str, ...]:
    """Return the time that matters most for a reason, if one is known."""
    if reason == Reason.NOT_OPEN and (opens_at := next_opening(activity, now)) is not None:
        return (_("报名 %(time)s 开放 · 还有 %(left)s", time=moment(opens_at), left=until(opens_at, now)),)
    if reason == Reason.CLOSED and activity.closes_at is not None and activity.closes_at <= now:
        return (_("报名已于 %(time)s 截止", time=moment(activity.closes_at)),)
    if reason == Reason.ENDED:
        return (_("活动已于 %(time)s 结束", time=moment(activity.ends_at)),)
    return ()


def next_opening(activity: Activity, now: datetime) -> datetime | None:
    """Return when sign-up opens next, for the activity or for one of its slots; None: nothing opens later."""
    if activity.opens_at is not None and activity.opens_at > now:
        return activity.opens_at
    return min((slot.opens_at for slot in activity.slots if slot.opens_at is not None and slot.opens_at > now), default=None)


# -- results ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Result:
    """A sign-up as its page shows it. ``lines``: what is so; ``steps``: what happens next, each with a smaller line."""

    result: str
    word: str
    lines: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the words about a sign-up follow from."""

    sign_up: SignUp
    activity: Activity
    slot: Slot
    #: Its place on the list, 1 is next; 0 where it does not wait.
    position: int
    now: datetime

    @property
    def may_withdraw_until(self) -> datetime:
        """Until when a place may be given back."""
        return cancel_until(self.activity, self.slot)


def state_shown(sign_up: SignUp, now: datetime) -> State:
    """Return the state as readers see it: an offer past its deadline has expired, whether or not a job has said so."""
    if sign_up.state == State.OFFERED and sign_up.offered_until is not None and sign_up.offered_until <= now:
        return State.EXPIRED
    return State(sign_up.state)


def state_words(sign_up: SignUp, now: datetime, position: int = 0) -> str:
    """Return a sign-up's state in a few words, its place on the list included."""
    state = state_shown(sign_up, now)
    if state == State.WAITLISTED and position:
        return _("候补第 %(n)s 位", n=position)
    return str(STATE_WORDS[state])


def result(told: Told, *, already: bool = False) -> Result:
    """Return what a sign-up's page says first.

    :param already: the person tried to sign up again and was brought here.
    """
    state = state_shown(told.sign_up, told.now)
    why = tuple(filter(None, (changed.reason_words(told.sign_up),)))
    if changed.is_cancelled(told.sign_up) and state in _STANDING:
        return Result("cancelled", str(REASON_TITLES[Reason.CANCELLED]), (str(REASON_WORDS[Reason.CANCELLED]), *why), ())
    lines, steps = _TOLD[state](told)
    if changed.is_postponed(told.sign_up) and state in _STANDING:
        lines, steps = (_("活动延期，您的报名保留；新的时间确定后会通知您。"), *why), ()
    if already:
        return Result("already", str(REASON_TITLES[Reason.ALREADY]), (_already(told), *lines), steps)
    word = _("您已中签") if state == State.OFFERED and told.activity.result_at is not None else str(STATE_WORDS[state])
    return Result(state.value.replace("_", "-"), word, lines, steps)


#: States from which somebody still expects to take part.
_STANDING = {State.PENDING, State.ENTERED, State.OFFERED, State.CONFIRMED, State.WAITLISTED}


def _already(told: Told) -> str:
    words = state_words(told.sign_up, told.now, told.position)
    return _("无需重复提交。当前状态：%(state)s", state=words)


def arrive_at(slot: Slot) -> datetime:
    """Return from when people should be at the door."""
    return slot.doors_at or slot.starts_at - BE_EARLY


_Words = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def _withdraw_step(told: Told) -> tuple[tuple[str, str], ...]:
    if told.now >= told.may_withdraw_until:
        return ()
    return ((_("不能参加时请取消"), _("%(time)s 前可免费取消，名额会留给他人。", time=moment(told.may_withdraw_until))),)


def _confirmed(told: Told) -> _Words:
    come = (
        _("%(time)s 起签到", time=moment(arrive_at(told.slot))),
        _("请出示签到码；扫码不便时，报 6 位数字即可。"),
    )
    keep = (_("保存签到码"), _("保存图片或截屏，现场没有网络也能入场。"))
    when = span(told.slot.starts_at, told.slot.ends_at)
    return (_("请于 %(time)s 凭签到码入场", time=when),), (keep, come, *_withdraw_step(told))


def _deferred(told: Told) -> _Words:
    """Say to somebody who did not come twice when their turn is, and what they can do about it."""
    turn = deferred_until(window_of(told.activity, told.slot).closes_at, told.slot.starts_at)
    lines = (
        _("因有两次未到场记录，您的报名先在候补名单末尾等候。"),
        _("报名截止后仍有空位时，按先后顺序递补。"),
    )
    steps = (
        (_("%(time)s 起轮到您", time=moment(turn)), _("有空位时我们会立即通知您。")),
        (_("当时确有特殊原因"), _("可在“我的报名”中打开那次活动，说明情况；工作人员核实后会恢复您的顺序。")),
    )
    return lines, steps


def _waitlisted(told: Told) -> _Words:
    if told.sign_up.priority >= DEFERRED:
        return _deferred(told)
    cutoff = told.slot.starts_at - timedelta(minutes=told.activity.promotion_cutoff_minutes)
    lines = (
        _("您当前是候补第 %(n)s 位。", n=told.position) if told.position else _("您已在候补名单中。"),
        _("有空位时按先后顺序递补，无人可以插队。"),
    )
    if told.activity.promotion == Promotion.OFFER:
        turn = (_("轮到您时为您保留名额"), _("我们会立即通知您，请在期限内确认，逾期转给下一位。"))
    else:
        turn = (_("有空位时自动报名成功"), _("我们会立即通知您，不需要再操作。"))
    late = (_("%(time)s 停止自动递补", time=moment(cutoff)), _("之后如仍有空位，由现场工作人员安排。"))
    leave = (_("不想等了"), _("随时可以退出候补，不影响报名其他活动。"))
    return lines, (turn, late, leave)


def _pending(told: Told) -> _Words:
    if told.sign_up.asked_at is not None:
        ask = _("审核需要您补充：%(what)s", what=told.sign_up.reason) if told.sign_up.reason else _("审核需要您补充材料。")
        return (ask,), ((_("请尽快补充"), _("补充后会继续审核。")),)
    after = (
        _("通过后进入抽签") if told.activity.is_reviewed and told.activity.result_at else _("通过后按先后顺序给名额"),
        _("名额满后转入候补，会告知您的位置。"),
    )
    steps = ((_("主办方审核您的报名"), _("结果会通知您，也可随时在这里查看。")), after)
    return (_("您的报名已提交，正在等待审核。"),), steps


def _entered(told: Told) -> _Words:
    announced = told.activity.result_at
    line = (
        _("抽签结果 %(time)s 公布。", time=moment(announced))
        if announced is not None and announced > told.now
        else _("抽签结果公布后会通知您。")
    )
    confirm = told.activity.confirm_until
    drawn = (
        _("中签后请确认参加"),
        _("请在 %(time)s 前确认，逾期名额将递补。", time=moment(confirm)) if confirm else _("请在期限内确认，逾期名额将递补。"),
    )
    lost = (_("未中签自动进入候补"), _("按抽签顺序递补，不需要再报名。"))
    return (_("您已参加抽签，与先后无关。"), line), (drawn, lost)


def _offered(told: Told) -> _Words:
    deadline = told.sign_up.offered_until
    assert deadline is not None  # the table's own constraint
    lines = (
        _("请于 %(time)s 前确认，还有 %(left)s。", time=moment(deadline), left=until(deadline, told.now)),
        _("名额已为您保留；逾期将转给下一位。"),
    )
    return lines, ((_("确认后即报名成功"), _("签到码会出现在这一页。")),)


def _expired(told: Told) -> _Words:
    if told.sign_up.state == State.OFFERED:
        return (_("确认时间已过，名额将转给下一位。"),), ()
    return (_("您没有在期限内确认，名额已转给他人。"),), ()


def _withdrawn(_told: Told) -> _Words:
    return (_("您已取消这份报名，名额已留给他人。"),), ()


def _with_reason(sentence: str, told: Told) -> tuple[str, ...]:
    return (sentence, _("原因：%(reason)s", reason=told.sign_up.reason)) if told.sign_up.reason else (sentence,)


def _removed(told: Told) -> _Words:
    return _with_reason(_("主办方已将您移出名单。如有疑问，请联系主办单位。"), told), ()


def _rejected(told: Told) -> _Words:
    return _with_reason(_("很抱歉，您的报名未通过审核。欢迎关注其他活动。"), told), ()


def _attended(told: Told) -> _Words:
    first = told.sign_up.first_in_at
    return (_("您已于 %(time)s 签到。", time=moment(first)) if first else _("您已签到。"),), ()


def _no_show(told: Told) -> _Words:
    if told.sign_up.excused_at is not None:
        return (_("这次未到场已免除，不影响您今后报名。"),), ()
    return (_("现场没有您的签到记录，记为一次未到场。"),), ()


_TOLD: dict[State, Callable[[Told], _Words]] = {
    State.PENDING: _pending,
    State.ENTERED: _entered,
    State.OFFERED: _offered,
    State.CONFIRMED: _confirmed,
    State.WAITLISTED: _waitlisted,
    State.ATTENDED: _attended,
    State.NO_SHOW: _no_show,
    State.WITHDRAWN: _withdrawn,
    State.REMOVED: _removed,
    State.REJECTED: _rejected,
    State.EXPIRED: _expired,
}


#: What a pool is called to those who hold a place of it, by its unit.
UNIT_WORDS: "dict[str, LazyString]" = {
    "bus": _l("乘车线路"),
    "zone": _l("观看区"),
    "seat_block": _l("席位类别"),
}


def unit_words(unit: str) -> str:
    """Return what a pool of a unit is called."""
    return str(UNIT_WORDS.get(unit) or _("名额类别"))


_LEAVE: "dict[State, LazyString]" = {
    State.CONFIRMED: _l("取消报名"),
    State.WAITLISTED: _l("退出候补"),
    State.OFFERED: _l("不参加"),
    State.PENDING: _l("撤回报名"),
    State.ENTERED: _l("退出抽签"),
}
_LEAVE_ASKS: "dict[State, LazyString]" = {
    State.CONFIRMED: _l("名额会立即留给下一位。之后如想参加，需要重新报名。"),
    State.WAITLISTED: _l("您的候补位置会让给后面的人。之后如想参加，需要重新排队。"),
    State.OFFERED: _l("为您保留的名额会立即转给下一位。"),
    State.PENDING: _l("报名会被撤回，不再审核。"),
    State.ENTERED: _l("您将不参加这次抽签。"),
}


def confirm_by(deadline: datetime, now: datetime) -> str:
    """Say until when an offer must be confirmed: today and tomorrow by their name."""
    match (local_day(deadline) - local_day(now)).days:
        case 0:
            return _("请于今天 %(time)s 前确认", time=clock_time(deadline))
        case 1:
            return _("请于明天 %(time)s 前确认", time=clock_time(deadline))
    return _("请于%(time)s 前确认", time=moment(deadline))


def leave_words(state: State) -> tuple[str, str]:
    """Return what giving up is called in a state, and what it means; empty where there is nothing to give up."""
    return str(_LEAVE.get(state, "")), str(_LEAVE_ASKS.get(state, ""))


def opening_words(verdict: State | Reason, ahead: int, promotion: Promotion) -> str:
    """Say what one who chooses a pool now would get; empty where a place is free for the taking."""
    if verdict == State.WAITLISTED:
        words = _("加入候补，前面 %(n)s 位", n=ahead) if ahead else _("加入候补，您将是第一位")
        return words + (_("；轮到时需确认") if promotion == Promotion.OFFER else "")
    if verdict == State.PENDING:
        return _("提交后需审核")
    if verdict == State.ENTERED:
        return _("报名后抽签")
    if isinstance(verdict, Reason):
        return str(REASON_TITLES[verdict])
    return ""


def told_before(verdict: State | Reason, ahead: int, activity: Activity) -> str:
    """Say over a form without a choice what follows from sending it; empty where a place is free for the taking."""
    if verdict == State.WAITLISTED:
        if ahead:
            return _("名额已满，提交后进入候补，前面 %(n)s 位。", n=ahead)
        return _("名额已满，提交后进入候补，您将是第一位。")
    if verdict == State.PENDING and activity.is_reviewed and activity.result_at is not None:
        return _("提交后先审核，通过后参加抽签，与报名先后无关。结果 %(time)s 公布。", time=moment(activity.result_at))
    if verdict == State.PENDING:
        return _("提交后由主办方审核，结果会通知您。")
    if verdict == State.ENTERED:
        announced = activity.result_at
        if announced is None:
            return _("报名后参加抽签，与报名先后无关，结果会通知您。")
        return _("报名后参加抽签，与报名先后无关。结果 %(time)s 公布。", time=moment(announced))
    return ""


# -- what is wrong with a field -----------------------------------------------------------------------------------------------


def address_words(typed: str, channel: Channel) -> str | None:
    """Say what is wrong with a mobile number or mail address given as an answer; None when nothing is."""
    address = read_address(typed)
    if not isinstance(address, NotAnAddress):
        if address.channel == channel:
            return None
        return _("请填写手机号") if channel == Channel.MOBILE else _("请填写电子邮箱")
    if channel == Channel.MAIL:
        return _("请填写完整的电子邮箱，如 name@example.cn")
    if address.reason == AddressProblem.LENGTH:
        return _("手机号应为 %(length)s 位数字，现在是 %(n)s 位", length=MOBILE_LENGTH, n=address.digits)
    return _("请填写中国大陆手机号，以 13 至 19 开头")


ID_TYPE_WORDS: "dict[IdType, LazyString]" = {
    IdType.RESIDENT: _l("居民身份证号码应为 18 位，最后一位可以是 X"),
    IdType.HK_MO: _l("港澳居民来往内地通行证号码应以 H 或 M 开头，后面是 8 位或 10 位数字"),
    IdType.TW: _l("台湾居民来往大陆通行证号码应为 8 位或 10 位数字"),
    IdType.HMT_RESIDENCE: _l("港澳台居民居住证号码应为 18 位，以 81、82 或 83 开头"),
    IdType.PASSPORT: _l("护照号码应为 5 至 15 位字母和数字"),
    IdType.FOREIGN_PR: _l("外国人永久居留身份证号码应为 18 位，或 3 个字母加 12 位数字"),
}


def id_number_words(problem: NumberProblem, number: str, kind: IdType) -> str:
    """Say what is wrong with the number of a document."""
    if problem == NumberProblem.LENGTH:
        return _("证件号码应为 18 位，现在是 %(n)s 位", n=len(number))
    if problem == NumberProblem.BIRTH:
        return _("请核对证件号码第 7 至 14 位的出生日期")
    if problem == NumberProblem.CHECK:
        return _("请核对证件号码，最后一位校验码与前面的数字不符")
    return str(ID_TYPE_WORDS[kind])


def uscc_words(problem: NumberProblem, code: str) -> str:
    """Say what is wrong with a unified social credit code."""
    if problem == NumberProblem.LENGTH:
        return _("统一社会信用代码应为 18 位，现在是 %(n)s 位", n=len(code))
    if problem == NumberProblem.CHARACTERS:
        return _("统一社会信用代码由数字和大写字母组成，不含 I、O、S、V、Z")
    return _("请核对统一社会信用代码，最后一位校验码与前面不符")
