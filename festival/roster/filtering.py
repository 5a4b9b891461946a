"""What a roster can be filtered by, in words: for the form, and for the filters in use."""

from collections.abc import Sequence
from dataclasses import dataclass

from festival.lib.i18n import _, loc
from festival.programme.models import Activity, Question, Sensitivity
from festival.reconfirm import queries as reconfirm
from festival.roster.models import Tag
from festival.roster.queries import Reviewer
from festival.roster.render import Places
from festival.roster.rules import (
    AGREED,
    AGREED_TO,
    ANSWER,
    CHOICES,
    NOTHING,
    UNANSWERED,
    WITHDRAWN,
    Arrival,
    Field,
    Wanted,
)
from festival.roster.wording import ARRIVALS, COMINGS
from festival.signups.notice import sensitive_groups
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter, with the values that it may have."""

    name: str
    label: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Used:
    """A filter in use: what it is called, and its values in words."""

    name: str
    label: str
    words: str
    is_not: bool


def choices(activity: Activity, places: Places, tags: Sequence[Tag], reviewers: Sequence[Reviewer]) -> list[Choice]:
    """Return the filters that an activity's roster has. One without any value to choose is left out."""
    found = [
        Choice(Field.STATE, _("状态"), [Option(state.value, str(STATE_WORDS[state])) for state in State]),
        Choice(Field.POOL, _("名额池"), [Option(str(one), label) for one, label in places.pool_choices()]),
        Choice(Field.SLOT, _("场次"), [Option(str(one), label) for one, label in places.slot_choices()]),
        Choice(Field.ARRIVED, _("签到"), [Option(one.value, str(ARRIVALS[one])) for one in Arrival]),
        Choice(Field.TAG, _("标签"), _or_none([Option(str(tag.id), tag.label) for tag in tags], _("没有标签"))),
        Choice(Field.REVIEWER, _("审核人"), _or_none([Option(str(one.id), one.name) for one in reviewers], _("未经审核"))),
        Choice(Field.COMING, _("再次确认"), _comings(activity)),
        Choice(Field.CONSENT, _("同意"), _consents(activity)),
        Choice(Field.LATER, _("后来增加的问题"), _later(activity)),
    ]
    answers = [
        Choice(f"{ANSWER}{question.key}", loc(question, "label"), _answers(question))
        for question in activity.questions
        if question.type in CHOICES and question.sensitivity != Sensitivity.SENSITIVE
    ]
    return [choice for choice in (*found, *answers) if choice.options]


def _or_none(options: list[Option], words: str) -> list[Option]:
    return [*options, Option(NOTHING, words)] if options else []


def _consents(activity: Activity) -> list[Option]:
    groups = sensitive_groups(list(activity.questions))
    return [
        Option(AGREED, _("已同意个人信息告知")),
        *(Option(f"{AGREED_TO}{key}", _("已单独同意：%(what)s", what=_labels(asked))) for key, asked in groups.items()),
        Option(WITHDRAWN, _("撤回过同意")),
    ]


def _comings(activity: Activity) -> list[Option]:
    """Return what people may have said, once anybody was asked whether they are still coming."""
    if not reconfirm.has_any(activity.id):
        return []
    return [Option(one.value, str(words)) for one, words in COMINGS.items()]


def _later(activity: Activity) -> list[Option]:
    """Return the one choice there is once questions were added to an activity that people had signed up for."""
    was_added = any(question.added_at is not None for question in activity.questions)
    return [Option(UNANSWERED, _("尚未回答"))] if was_added else []


def _labels(questions: Sequence[Question]) -> str:
    return _("、").join(loc(question, "label") for question in questions)


def _answers(question: Question) -> list[Option]:
    if question.type == "boolean":
        return [Option("1", _("是")), Option(NOTHING, _("未选"))]
    return _or_none([Option(option.key, loc(option, "label")) for option in question.options], _("未填"))


def used(view: Wanted, offered: Sequence[Choice]) -> list[Used]:
    """Return the filters of a view in words. A value that the activity does not have stands as it was asked for."""
    by_name = {choice.name: choice for choice in offered}
    found = []
    for one in view.filters:
        choice = by_name.get(one.name)
        labels = {option.value: option.label for option in choice.options} if choice else {}
        words = _("、").join(labels.get(value, value) for value in one.values)
        found.append(Used(one.name, choice.label if choice else one.name, words, one.is_not))
    return found
