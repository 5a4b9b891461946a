"""What stands beside a roster, in words."""

from typing import TYPE_CHECKING

from festival.lib.i18n import _l
from festival.reviews.rules import ReviewReason
from festival.reviews.wording import REFUSALS as REVIEW_REFUSALS
from festival.roster.models import Colour
from festival.roster.rules import Act, ActReason, Arrival, Coming, DeskReason, Sort
from festival.signups.rules import Reason

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[DeskReason, LazyString]" = {
    DeskReason.SAME_LABEL: _l("本活动已有同名标签。"),
    DeskReason.TOO_MANY_TAGS: _l("标签已到上限，请先删除不用的。"),
    DeskReason.TOO_MANY_VIEWS: _l("保存的视图已到上限，请先删除不用的。"),
}

COLOURS: "dict[Colour, LazyString]" = {
    Colour.GREY: _l("灰"),
    Colour.RED: _l("红"),
    Colour.AMBER: _l("橙"),
    Colour.GREEN: _l("绿"),
    Colour.TEAL: _l("青"),
    Colour.BLUE: _l("蓝"),
    Colour.PURPLE: _l("紫"),
}

SORTS: "dict[Sort, LazyString]" = {
    Sort.STATE: _l("状态与报名时间"),
    Sort.NAME: _l("姓名拼音"),
    Sort.NEWEST: _l("最近报名在前"),
    Sort.OLDEST: _l("最早报名在前"),
    Sort.PLACE: _l("场次与名额池"),
    Sort.ARRIVED: _l("最近签到在前"),
    Sort.PARTY: _l("人数多的在前"),
}

ARRIVALS: "dict[Arrival, LazyString]" = {
    Arrival.YES: _l("已签到"),
    Arrival.PART: _l("只到了一部分"),
    Arrival.NO: _l("未签到"),
}

COMINGS: "dict[Coming, LazyString]" = {
    Coming.YES: _l("已确认会来"),
    Coming.OPEN: _l("尚未回答"),
    Coming.NOT_ASKED: _l("没有问过"),
}

ACTS: "dict[Act, LazyString]" = {
    Act.APPROVE: _l("通过审核"),
    Act.REJECT: _l("不通过审核"),
    Act.MOVE: _l("改场次或名额池"),
    Act.MESSAGE: _l("发消息"),
    Act.TAG: _l("加标签"),
    Act.UNTAG: _l("取下标签"),
    Act.REMOVE: _l("移出本活动"),
    Act.EXCUSE: _l("免除缺席"),
    Act.COMING: _l("记为仍会参加"),
}

#: Why a sign-up is left as it was, said of somebody else than the reader.
LEFT: "dict[str, LazyString]" = {
    ActReason.CHANGED: _l("情况刚才有变化，请再看一遍。"),
    ActReason.TAGGED: _l("已带有这个标签"),
    ActReason.NOT_TAGGED: _l("没有这个标签"),
    ActReason.NOT_SILENT: _l("没有问过，或已经回答"),
    Reason.STAYS: _l("只有报名成功和候补中的可以改"),
    Reason.ALREADY: _l("已经在那里，或同一场已有报名"),
    Reason.UNKNOWN_POOL: _l("这个名额池已关闭"),
    Reason.CANCELLED: _l("活动或场次已取消或延期"),
    Reason.ENDED: _l("那一场已经结束"),
    Reason.INELIGIBLE: _l("填写的信息不属于这个名额池"),
    Reason.PARTY_TOO_LARGE: _l("人数超过那里能容纳的人数"),
    Reason.CEILING: _l("会超过核准人数"),
    Reason.FULL: _l("那里没有空位，或有人在候补"),
    Reason.OVERLAP: _l("与本人其他活动时间冲突"),
    Reason.NOT_LIVE: _l("所处状态不适用，可能刚才有变化"),
    **{reason: words for reason, words in REVIEW_REFUSALS.items() if reason != ReviewReason.NO_REASON},
}

#: Kind of message -> what it tells.
SENT: "dict[str, LazyString]" = {
    "sign_up_approved": _l("审核通过，报名成功"),
    "sign_up_approved_offer": _l("审核通过，请确认参加"),
    "sign_up_waitlisted": _l("已进入候补"),
    "sign_up_entered": _l("已参加抽签"),
    "sign_up_rejected": _l("审核未通过，并附原因"),
    "sign_up_removed": _l("已移出名单，并附原因"),
    "sign_up_promoted": _l("递补成功"),
    "sign_up_offered": _l("有名额了，请确认"),
    "sign_up_excused": _l("未到场记录已免除"),
    "sign_up_pool": _l("名额类别有调整"),
    "sign_up_confirmed": _l("报名成功"),
    "activity_changed": _l("时间或地点有变动"),
    "slot_left": _l("原来场次的日程取消"),
}
