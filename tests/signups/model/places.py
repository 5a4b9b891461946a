"""Who has room, who is next, and what time alone makes due: the model's rules of places."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import combinations

from festival.lib import clock
from tests.signups.model.facts import (
    AWAKE,
    COUNTED,
    CUTOFF,
    DEFERRED_UNTIL,
    HOLD,
    INSTANT,
    LAST_OF_ALL,
    ON,
    Party,
    Pool,
    Slot,
    World,
)

# -- looking --------------------------------------------------------------------------------------------------------------------


def taken(world: World, pool: Pool) -> int:
    """Return the persons who have a place."""
    return persons(world.in_pool(pool, *COUNTED))


def persons(parties: Iterable[Party]) -> int:
    """Return how many persons some parties are."""
    return sum(party.size for party in parties)


def waiting(world: World, slot: Slot) -> int:
    """Return the persons who wait for any pool of a slot."""
    return sum(party.size for party in world.parties if party.slot is slot and party.state == "waitlisted")


def reserve_of(world: World, slot: Slot) -> Pool | None:
    """Return the pool that lends to the others of its slot."""
    return next((pool for pool in world.within(slot) if pool.is_reserve), None)


def lendable(world: World, pool: Pool) -> int:
    """Return how many places the reserve could lend a pool."""
    reserve = reserve_of(world, pool.slot)
    if reserve is None or reserve is pool or pool.way == "invitation":
        return 0
    return max(0, (reserve.capacity or 0) - taken(world, reserve))


def room(world: World, pool: Pool) -> int | None:
    """Return how many persons fit, with what could be lent; None: any number."""
    return None if pool.capacity is None else pool.capacity - taken(world, pool) + lendable(world, pool)


def most(world: World, pool: Pool) -> int | None:
    """Return how many persons could ever fit: with later batches, and all that the reserve has lent elsewhere."""
    if pool.capacity is None:
        return None
    lent = 0 if pool.way == "invitation" else sum(other.borrowed for other in world.within(pool.slot) if other is not pool)
    return pool.capacity + lendable(world, pool) + lent + sum(batch.places for batch in world.batches if batch.pool is pool)


def fits(world: World, pool: Pool, size: int) -> bool:
    """Tell whether so many more persons fit into a pool."""
    left = room(world, pool)
    return left is None or size <= left


def left_below(world: World, session: Slot) -> int | None:
    """Return how many persons the approved number still allows; None: any number."""
    if session.ceiling is None:
        return None
    return session.ceiling - persons(one for one in world.parties if one.slot.top is session and one.state in COUNTED)


def fits_below(world: World, session: Slot, size: int) -> bool:
    """Tell whether the approved number allows so many more."""
    left = left_below(world, session)
    return left is None or size <= left


def in_balance(world: World, *grown: Party, by: int | None = None) -> bool:
    """Tell whether no quota gets too far ahead when these parties get places. ``by``: so many persons instead of their size."""
    pools = [pool for pool in world.within(grown[0].slot) if pool.quota]
    if world.tolerance is None or not all(party.pool.quota for party in grown):
        return True
    after = {id(pool): taken(world, pool) for pool in pools}
    for party in grown:
        after[id(party.pool)] += party.size if by is None else by
    return all(after[id(party.pool)] - min(after.values()) <= world.tolerance for party in grown)


def takes(world: World, pool: Pool, size: int, *, own: int = 0) -> bool:
    """Tell whether the lists take so many persons more. ``own``: who leaves a list of the same slot for this one."""
    if world.list_limit is not None and waiting(world, pool.slot) - own + size > world.list_limit:
        return False
    return pool.list_limit is None or persons(world.in_pool(pool, "waitlisted")) + size <= pool.list_limit


def is_queued_for(world: World, pool: Pool) -> bool:
    """Tell whether somebody waits whom no newcomer may overtake."""
    return any(party.priority < LAST_OF_ALL for party in world.in_pool(pool, "waitlisted"))


# -- who is next ----------------------------------------------------------------------------------------------------------------


def fitting_heads(world: World, session: Slot) -> list[Party]:
    """Return whose turn it is in each pool of a session, as far as their own pool has room for them."""
    found = [head_of(world, pool) for pool in world.pools if pool.slot.top is session and is_served(world, pool.slot)]
    return [head for head in found if head is not None]


def is_served(world: World, slot: Slot) -> bool:
    """Tell whether promotion is still automatic."""
    return slot.status == ON and world.now < slot.starts_at - CUTOFF


def head_of(world: World, pool: Pool) -> Party | None:
    """Return the first in line, or where smaller parties may pass the first that fits; None: nobody does."""
    until = world.closes_at if world.closes_at and world.closes_at < pool.slot.starts_at else pool.slot.starts_at - DEFERRED_UNTIL
    queue = [one for one in world.in_pool(pool, "waitlisted") if one.priority < LAST_OF_ALL or world.now >= until]
    if world.smaller_may_pass:
        queue = [one for one in queue if fits(world, pool, one.size) and fits_below(world, pool.slot.top, one.size)]
    return queue[0] if queue and fits(world, pool, queue[0].size) else None


def waits_for_the_ceiling(world: World, session: Slot) -> bool:
    """Tell whether somebody waits for nothing but the approved number."""
    if session.ceiling is None:
        return False
    return any(in_balance(world, head) for head in fitting_heads(world, session))


def next_up(world: World, session: Slot) -> tuple[Party, ...]:
    """Return who gets the next place of a session: one party, or two of different quotas that neither may have one alone."""
    heads = sorted(fitting_heads(world, session), key=lambda party: party.turn)
    alone = [head for head in heads if in_balance(world, head)]
    if alone:
        return (alone[0],) if fits_below(world, session, alone[0].size) else ()
    return next((pair for pair in combinations(heads, 2) if _may_go_together(world, session, *pair)), ())


def _may_go_together(world: World, session: Slot, one: Party, other: Party) -> bool:
    if one.slot is not other.slot or not in_balance(world, one, other) or not fits_below(world, session, one.size + other.size):
        return False
    lacking = sum(
        max(0, party.size - (party.pool.capacity - taken(world, party.pool)))
        for party in (one, other)
        if party.pool.capacity is not None
    )
    return lacking <= lendable(world, one.pool)


# -- giving ---------------------------------------------------------------------------------------------------------------------


def give(world: World, party: Party, state: str, until: datetime | None = None) -> None:
    """Give a party a place, lent by the reserve as far as its pool has none."""
    lend(world, party.pool, party.size)
    party.become(state, until)


def lend(world: World, pool: Pool, size: int) -> None:
    """Have the reserve lend what a pool lacks for so many persons."""
    reserve = reserve_of(world, pool.slot)
    if pool.capacity is None or reserve is None or reserve.capacity is None:
        return
    lacking = size - (pool.capacity - taken(world, pool))
    if 0 < lacking <= lendable(world, pool):
        reserve.capacity -= lacking
        pool.capacity += lacking
        pool.borrowed += lacking


def give_back(world: World, session: Slot) -> bool:
    """Return lent places that are free and nobody waits for. Tells whether there were any."""
    is_any = False
    for pool in world.pools:
        reserve = reserve_of(world, pool.slot)
        if pool.slot.top is not session or reserve is None or reserve.capacity is None or pool.capacity is None:
            continue
        spare = min(pool.borrowed, pool.capacity - taken(world, pool))
        if spare > 0 and not world.in_pool(pool, "waitlisted"):
            reserve.capacity += spare
            pool.capacity -= spare
            pool.borrowed -= spare
            is_any = True
    return is_any


def serve(world: World) -> None:
    """Give what is free to those who wait, until nobody more can be served."""
    if world.status != ON:
        return
    for session in world.sessions:
        while session.ends_at > world.now:
            is_returned = give_back(world, session)
            chosen = next_up(world, session)
            for party in chosen:
                if world.offers:
                    give(world, party, "offered", deadline(world, party.slot))
                else:
                    give(world, party, "confirmed")
            if not chosen and not is_returned:
                break


def deadline(world: World, slot: Slot) -> datetime:
    """Return when twelve waking hours are over, hour by hour: the walks move the clock by whole hours."""
    left, at = HOLD, world.now
    while left:
        if AWAKE[0] <= at.astimezone(clock.ZONE).hour < AWAKE[1]:
            left -= timedelta(hours=1)
        at += timedelta(hours=1)
    return min(at, slot.starts_at - CUTOFF)


def hold(world: World, party: Party) -> None:
    """Give a place by an approval or a draw: at once, or as an offer while there is time to take it."""
    until = deadline(world, party.slot)
    if world.offers and until > world.now:
        give(world, party, "offered", until)
    else:
        give(world, party, "confirmed")


def go_to_the_end(world: World, party: Party) -> None:
    """Give a party the turn behind everybody who waits for its pool, also behind who joined at this very instant."""
    is_last_of_all = party.priority >= LAST_OF_ALL
    others = [one for one in world.in_pool(party.pool, "waitlisted") if one is not party]
    ahead = others if is_last_of_all else [one for one in others if one.priority < LAST_OF_ALL]
    if not is_last_of_all:
        party.priority = max(0, ahead[-1].priority) if ahead else 0
    party.joined_at = max(world.now, ahead[-1].joined_at + INSTANT) if ahead else world.now


def lapse(world: World) -> None:
    """Do what time has made due: batches come, offers run out, and what is free then goes to the lists."""
    due = sorted((batch for batch in world.batches if batch.at <= world.now), key=lambda batch: (batch.at, batch.id))
    for batch in due:
        world.batches.remove(batch)
        if batch.pool.capacity is not None:
            batch.pool.capacity += batch.places
    overdue = [party for party in world.parties if party.state == "offered" and party.until and party.until <= world.now]
    for party in sorted(overdue, key=lambda party: (party.until, party.id)):
        if party.offers >= 2:
            party.become("expired")
        else:
            go_to_the_end(world, party)
            party.become("waitlisted")
    if due or overdue:
        serve(world)
