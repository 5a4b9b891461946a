"""What the statistics sheet adds up. Pure."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Figures:
    """How many persons, of one pool or of several added up. Staff and speakers, who take nobody's place, are not in it."""

    #: Places; None: unlimited.
    places: int | None = 0
    #: Whoever has ever signed up, whatever became of it.
    signed_up: int = 0
    #: Under review, in a draw, or asked to confirm.
    undecided: int = 0
    waitlisted: int = 0
    #: Withdrawn by themselves, or removed by staff.
    withdrawn: int = 0
    #: Not approved, or an offer that ran out.
    refused: int = 0
    #: 应到
    expected: int = 0
    #: 实到
    came: int = 0
    #: Expected and come in what is over: before the end nobody is absent.
    due: int = 0
    due_came: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        """Return both together; unlimited places and some are unlimited."""
        return Figures(
            None if self.places is None or other.places is None else self.places + other.places,
            self.signed_up + other.signed_up,
            self.undecided + other.undecided,
            self.waitlisted + other.waitlisted,
            self.withdrawn + other.withdrawn,
            self.refused + other.refused,
            self.expected + other.expected,
            self.came + other.came,
            self.due + other.due,
            self.due_came + other.due_came,
        )

    @property
    def absent(self) -> int | None:
        """Who was expected and did not come; None: nothing is over yet."""
        return self.due - self.due_came if self.due else None

    @property
    def no_show_percent(self) -> float | None:
        """The share of the expected who did not come, in percent; None: nothing is over yet."""
        return 100 * (self.due - self.due_came) / self.due if self.due else None


def total(figures: Iterable[Figures]) -> Figures:
    """Return everything added up."""
    return reduce(Figures.__add__, figures, Figures())


def grouped(rows: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    """Return rows by a key, both in the order in which they come."""
    found: dict[K, list[V]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def over(figures: Figures, *, is_over: bool) -> Figures:
    """Return the figures of something that is over: whoever was expected is due."""
    return replace(figures, due=figures.expected, due_came=min(figures.came, figures.expected)) if is_over else figures
