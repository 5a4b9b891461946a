"""Changes of plan in words."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from festival.lib.format import lasting, moment
from festival.lib.i18n import _, _l
from festival.plans.rules import PoolReason, Step, StepReason
from festival.programme.kinds import Move
from festival.programme.models import Activity
from festival.programme.moving import window_of
from festival.programme.rules import Opening, moved_window
from festival.signups.rules import Clash

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: What a step is called, on its button and over its page.
STEP_WORDS: "dict[Step, LazyString]" = {
    Step.CANCEL: _l("取消举行"),
    Step.POSTPONE: _l("延期举行"),
    Step.RESUME: _l("恢复举行"),
    Step.BACKUP: _l("改到备用日期"),
}
#: What it means for people.
STEP_EXPLAINED: "dict[Step, LazyString]" = {
    Step.CANCEL: _l("报名和签到码都保留，公开页面、入场凭证和日历显示已取消和原因。开始之前可以恢复。"),
    Step.POSTPONE: _l(
        "报名和签到码都保留，停止报名、递补和确认计时。新的时间确定后，先改时间，再恢复举行。每个人随时可以放弃名额。"
    ),
    Step.RESUME: _l("重新接受报名；有空位时先递补候补的人，待确认的名额重新计时。"),
    Step.BACKUP: _l(
        "场次和所属分时段移到备用日期，名额全部保留；每个人可以选择保留或放弃，放弃的名额按顺序递补。报名截止和免费取消时间同样顺延。"
    ),
}
#: The button that does it.
STEP_DONE: "dict[Step, LazyString]" = {
    Step.CANCEL: _l("确认取消并通知"),
    Step.POSTPONE: _l("确认延期并通知"),
    Step.RESUME: _l("确认恢复并通知"),
    Step.BACKUP: _l("确认改期并通知"),
}
#: What has been done.
STEP_SAID: "dict[Step, LazyString]" = {
    Step.CANCEL: _l("已取消，公开页面和日历订阅随之更新。"),
    Step.POSTPONE: _l("已延期，公开页面和日历订阅随之更新。"),
    Step.RESUME: _l("已恢复，公开页面和日历订阅随之更新。"),
    Step.BACKUP: _l("已改到备用日期，公开页面和日历订阅随之更新。"),
}
#: Why a step is refused.
REFUSALS: "dict[StepReason, LazyString]" = {
    StepReason.NOT_FROM_HERE: _l("现在的状态下不能这样操作，可能已有人先做了。请回到计划页面查看。"),
    StepReason.OVER: _l("活动已经开始或结束，不能再改变。"),
    StepReason.NEEDS_A_TIME: _l("原定时间已过。请先填写新的时间，再恢复举行。"),
    StepReason.SESSION_IS_OFF: _l("整个活动或所属场次已取消或延期，请先恢复它。"),
    StepReason.NO_BACKUP: _l("没有备用日期。请先在场次页面填写。"),
    StepReason.BACKUP_PASSED: _l("备用日期已过，请改为修改时间。"),
}


#: Why pools are not merged or split.
POOL_REFUSALS: "dict[PoolReason, LazyString]" = {
    PoolReason.NOT_TWO: _l("请选择同一场次的两个不同名额池。"),
    PoolReason.CLOSED: _l("这个名额池已并入别的名额池。"),
    PoolReason.PAST: _l("场次已经开始，名额池不再改变。"),
    PoolReason.DRAWN: _l("本场次的抽签名单已封存或已开奖，名额池不能改变。如确需改变，请先作废抽签并说明原因。"),
    PoolReason.OTHER_WAY: _l("按回答分配的名额池，以及名额给法不同的名额池，不能合并或拆分。"),
    PoolReason.RESERVE: _l("机动名额池只出借名额，不能合并或拆分。请先在名额规则中取消机动。"),
    PoolReason.UNSAFE: _l("新名额多于这里的安全人数，或使总数超过核准人数。"),
    PoolReason.TOO_FEW: _l("新名额少于已入场的人数。"),
    PoolReason.CHANGED_MEANWHILE: _l("您查看之后情况已有变化，请看新的名单再确认。"),
}


def clash_words(how: Clash) -> str:
    """Say how two times are in each other's way."""
    if how.overlap_minutes:
        return _("时间重叠 %(time)s", time=_minutes(how.overlap_minutes))
    return _("间隔 %(gap)s，路上约需 %(way)s", gap=_minutes(how.gap_minutes), way=_minutes(how.travel_minutes))


def _minutes(minutes: int) -> str:
    return lasting(timedelta(minutes=minutes)) if minutes else _("0 分钟")


# -- what moves along ---------------------------------------------------------------------------------------------------------


def window_words(activity: Activity, move: Move) -> list[str]:
    """Say how the window of sign-ups, and until when one gives a place back, move along."""
    found = opening_words(window_of(activity), move, _("报名开放"), _("报名截止"))
    if activity.cancel_until is not None:
        found.append(moved_words(_("免费取消截止"), activity.cancel_until, activity.cancel_until + move.step))
    return found


def opening_words(window: Opening, move: Move, opens: str, closes: str) -> list[str]:
    """Say how a window moves along, and whether that closes it or opens it again; ``opens`` and ``closes`` name its ends."""
    after = moved_window(window, move.step, move.now)
    found = []
    if window.opens_at is not None and after.opens_at is not None and window.opens_at != after.opens_at:
        found.append(moved_words(opens, window.opens_at, after.opens_at))
    if window.closes_at is not None and after.closes_at is not None:
        words = moved_words(closes, window.closes_at, after.closes_at)
        if after.closes_at <= move.now < window.closes_at:
            words += _("（保存后即截止）")
        elif window.closes_at <= move.now < after.closes_at:
            words += _("（保存后重新开放）")
        found.append(words)
    return found


def moved_words(what: str, before: datetime, after: datetime) -> str:
    """Say from when to when something moves."""
    return _("%(what)s：%(before)s 改为 %(after)s", what=what, before=moment(before), after=moment(after))
