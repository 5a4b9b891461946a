"""What a seeker asks of the positions: words, an industry, an education, a pay. What cannot be meant is passed over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from festival.kinds.job_fair.employers.models import Position
from festival.kinds.job_fair.employers.rules import Education, Industry, PayPer
from festival.lib.text import clean_line, search_key

#: Longer searches find nothing anyway.
LONGEST = 80
#: The least a month that may be chosen, in yuan before tax.
PAYS: Sequence[int] = (5000, 7000, 9000, 12000)
#: Chosen instead: work that is paid by the day.
BY_DAY = "day"
PER_PAGE = 20
#: What one has who has a higher education: a position that asks for a bachelor's takes masters too.
_LADDER: Sequence[Education] = (Education.COLLEGE, Education.BACHELOR, Education.MASTER, Education.DOCTOR)
_MOST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the positions."""

    q: str = ""
    industry: Industry | None = None
    #: The seeker's own education: positions that ask for it or less.
    education: Education | None = None
    #: The least a month, in yuan; ``day``: work by the day; empty: any.
    pay: str = ""
    page: int = 1

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is left out."""
        return replace(self, page=1) != Asked()

    def parameters(self, page: int = 1) -> dict[str, Any]:
        """Return the filters as an address carries them, for one page of what is found."""
        given = {
            "q": self.q,
            "industry": self.industry or "",
            "education": self.education or "",
            "pay": self.pay,
            "page": str(page) if page > 1 else "",
        }
        return {name: str(value) for name, value in given.items() if value}

    def takes(self, position: Position) -> bool:
        """Tell whether a position is among what is asked for."""
        return (
            (self.industry is None or position.employer.industry == self.industry)
            and (self.education is None or _suits(position.education, self.education))
            and _pays(position, self.pay)
            and all(word in _key_of(position) for word in map(search_key, self.q.split()))
        )


def asked(arguments: Mapping[str, str]) -> Asked:
    """Return the filters of an address; an unknown or mistyped value counts for nothing."""
    pay, page = arguments.get("pay", ""), arguments.get("page", "")
    return Asked(
        q=clean_line(arguments.get("q", ""))[:LONGEST],
        industry=_one_of(Industry, arguments.get("industry", "")),
        education=_one_of(Education, arguments.get("education", "")),
        pay=pay if pay in {BY_DAY, *map(str, PAYS)} else "",
        page=int(page) if page.isascii() and page.isdigit() and len(page) <= _MOST_DIGITS and int(page) else 1,
    )


def _one_of(words: Iterable[Any], text: str) -> Any:
    return next((word for word in words if word == text), None)


def _suits(asks: Education, has: Education) -> bool:
    """Tell whether a position takes somebody of an education; what is for students is for students."""
    if asks not in _LADDER or has not in _LADDER:
        return asks == has
    return _LADDER.index(asks) <= _LADDER.index(has)


def _pays(position: Position, least: str) -> bool:
    if not least:
        return True
    if least == BY_DAY:
        return position.pay_per == PayPer.DAY
    return position.pay_per == PayPer.MONTH and (position.pay_max or 0) >= int(least)


def _key_of(position: Position) -> str:
    """Return everything that words are looked for in, in both languages."""
    employer = position.employer
    parts = (position.title_zh, position.title_en, position.about, employer.name_zh, employer.name_en)
    return "\n".join(map(search_key, parts))
