"""Pools of one slot become one, or one becomes two: who keeps a place, who cannot, and the books of it. Never commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select, update

from festival.audit.service import record
from festival.draws.queries import standing as standing_draw
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.service import owe, owe_each
from festival.plans import queries, rules
from festival.plans.rules import PoolReason, PoolsRefused, Seating
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Pool, Slot
from festival.programme.service import touch_slot
from festival.seats import service as seats
from festival.signups import lending, waitlist
from festival.signups import queries as signups
from festival.signups.models import Invitation, LedgerEntry, SignUp
from festival.signups.rules import LIVE, State, Waiting
from festival.signups.service import lock


@dataclass(frozen=True, slots=True)
class Merge:
    """Two pools that shall be one. ``capacity``: persons, of the one that goes on."""

    source_id: int
    target_id: int
    capacity: int


@dataclass(frozen=True, slots=True)
class Split:
    """A pool that shall be two. Capacities are persons: of the pool that goes on, and of the new one."""

    pool_id: int
    first: int
    second: int
    #: Names of both, in both languages: of the one that goes on, and of the new one.
    first_zh: str
    first_en: str
    second_zh: str
    second_en: str


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a merge or a split would do, as things stand now; nothing is written."""

    seating: Seating
    #: Parties that wait, without those that would come to the head of the list.
    waiting: int
    #: What was looked at: who cannot be kept. Saving refuses when that has become another list.
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Rearranged:
    """What was done, in sign-ups."""

    kept: int
    moved: int
    bumped: int
    promoted: int


# -- looking --------------------------------------------------------------------------------------------------------------------


def simulate_merge(asked: Merge, now: datetime) -> Simulation:
    """Return who could be kept if two pools became one, and who could not.

    :raises NotFound: there is no such pool.
    :raises PoolsRefused: these pools cannot become one.
    """
    return _simulate_merge(_pool(asked.source_id), _pool(asked.target_id), asked, now)


def simulate_split(asked: Split, now: datetime) -> Simulation:
    """Return who would stay, who would go to the new pool, and who would have a place in neither.

    :raises NotFound: there is no such pool.
    :raises PoolsRefused: this pool cannot be split.
    """
    return _simulate_split(_pool(asked.pool_id), asked, now)


def _simulate_merge(source: Pool, target: Pool, asked: Merge, now: datetime) -> Simulation:
    if source.id == target.id or source.slot_id != target.slot_id:
        raise PoolsRefused(PoolReason.NOT_TWO)
    _judge(source, now)
    _judge(target, now)
    if source.access != target.access:
        raise PoolsRefused(PoolReason.OTHER_WAY)
    both = (source.id, target.id)
    movable = queries.seated(both)
    fixed = sum(signups.places(one).taken for one in both) - _persons(movable)
    if fixed > asked.capacity:
        raise PoolsRefused(PoolReason.TOO_FEW)
    _check_most(target, asked.capacity, frozenset({source.id}))
    seating = rules.seated(fixed, movable, asked.capacity)
    return Simulation(seating, len(queries.waiting(both)), _fingerprint(asked, seating))


def _check_most(pool: Pool, capacity: int, without: frozenset[int]) -> None:
    """Refuse more places than the kind of activity lets a pool have. ``without``: pools that will be gone."""
    most = kind_of(pool.slot.activity).most_in(pool.id, without)
    if most is not None and capacity > most:
        raise PoolsRefused(PoolReason.UNSAFE)


def _simulate_split(pool: Pool, asked: Split, now: datetime) -> Simulation:
    _judge(pool, now)
    movable = queries.seated([pool.id])
    fixed = signups.places(pool.id).taken - _persons(movable)
    if fixed > asked.first:
        raise PoolsRefused(PoolReason.TOO_FEW)
    _check_most(pool, asked.first + asked.second, frozenset())
    seating = rules.split_seats(fixed, movable, asked.first, asked.second)
    return Simulation(seating, len(queries.waiting([pool.id])), _fingerprint(asked, seating))


def _judge(pool: Pool, now: datetime) -> None:
    if pool.is_closed:
        raise PoolsRefused(PoolReason.CLOSED)
    slot = db.session.get_one(Slot, pool.slot_id)
    if now >= slot.starts_at:
        raise PoolsRefused(PoolReason.PAST)
    if standing_draw(slot.id) is not None:
        raise PoolsRefused(PoolReason.DRAWN)
    if pool.quota_question is not None:
        raise PoolsRefused(PoolReason.OTHER_WAY)
    if pool.is_flex:
        raise PoolsRefused(PoolReason.RESERVE)


def _persons(parties: Iterable[Waiting]) -> int:
    return sum(party.party_size for party in parties)


