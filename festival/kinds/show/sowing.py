"""Brings the ground and the plan of a show up to the programme's files. What organizers changed since stays."""

from collections.abc import Iterable

from sqlalchemy import select

from festival.checkin.models import Gate
from festival.kinds.show.details import Ground, ShowDetails
from festival.kinds.show.details import Zone as ZoneEntry
from festival.kinds.show.models import Area, Corner, Entrance, Role, ShowPlan
from festival.lib import clock
from festival.lib.db import db
from festival.lib.documents import Words
from festival.programme.kinds import Details
from festival.programme.models import Activity, Pool, Slot
from festival.seed.sowing import Sower, both


def sow(sower: Sower, activity: Activity, details: Details) -> None:
    """Load a show's plan, zones, entrances and landmarks."""
    assert isinstance(details, ShowDetails)
    if not (details.weather or details.transit or details.no_fly or details.ground):
        return
    _sow_plan(sower, activity, details)
    if details.ground is not None:
        _sow_ground(sower, activity, details.ground)


def _sow_plan(sower: Sower, activity: Activity, details: ShowDetails) -> None:
    no_fly = details.no_fly
    values = {
        **_lines("weather", details.weather),
        **_lines("transit", details.transit),
        **_lines("no_fly", no_fly.words if no_fly else ()),
        "no_fly_metres": no_fly.metres if no_fly else None,
    }
    row = db.session.scalar(select(ShowPlan).where(ShowPlan.activity_id == activity.id))
    sower.plant(ShowPlan, row, values, name=f"plan of {activity.slug}", activity_id=activity.id)


def _lines(name: str, words: Iterable[Words]) -> dict[str, str]:
    told = list(words)
    return {f"{name}_zh": "\n".join(one.zh for one in told), f"{name}_en": "\n".join(one.en for one in told)}


def _sow_ground(sower: Sower, activity: Activity, ground: Ground) -> None:
    known = {area.key: area for area in db.session.scalars(select(Area).where(Area.activity_id == activity.id))}
    pools = {
        pool.key: pool.id
        for pool in db.session.scalars(
            select(Pool).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == activity.id, Slot.parent_id.is_(None)),
        )
    }
    position = 0
    for zone in ground.zones:
        position += 1
        values = {
            "position": position,
            **both("mark", zone.mark),
            "safety_limit": zone.safety_limit,
            "staff": zone.staff,
            "wheelchair_places": zone.wheelchair_places,
            "is_step_free": zone.step_free,
        }
        row = known.get(zone.pool)
        area = sower.plant(
            Area,
            row,
            values,
            name=f"zone {activity.slug} {zone.pool}",
            activity_id=activity.id,
            key=zone.pool,
            role=Role.ZONE,
            pool_id=pools[zone.pool],
        )
        if row is None:
            _draw(sower, area, zone.corners)
            _open_gates(sower, activity, area, zone)
    for landmark in ground.landmarks:
        position += 1
        values = {"position": position, **both("mark", landmark.label)}
        row = known.get(landmark.key)
        area = sower.plant(
            Area,
            row,
            values,
            name=f"landmark {activity.slug} {landmark.key}",
            activity_id=activity.id,
            key=landmark.key,
            role=Role(landmark.role),
        )
        if row is None:
            _draw(sower, area, landmark.corners)


def _draw(sower: Sower, area: Area, corners: Iterable[tuple[int, int]]) -> None:
    sower.settle()
    db.session.add_all(Corner(area_id=area.id, position=number, x=x, y=y) for number, (x, y) in enumerate(corners, start=1))


def _open_gates(sower: Sower, activity: Activity, area: Area, zone: ZoneEntry) -> None:
    """Open a new zone's entrances; later they are the organizers'."""
    for entry in zone.gates:
        gate = db.session.scalar(select(Gate).where(Gate.activity_id == activity.id, Gate.name == entry.label.zh))
        if gate is None:
            gate = Gate(activity_id=activity.id, name=entry.label.zh, created_at=clock.wall())
            db.session.add(gate)
            db.session.flush()
        x, y = entry.at
        sower.make(
            Entrance, {}, area_id=area.id, gate_id=gate.id, x=x, y=y, is_step_free=entry.step_free, **both("label", entry.label)
        )
