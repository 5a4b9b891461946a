"""What readers see of a forum: its agenda, the break-outs, and how seats are numbered."""

from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from pydantic import AwareDatetime, Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details


class SeatMap(Part):
    """The hall. ``label`` has the places ``{row}`` and ``{seat}``."""

    rows: PositiveInt
    seats_per_row: PositiveInt
    label: Words

    def example(self) -> str:
        """Return how one seat is called, in the language spoken."""
        return str(self.label).format(row=3, seat=12)


class AgendaItem(Part):
    """One item of the agenda."""

    key: Text
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    type: Literal["opening", "keynote", "break", "panel", "parallel", "matching", "closing"]
    room: Words
    #: A break-out's own places.
    seats: PositiveInt | None = None
    title: Words
    speaker: Words | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> "AgendaItem":
        if self.ends_at <= self.starts_at:
            raise ValueError("it ends before it starts")
        return self

    @model_validator(mode="after")
    def _a_break_out_has_seats(self) -> "AgendaItem":
        if (self.type == "parallel") != (self.seats is not None):
            raise ValueError("a parallel item, and no other, says its seats")
        return self


class ForumDetails(Details):
    """The agenda of a forum."""

    seat_map: SeatMap
    #: Hours of continuing education the forum counts for.
    credit_hours: PositiveInt | None = None
    agenda: tuple[AgendaItem, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rooms_are_free(self) -> "ForumDetails":
        for index, item in enumerate(self.agenda):
            for other in self.agenda[index + 1 :]:
                if item.room == other.room and item.starts_at < other.ends_at and other.starts_at < item.ends_at:
                    raise ValueError(f"{item.key} and {other.key} are in the same room at the same time")
        return self

    def rows(self) -> Iterator[tuple[AgendaItem, ...]]:
        """Yield the agenda's items in order; those held in parallel come together."""
        for _, items in groupby(self.agenda, key=lambda item: (item.starts_at, item.type == "parallel" or item.key)):
            yield tuple(items)
