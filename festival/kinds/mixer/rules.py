"""Numbers, stages of the day, what a phone may send, and who is old enough. Pure: plain values in, a verdict out."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random

from festival.lib.errors import Refused
from festival.lib.text import half_width

#: Rows that each chooser has, whatever they chose: those without a choice are random.
ROWS = 3
TAG_BYTES = 32
#: Nonce, padded contact, and mark of AES-GCM: every sealed contact is of this length, so that it says nothing.
CONTACT_BYTES = 12 + 480 + 16
#: A point of P-256, uncompressed.
KEY_BYTES = 65
MOST_ROUNDS = 12
#: Acquaintances, and blocked persons, that one person can name.
MOST_NAMED = 20


class Reason(StrEnum):
    """Why something does not happen. ``wording.py`` has the words."""

    NOT_HERE = "not_here"  # only who has been checked in has a number, and may choose
    NO_GROUPS = "no_groups"
    NO_TIMES = "no_times"
    NOT_OPEN = "not_open"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    KEY_FIXED = "key_fixed"
    KEY_BAD = "key_bad"
    NO_KEY = "no_key"
    NO_CONSENT = "no_consent"
    ROWS_BAD = "rows_bad"
    UNKNOWN_NUMBER = "unknown_number"
    OWN_NUMBER = "own_number"
    TOO_MANY = "too_many"
    PLANNED = "planned"
    NO_MORE_ROUNDS = "no_more_rounds"
    SETTLED = "settled"
    NOBODY = "nobody"


class MixerRefused(Refused):
    """An expected "no"; ``reason`` is a ``Reason``."""

    reason: Reason


class Stage(StrEnum):
    """Where the mutual choice stands, by the clock."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"
    RESULT = "result"


def stage_of(times: "Times", settled_at: datetime | None, now: datetime) -> Stage:
    """Return where the choice stands; once it was settled in its window or after, it never opens again."""
    stage = times.stage(now)
    is_settled = settled_at is not None and settled_at >= times.opens_at
    return Stage.CLOSED if is_settled and stage in {Stage.BEFORE, Stage.OPEN} else stage


class Complaint(StrEnum):
    """What somebody reports."""

    HARASSMENT = "harassment"
    UNTRUE = "untrue"  # not single, not who they say
    PICTURES = "pictures"
    SELLING = "selling"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Times:
    """When people choose, and when each sees their own result: instants. The end does not belong to the window."""

    opens_at: datetime
    closes_at: datetime
    reveal_at: datetime

    def stage(self, now: datetime) -> Stage:
        """Return where the choice stands at an instant, to the microsecond."""
        if now < self.opens_at:
            return Stage.BEFORE
        if now < self.closes_at:
            return Stage.OPEN
        return Stage.CLOSED if now < self.reveal_at else Stage.RESULT


@dataclass(frozen=True, slots=True)
class Band:
    """Years of birth that may take part, both included."""

    first: int
    last: int

    def takes(self, answer: str | None) -> bool:
        """Tell whether an answered year of birth lies in the band; what is no year does not."""
        return bool(answer and re.fullmatch(r"\d{4}", answer) and self.first <= int(answer) <= self.last)


# -- numbers -------------------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"([A-Z])0*([1-9]\d{0,2})")
_DIGITS = re.compile(r"\d{6,8}")
_BETWEEN = re.compile(r"[\s·.#-]")


def letters(keys: Sequence[str]) -> list[str]:
    """Return the letter that stands before the numbers of each group: that of its pool's key, or A, B where those do not do."""
    first = [key[:1].upper() for key in keys]
    return first if len(set(first)) == len(first) and all(re.fullmatch("[A-Z]", one) for one in first) else ["A", "B"]


def label(letter: str, number: int) -> str:
    """Return a number as it is worn: ``M07``."""
    return f"{letter}{number:02d}"


def read_number(typed: str) -> tuple[str, int] | None:
    """Read a number as people write it (``m7``, ``Ｍ 07``); None: it is none."""
    match = _NUMBER.fullmatch(_BETWEEN.sub("", half_width(typed[:40])).upper())
    return (match[1], int(match[2])) if match else None


def read_said(typed: str) -> str | None:
    """Read how somebody is named in private: a number, or the digits of their ticket; None: neither."""
    if number := read_number(typed):
        return label(*number)
    digits = _BETWEEN.sub("", half_width(typed[:40]))
    return digits if digits.isascii() and _DIGITS.fullmatch(digits) else None


def draw_number(taken: Collection[int], places: int | None, chance: Random) -> int:
    """Return a free number at random. Those from 1 to ``places`` are there; more people than places get further ones."""
    most = max(places or 0, len(taken) + 1, max(taken, default=0))
    return chance.choice([number for number in range(1, most + 1) if number not in taken])


# -- choices -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One of a chooser's rows, as the phone sends it: a tag that only the two of a pair can make, and a sealed contact."""

    tag: bytes
    sealed: bytes


def are_rows(rows: Sequence[Row]) -> bool:
    """Tell whether these are three rows as phones make them. Nothing tells a choice from padding."""
    return (
        len(rows) == ROWS
        and len({row.tag for row in rows}) == ROWS
        and all(len(row.tag) == TAG_BYTES and len(row.sealed) == CONTACT_BYTES for row in rows)
    )


def mutual(
    choosers: Mapping[bytes, Sequence[int]], group_of: Mapping[int, int], apart: Collection[frozenset[int]]
) -> list[bytes]:
    """Return the tags that two people of different groups have in common, and that no block keeps apart.

    A tag that three have was lent to somebody by one of the two: it says nothing any more, and is nobody's.

    :param choosers: tag -> who has it.
    """
    return [
        tag
        for tag, who in choosers.items()
        if len(who) == 2  # noqa: PLR2004  # a pair
        and group_of[who[0]] != group_of[who[1]]
        and frozenset(who) not in apart
    ]


def apart_of(pairs: Iterable[tuple[int, int]], left: Collection[int]) -> set[tuple[int, int]]:
    """Return pairs of people with the one of the left group first; who is in the same group never meets anyway."""
    found = set()
    for one, other in pairs:
        if one in left and other not in left:
            found.add((one, other))
        elif other in left and one not in left:
            found.add((other, one))
    return found
