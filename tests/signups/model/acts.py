"""What people and organizers do to a party or a pool, in the model. Each returns whether the engine must take it."""

from datetime import datetime

from tests.signups.model.facts import (
    COUNTED,
    INSTANT,
    LAST_OF_ALL,
    LIVE,
    ON,
    PARTY_MAX,
    POSTPONED,
    Batch,
    Missed,
    Party,
    Pass,
    Person,
    Pool,
    Slot,
    World,
)
from tests.signups.model.places import (
    fits,
    fits_below,
    give,
    go_to_the_end,
    hold,
    in_balance,
    is_queued_for,
    lapse,
    lend,
    lendable,
    most,
    serve,
    taken,
    takes,
    waits_for_the_ceiling,
)

# -- coming ---------------------------------------------------------------------------------------------------------------------


def sign_up(world: World, person: Person, pool: Pool, size: int, by: Pass | None) -> Party | None:
    """Sign somebody up with a party, a place at once where there is one; None: refused."""
    if not is_open(world, pool.slot) or pool.is_closed or pool.is_reserve or _holds_one(world, person):
        return None
    if not pool.quota and any(other.quota for other in world.within(pool.slot)):
        return None  # where quotas hold, the answers choose
    way = pool.way
    if way == "invitation":
        if by is None or by.pool is not pool or not _is_good(world, by):
            return None
        way = "open"
    if not _could_ever_fit(world, pool, size):
        return None
    is_deferred = no_shows(world, person) >= 2
    if way == "approval" or (way == "ballot" and world.is_reviewed):
        state: str | None = "pending"
    elif way == "ballot":
        state = "entered"
    else:
        state = place(world, pool, size, may_have_one=not is_deferred, person=person)
    if state is None:
        return None
    return _come(world, person, pool, size, state, by if pool.way == "invitation" else None, is_deferred=is_deferred)


def _come(world: World, person: Person, pool: Pool, size: int, state: str, by: Pass | None, *, is_deferred: bool) -> Party:
    if state == "confirmed":
        lend(world, pool, size)
    priority = LAST_OF_ALL if is_deferred and state == "waitlisted" else 0
    party = Party(person, pool, size, state, priority, world.now, len(world.parties), world.now, by, names=size - 1)
    if state == "waitlisted":
        go_to_the_end(world, party)
    world.parties.append(party)
    if world.tolerance is not None or (world.smaller_may_pass and state == "waitlisted"):
        serve(world)
    return party


def is_open(world: World, slot: Slot) -> bool:
    """Tell whether one signs up for a slot now."""
    is_on = world.status == ON and slot.status == ON
    return is_on and world.now < slot.ends_at and (world.closes_at is None or world.now < world.closes_at)


def _could_ever_fit(world: World, pool: Pool, size: int) -> bool:
    top, ceiling = most(world, pool), pool.slot.top.ceiling
    return (top is None or size <= top) and (ceiling is None or size <= ceiling)


def _holds_one(world: World, person: Person) -> bool:
    return any(one.person is person and one.state in LIVE | COUNTED for one in world.parties)


def _is_good(world: World, by: Pass) -> bool:
    uses = sum(one.by is by and one.state in LIVE | COUNTED for one in world.parties)
    is_over = by.expires_at is not None and world.now >= by.expires_at
    return not by.is_revoked and not is_over and uses < by.uses_max


def place(world: World, pool: Pool, size: int, *, person: Person, may_have_one: bool = True) -> str | None:
    """Return whether a newcomer has a place or waits; None: neither a place nor the list takes them."""
    party = Party(person, pool, size, "", 0, world.now, 0, world.now)
    fits_pool = fits(world, pool, size) and not is_queued_for(world, pool) and may_have_one and in_balance(world, party)
    session = pool.slot.top
    if fits_pool and fits_below(world, session, size) and not waits_for_the_ceiling(world, session):
        return "confirmed"
    return "waitlisted" if takes(world, pool, size) else None


