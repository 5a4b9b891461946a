"""The programme in words: states, the reason under the action, the festival's figures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from festival.lib.format import count, day, moment, until
from festival.lib.i18n import _, _l, loc, locale
from festival.programme.models import Access, Activity, FestivalFigure, Mode
from festival.programme.rules import Facts, Level, Move, Status
from festival.programme.service import PlanReason

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

STATUS_WORDS: "dict[Status, LazyString]" = {
    Status.CANCELLED: _l("已取消"),
    Status.POSTPONED: _l("已延期"),
    Status.ENDED: _l("已结束"),
    Status.IN_PROGRESS: _l("活动进行中"),
    Status.NOT_OPEN: _l("报名未开始"),
    Status.INVITATION_ONLY: _l("仅限邀请"),
    Status.RESULT_PUBLISHED: _l("抽签结果已公布"),
    Status.DRAWING: _l("抽签中"),
    Status.CLOSED: _l("报名已截止"),
    Status.FULL: _l("名额已满"),
    Status.OPEN_FEW_LEFT: _l("名额紧张"),
    Status.OPEN: _l("报名中"),
}

ACCESS_WORDS: "dict[Access, LazyString]" = {
    Access.OPEN: _l("先到先得"),
    Access.APPROVAL: _l("需审核"),
    Access.BALLOT: _l("抽签"),
    Access.INVITATION: _l("仅限邀请"),
}


#: Why a change of the programme is refused.
REFUSALS: "dict[PlanReason, LazyString]" = {
    PlanReason.ENDS_BEFORE_START: _l("结束时间应晚于开始时间。"),
    PlanReason.CLOSES_BEFORE_OPENING: _l("报名截止时间应晚于开放时间。"),
    PlanReason.OUTSIDE_SESSION: _l("分时段应在所属场次的时间之内。请先调整分时段，或把场次时间放宽。"),
    PlanReason.SLOT_CANCELLED: _l("该场次已取消，不能改期。"),
    PlanReason.UNKNOWN_VENUE: _l("没有这个地点，请重新选择。"),
    PlanReason.CHANGED_MEANWHILE: _l("在您填写期间，有人保存了新的内容。您填写的都还在，请对照后再保存。"),
}


def note_beside(activity: Activity, shown: Status, facts: Facts, move: Move, *, by_time: bool) -> str:
    """Return the quieter words beside a status: what else one must know before pressing.

    :param by_time: one books a time of the day, not just a place.
    """
    if shown == Status.NOT_OPEN and facts.opens_at is not None:
        return _("%(time)s 开放", time=moment(facts.opens_at))
    if shown == Status.IN_PROGRESS and move == Move.SIGN_UP:
        return _("可约时段") if by_time else _("可预约")
    if shown == Status.FULL:
        return _("可候补") if move == Move.JOIN_WAITLIST else ""
    if shown in {Status.OPEN, Status.OPEN_FEW_LEFT}:
        return {Mode.APPROVAL: _("需审核"), Mode.BALLOT: _("抽签")}.get(activity.mode, "")
    return ""


def action_word(shown: Status, move: Move, *, by_time: bool) -> str:
    """Return what the one button says; without an action it says the status."""
    if move == Move.JOIN_WAITLIST:
        return _("加入候补")
    if move == Move.SIGN_UP:
        return _("预约时段") if by_time else _("立即报名")
    if shown == Status.RESULT_PUBLISHED:
        return _("查看抽签结果")
    return str(STATUS_WORDS[shown])


def reason_under(activity: Activity, shown: Status, facts: Facts, move: Move, now: datetime) -> str:
    """Return the line under the action: why it is there or is not, with the server's time."""
    if move == Move.JOIN_WAITLIST and facts.seats is not None:
        return _("名额已满，可候补，前面 %(n)s 人", n=count(facts.seats.waiting))
    if move == Move.SIGN_UP and facts.closes_at is not None:
        return _("%(time)s 截止 · 还有 %(left)s", time=moment(facts.closes_at), left=until(facts.closes_at, now))
    if shown == Status.NOT_OPEN and facts.opens_at is not None:
        return _("报名 %(time)s 开放 · 还有 %(left)s", time=moment(facts.opens_at), left=until(facts.opens_at, now))
    if shown in {Status.CLOSED, Status.DRAWING, Status.RESULT_PUBLISHED}:
        return _after_closing(activity, shown, facts, now)
    if shown == Status.ENDED:
        return _("活动已于 %(day)s 结束", day=day(facts.ends_at))
    if shown == Status.IN_PROGRESS and facts.seats is not None and facts.seats.level == Level.FULL:
        return _("近期名额已满")
    return _plain_reason(shown)


def _after_closing(activity: Activity, shown: Status, facts: Facts, now: datetime) -> str:
    if shown == Status.RESULT_PUBLISHED:
        if activity.confirm_until is not None and now < activity.confirm_until:
            return _("中签者请于 %(time)s 前确认参加", time=moment(activity.confirm_until))
        return _("中签者已收到通知")
    if shown == Status.DRAWING and facts.result_at is not None:
        return _("抽签结果 %(time)s 公布", time=moment(facts.result_at))
    if facts.closes_at is not None and facts.closes_at <= now:
        return _("报名已于 %(time)s 截止", time=moment(facts.closes_at))
    return ""


def _plain_reason(shown: Status) -> str:
    return {
        Status.FULL: _("如有人取消，名额会重新开放"),
        Status.INVITATION_ONLY: _("由主办方邀请，不接受个人报名"),
        Status.CANCELLED: _("已报名者已收到通知"),
        Status.POSTPONED: _("新的时间确定后另行通知，已有的报名保留"),
    }.get(shown, "")


# -- figures ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FigureWords:
    """A figure as a poster shows it: the number large, what it counts small."""

    number: str
    unit: str
    label: str


#: Short words for the figures we know, in the order of the strip.
_FIGURES: dict[str, Callable[[int], FigureWords]] = {
    "settled": lambda n: FigureWords(count(n), _measure(_("人")), _("“海河英才”累计落户")),
    "alliance": lambda n: FigureWords(count(n), _measure(_("名")), _("联盟专业技术人才")),
    "urgent": lambda n: FigureWords(count(n), _measure(_("名")), _("累计引进急需型人才")),
    "key_tech": lambda n: FigureWords(count(n), _measure(_("项")), _("攻克关键核心技术")),
    "fund": lambda n: FigureWords(*_money(n), _("每年人才专项基金")),
}
SHOWN_FIGURES = tuple(_FIGURES)
_WAN = 10_000
_MILLION = 1_000_000


def _measure(word: str) -> str:
    """Return a Chinese measure word; English counts without one."""
    return word if locale() == "zh" else ""


def _money(yuan: int) -> tuple[str, str]:
    """Return yuan as people say it: 2,000 万元; 20 million CNY."""
    if locale() == "zh":
        return count(yuan // _WAN), _("万元")
    return count(yuan // _MILLION), _("百万元")


def figure_words(figure: FestivalFigure) -> FigureWords:
    """Return a figure for the strip; one we have no short words for keeps its sentence."""
    known = _FIGURES.get(figure.key)
    return known(figure.value) if known else FigureWords(count(figure.value), "", loc(figure, "text"))
