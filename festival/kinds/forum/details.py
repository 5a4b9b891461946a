"""What a forum begins with: its first agenda, the break-outs, who speaks, and how seats are numbered."""

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


class Speaker(Part):
    """Somebody who speaks."""

    key: Text
    name: Words
    #: What they are and where, or who comes with them.
    role: Words | None = None


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
    #: Keys of those who speak.
    speakers: tuple[Text, ...] = ()

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
    speakers: tuple[Speaker, ...] = ()
    agenda: tuple[AgendaItem, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _speakers_are_known(self) -> "ForumDetails":
        known = {speaker.key for speaker in self.speakers}
        unknown = [key for item in self.agenda for key in item.speakers if key not in known]
        if unknown or len(known) != len(self.speakers):
            raise ValueError(f"speakers are named twice or not at all: {unknown}")
        return self

    @model_validator(mode="after")
    def _rooms_are_free(self) -> "ForumDetails":
        for index, item in enumerate(self.agenda):
            for other in self.agenda[index + 1 :]:
                if item.room == other.room and item.starts_at < other.ends_at and other.starts_at < item.ends_at:
                    raise ValueError(f"{item.key} and {other.key} are in the same room at the same time")
        return self
