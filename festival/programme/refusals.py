"""Words for what a change of the programme is refused for, by reason."""

from flask_babel import LazyString

from festival.lib.i18n import _l
from festival.programme.service import PlanReason

REFUSALS: dict[PlanReason, LazyString] = {
    PlanReason.ENDS_BEFORE_START: _l("结束时间应晚于开始时间。"),
    PlanReason.CLOSES_BEFORE_OPENING: _l("报名截止时间应晚于开放时间。"),
    PlanReason.OUTSIDE_SESSION: _l("分时段应在所属场次的时间之内。请先调整分时段，或把场次时间放宽。"),
    PlanReason.SLOT_CANCELLED: _l("该场次已取消，不能改期。"),
    PlanReason.UNKNOWN_VENUE: _l("没有这个地点，请重新选择。"),
    PlanReason.CHANGED_MEANWHILE: _l("在您填写期间，有人保存了新的内容。您填写的都还在，请对照后再保存。"),
}
