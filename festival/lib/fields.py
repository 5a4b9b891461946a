"""Form fields of our own: text that is cleaned as it comes in, whole numbers, choices, ticks, files, and instants."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, DateTimeLocalInput, ListWidget, TextInput

from festival.lib import clock
from festival.lib.i18n import _, _l
from festival.lib.text import clean, clean_line, half_width
from festival.lib.uploads import MOST_BYTES, Upload, UploadProblem, read_upload

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
        """Read what ``<input type="datetime-local">`` sends; what the form did not send, or sent as shown, stays as it is."""
        if not valuelist:
            return
        typed = valuelist[0].strip()
        if typed == self._shown(self.data):
            return
        self.data = None
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
        return str(self.raw_data[0]) if self.raw_data else self._shown(self.data)

    @staticmethod
    def _shown(instant: datetime | None) -> str:
        """Return an instant to the minute: seconds that the field does not show are not lost by sending it back."""
        return f"{clock.local(instant):%Y-%m-%dT%H:%M}" if instant else ""


class Needed:
    """Validator of a field that must be filled in; blanks do not fill it. What cannot be read keeps its own message."""

    field_flags: ClassVar = {"required": True}

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge one field."""
        if field.errors:
            raise StopValidation
        if field.data is None or field.data == "":
            raise StopValidation(_("请选择文件") if isinstance(field, FileField) else _("请填写此项"))


def at_most(characters: int) -> Length:
    """Return the validator of a text of limited length."""
    return Length(max=characters, message=_l("最多 %(max)d 个字，现在是 %(length)d 个"))


# -- what the public types and chooses -----------------------------------------------------------------------------------------

#: No keyboard types these; U+FFFD stands where bytes were no text. Tabs, line ends and office programs' soft breaks are text.
_ILLEGIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffd]")
#: More digits than any number asked for; Python itself refuses to read 4,300.
_MOST_DIGITS = 9


class Legible:
    """Validator that says so when a text holds what no keyboard types, rather than keep something else than was sent."""

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge what was sent, before it was cleaned."""
        if any(_ILLEGIBLE.search(typed) for typed in field.raw_data or [] if isinstance(typed, str)):
            raise StopValidation(_("含有无法识别的字符，请重新输入"))


class Judged:
    """Validator that asks a function what is wrong with a filled field: words, or None."""

    def __init__(self, words_of: Callable[[str], str | None]) -> None:
        self._words_of = words_of

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge one field."""
        words = self._words_of(field.data) if field.data else None
        if words:
            raise ValidationError(words)


class Chosen(Needed):
    """Validator of a choice that must be made."""

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge one field."""
        if field.errors:
            raise StopValidation
        if not field.data:
            raise StopValidation(_("请选择"))


class Ticked(Needed):
    """Validator of a box that must be ticked."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __call__(self, _form: BaseForm, field: Field) -> None:
        """Judge one field."""
        if not field.data:
            raise StopValidation(self._words)


class WholeField(Field):
    """A whole number, full-width digits understood; None when left empty. Shown again as it was typed."""

    widget = TextInput()
    data: int | None

    def __init__(self, label: str | None = None, *args: object, least: int, most: int, **kwargs: object) -> None:
        super().__init__(label, *args, **kwargs)  # type: ignore[arg-type]  # handed on as they come
        self._least, self._most = least, most

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read the digits; out of bounds and anything else is said."""
        typed = clean_line(half_width(valuelist[0])) if valuelist else ""
        self.data = None
        if not typed:
            return
        if not re.fullmatch(rf"[0-9]{{1,{_MOST_DIGITS}}}", typed) or not self._least <= int(typed) <= self._most:
            raise ValueError(_("请填写 %(least)s 到 %(most)s 之间的整数", least=self._least, most=self._most))
        self.data = int(typed)

    def _value(self) -> str:
        """Return what stands in the field."""
        if self.raw_data:
            return clean_line(str(self.raw_data[0]))
        return "" if self.data is None else str(self.data)


def _refuse_unknown(field: SelectField | SelectMultipleField, chosen: Sequence[str]) -> None:
    known = {choice[0] for choice in field.iter_choices()}
    if not set(chosen) <= known:
        raise StopValidation(_("请从列出的选项中选择"))


class OneOfField(SelectField):
    """One of the options listed; the empty one is no answer."""

    def pre_validate(self, _form: BaseForm) -> None:
        """Take only what is listed."""
        _refuse_unknown(self, [self.data] if self.data else [])


class OneOfRadioField(RadioField):
    """One of the options listed, all of them in sight."""

    def pre_validate(self, _form: BaseForm) -> None:
        """Take only what is listed."""
        _refuse_unknown(self, [self.data] if self.data else [])


class SeveralOfField(SelectMultipleField):
    """Any of the options listed, each with a box to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take each option once, in the order sent."""
        self.data = list(dict.fromkeys(valuelist))

    def listed(self) -> list[str]:
        """Return what was chosen of the options that there are: a page that comes back may have been sent anything."""
        known = {choice[0] for choice in self.iter_choices()}
        return [one for one in self.data or [] if one in known]

    def pre_validate(self, _form: BaseForm) -> None:
        """Take only what is listed."""
        _refuse_unknown(self, self.data or [])


class TickField(Field):
    """A box to tick, never ticked beforehand by us; ticked again when the form comes back."""

    widget = CheckboxInput()
    data: bool

    def process_data(self, value: object) -> None:
        """Start from what is known."""
        self.data = bool(value)

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Any value is a tick; browsers send nothing for an empty box."""
        self.data = bool(valuelist) and valuelist[0] not in {"", "0", "false"}

    def _value(self) -> str:
        """Return what the box sends."""
        return "1"


class UploadField(FileField):
    """A file that is a PDF or a DOCX by its content; its data is an ``Upload``. A page that comes back cannot hold it."""

    data: Upload | None

    def process_data(self, _value: object) -> None:
        """Start empty: no browser lets a page fill this in."""
        self.data = None

    @property
    def was_sent(self) -> bool:
        """Tell whether a file came with this form, good or not."""
        return any(isinstance(sent, FileStorage) and sent.filename for sent in self.raw_data or [])

    def process_formdata(self, valuelist: Sequence[object]) -> None:
        """Read and judge the file."""
        self.data = None
        sent = next((one for one in valuelist if isinstance(one, FileStorage) and one.filename), None)
        if sent is None:
            return
        sent.stream.seek(0)  # a form is read again when its page comes back
        judged = read_upload(sent.filename or "", sent.stream.read(MOST_BYTES + 1))
        if isinstance(judged, UploadProblem):
            raise ValueError(upload_words(judged))  # noqa: TRY004  # how a field says what is wrong with what was sent
        self.data = judged


def upload_words(problem: UploadProblem) -> str:
    """Say why a file is not taken."""
    words: dict[UploadProblem, str] = {
        UploadProblem.EMPTY: _("文件是空的，请重新选择"),
        UploadProblem.TOO_LARGE: _("文件超过 5 MB，请压缩后再上传"),
        UploadProblem.TYPE: _("请上传 PDF 或 DOCX 文件"),
        UploadProblem.BROKEN: _("文件无法打开，请检查后重新上传"),
        UploadProblem.MACROS: _("文件含有宏，请另存为不含宏的 DOCX 再上传"),
    }
    return words[problem]
