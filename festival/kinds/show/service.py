"""Deciding about a show, and setting up its ground. Called inside ``transaction()``; never commits.

Decisions are append-only. Postponing and cancelling are changes of plan like any other (``plans.service``): sign-ups stay, and
everybody is told and asked; going ahead and holding only tell people.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from festival.audit.service import record
from festival.checkin import service as checkin
from festival.checkin.models import Gate
from festival.kinds.show import queries, rules
from festival.kinds.show.models import Area, Corner, Entrance, Role, ShowDecision, ShowPlan
from festival.kinds.show.rules import Cause, Decision, Evening, Point, Reason, ShowRefused, ZoneReason, ZoneRefused
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.service import owe_each
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme.models import Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.programme.service import Why
from festival.signups import queries as signups
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.rules import CONCERNED, LIVE
from festival.signups.service import lock

#: What a copy of a show has as well.
_OF_PLAN = ("weather_zh", "weather_en", "transit_zh", "transit_en", "no_fly_zh", "no_fly_en", "no_fly_metres")
_OF_AREA = ("key", "role", "position", "mark_zh", "mark_en", "safety_limit", "staff", "wheelchair_places", "is_step_free")
_OF_ENTRANCE = ("label_zh", "label_en", "x", "y", "is_step_free")
#: What people are told when nothing moves.
MESSAGES = {Decision.GO: "show_go", Decision.HOLD: "show_hold"}


@dataclass(frozen=True, slots=True)
class Ruling:
    """What somebody wants to decide. ``cause`` and ``why``: none where the show goes ahead; ``until``: of a hold only."""

    what: Decision
    cause: Cause | None = None
    why: Why = Why()  # noqa: RUF009  # frozen
    until: datetime | None = None


def step_of(what: Decision, activity: Activity, slot: Slot, now: datetime) -> tuple[Step, int | None] | None:
    """Return the change of plan that a decision is, and whose: a slot, or None the whole activity; None: it is none.

    Postponing goes to the backup date where there is one ahead, else it waits for a new time.
    """
    if what in MESSAGES:
        return None
    sessions = [one for one in activity.slots if one.parent_id is None]
    whose = None if len(sessions) == 1 else slot.id
    if what == Decision.CANCEL:
        return Step.CANCEL, whose
    is_possible = plans.refusal(activity, activity.slots, slot, Step.BACKUP, now) is None
    return (Step.BACKUP, slot.id) if is_possible else (Step.POSTPONE, whose)


def standing(activity: Activity, slot: Slot, last: ShowDecision | None) -> Evening:
    """Return a show as the rules see it. What was decided about another evening is not about this one."""
    is_on = activity.status == ActivityStatus.PUBLISHED and slot.status == SlotStatus.SCHEDULED
    is_about_it = last is not None and last.about_at == slot.starts_at
    return Evening(slot.ends_at, is_on, last.what if last is not None and is_about_it else None)


def about(what: Decision, activity: Activity, slot: Slot, now: datetime) -> str:
    """Return what a decision is about, in a word: the evening, its start, and what becomes of it."""
    step = step_of(what, activity, slot, now)
    to = slot.backup_starts_at if step is not None and step[0] == Step.BACKUP else None
    return " ".join(str(part) for part in (slot.id, slot.starts_at, step[0].value if step is not None else what.value, to))


def decide(slot_id: int, asked: Ruling, *, seen: int, on: str | None = None, actor_id: int) -> ShowDecision:
    """Decide about an evening, tell everybody concerned, and keep the decision.

    :param seen: the id of the last decision that stood on the page; 0: none.
    :param on: what the page said it is about, as ``about`` has it; None: whatever it is now.
    :raises NotFound: there is no such time.
    :raises ShowRefused: somebody else decided meanwhile, or this cannot be decided as things stand.
    :raises StepRefused, PlanRefused: the plan cannot be changed so.
    """
    activity_id = db.session.scalar(select(Slot.activity_id).where(Slot.id == slot_id))
    if activity_id is None:
        raise NotFound
    locked = lock(activity_id)
    activity, now = locked.activity, locked.now
    waitlist.lapse(activity, now)
    slot = queries.slot_with_activity(slot_id)
    if slot is None:
        raise NotFound
    last = queries.last_decision(slot_id)
    if (last.id if last is not None else 0) != seen:
        raise ShowRefused(Reason.CHANGED_MEANWHILE)
    if on is not None and on != about(asked.what, activity, slot, now):
        raise ShowRefused(Reason.ANOTHER_EVENING)
    about_at = slot.starts_at
    told, moved_to = _carry_out(activity, slot, asked, standing(activity, slot, last), now, actor_id)
    made = ShowDecision(
        slot_id=slot_id,
        about_at=about_at,
        what=asked.what,
        cause=asked.cause,
        reason_zh=asked.why.zh,
        reason_en=asked.why.en,
        until=asked.until,
        moved_to=moved_to,
        told=told,
        at=now,
        actor_id=actor_id,
    )
    db.session.add(made)
    db.session.flush()
    changes = f"decision {last.what.value if last is not None else '-'} -> {asked.what.value}"
    record("show.decide", "slot", slot_id, actor_id=actor_id, activity_id=activity_id, changes=changes, reason=asked.why.zh)
    return made


def _carry_out(
    activity: Activity, slot: Slot, asked: Ruling, evening: Evening, now: datetime, actor_id: int
) -> tuple[int, datetime | None]:
    """Change the plan, or tell that it stands; return how many are told, and the new start if there is one."""
    step = step_of(asked.what, activity, slot, now)
    if step is None:
        if reason := rules.refusal(asked.what, evening, now, asked.until):
            raise ShowRefused(reason)
        return _tell(MESSAGES[asked.what], activity.id, slot.id), None
    done = plans.take_step(activity.id, step[1], step[0], asked.why, actor_id=actor_id)
    db.session.refresh(slot)
    return done.told, slot.starts_at if step[0] == Step.BACKUP else None


def _tell(kind: str, activity_id: int, slot_id: int) -> int:
    rows = db.session.execute(
        select(SignUp.id, SignUp.person_id).where(SignUp.slot_id == slot_id, SignUp.state.in_(CONCERNED)).order_by(SignUp.id),
    )
    readers = {row.id: row.person_id for row in rows}
    owe_each(kind, "sign_up", readers, activity_id=activity_id)
    return len(readers)


# -- the ground ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanEdit:
    """What readers are told beside dates and zones. Texts are one point a line; the radius is in metres, None: no such zone."""

    weather: Why
    transit: Why
    no_fly: Why
    no_fly_metres: int | None


def set_plan(activity_id: int, asked: PlanEdit, *, actor_id: int) -> bool:
    """Set what readers are told of weather, transit and the sky. Tells whether anything changed."""
    lock(activity_id)
    row = queries.plan(activity_id)
    if row is None:
        row = ShowPlan(activity_id=activity_id)
        db.session.add(row)
    values = {
        "weather_zh": asked.weather.zh,
        "weather_en": asked.weather.en,
        "transit_zh": asked.transit.zh,
        "transit_en": asked.transit.en,
        "no_fly_zh": asked.no_fly.zh,
        "no_fly_en": asked.no_fly.en,
        "no_fly_metres": asked.no_fly_metres,
    }
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        record("show.plan", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=", ".join(changed))
    return bool(changed)


@dataclass(frozen=True, slots=True)
class ZoneEdit:
    """A zone as organizers set it. Persons; corners in the plan's measure."""

    mark: Why
    safety_limit: int
    staff: int
    wheelchair_places: int
    is_step_free: bool
    corners: Sequence[Point]


