"""Names: hidden, and found by their sound."""

import pytest

from festival.lib.names import masked, name_key
from festival.lib.text import search_key


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李伟", "李*"),
        ("王小宁", "王*宁"),
        ("欧阳娜娜", "欧**娜"),
        ("李", "李*"),
        ("John Smith", "J***"),
        ("=cmd", "=***"),
        ("  李\u200b伟 ", "李*"),
        ("", ""),
    ],
)
def test_a_masked_name_keeps_its_ends(name, shown):
    assert masked(name) == shown


@pytest.mark.parametrize(
    "words",
    ["单雨欣", "单", "雨欣", "shanyuxin", "shan yu", "SHAN", "syx", "danyuxin", "ｓｙｘ"],
)
def test_a_name_is_found_by_itself_its_sound_and_its_initials(words):
    assert search_key(words) in name_key("单雨欣")


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("曾国华", "zengguohua zgh"),
        ("万俟明", "moqiming mqm"),
        ("任重", "renzhong rz"),
        ("解学士", "xiexueshi xxs"),
        ("仇英", "qiuying qy"),
    ],
)
def test_a_surname_is_read_as_a_surname(name, sound):
    assert name_key(name).startswith(f"{sound} ")


def test_other_scripts_are_found_as_they_are_written():
    assert name_key("Élodie O'Neil") == "élodieo'neil"


def test_no_name_has_no_key():
    assert name_key(" \u200b ") == ""
