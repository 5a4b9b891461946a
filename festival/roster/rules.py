"""What somebody wants to see of a roster. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from festival.lib.errors import Refused
from festival.signups.rules import State


class Sort(StrEnum):
    """The order of a roster."""

    STATE = "state"  # those with a place first, each state in the order in which they joined
    NAME = "name"  # by sound
    NEWEST = "newest"
    OLDEST = "oldest"
    PLACE = "place"  # slot, pool, then sound: as it is printed
    ARRIVED = "arrived"  # who came in last first, then by sound
    PARTY = "party"  # the largest party first


class Field(StrEnum):
    """What can be filtered by; as a parameter of the address. Answers are filtered by ``a-<question key>``."""

    STATE = "state"
    POOL = "pool"
    SLOT = "slot"
    ARRIVED = "in"
    CONSENT = "consent"
    TAG = "tag"
    REVIEWER = "reviewer"
    LATER = "later"  # questions that were added after the sign-up
    COMING = "coming"  # whether somebody asked said to be still coming


class Arrival(StrEnum):
    """How much of a party has come in."""

    YES = "yes"
    PART = "part"  # some have, the others are still to come
    NO = "no"


class Coming(StrEnum):
    """What somebody who was asked said: still coming, or nothing yet; or nobody asked."""

    YES = "yes"
    OPEN = "open"
    NOT_ASKED = "none"


#: What an answer's filter begins with; the question's key follows.
ANSWER = "a-"
#: The one value of the filter of questions added later.
UNANSWERED = "open"
#: The value that stands for "nothing": not answered, without a tag, not reviewed.
NOTHING = "none"
#: Values of the filter of consents: to the notice as a whole; any taken back. ``q-<key>``: to one sensitive question.
AGREED, WITHDRAWN, AGREED_TO = "notice", "withdrawn", "q-"
#: Types of questions whose answers can be filtered by: what is written freely, or sealed, cannot.
CHOICES = frozenset({"select", "multi", "tags", "boolean"})
#: Questions that have a column of their own: their answers stand in no other.
OWN_COLUMN = frozenset({"name", "mobile", "companions"})
#: Filters in one view, and values in one filter.
_MOST_FILTERS, _MOST_VALUES = 20, 50
_KEY = re.compile(r"[a-z0-9_-]{1,32}")
#: Addresses carry ids as they are bounded everywhere.
_ID = re.compile(r"[1-9][0-9]{0,9}")
_MAX_ID = 2**31 - 1

#: The order in which states stand in a roster.
ORDER = (
    State.CONFIRMED,
    State.ATTENDED,
    State.OFFERED,
    State.PENDING,
    State.ENTERED,
    State.WAITLISTED,
    State.NO_SHOW,
    State.REJECTED,
    State.EXPIRED,
    State.WITHDRAWN,
    State.REMOVED,
)
#: Whoever stands in one of these is expected to come, or came, or did not: they are on the sign-in sheet. 应到
EXPECTED = (State.CONFIRMED, State.ATTENDED, State.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition of a view: rows whose field has one of these values or, turned round, none of them."""

    #: A ``Field``, or ``a-<question key>``.
    name: str
    values: tuple[str, ...]
    is_not: bool = False

    @property
    def question_key(self) -> str | None:
        """Return the question whose answer is filtered by; None: it is no answer."""
        return self.name.removeprefix(ANSWER) if self.name.startswith(ANSWER) else None

    @property
    def ids(self) -> tuple[int, ...]:
        """Return those of the values that are ids."""
        return tuple(int(value) for value in self.values if value.isdigit())


def read_filter(name: str, values: Iterable[str], *, is_not: bool = False) -> Filter | None:
    """Return a filter as an address asks for it; values that cannot be are left out; None: nothing is left."""
    kept = tuple(value for value in dict.fromkeys(list(values)[:_MOST_VALUES]) if _may_be(name, value))
    return Filter(name, kept, is_not) if kept else None


def _may_be(name: str, value: str) -> bool:
    """Tell whether a filter may have such a value; whether the activity has it, the database knows."""
    match name:
        case Field.STATE:
            return value in frozenset(State)
        case Field.ARRIVED:
            return value in frozenset(Arrival)
        case Field.POOL | Field.SLOT:
            return _is_id(value)
        case Field.TAG | Field.REVIEWER:
            return value == NOTHING or _is_id(value)
        case Field.LATER:
            return value == UNANSWERED
        case Field.COMING:
            return value in frozenset(Coming)
        case Field.CONSENT:
            return value in {AGREED, WITHDRAWN} or (
                value.startswith(AGREED_TO) and _KEY.fullmatch(value.removeprefix(AGREED_TO)) is not None
            )
    return name.startswith(ANSWER) and all(_KEY.fullmatch(part) is not None for part in (name.removeprefix(ANSWER), value))


