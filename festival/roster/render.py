"""What of a roster anybody gets to read, masked. Nothing unmasked leaves this module."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from festival.lib import names
from festival.lib.format import digits, phone, span
from festival.lib.i18n import _, loc
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Pool, Question, Sensitivity, Slot
from festival.roster.queries import Row
from festival.roster.rules import OWN_COLUMN
from festival.signups.asking import words_of
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS

#: What stands for an answer that is not shown.
HIDDEN = "••••"
#: Types of questions whose answers are shown in part.
_IN_PART = frozenset({"mobile", "email", "names"})
#: Types of questions that people answer in their own words at length: whatever they say of themselves is masked.
_FREE = frozenset({"textarea"})
#: Columns of answers where the kind of activity names none.
_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One sign-up as it may be read."""

    id: int
    digits: str
    state: State
    state_words: str
    party_size: int
    arrived: int
    #: In full, or masked; empty where the activity asks none.
    name: str
    #: Always masked.
    contact: str
    pool: str
    slot: str
    signed_up_at: datetime
    checked_in_at: datetime | None
    is_from_counter: bool
    answers: tuple[str, ...]
    tag_ids: tuple[int, ...]
    notes: int


def is_hidden(question: Question) -> bool:
    """Tell whether a question's answers are never shown in a list: what is sensitive, and what is written freely."""
    return question.sensitivity == Sensitivity.SENSITIVE or question.type in _FREE


def is_masked(question: Question) -> bool:
    """Tell whether more of a question's answers can be seen than a list shows."""
    return is_hidden(question) or question.type in _IN_PART


def answered(activity: Activity) -> list[Question]:
    """Return the questions whose answers are columns of files: all but those with a column of their own."""
    return [question for question in activity.questions if question.key not in OWN_COLUMN]


def columns(activity: Activity) -> list[Question]:
    """Return the questions that are columns of the page: those the kind names, else the first few."""
    askable = [question for question in answered(activity) if not is_hidden(question) and question.type not in {"file", "pledge"}]
    by_key = {question.key: question for question in askable}
    chosen = [by_key[key] for key in kind_of(activity).roster_columns if key in by_key]
    return (chosen or askable)[:_COLUMNS]


class Places:
    """The names of an activity's slots and pools, as a roster writes them; each is put into words once."""

    def __init__(self, activity: Activity) -> None:
        self._slots: dict[int, Slot] = {slot.id: slot for slot in activity.slots}
        self._extras: dict[int, Slot] = {slot.id: slot for slot in activity.extras}
        every = self._slots | self._extras
        self._pools: dict[int, Pool] = {pool.id: pool for slot in activity.slots for pool in slot.pools}
        self._pool_words = {pool.id: loc(pool, "label") for slot in every.values() for pool in slot.pools}
        self._pool_keys = {pool.id: pool.key for slot in every.values() for pool in slot.pools}
        self._slot_labels = {slot.id: loc(slot, "label") for slot in every.values()}
        self._slot_words = {
            slot.id: f"{self._slot_labels[slot.id]} {span(slot.starts_at, slot.ends_at)}".strip() for slot in every.values()
        }

    @property
    def are_many(self) -> bool:
        """Whether there is more than one slot with places."""
        return sum(1 for slot in self._slots.values() if slot.pools) > 1

    @property
    def are_labelled(self) -> bool:
        """Whether any pool has a name of its own."""
        return any(self._pool_words.values())

    def pool(self, pool_id: int) -> str:
        """Return a pool's name; empty for the only one."""
        return self._pool_words.get(pool_id, "")

    def slot(self, slot_id: int) -> str:
        """Return a slot's name and time."""
        return self._slot_words.get(slot_id, "")

    def pool_key(self, pool_id: int) -> str:
        """Return what names a pool for a program: its label, else its key."""
        return self._pool_words.get(pool_id) or self._pool_keys[pool_id]

    def slot_key(self, slot_id: int) -> str:
        """Return what names a slot for a program: its label, else its key."""
        return self._slot_labels.get(slot_id) or (self._slots | self._extras)[slot_id].key

    def targets(self) -> list[tuple[int, str]]:
        """Return every pool that somebody can be moved to, with its slot where there are several."""
        return [
            (
                pool.id,
                " · ".join(filter(None, (self.slot(pool.slot_id) if self.are_many else "", self.pool(pool.id)))) or pool.key,
            )
            for pool in self._pools.values()
            if not (pool.is_flex or pool.is_closed)
        ]

    def pool_choices(self) -> list[tuple[int, str]]:
        """Return the pools to filter by, where a slot has several."""
        if not any(len(slot.pools) > 1 for slot in self._slots.values()):
            return []
        return [
            (pool.id, f"{self.pool(pool.id)} · {self.slot(pool.slot_id)}" if self.are_many else self.pool(pool.id))
            for pool in self._pools.values()
        ]

    def slot_choices(self) -> list[tuple[int, str]]:
        """Return the slots to filter by, where there are several; a session stands for all that belongs to it."""
        every = self._slots | self._extras
        return [(slot_id, self.slot(slot_id)) for slot_id in every] if len(every) > 1 else []


def state_words(row: Row) -> str:
    """Return a sign-up's state in a few words."""
    if row.state == State.WAITLISTED and row.position:
        return _("候补第 %(n)s 位", n=row.position)
    return _words(row.state, has_more=has_more(row))


def all_state_words() -> dict[tuple[State, bool], str]:
    """Return the words of every state, by state and ``has_more``: put into words once for a long list."""
    return {(state, more): _words(state, has_more=more) for state in State for more in (False, True)}


def has_more(row: Row) -> bool:
    """Tell whether there is more to a state than its name: the review asked for more, or the absence is excused."""
    return row.is_excused if row.state == State.NO_SHOW else row.is_asked


def _words(state: State, *, has_more: bool) -> str:
    if state == State.PENDING and has_more:
        return _("需补充材料")
    if state == State.NO_SHOW and has_more:
        return _("缺席（已免除）")
    return str(STATE_WORDS[state])


def answer_words(question: Question, row: Row) -> str:
    """Return an answer as it may be read in a list: numbers and addresses masked, of a file only what kind it is."""
    if question.key not in row.answers:
        return ""
    answer = row.answers[question.key]
    if answer is None or is_hidden(question):
        return HIDDEN
    match question.type:
        case "mobile" | "email":
            return phone(answer)
        case "file":
            return answer.rpartition(".")[2].upper()
        case "names":
            return _("、").join(map(names.masked, answer.splitlines()))
    return words_of(question, answer)


def line(row: Row, places: Places, asked: Sequence[Question], *, by_name: bool) -> Line:
    """Return a sign-up as it may be read.

    :param by_name: the reader may see names.
    """
    return Line(
        id=row.id,
        digits=digits(row.digits),
        state=row.state,
        state_words=state_words(row),
        party_size=row.party_size,
        arrived=row.arrived,
        name=row.name if by_name else names.masked(row.name),
        contact=phone(row.contact) if row.contact else "",
        pool=places.pool(row.pool_id),
        slot=places.slot(row.slot_id),
        signed_up_at=row.signed_up_at,
        checked_in_at=row.checked_in_at,
        is_from_counter=row.is_from_counter,
        answers=tuple(answer_words(question, row) for question in asked),
        tag_ids=row.tag_ids,
        notes=row.notes,
    )
