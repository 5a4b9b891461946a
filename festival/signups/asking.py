"""From an activity's questions to the fields of a form, and from what was filled in to what is kept."""

from collections.abc import Callable, Mapping
from typing import Any

from wtforms.fields.core import Field, UnboundField

from festival.accounts.rules import Channel, Reachable, read_address
from festival.lib import clock
from festival.lib.fields import (
    Chosen,
    Judged,
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfField,
    OneOfRadioField,
    SeveralOfField,
    Ticked,
    TickField,
    UploadField,
    WholeField,
    at_most,
)
from festival.lib.i18n import _, loc
from festival.lib.identifiers import IdType, id_number_problem, normal, uscc_problem
from festival.lib.text import clean_line, half_width
from festival.programme.models import Question, Sensitivity
from festival.signups import wording

#: The question whose answer is the sign-up's own name.
NAME = "name"
#: The question that says what document an identity number stands on.
ID_TYPE = "id_type"
#: Characters of a text whose question sets no limit of its own.
LINE_CHARACTERS, TEXT_CHARACTERS, NAME_CHARACTERS = 100, 500, 50
#: So many options or fewer, one of which must be chosen, stand in sight.
_IN_SIGHT = 4
_MOST_NUMBER = 999_999_999
_OLDEST_YEAR = 1900
_YEARS_AHEAD = 10

#: What browsers may fill in by themselves.
_AUTOCOMPLETE = {"name": "name", "employer": "organization", "org_name": "organization", "job_title": "organization-title"}


def field_name(question: Question) -> str:
    """Return the name of a question's field."""
    return f"q-{question.key}"


def label_of(question: Question) -> str:
    """Return what a question is called."""
    return loc(question, "label")


def is_sensitive(question: Question) -> bool:
    """Tell whether a question is asked with a consent of its own and kept sealed."""
    return question.sensitivity == Sensitivity.SENSITIVE


def field_of(question: Question, *, is_required: bool | None = None) -> "UnboundField[Any]":
    """Return the field for a question.

    :param is_required: None: as the question says; an edit leaves a sealed answer alone when its field stays empty.
    """
    needed = question.is_required if is_required is None else is_required
    field: UnboundField[Any] = _MAKERS[question.type](question, needed=needed)
    # No maxlength: a browser would cut off what is pasted without a word; we say how many characters are too many.
    marks: dict[str, object] = {"maxlength": False}
    if is_sensitive(question):
        marks["data-sensitive"] = ""
    if question.key in _AUTOCOMPLETE:
        marks["autocomplete"] = _AUTOCOMPLETE[question.key]
    field.kwargs["render_kw"] = {**field.kwargs.get("render_kw", {}), **marks}
    field.kwargs["description"] = loc(question, "purpose")
    return field


def _text(question: Question, *, needed: bool) -> Any:
    default = NAME_CHARACTERS if question.key == NAME else LINE_CHARACTERS
    return LineField(
        loc(question, "label"),
        [*_filled(needed=needed), at_most(question.maximum or default)],
    )


def _textarea(question: Question, *, needed: bool) -> Any:
    return LinesField(
        loc(question, "label"),
        [*_filled(needed=needed), at_most(question.maximum or TEXT_CHARACTERS)],
        render_kw={"rows": 3},
    )


def _names(question: Question, *, needed: bool) -> Any:  # noqa: ARG001  # whoever comes alone names nobody
    """One name a line; how many there must be depends on the party and is judged by the whole form."""
    return LinesField(
        loc(question, "label"),
        [Legible(), at_most(question.maximum or TEXT_CHARACTERS)],
        render_kw={"rows": 3, "autocomplete": "off"},
    )


def _number(question: Question, *, needed: bool) -> Any:
    return WholeField(
        loc(question, "label"),
        _filled(needed=needed),
        least=question.minimum or 0,
        most=_MOST_NUMBER if question.maximum is None else question.maximum,
        render_kw={"inputmode": "numeric"},
    )


def _year(question: Question, *, needed: bool) -> Any:
    latest = clock.local_day(clock.now()).year + _YEARS_AHEAD
    return WholeField(
        loc(question, "label"),
        _filled(needed=needed),
        least=question.minimum or _OLDEST_YEAR,
        most=question.maximum or latest,
        render_kw={"inputmode": "numeric"},
    )


def _boolean(question: Question, *, needed: bool) -> Any:  # noqa: ARG001  # no answer is the answer "no"
    return TickField(loc(question, "label"))


def _pledge(question: Question, *, needed: bool) -> Any:
    words = _("请确认后勾选")
    return TickField(loc(question, "label"), [Ticked(words)] if needed else [])


def _select(question: Question, *, needed: bool) -> Any:
    options = {option.key: loc(option, "label") for option in question.options}
    if needed and len(options) <= _IN_SIGHT:
        return OneOfRadioField(loc(question, "label"), [Chosen()], choices=options)
    first = {"": _("请选择") if needed else _("不填写")}
    return OneOfField(loc(question, "label"), [Chosen()] if needed else [], choices=first | options)


