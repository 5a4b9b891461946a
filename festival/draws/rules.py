"""The order of a draw: a pure function of who entered and of a seed nobody could know when the list was frozen.

The same in ten lines elsewhere: ``docs/verify-a-draw.md``, and in the reader's own browser on ``/draws/<id>``.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from festival.lib.errors import Refused


class DrawState(StrEnum):
    """Life of a draw. It is never repeated: a mistake is voided with a public reason, and a new one begun."""

    FROZEN = "frozen"
    DRAWN = "drawn"
    VOID = "void"


class Outcome(StrEnum):
    """What the draw did for one entry."""

    PLACE = "place"
    WAITLISTED = "waitlisted"
    LEFT = "left"  # withdrawn between the freeze and the draw: keeps its rank, takes no place


class DrawReason(StrEnum):
    """Why a draw cannot be frozen, drawn or voided now."""

    NOT_ON = "not_on"  # called off or put off
    STILL_OPEN = "still_open"
    STILL_PENDING = "still_pending"
    NOBODY_ENTERED = "nobody_entered"
    ONE_IS_RUNNING = "one_is_running"
    SEED_NOT_DUE = "seed_not_due"
    SEED_EMPTY = "seed_empty"
    NOT_FROZEN = "not_frozen"
    ALREADY_VOID = "already_void"


class DrawRefused(Refused):
    """An expected "no" to an organizer; ``reason`` is a ``DrawReason``."""

    reason: DrawReason


@dataclass(frozen=True, slots=True)
class Entry:
    """One party in the hat. A party is one entry, whatever its size; ``pool`` is the key of the pool it is drawn in."""

    pool: str
    entry_no: str
    party_size: int


def entrants_text(entries: Iterable[Entry]) -> str:
    """Return the frozen list as it is published: one line per entry, ``pool entry_no party_size``, sorted, no name anywhere."""
    return "".join(sorted(f"{entry.pool} {entry.entry_no} {entry.party_size}\n" for entry in entries))


def entrants_digest(published: str) -> str:
    """Return the SHA-256 of the published list, in hexadecimal."""
    return hashlib.sha256(published.encode()).hexdigest()


def mark_of(seed: str, entry_no: str) -> str:
    """Return HMAC-SHA256(key = seed, message = entry number), in hexadecimal: what the entries of a pool are sorted by."""
    return hmac.new(seed.encode(), entry_no.encode(), hashlib.sha256).hexdigest()


def drawn_order(entries: Sequence[Entry], seed: str) -> dict[str, list[str]]:
    """Return the entry numbers of each pool in drawn order. Pools are drawn apart; the order of the input does not matter."""
    order: dict[str, list[str]] = {}
    for entry in sorted(entries, key=lambda one: (mark_of(seed, one.entry_no), one.entry_no)):
        order.setdefault(entry.pool, []).append(entry.entry_no)
    return order