def set_zone(pool_id: int, asked: ZoneEdit, *, actor_id: int) -> Area:
    """Set the zone of a pool: its safety number, and where it lies on the plan.

    :raises NotFound: there is no such pool.
    :raises ZoneRefused: more places are given out, planned, or could be lent than would be safe; or more staff than the approved
        number leaves.
    """
    slot = db.session.scalar(select(Slot).join(Pool, Pool.slot_id == Slot.id).where(Pool.id == pool_id))
    if slot is None:
        raise NotFound
    lock(slot.activity_id)
    pool = db.session.get_one(Pool, pool_id, populate_existing=True)
    places = queries.planned(slot.id).get(pool_id)
    if places is None or places > asked.safety_limit - asked.staff:
        raise ZoneRefused(ZoneReason.MORE_PLACES)
    if signups.reserves(slot.id):
        raise ZoneRefused(ZoneReason.RESERVE)  # what it lends would come on top of what is safe
    area = queries.zone_of_pool(pool_id)
    if asked.staff > (area.staff if area is not None else 0) and _is_above_approved(slot, pool_id, asked.staff):
        raise ZoneRefused(ZoneReason.MORE_HEADS)
    if area is None:
        area = Area(activity_id=slot.activity_id, key=f"pool-{pool_id}", role=Role.ZONE, position=pool.position, pool_id=pool_id)
        db.session.add(area)
    area.mark_zh, area.mark_en = asked.mark.zh, asked.mark.en
    before = (area.safety_limit, area.staff)
    area.safety_limit, area.staff = asked.safety_limit, asked.staff
    area.wheelchair_places, area.is_step_free = asked.wheelchair_places, asked.is_step_free
    db.session.flush()
    draw(area.id, asked.corners)
    changes = f"safety_limit {before[0] or '-'} -> {asked.safety_limit}, zone_staff {before[1] or 0} -> {asked.staff}"
    record("show.zone", "pool", pool_id, actor_id=actor_id, activity_id=slot.activity_id, changes=changes)
    return area