def _several(question: Question, *, needed: bool) -> Any:
    options = {option.key: loc(option, "label") for option in question.options}
    return SeveralOfField(loc(question, "label"), [Chosen()] if needed else [], choices=options)


def _mobile(question: Question, *, needed: bool) -> Any:
    return LineField(
        loc(question, "label"),
        [*_filled(needed=needed), Judged(lambda typed: wording.address_words(typed, Channel.MOBILE))],
        render_kw={"type": "tel", "inputmode": "tel"},
    )


def _email(question: Question, *, needed: bool) -> Any:
    return LineField(
        loc(question, "label"),
        [*_filled(needed=needed), Judged(lambda typed: wording.address_words(typed, Channel.MAIL))],
        render_kw={"inputmode": "email", "autocapitalize": "none"},
    )


def _id_number(question: Question, *, needed: bool) -> Any:
    """The number's own rules depend on the document and are judged by the whole form."""
    return LineField(
        loc(question, "label"),
        [*_filled(needed=needed), at_most(LINE_CHARACTERS)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def _uscc(question: Question, *, needed: bool) -> Any:
    return LineField(
        loc(question, "label"),
        [*_filled(needed=needed), at_most(LINE_CHARACTERS), Judged(_uscc_words)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


def _file(question: Question, *, needed: bool) -> Any:
    return UploadField(
        loc(question, "label"),
        [Needed()] if needed else [],
        render_kw={"accept": ".pdf,.docx,application/pdf"},
    )


_MAKERS: dict[str, Callable[..., Any]] = {
    "text": _text,
    "textarea": _textarea,
    "names": _names,
    "number": _number,
    "year": _year,
    "boolean": _boolean,
    "select": _select,
    "multi": _several,
    "tags": _several,
    "mobile": _mobile,
    "email": _email,
    "id_number": _id_number,
    "uscc": _uscc,
    "file": _file,
    "pledge": _pledge,
}


def _filled(*, needed: bool) -> list[Any]:
    return [Legible(), Needed()] if needed else [Legible()]


def _uscc_words(typed: str) -> str | None:
    problem = uscc_problem(normal(typed))
    return wording.uscc_words(problem, normal(typed)) if problem else None


def id_number_words(typed: str, id_type: str | None) -> str | None:
    """Say what is wrong with a filled-in identity number; None when nothing is.

    :param id_type: the document chosen; None: the resident identity card.
    """
    kind = IdType(id_type) if id_type in set(IdType) else IdType.RESIDENT
    number = normal(typed)
    problem = id_number_problem(number, kind, clock.local_day(clock.wall()))
    return wording.id_number_words(problem, number, kind) if problem else None


# -- what is kept -------------------------------------------------------------------------------------------------------------


def answer_of(question: Question, field: Field) -> str:
    """Return a valid field's answer as it is kept: option keys joined by ``,``; a tick is ``1``; nothing is empty."""
    value = field.data
    if value in (None, "", [], False):
        return ""
    if question.type in {"multi", "tags"}:
        return ",".join(value)
    if question.type in {"boolean", "pledge"}:
        return "1"
    if question.type in {"mobile", "email"}:
        address = read_address(value)
        assert isinstance(address, Reachable)  # the field was validated
        return address.value
    if question.type in {"id_number", "uscc"}:
        return normal(value)
    if question.type == "names":
        return "\n".join(names_in(value))
    return str(value)


def names_in(typed: str) -> list[str]:
    """Return the names of a field with one name a line; empty lines are nobody."""
    return [name for line in typed.splitlines() if (name := clean_line(line))]


def data_of(question: Question, answer: str) -> Any:
    """Return what a field starts from for an answer kept earlier; None where it does not fit the question any more."""
    keys = {option.key for option in question.options}
    match question.type:
        case "select":
            return answer if answer in keys else None
        case "multi" | "tags":
            return [key for key in answer.split(",") if key in keys]
        case "boolean" | "pledge":
            return answer == "1"
        case "number" | "year":
            return int(half_width(answer)) if answer.isdecimal() else None
        case "file":
            return None
        case _:
            return answer


def words_of(question: Question, answer: str) -> str:
    """Return an answer in the words of the language spoken, for its owner to read."""
    labels = {option.key: loc(option, "label") for option in question.options}
    match question.type:
        case "select" | "multi" | "tags":
            return _("、").join(labels.get(key, key) for key in answer.split(",") if key)
        case "boolean" | "pledge":
            return _("是") if answer == "1" else ""
        case "names":
            return _("、").join(answer.splitlines())
        case _:
            return answer


def prefill(questions: list[Question], earlier: Mapping[str, str]) -> dict[str, Any]:
    """Return the data of fields that a returning person need not type again: nothing sensitive, no pledge, no file."""
    return {
        field_name(question): data_of(question, earlier[question.key])
        for question in questions
        if question.key in earlier and not is_sensitive(question) and question.type not in {"pledge", "boolean", "file", "names"}
    }