def _is_id(value: str) -> bool:
    return _ID.fullmatch(value) is not None and int(value) <= _MAX_ID


@dataclass(frozen=True, slots=True)
class Wanted:
    """A view of a roster: what is searched, filtered and sorted. It is the address of the page, so it can be shared."""

    words: str = ""
    #: All of them hold.
    filters: tuple[Filter, ...] = ()
    sort: Sort = Sort.STATE
    page: int = 1

    def of(self, name: str) -> Filter | None:
        """Return the filter by a field or an answer; None: there is none."""
        return next((one for one in self.filters if one.name == name), None)

    def has(self, name: str, value: str) -> bool:
        """Tell whether a filter has a value."""
        found = self.of(name)
        return found is not None and value in found.values

    @property
    def slot_id(self) -> int | None:
        """Return the only slot that is wanted; None: all, several, or all but some."""
        found = self.of(Field.SLOT)
        return found.ids[0] if found and not found.is_not and len(found.values) == 1 else None

    @property
    def is_limited(self) -> bool:
        """Whether it may leave anybody out."""
        return bool(self.words or self.filters)

    def parameters(self, *, without: str | None = None, page: int = 1, ticked: Iterable[int] = ()) -> dict[str, str | list[str]]:
        """Return the parameters of the address of this view, or of it without one filter (``q``: the words), or another page.

        :param ticked: rows that stay ticked, wherever they stand.
        """
        kept = [one for one in self.filters if one.name != without]
        parameters: dict[str, str | list[str]] = {}
        if self.words and without != "q":
            parameters["q"] = self.words
        parameters |= {one.name: one.values[0] if len(one.values) == 1 else list(one.values) for one in kept}
        if negated := sorted(one.name for one in kept if one.is_not):
            parameters["not"] = negated
        if self.sort != Sort.STATE:
            parameters["sort"] = self.sort.value
        if page > 1:
            parameters["page"] = str(page)
        if ids := ".".join(map(str, ticked)):
            parameters["picked"] = ids
        return parameters

    def without_words(self) -> "Wanted":
        """Return the view without what was searched: words may be a person's name, and are kept nowhere."""
        return replace(self, words="", page=1)


def read_filters(parameters: Sequence[tuple[str, Sequence[str]]], negated: Iterable[str]) -> tuple[Filter, ...]:
    """Return the filters that an address asks for, fields in their order, then answers as they come.

    :param parameters: name and values of each parameter.
    :param negated: names of filters that are turned round.
    """
    turned, given = set(negated), dict(parameters)
    names = [*(field.value for field in Field), *(name for name in given if name.startswith(ANSWER))]
    found = (read_filter(name, given[name], is_not=name in turned) for name in names[:_MOST_FILTERS] if name in given)
    return tuple(one for one in found if one is not None)


class Act(StrEnum):
    """What can be done to many sign-ups at once."""

    APPROVE = "approve"
    REJECT = "reject"
    MOVE = "move"  # to another slot or pool
    MESSAGE = "message"  # on a page of its own: ``letters``
    TAG = "tag"
    UNTAG = "untag"
    REMOVE = "remove"
    EXCUSE = "excuse"  # an absence
    COMING = "coming"  # somebody who was asked said so otherwise, by telephone


class ActReason(StrEnum):
    """Why an act is not done, or leaves a sign-up as it was."""

    CHANGED = "changed"
    TAGGED = "tagged"
    NOT_TAGGED = "not_tagged"
    NOT_SILENT = "not_silent"


class DeskReason(StrEnum):
    """Why something beside a roster is not kept."""

    SAME_LABEL = "same_label"
    TOO_MANY_TAGS = "too_many_tags"
    TOO_MANY_VIEWS = "too_many_views"


class DeskRefused(Refused):
    """It stays as it was; ``reason`` is a ``DeskReason``."""

    reason: DeskReason


def last_page(total: int, size: int) -> int:
    """Return the number of the last page of so many rows; an empty list has one page."""
    return max(1, -(-total // size))
