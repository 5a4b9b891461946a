"""Slots of an activity: made by a rule or one by one, and removed again where nobody has signed up. Never commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select

from festival.audit.service import record
from festival.authoring import queries, rules
from festival.authoring.copying import insert_all
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Collision, PlannedDay, Series
from festival.authoring.service import MAIN, access_of, slot_values
from festival.calendars import removed
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.programme import service as programme
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus, Pool, Slot
from festival.programme.service import Span
from festival.seed.sowing import note_gone


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """A pool that every slot of a rule gets. ``capacity`` None is unlimited; without labels it is the only one."""

    capacity: int | None
    label_zh: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A day of a rule as it would be saved."""

    day: PlannedDay
    #: There are slots on that day already: it stays as it is.
    is_there: bool
    collision: Collision | None


@dataclass(frozen=True, slots=True)
class SeriesPreview:
    """What a rule would make."""

    days: tuple[LookedAt, ...]
    #: What was looked at: pressing again saves only this.
    fingerprint: str

    @property
    def slots(self) -> int:
        """How many slots can be booked."""
        return sum(len(one.day.entries) for one in self.days if not one.is_there)

    @property
    def new_days(self) -> int:
        """How many days are new."""
        return sum(not one.is_there for one in self.days)


def preview(activity: Activity, series: Series, pools: Sequence[PoolPlan], *, replaces: bool) -> SeriesPreview:
    """Return what a rule would make of an activity as it stands now; nothing is written.

    :param replaces: the slots that are there now go.
    """
    taken = set() if replaces else _days(activity.slots)
    special = queries.special_days()
    days = tuple(LookedAt(day, day.on in taken, rules.collision(day.on, special)) for day in rules.planned(series, clock.ZONE))
    parts = [f"{one.day.key} {one.is_there}" for one in days]
    parts += [f"{entry.key} {entry.ends_at} {entry.opens_at}" for one in days for entry in one.day.entries]
    parts += [repr(pool) for pool in pools] + [str(replaces)]
    return SeriesPreview(days, sha256("\n".join(parts).encode()).hexdigest()[:16])


def _days(slots: Iterable[Slot]) -> set[date]:
    """Return the days that have a session."""
    return {clock.local_day(slot.starts_at) for slot in slots if slot.parent_id is None}


@dataclass(frozen=True, slots=True)
class Added:
    """What a rule made: days, and slots that can be booked."""

    days: int
    slots: int