def _is_above_approved(slot: Slot, pool_id: int, staff: int) -> bool:
    """Tell whether all places and all staff come to more than the approved number, with so many staff in one zone."""
    if slot.approved_ceiling is None:
        return False
    others = sum(area.staff for area in queries.zones_of(queries.areas(slot.activity_id), slot) if area.pool_id != pool_id)
    places = sum(number or 0 for number in queries.planned(slot.id).values())
    return places + others + staff > slot.approved_ceiling


def draw(area_id: int, corners: Sequence[Point]) -> None:
    """Give an area these corners and no others."""
    db.session.execute(delete(Corner).where(Corner.area_id == area_id))
    db.session.add_all(Corner(area_id=area_id, position=number, x=x, y=y) for number, (x, y) in enumerate(corners, start=1))
    db.session.flush()
    db.session.expire_all()


@dataclass(frozen=True, slots=True)
class EntranceEdit:
    """An entrance as organizers set it."""

    label: Why
    at: Point
    is_step_free: bool


def set_entrance(area_id: int, asked: EntranceEdit, *, actor_id: int) -> Entrance:
    """Open an entrance to a zone: a gate of the door, with its place on the plan. The same name again moves it.

    :raises NotFound: there is no such zone.
    """
    area = db.session.get(Area, area_id)
    if area is None or area.role != Role.ZONE:
        raise NotFound
    gate = checkin.open_gate(area.activity_id, asked.label.zh, actor_id=actor_id)
    row, pools = queries.entrance_of_gate(gate.id), {area.pool_id}
    if row is None:
        row = Entrance(gate_id=gate.id)
        db.session.add(row)
    else:
        pools.add(db.session.get_one(Area, row.area_id).pool_id)  # it leads into another zone from now on
    row.area_id, row.label_zh, row.label_en = area_id, asked.label.zh, asked.label.en
    row.x, row.y, row.is_step_free = asked.at[0], asked.at[1], asked.is_step_free
    db.session.flush()
    _move_calendars(pools)
    return row


def follow_gate(_activity: Activity, gate_id: int) -> None:
    """Move the calendars of those whose gate was closed, or opened again."""
    entrance = queries.entrance_of_gate(gate_id)
    if entrance is not None:
        _move_calendars({db.session.get_one(Area, entrance.area_id).pool_id})


def _move_calendars(pool_ids: Iterable[int | None]) -> None:
    """Say that what people's own calendars tell has changed: they name the gates."""
    for sign_up in db.session.scalars(select(SignUp).where(SignUp.pool_id.in_(list(pool_ids)), SignUp.state.in_(LIVE))):
        waitlist.touch(sign_up)
    db.session.flush()


def most_in(pool_id: int, without: frozenset[int]) -> int | None:
    """Return the most places a pool may ever have: what is safe in its zone, staff taken off; None: it is no zone.

    All zones together stay, with all staff, within the approved number.

    :param without: pools that will be gone.
    """
    area = queries.zone_of_pool(pool_id)
    if area is None or area.pool is None:
        return None
    slot = db.session.get_one(Slot, area.pool.slot_id)
    ground = queries.areas(area.activity_id)
    known = {zone.key: zone for zone in queries.zones(ground, slot)}
    if area.key not in known:
        return None
    others = [zone for key, zone in known.items() if key != area.key]
    places = sum(number or 0 for other, number in queries.planned(slot.id).items() if other != pool_id and other not in without)
    return rules.most_in(known[area.key], others, slot.approved_ceiling, planned=places)


def copy_ground(source: Activity, made: Activity) -> None:
    """Give a copy of a show the same ground, gates and plan; what was decided, and who was there, stays behind."""
    plan = queries.plan(source.id)
    if plan is not None:
        db.session.add(ShowPlan(activity_id=made.id, **{name: getattr(plan, name) for name in _OF_PLAN}))
    pools = queries.pools_by_place(made.id)
    places = {pool_id: place for place, pool_id in queries.pools_by_place(source.id).items()}
    for area in queries.areas(source.id):
        pool_id = pools.get(places[area.pool_id]) if area.pool_id is not None else None
        if area.role == Role.ZONE and pool_id is None:
            continue
        copy = Area(activity_id=made.id, pool_id=pool_id, **{name: getattr(area, name) for name in _OF_AREA})
        db.session.add(copy)
        db.session.flush()
        db.session.add_all(Corner(area_id=copy.id, position=one.position, x=one.x, y=one.y) for one in area.corners)
        for entrance in area.entrances:
            if entrance.gate.closed_at is None:
                gate = Gate(activity_id=made.id, name=entrance.gate.name, created_at=made.created_at)
                db.session.add(gate)
                db.session.flush()
                values = {name: getattr(entrance, name) for name in _OF_ENTRANCE}
                db.session.add(Entrance(area_id=copy.id, gate_id=gate.id, **values))
