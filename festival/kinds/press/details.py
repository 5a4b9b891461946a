"""What readers see of a press conference: how to ask, what comes out of it, and the policies."""

from typing import Literal

from pydantic import AwareDatetime, Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.kinds import Details


class QuestionCollection(Part):
    """Questions sent by the public beforehand."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime
    is_moderated: bool
    #: Characters.
    longest: PositiveInt
    shown_after_review: bool

    @model_validator(mode="after")
    def _closes_after_opening(self) -> "QuestionCollection":
        if self.closes_at <= self.opens_at:
            raise ValueError("it closes before it opens")
        return self


class Policy(Part):
    """A policy that is announced. ``is_document`` False: a plan or mechanism without one text."""

    key: Text
    title: Words
    is_document: bool
    named_in_article: bool
    level: Literal["district", "city"]
    area: Literal["plan", "attract", "support", "family", "service"]


class PressDetails(Details):
    """The conference beyond its seats."""

    questions: QuestionCollection
    outputs: tuple[Words, ...]
    policies: tuple[Policy, ...] = Field(min_length=1)
