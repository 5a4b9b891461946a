"""Rows of files for programs, masked as everywhere."""

from collections.abc import Callable, Iterable, Iterator

from festival.lib.format import iso, phone
from festival.lib.spreadsheet import Cell
from festival.programme.models import Activity, Question
from festival.roster.queries import Row
from festival.roster.render import HIDDEN, Places, answered, is_hidden

#: The first columns of ``roster.csv``: a contract.
CSV_COLUMNS = ("code", "state", "party_size", "name", "contact", "pool", "slot", "signed_up_at", "checked_in_at")


def csv_rows(activity: Activity, rows: Iterable[Row]) -> Iterator[list[Cell]]:
    """Yield ``roster.csv``: the columns of the contract, then the answers under their keys, options by their keys."""
    asked = [(question.key, _writer(question)) for question in answered(activity)]  # asked once, not for every row
    places = Places(activity)
    yield [*CSV_COLUMNS, *(key for key, _write in asked)]
    for row in rows:
        yield [
            row.code,
            row.state.value,
            row.party_size,
            row.name,
            phone(row.contact) if row.contact else "",
            places.pool_key(row.pool_id),
            places.slot_key(row.slot_id),
            iso(row.signed_up_at),
            iso(row.checked_in_at) if row.checked_in_at else "",
            *[_csv_answer(row.answers[key], write) if key in row.answers else "" for key, write in asked],
        ]


def _writer(question: Question) -> Callable[[str], str] | None:
    """Return how a question's answers are written; None: they are not shown."""
    if is_hidden(question):
        return None
    return phone if question.type in {"mobile", "email"} else str


def _csv_answer(answer: str | None, write: Callable[[str], str] | None) -> str:
    return HIDDEN if answer is None or write is None else write(answer)
