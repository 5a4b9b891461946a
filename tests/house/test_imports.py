"""The import contracts hold, and each of them notices a violation."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.database import ROOT

#: Contract -> a file and the import that breaks this contract and no other.
VIOLATIONS = {
    "Slices import downwards only": ("festival/lib/text.py", "import festival.programme.rules"),
    "Inside a slice": ("festival/outbox/models.py", "import festival.outbox.service"),
    "Kinds do not know each other": ("festival/kinds/tour/__init__.py", "import festival.kinds.show"),
    "Inside the job fair": ("festival/kinds/job_fair/details.py", "import festival.kinds.job_fair.employers.sowing"),
    "Rules are pure": ("festival/signups/rules.py", "import jinja2"),
    "Service, queries and models know no web": ("festival/audit/service.py", "import flask"),
    "The package never imports the top-level config": ("festival/lib/text.py", "import config"),
}


def broken_contracts(folder: Path) -> list[str]:
    """Return the names of the contracts that a tree breaks."""
    command: list[str | Path] = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=folder, env=os.environ | {"COLUMNS": "300"}, capture_output=True, text=True, check=False)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return re.findall(r"^(.+) BROKEN$", done.stdout, re.MULTILINE)


def test_the_contracts_hold():
    assert broken_contracts(ROOT) == []


@pytest.mark.slow
@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_contract_notices_its_violation(contract, tmp_path):
    shutil.copytree(ROOT / "festival", tmp_path / "festival", ignore=shutil.ignore_patterns("static", "translations", "*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file, line = VIOLATIONS[contract]
    with (tmp_path / file).open("a") as code:
        code.write(f"\n{line}\n")

    broken = broken_contracts(tmp_path)

    assert [name[: len(contract)] for name in broken] == [contract]


def test_every_contract_has_a_violation_planted():
    config = (ROOT / "pyproject.toml").read_text()
    contracts = re.findall(r'\[\[tool\.importlinter\.contracts\]\]\nid = ".+"\nname = "(.+)"', config)

    assert len(contracts) == config.count("[[tool.importlinter.contracts]]")
    assert [name for name in contracts if not any(name.startswith(key) for key in VIOLATIONS)] == []


def test_migrations_never_import_the_package():
    importing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "migrations").rglob("*.py")
        if re.search(r"^\s*(from|import) festival\b", path.read_text(), re.MULTILINE)
    ]

    assert importing == []
