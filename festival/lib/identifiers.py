"""Numbers by which the state knows people and organisations: their shape and their check digits. Pure.

GB 11643-1999 (resident identity number, ISO 7064 MOD 11-2) and GB 32100-2015 (unified social credit code, base 31).
"""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

from festival.lib.text import half_width


class IdType(StrEnum):
    """What document a number stands on."""

    RESIDENT = "resident"
    HK_MO = "hk_mo"
    TW = "tw"
    HMT_RESIDENCE = "hmt_residence"
    PASSPORT = "passport"
    FOREIGN_PR = "foreign_pr"


class NumberProblem(StrEnum):
    """What is wrong with a number."""

    LENGTH = "length"
    CHARACTERS = "characters"
    BIRTH = "birth"
    CHECK = "check"
    SHAPE = "shape"


_BETWEEN = re.compile(r"[\s\-‐-―－]")
_RESIDENT_LENGTH = 18
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_OLDEST = date(1900, 1, 1)

#: 31 characters: digits and capitals without I, O, S, V and Z.
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_LENGTH = 18
_USCC_WEIGHTS = tuple(pow(3, power, 31) for power in range(_USCC_LENGTH - 1))


def normal(text: str) -> str:
    """Return a number in its one form: usual width, capitals, no spaces or hyphens."""
    return _BETWEEN.sub("", half_width(text)).upper()


def id_number_problem(number: str, kind: IdType, today: date) -> NumberProblem | None:
    """Tell what is wrong with the number of a document in its normal form; None when nothing is.

    :param today: nobody is born later.
    """
    return _CHECKS[kind](number, today)


def resident_check_digit(first_17: str) -> str:
    """Return the last character of an identity number (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def _resident_problem(number: str, today: date) -> NumberProblem | None:
    if len(number) != _RESIDENT_LENGTH:
        return NumberProblem.LENGTH
    if not _RESIDENT.fullmatch(number):
        return NumberProblem.CHARACTERS
    born = _day(number[6:14])
    if born is None or not _OLDEST <= born <= today:
        return NumberProblem.BIRTH
    return None if resident_check_digit(number[:17]) == number[17] else NumberProblem.CHECK


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _hmt_residence_problem(number: str, today: date) -> NumberProblem | None:
    """Hong Kong, Macao and Taiwan residents: the resident number with a first part of their own."""
    problem = _resident_problem(number, today)
    return problem or (None if number.startswith(("81", "82", "83")) else NumberProblem.SHAPE)


def _foreign_pr_problem(number: str, today: date) -> NumberProblem | None:
    """Permanent residents: 15 characters on the older card, 18 digits beginning with 9 on the one issued since 2023."""
    if number.startswith("9"):
        return _resident_problem(number, today)
    return None if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number) else NumberProblem.SHAPE


def _shaped(pattern: str) -> Callable[[str, date], NumberProblem | None]:
    shape = re.compile(pattern)

    def check(number: str, _today: date) -> NumberProblem | None:
        return None if shape.fullmatch(number) else NumberProblem.SHAPE

    return check


_CHECKS: dict[IdType, Callable[[str, date], NumberProblem | None]] = {
    IdType.RESIDENT: _resident_problem,
    IdType.HK_MO: _shaped(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    IdType.TW: _shaped(r"[0-9]{8}|[0-9]{10}[A-Z]?"),
    IdType.HMT_RESIDENCE: _hmt_residence_problem,
    IdType.PASSPORT: _shaped(r"(?=[A-Z0-9]*[0-9])[A-Z0-9]{5,15}"),
    IdType.FOREIGN_PR: _foreign_pr_problem,
}


def uscc_check_digit(first_17: str) -> str:
    """Return the last character of a unified social credit code."""
    total = sum(_USCC_ALPHABET.index(char) * weight for char, weight in zip(first_17, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[-total % 31]


def uscc_problem(code: str) -> NumberProblem | None:
    """Tell what is wrong with a unified social credit code in its normal form; None when nothing is."""
    if len(code) != _USCC_LENGTH:
        return NumberProblem.LENGTH
    if any(char not in _USCC_ALPHABET for char in code):
        return NumberProblem.CHARACTERS
    return None if uscc_check_digit(code[:17]) == code[17] else NumberProblem.CHECK
