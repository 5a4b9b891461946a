"""What an activity asks: chosen from the library or its own, with purpose and days kept. Never commits.

A new question leaves every sign-up there is as it stands; the notice has another version from then on, a sensitive one needs
its own consent from whoever answers it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from festival.audit.service import record
from festival.authoring import queries, rules
from festival.authoring.library import library
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Care
from festival.authoring.service import forget_questions
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.outbox.service import owe_each
from festival.programme import service as programme
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, Question, QuestionOption, Sensitivity
from festival.seed.sowing import note_gone

#: In front of the keys of an activity's own questions.
OWN = "own_"
#: What an activity's own question may be.
OWN_TYPES = ("text", "textarea", "select", "multi")
CHOICES = frozenset({"select", "multi"})
#: Those who have not answered are asked again no sooner.
REMIND_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose from, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a question is asked: why, for how long its answer is kept, and whether it must be answered."""

    purpose_zh: str
    purpose_en: str
    #: Days after the activity's end.
    retain_days: int
    is_required: bool
    #: The organizer has confirmed that something sensitive is really needed.
    is_sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWords:
    """What an activity's own question says."""

    label_zh: str
    label_en: str
    options: tuple[Option, ...] = ()


def add_from_library(activity_id: int, key: str, asked: Asking, *, actor_id: int) -> Question:
    """Let an activity ask a question of the library.

    :raises NotFound: the library has no such question.
    :raises AuthoringRefused: it is asked already, or is sensitive and nobody has confirmed that it is needed.
    """
    entry = library().get(key)
    if entry is None:
        raise NotFound
    activity = lock_activity(activity_id)
    if any(question.key == key for question in queries.questions(activity_id)):
        raise AuthoringRefused(AuthoringReason.ASKED_ALREADY)
    if entry.sensitivity == Sensitivity.SENSITIVE and not asked.is_sure:
        raise AuthoringRefused(AuthoringReason.NEEDS_CONFIRMATION)
    _refuse_words((asked.purpose_zh, asked.purpose_en))
    question = Question(
        key=key,
        type=entry.type,
        sensitivity=entry.sensitivity,
        consent_with=entry.consent_with,
        label_zh=entry.label.zh,
        label_en=entry.label.en,
        text_zh=entry.text.zh if entry.text else "",
        text_en=entry.text.en if entry.text else "",
        minimum=entry.minimum,
        maximum=entry.maximum,
    )
    question.options = [
        QuestionOption(key=option.key, position=position, label_zh=option.label.zh, label_en=option.label.en)
        for position, option in enumerate(entry.options, start=1)
    ]
    return _add(activity, question, asked, actor_id)


def add_own(activity_id: int, type_: str, words: OwnWords, asked: Asking, *, actor_id: int) -> Question:
    """Let an activity ask a question of its own.

    :raises AuthoringRefused: it is about what is never collected, or sensitive and nobody has confirmed that it is needed.
    """
    activity = lock_activity(activity_id)
    keys = {question.key for question in queries.questions(activity_id)} | queries.answered(activity_id).keys()
    number = next(number for number in range(1, len(keys) + 2) if f"{OWN}{number}" not in keys)
    question = Question(
        key=f"{OWN}{number}",
        type=type_,
        sensitivity=sensitivity_of(words, asked),
        label_zh=words.label_zh,
        label_en=words.label_en,
    )
    question.options = _options(words.options, [])
    return _add(activity, question, asked, actor_id)


def sensitivity_of(words: OwnWords, asked: Asking) -> Sensitivity:
    """Return how careful an own question must be handled.

    :raises AuthoringRefused: it is about what is never collected, or sensitive without a confirmation.
    """
    options = [word for option in words.options for word in (option.zh, option.en)]
    found = rules.verdict((words.label_zh, words.label_en, asked.purpose_zh, asked.purpose_en), options)
    if found.care == Care.NEVER:
        raise AuthoringRefused(AuthoringReason.NEVER_COLLECTED)
    if found.care == Care.PLAIN:
        return Sensitivity.PERSONAL
    if not asked.is_sure:
        raise AuthoringRefused(AuthoringReason.NEEDS_CONFIRMATION)
    return Sensitivity.SENSITIVE


