"""What somebody asks of a list to take away: which part of it, and why."""

from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Len
from flask_wtf import FlaskForm
from pydantic import TypeAdapter
from pydantic import ValidationError as PydanticError
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import FileField, HiddenField, StringField, ValidationError

from festival.exports.returned import HEAD_ROWS, MOST_CHANGES, MOST_COLUMNS, MOST_ROWS, FileProblem, Line, cleaned, read_lines
from festival.exports.wording import file_words
from festival.lib.db import MAX_ID
from festival.lib.fields import LineField, Needed, at_most
from festival.lib.i18n import _, _l
from festival.lib.tables import MOST_BYTES, TableProblem, read_table
from festival.programme.models import Activity, Pool, Slot

_LEAST, _MOST = 2, 60
_LINES = TypeAdapter(Annotated[list[Line], Len(max_length=MOST_CHANGES)])
#: Characters that the form keeps of a file; in UTF-8 they stay within what one form may hold.
_MOST_KEPT = 150_000
#: Tags and attributes of a workbook: 10,000 rows of 13 columns have 1.2 million.
_MOST_MARKS = 1_500_000


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an activity that a list is of; None: not limited by it."""

    slot: Slot | None = None
    pool: Pool | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of an address that name the part."""
        return ({"slot": self.slot.id} if self.slot else {}) | ({"pool": self.pool.id} if self.pool else {})


def part_asked(activity: Activity, arguments: MultiDict[str, str]) -> Part:
    """Return the part that an address asks for; what the activity has not is left out."""
    slot_id, pool_id = (_number(arguments.get(name)) for name in ("slot", "pool"))
    slot = next((one for one in activity.slots if one.id == slot_id), None)
    pool = next((one for some in activity.slots for one in some.pools if one.id == pool_id), None)
    return Part(slot, pool)


def _number(typed: str | None) -> int | None:
    is_number = typed is not None and typed.isascii() and typed.isdigit() and len(typed) <= len(str(MAX_ID))
    return int(typed) if is_number and typed else None


class EmptyForm(FlaskForm):
    """The token of a button."""


class ReasonForm(FlaskForm):
    """Why somebody takes away what is usually hidden."""

    reason = LineField(
        _l("用途"),
        validators=[Needed(), at_most(_MOST)],
        description=_l("会记入操作记录，并印在每一页上，如：交保险公司投保"),
    )

    def validate_reason(self, field: LineField) -> None:
        """A reason says something: two characters at least."""
        if len(field.data or "") < _LEAST:
            raise ValidationError(_("请写明用途，至少两个字"))


class WholeForm(ReasonForm):
    """The same, with the second factor again from those who have one."""

    otp = StringField(
        _l("动态口令"),
        description=_l("验证器现在显示的 6 位数字，或一个恢复码"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "data-sensitive": ""},
    )


class ReturnForm(FlaskForm):
    """A file that was filled in; at the second press what was read from it, which may be saved."""

    file = FileField(
        _l("填好的表格"),
        description=_l(".xlsx 或 .csv。先显示对比，确认后才保存。"),
        validators=[Needed()],
        render_kw={"accept": ".xlsx,.csv"},
    )
    #: The changed rows as JSON, once a file was read.
    edits = HiddenField()
    #: Which difference was looked at.
    shown = HiddenField()

    def lines(self) -> list[Line] | None:
        """Return the rows that were changed; None: there is nothing to read, and the form says why."""
        sent = self.file.data
        if isinstance(sent, FileStorage) and sent.filename:
            return self._read(sent.stream.read(MOST_BYTES + 1))
        if self.edits.data:
            try:
                return [cleaned(line) for line in _LINES.validate_json(self.edits.data)]
            except PydanticError:
                pass
        self.file.errors = [_("请选择文件")]
        return None

    def _read(self, content: bytes) -> list[Line] | None:
        rows = read_table(content, most_rows=MOST_ROWS + HEAD_ROWS, most_columns=MOST_COLUMNS, most_marks=_MOST_MARKS)
        found = rows if isinstance(rows, TableProblem) else read_lines(rows)
        if isinstance(found, list) and len(self.kept(found)) > _MOST_KEPT:
            found = FileProblem.MANY
        if isinstance(found, list):
            return found
        self.file.errors = [file_words(found)]
        return None

    @staticmethod
    def kept(lines: list[Line]) -> str:
        """Return what the form keeps of a file: the changed rows."""
        return _LINES.dump_json(lines).decode()
