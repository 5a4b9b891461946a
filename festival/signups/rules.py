"""What may happen to a sign-up, and who is next. Pure: plain values in, a verdict out."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of a sign-up (domain: sign-up states)."""

    PENDING = "pending"
    ENTERED = "entered"
    OFFERED = "offered"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    REJECTED = "rejected"
    EXPIRED = "expired"


#: Counted against a pool's capacity, each times its party size; an offer only until its deadline.
COUNTED = frozenset({State.CONFIRMED, State.ATTENDED, State.NO_SHOW, State.OFFERED})
#: Something can still become of it, and the person may withdraw it.
LIVE = frozenset({State.PENDING, State.ENTERED, State.OFFERED, State.CONFIRMED, State.WAITLISTED})
#: Live or used: a person holds at most one of these per claim (the partial unique index says the same).
CLAIMING = LIVE | {State.ATTENDED, State.NO_SHOW}


@dataclass(frozen=True, slots=True)
class Places:
    """How a pool stands: counts are persons. ``capacity`` None is unlimited."""

    capacity: int | None
    taken: int
    waiting: int

    @property
    def free(self) -> int | None:
        """Places left; negative when the capacity was lowered below what is taken; None when unlimited."""
        return None if self.capacity is None else self.capacity - self.taken
