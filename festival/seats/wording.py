"""Seats in words."""

from typing import TYPE_CHECKING

from festival.lib.i18n import _, _l
from festival.seats import queries
from festival.seats.models import SeatMap
from festival.seats.rules import SEATED, DrawingProblem, NotADrawing, SeatKind, SeatReason, SeatsRefused
from festival.signups.models import SignUp
from festival.signups.ticket import Fact

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[SeatReason, LazyString]" = {
    SeatReason.TAKEN: _l("这个座位已经安排给别人，可以选择互换。"),
    SeatReason.BLOCKED: _l("这个座位不开放。"),
    SeatReason.UNKNOWN: _l("座位图上没有这个座位。"),
    SeatReason.TOO_MANY: _l("座位数超过同行人数。"),
    SeatReason.NO_PLACE: _l("只有报名成功的人可以安排座位。"),
    SeatReason.ELSEWHERE: _l("这个报名不属于这张座位图的场次或名额池。"),
    SeatReason.EMPTY: _l("这个座位上没有人。"),
    SeatReason.SAME: _l("同一个座位被填了两次。"),
    SeatReason.IN_USE: _l("这些座位上有人，不能去掉或关闭，请先调整座位。"),
    SeatReason.CHANGED_MEANWHILE: _l("座位图刚刚被同事改过，请看过最新的情况再试。"),
}
DRAWING_PROBLEMS: "dict[DrawingProblem, LazyString]" = {
    DrawingProblem.NOTHING: _l("还没有画任何座位"),
    DrawingProblem.SIGN: _l("有不认识的符号"),
    DrawingProblem.TOO_LARGE: _l("最多 120 排，每排 120 格，共 5000 座"),
    DrawingProblem.ROW_NAME: _l("排号只能是 1 到 6 位字母或数字"),
    DrawingProblem.SAME_ROW: _l("排号重复"),
    DrawingProblem.BLOCK: _l("没有这个名额池"),
}
KINDS: "dict[SeatKind, LazyString]" = {
    SeatKind.ORDINARY: _l("普通座位"),
    SeatKind.ACCESSIBLE: _l("无障碍座位"),
    SeatKind.BLOCKED: _l("不开放"),
}


def refusal_words(refused: SeatsRefused) -> str:
    """Return why nothing was changed, with the seats it is about."""
    words = str(REFUSALS[refused.reason])
    seats = queries.label(refused.about)
    return _("%(seats)s：%(why)s", seats=seats, why=words) if seats else words


def drawing_words(problem: NotADrawing) -> str:
    """Return what is wrong with a drawing, and in which line."""
    words = str(DRAWING_PROBLEMS[problem.reason])
    if problem.what:
        words = _("%(words)s“%(what)s”", words=words, what=problem.what)
    return _("第 %(line)s 行：%(words)s", line=problem.line, words=words) if problem.line else words


def map_words(seat_map: SeatMap, pool_label: str) -> str:
    """Return whose hall it is: the pool's, or the whole slot's."""
    return pool_label if seat_map.pool_id is not None and pool_label else _("全场")


def ticket_fact(sign_up: SignUp) -> Fact | None:
    """Return the line about seats for a ticket; None: there is nothing to say."""
    if sign_up.state not in SEATED:
        return None
    words = queries.labels([sign_up.id]).get(sign_up.id, "")
    if not words and not queries.is_seated(sign_up):
        return None
    return Fact("ticket", _("座位"), words or _("待安排，安排后在这里显示"))
