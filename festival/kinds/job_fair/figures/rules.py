"""What a figure is made of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from festival.kinds.job_fair.employers.rules import Figure


class Source(StrEnum):
    """Where a figure comes from: whoever reads it must be able to tell."""

    COUNTED = "counted"
    COMPLETED = "completed"  # counted, and employers' own numbers added
    ENTERED = "entered"  # by organizers, in place of what was counted
    REASONED = "reasoned"  # from other figures


@dataclass(frozen=True, slots=True)
class Line:
    """One figure."""

    figure: Figure
    #: From rows; None: rows know nothing of it (the ratio).
    counted: int | None
    #: What employers entered for themselves, in sum.
    by_employers: int = 0
    #: What organizers entered for the fair; None: nothing.
    by_staff: int | None = None
    ratio: Decimal | None = None

    @property
    def value(self) -> int | Decimal | None:
        """The figure to publish; None: there is none yet (a ratio to nobody)."""
        if self.figure == Figure.RATIO:
            return self.ratio
        return self.by_staff if self.by_staff is not None else (self.counted or 0) + self.by_employers

    @property
    def source(self) -> Source:
        """Where it comes from."""
        if self.figure == Figure.RATIO:
            return Source.REASONED
        if self.by_staff is not None:
            return Source.ENTERED
        return Source.COMPLETED if self.by_employers else Source.COUNTED


def ratio(openings: int, visitors: int) -> Decimal | None:
    """Return the openings for each visitor (求人倍率), to two decimals; None: nobody came."""
    if visitors <= 0:
        return None
    return (Decimal(openings) / Decimal(visitors)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def lines(counted: Mapping[Figure, int], by_employers: Mapping[Figure, int], by_staff: Mapping[Figure, int]) -> list[Line]:
    """Return the nine figures in their order."""
    found = {
        figure: Line(figure, counted.get(figure, 0), by_employers.get(figure, 0), by_staff.get(figure))
        for figure in Figure
        if figure != Figure.RATIO
    }
    openings, visitors = found[Figure.OPENINGS].value, found[Figure.VISITORS].value
    assert isinstance(openings, int)
    assert isinstance(visitors, int)
    return [*found.values(), Line(Figure.RATIO, None, ratio=ratio(openings, visitors))]
