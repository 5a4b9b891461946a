"""Making a file of a list, writing down that it is taken away, and giving it."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Generic, TypeVar

from flask import Response

from festival.accounts.access import the_staff
from festival.exports import preparing, service
from festival.exports.printed import Listing
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.spreadsheet import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_xlsx
from festival.programme.models import Activity

V = TypeVar("V")
#: A file up to this size is kept in memory while it is made.
_IN_MEMORY = 1024 * 1024


class Counted(Generic[V]):
    """Rows that are counted while they go by."""

    def __init__(self, rows: Iterable[V]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[V]:
        """Yield the rows."""
        for row in self._rows:
            self.count += 1
            preparing.note(self.count)
            yield row


#: Writes down that a file with this digest is taken away.
Record = Callable[[str], None]


def give(
    activity: Activity,
    shown: Listing,
    what: str,
    form: str,
    *,
    action: str = "roster.export",
    reason: str = "",
) -> Response:
    """Record that a list is taken away, then give it. Whoever cannot be recorded gets nothing."""
    rows = Counted(shown.rows)
    record = recorded(activity, f"{what}.{form}", rows, action=action, reason=reason)
    return file_of(shown.following(rows), f"{what}-{activity.slug}", form, record)


def recorded(activity: Activity, file: str, rows: Counted[V], *, action: str = "roster.export", reason: str = "") -> Record:
    """Return what writes down that the signed-in staff member takes this file away, with as many rows as went by."""
    activity_id, actor_id = activity.id, the_staff().id

    def record(sha256: str) -> None:
        with transaction():
            service.record_export(
                activity_id, file, rows=rows.count, sha256=sha256, actor_id=actor_id, action=action, reason=reason
            )

    return record


def file_of(shown: Listing, plain: str, form: str, record: Record | None = None) -> Response:
    """Give a list as a file.

    :param plain: its name for old programs, in ASCII, without suffix.
    :param record: called with the file's SHA-256 before anything is given; None: there is nothing personal in it.
    """
    if form == "csv":
        return csv_file(shown.table(), plain, shown.file_name("csv"), record)
    file = _draft()
    write_xlsx(file, shown.sheet, shown.rows, shown.closing)
    return _sent(file, shown.file_name("xlsx"), f"{plain}.xlsx", XLSX_TYPE, record)


def csv_file(rows: Iterable[Sequence[Cell]], plain: str, name: str, record: Record | None) -> Response:
    """Give rows as a CSV file; like ``file_of``."""
    file = _draft()
    for chunk in csv_chunks(rows):
        file.write(chunk)
    return _sent(file, name, f"{plain}.csv", CSV_TYPE, record)


def _draft() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)  # closed when it has been sent


def _sent(file: IO[bytes], name: str, plain_name: str, content_type: str, record: Record | None) -> Response:
    if record is not None:
        file.seek(0)
        record(hashlib.file_digest(file, "sha256").hexdigest())  # type: ignore[arg-type]  # any readable file of bytes
    return download(file, name=name, plain_name=plain_name, content_type=content_type)
