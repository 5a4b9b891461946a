"""What of an activity can be signed up for now, and what a party of one would get there: the number told beforehand.

The engine decides again under its lock; this only says, by the same rules, what it would decide at this moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from festival.programme.models import Access, Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.programme.rules import Level, Seats
from festival.signups import rules, waitlist
from festival.signups.invited import NONE, Shown
from festival.signups.queries import parties_waiting_by_pool, places_by_pool
from festival.signups.rules import Balance, Ceiling, Places, Reason, State, Waitlists
from festival.signups.service import way_of, window_of

#: Of several reasons why nothing can be done, the one that helps most is told.
_TELLING = (
    Reason.NOT_OPEN,
    Reason.FULL,
    Reason.CEILING,
    Reason.INVITATION_ONLY,
    Reason.CLOSED,
    Reason.POSTPONED,
    Reason.CANCELLED,
    Reason.ENDED,
)


@dataclass(frozen=True)
class Lists:
    """The lists of some pools. They are counted when somebody reads how long they are: a form that is sent does not ask."""

    pool_ids: tuple[int, ...]

    @cached_property
    def parties(self) -> dict[int, int]:
        """The parties that wait for each pool; a pool without any is left out."""
        return parties_waiting_by_pool(self.pool_ids)


@dataclass(frozen=True, slots=True)
class PoolOpening:
    """A pool as a newcomer finds it."""

    pool: Pool
    places: Places
    #: What a party of one would get, or why nothing.
    verdict: State | Reason
    lists: Lists

    @property
    def ahead(self) -> int:
        """Return the parties on its list: a newcomer would be one more."""
        return self.lists.parties.get(self.pool.id, 0)

    @property
    def is_choosable(self) -> bool:
        """Tell whether somebody can be taken at all, on the list included."""
        return isinstance(self.verdict, State)

    @property
    def free_now(self) -> int | None:
        """Places that one who comes now could have: none while others wait for them. None: unlimited."""
        if self.places.room is None:
            return None
        return 0 if self.verdict == State.WAITLISTED or not self.is_choosable else max(0, self.places.room)

    @property
    def level(self) -> Level:
        """How full it is, as the programme's pages say it."""
        return Seats(self.places.capacity, self.places.taken, self.places.waiting).level


@dataclass(frozen=True, slots=True)
class SlotOpening:
    """A slot as a newcomer finds it, with the pools that are not by invitation, or that the reader is invited to."""

    slot: Slot
    pools: tuple[PoolOpening, ...]
    #: Why nobody is taken for the whole slot; None: somebody is, in one of its pools.
    reason: Reason | None
    #: The answers decide on the pool: none is chosen.
    is_by_quota: bool

    @property
    def is_choosable(self) -> bool:
        """Tell whether somebody can be taken at all, on the list included."""
        return self.reason is None

    @property
    def only_pool(self) -> PoolOpening | None:
        """The slot's one pool; None where there are several to choose from, or quotas."""
        return self.pools[0] if len(self.pools) == 1 and not self.is_by_quota else None


