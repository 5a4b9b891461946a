"""The audit trail in words."""

import re
from pathlib import Path

from festival.audit.wording import ACTIONS, SUBJECTS, action_words, change_words
from festival.kinds import ALL_KINDS

_RECORDED = re.compile(r'record(?:_act)?\(\s*"([a-z_]+\.[a-z_]+)"')
_ABOUT = re.compile(r'record\(\s*"[a-z_]+\.[a-z_]+",\s*"([a-z_]+)"')
_PACKAGE = Path(__file__).parents[2] / "festival"
#: What kinds of activities call their own.
_OWN = {name for kind in ALL_KINDS for name in kind.audit_words}


def test_whatever_the_code_records_has_words():
    recorded = {action for path in _PACKAGE.rglob("*.py") for action in _RECORDED.findall(path.read_text())}

    assert len(recorded) > 20
    assert recorded - ACTIONS.keys() - _OWN == set()


def test_whatever_an_entry_is_about_has_words():
    about = {subject for path in _PACKAGE.rglob("*.py") for subject in _ABOUT.findall(path.read_text())}

    assert len(about) > 10
    assert about - SUBJECTS.keys() - _OWN == set()


def test_field_names_are_said_in_words_and_other_changes_as_they_are(app):
    assert change_words("title_zh, contact") == "名称（中文）、联系方式"
    assert change_words("capacity:80->90 over=keep") == "capacity:80->90 over=keep"
    assert change_words("") == ""


def test_an_action_without_words_shows_its_own_name(app):
    assert action_words("something.new") == "something.new"
