"""Form fields of our own: text that is cleaned as it comes in, and instants in the festival's wall time."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from wtforms import Field, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import Length, StopValidation
from wtforms.widgets import DateTimeLocalInput

from festival.lib import clock
from festival.lib.i18n import _, _l
from festival.lib.text import clean, clean_line

#: Years an organizer may mean; what lies outside is a slip of the finger.
_YEARS = range(2000, 2101)


class LineField(StringField):
    """One line of text: every run of white space becomes one space, and what breaks files is gone."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Clean what was typed; what the form did not send stays as it is."""
        if valuelist:
            self.data = clean_line(valuelist[0])


class LinesField(TextAreaField):
    """Text of several lines, cleaned."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Clean what was typed; what the form did not send stays as it is."""
        if valuelist:
            self.data = clean(valuelist[0])


class InstantField(Field):
    """An instant, typed and shown in the festival's wall time; None when left empty."""

    widget = DateTimeLocalInput()
    data: datetime | None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what ``<input type="datetime-local">`` sends; what the form did not send stays as it is."""
        if not valuelist:
            return
        self.data = None
        typed = valuelist[0].strip()
        if not typed:
            return
        try:
            local = datetime.fromisoformat(typed)
        except ValueError as error:
            raise ValueError(_("请按“年-月-日 时:分”填写，如 2023-06-18 14:00")) from error
        if local.year not in _YEARS:
            raise ValueError(_("请检查年份"))
        self.data = (local if local.tzinfo else local.replace(tzinfo=clock.ZONE)).replace(second=0, microsecond=0)

    def _value(self) -> str:
        """Return what stands in the field: as typed, else the stored instant."""
        if self.raw_data:
            return str(self.raw_data[0])
        return f"{clock.local(self.data):%Y-%m-%dT%H:%M}" if self.data else ""


class Needed:
    """Validator of a field that must be filled in; blanks do not fill it. What cannot be read keeps its own message."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge one field."""
        if field.errors:
            raise StopValidation
        if field.data is None or field.data == "":
            raise StopValidation(_("请填写此项"))


def at_most(characters: int) -> Length:
    """Return the validator of a text of limited length."""
    return Length(max=characters, message=_l("最多 %(max)d 个字，现在是 %(length)d 个"))
