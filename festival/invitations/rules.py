"""What a list of guests holds, line by line. Pure: text in, a verdict out."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from festival.lib.errors import Refused
from festival.lib.text import clean_line, search_key

#: Names in one list.
MOST_NAMES = 2_000
#: Characters of a name, as the column holds them.
LONGEST = 100
#: A head stands in one of the first rows, under a title or two.
HEAD_ROWS = 20
#: Columns of a spreadsheet that are looked at.
MOST_COLUMNS = 30
#: Days after the activity's end until the names are forgotten.
LABEL_DAYS = 30

#: What a column of names is called, best first.
_HEADS = ("姓名", "受邀人", "嘉宾姓名", "嘉宾", "名字", "name", "fullname", "guest", "invitedguest", "单位名称", "单位", "名称")
_ILLEGIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffd]")


class InvitationReason(StrEnum):
    """Why no invitation is made."""

    UNKNOWN_POOL = "unknown_pool"
    EXPIRES_IN_PAST = "expires_in_past"
    NOTHING_NEW = "nothing_new"
    #: Since the list was shown, somebody has invited one of it, or taken a link back.
    CHANGED = "changed"


class InvitationRefused(Refused):
    """An expected "no"; ``reason`` is an ``InvitationReason``."""

    reason: InvitationReason


class LineProblem(StrEnum):
    """Why a line is no name."""

    LONG = "long"
    ILLEGIBLE = "illegible"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class Line:
    """A name, and the number of its line: 1 is the first."""

    number: int
    label: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no name: its beginning, and why."""

    number: int
    beginning: str
    problem: LineProblem


@dataclass(frozen=True, slots=True)
class Guests:
    """What a list would do."""

    new: tuple[Line, ...]
    #: Names that stand further up already.
    repeated: tuple[Line, ...]
    #: Who holds a link to the same places already.
    known: tuple[Line, ...]
    bad: tuple[BadLine, ...]

    @property
    def total(self) -> int:
        """Lines that are not blank."""
        return len(self.new) + len(self.repeated) + len(self.known) + len(self.bad)


def read_guests(text: str, invited: Collection[str]) -> Guests:
    """Sort the lines of a list; blank lines count as lines and say nothing.

    :param invited: the names that hold a link already.
    """
    known = {search_key(name) for name in invited}
    seen: set[str] = set()
    new: list[Line] = []
    repeated: list[Line] = []
    again: list[Line] = []
    bad: list[BadLine] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        label = clean_line(raw)
        if not raw.strip():
            continue
        if problem := _problem(raw.strip(), label):
            bad.append(BadLine(number, label[:20], problem))
            continue
        key = search_key(label)
        (repeated if key in seen else again if key in known else new).append(Line(number, label))
        seen.add(key)
    return Guests(tuple(new), tuple(repeated), tuple(again), tuple(bad))


def _problem(raw: str, label: str) -> LineProblem | None:
    if _ILLEGIBLE.search(raw) or not label:
        return LineProblem.ILLEGIBLE
    if "\t" in raw:
        return LineProblem.SEVERAL
    return LineProblem.LONG if len(label) > LONGEST else None


def lines_of(rows: Sequence[Sequence[str]]) -> list[str] | None:
    """Return the names of a table, one line for each row so that numbers stay those of the file; None: which column is not clear.

    The column is the one with a head such as 姓名; without a head, there must be one column only.
    """
    for number, row in enumerate(rows[:HEAD_ROWS]):
        column = _name_column(row)
        if column is not None:
            return [""] * (number + 1) + [row[column] if column < len(row) else "" for row in rows[number + 1 :]]
    if any(sum(1 for cell in row if cell) > 1 for row in rows):
        return None
    return [next((cell for cell in row if cell), "") for row in rows]


def _name_column(row: Sequence[str]) -> int | None:
    keys = [search_key(cell) for cell in row]
    return next((keys.index(head) for head in _HEADS if head in keys), None)
