"""Tables that people open in a spreadsheet program: CSV and XLSX in which no cell can act and none breaks the file.

Names, answers and titles are whatever somebody typed. Every cell is cleaned here once more, at the last door: a control
character or half a surrogate makes a file that no program opens, and a leading ``=`` is a formula that runs on a colleague's
computer.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, TypeAlias

import xlsxwriter

from festival.lib.text import clean

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Cell: TypeAlias = str | int | None

#: What a spreadsheet program takes for the beginning of a formula (half and full width), and what it skips before one.
_ACTS = frozenset("=+-@|\t\r\n＝＋－＠")
#: How a cell begins that is looked at more closely.
_SUSPECT = _ACTS | {" "}
#: So much text fits one cell.
_CELL_LIMIT = 32_767
#: Text of so many characters fits whatever they are.
_SURELY_FITS = _CELL_LIMIT // 2
#: Lines per chunk of a CSV file.
_CHUNK = 500

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def inert(value: Cell) -> str:
    """Return a cell of a CSV file as text that is read and never run; None is empty.

    OWASP, CSV injection: a cell that begins like a formula gets an apostrophe in front.
    """
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    leads = value[:1]
    text = clean(value)
    return f"'{text}" if leads in _ACTS or text[:1] in _ACTS else text


def _is_clean(row: Sequence[Cell]) -> bool:
    """Tell at one look whether no text of a row needs cleaning, but of blanks at its ends: most rows are so."""
    whole = "".join([cell for cell in row if isinstance(cell, str)])
    return whole.isprintable() and unicodedata.is_normalized("NFC", whole)


def _inert_row(row: Sequence[Cell]) -> list[str]:
    """Return every cell of a row as ``inert`` does."""
    if not _is_clean(row):
        return [inert(cell) for cell in row]
    return [
        cell if isinstance(cell, str) and cell and cell[0] not in _SUSPECT and cell[-1] != " " else inert(cell) for cell in row
    ]


def as_typed(cell: str) -> str:
    """Return a cell that is read back as it was before ``inert`` put an apostrophe in front."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _ACTS else cell


def csv_chunks(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file (RFC 4180) in UTF-8 with a byte order mark, without which Excel reads Chinese as something else."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    buffer.write("\ufeff")
    for number, row in enumerate(rows, start=1):
        writer.writerow(_inert_row(row))
        if number % _CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a printed table. ``width`` in characters."""

    title: str
    width: int
    centred: bool = False
    #: It travels with the file, for a program that reads it back; nobody sees it, on screen or paper.
    hidden: bool = False
    #: What may be chosen in its cells; empty: anything may be written.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as organizers print it: A4 landscape, what it is on top, the head row on every page."""

    name: str
    title: str
    #: Lines under the title: time, place, host.
    lines: tuple[str, ...]
    columns: tuple[Column, ...]
    #: Left of the page number: who made the file, and when.
    watermark: str
    #: With ``&P`` for the page and ``&N`` for the number of pages.
    pages: str
    #: Empty rows to fill in by hand.
    blank_rows: int = 0
    #: Height of a row in points: taller where people sign.
    row_height: int = 20
    #: Above every printed page; empty: nothing.
    header: str = ""


class Strong(list[Cell]):
    """A row that stands out: a sum."""


#: Points of one line of text in a cell, and what a row takes beside its lines.
_LINE, _AROUND = 14, 6
#: Beyond so many lines a cell is cut on paper; Excel takes rows of 409 points at most.
_MOST_LINES = 12
#: Excel's own limits: the name of a sheet, and a header or footer.
_NAME_LIMIT = 31
_FOOTER_LIMIT = 255
_A4 = 9


def write_xlsx(file: IO[bytes], sheet: Sheet, rows: Iterable[Sequence[Cell]], closing: Iterable[str] = ()) -> int:
    """Write a table as an XLSX file, row by row in constant memory, and return how many rows it holds.

    :param rows: texts and whole numbers; a text is written as text whatever it looks like.
    :param closing: lines under the table; read after the last row, so that they may sum it up.
    """
    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": fit(sheet.title), "author": fit(sheet.watermark)})
    styles = _styles(book)
    page = book.add_worksheet(_sheet_name(sheet.name))
    _set_up(page, sheet)
    head = _write_top(page, sheet, styles)
    number = head
    row_styles, strong_styles = (
        [styles[word + ("centred" if column.centred else "cell")] for column in sheet.columns] for word in ("", "strong ")
    )
    widths = [column.width for column in sheet.columns]
    for number, row in enumerate(rows, start=head + 1):
        lines = _lines(row, widths)
        if lines > 1:
            page.set_row(number, max(sheet.row_height, _LINE * lines + _AROUND))
        _write_row(page, number, row, strong_styles if isinstance(row, Strong) else row_styles)
    written = number - head
    for _ in range(sheet.blank_rows):
        number += 1
        _write_row(page, number, [None] * len(sheet.columns), row_styles)
    _offer_choices(page, sheet, head + 1, number)
    for line in closing:
        number += 1
        page.write_string(number, 0, fit(line), styles["line"])
    book.close()
    return written


def _set_up(page: "Worksheet", sheet: Sheet) -> None:
    """Set what a printer needs to know."""
    page.set_paper(_A4)
    page.set_landscape()
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.center_horizontally()
    page.fit_to_pages(1, 0)
    page.set_footer(_footer(sheet))
    if sheet.header:
        page.set_header(f"&L{_plain(sheet.header, _FOOTER_LIMIT - 2)}")
    page.set_default_row(sheet.row_height)
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width, None, {"hidden": column.hidden})


