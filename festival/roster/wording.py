"""What stands beside a roster, in words."""

from typing import TYPE_CHECKING

from festival.lib.i18n import _l
from festival.roster.models import Colour
from festival.roster.rules import Arrival, DeskReason, Sort

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
