"""The demo's invented people: who they are and what they would write into a form. The same every time.

Nobody can be reached under their numbers: the prefix 154 was given to no operator. No identity number is anybody's either: there
is no district 129999. Names are put together by chance from common ones; whoever bears one by accident is not meant.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from festival.lib.identifiers import resident_check_digit
from festival.programme.models import Question, Sensitivity

#: 11 digits with four of their own.
PREFIX = "1540000"
MOBILE = PREFIX + "{number:04}"
MOST_PEOPLE = 10_000
#: Those from this number on sign up for what opens later; from 9000 on they are employers and recruiters.
LATER = 5_000
DISTRICT = "129999"

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_FIRST = "子雨思一梓欣佳文嘉明晓若宇俊浩博志海云清安宁景泽书铭知乐亦可"
_SECOND = "涵轩怡然萱诺琪瑶妍彤辰阳航睿哲凯远洋鹏飞磊超宁静雯婷慧敏洁岚"
_FAMILIES = ("Liu", "Chen", "Miller", "Tanaka", "Novak", "Rossi", "Weber", "Kim")
_GIVEN = ("Alex", "Maria", "Ken", "Anna", "Tom", "Yuki", "Eva", "Sam")
_EMPLOYERS = (
    "津西云帆数据（演示）", "海河链智（演示）", "北岸工程设计院（演示）", "港航未来设计（演示）", "津河启明银行（演示）",
    "远舟航运（演示）", "西岸优选商贸（演示）", "安和康养（演示）", "河畔传媒（演示）", "启航教育（演示）", "众衡检测（演示）",
)  # fmt: skip
_SCHOOLS = (
    "河西大学（演示）", "津门理工学院（演示）", "海河财经大学（演示）", "西岸职业技术学院（演示）", "滨水师范大学（演示）",
)  # fmt: skip
_MAJORS = (
    "会计学", "计算机科学", "土木工程", "工商管理", "英语", "护理学", "电气工程", "视觉传达", "金融学", "数据科学", "物流管理",
)  # fmt: skip
_JOBS = ("工程师", "设计师", "高级工程师", "项目经理", "讲师", "研究员", "主任", "助理")
_LINES = ("喜欢周末骑行", "在学做咖啡", "爱看老电影", "常去海河夜跑", "养了一只猫", "会一点吉他")
#: How often somebody answers what need not be answered.
_OPTIONAL = 0.6
#: Few say anything sensitive unless they must.
_SENSITIVE = 0.05


@dataclass(frozen=True, slots=True)
class Invented:
    """One of the demo's people."""

    number: int
    name: str
    locale: str
    gender: str
    birth_year: int
    mobile: str


def invent(number: int) -> Invented:
    """Return the demo's person of that number, from 0 to MOST_PEOPLE - 1."""
    chance = Random(f"person {number}")  # noqa: S311  # no secret: the same people every time
    is_foreign = chance.random() < 0.02  # noqa: PLR2004  # a share
    name = f"{chance.choice(_GIVEN)} {chance.choice(_FAMILIES)}" if is_foreign else _chinese_name(chance)
    return Invented(
        number=number,
        name=name,
        locale="en" if is_foreign else "zh",
        gender="f" if chance.random() < 0.5 else "m",  # noqa: PLR2004  # a share
        birth_year=chance.randint(1988, 2001),
        mobile=MOBILE.format(number=number),
    )


def answers_of(person: Invented, questions: list[Question]) -> dict[str, str]:
    """Return what somebody answers to an activity's questions, by key; nothing where they leave one out."""
    chance = Random(f"answers {person.number} {[question.key for question in questions]}")  # noqa: S311  # no secret
    given: dict[str, str] = {}
    for question in questions:
        if question.key == "name" or question.type == "file":
            continue
        if question.is_required or chance.random() < _share(question):
            value = _KNOWN[question.key](person, chance) if question.key in _KNOWN else _by_type(question, chance)
            if value:
                given[question.key] = value
    return given


def _share(question: Question) -> float:
    return _SENSITIVE if question.sensitivity == Sensitivity.SENSITIVE else _OPTIONAL


def _chinese_name(chance: Random) -> str:
    given = chance.choice(_FIRST) + (chance.choice(_SECOND) if chance.random() < 0.8 else "")  # noqa: PLR2004  # a share
    return chance.choice(_SURNAMES) + given


def _id_number(person: Invented, chance: Random) -> str:
    order = chance.randrange(100) * 10 + (1 if person.gender == "m" else 2)  # its last digit tells men from women
    first = f"{DISTRICT}{person.birth_year}{chance.randint(1, 12):02}{chance.randint(1, 28):02}{order:03}"
    return first + resident_check_digit(first)


def _by_type(question: Question, chance: Random) -> str:
    keys = [option.key for option in question.options]
    if question.type == "select":
        return chance.choice(keys)
    if question.type in {"multi", "tags"}:
        chosen = set(chance.sample(keys, chance.randint(1, min(3, len(keys)))))
        return ",".join(key for key in keys if key in chosen)
    return "1" if question.type in {"boolean", "pledge"} else ""


_KNOWN: dict[str, Callable[[Invented, Random], str]] = {
    "employer": lambda _person, chance: chance.choice(_EMPLOYERS),
    "org_name": lambda _person, chance: chance.choice(_EMPLOYERS),
    "job_title": lambda _person, chance: chance.choice(_JOBS),
    "school": lambda _person, chance: chance.choice(_SCHOOLS),
    "major": lambda _person, chance: chance.choice(_MAJORS),
    "intro": lambda _person, chance: chance.choice(_LINES),
    "gender": lambda person, _chance: person.gender,
    "birth_year": lambda person, _chance: str(person.birth_year),
    "id_type": lambda _person, _chance: "resident",
    "id_number": _id_number,
    "emergency": lambda person, _chance: MOBILE.format(number=(person.number + 5000) % MOST_PEOPLE),
}
