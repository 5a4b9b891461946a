"""What a reader asks of the programme: a day, a track, what is open now, words. What cannot be meant is passed over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from festival.lib.text import clean_line

#: Longer searches find nothing anyway.
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the programme."""

    day: date | None = None
    track: str | None = None
    open: bool = False
    q: str = ""

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is left out."""
        return self != Asked()

    def but(self, **changes: object) -> "Asked":
        """Return the same filters with some changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the names are checked by replace itself

    def parameters(self) -> dict[str, Any]:
        """Return the filters as an address carries them."""
        given = {
            "day": self.day.isoformat() if self.day else "",
            "track": self.track or "",
            "open": "1" if self.open else "",
            "q": self.q,
        }
        return {name: value for name, value in given.items() if value}


def asked(arguments: Mapping[str, str], tracks: Iterable[str], starts_on: date, ends_on: date) -> Asked:
    """Return the filters of an address; a day outside the festival, an unknown track or a mistyped value counts for nothing."""
    track = arguments.get("track", "")
    return Asked(
        day=_day(arguments.get("day", ""), starts_on, ends_on),
        track=track if track in set(tracks) else None,
        open=arguments.get("open", "") == "1",
        q=clean_line(arguments.get("q", ""))[:LONGEST],
    )


def _day(text: str, starts_on: date, ends_on: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if starts_on <= day <= ends_on else None
