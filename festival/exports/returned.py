"""What came back from a spreadsheet, and how it differs from what holds now. Pure: cells in, a verdict out."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from festival.lib.errors import Refused
from festival.lib.spreadsheet import as_typed
from festival.lib.text import clean_line
from festival.reviews.rules import Decision

#: The heads stand in one of the first rows, under the title and what is told there.
HEAD_ROWS = 20
#: Columns of a file that are looked at, and rows of it.
MOST_COLUMNS, MOST_ROWS = 60, 12_000
#: Rows changed in one go.
MOST_CHANGES = 2_000


class Edited(StrEnum):
    """A column that organizers fill in."""

    REVIEW = "review"
    #: What a person who is not approved, or asked for more, reads.
    WORDS = "words"
    SEAT = "seat"
    TAGS = "tags"
    NOTE = "note"


#: The columns as they are headed, in Chinese and in English; either is understood whatever language is spoken.
HEADS: dict[Edited, tuple[str, str]] = {
    Edited.REVIEW: ("审核结果", "Review result"),
    Edited.WORDS: ("审核意见", "Words to the person"),
    Edited.SEAT: ("座位", "Seat"),
    Edited.TAGS: ("标签", "Tags"),
    Edited.NOTE: ("内部备注", "Internal note"),
}
#: The hidden columns: which sign-up a row is, and what its cells held when the file was made.
ROW_HEAD = ("行标识", "Row id")
BEFORE = ("（导出时）", " (as exported)")
#: What may stand under the review's head, first as it is offered.
DECISIONS: dict[Decision, tuple[str, ...]] = {
    Decision.APPROVE: ("通过", "审核通过", "approve", "approved"),
    Decision.REJECT: ("不通过", "未通过", "审核不通过", "reject", "rejected"),
    Decision.ASK: ("要求补充", "需补充", "补充材料", "ask"),
}
#: What was once written stays: an emptied cell takes nothing away.
_KEPT = frozenset({Edited.REVIEW, Edited.WORDS, Edited.NOTE})
_ROW = re.compile(r"r(\d{1,10})v(\d{1,10})")


def row_mark(sign_up_id: int, revision: int) -> str:
    """Return what names a row: the sign-up, and its revision when the file was made."""
    return f"r{sign_up_id}v{revision}"


class FileProblem(StrEnum):
    """Why a table as a whole is not taken."""

    #: It has no column of row ids: it is no file of ours, or that column was deleted.
    NO_ROWS = "no_rows"
    #: None of the columns to fill in is there.
    NO_COLUMNS = "no_columns"
    #: More rows were changed than are saved in one go.
    MANY = "many"


class LineProblem(StrEnum):
    """Why a row is not taken."""

    NO_ID = "no_id"
    UNKNOWN = "unknown"
    TWICE = "twice"
    DECISION = "decision"
    NO_WORDS = "no_words"
    WORDS_ALONE = "words_alone"
    LONG = "long"
    SEAT = "seat"
    TAG = "tag"
    #: It was decided before the file was made, or asks for no decision.
    NOT_PENDING = "not_pending"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file in which somebody has changed something."""

    #: As the spreadsheet program counts, from 1.
    number: int
    #: 0: none is named.
    sign_up_id: int
    revision: int
    #: What is new, by column: before and after. ``WORDS`` goes with the review.
    edits: dict[Edited, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """How the cells of a column are written."""

    #: Return a cell in its one form, however somebody wrote it; None: it cannot be read.
    normal: Callable[[str], str | None]
    #: What is said of a cell that cannot be read.
    problem: LineProblem
    #: Characters that a cell takes.
    longest: int = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """By whom and when something was changed last; an empty name: by the person."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sign-up stands now, as far as a file can change it."""

    name: str
    revision: int
    is_pending: bool
    #: The state in words.
    state: str
    values: dict[Edited, str] = field(default_factory=dict)
    touched: dict[Edited, Touched] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell: what it was, and what it becomes."""

    line: Line
    name: str
    column: Edited
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell that somebody else has changed since the file was made: it is left as it is now."""

    change: Change
    now: str
    touched: Touched | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A row that is not taken, and why."""

    number: int
    beginning: str
    problem: LineProblem


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file would do."""

    changes: tuple[Change, ...]
    conflicts: tuple[Conflict, ...]
    bad: tuple[BadLine, ...]
    #: Cells that are changed in the file and already so.
    already: int

    @property
    def rows(self) -> int:
        """Sign-ups that would change."""
        return len({change.line.sign_up_id for change in self.changes})


class ReturnReason(StrEnum):
    """Why nothing was saved."""

    #: Since the difference was shown, something else has become of it.
    CHANGED = "changed"
    #: A change cannot be carried out.
    LEFT = "left"


class ReturnRefused(Refused):
    """An expected "no" to saving what was shown; ``reason`` is a ``ReturnReason``."""

    reason: ReturnReason

    def __init__(self, reason: ReturnReason, left: Mapping[int, str] | None = None) -> None:
        super().__init__(reason)
        #: By sign-up: why it cannot be, as a reason of the slice that refused, or in words.
        self.left = left or {}


# -- reading the file ---------------------------------------------------------------------------------------------------------


def read_lines(rows: Sequence[Sequence[str]]) -> list[Line] | FileProblem:
    """Return the rows of a table in which something was changed or that name no sign-up, or why it is not taken."""
    head = next((number for number, row in enumerate(rows[:HEAD_ROWS]) if _column(row, ROW_HEAD) is not None), None)
    if head is None:
        return FileProblem.NO_ROWS
    heads = rows[head]
    marks = _column(heads, ROW_HEAD)
    assert marks is not None
    columns = {edited: at for edited, words in HEADS.items() if (at := _column(heads, words)) is not None}
    if not columns.keys() - {Edited.WORDS}:
        return FileProblem.NO_COLUMNS
    before = {
        edited: _column(heads, tuple(word + more for word, more in zip(HEADS[edited], BEFORE, strict=True))) for edited in columns
    }
    found = []
    for number, row in enumerate(rows[head + 1 :], start=head + 2):
        edits = {
            edited: (_cell(row, before[edited]), _cell(row, at))
            for edited, at in columns.items()
            if _cell(row, at) != _cell(row, before[edited]) and (_cell(row, at) or edited not in _KEPT)
        }
        mark = _ROW.fullmatch(_cell(row, marks))
        if edits:
            found.append(Line(number, int(mark[1]) if mark else 0, int(mark[2]) if mark else 0, edits))
    return FileProblem.MANY if len(found) > MOST_CHANGES else found


def _column(heads: Sequence[str], words: tuple[str, ...]) -> int | None:
    wanted = {word.casefold() for word in words}
    return next((at for at, head in enumerate(heads) if head.strip().casefold() in wanted), None)


def _cell(row: Sequence[str], at: int | None) -> str:
    return clean_line(as_typed(row[at])) if at is not None and at < len(row) else ""


def decision_of(word: str) -> Decision | None:
    """Return the decision that a word stands for; None: it stands for none."""
    key = word.casefold()
    return next((decision for decision, words in DECISIONS.items() if key in words), None)


def cleaned(line: Line) -> Line:
    """Return a row as ``read_lines`` would have read it, whoever has written it."""
    edits = {column: (clean_line(old), clean_line(new)) for column, (old, new) in line.edits.items()}
    return replace(line, edits={column: (old, new) for column, (old, new) in edits.items() if new or column not in _KEPT})


_AS_WRITTEN = Form(normal=lambda words: words, problem=LineProblem.LONG)


# -- comparing ----------------------------------------------------------------------------------------------------------------


def differ(lines: Sequence[Line], now: Mapping[int, Standing], forms: Mapping[Edited, Form]) -> Difference:
    """Return what the rows would do to what holds now.

    A cell changed in the file and by somebody else since is a conflict, unless both wrote the same.

    :param now: by sign-up; what is not in it is not in the activity.
    :param forms: how the cells of columns are written, but the review's.
    """
    changes: list[Change] = []
    conflicts: list[Conflict] = []
    bad: list[BadLine] = []
    already = 0
    seen: set[int] = set()
    for line in lines:
        read = _read(line, now, seen, forms)
        if isinstance(read, LineProblem):
            bad.append(BadLine(line.number, _beginning(line), read))
            continue
        seen.add(line.sign_up_id)
        standing = now[line.sign_up_id]
        for change, held in _cells(read, standing):
            if change.column == Edited.REVIEW and _is_decided(line, standing):
                bad.append(BadLine(line.number, standing.name, LineProblem.NOT_PENDING))
            elif held == change.new:
                already += 1
            elif _is_newer(change, held, standing):
                shown = standing.state if change.column == Edited.REVIEW else held
                conflicts.append(Conflict(change, shown, standing.touched.get(change.column)))
            else:
                changes.append(change)
    return Difference(tuple(changes), tuple(conflicts), tuple(bad), already)


def _cells(line: Line, standing: Standing) -> Iterator[tuple[Change, str]]:
    """Yield the changed cells of a row, each with what it holds now. A decision's words go with the decision."""
    for column, (old, new) in line.edits.items():
        if column != Edited.WORDS:
            yield Change(line, standing.name, column, old, new), standing.values.get(column, "")


def _is_decided(line: Line, standing: Standing) -> bool:
    """Tell whether the file said already that there is nothing to decide: nobody came in between."""
    return not standing.is_pending and standing.revision == line.revision


def _is_newer(change: Change, held: str, standing: Standing) -> bool:
    """Tell whether somebody else came first: the review is over or the person wrote again; or the cell is another by now."""
    if change.column == Edited.REVIEW:
        return not standing.is_pending or standing.revision != change.line.revision
    return held != change.old


def _read(line: Line, now: Mapping[int, Standing], seen: Collection[int], forms: Mapping[Edited, Form]) -> Line | LineProblem:
    """Return a row with its cells in their one form, or why it is not taken."""
    if not line.sign_up_id:
        return LineProblem.NO_ID
    if line.sign_up_id not in now:
        return LineProblem.UNKNOWN
    if line.sign_up_id in seen:
        return LineProblem.TWICE
    edits: dict[Edited, tuple[str, str]] = {}
    for column, (old, new) in line.edits.items():
        form = forms.get(column, _AS_WRITTEN)
        if len(new) > form.longest:
            return LineProblem.LONG
        written = form.normal(new)
        if written is None:
            return form.problem
        before = form.normal(old) or ""
        if written != before:
            edits[column] = (before, written)
    return _review_problem(line) or replace(line, edits=edits)


def _review_problem(line: Line) -> LineProblem | None:
    word = line.edits.get(Edited.REVIEW, ("", ""))[1]
    words = line.edits.get(Edited.WORDS, ("", ""))[1]
    if not word:
        return LineProblem.WORDS_ALONE if words else None
    decision = decision_of(word)
    if decision is None:
        return LineProblem.DECISION
    return LineProblem.NO_WORDS if decision != Decision.APPROVE and not words else None


def _beginning(line: Line) -> str:
    return next((new for _old, new in line.edits.values() if new), "")[:20]
