"""Documents in two languages: what a file or a JSON column holds, as validated values."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from festival.lib.i18n import locale

Text = Annotated[str, Field(min_length=1)]
Document = TypeVar("Document", bound=BaseModel)


class Part(BaseModel):
    """A part of a document. Unknown keys are refused, so that nothing is dropped in silence.

    Values are taken strictly, as JSON: "5" is no number and 1 is not yes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Words(Part):
    """The same words in both languages. Printed, they are those of the language spoken."""

    zh: Text
    en: Text

    def __str__(self) -> str:
        """Return the words in the language spoken."""
        return self.en if locale() == "en" else self.zh


def shifted(document: Document, weeks: int) -> Document:
    """Return a document with every date and instant in it moved by whole weeks: weekdays and clock times stay."""
    moved: Document = _moved(document, timedelta(weeks=weeks), lambda _day_or_instant: True)
    return moved


def moved_where(document: Document, by: timedelta, chosen: Callable[[datetime], bool]) -> Document:
    """Return a document with the instants that are chosen moved; its other instants and its dates stay."""
    moved: Document = _moved(document, by, lambda value: isinstance(value, datetime) and chosen(value))
    return moved


def instants(value: object) -> Iterator[datetime]:
    """Yield every instant of a document, in the order of its fields."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from instants(getattr(value, name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from instants(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from instants(item)


def _moved(value: Any, by: timedelta, chosen: Callable[[date], bool]) -> Any:
    if isinstance(value, date):  # an instant is a date too
        return value + by if chosen(value) else value
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return value.model_copy(update={name: _moved(getattr(value, name), by, chosen) for name in fields})
    if isinstance(value, tuple):
        return tuple(_moved(item, by, chosen) for item in value)
    if isinstance(value, dict):
        return {key: _moved(item, by, chosen) for key, item in value.items()}
    return value