def _write_top(page: "Worksheet", sheet: Sheet, styles: "dict[str, Format]") -> int:
    """Write what stands above the rows, repeated on paper and kept in sight on a screen; return the number of the head row."""
    page.set_row(0, 30)
    page.write_string(0, 0, fit(sheet.title), styles["title"])
    for number, line in enumerate(sheet.lines, start=1):
        page.set_row(number, _LINE + _AROUND)
        page.write_string(number, 0, fit(line), styles["line"])
    head = len(sheet.lines) + 1
    heads = _lines([column.title for column in sheet.columns], [column.width for column in sheet.columns])
    page.set_row(head, max(24, _LINE * heads + _AROUND))
    for index, column in enumerate(sheet.columns):
        page.write_string(head, index, fit(column.title), styles["head"])
    page.repeat_rows(head)
    page.freeze_panes(head + 1, 0)
    return head


def _lines(row: Sequence[Cell], widths: Sequence[int]) -> int:
    """Return how many lines the fullest cell of a row needs: a Chinese character is two columns wide."""
    lines = 1
    for cell, width in zip(row, widths, strict=True):
        if isinstance(cell, str) and 2 * len(cell) >= width:  # what is shorter fits whatever it is
            units = len(cell) if cell.isascii() else len(cell.encode("gb18030", "replace"))
            breaks = cell.count("\n")
            lines = max(lines, -(-units // max(1, width - 1)) + breaks)
    return min(lines, _MOST_LINES)


def _write_row(page: "Worksheet", number: int, row: Sequence[Cell], styles: "Sequence[Format]") -> None:
    is_clean = _is_clean(row)
    for index, (style, cell) in enumerate(zip(styles, row, strict=True)):
        if isinstance(cell, int):
            page.write_number(number, index, cell, style)
        elif cell:
            fits = is_clean and cell[0] != " " and cell[-1] != " " and len(cell) <= _SURELY_FITS
            page.write_string(number, index, cell if fits else fit(cell), style)
        else:
            page.write_blank(number, index, None, style)


def _offer_choices(page: "Worksheet", sheet: Sheet, first: int, last: int) -> None:
    """Let a cell be chosen from a list. Something else may still be typed: whoever reads it back judges."""
    for index, column in enumerate(sheet.columns):
        if column.choices and last >= first:
            allowed = {"validate": "list", "source": list(column.choices), "error_type": "warning"}
            page.data_validation(first, index, last, index, allowed)


def fit(value: str) -> str:
    """Return a text as an XLSX cell can hold it."""
    return _cut(clean(value), _CELL_LIMIT)


def _cut(text: str, units: int) -> str:
    """Return the beginning of a text, in the units that Excel counts (UTF-16), never half a character."""
    if len(text) * 2 <= units:
        return text
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _sheet_name(name: str) -> str:
    """Return a name that Excel takes for a sheet."""
    kept = "".join(character for character in clean(name) if character not in "[]:*?/\\'")
    return _cut(kept, _NAME_LIMIT) or "1"


def _footer(sheet: Sheet) -> str:
    """Return the footer: the watermark left, the page number in the middle."""
    middle = f"&C{sheet.pages}"
    return f"&L{_plain(sheet.watermark, _FOOTER_LIMIT - len(middle) - 2)}{middle}"


def _plain(text: str, units: int) -> str:
    """Return a text as a header or footer says it. There ``&`` is a command unless doubled, so each may take two units."""
    return _cut(clean(text), units // 2).replace("&", "&&")


def _styles(book: xlsxwriter.Workbook) -> "dict[str, Format]":
    ruled = {"border": 1, "font_size": 10, "valign": "vcenter", "text_wrap": True, "num_format": "@"}
    centred = {**ruled, "align": "center", "num_format": "General"}
    strong = {"bold": True, "bg_color": "#F5F6F8"}
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "valign": "vcenter"}),
        "line": book.add_format({"font_size": 10, "valign": "vcenter"}),
        "head": book.add_format(
            {
                "bold": True,
                "border": 1,
                "font_size": 10,
                "align": "center",
                "valign": "vcenter",
                "bg_color": "#ECEFF3",
                "text_wrap": True,
            },
        ),
        "cell": book.add_format(ruled),
        "centred": book.add_format(centred),
        "strong cell": book.add_format({**ruled, **strong}),
        "strong centred": book.add_format({**centred, **strong}),
    }
