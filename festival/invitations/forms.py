"""Forms of invitations: a list of guests, a code for several, and a code that somebody types."""

from collections.abc import Sequence
from datetime import datetime

from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import FileField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.invitations import wording
from festival.invitations.rules import HEAD_ROWS, LONGEST, MOST_COLUMNS, MOST_NAMES, lines_of
from festival.lib import clock
from festival.lib.fields import InstantField, Legible, LineField, Needed, WholeField, at_most
from festival.lib.i18n import _, _l
from festival.lib.tables import MOST_BYTES, TableProblem, read_table
from festival.programme.models import Access, Activity

#: Uses of one code; more than anybody invites.
_MOST_USES = 10_000


def _names_in(lines: Sequence[str]) -> int:
    return sum(1 for line in lines if line.strip())


class _ListField(TextAreaField):
    """Lines as they were typed: their numbers are told, so none is dropped."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the lines."""
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n").replace("\r", "\n")


class _NamesField(FileField):
    """A spreadsheet; its data is the list of names, one line for each row. None: no file came."""

    data: list[str] | None

    def process_data(self, _value: object) -> None:
        """Start empty: no browser lets a page fill this in."""
        self.data = None

    def process_formdata(self, valuelist: Sequence[object]) -> None:
        """Read and judge the file."""
        self.data = None
        sent = next((one for one in valuelist if isinstance(one, FileStorage) and one.filename), None)
        if sent is None:
            return
        rows = read_table(sent.stream.read(MOST_BYTES + 1), most_rows=MOST_NAMES + HEAD_ROWS, most_columns=MOST_COLUMNS)
        if isinstance(rows, TableProblem):
            raise ValueError(wording.table_words(rows))  # noqa: TRY004  # how a field says what is wrong with what was sent
        lines = lines_of(rows)
        if lines is None:
            raise ValueError(_("表中有多列，请把姓名一列的表头写成“姓名”"))
        if _names_in(lines) > MOST_NAMES:
            raise ValueError(wording.too_many_words())
        self.data = lines


class PoolForm(FlaskForm):
    """To which places, and until when."""

    pool_id = SelectField(_l("邀请到"), coerce=int, validators=[Needed()])
    expires_at = InstantField(_l("有效期至"), description=_l("留空：报名截止前都可使用。"))

    @classmethod
    def for_activity(cls, activity: Activity) -> "PoolForm":
        """Return the form with the activity's pools by invitation to choose from."""
        form = cls()
        pools = [(slot, pool) for slot in activity.slots for pool in slot.open_pools if pool.access == Access.INVITATION]
        several = len({slot.id for slot, _pool in pools}) > 1
        form.pool_id.choices = [
            SelectChoice(str(pool.id), wording.pool_words(slot, pool, of_several=several)) for slot, pool in pools
        ]
        return form

    def validate_expires_at(self, field: InstantField) -> None:
        """An invitation lasts a while at least."""
        if field.data is not None and field.data <= clock.now():
            raise ValidationError(_("有效期应晚于现在"))

    def until(self) -> datetime | None:
        """Return until when it can be used; None: as long as one can sign up."""
        return self.expires_at.data


class GuestsForm(PoolForm):
    """A list of guests, pasted or in a file."""

    names = _ListField(
        _l("受邀人名单"),
        description=_l("每行一个名字，可从表格整列粘贴。同名的人请加单位区分，如“张伟（一中）”。"),
        render_kw={"rows": "12", "spellcheck": "false", "autocomplete": "off"},
    )
    file = _NamesField(
        _l("或上传表格"),
        description=_l(".xlsx 或 .csv，取表头为“姓名”的一列；只有一列时不需要表头。"),
        render_kw={"accept": ".xlsx,.csv,.txt"},
    )

    def validate_names(self, field: _ListField) -> None:
        """Say when there is nothing, or too much, to read."""
        if _names_in((field.data or "").split("\n")) > MOST_NAMES:
            raise ValidationError(wording.too_many_words())
        if not (field.data or "").strip() and self.file.data is None and not self.file.process_errors:
            raise ValidationError(_("请粘贴名单，或选择一个文件"))

    def validate_file(self, field: _NamesField) -> None:
        """Take one list at a time: nobody could tell whose line numbers are meant."""
        if field.data is not None and (self.names.data or "").strip():
            raise ValidationError(_("上面已有名单。要改用文件，请先清空上面的名单"))

    def take_file(self) -> None:
        """Let the names of the file stand in the list, where they can be read and mended."""
        if self.file.data is not None:
            self.names.data = "\n".join(self.file.data)
            self.file.data = None


class CodeForm(PoolForm):
    """A code that several may use."""

    label = LineField(
        _l("用途"),
        description=_l("只有主办方看得到，如“合作媒体”。"),
        validators=[Needed(), at_most(LONGEST)],
    )
    uses_max = WholeField(
        _l("可用次数"),
        description=_l("每次报名用一次，取消报名会退还。"),
        validators=[Needed()],
        least=1,
        most=_MOST_USES,
        render_kw={"inputmode": "numeric"},
    )


class RevokeForm(FlaskForm):
    """The token of a confirmation; there is nothing to fill in."""


class TypedCodeForm(FlaskForm):
    """Where a code that was printed or read out is typed."""

    invitation = LineField(
        _l("邀请码"),
        description=_l("12 位字母和数字，不分大小写，横线可省略。"),
        validators=[Legible(), Needed(), at_most(200)],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
