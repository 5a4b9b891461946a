"""What readers see of an alliance: how an organisation becomes a member, and who is one."""

from typing import Literal

from pydantic import AwareDatetime, Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.details import QuestionNamed
from festival.programme.kinds import Details


class Level(Part):
    """A level of membership."""

    key: Text
    title: Words
    #: At most so many members; None unlimited.
    most: PositiveInt | None = None


class Paper(Part):
    """A file to hand in."""

    key: Text
    title: Words


class Application(Part):
    """How an organisation applies."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime
    levels: tuple[Level, ...] = Field(min_length=1)
    questions: tuple[QuestionNamed, ...]
    files: tuple[Paper, ...]
    steps: tuple[Words, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _closes_after_opening(self) -> "Application":
        if self.closes_at <= self.opens_at:
            raise ValueError("it closes before it opens")
        return self


class Member(Part):
    """An organisation that belongs to it."""

    name: Words
    level: Text
    type: Literal["bank", "securities", "insurance", "venture", "leasing", "service"]


class AllianceDetails(Details):
    """Application and members."""

    application: Application
    members: tuple[Member, ...] = ()

    @model_validator(mode="after")
    def _levels_exist(self) -> "AllianceDetails":
        levels = {level.key for level in self.application.levels}
        for member in self.members:
            if member.level not in levels:
                raise ValueError(f"there is no level {member.level!r}")
        return self

    def members_at(self, level: str) -> tuple[Member, ...]:
        """Return the members at one level."""
        return tuple(member for member in self.members if member.level == level)
