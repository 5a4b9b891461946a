"""What a chart shows, and what needs somebody now. Pure: plain values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

#: Days shown of a history: the last so many.
MOST_DAYS = 31
#: Bars of a chart before it is told by day instead.
MOST_BARS = 24
#: How wide every picture is drawn.
WIDTH = 560


class Shape(StrEnum):
    """How a chart is drawn."""

    #: Columns by day, series on top of each other.
    DAYS = "days"
    #: One bar for each line.
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a chart. None: nothing to show there, which is not 0."""

    label: str
    values: tuple[float | None, ...]
    #: A colour of its own, such as a track's; empty: the next of ours.
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and the table beside it, made of the same numbers."""

    key: str
    title: str
    #: What the lines are: days, pools, tracks.
    heading: str
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    shape: Shape = Shape.BARS
    is_percent: bool = False

    @property
    def height(self) -> int:
        """Return how high the picture is where it is ``WIDTH`` wide."""
        return 320 if self.shape == Shape.DAYS else 110 + 34 * max(1, len(self.labels))

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to show yet."""
        return not any(value for one in self.series for value in one.values)

    @property
    def total(self) -> float:
        """Return all numbers added up."""
        return sum(value or 0 for one in self.series for value in one.values)

    @property
    def peak(self) -> tuple[str, float]:
        """Return the line with the largest sum, and that sum."""
        sums = [sum(one.values[at] or 0 for one in self.series) for at in range(len(self.labels))]
        most = max(sums, default=0)
        return (self.labels[sums.index(most)], most) if sums else ("", 0)

    def rows(self) -> list[tuple[str, list[float | None]]]:
        """Return the lines of the table: a label, and a number for each series."""
        return [(label, [one.values[at] for one in self.series]) for at, label in enumerate(self.labels)]


def day_range(days: Iterable[date]) -> list[date]:
    """Return every day from the first to the last of some, the last ``MOST_DAYS`` at most: a quiet day is a day too."""
    known = sorted(set(days))
    if not known:
        return []
    first = max(known[0], known[-1] - timedelta(days=MOST_DAYS - 1))
    return [first + timedelta(days=number) for number in range((known[-1] - first).days + 1)]


def stacked(
    counts: Mapping[tuple[date, int], int], days: Sequence[date], groups: Sequence[int]
) -> list[tuple[float | None, ...]]:
    """Return the values of each group by day."""
    return [tuple(counts.get((day, group), 0) for day in days) for group in groups]


class Todo(StrEnum):
    """What somebody should look at, most urgent first."""

    FLAGS = "flags"
    #: What a kind of activity needs now.
    OWN = "own"
    OVER = "over"
    OFFERS = "offers"
    CEILING = "ceiling"
    REVIEW = "review"
    REPLIES = "replies"
    APPEALS = "appeals"
    FAILED = "failed"
    SEATS = "seats"
    TODAY = "today"
