"""What readers see of a job fair: employers with their positions, how employers register, interviews, and what is counted."""

from datetime import time
from typing import Literal

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, model_validator

from festival.lib.clock import local
from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details, Move
from festival.programme.rules import Opening, moved_window

Education = Literal["college", "bachelor", "master", "doctor", "student"]
Industry = Literal["it", "design", "finance", "shipping", "trade", "health", "culture", "education", "service"]


#: Minutes of a day.
_DAY = 24 * 60


def later_in_the_day(move: Move) -> int:
    """Return by how many minutes a fair that has moved begins later in the day than before; negative: earlier."""
    before, after = local(move.starts_at), local(move.starts_at + move.step)
    return (after.hour - before.hour) * 60 + after.minute - before.minute


def _later(at: time, minutes: int) -> time | None:
    """Return a time of day so many minutes later; None: that is another day."""
    found = at.hour * 60 + at.minute + minutes
    return time(found // 60, found % 60) if 0 <= found < _DAY else None


class Registration(Part):
    """How employers get a booth."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime
    files: tuple[Words, ...]
    review: Words
    booths_per_organisation: PositiveInt
    arrive_by: AwareDatetime
    #: The booth of who comes later goes to another.
    release_if_late: bool
    cancel_working_days_before: NonNegativeInt
    no_show_rule: Words

    @model_validator(mode="after")
    def _closes_after_opening(self) -> "Registration":
        if self.closes_at <= self.opens_at:
            raise ValueError("it closes before it opens")
        return self

    @property
    def window(self) -> Opening:
        """When employers apply."""
        return Opening(self.opens_at, self.closes_at)


class Booths(Part):
    """The hall's booths, named by row and number: A01."""

    total: PositiveInt
    rows: tuple[Text, ...]
    per_row: PositiveInt

    @model_validator(mode="after")
    def _adds_up(self) -> "Booths":
        if self.total != len(self.rows) * self.per_row:
            raise ValueError(f"{len(self.rows)} rows of {self.per_row} are not {self.total} booths")
        return self

    def names(self) -> frozenset[str]:
        """Return every booth's name."""
        return frozenset(f"{row}{number:02}" for row in self.rows for number in range(1, self.per_row + 1))


class Interviews(Part):
    """Interviews by appointment."""

    slot_minutes: PositiveInt
    #: Seekers a recruiter sees at the same time.
    per_recruiter: PositiveInt
    opens: time
    closes: time
    most_per_seeker: PositiveInt


class Pay(Part):
    """Yuan before tax: from, to, and for how long; or a word instead."""

    min: PositiveInt | None = None
    max: PositiveInt | None = None
    per: Literal["month", "day"] | None = None
    note: Words | None = None

    @model_validator(mode="after")
    def _is_said(self) -> "Pay":
        figures = (self.min, self.max, self.per)
        if self.note is None and None in figures:
            raise ValueError("say min, max and per, or a note")
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError("the most is less than the least")
        return self


class Position(Part):
    """A kind of work offered."""

    title: Words
    openings: PositiveInt
    #: The least education asked for.
    education: Education
    pay: Pay


class Employer(Part):
    """A company at its booth."""

    key: Text
    booth: Text
    industry: Industry
    #: Persons employed, as a range.
    size: Text
    name: Words
    positions: tuple[Position, ...] = Field(min_length=1)


class JobFairDetails(Details):
    """Everything about the fair beyond entry."""

    pay_basis: Words
    education_keys: tuple[Education, ...]
    walk_in_note: Words
    registration: Registration
    booths: Booths
    interviews: Interviews
    #: What the organizers report afterwards.
    figures_after: tuple[Words, ...]
    employers: tuple[Employer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _booths_exist(self) -> "JobFairDetails":
        names = self.booths.names()
        taken: set[str] = set()
        for employer in self.employers:
            if employer.booth not in names:
                raise ValueError(f"{employer.key}: there is no booth {employer.booth!r}")
            if employer.booth in taken:
                raise ValueError(f"{employer.key}: booth {employer.booth!r} is taken")
            taken.add(employer.booth)
        return self

    def followed(self, before: "JobFairDetails", move: Move) -> "JobFairDetails":
        """Return what the fair says once it has moved: employers apply as long before it, and interviews keep their distance.

        :param before: as it was; self has moved already what lies within the fair's own time.
        """
        window = moved_window(before.registration.window, move.step, move.now)
        registration = self.registration.model_copy(update={"opens_at": window.opens_at, "closes_at": window.closes_at})
        by = later_in_the_day(move)
        hours = {name: _later(getattr(before.interviews, name), by) for name in ("opens", "closes")}
        interviews = before.interviews if None in hours.values() else before.interviews.model_copy(update=hours)
        return self.model_copy(update={"registration": registration, "interviews": interviews})

    @property
    def position_count(self) -> int:
        """How many positions are offered."""
        return sum(len(employer.positions) for employer in self.employers)

    @property
    def opening_count(self) -> int:
        """How many persons are sought."""
        return sum(position.openings for employer in self.employers for position in employer.positions)