def _refuse_words(words: Sequence[str]) -> None:
    if rules.verdict(words).care == Care.NEVER:
        raise AuthoringRefused(AuthoringReason.NEVER_COLLECTED)


def _options(wanted: Sequence[Option], known: Sequence[QuestionOption]) -> list[QuestionOption]:
    """Return the options in their order; one that keeps its words in a language is the same one."""
    by_words = {word: option for option in known for word in (f"zh {option.label_zh}", f"en {option.label_en}")}
    taken = {option.key for option in known}
    made: list[QuestionOption] = []
    for position, option in enumerate(wanted, start=1):
        row = by_words.get(f"zh {option.zh}") or by_words.get(f"en {option.en}")
        if row is None or row in made:
            number = next(number for number in range(1, len(taken) + 2) if f"o{number}" not in taken)
            row = QuestionOption(key=f"o{number}")
            taken.add(row.key)
        row.position, row.label_zh, row.label_en = position, option.zh, option.en
        made.append(row)
    return made


def _add(activity: Activity, question: Question, asked: Asking, actor_id: int) -> Question:
    """Put a question at the end; where people may have signed up already, it says since when it is asked."""
    now = database_now()
    questions = queries.questions(activity.id)
    question.activity_id = activity.id
    question.position = max((one.position for one in questions), default=0) + 1
    question.purpose_zh, question.purpose_en = asked.purpose_zh, asked.purpose_en
    question.retain_days, question.is_required = asked.retain_days, asked.is_required
    question.added_at = now if queries.has_sign_ups(activity.id) else None
    db.session.add(question)
    db.session.flush()
    changes = f"{question.key}{' sensitive' if question.sensitivity == Sensitivity.SENSITIVE else ''}"
    record("question.add", "question", question.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
    programme.touch_form(activity)
    return question


# -- changing -------------------------------------------------------------------------------------------------------------------


def _lock(activity_id: int, question_id: int) -> tuple[Activity, Question]:
    activity = lock_activity(activity_id)
    found = next((one for one in queries.questions(activity_id) if one.id == question_id), None)
    if found is None:
        raise NotFound
    return activity, found


def is_own(question: Question) -> bool:
    """Tell whether a question was written for its activity: its words may be changed."""
    return question.key.startswith(OWN)


def edit_question(activity_id: int, question_id: int, words: OwnWords | None, asked: Asking, *, actor_id: int) -> tuple[str, ...]:
    """Change how a question is asked, and an own one's words. Returns the fields changed.

    :param words: None: the library's stay.
    :raises AuthoringRefused: an option that somebody chose would go, an answered question would become another, or answers
        would be kept longer than people agreed to.
    """
    activity, question = _lock(activity_id, question_id)
    answers = queries.answered(activity_id).get(question.key, 0)
    if reason := rules.days_refusal(asked.retain_days, question.retain_days if answers else None):
        raise AuthoringRefused(reason)
    wanted: dict[str, object] = {
        "purpose_zh": asked.purpose_zh,
        "purpose_en": asked.purpose_en,
        "retain_days": asked.retain_days,
        "is_required": asked.is_required,
    }
    changed: list[str] = []
    if words is None or not is_own(question):
        _refuse_words((asked.purpose_zh, asked.purpose_en))
    else:
        sensitivity = sensitivity_of(words, asked)
        if answers and sensitivity != question.sensitivity:
            raise AuthoringRefused(AuthoringReason.ANSWERED)
        wanted |= {"label_zh": words.label_zh, "label_en": words.label_en, "sensitivity": sensitivity}
        if question.type in CHOICES and _change_options(question, words.options):
            changed.append("options")
    for name, value in wanted.items():
        if getattr(question, name) != value:
            setattr(question, name, value)
            changed.append(name)
    if changed:
        changes = f"{question.key}: {', '.join(changed)}"
        record("question.edit", "question", question.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
        programme.touch_form(activity)
    return tuple(changed)


def _change_options(question: Question, wanted: Sequence[Option]) -> bool:
    before = [(option.key, option.label_zh, option.label_en) for option in question.options]
    options = _options(wanted, question.options)
    gone = {option.key for option in question.options} - {option.key for option in options}
    if gone & (queries.chosen_options(question.activity_id, question.key) | queries.quota_answers(question)):
        raise AuthoringRefused(AuthoringReason.ANSWERED)
    for option in [one for one in question.options if one.key in gone]:
        question.options.remove(option)
        db.session.delete(option)
    for option in options:
        if option not in question.options:
            question.options.append(option)
    return before != [(option.key, option.label_zh, option.label_en) for option in options]


def move_question(activity_id: int, question_id: int, *, up: bool, actor_id: int) -> bool:
    """Let a question change places with the one before or behind it; tell whether it did."""
    activity, question = _lock(activity_id, question_id)
    questions = queries.questions(activity_id)
    at = next(index for index, one in enumerate(questions) if one.id == question.id)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(questions):
        return False
    questions[at], questions[to] = questions[to], questions[at]
    for position, one in enumerate(questions, start=1):
        one.position = position
    record("question.move", "question", question.id, actor_id=actor_id, activity_id=activity.id, changes=question.key)
    programme.touch_form(activity)
    return True


def remove_question(activity_id: int, question_id: int, *, actor_id: int) -> None:
    """Ask a question no more that nobody has answered.

    :raises AuthoringRefused: somebody has, or places are given by it, or the kind's own matters name it.
    """
    activity, question = _lock(activity_id, question_id)
    if queries.answered(activity_id).get(question.key, 0):
        raise AuthoringRefused(AuthoringReason.ANSWERED)
    if question.key in queries.quota_questions(activity_id) or f'"{question.key}"' in activity.details:
        raise AuthoringRefused(AuthoringReason.IN_USE)
    key = question.key
    note_gone(Question, [question.id], owner_id=activity_id, keys={question.id: key})
    forget_questions([question])
    for option in list(question.options):
        db.session.delete(option)
    db.session.flush()
    db.session.delete(question)
    record("question.delete", "question", question_id, actor_id=actor_id, activity_id=activity.id, changes=key)
    programme.touch_form(activity)


# -- who has not answered yet --------------------------------------------------------------------------------------------


def remind(activity_id: int, question_id: int, *, actor_id: int) -> int:
    """Ask those who signed up before a question was there to answer it; return to how many that is owed.

    :raises AuthoringRefused: everybody has answered or has begun already, or they were asked within the last day.
    """
    activity, question = _lock(activity_id, question_id)
    now = database_now()
    readers = queries.live_without(question, now)
    if not readers or _was_reminded(question, now):
        raise AuthoringRefused(AuthoringReason.NOBODY_TO_ASK)
    question.reminded_at = now
    owe_each("questions_added", "sign_up", readers, activity_id=activity_id)
    changes = f"{question.key} to {len(readers)}"
    record("question.remind", "question", question.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
    return len(readers)


def _was_reminded(question: Question, now: datetime) -> bool:
    return question.reminded_at is not None and now - question.reminded_at < REMIND_AGAIN


def may_remind(question: Question, now: datetime) -> bool:
    """Tell whether those who have not answered may be asked now."""
    return question.added_at is not None and not _was_reminded(question, now)


def question_of(activity_id: int, question_id: int) -> Question:
    """Return a question of an activity with its options.

    :raises NotFound: it has none such.
    """
    found = db.session.scalar(select(Question).where(Question.activity_id == activity_id, Question.id == question_id))
    if found is None:
        raise NotFound
    return found
