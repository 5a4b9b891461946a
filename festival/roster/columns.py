"""The columns of a roster: which there are, which stand unless somebody chooses, and where other slices add theirs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString

from festival.lib.i18n import _, _l, loc
from festival.programme.models import Activity, Question
from festival.reconfirm import queries as reconfirm
from festival.reconfirm.wording import answers
from festival.roster import render
from festival.roster.rules import ANSWER
from festival.seats import queries as seats


@dataclass(frozen=True, slots=True)
class Extra:
    """A column of another slice. Its words must be fit for whoever may see the roster with names masked."""

    key: str
    label: LazyString
    #: Whether an activity has it at all.
    is_of: Callable[[Activity], bool]
    #: The words of some sign-ups, by sign-up; who has none is left out.
    read: Callable[[Sequence[int]], Mapping[int, str]]


#: Columns of other slices, in the order in which they stand.
EXTRAS: tuple[Extra, ...] = (
    Extra("seat", _l("座位"), lambda activity: seats.has_seats(activity.id), seats.labels),
    Extra("coming", _l("再次确认"), lambda activity: reconfirm.has_any(activity.id), answers),
)

_of_kinds: dict[str, tuple[Extra, ...]] = {}


def register(columns: Mapping[str, Sequence[Extra]]) -> None:
    """Make known, by kind of activity, the columns that it adds; called once by the composition root."""
    _of_kinds.clear()
    _of_kinds.update((kind, tuple(each)) for kind, each in columns.items())


def extras_of(activity: Activity) -> list[Extra]:
    """Return the columns of other slices that an activity's roster has."""
    return [extra for extra in (*EXTRAS, *_of_kinds.get(activity.kind, ())) if extra.is_of(activity)]


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a roster can have beside the name."""

    #: Also its name in the address of a choice; an answer's is ``a-<question key>``.
    key: str
    label: str
    #: Its class, without ``c-``.
    look: str
    question: Question | None = None
    extra: Extra | None = None
    #: It stands unless somebody chooses otherwise.
    is_usual: bool = True


def available(activity: Activity, places: render.Places, *, has_tags: bool, by_name: bool) -> list[Column]:
    """Return the columns that an activity's roster can have, in the order in which they stand.

    :param by_name: the reader may see names, and so notes.
    """
    usual = {question.key for question in render.columns(activity)}
    answers = [
        Column(f"{ANSWER}{question.key}", loc(question, "label"), "org", question, is_usual=question.key in usual)
        for question in sorted(render.answered(activity), key=lambda question: question.key not in usual)
        if question.type != "pledge"
    ]
    extras = [Column(extra.key, str(extra.label), "extra", extra=extra) for extra in extras_of(activity)]
    return [
        Column("state", _("状态"), "state"),
        *([Column("tags", _("标签"), "tags")] if has_tags else []),
        Column("contact", _("联系方式"), "contact"),
        *([Column("pool", _("席位"), "pool")] if places.are_labelled else []),
        *extras,
        *([Column("slot", _("场次"), "slot")] if places.are_many else []),
        *([Column("party", _("人数"), "party")] if activity.party_max > 1 else []),
        *answers,
        Column("code", _("签到码"), "code"),
        Column("arrived", _("签到时间"), "arrived", is_usual=False),
        *([Column("notes", _("内部备注"), "notes", is_usual=False)] if by_name else []),
        Column("at", _("报名时间"), "at"),
    ]


def shown(columns: Sequence[Column], chosen: Sequence[str] | None) -> list[Column]:
    """Return the columns that somebody has chosen, in the order in which they stand; None: the usual ones."""
    if chosen is None:
        return [column for column in columns if column.is_usual]
    return [column for column in columns if column.key in chosen]


def extras(columns: Sequence[Column], sign_up_ids: Sequence[int]) -> dict[str, Mapping[int, str]]:
    """Return the words of the columns of other slices: by column, then by sign-up."""
    return {column.key: column.extra.read(sign_up_ids) for column in columns if column.extra}