def approve(world: World, party: Party) -> bool:
    """Let a reviewed party have a place, or wait at its turn, or go into the hat."""
    if world.status != ON or party.slot.status != ON:
        return False
    if party.pool.way == "ballot":
        party.become("entered")
        return True
    state = place(world, party.pool, party.size, person=party.person)
    if state == "confirmed":
        hold(world, party)
    elif state is not None:
        party.become(state)  # its turn counts from when it signed up: it may be the head now
    if state == "waitlisted" or (state is not None and world.tolerance is not None):
        serve(world)
    return state is not None


# -- the draw -------------------------------------------------------------------------------------------------------------------


def draw(world: World, slot: Slot, in_order: list[Party]) -> None:
    """Give the places of each pool out in this order: the first party that does not fit stops those behind it.

    Lists of two pools that share a ceiling are in line by the rank that each party drew in its own pool.
    """
    limit = _most_by_balance(world, slot)
    full: set[int] = set()
    ranks: dict[int, int] = {}
    for party in in_order:
        pool = party.pool
        ranks[id(pool)] = ranks.get(id(pool), 0) + 1
        if party.state != "entered":
            continue
        is_ahead = limit is not None and bool(pool.quota) and taken(world, pool) + party.size > limit
        if is_ahead or not fits(world, pool, party.size) or not fits_below(world, slot.top, party.size):
            full.add(id(pool))
        if id(pool) in full:
            party.priority, party.joined_at = 0, world.now + ranks[id(pool)] * INSTANT
            party.become("waitlisted")
        else:
            hold(world, party)
    slot.is_drawn = True


def _most_by_balance(world: World, slot: Slot) -> int | None:
    """Return how many each quota may have: what the smallest can reach, and the tolerance; None: they are not compared."""
    quotas = [pool for pool in world.within(slot) if pool.quota]
    if world.tolerance is None or not quotas:
        return None
    reach = []
    for pool in quotas:
        came = taken(world, pool) + sum(party.size for party in world.in_pool(pool, "entered") if party in (slot.hat or []))
        top = most(world, pool)
        reach.append(came if top is None else min(came, top))
    return min(reach) + world.tolerance


def void(world: World, slot: Slot) -> None:
    """Put whoever has not confirmed back into the hat."""
    for party in (slot.hat or []) if slot.is_drawn else []:
        if party.state in {"offered", "waitlisted"}:
            party.become("entered")
    was_drawn, slot.hat, slot.is_drawn = slot.is_drawn, None, False
    if was_drawn:
        serve(world)


# -- going ----------------------------------------------------------------------------------------------------------------------


def may_leave(world: World, party: Party) -> bool:
    """Tell whether a person may still give a place back; nothing in a walk ends that before the start."""
    return world.now < party.slot.starts_at


def leave(world: World, party: Party, state: str, *, even_late: bool = False) -> bool:
    """Withdraw or be removed; what is free then goes to the lists."""
    if party.state not in LIVE or not (even_late or may_leave(world, party)):
        return False
    had_a_turn = party.state in {"confirmed", "offered", "waitlisted"}
    party.become(state)
    if had_a_turn:
        serve(world)
    return True


def resize(world: World, party: Party, size: int, *, is_edit: bool = True) -> bool:
    """Come with more or fewer. ``is_edit``: with as many names, else one is taken out."""
    if party.state not in LIVE or world.now >= party.slot.starts_at or not 1 <= size <= PARTY_MAX:
        return False
    grows = size - party.size
    if grows > 0 and not _may_grow(world, party, grows):
        return False
    if grows > 0 and party.state in COUNTED:
        lend(world, party.pool, grows)
    party.size = size
    party.names = size - 1 if is_edit else party.names - 1
    party.revision += 1
    if grows < 0 or (grows and world.tolerance is not None):
        serve(world)
    return True


def _may_grow(world: World, party: Party, grows: int) -> bool:
    pool, session = party.pool, party.slot.top
    top = most(world, pool)
    if top is not None and party.size + grows > top:
        return False
    if party.state == "waitlisted":
        return takes(world, pool, grows)
    if party.state not in COUNTED:
        return True  # it holds nothing yet
    has_room = fits(world, pool, grows) and not is_queued_for(world, pool) and in_balance(world, party, by=grows)
    return has_room and fits_below(world, session, grows) and not waits_for_the_ceiling(world, session)


