"""Lists to take away, in words: what each holds, and what of it is hidden."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from festival.accounts.rules import Permission, Role, roles_with
from festival.accounts.wording import ROLE_WORDS
from festival.exports.returned import (
    BEFORE,
    DECISIONS,
    HEADS,
    MOST_CHANGES,
    MOST_ROWS,
    ROW_HEAD,
    Edited,
    FileProblem,
    LineProblem,
    ReturnReason,
    Touched,
)
from festival.lib.format import count, moment
from festival.lib.i18n import _, _l, locale
from festival.lib.tables import TableProblem
from festival.reviews.rules import Decision, ReviewReason
from festival.reviews.wording import REFUSALS as REVIEW_REFUSALS

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


@dataclass(frozen=True, slots=True)
class Way:
    """One form in which a list is had."""

    word: str
    #: Where it is had; for a long list, where it is begun.
    href: str
    #: What a long list is begun as; empty: it is had at once.
    what: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One list as the page of lists shows it."""

    key: str
    title: str
    #: What it holds.
    holds: str
    #: What of a person is hidden in it.
    hidden: str
    permission: Permission
    ways: list[Way] = field(default_factory=list)

    @property
    def who(self) -> str:
        """Who may take it."""
        held = roles_with(self.permission)
        return _("、").join(str(ROLE_WORDS[role]) for role in Role if role in held)


# -- back from a spreadsheet --------------------------------------------------------------------------------------------------

#: Why nothing was saved.
RETURN_REFUSALS: "dict[ReturnReason, LazyString]" = {
    ReturnReason.CHANGED: _l("在您核对期间，名单又有变化，尚未保存。请看下面新的对比，再保存一次。"),
    ReturnReason.LEFT: _l("有改动不能执行，全部没有保存。请在表格中改正下列各行，再上传一次。"),
}
#: Why a row is not taken.
LINE_PROBLEMS: "dict[LineProblem, LazyString]" = {
    LineProblem.NO_ID: _l("没有行标识，不知道是哪份报名。新增的人请用“代报名”"),
    LineProblem.UNKNOWN: _l("不在本活动的名单中"),
    LineProblem.TWICE: _l("与上面某一行是同一份报名，只取第一行"),
    LineProblem.DECISION: _l("审核结果请填：通过、不通过、要求补充"),
    LineProblem.NO_WORDS: _l("不通过或要求补充时，请填审核意见，报名人会看到"),
    LineProblem.WORDS_ALONE: _l("只有审核意见，没有审核结果"),
    LineProblem.LONG: _l("文字太长"),
    LineProblem.SEAT: _l("座位看不懂，请写成“3排12座”或“3-12”，多个座位用顿号隔开"),
    LineProblem.NOT_PENDING: _l("不在待审核状态，不用填审核结果"),
    LineProblem.TAG: _l("每个标签最多 20 个字，多个标签用顿号隔开"),
}
#: Why a file is not taken, one sentence each.
FILE_PROBLEMS: "dict[FileProblem | TableProblem, LazyString]" = {
    FileProblem.NO_ROWS: _l("表中没有“行标识”一列。请从本页下载“花名册（可回填）”，在其中填写"),
    FileProblem.NO_COLUMNS: _l("表中没有可以回填的栏目，如“审核结果”。请从本页重新下载"),
    TableProblem.EMPTY: _l("文件是空的，请重新选择"),
    TableProblem.TOO_LARGE: _l("文件太大。请只保留回填的工作表，删去图片后再上传"),
    TableProblem.TYPE: _l("请上传 .xlsx 或 .csv 文件"),
    TableProblem.OLD: _l("这是旧版 .xls 或加密的文件，请另存为不加密的 .xlsx 再上传"),
    TableProblem.BROKEN: _l("文件无法打开，请检查后重新上传"),
    TableProblem.MACROS: _l("文件含有宏，请另存为不含宏的 .xlsx 再上传"),
}


def file_words(problem: FileProblem | TableProblem) -> str:
    """Say why a file is not taken."""
    if problem == TableProblem.ROWS:
        return _("表格超过 %(n)s 行，请分几次上传", n=count(MOST_ROWS))
    if problem == FileProblem.MANY:
        return _("一次最多保存 %(n)s 行改动，请分几次上传", n=count(MOST_CHANGES))
    return str(FILE_PROBLEMS[problem])


def head_of(column: Edited | None, *, before: bool = False) -> str:
    """Return the head of a column in the language spoken; None: the column of row ids.

    :param before: of the hidden column that keeps what the cells held.
    """
    at = 1 if locale() == "en" else 0
    return (HEADS[column] if column else ROW_HEAD)[at] + (BEFORE[at] if before else "")


def written_decision(decision: Decision) -> str:
    """Return the word that is offered for a decision, which is understood when it comes back."""
    chinese, english = DECISIONS[decision][0], {Decision.APPROVE: "Approve", Decision.REJECT: "Reject", Decision.ASK: "Ask"}
    return english[decision] if locale() == "en" else chinese


def why_left(reason: str) -> str:
    """Say why one change cannot be carried out."""
    return str(REVIEW_REFUSALS[reason]) if isinstance(reason, ReviewReason) else reason


def touched_words(touched: Touched | None) -> str:
    """Say by whom and when something was changed last."""
    if touched is None:
        return _("已被他人改动")
    if touched.by:
        return _("%(who)s 于 %(at)s 改动", who=touched.by, at=moment(touched.at))
    return _("本人或系统于 %(at)s 改动", at=moment(touched.at))
