"""What the door says: one huge word for each verdict, what to do about it, and why a scan is taken back."""

from flask_babel import LazyString

from festival.checkin.rules import Reason, UndoReason, Verdict
from festival.lib.i18n import _, _l

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


# -- what a device says by itself --------------------------------------------------------------------------------------------

_OWN_VERDICTS = (
    Verdict.CHECKED_IN,
    Verdict.ALREADY,
    Verdict.LEFT,
    Verdict.NOBODY_INSIDE,
    Verdict.WRONG_DAY,
    Verdict.UNKNOWN_CODE,
)


def device_words() -> dict[str, object]:
    """Return the words of the verdicts that the page's script gives by itself, and of its own state."""
    return {
        "verdicts": {
            result_of(verdict): [tone_of(verdict), str(VERDICT_WORDS[verdict]), str(VERDICT_LINES[verdict])]
            for verdict in _OWN_VERDICTS
        },
        "party": _("人数"),
        "person": _("%(n)s 人", n="{n}"),
        "whole": _("本次 %(now)s 人 · 共 %(all)s 人", now="{now}", all="{all}"),
        "seat": _("座位"),
        "hours": _("入场时段"),
        "pool": _("分区"),
        "before": _("上次签到"),
        "elsewhere": _("其他签到口，或更早"),
        "here": _("本机 %(time)s", time="{time}"),
        "offline": _("断网，已记在本机"),
        "only": _("没有到齐？只到："),
        "not-listed": _("不在本机名单"),
        "not-listed-line": _("可能刚报名，也可能不是本活动。确认票面后可以放行，联网后核对。"),
        "let-in": _("凭票放行并记录"),
        "digits": _("断网时只能扫二维码，不能输入 6 位数字。"),
        "photo": _("断网时不能读照片，请用扫码枪或摄像头。"),
        "not-prepared": _("没有连上服务器，本机也没有名单。请稍后再试。"),
        "away": _("离线模式，签到照常进行。"),
        "waiting": _("%(n)s 条待上传", n="{n}"),
        "none": _("全部已上传"),
        "prepared": _("离线可用：本机有 %(n)s 个报名，%(time)s 更新", n="{n}", time="{time}"),
        "unprepared": _("离线不可用：本机还没有名单"),
        "preparing": _("正在准备…"),
        "failed": _("没有准备好，请检查网络后再试。"),
        "signed-out": _("登录已过期。请登录后继续上传，记录都在本机。"),
        "clear-first": _("还有记录没有上传，先不能清除。"),
        "cleared": _("本机的名单已清除。"),
        "different": _("%(n)s 条与其他签到口重复，已列入核对。", n="{n}"),
        "unreadable": _("此浏览器断网时不能用摄像头读码，请用扫码枪。"),
    }