def move(world: World, party: Party, pool: Pool) -> bool:
    """Go to another pool oneself: a place is kept until the other is sure, who waits joins the other list at its end."""
    is_movable = party.state in {"confirmed", "waitlisted"} and party.pool.is_free and pool.is_free and pool is not party.pool
    if (
        not is_movable
        or not may_leave(world, party)
        or not is_open(world, pool.slot)
        or not _could_ever_fit(world, pool, party.size)
    ):
        return False
    if _has_a_place_for(world, party, pool):
        lend(world, pool, party.size)
        party.pool = pool
        party.become("confirmed")
    elif party.state == "confirmed":
        return False
    else:
        own = party.size if pool.slot is party.slot else 0
        if not takes(world, pool, party.size, own=own):
            return False
        party.pool = pool
        go_to_the_end(world, party)
        party.become("waitlisted")
    serve(world)
    return True


def _has_a_place_for(world: World, party: Party, pool: Pool) -> bool:
    if is_queued_for(world, pool) or party.priority >= LAST_OF_ALL or not fits(world, pool, party.size):
        return False
    session = pool.slot.top
    if party.state == "confirmed" and session is party.slot.top:
        return True  # its persons are counted below that number already
    return fits_below(world, session, party.size) and not waits_for_the_ceiling(world, session)


def confirm(world: World, party: Party) -> bool:
    """Take an offered place, unless its time is off."""
    if party.state == "confirmed":
        return True
    if party.state != "offered" or world.status != ON or party.slot.status != ON:
        return False
    party.become("confirmed")
    return True


def keep(world: World, party: Party) -> None:
    """Say that one keeps the place at its new time."""
    if is_asked(world, party) and POSTPONED not in {world.status, party.slot.status}:
        party.kept_at = world.now


def is_asked(world: World, party: Party) -> bool:
    """Tell whether a person is asked to keep or release the place, and so is free to leave however late it is."""
    slot = party.slot
    if party.state not in LIVE or "cancelled" in {world.status, slot.status}:
        return False
    if POSTPONED in {world.status, slot.status}:
        return True
    if slot.moved_at is None or party.signed_up_at > slot.moved_at or world.now >= slot.ends_at:
        return False
    return party.kept_at is None or party.kept_at < slot.moved_at


# -- not having come ------------------------------------------------------------------------------------------------------------


def no_shows(world: World, person: Person) -> int:
    """Return how often somebody did not come, unexcused."""
    before = sum(not one.is_excused for one in person.missed)
    return before + sum(one.person is person and one.state == "no_show" and not one.is_excused for one in world.parties)


def record_absences(world: World, parties: list[Party]) -> list[Party]:
    """Record who did not come, of those who had a place in what took place and is over."""
    held = [one for one in parties if one.state == "confirmed" and one.slot.status == ON and one.slot.top.status == ON]
    absent = [one for one in held if world.status == ON and world.now >= one.slot.ends_at]
    for party in absent:
        party.become("no_show")
    return absent


def explain(missed: Missed | Party, *, is_recorded: bool) -> bool:
    """Say once why one did not come."""
    if not is_recorded or missed.is_excused or missed.is_explained:
        return False
    missed.is_explained = True
    return True


def excuse(world: World, person: Person, missed: Missed | Party, *, is_recorded: bool) -> bool:
    """Excuse an absence: below two, whoever waited behind everybody has their turn back."""
    if not is_recorded or missed.is_excused:
        return False
    missed.is_excused = True
    if isinstance(missed, Party):
        missed.revision += 1
    if no_shows(world, person) >= 2:
        return True
    waited = [one for one in world.parties if one.person is person and one.state in LIVE and one.priority >= LAST_OF_ALL]
    for party in waited:
        party.priority = 0
        party.revision += 1
    if waited or isinstance(missed, Party):
        lapse(world)
        serve(world)
    return True


