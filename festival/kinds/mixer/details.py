"""What readers see of a mixer: how the afternoon goes, how two people find each other, and what is never asked."""

from datetime import datetime, time

from pydantic import Field, PositiveInt, model_validator

from festival.kinds.mixer.rules import MOST_ROUNDS, ROWS, Band, Times
from festival.lib import clock
from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details


class Born(Part):
    """The age band: years of birth that may take part, both included."""

    first: int = Field(ge=1900, le=2100)
    last: int = Field(ge=1900, le=2100)

    @model_validator(mode="after")
    def _in_order(self) -> "Born":
        if self.first > self.last:
            raise ValueError("first is after last")
        return self


class Numbers(Part):
    """The numbers people wear instead of names."""

    men: Text
    women: Text
    assigned: Words


class Pairing(Part):
    """The rotating tables and the mutual choice. Times are of the day on which the mixer is held."""

    numbers: Numbers | None = None
    rounds: PositiveInt = Field(le=MOST_ROUNDS)
    minutes_per_round: PositiveInt = Field(le=60)
    choices_max: PositiveInt = Field(le=ROWS)
    #: The window for choosing; its end does not belong to it.
    opens: time
    closes: time
    #: Each sees their own result from then on.
    reveal: time
    rule: Words | None = None
    delete_after_days: PositiveInt = 30

    @model_validator(mode="after")
    def _in_order(self) -> "Pairing":
        if not self.opens < self.closes <= self.reveal:
            raise ValueError("opens, closes and reveal must follow each other")
        return self

    def times_on(self, instant: datetime) -> Times:
        """Return the instants on the day of an instant: a mixer that is moved to another day takes them along."""
        day = clock.local_day(instant)
        return Times(*(datetime.combine(day, at, clock.ZONE) for at in (self.opens, self.closes, self.reveal)))


class Item(Part):
    """A part of the afternoon."""

    starts: time
    title: Words


class MixerDetails(Details):
    """The mixer's programme and rules."""

    born: Born | None = None
    never_collect: tuple[Words, ...] = ()
    pairing: Pairing
    agenda: tuple[Item, ...] = ()

    @property
    def band(self) -> Band | None:
        """Return who is of the right age; None: anybody is."""
        return Band(self.born.first, self.born.last) if self.born else None
