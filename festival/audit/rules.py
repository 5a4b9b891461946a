"""What in the audit trail deserves a second look. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Entries that say that somebody saw what is otherwise masked of a person.
REVEALS = frozenset({"contact.reveal", "answer.reveal"})
#: Within such a time reveals are counted together.
WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Burst:
    """More acts of one person within an hour than there should be; hours that overlap are one burst."""

    first_at: datetime
    last_at: datetime
    #: Acts from the first to the last.
    count: int
    #: Most of them that lie within one hour.
    most: int


def bursts(instants: Iterable[datetime], limit: int) -> list[Burst]:
    """Return where more than ``limit`` acts of one person lie within an hour, oldest first.

    :param instants: when they acted, in order.
    """
    acts = list(instants)
    found: list[Burst] = []
    begun, first, most, last = 0, -1, 0, -1
    for number, at in enumerate(acts):
        while at - acts[begun] >= WITHIN:
            begun += 1
        within = number - begun + 1
        if within <= limit:
            continue
        if first >= 0 and begun > last:  # an hour that shares nothing with the burst so far begins another
            found.append(Burst(acts[first], acts[last], last - first + 1, most))
            first, most = -1, 0
        if first < 0:
            first = begun
        most, last = max(most, within), number
    if first >= 0:
        found.append(Burst(acts[first], acts[last], last - first + 1, most))
    return found
