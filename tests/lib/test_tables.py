"""Files with tables: read within bounds, or refused with a reason; never an error and never unpacked beyond measure."""

import io
import tracemalloc
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from festival.lib.tables import MOST_BYTES, TableProblem, read_table

BOUNDS = {"most_rows": 50, "most_columns": 5}
_SHEET = "xl/worksheets/sheet1.xml"


def workbook(*rows: tuple[Any, ...]) -> bytes:
    """Return the bytes of a workbook with these rows."""
    book, file = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


def changed(content: bytes, **parts: bytes) -> bytes:
    """Return a workbook with parts added or replaced; ``__`` in a name stands for ``/``."""
    given = {name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"): body for name, body in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in given:
                new.writestr(name, old.read(name))
        for name, body in given.items():
            new.writestr(name, body)
    return file.getvalue()


def test_a_workbook_is_read_as_text_as_far_as_its_bounds():
    content = workbook(("姓名", "年", "日", None, "e", "f"), (" 李\n晨 ", 7.0, 1.5, True, "=1+1", "far"))

    assert read_table(content, **BOUNDS) == [["姓名", "年", "日", "", "e"], ["李 晨", "7", "1.5", "True", ""]]


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_text_is_read_as_programs_here_save_it(coding, mark):
    content = f'序号{mark}姓名\r\n1{mark}"李, 晨"\r\n'.encode(coding)

    assert read_table(content, **BOUNDS) == [["序号", "姓名"], ["1", "李, 晨"]]


def test_a_file_that_is_no_table_is_refused_with_its_reason():
    good = workbook(("李晨",))
    declared = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    entities = declared + b"<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"

    found = {
        "nothing": read_table(b" \n", **BOUNDS),
        "an empty sheet": read_table(workbook(), **BOUNDS),
        "larger than a list": read_table(b"a" * (MOST_BYTES + 1), **BOUNDS),
        "a picture": read_table(b"\x89PNG\r\n\x1a\n\x00\x00", **BOUNDS),
        "a word document": read_table(
            changed(b"PK\x05\x06" + b"\0" * 18, **{"[Content_Types]_xml": b"", "word__document_xml": b""}), **BOUNDS
        ),
        "an old or encrypted workbook": read_table(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, **BOUNDS),
        "half a workbook": read_table(good[: len(good) // 2], **BOUNDS),
        "a workbook without sense": read_table(changed(good, xl__workbook_xml=b"<a>"), **BOUNDS),
        "entities": read_table(changed(good, xl__worksheets__sheet1_xml=entities), **BOUNDS),
        "macros": read_table(changed(good, xl__vbaProject_bin=b"x"), **BOUNDS),
        "a quote that never ends": read_table(b'"' + b"a" * 200_000, **BOUNDS),
        "too many rows": read_table(workbook(*[("李晨",)] * 51), **BOUNDS),
        "too many lines": read_table(b"a\n" * 51, **BOUNDS),
    }

    assert found == {
        "nothing": TableProblem.EMPTY,
        "an empty sheet": TableProblem.EMPTY,
        "larger than a list": TableProblem.TOO_LARGE,
        "a picture": TableProblem.TYPE,
        "a word document": TableProblem.TYPE,
        "an old or encrypted workbook": TableProblem.OLD,
        "half a workbook": TableProblem.BROKEN,
        "a workbook without sense": TableProblem.BROKEN,
        "entities": TableProblem.BROKEN,
        "macros": TableProblem.MACROS,
        "a quote that never ends": TableProblem.BROKEN,
        "too many rows": TableProblem.ROWS,
        "too many lines": TableProblem.ROWS,
    }


def test_what_is_made_to_hurt_is_refused_in_little_memory():
    good = workbook(("李晨",))
    head = b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheetData>"
    row = b"<row r='%d'><c r='A%d' t='inlineStr'><is><t>x</t></is></c></row>"
    cell = b"<c t='inlineStr'><is><t>x</t></is></c>"
    end = b"</sheetData></worksheet>"
    bombs = {
        "a sheet of 40 MB": changed(good, xl__worksheets__sheet1_xml=head + b" " * 40_000_000),
        "a million strings": changed(good, xl__sharedStrings_xml=b"<sst>" + b"<si/>" * 1_000_000),
        "a million attributes": changed(good, xl__workbook_xml=b"<workbook " + b'a="" ' * 1_000_000),
        "600 parts": changed(good, **{f"xl__p{number}_xml": b"" for number in range(600)}),
        "a row of half a million cells": changed(good, xl__worksheets__sheet1_xml=head + b"<row>" + cell * 480_000),
        "a million rows": changed(good, xl__worksheets__sheet1_xml=head + b"<row/>" * 1_048_576 + end),
        "ten thousand rows": changed(
            good, xl__worksheets__sheet1_xml=head + b"".join(row % (n, n) for n in range(1, 10_000)) + end
        ),
        "a million styles": changed(good, xl__styles_xml=b"<styleSheet><cellXfs>" + b"<xf/>" * 1_000_000),
        "a row far away": changed(good, xl__worksheets__sheet1_xml=head + row % (1_048_576, 1_048_576) + end),
    }
    tracemalloc.start()

    found = {name: read_table(content, **BOUNDS) for name, content in bombs.items()}

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {
        "a sheet of 40 MB": TableProblem.TOO_LARGE,
        "a million strings": TableProblem.TOO_LARGE,
        "a million attributes": TableProblem.TOO_LARGE,
        "600 parts": TableProblem.TOO_LARGE,
        "a row of half a million cells": TableProblem.TOO_LARGE,
        "a million rows": TableProblem.TOO_LARGE,
        "ten thousand rows": TableProblem.ROWS,
        "a million styles": [["李晨", "", "", "", ""]],
        "a row far away": TableProblem.EMPTY,
    }
    assert peak < 40_000_000


def test_a_part_that_holds_more_than_the_directory_says_is_not_unpacked_further():
    content = bytearray(changed(workbook(("李晨",)), xl__worksheets__sheet1_xml=b"<worksheet>" + b" " * 30_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        honest = archive.getinfo(_SHEET).file_size.to_bytes(4, "little")
    lied = bytes(content).replace(honest, (1000).to_bytes(4, "little"))

    assert read_table(lied, **BOUNDS) == TableProblem.BROKEN


def test_one_row_as_wide_as_no_table_is_refused_before_it_is_read():
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    wide = b'<worksheet xmlns="%s"><sheetData><row>%s</row></sheetData></worksheet>' % (namespace, b"<c/>" * 200_000)
    content = changed(workbook(("李晨",)), xl__worksheets__sheet1_xml=wide)

    assert read_table(content, **BOUNDS) == TableProblem.TOO_LARGE