def _fingerprint(asked: Merge | Split, seating: Seating) -> str:
    seen = f"{asked!r} {[party.sign_up_id for party in seating.bumped]}"
    return sha256(seen.encode()).hexdigest()[:16]


def _pool(pool_id: int) -> Pool:
    pool = db.session.get(Pool, pool_id, populate_existing=True)
    if pool is None:
        raise NotFound
    return pool


# -- doing ----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every line of the books needs: the activity, the time, who acts, and why."""

    activity: Activity
    now: datetime
    actor_id: int
    why: str


def merge(asked: Merge, *, seen: str, actor_id: int) -> Rearranged:
    """Make two pools one: parties keep places in queue order while there is room, the others go to the head of the one list.

    The pool that is merged away is closed and stays for the ledger's sake; its invitations open the other now, and its batches
    come to it.

    :param seen: the fingerprint of the simulation that was looked at.
    :raises PoolsRefused: these pools cannot become one, or somebody else could not be kept now.
    """
    activity, now = _locked(asked.source_id)
    source, target = _pool(asked.source_id), _pool(asked.target_id)
    simulation = _simulate_merge(source, target, asked, now)
    if simulation.fingerprint != seen:
        raise PoolsRefused(PoolReason.CHANGED_MEANWHILE)
    desk = _Desk(activity, now, actor_id, f"merge:{source.id}->{target.id}")
    _bump(desk, simulation.seating.bumped, (source.id, target.id))
    target.borrowed, source.borrowed = target.borrowed + source.borrowed, 0  # what both were lent goes back from the one
    _set_capacity(desk, target, asked.capacity)
    came = queries.belonging(source.id)
    seats.pool_becomes(source.id, target.id)
    for sign_up in came:
        _carry(desk, sign_up, target)
    db.session.execute(update(Invitation).where(Invitation.pool_id == source.id).values(pool_id=target.id))
    _move_batches(source, target)
    source.is_closed = True
    record(
        "pool.merge",
        "pool",
        target.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"{desk.why} capacity={asked.capacity} moved={len(came)} waitlisted={len(simulation.seating.bumped)}",
    )
    return _finish(desk, target, simulation.seating, came)


def split(asked: Split, *, seen: str, actor_id: int) -> Rearranged:
    """Make a second pool out of one: in queue order parties stay while there is room, then go to the new one.

    Who fits in neither goes to the head of the list; the list is dealt out to both, to each by the room it has.

    :param seen: the fingerprint of the simulation that was looked at.
    :raises PoolsRefused: this pool cannot be split, or somebody else could not be kept now.
    """
    activity, now = _locked(asked.pool_id)
    pool = _pool(asked.pool_id)
    simulation = _simulate_split(pool, asked, now)
    if simulation.fingerprint != seen:
        raise PoolsRefused(PoolReason.CHANGED_MEANWHILE)
    fresh = _second(pool, asked)
    pool.label_zh, pool.label_en = asked.first_zh, asked.first_en
    desk = _Desk(activity, now, actor_id, f"split:{pool.id}->{fresh.id}")
    _bump(desk, simulation.seating.bumped, (pool.id,))
    go = [db.session.get_one(SignUp, party.sign_up_id) for party in simulation.seating.moved]
    seats.pool_becomes(pool.id, fresh.id, [sign_up.id for sign_up in go])
    for sign_up in go:
        _carry(desk, sign_up, fresh)
    _set_capacity(desk, pool, asked.first)
    rooms = (asked.first - signups.places(pool.id).taken, asked.second - signups.places(fresh.id).taken)
    _stay, others = rules.dealt(queries.waiting([pool.id]), *rooms)
    for party in others:
        waits = db.session.get_one(SignUp, party.sign_up_id)
        _carry(desk, waits, fresh)
        go.append(waits)
    record(
        "pool.split",
        "pool",
        pool.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"{desk.why} capacity={asked.first}+{asked.second} moved={len(go)} waitlisted={len(simulation.seating.bumped)}",
    )
    return _finish(desk, pool, simulation.seating, go)


def _locked(pool_id: int) -> tuple[Activity, datetime]:
    activity_id = db.session.scalar(select(Slot.activity_id).join(Pool, Pool.slot_id == Slot.id).where(Pool.id == pool_id))
    if activity_id is None:
        raise NotFound
    locked = lock(activity_id)
    waitlist.lapse(locked.activity, locked.now)
    return locked.activity, locked.now


