"""What somebody wants to see of a roster. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from festival.signups.rules import State


class Sort(StrEnum):
    """The order of a roster."""

    STATE = "state"  # those with a place first, each state in the order in which they joined
    NAME = "name"  # by sound
    NEWEST = "newest"
    OLDEST = "oldest"
    PLACE = "place"  # slot, pool, then sound: as it is printed


class Field(StrEnum):
    """What can be filtered by; as a parameter of the address."""

    STATE = "state"
    POOL = "pool"
    SLOT = "slot"
    ARRIVED = "in"


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
class Wanted:
    """A view of a roster: what is searched, filtered and sorted. It is the address of the page, so it can be shared."""

    words: str = ""
    state: State | None = None
    pool_id: int | None = None
    slot_id: int | None = None
    #: Checked in; None: whether or not.
    arrived: bool | None = None
    #: Filters that are turned round: rows that are NOT so.
    negated: frozenset[Field] = frozenset()
    sort: Sort = Sort.STATE
    page: int = 1

    @property
    def filters(self) -> dict[Field, str]:
        """Return the filters in use as parameters of the address."""
        values = {
            Field.STATE: self.state and self.state.value,
            Field.POOL: self.pool_id and str(self.pool_id),
            Field.SLOT: self.slot_id and str(self.slot_id),
            Field.ARRIVED: "yes" if self.arrived else None,
        }
        return {field: value for field, value in values.items() if value}

    def parameters(self, *, without: Field | None = None, page: int = 1) -> dict[str, str | list[str]]:
        """Return the parameters of the address of this view, or of it without one filter, or of another page."""
        kept = {field: value for field, value in self.filters.items() if field != without}
        negated = sorted(field.value for field in self.negated if field in kept)
        parameters: dict[str, str | list[str]] = {}
        if self.words:
            parameters["q"] = self.words
        parameters |= {field.value: value for field, value in kept.items()}
        if negated:
            parameters["not"] = negated
        if self.sort != Sort.STATE:
            parameters["sort"] = self.sort.value
        if page > 1:
            parameters["page"] = str(page)
        return parameters


def last_page(total: int, size: int) -> int:
    """Return the number of the last page of so many rows; an empty list has one page."""
    return max(1, -(-total // size))
