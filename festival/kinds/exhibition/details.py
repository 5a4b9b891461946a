"""What readers see of an exhibition: who shows what, and how groups visit."""

from datetime import time
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details

Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class Groups(Part):
    """Visits of groups with a guide."""

    #: Groups at the same time.
    per_entry: PositiveInt
    #: Persons.
    least: PositiveInt
    most: PositiveInt
    needs_host_reply: bool

    @model_validator(mode="after")
    def _least_before_most(self) -> "Groups":
        if self.most < self.least:
            raise ValueError("the largest group is smaller than the smallest")
        return self


class Exhibitor(Part):
    """A craftsperson and the booth."""

    key: Text
    booth: Text
    title: Words
    who: Words
    story: Words
    demonstration: Words


class ExhibitionDetails(Details):
    """The exhibition beyond its timed entries."""

    #: Nobody is let in later.
    last_entry: time
    closed: tuple[Weekday, ...] = ()
    groups: Groups | None = None
    exhibitors: tuple[Exhibitor, ...] = Field(min_length=1)