def _bump(desk: _Desk, parties: Sequence[Waiting], pool_ids: Sequence[int]) -> None:
    """Put parties that have a place to the head of the list, in their order, before all who wait already."""
    first = min([0, *(head.priority for head in queries.waiting(pool_ids))])
    for party in parties:
        sign_up = db.session.get_one(SignUp, party.sign_up_id, populate_existing=True)
        before, taken = sign_up.state.value, signups.places(sign_up.pool_id).taken
        waitlist.move(sign_up, State.WAITLISTED, at=desk.now)
        sign_up.priority = first - 1
        waitlist.enter(
            sign_up,
            at=desk.now,
            actor_id=desk.actor_id,
            what="moved",
            why=desk.why,
            state_before=before,
            taken_before=taken,
        )
        owe("sign_up_waitlisted", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=desk.activity.id)


def _carry(desk: _Desk, sign_up: SignUp, target: Pool) -> None:
    """Move a sign-up to another pool: a line in the books of each that it changes, its state as it was."""
    source_id = sign_up.pool_id
    left, reached = signups.places(source_id).taken, signups.places(target.id).taken
    sign_up.pool_id = target.id
    waitlist.touch(sign_up)
    waitlist.flush(desk.activity.id)
    now_left = signups.places(source_id).taken
    if now_left != left:
        _write(desk, source_id, left, now_left, sign_up)
    _write(desk, target.id, reached, signups.places(target.id).taken, sign_up)


def _move_batches(source: Pool, target: Pool) -> None:
    """Have the batches of places that are still to come reach the pool that goes on; two of the same time become one."""
    known = {batch.at: batch for batch in queries.batches_to_come(target.id)}
    for batch in queries.batches_to_come(source.id):
        if same := known.get(batch.at):
            same.places += batch.places
            db.session.delete(batch)
        else:
            batch.pool_id = target.id
    db.session.flush()


def _set_capacity(desk: _Desk, pool: Pool, capacity: int) -> None:
    before = "unlimited" if pool.capacity is None else pool.capacity
    lending.set_capacity(desk.activity.id, pool, capacity, desk.now)
    if before == capacity:
        return
    taken = signups.places(pool.id).taken
    _write(desk, pool.id, taken, taken, what="capacity", why=f"capacity:{before}->{capacity}")


def _write(
    desk: _Desk,
    pool_id: int,
    before: int,
    after: int,
    sign_up: SignUp | None = None,
    *,
    what: str = "moved",
    why: str = "",
) -> None:
    state = sign_up.state.value if sign_up else ""
    db.session.add(
        LedgerEntry(
            at=desk.now,
            activity_id=desk.activity.id,
            pool_id=pool_id,
            sign_up_id=sign_up.id if sign_up else None,
            actor_id=desk.actor_id,
            what=what,
            why=why or desk.why,
            state_before=state,
            state_after=state,
            party_size=sign_up.party_size if sign_up else 0,
            taken_before=before,
            taken_after=after,
        ),
    )
    db.session.flush()


def _second(pool: Pool, asked: Split) -> Pool:
    """Return a new pool beside one, like it in everything but name and places."""
    db.session.execute(
        update(Pool).where(Pool.slot_id == pool.slot_id, Pool.position > pool.position).values(position=Pool.position + 1),
    )
    known = set(db.session.scalars(select(Pool.key).where(Pool.slot_id == pool.slot_id)))
    number = next(number for number in range(2, len(known) + 3) if f"{pool.key[:44]}-{number}" not in known)
    fresh = Pool(
        slot_id=pool.slot_id,
        key=f"{pool.key[:44]}-{number}",
        unit=pool.unit,
        position=pool.position + 1,
        label_zh=asked.second_zh,
        label_en=asked.second_en,
        capacity=asked.second,
        access=pool.access,
        waitlist_limit=pool.waitlist_limit,
    )
    db.session.add(fresh)
    db.session.flush()
    return fresh


def _finish(desk: _Desk, pool: Pool, seating: Seating, came: Sequence[SignUp]) -> Rearranged:
    """Serve the list, tell those whose pool is another one now, and move the calendars forward."""
    db.session.flush()
    promoted = waitlist.serve(desk.activity, desk.now, why=desk.why)
    told_otherwise = {party.sign_up_id for party in seating.bumped} | {sign_up.id for sign_up in promoted}
    readers = {sign_up.id: sign_up.person_id for sign_up in came if sign_up.id not in told_otherwise}
    live = set(db.session.scalars(select(SignUp.id).where(SignUp.id.in_(list(readers)), SignUp.state.in_(LIVE))))
    owe_each(
        "sign_up_pool",
        "sign_up",
        {one: person for one, person in readers.items() if one in live},
        activity_id=desk.activity.id,
    )
    touch_slot(db.session.get_one(Slot, pool.slot_id))
    return Rearranged(
        kept=len(seating.kept),
        moved=len(came),
        bumped=len(seating.bumped),
        promoted=len(promoted),
    )
