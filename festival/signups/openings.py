"""What of an activity can be signed up for now, and what a party of one would get there: the number told beforehand.

The engine decides again under its lock; this only says, by the same rules, what it would decide at this moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from festival.programme.models import Access, Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.programme.rules import Level, Seats
from festival.signups import rules, waitlist
from festival.signups.invited import NONE, Shown
from festival.signups.queries import ceiling, parties_waiting_by_pool, places_by_pool
from festival.signups.rules import NO_CEILING, Balance, Ceiling, Places, Reason, State, Waitlists, Way
from festival.signups.service import door_reason, way_of, window_of

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


@dataclass(frozen=True, slots=True)
class PoolOpening:
    """A pool as a newcomer finds it."""

    pool: Pool
    slot: Slot
    reading: "_Reading" = field(repr=False)

    @property
    def places(self) -> Places:
        """How many there are."""
        return self.reading.places[self.pool.id]

    @property
    def verdict(self) -> State | Reason:
        """What a party of one would get, or why nothing."""
        return self.reading.verdict(self.slot, self.pool)

    @property
    def ahead(self) -> int:
        """Return the parties on its list: a newcomer would be one more."""
        return self.reading.parties.get(self.pool.id, 0)

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
    #: Why nobody is taken at this time whatever is free; None: sign-up for it is open.
    shut: Reason | None
    #: The answers decide on the pool: none is chosen.
    is_by_quota: bool

    @property
    def reason(self) -> Reason | None:
        """Why nobody is taken for the whole slot; None: somebody is, in one of its pools."""
        return self.shut or _of_pools(self.pools)

    @property
    def is_choosable(self) -> bool:
        """Tell whether somebody can be taken at all, on the list included."""
        return self.reason is None

    @property
    def only_pool(self) -> PoolOpening | None:
        """The slot's one pool; None where there are several to choose from, or quotas."""
        return self.pools[0] if len(self.pools) == 1 and not self.is_by_quota else None


@dataclass(frozen=True)
class Openings:
    """What an activity offers now. How much is free is read when it is asked for the first time."""

    activity: Activity
    #: Every slot with places, the ones that are over or called off included.
    slots: tuple[SlotOpening, ...]
    #: What the reader's code opens.
    invitation: Shown

    @cached_property
    def reason(self) -> Reason | None:
        """Why nothing can be done; None: something can."""
        return _of_activity(self.activity) or _of_slots(self.slots)

    @property
    def listed(self) -> tuple[SlotOpening, ...]:
        """The slots that a form shows: what lies ahead, the full ones too; not those that open later."""
        return tuple(opening for opening in self.slots if opening.shut is None and opening.pools)

    @property
    def opens_at_last(self) -> bool:
        """Tell whether more slots open later."""
        return self.reason is None and any(opening.reason == Reason.NOT_OPEN for opening in self.slots)


@dataclass(frozen=True)
class _Reading:
    """What is read of an activity at one instant, each thing when it is first asked for. A form that is sent asks for none."""

    activity: Activity
    slots: tuple[Slot, ...]
    now: datetime
    #: The pool that the reader's code opens; None: none.
    invited_to: int | None
    #: For somebody who stands at the door: a place at once, or none.
    at_the_door: bool = False

    @cached_property
    def places(self) -> Mapping[int, Places]:
        """How each pool stands."""
        return places_by_pool([slot.id for slot in self.slots])

    @cached_property
    def parties(self) -> Mapping[int, int]:
        """The parties that wait for each pool; a pool without any is left out."""
        return parties_waiting_by_pool([pool_id for pool_id, places in self.places.items() if places.waiting])

    @cached_property
    def ceilings(self) -> Mapping[int, Ceiling]:
        """How each session stands against its approved number; only one that is queued for need be asked about."""
        waits = {slot.parent_id or slot.id for slot in self.slots if any(self.places[pool.id].waiting for pool in slot.pools)}
        return {
            session.id: _ceiling(self.activity, session, self.now, is_waited_for=session.id in waits)
            for session in self.activity.slots
            if session.parent_id is None
        }

    def verdict(self, slot: Slot, pool: Pool) -> State | Reason:
        """Return what a party of one would get in a pool, or why nothing."""
        activity, places = self.activity, self.places[pool.id]
        quotas = {one.id: self.places[one.id].taken for one in slot.open_pools if one.quota_question is not None}
        balance = Balance(activity.balance_tolerance, quotas)
        if self.at_the_door:
            return rules.walk_in_state(
                Way(pool.access),
                places,
                self.ceilings[slot.parent_id or slot.id],
                1,
                is_past_cutoff=self.now >= waitlist.cutoff(activity, slot),
                may_have_a_place=balance.allows({pool.id: 1}),
            )
        waitlists = Waitlists(
            limit=activity.waitlist_limit,
            waiting=sum(self.places[one.id].waiting for one in slot.pools),
            pool_limit=pool.waitlist_limit,
            pool_waiting=places.waiting,
        )
        return rules.first_state(
            way_of(activity, pool, is_invited=pool.id == self.invited_to),
            places,
            self.ceilings[slot.parent_id or slot.id],
            waitlists,
            1,
            may_have_a_place=balance.allows({pool.id: 1}),
        )


def _ceiling(activity: Activity, session: Slot, now: datetime, *, is_waited_for: bool) -> Ceiling:
    if session.approved_ceiling is None:
        return NO_CEILING
    return waitlist.ceiling(activity, session.id, now) if is_waited_for else ceiling(session.id)


def openings_of(activity: Activity, now: datetime, invitation: Shown = NONE, *, at_the_door: bool = False) -> Openings:
    """Return what an activity (slots and pools loaded) offers a reader at an instant. A few queries more, however many pools.

    :param invitation: what the reader's code opens.
    :param at_the_door: for somebody who stands there: today's slots, a place at once or none.
    """
    bookable = tuple(slot for slot in activity.slots if slot.pools)
    reading = _Reading(activity, bookable, now, invitation.pool.id if invitation.pool else None, at_the_door)
    return Openings(activity, tuple(_opening(slot, reading) for slot in bookable), invitation)


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


def _opening(slot: Slot, reading: _Reading) -> SlotOpening:
    shown = [pool for pool in slot.open_pools if not pool.is_flex]
    pools = tuple(
        PoolOpening(pool, slot, reading) for pool in shown if pool.access != Access.INVITATION or pool.id == reading.invited_to
    )
    return SlotOpening(
        slot=slot,
        pools=pools,
        shut=_of_slot(reading.activity, slot, reading.now, at_the_door=reading.at_the_door),
        is_by_quota=any(pool.quota_question is not None for pool in shown),
    )


def _of_slot(activity: Activity, slot: Slot, now: datetime, *, at_the_door: bool) -> Reason | None:
    if slot.status != SlotStatus.SCHEDULED:
        return Reason.CANCELLED if slot.status == SlotStatus.CANCELLED else Reason.POSTPONED
    if now >= slot.ends_at:
        return Reason.ENDED
    return door_reason(activity, slot, now) if at_the_door else window_of(activity, slot).reason_at(now)


def _of_pools(pools: Sequence[PoolOpening]) -> Reason | None:
    if not pools:
        return Reason.INVITATION_ONLY
    if any(opening.is_choosable for opening in pools):
        return None
    return next(opening.verdict for opening in pools if isinstance(opening.verdict, Reason))
