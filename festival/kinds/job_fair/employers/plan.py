"""The plan of a fair's hall: where each booth is drawn, and what stands beside it in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from festival.kinds.job_fair.employers.models import Booth, Employer
from festival.kinds.job_fair.employers.rules import BoothState
from festival.lib.text import search_key

#: In units of the drawing.
_WIDTH, _HEIGHT, _AISLE, _MARGIN, _LETTER = 56, 40, 24, 12, 24


@dataclass(frozen=True, slots=True)
class Drawn:
    """One booth on the plan."""

    booth: Booth
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Where its label is centred."""
        return self.x + self.width // 2

    @property
    def line(self) -> int:
        """Where its label stands."""
        return self.y + self.height // 2 + 5


@dataclass(frozen=True, slots=True)
class Row:
    """One row of booths."""

    letter: str
    y: int
    booths: tuple[Drawn, ...]

    @property
    def free(self) -> int:
        """How many of its booths can be chosen."""
        return sum(1 for one in self.booths if one.booth.state == BoothState.FREE)


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole hall. Sizes in units of the drawing."""

    width: int
    height: int
    rows: tuple[Row, ...]

    @property
    def booths(self) -> int:
        """How many booths there are."""
        return sum(len(row.booths) for row in self.rows)

    @property
    def taken(self) -> int:
        """How many of them an employer has."""
        return sum(1 for row in self.rows for one in row.booths if one.booth.state == BoothState.TAKEN)


def drawn(booths: Sequence[Booth]) -> Plan:
    """Return the plan of these booths: rows in pairs back to back, an aisle after each pair."""
    rows: dict[str, list[Drawn]] = {}
    for booth in booths:
        y = _MARGIN + booth.y * _HEIGHT + (booth.y // 2) * _AISLE
        x = _MARGIN + _LETTER + booth.x * _WIDTH
        rows.setdefault(booth.row, []).append(Drawn(booth, x, y, _WIDTH - 6, _HEIGHT - 6))
    made = tuple(Row(letter, places[0].line, tuple(places)) for letter, places in rows.items())
    right = max((one.x + one.width for row in made for one in row.booths), default=0)
    bottom = max((one.y + one.height for row in made for one in row.booths), default=0)
    return Plan(right + _MARGIN, bottom + _MARGIN, made)


def is_meant(employer: Employer, typed: str) -> bool:
    """Tell whether an employer is one that somebody in the hall looks for, by name or booth; nothing typed means each."""
    booth = employer.booth.label if employer.booth is not None else ""
    return search_key(typed) in search_key(f"{booth} {employer.name_zh} {employer.name_en}")
