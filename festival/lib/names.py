"""Personal names: how they are hidden, and how they are found by sound."""

import re

from pypinyin import lazy_pinyin

from festival.lib.text import clean_line, search_key

_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")

#: Surnames that are read otherwise than their characters usually are, syllable by syllable.
_SURNAMES = {
    "万俟": "mo qi",
    "尉迟": "yu chi",
    "长孙": "zhang sun",
    "澹台": "tan tai",
    "单于": "chan yu",
    "区": "ou",
    "仇": "qiu",
    "单": "shan",
    "朴": "piao",
    "查": "zha",
    "解": "xie",
    "曾": "zeng",
    "盖": "ge",
    "翟": "zhai",
    "乐": "yue",
    "任": "ren",
    "华": "hua",
    "宓": "fu",
    "缪": "miao",
    "秘": "bi",
    "纪": "ji",
    "黑": "he",
    "种": "chong",
    "覃": "qin",
    "逄": "pang",
    "郇": "xun",
    "牟": "mu",
    "召": "shao",
    "员": "yun",
    "幺": "yao",
    "折": "she",
    "燕": "yan",
    "应": "ying",
    "洗": "xian",
    "冼": "xian",
    "繁": "po",
    "那": "na",
    "撒": "sa",
    "哈": "ha",
}
_LONGEST = max(map(len, _SURNAMES))


def masked(name: str) -> str:
    """Return a name with its middle hidden: 李*, 王*宁, 欧**娜; other scripts keep their first letter."""
    name = clean_line(name)
    if not name:
        return ""
    if not _CHINESE.match(name):
        return f"{name[0]}***"
    if len(name) <= 2:  # noqa: PLR2004  # surname and one character
        return f"{name[0]}*"
    return f"{name[0]}{'*' * (len(name) - 2)}{name[-1]}"


def name_key(name: str) -> str:
    """Return what a name is found and sorted by: its sound, its initials, itself, such as ``shanyuxin syx 单雨欣``.

    A surname of two readings is found by both. Compare with ``text.search_key`` of what is searched.
    """
    name = search_key(name)
    if not name:
        return ""
    keys: list[str] = []
    for syllables in _readings(name):
        keys.append("".join(syllables))
        if len(syllables) > 1:
            keys.append("".join(syllable[:1] for syllable in syllables))
    return " ".join(dict.fromkeys([*keys, name]))


def _readings(name: str) -> list[list[str]]:
    """Return the syllables of a name: as its surname is read, then as the characters usually are."""
    usual = _syllables(name)
    for length in range(_LONGEST, 0, -1):
        surname = _SURNAMES.get(name[:length])
        if surname is not None:
            return [[*surname.split(), *_syllables(name[length:])], usual]
    return [usual]


def _syllables(words: str) -> list[str]:
    # What is not Chinese is given back whole, in a list of its own.
    return lazy_pinyin(words, errors="default") if words else []