def release_absent(world: World, slot: Slot, present: list[Party]) -> list[Party] | None:
    """Put those who have not come to the end of the list once it has begun, and give what is free to those who stand there.

    Nobody is let in before in a walk: whoever has a place has not come. Returns who got one; None: it is not the time.
    """
    if world.status != ON or {slot.status, slot.top.status} != {ON} or not slot.starts_at <= world.now < slot.ends_at:
        return None
    absent = [one for one in world.parties if one.slot is slot and one.state == "confirmed"]
    for party in sorted(absent, key=lambda one: one.turn):
        go_to_the_end(world, party)
        party.become("waitlisted")
    placed = []
    for party in sorted(present, key=lambda one: one.turn):
        if fits(world, party.pool, party.size) and fits_below(world, slot.top, party.size):
            give(world, party, "confirmed")
            placed.append(party)
    if absent:
        serve(world)
    return placed


# -- what organizers set --------------------------------------------------------------------------------------------------------


def set_capacity(world: World, pool: Pool, capacity: int | None, *, move: bool) -> bool:
    """Set how many places a pool has; ``move``: the last to come go to the head of the list.

    Own places go first. Where it is unlimited it needs nothing lent.
    """
    if pool.is_reserve and capacity is None:
        return False
    pool.capacity = capacity
    if capacity is None:
        reserve = next((one for one in world.within(pool.slot) if one.is_reserve), None)
        if reserve is not None and reserve.capacity is not None:
            reserve.capacity += pool.borrowed
        pool.borrowed = 0
    else:
        pool.borrowed = min(pool.borrowed, capacity)
    if move and capacity is not None:
        before_all = head_of_all(world, [pool])
        for party in reversed(world.in_pool(pool, "confirmed")):
            if taken(world, pool) <= capacity:
                break
            party.priority = before_all
            party.become("waitlisted")
    serve(world)
    return True


def head_of_all(world: World, pools: list[Pool]) -> int:
    """Return the priority before everybody who waits for some pools, and before whoever comes later."""
    return min([0, *(party.priority for pool in pools for party in world.in_pool(pool, "waitlisted"))]) - 1


def set_ceiling(world: World, slot: Slot, ceiling: int | None) -> bool:
    """Set the approved number of a session."""
    if slot.session is not None:
        return False
    if slot.ceiling != ceiling:
        slot.ceiling = ceiling
        serve(world)
    return True


def add_batch(world: World, pool: Pool, at: datetime, places: int) -> Batch | None:
    """Give a pool more places at a later time; None: refused."""
    is_ahead = world.now < at < pool.slot.ends_at
    is_taken = any(batch.pool is pool and batch.at == at for batch in world.batches)
    if pool.is_closed or pool.capacity is None or not is_ahead or is_taken:
        return None
    batch = Batch(pool, at, places)
    world.batches.append(batch)
    return batch


def make_reserve(world: World, pool: Pool) -> bool:
    """Let a pool lend its places to the others of its slot."""
    if pool.is_closed:
        return False
    if pool.is_reserve:
        return True
    others = [other for other in world.within(pool.slot) if other is not pool]
    can_lend = pool.capacity is not None and not pool.quota and pool.way != "invitation"
    is_taken = bool(world.in_pool(pool, *LIVE, *COUNTED)) or any(other.is_reserve for other in others)
    if not can_lend or is_taken or all(other.way == "invitation" for other in others):
        return False
    pool.is_reserve = True
    serve(world)
    return True


def end_reserve(world: World, pool: Pool) -> bool:
    """Let a reserve take people of its own again."""
    if pool.is_reserve:
        if any(other.borrowed for other in world.within(pool.slot)):
            return False
        pool.is_reserve = False
        assert lendable(world, pool) == 0
    return True


def set_rules(world: World, *, smaller_may_pass: bool, offers: bool, tolerance: int | None, list_limit: int | None) -> None:
    """Set how places are given; who has one keeps it."""
    before = (world.smaller_may_pass, world.offers, world.tolerance, world.list_limit)
    world.smaller_may_pass, world.offers, world.tolerance, world.list_limit = smaller_may_pass, offers, tolerance, list_limit
    if before != (smaller_may_pass, offers, tolerance, list_limit):
        serve(world)
