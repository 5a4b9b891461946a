"""Tables that people open in a spreadsheet program."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from festival.lib.spreadsheet import Column, Sheet, csv_chunks, inert, write_xlsx

#: What was met in the wild, or breaks a writer, a reader, or the reader's computer.
HOSTILE = [
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "|calc",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "a\x0bb",
    "a\x00b",
    "half \ud83d a surrogate",
    "\ufffe\uffff",
    '<script>alert("x")</script>',
    '"; DROP TABLE sign_up; --',
    "https://evil.example/",
    "mailto:a@b.example",
    "1e5",
    "0012",
    "123456789012345678",
    "x" * 40_000,
    "",
]


def _sheet(**more: object) -> Sheet:
    given: dict[str, object] = {
        "name": "花名册",
        "title": "标题",
        "lines": ("时间", "地点"),
        "columns": (Column("姓名", 12), Column("人数", 6, centred=True)),
        "watermark": "导出：organizer",
        "pages": "第 &P 页 共 &N 页",
    }
    return Sheet(**(given | more))  # type: ignore[arg-type]


def _written(rows: list[list[str | int | None]], closing: tuple[str, ...] = (), **more: object) -> openpyxl.Workbook:
    file = io.BytesIO()
    write_xlsx(file, _sheet(**more), rows, closing)
    return openpyxl.load_workbook(io.BytesIO(file.getvalue()))


def _footer(page: Any) -> Any:
    return page.oddFooter


def _csv(rows: list[list[str | int | None]]) -> list[list[str]]:
    text = b"".join(csv_chunks(rows)).decode("utf-8")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("value", HOSTILE)
def test_no_cell_of_a_csv_file_begins_like_a_formula(value):
    [[cell]] = _csv([[value]])

    assert cell[:1] not in set("=+-@|\t\r\n＝＋－＠")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        (" =1+1", "'=1+1"),
        ("李伟", "李伟"),
        ("a-b", "a-b"),
        ("两行\r\n答案", "两行\n答案"),
        ("a\x0bb", "ab"),
        (12, "12"),
        (-7, "-7"),
        (None, ""),
    ],
)
def test_a_csv_cell_reads_as_it_was_meant(value, cell):
    assert inert(value) == cell


def test_a_csv_file_has_a_byte_order_mark_quotes_every_cell_and_ends_lines_as_excel_does():
    assert (
        b"".join(csv_chunks([["姓名", "n"], ['李"伟', 3]]))
        == b'\xef\xbb\xbf"\xe5\xa7\x93\xe5\x90\x8d","n"\r\n"\xe6\x9d\x8e""\xe4\xbc\x9f","3"\r\n'
    )


def test_a_long_csv_file_comes_in_chunks_and_whole():
    rows: list[list[str | int | None]] = [[str(number)] for number in range(1_234)]

    assert len(list(csv_chunks(rows))) == 3
    assert _csv(rows) == [[str(number)] for number in range(1_234)]


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(), st.text()), min_size=1, max_size=4), max_size=4))
def test_whatever_is_written_as_csv_is_read_back_row_by_row_and_cell_by_cell(rows):
    assert _csv(rows) == [[inert(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("value", HOSTILE)
def test_every_text_in_an_xlsx_file_is_text_and_no_formula_or_link(value):
    page = _written([[value, 1]]).worksheets[0]
    cell = page.cell(row=5, column=1)

    assert (cell.data_type, cell.hyperlink) in {("s", None), ("n", None)}  # an empty cell has no type of its own
    assert (cell.value or "") == "".join(
        character for character in value.strip() if character not in "\x0b\x00\ud83d\ufffe\uffff"
    )[:32_767]


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_whatever_is_typed_makes_a_file_that_opens(value):
    page = _written([[value, 1]], (value,), title=value, lines=(value, value), name=value, watermark=value).worksheets[0]

    assert [page.cell(row=row, column=1).data_type for row in (1, 2, 3, 5)].count("f") == 0


def test_a_sheet_is_set_up_as_it_is_printed():
    page = _written([["李伟", 2]], ("应到 2 人",), blank_rows=2).worksheets[0]

    assert page.title == "花名册"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)  # one page wide, as many as needed high
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$4:$4"
    assert page.freeze_panes == "A5"
    assert _footer(page).center.text == "第 &P 页 共 &N 页"
    assert _footer(page).left.text == "导出：organizer"
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["标题", None],
        ["时间", None],
        ["地点", None],
        ["姓名", "人数"],
        ["李伟", 2],
        [None, None],
        [None, None],
        ["应到 2 人", None],
    ]
    assert {page.cell(row=row, column=1).border.left.style for row in (4, 5, 6, 7)} == {"thin"}


def test_names_and_texts_are_cut_where_excel_counts_and_never_inside_a_character():
    page = _written([["𐀀" * 20_000, 1]], name="0" * 18 + "𐀀" * 10).worksheets[0]

    assert page.title == "0" * 18 + "𐀀" * 6
    assert page.cell(row=5, column=1).value == "𐀀" * 16_383


def test_an_ampersand_in_a_footer_is_no_command():
    page = _written([], watermark="A & B &P").worksheets[0]

    assert _footer(page).left.text == "A && B &&P"
