"""What the door says: one huge word for each verdict, what to do about it, and why a scan is taken back."""

from flask_babel import LazyString

from festival.checkin.rules import Reason, UndoReason, Verdict
from festival.lib.i18n import _l

#: In huge letters.
VERDICT_WORDS: dict[Verdict, LazyString] = {
    Verdict.READY: _l("可以签到"),
    Verdict.CHECKED_IN: _l("签到成功"),
    Verdict.ALREADY: _l("重复签到"),
    Verdict.LEFT: _l("已离场"),
    Verdict.NOBODY_INSIDE: _l("不在场内"),
    Verdict.NOT_CONFIRMED: _l("尚无名额"),
    Verdict.WITHDRAWN: _l("报名已取消"),
    Verdict.REMOVED: _l("已移出名单"),
    Verdict.REJECTED: _l("审核未通过"),
    Verdict.EXPIRED: _l("名额已逾期"),
    Verdict.CANCELLED: _l("活动已取消"),
    Verdict.POSTPONED: _l("活动已延期"),
    Verdict.WRONG_DAY: _l("不是今天"),
    Verdict.WRONG_ACTIVITY: _l("不是本活动"),
    Verdict.UNKNOWN_CODE: _l("查无此码"),
}
#: What to do.
VERDICT_LINES: dict[Verdict, LazyString] = {
    Verdict.READY: _l("核对姓名后按“签到”。"),
    Verdict.CHECKED_IN: _l("请入场。"),
    Verdict.ALREADY: _l("此码已用过，请核对本人。"),
    Verdict.LEFT: _l("再次入场时请重新扫码。"),
    Verdict.NOBODY_INSIDE: _l("此码没有在场的人，可能还没有签到，或已经离场。"),
    Verdict.NOT_CONFIRMED: _l("请先不要放行，到服务台处理。"),
    Verdict.WITHDRAWN: _l("不能凭此码入场，请到服务台处理。"),
    Verdict.REMOVED: _l("不能凭此码入场，请到服务台处理。"),
    Verdict.REJECTED: _l("不能凭此码入场，请到服务台处理。"),
    Verdict.EXPIRED: _l("没有在期限内确认，请到服务台处理。"),
    Verdict.CANCELLED: _l("这一场不再举行。"),
    Verdict.POSTPONED: _l("新的时间会另行通知。"),
    Verdict.WRONG_DAY: _l("请对照票面上的日期。"),
    Verdict.WRONG_ACTIVITY: _l("请对照票面上的活动名称。"),
    Verdict.UNKNOWN_CODE: _l("请再扫一次，或输入票面上的 6 位数字。"),
}
_OK = frozenset({Verdict.CHECKED_IN, Verdict.LEFT, Verdict.READY})
_AGAIN = frozenset({Verdict.ALREADY, Verdict.NOBODY_INSIDE})

UNDO_WORDS: dict[UndoReason, LazyString] = {
    UndoReason.MISTAKE: _l("扫错了人"),
    UndoReason.TURNED_BACK: _l("没有进场"),
    UndoReason.PARTY: _l("同行人没有到齐"),
    UndoReason.TEST: _l("试扫"),
}
#: Why a scan cannot be taken back.
REASON_WORDS: dict[Reason, LazyString] = {
    Reason.NOTHING_LEFT: _l("这次签到已经撤销过了。"),
    Reason.NOT_LAST: _l("之后还有进出记录，请先撤销后面的记录。"),
}


def result_of(verdict: Verdict) -> str:
    """Return the ``data-result`` of a verdict."""
    return verdict.value.replace("_", "-")


def tone_of(verdict: Verdict) -> str:
    """Return the tone of colour and sound: ok, again or no."""
    if verdict in _OK:
        return "ok"
    return "again" if verdict in _AGAIN else "no"
