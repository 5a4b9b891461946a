"""Plants each bug in a copy of the tree, runs the test that must see it there, and prints what came of it.

``python -m tests.mutants [words of a name]``. Exit status 1: a test missed its bug, or a bug no longer fits the source.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.database import ROOT
from tests.mutants.bugs import BUGS, Bug

#: Trees at the same time.
JOBS = int(os.environ.get("JOBS", "2"))
#: Seconds for one test.
PATIENCE = 300
COPIED = ("festival", "templates", "migrations", "tests", "docs", "config.py", "wsgi.py", "pyproject.toml")


def is_stale(bug: Bug, root: Path = ROOT) -> bool:
    """Tell whether a text that a bug changes is not there exactly once."""
    source = (root / bug.file).read_text()
    return any(source.count(old) != 1 for old, _ in bug.edits)


def plant(bug: Bug, tree: Path) -> str:
    """Put a bug into a tree; return the file as it was."""
    file = tree / bug.file
    before = source = file.read_text()
    for old, new in bug.edits:
        source = source.replace(old, new)
    file.write_text(source)
    return before


def run(test: str, dialect: str, tree: Path) -> bool:
    """Run one test in a tree; True when it passes. It fails, too, when a mutant makes everything wait for ever."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--database", dialect, test]
    environment = {name: value for name, value in os.environ.items() if name != "FESTIVAL_TEST_RUN"}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(tree)}
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in {0, 1}:  # no such test, or it could not even be collected
        raise SystemExit(f"{test} did not run:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    return done.returncode == 0


def try_out(bug: Bug, trees: "SimpleQueue[Path]") -> tuple[str, bool]:
    """Plant a bug and run its test; return what came of it in words, and whether that is well."""
    if is_stale(bug):
        return "STALE", False
    tree = trees.get()
    try:
        before = plant(bug, tree)
        begun = time.monotonic()
        is_missed = run(bug.test, bug.dialect, tree)
        (tree / bug.file).write_text(before)
    finally:
        trees.put(tree)
    return ("MISSED", False) if is_missed else (f"seen after {time.monotonic() - begun:.0f} s", True)


def copy(folder: Path) -> Path:
    """Copy what the tests need into a folder, so that the working tree stays as it is."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


def main(*words: str) -> int:
    """Try every bug, or those whose name has these words."""
    chosen = [bug for bug in BUGS if all(word in bug.name for word in words)]
    trees: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(JOBS) as pool:
        for number in range(JOBS):
            (home := Path(folder) / str(number)).mkdir()
            trees.put(copy(home))
        print("| Bug | Test that must see it | On | Outcome |\n|---|---|---|---|")
        seen = 0
        for bug, (words_of_it, is_well) in zip(chosen, pool.map(lambda bug: try_out(bug, trees), chosen), strict=True):
            seen += is_well
            print(f"| {bug.name} | {bug.test.removeprefix('tests/')} | {bug.dialect} | {words_of_it} |", flush=True)
    print(f"\n{seen} of {len(chosen)} planted bugs were seen.")
    return 0 if seen == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
