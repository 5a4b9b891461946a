"""Reading the ground of a show, how full it is, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from festival.checkin import scans
from festival.checkin.scans import Count, GateCount
from festival.kinds.show.models import Area, Entrance, Role, ShowDecision, ShowPlan
from festival.kinds.show.rules import Zone
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, Pool, PoolBatch, Slot

_NOBODY = Count(0, 0, 0)


def evening(activity: Activity) -> Slot | None:
    """Return the time of a show that matters now: the next one that is not over, else the last; None: it has none."""
    held = [slot for slot in activity.slots if slot.parent_id is None]
    now = clock.now()
    return next((slot for slot in held if slot.ends_at > now), held[-1] if held else None)


def areas(activity_id: int) -> list[Area]:
    """Return the areas of a show's ground with corners and entrances; a zone whose pool was merged away is left out."""
    chosen = (
        select(Area)
        .where(Area.activity_id == activity_id)
        .order_by(Area.position, Area.id)
        .options(selectinload(Area.corners), selectinload(Area.entrances).joinedload(Entrance.gate), joinedload(Area.pool))
        .execution_options(populate_existing=True)
    )
    return [area for area in db.session.scalars(chosen) if area.pool is None or not area.pool.is_closed]


def zones_of(ground: Sequence[Area], slot: Slot) -> list[Area]:
    """Return the zones of a ground whose pools belong to a slot."""
    return [area for area in ground if area.role == Role.ZONE and area.pool is not None and area.pool.slot_id == slot.id]


def heads(slot: Slot) -> dict[int, Count]:
    """Return by pool who is expected, has come, and is inside: what the scans of an evening add up to."""
    return scans.counts([slot.id])


def zones(ground: Sequence[Area], slot: Slot, counted: Mapping[int, Count] | None = None) -> list[Zone]:
    """Return how full each zone of a slot is, in their order.

    :param counted: as ``heads``; None: they are asked now.
    """
    counted = heads(slot) if counted is None else counted
    return [
        _zone(area, area.pool, counted.get(area.pool.id, _NOBODY)) for area in zones_of(ground, slot) if area.pool is not None
    ]


def _zone(area: Area, pool: Pool, count: Count) -> Zone:
    return Zone(
        key=area.key,
        capacity=pool.capacity,
        taken=pool.taken,
        arrived=count.arrived,
        inside=count.inside,
        safety_limit=area.safety_limit or 0,
        staff=area.staff,
    )


def gate_counts(activity_id: int, slot: Slot) -> dict[int, GateCount]:
    """Return what went in and out through each gate on the slot's day, by gate."""
    day = clock.local(slot.doors_at or slot.starts_at).replace(hour=0, minute=0, second=0, microsecond=0)
    return {one.gate_id: one for one in scans.by_gate(activity_id, day) if one.gate_id is not None}


def plan(activity_id: int) -> ShowPlan | None:
    """Return the weather plan of a show; None: nobody has written one."""
    return db.session.scalar(select(ShowPlan).where(ShowPlan.activity_id == activity_id))


def decisions(slot_ids: Sequence[int]) -> list[ShowDecision]:
    """Return what was decided about some times of a show, newest first, with who decided."""
    chosen = select(ShowDecision).where(ShowDecision.slot_id.in_(slot_ids)).order_by(ShowDecision.id.desc())
    return list(db.session.scalars(chosen.options(joinedload(ShowDecision.actor)).limit(100)))


def last_decision(slot_id: int) -> ShowDecision | None:
    """Return what was decided last about one time of a show; None: nothing yet."""
    chosen = select(ShowDecision).where(ShowDecision.slot_id == slot_id).order_by(ShowDecision.id.desc()).limit(1)
    return db.session.scalar(chosen)


@dataclass(frozen=True, slots=True)
class Planned:
    """Places of a pool with its later batches; None: any number."""

    pool_id: int
    places: int | None


def planned(slot_id: int) -> dict[int, int | None]:
    """Return by pool how many places it has with all its batches; None: any number. Closed pools are left out."""
    later = (
        select(PoolBatch.pool_id, func.sum(PoolBatch.places).label("places"))
        .where(PoolBatch.released_at.is_(None))
        .group_by(PoolBatch.pool_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Pool.id, Pool.capacity, func.coalesce(later.c.places, 0))
        .outerjoin(later, later.c.pool_id == Pool.id)
        .where(Pool.slot_id == slot_id, Pool.is_closed.is_(False)),
    )
    return {pool_id: None if capacity is None else capacity + int(more) for pool_id, capacity, more in rows}


def zone_of_pool(pool_id: int) -> Area | None:
    """Return the zone whose people are those of a pool; None: it is no zone."""
    chosen = select(Area).where(Area.pool_id == pool_id).options(selectinload(Area.entrances).joinedload(Entrance.gate))
    return db.session.scalar(chosen)


def entrance_of_gate(gate_id: int) -> Entrance | None:
    """Return the entrance that a gate is; None: it is none of a zone."""
    return db.session.scalar(select(Entrance).where(Entrance.gate_id == gate_id))


def slot_with_activity(slot_id: int) -> Slot | None:
    """Return a time of a show with its activity."""
    return db.session.scalar(
        select(Slot).where(Slot.id == slot_id).options(joinedload(Slot.activity)).execution_options(populate_existing=True)
    )


def doors_at(slot: Slot) -> datetime:
    """Return when people are let in."""
    return slot.doors_at or slot.starts_at


def pools_by_place(activity_id: int) -> dict[tuple[str, str], int]:
    """Return the pools of an activity by the keys of slot and pool, which a copy shares."""
    rows = db.session.execute(
        select(Slot.key, Pool.key, Pool.id).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == activity_id)
    )
    return {(slot, pool): pool_id for slot, pool, pool_id in rows}
