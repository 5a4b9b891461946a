"""Tables that people hand in: XLSX or CSV, judged by what they hold, read row by row within fixed bounds.

Nothing is unpacked before the archive's own directory has been judged: what Python's ``zipfile`` then reads of a part is never
more than the directory said. Nothing is parsed before its tags and attributes were counted: each becomes an object, so that a
few kilobytes of them, well packed, would fill the memory. How cells look is left out: styles are the heaviest objects of all.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from itertools import islice

from openpyxl import load_workbook

MEGABYTE = 1024 * 1024
#: A list of names that is larger than this is none.
MOST_BYTES = 2 * MEGABYTE
_MOST_UNPACKED = 20 * MEGABYTE
_MOST_PARTS = 500
#: Tags and attributes; a table of 2,000 rows and 30 columns has some 400,000.
MOST_MARKS = 600_000
#: Tags and attributes of one row: it becomes an object as a whole. Excel has 16,384 columns.
_MOST_IN_A_ROW = 60_000
_CHUNK = 64 * 1024
_STYLES = "xl/styles.xml"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = "\t;,"


class TableProblem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TYPE = "type"
    #: Excel 97, or encrypted: both come in the same wrapping.
    OLD = "old"
    BROKEN = "broken"
    MACROS = "macros"
    ROWS = "rows"


def read_table(
    content: bytes, *, most_rows: int, most_columns: int, most_marks: int = MOST_MARKS
) -> list[list[str]] | TableProblem:
    """Return the cells of a file's first sheet as text, or why it is not taken. Further columns are left out.

    :param most_rows: a sheet that goes on after so many rows is not taken.
    :param most_marks: a workbook of more tags and attributes than that is not opened; each costs some hundred bytes.
    """
    if not content.strip():
        return TableProblem.EMPTY
    if len(content) > MOST_BYTES:
        return TableProblem.TOO_LARGE
    if content.startswith(_OLE):
        return TableProblem.OLD
    if content.startswith(_ZIP):
        slim = _slimmed(content, most_marks)
        return slim if isinstance(slim, TableProblem) else _read(_xlsx_rows(slim, most_columns), most_rows)
    text = _decoded(content)
    return TableProblem.TYPE if text is None else _read(_csv_rows(text, most_columns), most_rows)


def _slimmed(content: bytes, most_marks: int) -> io.BytesIO | TableProblem:
    """Return a workbook with nothing in it but what its cells hold, or why it is not taken."""
    slim = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(slim, "w") as kept:
            return _directory_problem(archive.infolist()) or _copy(archive, kept, most_marks) or slim
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError):
        return TableProblem.BROKEN


def _directory_problem(parts: list[zipfile.ZipInfo]) -> TableProblem | None:
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        return TableProblem.TYPE
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return TableProblem.MACROS
    if any(part.flag_bits & 1 for part in parts):  # encrypted: nobody could read it
        return TableProblem.BROKEN
    is_large = len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED
    return TableProblem.TOO_LARGE if is_large else None


def _copy(archive: zipfile.ZipFile, kept: zipfile.ZipFile, most_marks: int) -> TableProblem | None:
    """Copy the parts that are read, counting what they would become."""
    marks = 0
    for part in archive.infolist():
        in_a_row = 0
        if part.filename == _STYLES or not part.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(part) as stream, kept.open(part.filename, "w") as copy:
            while chunk := stream.read(_CHUNK):
                here = chunk.count(b"<") + chunk.count(b"=")
                marks += here
                in_a_row = 0 if b"<row" in chunk or b"<si>" in chunk or b"<si " in chunk else in_a_row + here
                if marks > most_marks or in_a_row > _MOST_IN_A_ROW:
                    return TableProblem.TOO_LARGE
                copy.write(chunk)
    return None


def _read(rows: Iterable[list[str]], most_rows: int) -> list[list[str]] | TableProblem:
    try:
        found = list(islice(rows, most_rows + 1))  # nothing is read beyond that
    except Exception:  # noqa: BLE001  # a broken file breaks its reader in whatever way: that is an answer, not a bug
        return TableProblem.BROKEN
    if not any(any(row) for row in found):
        return TableProblem.EMPTY
    return TableProblem.ROWS if len(found) > most_rows else found


def _xlsx_rows(file: io.BytesIO, most_columns: int) -> Iterator[list[str]]:
    """Yield the rows of the first sheet. What a formula last came to is read, never the formula."""
    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # the size that it claims is not believed
    for row in sheet.iter_rows(max_col=most_columns, values_only=True):
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return " ".join(str(cell).split())


def _decoded(content: bytes) -> str | None:
    """Return text as Excel and editors on Chinese computers save it; None: it is no text."""
    codings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for coding in codings:
        try:
            text = content.decode(coding)
        except UnicodeDecodeError:
            continue
        return None if "\0" in text else text
    return None


def _csv_rows(text: str, most_columns: int) -> Iterator[list[str]]:
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count) if any(mark in head for mark in _DELIMITERS) else ","
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield [" ".join(cell.split()) for cell in row[:most_columns]]
