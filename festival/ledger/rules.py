"""What lines of the ledger mean together. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from festival.signups.causes import What
from festival.signups.rules import COUNTED, Ceiling, Places, State

#: The order of a list: priority, when it was joined, id.
Turn = tuple[int, datetime, int]
#: Lines that leave a waiting party where it stood.
_STILL = frozenset({What.SKIPPED, What.PARTY, What.KEPT})
#: Lines of somebody who has a place that leave it how it was got.
_KEPT = frozenset({What.SKIPPED, What.PARTY, What.CONFIRMED, What.KEPT})


@dataclass(frozen=True, slots=True)
class Waiter:
    """A party that waits."""

    sign_up_id: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger about a sign-up, as far as the order of the list goes."""

    id: int
    sign_up_id: int
    what: str
    state_before: str
    state_after: str


@dataclass(frozen=True, slots=True)
class Jump:
    """Two sign-ups of one pool: who got a place, and who should have got it before."""

    ahead: int
    behind: int


def placed(state: str) -> str:
    """Return a state as the ledger of places sees it: whoever came or stayed away has the place that was confirmed."""
    return State.CONFIRMED.value if state in {State.ATTENDED, State.NO_SHOW} else str(state)


def overtaken(waiters: Iterable[Waiter], entries: Sequence[Entry], turns: Mapping[int, Turn]) -> list[Jump]:
    """Return who got a place of a pool while somebody before them was waiting for it; only what can be judged for certain.

    A newcomer overtakes whoever was waiting at that moment; one from the list, whoever had an earlier turn. A party that was
    skipped because it did not fit was not overtaken, nor is anybody who was set back behind the others.

    :param waiters: who waits now, so that their turn is what it was all along since their last line.
    :param entries: the pool's lines about sign-ups, in order.
    :param turns: of those who hold a place now, by sign-up.
    """
    last: dict[int, Entry] = {}
    passed = {entry.sign_up_id for entry in entries if entry.what == What.SKIPPED}
    for entry in entries:
        if entry.what not in (_KEPT if entry.sign_up_id in turns else _STILL):
            last[entry.sign_up_id] = entry
    joined = {
        last[waiter.sign_up_id].id: waiter
        for waiter in waiters
        if waiter.sign_up_id in last and waiter.sign_up_id not in passed and waiter.turn[0] <= 0
    }
    jumps: list[Jump] = []
    first: Waiter | None = None
    for entry in entries:
        if waiter := joined.get(entry.id):
            first = waiter if first is None or waiter.turn < first.turn else first
            continue
        turn = turns.get(entry.sign_up_id)
        if first is None or turn is None or last.get(entry.sign_up_id) is not entry or entry.state_after not in COUNTED:
            continue
        is_new = entry.state_before == "" and entry.what == What.SIGNED_UP
        is_served = entry.state_before == State.WAITLISTED and entry.what in {What.PROMOTED, What.OFFERED}
        if is_new or (is_served and turn > first.turn):
            jumps.append(Jump(entry.sign_up_id, first.sign_up_id))
    return jumps


# -- why somebody still waits -------------------------------------------------------------------------------------------------


class Hold(StrEnum):
    """What keeps a waiting party from being promoted. Several may hold at once."""

    NOT_ON = "not_on"  # the activity is postponed, cancelled or a draft
    SLOT_OFF = "slot_off"
    ENDED = "ended"
    CUTOFF = "cutoff"  # too close to the start: nobody is promoted by itself any more
    AHEAD = "ahead"
    OVER = "over"  # more is taken than there is room for
    FULL = "full"
    HEAD_TOO_LARGE = "head_too_large"  # the party that is next does not fit into what is free, and is not split
    TOO_LARGE = "too_large"  # this one is next, and does not fit
    NEVER = "never"  # it is larger than the pool could ever be as things are planned
    BATCH = "batch"  # more places come at a time that is known
    BALANCE = "balance"  # its quota is ahead of another by the tolerance
    DEFERRED = "deferred"  # the person did not come twice: its turn is once sign-up has closed
    CEILING = "ceiling"
    CEILING_QUEUE = "ceiling_queue"  # below the ceiling there is room, for a party of another pool that came before
    NEXT = "next"  # nothing: the sweep of this minute gives the place
    OTHER = "other"  # the engine holds it back by a rule that is not one of these


#: Where one of these holds, nothing else matters.
_STANDSTILL = (Hold.NOT_ON, Hold.SLOT_OFF, Hold.ENDED, Hold.CUTOFF)


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a waiting party stands. Counts are persons unless a name says parties."""

    sign_up_id: int
    party_size: int
    parties_ahead: int
    persons_ahead: int
    #: Persons of the party that is next in this pool, which may be this one.
    head_size: int
    places: Places
    ceiling: Ceiling
    #: Whom the engine would serve next in this session; None: nobody.
    next_id: int | None
    #: The quota may grow by whoever is next in it.
    is_in_balance: bool = True
    #: It waits behind everybody else, and their time has not come.
    is_deferred: bool = False
    #: When the pool gets its next batch, and how many places.
    next_batch: tuple[datetime, int] | None = None
    is_on: bool = True
    is_slot_on: bool = True
    is_over: bool = False
    is_past_cutoff: bool = False


def holds(queue: Queue) -> tuple[Hold, ...]:
    """Return everything that keeps a waiting party from a place; judged by the rules of the engine, and by its own verdict."""
    still = (not queue.is_on, not queue.is_slot_on, queue.is_over, queue.is_past_cutoff)
    for hold, is_so in zip(_STANDSTILL, still, strict=True):
        if is_so:
            return (hold,)
    found = [Hold.AHEAD] if queue.parties_ahead else []
    lacking = _lacking(queue)
    if lacking is not None:
        found.append(lacking)
        if queue.next_batch is not None:
            found.append(Hold.BATCH)
    elif not queue.is_in_balance:
        found.append(Hold.BALANCE)
    elif not queue.ceiling.has_room_for(queue.head_size):
        found.append(Hold.CEILING)
    if queue.is_deferred:
        found.append(Hold.DEFERRED)
    return tuple(found or [_last_hold(queue)])


def _lacking(queue: Queue) -> Hold | None:
    """Return how the pool lacks places for whoever is next, what the reserve could lend included; None: it does not."""
    places = queue.places
    is_full = places.room is not None and places.room <= 0
    if is_full and (places.free or 0) < 0:
        return Hold.OVER
    if places.most is not None and queue.party_size > places.most:
        return Hold.NEVER
    if is_full:
        return Hold.FULL
    if not places.has_room_for(queue.head_size):
        return Hold.HEAD_TOO_LARGE if queue.parties_ahead else Hold.TOO_LARGE
    return None


def _last_hold(queue: Queue) -> Hold:
    """Return what holds back a party that is next in its pool and fits: nothing, unless the engine passes it over."""
    if queue.next_id != queue.sign_up_id and queue.ceiling.limit is not None:
        return Hold.CEILING_QUEUE
    return Hold.OTHER if queue.next_id is None else Hold.NEXT