@dataclass(frozen=True, slots=True)
class Openings:
    """What an activity offers now."""

    #: Every slot with places, the ones that are over or called off included.
    slots: tuple[SlotOpening, ...]
    #: Why nothing can be done; None: something can.
    reason: Reason | None
    #: What the reader's code opens.
    invitation: Shown

    @property
    def listed(self) -> tuple[SlotOpening, ...]:
        """The slots that a form shows: what lies ahead, the full ones too; not those that open later."""
        return tuple(opening for opening in self.slots if opening.reason in {None, Reason.FULL, Reason.CEILING})

    @property
    def opens_at_last(self) -> bool:
        """Tell whether more slots open later."""
        return self.reason is None and any(opening.reason == Reason.NOT_OPEN for opening in self.slots)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of an activity at one instant."""

    lists: Lists
    places: Mapping[int, Places]
    #: By session.
    ceilings: Mapping[int, Ceiling]
    now: datetime
    #: The pool that the reader's code opens; None: none.
    invited_to: int | None


def openings_of(activity: Activity, now: datetime, invitation: Shown = NONE) -> Openings:
    """Return what an activity (slots and pools loaded) offers a reader at an instant. A few queries more, however many pools.

    :param invitation: what the reader's code opens.
    """
    bookable = [slot for slot in activity.slots if slot.pools]
    read = _Read(
        lists=Lists(tuple(pool.id for slot in bookable for pool in slot.pools if pool.waiting)),
        places=places_by_pool([slot.id for slot in bookable]),
        ceilings=_ceilings(activity, now),
        now=now,
        invited_to=invitation.pool.id if invitation.pool else None,
    )
    slots = tuple(_opening(activity, slot, read) for slot in bookable)
    return Openings(slots, _of_activity(activity) or _of_slots(slots), invitation)


def _of_activity(activity: Activity) -> Reason | None:
    if activity.status == ActivityStatus.CANCELLED:
        return Reason.CANCELLED
    return Reason.POSTPONED if activity.status == ActivityStatus.POSTPONED else None


def _of_slots(slots: Sequence[SlotOpening]) -> Reason | None:
    """Return the reason that tells most when no slot takes anybody."""
    reasons = {opening.reason for opening in slots}
    if None in reasons:
        return None
    return next((reason for reason in _TELLING if reason in reasons), Reason.NOT_OPEN)


def _ceilings(activity: Activity, now: datetime) -> dict[int, Ceiling]:
    """Return how each session stands against its approved number; only one that is queued for need be asked about."""
    waits = {slot.parent_id or slot.id for slot in activity.slots if any(pool.waiting for pool in slot.pools)}
    return {
        session.id: waitlist.ceiling(activity, session.id, now)
        if session.approved_ceiling is not None and session.id in waits
        else Ceiling(limit=session.approved_ceiling, heads=session.heads)
        for session in activity.slots
        if session.parent_id is None
    }


def _opening(activity: Activity, slot: Slot, read: _Read) -> SlotOpening:
    shown = [pool for pool in slot.open_pools if not pool.is_flex]
    pools = tuple(
        PoolOpening(pool, read.places[pool.id], _verdict(activity, slot, pool, read), read.lists)
        for pool in shown
        if pool.access != Access.INVITATION or pool.id == read.invited_to
    )
    return SlotOpening(
        slot=slot,
        pools=pools,
        reason=_of_slot(activity, slot, read.now) or _of_pools(pools),
        is_by_quota=any(pool.quota_question is not None for pool in shown),
    )


def _verdict(activity: Activity, slot: Slot, pool: Pool, read: _Read) -> State | Reason:
    waitlists = Waitlists(
        limit=activity.waitlist_limit,
        waiting=sum(one.waiting for one in slot.pools),
        pool_limit=pool.waitlist_limit,
        pool_waiting=pool.waiting,
    )
    quotas = {one.id: one.taken for one in slot.open_pools if one.quota_question is not None}
    return rules.first_state(
        way_of(activity, pool, is_invited=pool.id == read.invited_to),
        read.places[pool.id],
        read.ceilings[slot.parent_id or slot.id],
        waitlists,
        1,
        may_have_a_place=Balance(activity.balance_tolerance, quotas).allows({pool.id: 1}),
    )


def _of_slot(activity: Activity, slot: Slot, now: datetime) -> Reason | None:
    if slot.status != SlotStatus.SCHEDULED:
        return Reason.CANCELLED if slot.status == SlotStatus.CANCELLED else Reason.POSTPONED
    if now >= slot.ends_at:
        return Reason.ENDED
    return window_of(activity, slot).reason_at(now)


def _of_pools(pools: Sequence[PoolOpening]) -> Reason | None:
    if not pools:
        return Reason.INVITATION_ONLY
    if any(opening.is_choosable for opening in pools):
        return None
    return next(opening.verdict for opening in pools if isinstance(opening.verdict, Reason))
