"""Changes of plan in the model: called off, put off, taken up again, held on the backup date; pools merged and split."""

from tests.signups.model.acts import head_of_all
from tests.signups.model.facts import CANCELLED, LIVE, ON, PAUSED, POSTPONED, Party, Pool, Slot, World
from tests.signups.model.places import deadline, serve, taken

#: What may follow what.
STEPS = {
    ON: {"cancel", "postpone", "backup"},
    POSTPONED: {"cancel", "resume", "backup"},
    CANCELLED: {"resume"},
}
AFTER = {"cancel": CANCELLED, "postpone": POSTPONED, "resume": ON}


def take_step(world: World, slot: Slot | None, step: str, why: str) -> bool:
    """Take one step with a slot and what belongs to it, or with the whole activity (None). Tells whether it can be taken."""
    can = _may_step_whole(world, step) if slot is None else _may_step(world, slot, step)
    if not can:
        return False
    concerned = [one for one in _concerned(world, slot, step) if _is_ahead(world, one)]
    offered = [party for party in world.parties if party.state == "offered" and party.slot in concerned]
    if step == "backup":
        assert slot is not None
        _to_backup(world, slot, why)
    elif slot is None:
        world.status = AFTER[step]
    else:
        for one in _family(world, slot, step):
            one.status, one.why = AFTER[step], why if step != "resume" else ""
    if step in {"cancel", "postpone"}:
        for party in offered:
            party.until = world.now + PAUSED
            party.revision += 1
        return True
    for party in offered:
        if party.until and party.until > world.now + PAUSED / 2:
            until = deadline(world, party.slot) if world.offers else world.now
            party.until = until if until > world.now else party.slot.starts_at
            party.revision += 1
    serve(world)
    return True


def _may_step_whole(world: World, step: str) -> bool:
    known = [one for one in world.sessions if one.status != CANCELLED] or world.sessions
    starts_at, ends_at = max(one.starts_at for one in known), max(one.ends_at for one in known)
    if step == "backup" or step not in STEPS[world.status]:
        return False
    if step == "resume":
        return world.now < starts_at
    return world.status != ON or world.now < ends_at


def _may_step(world: World, slot: Slot, step: str) -> bool:
    is_alone = world.status == POSTPONED and len(world.sessions) == 1  # its activity comes back with it
    if step not in STEPS[slot.status] or (world.status != ON and not (step == "backup" and is_alone)):
        return False
    if step == "backup":
        is_later = slot.backup_at is not None and slot.backup_at > slot.starts_at and world.now < slot.backup_at
        return slot.session is None and is_later and (slot.status != ON or world.status != ON or world.now < slot.ends_at)
    if step == "resume":
        return world.now < slot.starts_at and (slot.session is None or slot.session.status == ON)
    return slot.status != ON or world.now < slot.ends_at


def _is_ahead(world: World, slot: Slot) -> bool:
    return slot.ends_at > world.now or POSTPONED in {slot.status, world.status}


def _concerned(world: World, slot: Slot | None, step: str) -> list[Slot]:
    if slot is not None:
        return _family(world, slot, step)
    if step == "cancel":
        return [one for one in world.slots if one.status != CANCELLED]
    return [one for one in world.slots if one.status == ON]


def _family(world: World, slot: Slot, step: str) -> list[Slot]:
    """Return a slot and those of its children that share its fate: what was called off on its own stays so."""
    children = world.children(slot)
    if step == "cancel":
        return [slot, *(one for one in children if one.status != CANCELLED)]
    return [slot, *(one for one in children if one.status == slot.status and (slot.status == ON or one.why == slot.why))]


def _to_backup(world: World, slot: Slot, why: str) -> None:
    assert slot.backup_at is not None
    later = slot.backup_at - slot.starts_at
    for one in _family(world, slot, "backup"):
        one.status, one.why = ON, why
    for one in [slot, *world.children(slot)]:
        one.starts_at, one.ends_at, one.moved_at = one.starts_at + later, one.ends_at + later, world.now
    slot.backup_at = None
    if len(world.sessions) == 1:
        world.status = ON if world.status == POSTPONED else world.status
        world.closes_at = world.closes_at + later if world.closes_at else None


# -- pools ----------------------------------------------------------------------------------------------------------------------


def may_rearrange(world: World, *pools: Pool) -> bool:
    """Tell whether these pools of one slot may be merged or split."""
    slot = pools[0].slot
    is_one_slot = all(pool.slot is slot for pool in pools) and len(set(map(id, pools))) == len(pools)
    is_bound = any(pool.is_closed or pool.quota or pool.is_reserve for pool in pools) or len({pool.way for pool in pools}) > 1
    return is_one_slot and not is_bound and world.now < slot.starts_at and slot.hat is None


def merge(world: World, source: Pool, target: Pool, capacity: int) -> bool:
    """Make two pools one: parties keep places in the order of their turns while there is room, the others wait before all."""
    if not may_rearrange(world, source, target):
        return False
    seated = _seated(world, source, target)
    kept, left = [], capacity
    while seated and seated[0].size <= left:
        left -= seated[0].size
        kept.append(seated.pop(0))
    _to_the_head(world, seated, [source, target])
    for party in world.parties:
        if party.pool is source:
            party.pool = target if party.state in LIVE | {"attended", "no_show"} else source
    for one in world.passes:
        one.pool = target if one.pool is source else one.pool
    for batch in [one for one in world.batches if one.pool is source]:
        same = next((one for one in world.batches if one.pool is target and one.at == batch.at), None)
        if same is None:
            batch.pool = target
        else:
            same.places += batch.places
            world.batches.remove(batch)
    target.capacity, source.is_closed = capacity, True
    target.borrowed, source.borrowed = min(capacity, target.borrowed + source.borrowed), 0
    serve(world)
    return True


def _seated(world: World, *pools: Pool) -> list[Party]:
    found = [party for pool in pools for party in world.in_pool(pool, "confirmed", "offered")]
    return sorted(found, key=lambda party: party.turn)


def _to_the_head(world: World, parties: list[Party], pools: list[Pool]) -> None:
    before_all = head_of_all(world, pools)
    for party in parties:
        party.priority = before_all
        party.become("waitlisted")


def split(world: World, pool: Pool, fresh: Pool, first: int, second: int) -> bool:
    """Make two pools of one: in turn parties stay while there is room, then go; the list is dealt out by the room of each."""
    if not may_rearrange(world, pool):
        return False
    seated, gone = _seated(world, pool), []
    bumped: list[Party] = []
    left, right = first, second
    for party in seated:
        if not bumped and party.size <= left:
            left -= party.size
        elif not bumped and party.size <= right:
            right -= party.size
            gone.append(party)
        else:
            bumped.append(party)
    _to_the_head(world, bumped, [pool])
    world.pools.append(fresh)
    for party in gone:
        party.pool = fresh
    pool.capacity, fresh.capacity = first, second
    pool.borrowed = min(pool.borrowed, first)
    here, there = first - taken(world, pool), second - taken(world, fresh)
    for party in world.in_pool(pool, "waitlisted"):
        if here >= there:
            here -= party.size
        else:
            there -= party.size
            party.pool = fresh
    serve(world)
    return True