def add_series(activity_id: int, series: Series, pools: Sequence[PoolPlan], *, replaces: bool, seen: str, actor_id: int) -> Added:
    """Add the slots of a rule: a session for each day, and its timed entries as children where there are several.

    Days that have a session already stay as they are.

    :param replaces: the slots that are there go first.
    :param seen: the fingerprint of the preview that was looked at.
    :raises AuthoringRefused: something else would be made than was looked at, or somebody has signed up for what would go.
    """
    activity = lock_activity(activity_id)
    before = queries.slots_of(activity_id)
    looked = preview(activity, series, pools, replaces=replaces)
    if looked.fingerprint != seen:
        raise AuthoringRefused(AuthoringReason.CHANGED_MEANWHILE)
    new = [one.day for one in looked.days if not one.is_there]
    if not new:
        return Added(0, 0)
    if replaces and queries.slots_with_sign_ups(slot.id for slot in before):
        raise AuthoringRefused(AuthoringReason.HAS_SIGN_UPS)
    if activity.status != ActivityStatus.DRAFT:
        programme.touch_activity(activity)  # sessions without a name are numbered: of 18 instead of 17
    if replaces:
        _bury(activity, before)
        _delete(activity, before)
        activity.days_ahead = None
    slots = _make(activity, new)
    _make_pools(activity, slots, pools)
    if series.days_ahead is not None:
        activity.days_ahead = series.days_ahead
    programme.fit_span(activity, is_exact=replaces)
    programme.touch_programme(activity)
    changes = f"{new[0].key} … {new[-1].key}, {len(new)} days, {len(slots)} slots"
    record("slot.series", "activity", activity.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
    return Added(len(new), len(slots))


def _make(activity: Activity, days: Sequence[PlannedDay]) -> list[int]:
    """Make sessions and what belongs to them, many in one statement; return the ids of the slots that get places."""
    at = clock.wall().replace(microsecond=0)
    taken = set(queries.ids_by_key(activity.id))
    keys = {day.key: rules.free_slug(day.key, taken) for day in days}
    insert_all(Slot, [_session(activity, day, keys[day.key], at) for day in days])
    ids = queries.ids_by_key(activity.id)
    children = [
        slot_values(
            activity,
            key=rules.free_slug(entry.key, taken),
            span=Span(entry.starts_at, entry.ends_at),
            at=at,
            parent_id=ids[keys[day.key]],
            opens_at=entry.opens_at,
            closes_at=entry.starts_at,
        )
        for day in days
        if day.has_children
        for entry in day.entries
    ]
    insert_all(Slot, children)
    ids = queries.ids_by_key(activity.id)
    return [*(ids[keys[day.key]] for day in days if not day.has_children), *(ids[child["key"]] for child in children)]


def _session(activity: Activity, day: PlannedDay, key: str, at: datetime) -> dict[str, Any]:
    opens_at = None if day.has_children else day.entries[0].opens_at
    return slot_values(activity, key=key, span=Span(day.starts_at, day.ends_at), at=at, opens_at=opens_at)


def _make_pools(activity: Activity, slot_ids: Sequence[int], pools: Sequence[PoolPlan]) -> None:
    access = access_of(activity.mode)
    keys: list[str] = []
    for plan in pools:
        keys.append(rules.free_slug((rules.slug_from(plan.label_en) or "pool")[:44], keys) if len(pools) > 1 else MAIN)
    insert_all(
        Pool,
        [
            {
                "slot_id": slot_id,
                "key": key,
                "position": position,
                "label_zh": plan.label_zh,
                "label_en": plan.label_en,
                "capacity": plan.capacity,
                "access": access,
            }
            for slot_id in slot_ids
            for position, (key, plan) in enumerate(zip(keys, pools, strict=True), start=1)
        ],
    )


@dataclass(frozen=True, slots=True)
class NewSlot:
    """One more slot. ``parent_id`` None: a session of its own; ``venue_id`` None: at the activity's venue."""

    span: Span
    parent_id: int | None
    venue_id: int | None
    label_zh: str
    label_en: str
    pools: tuple[PoolPlan, ...]


def add_slot(activity_id: int, asked: NewSlot, *, actor_id: int) -> Slot:
    """Add one slot with its pools.

    :raises AuthoringRefused: it lies outside the session it shall belong to, or there is no such session or venue.
    """
    activity = lock_activity(activity_id)
    slots = queries.slots_of(activity_id)
    parent = next((slot for slot in slots if slot.id == asked.parent_id and slot.parent_id is None), None)
    if (asked.parent_id is not None and parent is None) or (
        asked.venue_id is not None and queries.venue(activity.festival_id, asked.venue_id) is None
    ):
        raise AuthoringRefused(AuthoringReason.UNKNOWN)
    if parent and not (parent.starts_at <= asked.span.starts_at and asked.span.ends_at <= parent.ends_at):
        raise AuthoringRefused(AuthoringReason.OUTSIDE_SESSION)
    if activity.status != ActivityStatus.DRAFT:
        programme.touch_activity(activity)
    key = f"{clock.local(asked.span.starts_at):%Y-%m-%d-%H%M}"
    values = slot_values(
        activity,
        key=rules.free_slug(key, {slot.key for slot in slots}),
        span=asked.span,
        at=clock.wall().replace(microsecond=0),
        parent_id=asked.parent_id,
        closes_at=asked.span.starts_at if parent else None,
    )
    made = Slot(**values, venue_id=asked.venue_id, label_zh=asked.label_zh, label_en=asked.label_en)
    db.session.add(made)
    db.session.flush()
    _make_pools(activity, [made.id], asked.pools)
    programme.fit_span(activity)
    programme.touch_programme(activity)
    record("slot.add", "slot", made.id, actor_id=actor_id, activity_id=activity.id, changes=made.key)
    return made


def remove_slot(activity_id: int, slot_id: int, *, actor_id: int) -> None:
    """Remove a slot, with its timed entries where it is a session. The log keeps that it was there.

    :raises NotFound: the activity has no such slot.
    :raises AuthoringRefused: somebody has ever signed up for it, lots were drawn for it, or it is the only one.
    """
    activity = lock_activity(activity_id)
    slots = queries.slots_of(activity_id)
    slot = next((one for one in slots if one.id == slot_id), None)
    if slot is None:
        raise NotFound
    family = [slot, *(one for one in slots if one.parent_id == slot.id)]
    if queries.slots_with_sign_ups(one.id for one in family):
        raise AuthoringRefused(AuthoringReason.HAS_SIGN_UPS)
    if slot.parent_id is None and sum(one.parent_id is None for one in slots) == 1:
        raise AuthoringRefused(AuthoringReason.LAST_SLOT)
    if activity.status != ActivityStatus.DRAFT:
        programme.touch_activity(activity)
    was_at_the_edge = slot.starts_at <= activity.starts_at or slot.ends_at >= activity.ends_at
    key, is_session = slot.key, slot.parent_id is None
    _bury(activity, family)
    _delete(activity, family)
    if is_session:
        programme.fit_span(activity, is_exact=was_at_the_edge)
    programme.touch_programme(activity)
    record("slot.delete", "slot", slot_id, actor_id=actor_id, activity_id=activity.id, changes=key)


def _bury(activity: Activity, slots: Sequence[Slot]) -> None:
    """Tell calendars of what everybody could see that it is off."""
    now = database_now()
    if activity.is_public_at(now):
        removed.bury(activity, slots, now)


def _delete(activity: Activity, slots: Sequence[Slot]) -> None:
    """Delete slots that nobody signed up for; the database takes their pools along."""
    keys = {slot.id: slot.key for slot in slots}
    pools = list(db.session.scalars(select(Pool.id).join(Slot, Slot.id == Pool.slot_id).where(Slot.id.in_(list(keys)))))
    note_gone(Slot, keys, owner_id=activity.id, keys=keys)
    note_gone(Pool, pools, owner_id=0)
    db.session.flush()
    db.session.execute(delete(Slot).where(Slot.id.in_(list(keys))), execution_options={"synchronize_session": False})
    for slot in slots:
        db.session.expunge(slot)
    db.session.expire_all()
