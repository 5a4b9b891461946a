"""The plan of a show as it is now: zones with how full they are, entrances, landmarks. What many phones ask again and again.

The scans are added up at most once in ``LASTS`` seconds in one process, however many ask and however fast the gates scan.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from festival.checkin.scans import Count
from festival.kinds.show import queries, rules, wording
from festival.kinds.show.models import Area, Entrance, Role, ShowDecision, ShowPlan
from festival.kinds.show.rules import Fullness, Point, Zone
from festival.lib import clock
from festival.lib.i18n import loc
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus

#: Seconds for which counts are good.
LASTS = 3.0
_KEPT = "festival.show"
#: From the lower edge of the water to its name, in the plan's measure.
_SHORE = 30


@dataclass(frozen=True, slots=True)
class ZoneShown:
    """A zone on the plan and in the list beside it."""

    key: str
    mark: str
    name: str
    points: str
    label: Point
    fullness: Fullness
    percent: int
    words: str
    zone: Zone
    wheelchair_places: int
    is_step_free: bool
    entrances: Sequence[Entrance]


@dataclass(frozen=True, slots=True)
class Landmark:
    """Water, a building, or where the drones fly."""

    role: Role
    name: str
    points: str
    label: Point


@dataclass(frozen=True, slots=True)
class Shown:
    """A show as its pages show it."""

    slot: Slot
    zones: Sequence[ZoneShown]
    landmarks: Sequence[Landmark]
    entrances: Sequence[Entrance]
    #: Heads count rather than bookings.
    on_the_spot: bool
    #: Which zones are full and where there is room; empty: none is full.
    elsewhere: str
    staff: int
    inside: int
    decision: ShowDecision | None
    #: It is still what holds.
    is_standing: bool
    plan: ShowPlan | None


def shown(activity: Activity, *, now: datetime | None = None, fresh: bool = False) -> Shown | None:
    """Return a show as it is now, in the language spoken; None: it has no time.

    :param fresh: for organizers, who act on it: asked of the database, whatever was asked a moment ago.
    """
    slot = queries.evening(activity)
    if slot is None:
        return None
    now = now or clock.now()
    areas = queries.areas(activity.id)
    counts = queries.zones(areas, slot, _heads(slot, fresh=fresh))
    on_the_spot = rules.is_on_the_spot(queries.doors_at(slot), slot.ends_at, now)
    counted = {zone.key: zone for zone in counts}
    zones = [_zone(area, counted[area.key], on_the_spot=on_the_spot) for area in areas if area.key in counted]
    last = queries.last_decision(slot.id)
    return Shown(
        slot=slot,
        zones=zones,
        landmarks=[_landmark(area) for area in areas if area.role != Role.ZONE and area.corners],
        entrances=[entrance for zone in zones for entrance in zone.entrances],
        on_the_spot=on_the_spot,
        elsewhere=wording.elsewhere_words(counts, {zone.key: zone.mark for zone in zones}, on_the_spot=on_the_spot),
        staff=sum(zone.staff for zone in counts),
        inside=sum(zone.inside for zone in counts),
        decision=last,
        is_standing=last is not None and stands(last, activity, slot),
        plan=queries.plan(activity.id),
    )


def is_owed(activity: Activity, slot: Slot, last: ShowDecision | None, now: datetime) -> datetime | None:
    """Return by when a word about the evening was promised that has not come; None: none is owed."""
    is_on = activity.status == ActivityStatus.PUBLISHED and slot.status == SlotStatus.SCHEDULED
    if not is_on or now >= slot.ends_at:
        return None
    said = last if last is not None and last.about_at == slot.starts_at else None
    promised = slot.decision_at if said is None else said.until
    return promised if promised is not None and promised <= now else None


def stands(last: ShowDecision, activity: Activity, slot: Slot) -> bool:
    """Tell whether what was decided last still holds: a show that was taken up again, or moved once more, is another matter."""
    is_cancelled = activity.status == ActivityStatus.CANCELLED or slot.status == SlotStatus.CANCELLED
    is_postponed = activity.status == ActivityStatus.POSTPONED or slot.status == SlotStatus.POSTPONED
    if last.what == rules.Decision.CANCEL:
        return is_cancelled
    if last.what == rules.Decision.POSTPONE:
        return not is_cancelled and (slot.starts_at == last.moved_to if last.moved_to is not None else is_postponed)
    return not (is_cancelled or is_postponed) and last.about_at == slot.starts_at


def _heads(slot: Slot, *, fresh: bool) -> dict[int, Count]:
    kept: dict[int, tuple[float, dict[int, Count]]] = current_app.extensions.setdefault(_KEPT, {})
    found = kept.get(slot.id)
    if found is None or fresh or time.monotonic() - found[0] >= LASTS:
        found = kept[slot.id] = (time.monotonic(), queries.heads(slot))
    return found[1]


def forget() -> None:
    """Ask the database next time."""
    current_app.extensions.pop(_KEPT, None)


def _zone(area: Area, zone: Zone, *, on_the_spot: bool) -> ZoneShown:
    corners = [(corner.x, corner.y) for corner in area.corners]
    return ZoneShown(
        key=area.key,
        mark=wording.mark(area),
        name=wording.zone_name(area),
        points=_points(corners),
        label=rules.middle(corners) if corners else (0, 0),
        fullness=zone.fullness(on_the_spot=on_the_spot),
        percent=zone.percent(on_the_spot=on_the_spot),
        words=wording.room_words(zone, on_the_spot=on_the_spot),
        zone=zone,
        wheelchair_places=area.wheelchair_places,
        is_step_free=area.is_step_free,
        entrances=[entrance for entrance in area.entrances if entrance.gate.closed_at is None],
    )


def _landmark(area: Area) -> Landmark:
    corners = [(corner.x, corner.y) for corner in area.corners]
    across, down = rules.middle(corners)
    if area.role == Role.WATER:  # the drones fly over its middle
        down = max(y for _x, y in corners) - _SHORE
    return Landmark(area.role, loc(area, "mark"), _points(corners), (across, down))


def _points(corners: Sequence[Point]) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)


def page_values(activity: Activity) -> Mapping[str, object]:
    """Return what a show's part of its activity's page needs; empty: it has no time yet."""
    found = shown(activity)
    return {} if found is None else {"show": found, "decision_words": wording.decision_words}
