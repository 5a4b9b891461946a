"""The programme's files, copied and changed for a test."""

import shutil
from pathlib import Path

from flask import Flask

from festival.lib.db import transaction
from festival.programme.kinds import all_kinds
from festival.seed.checks import refuse_contradictions
from festival.seed.files import FOLDER, ProgrammeRefused, read
from festival.seed.service import load
from festival.seed.sowing import Report


def copied(folder: Path) -> Path:
    """Return a copy of the programme to change."""
    copy = folder / "programme"
    shutil.copytree(FOLDER, copy, dirs_exist_ok=True)
    return copy


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Replace words in one file; they must be there."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> list[str]:
    """Return what is wrong in a folder, one line each."""
    try:
        refuse_contradictions(read(folder), {kind.key: kind for kind in all_kinds()})
    except ProgrammeRefused as refused:
        return [str(problem) for problem in refused.problems]
    return []


def loaded(folder: Path = FOLDER, dates: str = "original") -> Report:
    """Load a folder's programme."""
    with transaction():
        return load(read(folder), dates=dates, demo=True)


def run(app: Flask, *words: str) -> tuple[int, str]:
    """Run a command as at the prompt; return its exit status and what it printed."""
    result = app.test_cli_runner().invoke(args=list(words))
    return result.exit_code, result.output
