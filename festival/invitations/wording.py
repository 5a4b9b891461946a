"""Invitations in words."""

from typing import TYPE_CHECKING

from festival.invitations.queries import Inviter, Row
from festival.invitations.rules import LONGEST, MOST_NAMES, InvitationReason, LineProblem
from festival.lib.format import count, moment, span
from festival.lib.i18n import _, _l, loc
from festival.lib.tables import TableProblem
from festival.programme.models import Pool, Slot
from festival.signups.rules import InvitationEnd

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[InvitationReason, LazyString]" = {
    InvitationReason.UNKNOWN_POOL: _l("请选择本活动中仅限邀请的名额。"),
    InvitationReason.EXPIRES_IN_PAST: _l("有效期应晚于现在。"),
    InvitationReason.CHANGED: _l("与刚才的预览不同：名单有改动，或有人刚被同事邀请。尚未生成链接，请看新的预览。"),
    InvitationReason.NOTHING_NEW: _l("名单中没有新的受邀人，未生成链接。"),
}

#: How an invitation stands, for organizers.
STATES: "dict[InvitationEnd | None, LazyString]" = {
    None: _l("可使用"),
    InvitationEnd.REVOKED: _l("已收回"),
    InvitationEnd.EXPIRED: _l("已过期"),
    InvitationEnd.USED_UP: _l("已用完"),
}

#: In large words over an invitation that lets nobody in; None: there is none with this code.
TITLES: "dict[InvitationEnd | None, LazyString]" = {
    None: _l("没有找到这份邀请"),
    InvitationEnd.REVOKED: _l("邀请已收回"),
    InvitationEnd.EXPIRED: _l("邀请已过期"),
    InvitationEnd.USED_UP: _l("邀请已用完"),
}


def state_words(row: Row) -> str:
    """Say how an invitation stands; a link that was used has brought its guest."""
    return _("已报名") if row.is_personal and row.end == InvitationEnd.USED_UP else str(STATES[row.end])


def inviter_words(inviter: Inviter | None) -> str:
    """Say who has invited somebody already, and when."""
    if inviter is None or not inviter.by:
        return ""
    return _("%(who)s 于 %(at)s 邀请", who=inviter.by, at=moment(inviter.at))


def line_words(problem: LineProblem) -> str:
    """Say why a line is no name."""
    return {
        LineProblem.LONG: _("超过 %(n)s 个字", n=LONGEST),
        LineProblem.ILLEGIBLE: _("含有无法识别的字符"),
        LineProblem.SEVERAL: _("有多列，每行只写一个名字"),
    }[problem]


def table_words(problem: TableProblem) -> str:
    """Say why a file is not taken."""
    return {
        TableProblem.EMPTY: _("文件是空的，请重新选择"),
        TableProblem.TOO_LARGE: _("文件太大。请只保留名单所在的工作表，或直接粘贴名单"),
        TableProblem.TYPE: _("请上传 .xlsx 或 .csv 文件"),
        TableProblem.OLD: _("这是旧版 .xls 或加密的文件，请另存为不加密的 .xlsx 再上传"),
        TableProblem.BROKEN: _("文件无法打开，请检查后重新上传"),
        TableProblem.MACROS: _("文件含有宏，请另存为不含宏的 .xlsx 再上传"),
        TableProblem.ROWS: too_many_words(),
    }[problem]


def too_many_words() -> str:
    """Say that a list is too long."""
    return _("一次最多 %(n)s 行，请分几次添加", n=count(MOST_NAMES))


def pool_words(slot: Slot, pool: Pool, *, of_several: bool) -> str:
    """Return what a pool is called among an activity's pools by invitation; with the time where there are several slots."""
    label = loc(pool, "label") or loc(slot, "label") or _("邀请名额")
    return f"{label} · {span(slot.starts_at, slot.ends_at)}" if of_several else label


def typed_code(code: str) -> str:
    """Return a code as it is printed, in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
