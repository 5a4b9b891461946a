"""Draws in words."""

from typing import TYPE_CHECKING

from festival.draws.rules import DrawReason, DrawState, Outcome
from festival.lib.i18n import _l

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[DrawReason, LazyString]" = {
    DrawReason.NOT_ON: _l("活动或场次已取消或延期，恢复举行后才能冻结名单和抽签。"),
    DrawReason.STILL_OPEN: _l("报名还没有截止，截止后才能冻结名单。"),
    DrawReason.STILL_PENDING: _l("还有报名待审核。请先全部审核，再冻结名单。"),
    DrawReason.NOBODY_ENTERED: _l("没有待抽签的报名。"),
    DrawReason.ONE_IS_RUNNING: _l("这一场次已有抽签。如有差错，请先作废并公开原因。"),
    DrawReason.SEED_NOT_DUE: _l("种子来源还没有公布，请在公布时间之后录入。"),
    DrawReason.SEED_EMPTY: _l("请录入种子。"),
    DrawReason.NOT_FROZEN: _l("这次抽签已经完成或作废，不能再抽。"),
    DrawReason.ALREADY_VOID: _l("这次抽签已经作废。"),
}

STATES: "dict[DrawState, LazyString]" = {
    DrawState.FROZEN: _l("名单已冻结，待抽签"),
    DrawState.DRAWN: _l("已抽签"),
    DrawState.VOID: _l("已作废"),
}

OUTCOMES: "dict[Outcome, LazyString]" = {
    Outcome.PLACE: _l("中签"),
    Outcome.WAITLISTED: _l("候补"),
    Outcome.LEFT: _l("抽签前已退出"),
}
