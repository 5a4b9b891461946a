"""The vocabulary of the ledger: every word that is written is known to those who read."""

import ast
from collections.abc import Iterator

import pytest

from festival.signups.causes import Cause, What, Why, cause_of, what_of
from tests.database import ROOT


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("room", Cause(Why.ROOM)),
        ("released_by:12", Cause(Why.RELEASED_BY, number=12)),
        ("capacity:80->90", Cause(Why.CAPACITY, before=80, after=90)),
        ("capacity:80->unlimited", Cause(Why.CAPACITY, before=80)),
        ("party:3->1", Cause(Why.PARTY, before=3, after=1)),
        ("merge:4->5", Cause(Why.MERGE, before=4, after=5)),
        ("too_large:2", Cause(Why.TOO_LARGE, number=2)),
        ("of another release:7", Cause(Why.OTHER)),
        ("rank:²", Cause(Why.OTHER)),
        ("", Cause(Why.OTHER)),
    ],
)
def test_a_cause_is_read_as_it_was_written_and_an_unknown_one_is_another_change(written, read):
    assert cause_of(written) == read


#: Whatever writes a line, or says why the lists are served.
WRITERS = {"enter", "_enter", "serve", "LedgerEntry"}


def literals(name: str) -> Iterator[tuple[str, str]]:
    """Yield what the code writes into the ledger's column of that name: the literal, or how it begins, and where."""
    for path in sorted((ROOT / "festival").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in WRITERS:
                for keyword in node.keywords:
                    if keyword.arg == name:
                        yield from ((text, str(path)) for text in texts(keyword.value))


def texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield from texts(value.values[0])
    elif isinstance(value, ast.IfExp):
        yield from texts(value.body)
        yield from texts(value.orelse)


def test_every_cause_the_code_writes_is_known_to_the_readers():
    written = list(literals("why"))

    assert len(written) >= 7
    assert [found for found in written if cause_of(found[0].removesuffix(":")).why is Why.OTHER] == []


def test_everything_the_code_says_happened_is_known_to_the_readers():
    written = list(literals("what"))

    assert len(written) >= 5
    assert [found for found in written if what_of(found[0]) is What.OTHER] == []
