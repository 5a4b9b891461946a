"""What readers see of a mixer: how the afternoon goes, how two people find each other, and what is never asked."""

from datetime import time

from pydantic import AwareDatetime, Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details


class Numbers(Part):
    """The numbers people wear instead of names."""

    men: Text
    women: Text
    assigned: Words


class Pairing(Part):
    """The rotating tables and the mutual choice."""

    numbers: Numbers
    rounds: PositiveInt
    minutes_per_round: PositiveInt
    choices_max: PositiveInt
    #: The window for choosing.
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    #: Each mutual pair is told then.
    reveal_at: AwareDatetime
    rule: Words
    delete_after_days: PositiveInt

    @model_validator(mode="after")
    def _in_order(self) -> "Pairing":
        if not self.opens_at < self.closes_at <= self.reveal_at:
            raise ValueError("opens_at, closes_at and reveal_at must follow each other")
        return self


class Item(Part):
    """A part of the afternoon."""

    starts: time
    title: Words


class MixerDetails(Details):
    """The mixer's programme and rules."""

    never_collect: tuple[Words, ...]
    pairing: Pairing
    agenda: tuple[Item, ...] = Field(min_length=1)
