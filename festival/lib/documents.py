"""Documents in two languages: what a file or a JSON column holds, as validated values."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
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
    step = timedelta(weeks=weeks)
    moved: Document = _changed(document, lambda value: value + step if isinstance(value, date) else value)
    return moved


def moved_where(document: Document, by: timedelta, chosen: Callable[[datetime], bool]) -> Document:
    """Return a document with the instants that are chosen moved; its other instants, dates and times of day stay."""
    moved: Document = _changed(document, lambda value: value + by if isinstance(value, datetime) and chosen(value) else value)
    return moved


def clock_moved(document: Document, by: timedelta) -> Document:
    """Return a document with every time of day moved.

    :raises ValueError: one of them would be on another day.
    """

    def later(value: date | time) -> date | time:
        if not isinstance(value, time):
            return value
        on = datetime.combine(_SOME_DAY, value)
        if (on + by).date() != _SOME_DAY:
            raise ValueError(f"{value} moved by {by} is on another day")
        return (on + by).time()

    moved: Document = _changed(document, later)
    return moved


_SOME_DAY = date(2000, 1, 2)


def times(value: object, path: str = "") -> Iterator[tuple[str, datetime | time]]:
    """Yield every instant and time of day of a document in the order of its fields, each with the names that lead to it."""
    if isinstance(value, datetime | time):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from times(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from times(item, path)
    elif isinstance(value, dict):
        for item in value.values():
            yield from times(item, path)


def instants(value: object) -> Iterator[datetime]:
    """Yield every instant of a document, in the order of its fields."""
    return (found for _path, found in times(value) if isinstance(found, datetime))


def _changed(value: Any, change: Callable[[date | time], date | time]) -> Any:
    if isinstance(value, date | time):  # an instant is a date too
        return change(value)
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return value.model_copy(update={name: _changed(getattr(value, name), change) for name in fields})
    if isinstance(value, tuple):
        return tuple(_changed(item, change) for item in value)
    if isinstance(value, dict):
        return {key: _changed(item, change) for key, item in value.items()}
    return value
