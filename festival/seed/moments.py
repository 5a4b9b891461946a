"""Named moments of the festival that a demo can be moved to: what is on then, and where to look."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from festival.lib.db import db
from festival.lib.i18n import _l
from festival.programme.models import Activity, Festival

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


class Anchor(StrEnum):
    """What a moment is counted from."""

    OPENS = "opens"
    DECISION = "decision"
    STARTS = "starts"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Look:
    """A page worth seeing then. ``who``: a member of the demo's staff, or empty for everybody."""

    words: "LazyString"
    path: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, counted from an activity's dates as they stand: one that was moved takes its moments along."""

    key: str
    slug: str
    anchor: Anchor
    after: timedelta
    title: "LazyString"
    words: "LazyString"
    looks: tuple[Look, ...]


def _minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


_DOOR = _l("签到实时数据")
MOMENTS = (
    Moment(
        "mixer-tables",
        "mixer",
        Anchor.STARTS,
        _minutes(68),
        _l("联谊：轮桌进行中"),
        _l("大家已凭签到码入场，随机领到编号；轮桌表已排好，正在一轮一轮进行。已有一条现场反馈等待处理。"),
        (
            Look(_l("联谊现场"), "/manage/activities/mixer/mixer", "organizer"),
            Look(_l("编号与胸牌"), "/manage/activities/mixer/mixer/numbers", "steward"),
            Look(_l("扫码签到"), "/manage/activities/mixer/check-in", "steward"),
        ),
    ),
    Moment(
        "mixer-choice",
        "mixer",
        Anchor.STARTS,
        _minutes(161),
        _l("联谊：心动互选刚刚开始"),
        _l("请扮演一位嘉宾，在手机上打开“我的报名”里的联谊页，选择最多三位。同场的演示嘉宾会在随后十几分钟里选择，也会选您。"),
        (Look(_l("联谊现场"), "/manage/activities/mixer/mixer", "organizer"),),
    ),
    Moment(
        "mixer-result",
        "mixer",
        Anchor.STARTS,
        _minutes(192),
        _l("联谊：结果仅本人可见"),
        _l("每个人只看到自己的结果。主办方只看到互选成功的对数；单向的选择已经全部删除，任何人都无法得知。"),
        (Look(_l("联谊现场"), "/manage/activities/mixer/mixer", "organizer"),),
    ),
    Moment(
        "fair-open",
        "job-fair",
        Anchor.STARTS,
        _minutes(80),
        _l("招聘会：正在进行"),
        _l("求职者分时入场，展位前叫号、面试；有两家单位迟到，展位可以释放给候补单位。"),
        (
            Look(_l("展位与到场"), "/manage/activities/job-fair/floor-plan", "organizer"),
            Look(_DOOR, "/manage/activities/job-fair/check-in", "steward"),
            Look(_l("招聘会数据"), "/manage/activities/job-fair/figures", "organizer"),
        ),
    ),
    Moment(
        "forum-on",
        "forum",
        Anchor.STARTS,
        _minutes(125),
        _l("论坛：主论坛进行中"),
        _l("报名已全部审核、排好座位，嘉宾已入场；平行论坛各有名额。"),
        (
            Look(_l("议程"), "/activities/forum/agenda"),
            Look(_DOOR, "/manage/activities/forum/check-in", "organizer-forum"),
            Look(_l("用餐统计"), "/manage/activities/forum/meals", "organizer-forum"),
        ),
    ),
    Moment(
        "forum-over",
        "forum",
        Anchor.ENDS,
        _minutes(40),
        _l("论坛：结束，学时证明已生成"),
        _l("签到并签退、听满时长的人得到学时证明，编号可公开核验，核验页不显示姓名。"),
        (Look(_l("学时证明"), "/manage/activities/forum/certificates", "organizer-forum"),),
    ),
    Moment(
        "show-opens",
        "drone-show",
        Anchor.OPENS,
        _minutes(25),
        _l("灯光秀：报名刚刚开放"),
        _l("首批名额正在被预约，一次可带同行人，最多五人；平面图上的余位随之变化。"),
        (
            Look(_l("灯光秀"), "/activities/drone-show"),
            Look(_l("报名动态"), "/manage/activities/drone-show/roster", "organizer"),
        ),
    ),
    Moment(
        "show-decision",
        "drone-show",
        Anchor.DECISION,
        _minutes(-20),
        _l("灯光秀：距公布决定还有二十分钟"),
        _l(
            "是否如期举行由您决定：如期、暂缓、改期到备用日期或取消，一步通知所有人。您若不决定，演示会在截止前三分钟宣布如期举行。"
        ),
        (
            Look(_l("当晚看板与决定"), "/manage/activities/drone-show/show", "organizer"),
            Look(_l("灯光秀"), "/activities/drone-show"),
        ),
    ),
    Moment(
        "show-evening",
        "drone-show",
        Anchor.STARTS,
        _minutes(-22),
        _l("灯光秀：当晚入场中"),
        _l("各入口正在放行，各区人数、余位和核准人数实时变化。"),
        (
            Look(_l("当晚看板与决定"), "/manage/activities/drone-show/show", "organizer"),
            Look(_DOOR, "/manage/activities/drone-show/check-in", "steward"),
            Look(_l("灯光秀"), "/activities/drone-show"),
        ),
    ),
    Moment(
        "day-after",
        "drone-show",
        Anchor.ENDS,
        _minutes(16 * 60),
        _l("次日：全部结束"),
        _l("到场、缺席和各项统计都已齐全。"),
        (
            Look(_l("总览"), "/manage/", "organizer"),
            Look(_l("招聘会数据"), "/manage/activities/job-fair/figures", "organizer"),
        ),
    ),
    Moment(
        "mixer-forgotten",
        "mixer",
        Anchor.ENDS,
        timedelta(days=31),
        _l("一个月后：联谊信息已清除"),
        _l("编号、轮桌、互选结果和反馈已按承诺删除，只留下人数与对数。"),
        (
            Look(_l("联谊现场"), "/manage/activities/mixer/mixer", "organizer"),
            Look(_l("清除记录"), "/manage/people/purges", "admin"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A moment with its instant."""

    moment: Moment
    at: datetime
    is_ahead: bool


def upcoming(now: datetime) -> list[Upcoming]:
    """Return the moments of the demo's activities by their instants, those that are past among them."""
    activities = {
        one.slug: one
        for one in db.session.scalars(
            select(Activity).join(Festival, Festival.id == Activity.festival_id).where(Festival.is_demo)
        )
    }
    found = []
    for moment in MOMENTS:
        activity = activities.get(moment.slug)
        begins = _anchor(activity, moment.anchor) if activity is not None else None
        if begins is not None:
            found.append(Upcoming(moment, begins + moment.after, begins + moment.after > now))
    return sorted(found, key=lambda one: one.at)


def _anchor(activity: Activity, anchor: Anchor) -> datetime | None:
    first = activity.slots[0] if activity.slots else None
    if first is None:
        return None
    return {
        Anchor.OPENS: activity.opens_at,
        Anchor.DECISION: first.decision_at,
        Anchor.STARTS: first.starts_at,
        Anchor.ENDS: first.ends_at,
    }[anchor]
