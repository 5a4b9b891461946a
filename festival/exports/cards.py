"""Name cards: 胸卡 to wear, 桌签 to stand on a table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from festival.programme.models import Activity
from festival.roster.queries import Row
from festival.roster.render import Places, answer_words, columns

#: Cards on one page of the browser: more of them is more than one print job.
PAGE = 200


class Form(StrEnum):
    """What is printed."""

    BADGE = "badge"
    #: Folded: the name stands on both sides.
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card. No code and no number: cards are left lying about."""

    name: str
    #: The first answer that a roster shows: employer, school, organisation. Empty: none is asked.
    organisation: str
    pool: str
    seat: str

    @property
    def size(self) -> str:
        """How much room the name needs: ``short``, ``middle`` or ``long``. Wide characters take two."""
        width = sum(1 if character.isascii() else 2 for character in self.name)
        return "short" if width <= 8 else "middle" if width <= 16 else "long"  # noqa: PLR2004  # as the style sheet has it


def cards(activity: Activity, rows: Iterable[Row], seats: Mapping[int, str]) -> Iterator[Card]:
    """Yield a card for everybody who gave a name. Companions have none: they are counted, or named to the organizer alone."""
    places = Places(activity)
    asked = columns(activity)[:1]
    for row in rows:
        if row.name:
            organisation = answer_words(asked[0], row) if asked else ""
            yield Card(row.name, organisation, places.pool(row.pool_id), seats.get(row.id, ""))
