"""What the details of a kind may refer to. A file names a venue or a question by its key; kept is the key with its words.

While the programme's files are read, ``Known`` is the validation context. What comes from the database was checked then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, model_validator

from festival.lib.documents import Part, Text, Words


@dataclass(frozen=True, slots=True)
class Known:
    """What an activity's details may name, by key."""

    venues: Mapping[str, Words] = field(default_factory=dict)
    questions: Mapping[str, Words] = field(default_factory=dict)
    #: The activity's pools and how many persons each takes; None unlimited.
    pools: Mapping[str, int | None] = field(default_factory=dict)
    sessions: frozenset[str] = frozenset()


def known(info: ValidationInfo) -> Known | None:
    """Return what may be named; None where a document comes from the database."""
    return info.context if isinstance(info.context, Known) else None


class VenueNamed(Part):
    """A venue, with its name as it was when the programme was loaded."""

    key: Text
    name: Words

    @model_validator(mode="before")
    @classmethod
    def _of_key(cls, given: object, info: ValidationInfo) -> object:
        return _with_words(given, known(info), "venue")


class QuestionNamed(Part):
    """A question of the library, with its label."""

    key: Text
    name: Words

    @model_validator(mode="before")
    @classmethod
    def _of_key(cls, given: object, info: ValidationInfo) -> object:
        return _with_words(given, known(info), "question")


def _with_words(given: object, names: Known | None, what: str) -> object:
    if not isinstance(given, str) or names is None:
        return given
    found = (names.venues if what == "venue" else names.questions).get(given)
    if found is None:
        raise ValueError(f"there is no {what} {given!r}")
    return {"key": given, "name": found}


def _a_pool(key: str, info: ValidationInfo) -> str:
    names = known(info)
    if names is not None and key not in names.pools:
        raise ValueError(f"the activity has no pool {key!r}")
    return key


def _a_session(key: str, info: ValidationInfo) -> str:
    names = known(info)
    if names is not None and key not in names.sessions:
        raise ValueError(f"the activity has no session {key!r}")
    return key


PoolKey = Annotated[Text, AfterValidator(_a_pool)]
SessionKey = Annotated[Text, AfterValidator(_a_session)]
