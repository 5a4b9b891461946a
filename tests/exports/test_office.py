"""Every list as a real spreadsheet program reads it: LibreOffice opens what we wrote, and what it understood is looked at."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from tests.builders import make_sign_up
from tests.conftest import soffice
from tests.exports.test_lists import ID_NUMBER, LISTS, tour
from tests.roster.desk import at_the_desk

#: What a spreadsheet program reads does not depend on the database.
pytestmark = [pytest.mark.office, pytest.mark.slow, pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)]

ACTIVITY = "/manage/activities/tour"
FILES = {
    "roster.xlsx": f"{ACTIVITY}/roster.xlsx",
    "sign-in-sheet.xlsx": f"{ACTIVITY}/sign-in-sheet",
    "cards.xlsx": f"{LISTS}/cards.xlsx",
    "statistics.xlsx": f"{LISTS}/statistics.xlsx",
    "festival.xlsx": "/manage/exports/statistics.xlsx",
    "roster-csv.csv": f"{ACTIVITY}/roster.csv",
    "sign-in-csv.csv": f"{ACTIVITY}/sign-in-sheet.csv",
}
#: Names that a spreadsheet program would run, if it took them for what they look like.
ACTING = ["=1+1", "+8613800138000", "-2+3", "@SUM(A1)", "=cmd|'/C calc'!A0", "＝1+1"]


def written(app: Flask, folder: Path) -> list[Path]:
    """Write every list of an activity into a folder."""
    activity, *_ = tour()
    for name in ACTING:
        make_sign_up(activity, name=name)
    desk = at_the_desk(app)
    pages = {name: desk.get(path) for name, path in FILES.items()}
    pages["insurance.xlsx"] = desk.post_form(f"{LISTS}/insurance", reason="投保", button="xlsx")
    pages["full.xlsx"] = desk.post_form(f"{LISTS}/full", reason="通知改期")
    for name, page in pages.items():
        assert page.status == 200, name
        (folder / name).write_bytes(page.response.get_data())
    return [folder / name for name in pages]


def read_by_office(files: list[Path], folder: Path) -> dict[str, Worksheet]:
    """Return the one sheet of each file as LibreOffice understood it: opened and saved again, all in one run."""
    out = folder / "read"
    program = soffice()
    assert program is not None
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
    subprocess.run([*command, "--outdir", out, *files], check=True, capture_output=True, timeout=120)
    return {file.name: one_sheet(out / f"{file.stem}.xlsx") for file in files}


def one_sheet(file: Path) -> Worksheet:
    [sheet] = openpyxl.load_workbook(file).worksheets
    return sheet


def filled(sheet: Worksheet) -> Iterator[Cell]:
    """Yield the cells that hold something."""
    return (cell for row in sheet.iter_rows() for cell in row if isinstance(cell, Cell) and cell.value is not None)


def test_a_spreadsheet_program_finds_every_list_as_it_was_meant(app, tmp_path):
    files = written(app, tmp_path)

    sheets = read_by_office(files, tmp_path)

    printed = {file.name: sheets[file.name] for file in files if file.suffix == ".xlsx"}
    heads = dict.fromkeys(printed, 6) | {"festival.xlsx": 5, "statistics.xlsx": 7}
    assert {name: set_up(sheet) for name, sheet in printed.items()} == {
        name: ("landscape", 9, (1, 0), f"${head}:${head}") for name, head in heads.items()
    }
    # Without a screen LibreOffice keeps no frozen rows; those are read from our own file.
    frozen = {name: one_sheet(tmp_path / name).freeze_panes for name in printed}
    assert frozen == {name: f"A{head + 1}" for name, head in heads.items()}

    cells = {name: list(filled(sheet)) for name, sheet in sheets.items()}
    assert [(name, cell.value) for name, some in cells.items() for cell in some if cell.data_type == "f"] == []
    texts = {name: {cell.value for cell in some if cell.data_type == "s"} for name, some in cells.items()}
    named = ("roster.xlsx", "sign-in-sheet.xlsx", "cards.xlsx", "full.xlsx")
    assert [(name, acting) for name in named for acting in ACTING if acting not in texts[name]] == []
    assert [name for name, found in texts.items() if "13800138000" in found] == ["full.xlsx"]
    assert [name for name, found in texts.items() if ID_NUMBER in found] == ["insurance.xlsx"]


def set_up(sheet: Worksheet) -> tuple[str | None, int | None, tuple[int, int | None], str | None]:
    """Return how a sheet is printed: orientation, paper (9 is A4), pages wide and high (0: as many as needed), repeated rows."""
    page = sheet.page_setup
    return page.orientation, page.paperSize, (page.fitToWidth or 1, page.fitToHeight), sheet.print_title_rows
