"""The planted bugs of ``make mutants`` still fit the source, and their tests are there."""

from pathlib import Path

import pytest

from tests.database import ROOT
from tests.mutants.__main__ import is_stale
from tests.mutants.bugs import BUGS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_planted_bug_changes_a_text_that_is_there_exactly_once_and_names_a_test(bug):
    """Where the source changed, mend ``tests/mutants/bugs.py``: the same bug in the new words."""
    file, _, test = bug.test.partition("::")

    assert not is_stale(bug)
    assert f"def {test}(" in (ROOT / Path(file)).read_text()


def test_no_two_planted_bugs_have_one_name():
    assert len({bug.name for bug in BUGS}) == len(BUGS) > 20
