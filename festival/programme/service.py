"""Changing the programme: words, times, places and sign-up windows. Each change is audited and moves the calendars forward.

Call everything inside ``transaction()``. What a change means for people who have signed up (messages, conflicts) is said in
``plans.service``, which stands above this slice.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update

from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import NotFound, Refused
from festival.programme import moving
from festival.programme.kinds import kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus, Festival, Slot, SlotStatus, Venue
from festival.programme.rules import Opening


class PlanReason(StrEnum):
    """Why a change of the programme is refused."""

    ENDS_BEFORE_START = "ends_before_start"
    CLOSES_BEFORE_OPENING = "closes_before_opening"
    OUTSIDE_SESSION = "outside_session"  # a timed entry outside its session, or a session that would leave one outside
    SLOT_CANCELLED = "slot_cancelled"
    UNKNOWN_VENUE = "unknown_venue"
    CHANGED_MEANWHILE = "changed_meanwhile"


class PlanRefused(Refused):
    """The programme stays as it was; ``reason`` is a ``PlanReason``."""

    reason: PlanReason


@dataclass(frozen=True, slots=True)
class ActivityWords:
    """What an activity says of itself, in both languages."""

    title_zh: str
    title_en: str
    short_title_zh: str
    short_title_en: str
    summary_zh: str
    summary_en: str
    description_zh: str
    description_en: str
    host_zh: str
    host_en: str
    host_phone: str
    audience_zh: str
    audience_en: str
    notices_zh: str
    notices_en: str


#: Fields that no calendar entry shows.
_NOT_IN_CALENDARS = frozenset({"short_title_zh", "short_title_en", "audience_zh", "audience_en"})


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityEdit:
    """An activity as an organizer wants it. ``span`` None: its sessions are edited one by one."""

    words: ActivityWords
    venue_id: int
    span: Span | None


@dataclass(frozen=True, slots=True)
class Weather:
    """A weather plan: the backup date, and until when it is said which of the two it is. None: there is none."""

    backup_starts_at: datetime | None
    decision_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlotEdit:
    """A slot as an organizer wants it. ``venue_id`` None: held at the activity's venue; ``weather`` None: as it stands."""

    span: Span
    venue_id: int | None
    label_zh: str
    label_en: str
    weather: Weather | None = None


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What a saved change did."""

    #: Names of the fields that really changed, in the order of the form.
    fields: tuple[str, ...]
    #: The slots with a new time or place: whoever holds a place there is told.
    moved: tuple[Slot, ...]


# -- moving the calendars forward -------------------------------------------------------------------------------------------


def touch_slot(slot: Slot) -> None:
    """Say that something a calendar shows of one slot has changed."""
    _touch([slot], slot.activity.festival_id)


def touch_activity(activity: Activity) -> None:
    """Say that something a calendar shows of every slot of an activity has changed, such as its title."""
    _touch(_slots_of(activity.id), activity.festival_id)


def touch_venue(venue: Venue) -> None:
    """Say that something a calendar shows of a venue has changed: every slot held there moves forward."""
    slots = db.session.scalars(
        select(Slot)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(or_(Slot.venue_id == venue.id, Slot.venue_id.is_(None) & (Activity.venue_id == venue.id))),
    )
    venue.updated_at = _later_than(venue.updated_at)
    _touch(slots, venue.festival_id)


def _touch(slots: Iterable[Slot], festival_id: int) -> None:
    for slot in slots:
        slot.sequence += 1
        slot.updated_at = _later_than(slot.updated_at)
    # Added up by the database: two activities may be edited at the same time.
    db.session.execute(
        update(Festival)
        .where(Festival.id == festival_id)
        .values(calendar_version=Festival.calendar_version + 1)
        .execution_options(synchronize_session=False),
    )


def touch_feeds(activity: Activity) -> None:
    """Say that calendars show something else of an activity that is none of its slots, such as a part of a session."""
    _touch([], activity.festival_id)


def touch_form(activity: Activity) -> None:
    """Say that an activity was saved: whoever filled in a form before is told. No calendar moves."""
    activity.updated_at = _later_than(activity.updated_at)


def _later_than(previous: datetime) -> datetime:
    """Return the real time in whole seconds, and later than before in any case: calendars only move forward."""
    return max(clock.wall().replace(microsecond=0), previous.replace(microsecond=0) + timedelta(seconds=1))


# -- one activity -----------------------------------------------------------------------------------------------------------


def edit_activity(activity_id: int, asked: ActivityEdit, *, seen: datetime | None, actor_id: int | None) -> PlanChange:
    """Save an activity's words, place and (with a single session) time. What is equal to before changes nothing.

    :param seen: the activity's ``updated_at`` when the form was filled; None: whatever stands there is replaced.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    activity = lock_activity(activity_id)
    if seen is not None and activity.updated_at != seen:
        raise PlanRefused(PlanReason.CHANGED_MEANWHILE)
    slots = _slots_of(activity.id)
    words = _change_words(activity, asked.words, actor_id)
    place = _change_venue(activity, asked.venue_id, slots, actor_id)
    times: list[Slot] = []
    sessions = [slot for slot in slots if slot.parent_id is None]
    if asked.span is not None and len(sessions) == 1:
        times = _reschedule(activity, sessions[0], asked.span, slots, actor_id)
    changed = (*words, *(("venue",) if activity.venue_id != place.before else ()), *(("time",) if times else ()))
    if changed:
        activity.updated_at = _later_than(activity.updated_at)
    shown = bool(set(words) - _NOT_IN_CALENDARS)
    touched = slots if shown else _in_order([*place.slots, *times])
    if touched:
        _touch(touched, activity.festival_id)
    return PlanChange(fields=changed, moved=tuple(_in_order([*place.slots, *times])))


def reschedule(slot_id: int, span: Span, *, actor_id: int | None) -> PlanChange:
    """Move one slot in time; the slots of a session move along, and the activity's span follows.

    :raises PlanRefused: it would end before it starts, leave its session, or is cancelled.
    """
    activity, slot = _lock_slot(slot_id)
    moved = _reschedule(activity, slot, span, _slots_of(activity.id), actor_id)
    return _finished(activity, ("time",) if moved else (), moved)


def change_venue(activity_id: int, venue_id: int, *, actor_id: int | None) -> PlanChange:
    """Move an activity to another venue; slots with a venue of their own stay there.

    :raises PlanRefused: the festival has no such venue.
    """
    activity = lock_activity(activity_id)
    place = _change_venue(activity, venue_id, _slots_of(activity.id), actor_id)
    return _finished(activity, ("venue",) if activity.venue_id != place.before else (), place.slots)


def edit_slot(slot_id: int, asked: SlotEdit, *, seen: datetime | None, actor_id: int | None) -> PlanChange:
    """Save one slot's time, place and label.

    :param seen: the slot's ``updated_at`` when the form was filled; None: whatever stands there is replaced.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    activity, slot = _lock_slot(slot_id)
    if seen is not None and slot.updated_at != seen:
        raise PlanRefused(PlanReason.CHANGED_MEANWHILE)
    changed: list[str] = []
    moved = _reschedule(activity, slot, asked.span, _slots_of(activity.id), actor_id)
    if moved:
        changed.append("time")
    if asked.venue_id != slot.venue_id:
        if _move_slot(activity, slot, asked.venue_id, actor_id):
            moved = _in_order([*moved, slot])
        changed.append("venue")
    labels = [name for name in ("label_zh", "label_en") if getattr(slot, name) != getattr(asked, name)]
    for name in labels:
        setattr(slot, name, getattr(asked, name))
    if labels:
        record("slot.edit", "slot", slot.id, actor_id=actor_id, activity_id=activity.id, changes=", ".join(labels))
    weather = _change_weather(activity, slot, asked.weather, actor_id)
    touched = _in_order([*moved, slot]) if labels or weather else moved
    return _finished(activity, (*changed, *labels, *weather), moved, touched)


def set_window(
    activity_id: int,
    opens_at: datetime | None,
    closes_at: datetime | None,
    *,
    actor_id: int | None,
) -> bool:
    """Set when sign-up opens and closes (None: not limited on that side). Tells whether anything changed.

    :raises PlanRefused: it would close before it opens.
    """
    activity = lock_activity(activity_id)
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        raise PlanRefused(PlanReason.CLOSES_BEFORE_OPENING)
    before = moving.window_of(activity)
    if before == Opening(opens_at, closes_at):
        return False
    activity.opens_at, activity.closes_at = opens_at, closes_at
    activity.updated_at = _later_than(activity.updated_at)
    _record_window(activity, before, actor_id)
    if before.opens_at != opens_at:  # no entry of the activity changes, but those who keep it for later see when sign-up opens
        _touch([], activity.festival_id)
    return True


# -- calling off and taking up again: the caller holds the lock and judges whether it may be ----------------------------------


@dataclass(frozen=True, slots=True)
class Why:
    """Why a plan changed, in words that everybody reads, in both languages."""

    zh: str = ""
    en: str = ""


def set_status(activity: Activity, status: ActivityStatus, why: Why, *, action: str, actor_id: int | None) -> None:
    """Set how a whole activity stands; its slots keep their own status and move forward in calendars.

    :param action: what the log calls it, such as ``cancel``.
    """
    before, activity.status = activity.status, status
    activity.plan_reason_zh, activity.plan_reason_en = why.zh, why.en
    activity.updated_at = _later_than(activity.updated_at)
    record(
        f"activity.{action}",
        "activity",
        activity.id,
        actor_id=actor_id,
        activity_id=activity.id,
        reason=why.zh,
        changes=f"status {before.value} -> {status.value}",
    )
    _touch(_slots_of(activity.id), activity.festival_id)


def set_publication(
    activity: Activity,
    status: ActivityStatus,
    publish_at: datetime | None,
    *,
    action: str,
    actor_id: int | None,
) -> None:
    """Publish an activity, at once or from an instant on, or make it a draft again. Calendars, feeds and pages follow.

    :param publish_at: None: at once, or never while it is a draft.
    :param action: what the log calls it, such as ``publish``.
    """
    changes = []
    if activity.status != status:
        changes.append(f"status {activity.status.value} -> {status.value}")
    if activity.publish_at != publish_at:
        changes.append(f"publish_at {_iso(activity.publish_at)} -> {_iso(publish_at)}")
    activity.status, activity.publish_at = status, publish_at
    if status == ActivityStatus.PUBLISHED and activity.published_at is None:
        activity.published_at = clock.wall().replace(microsecond=0)
    activity.updated_at = _later_than(activity.updated_at)
    record(
        f"activity.{action}",
        "activity",
        activity.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=", ".join(changes),
    )
    _touch(_slots_of(activity.id), activity.festival_id)


def fit_span(activity: Activity, *, is_exact: bool = False) -> None:
    """Let an activity span its sessions after some were added or removed.

    :param is_exact: it begins with the first and ends with the last; else they only widen it.
    """
    sessions = [slot for slot in _slots_of(activity.id) if slot.parent_id is None]
    if is_exact and sessions:
        activity.starts_at = min(slot.starts_at for slot in sessions)
        activity.ends_at = max(slot.ends_at for slot in sessions)
    else:
        _fit_span(activity, sessions)


def touch_programme(activity: Activity) -> None:
    """Say that calendars show other slots of an activity than before, each as it was: some were added, or are gone."""
    activity.updated_at = _later_than(activity.updated_at)
    _touch([], activity.festival_id)


def set_slot_status(
    activity: Activity,
    slots: list[Slot],
    status: SlotStatus,
    why: Why,
    *,
    action: str,
    actor_id: int | None,
) -> None:
    """Set how a slot stands (the first) and those that belong to it; the log has one entry, of the first."""
    before = slots[0].status
    for slot in slots:
        slot.status = status
        slot.plan_reason_zh, slot.plan_reason_en = why.zh, why.en
    activity.updated_at = _later_than(activity.updated_at)
    record(
        f"slot.{action}",
        "slot",
        slots[0].id,
        actor_id=actor_id,
        activity_id=activity.id,
        reason=why.zh,
        changes=f"status {before.value} -> {status.value}",
    )
    _touch(slots, activity.festival_id)


def move_to_backup(activity: Activity, slot: Slot, why: Why, *, actor_id: int | None) -> list[Slot]:
    """Hold a session on the backup date of its weather plan, its slots along; return those that moved.

    It takes place again where it was postponed. With a single session the activity does too, and what is counted from its start
    (until when one signs up, and gives a place back) keeps its distance.

    :raises PlanRefused: the plan has no such time.
    """
    if slot.backup_starts_at is None:
        raise PlanRefused(PlanReason.ENDS_BEFORE_START)
    step = slot.backup_starts_at - slot.starts_at
    slots = _slots_of(activity.id)
    was, along = slot.status, [child for child in slots if child.parent_id == slot.id and child.status == slot.status]
    for one in (slot, *along):
        if was == SlotStatus.POSTPONED:
            one.status = SlotStatus.SCHEDULED
        one.plan_reason_zh, one.plan_reason_en = why.zh, why.en
    if sum(one.parent_id is None for one in slots) == 1:
        for name in ("closes_at", "cancel_until") if not kind_of(activity).window_follows else ():
            at: datetime | None = getattr(activity, name)
            if at is not None:
                setattr(activity, name, at + step)
        if activity.status == ActivityStatus.POSTPONED:
            activity.status = ActivityStatus.PUBLISHED
            activity.plan_reason_zh = activity.plan_reason_en = ""
    record(
        "slot.backup",
        "slot",
        slot.id,
        actor_id=actor_id,
        activity_id=activity.id,
        reason=why.zh,
        changes=f"{_iso(slot.starts_at)} -> {_iso(slot.backup_starts_at)}",
    )
    span = Span(slot.backup_starts_at, slot.ends_at + step)
    slot.backup_starts_at = slot.decision_at = None
    moved = _reschedule(activity, slot, span, slots, actor_id)
    _finished(activity, ("time",), moved)
    return moved


# -- the parts of a change: each writes its own audit entry and returns what it touched ---------------------------------------


@dataclass(frozen=True, slots=True)
class _NewPlace:
    before: int
    #: The slots that are now held elsewhere.
    slots: list[Slot]


def _change_words(activity: Activity, words: ActivityWords, actor_id: int | None) -> tuple[str, ...]:
    changed = tuple(name for name, value in asdict(words).items() if getattr(activity, name) != value)
    for name in changed:
        setattr(activity, name, getattr(words, name))
    if changed:
        record(
            "activity.edit",
            "activity",
            activity.id,
            actor_id=actor_id,
            activity_id=activity.id,
            changes=", ".join(changed),
        )
    return changed


def _change_venue(activity: Activity, venue_id: int, slots: list[Slot], actor_id: int | None) -> _NewPlace:
    before = activity.venue_id
    if venue_id == before:
        return _NewPlace(before, [])
    old, new = db.session.get_one(Venue, before), _venue(activity, venue_id)
    activity.venue_id = venue_id
    record(
        "activity.venue",
        "activity",
        activity.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"venue {old.key} -> {new.key}",
    )
    return _NewPlace(before, [slot for slot in slots if slot.venue_id is None])


def _change_weather(activity: Activity, slot: Slot, asked: Weather | None, actor_id: int | None) -> tuple[str, ...]:
    if asked is None:
        return ()
    changed = tuple(name for name, value in asdict(asked).items() if getattr(slot, name) != value)
    changes = ", ".join(f"{name} {_iso(getattr(slot, name))} -> {_iso(getattr(asked, name))}" for name in changed)
    for name in changed:
        setattr(slot, name, getattr(asked, name))
    if changed:
        record("slot.weather", "slot", slot.id, actor_id=actor_id, activity_id=activity.id, changes=changes)
    return changed


def _move_slot(activity: Activity, slot: Slot, venue_id: int | None, actor_id: int | None) -> bool:
    """Give a slot a venue of its own or the activity's; tell whether people have to go elsewhere."""
    old = db.session.get_one(Venue, slot.venue_id or activity.venue_id)
    new = _venue(activity, venue_id or activity.venue_id)
    slot.venue_id = venue_id
    record(
        "slot.venue",
        "slot",
        slot.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"venue {old.key} -> {new.key}",
    )
    return old.id != new.id


def _reschedule(activity: Activity, slot: Slot, span: Span, slots: list[Slot], actor_id: int | None) -> list[Slot]:
    """Move a slot and, by the same step, the slots of its session; return those with a new time."""
    if span.ends_at <= span.starts_at:
        raise PlanRefused(PlanReason.ENDS_BEFORE_START)
    if span == Span(slot.starts_at, slot.ends_at):
        return []
    if slot.status == SlotStatus.CANCELLED:
        raise PlanRefused(PlanReason.SLOT_CANCELLED)
    step = span.starts_at - slot.starts_at
    children = [child for child in slots if child.parent_id == slot.id]
    parent = next((other for other in slots if other.id == slot.parent_id), None)
    latest = max((child.ends_at + step for child in children), default=span.ends_at)
    if latest > span.ends_at or (parent and not (parent.starts_at <= span.starts_at and span.ends_at <= parent.ends_at)):
        raise PlanRefused(PlanReason.OUTSIDE_SESSION)
    record(
        "slot.reschedule",
        "slot",
        slot.id,
        actor_id=actor_id,
        activity_id=activity.id,
        changes=f"{_iso(slot.starts_at)}/{_iso(slot.ends_at)} -> {_iso(span.starts_at)}/{_iso(span.ends_at)}",
    )
    _shift(slot, span, step)
    if step:
        for child in children:
            _shift(child, Span(child.starts_at + step, child.ends_at + step), step)
    _fit_span(activity, [other for other in slots if other.parent_id is None])
    if step and slot.parent_id is None:
        window = moving.window_of(activity)
        moving.follow(activity, slot, slots, step)
        _record_window(activity, window, actor_id)
    return [slot, *children] if step else [slot]


def _record_window(activity: Activity, before: Opening, actor_id: int | None) -> None:
    """Say in the log that sign-up opens or closes at another time than before."""
    after = moving.window_of(activity)
    changes = [
        f"{name} {_iso(was)} -> {_iso(is_)}"
        for name, was, is_ in (
            ("opens_at", before.opens_at, after.opens_at),
            ("closes_at", before.closes_at, after.closes_at),
        )
        if was != is_
    ]
    if changes:
        record(
            "activity.window",
            "activity",
            activity.id,
            actor_id=actor_id,
            activity_id=activity.id,
            changes=", ".join(changes),
        )


def _shift(slot: Slot, span: Span, step: timedelta) -> None:
    """Set a slot's time. What is counted from its start (doors, its own window) keeps its distance."""
    slot.previous_starts_at, slot.previous_ends_at = slot.starts_at, slot.ends_at
    slot.starts_at, slot.ends_at = span.starts_at, span.ends_at
    for name in ("doors_at", "opens_at", "closes_at"):
        at: datetime | None = getattr(slot, name)
        if at is not None:
            setattr(slot, name, at + step)


def _fit_span(activity: Activity, sessions: list[Slot]) -> None:
    """Let the activity span its sessions: equal to a single one; several only widen it (a desk is open between them)."""
    first, last = min(slot.starts_at for slot in sessions), max(slot.ends_at for slot in sessions)
    single = len(sessions) == 1
    activity.starts_at = first if single else min(activity.starts_at, first)
    activity.ends_at = last if single else max(activity.ends_at, last)


def _finished(
    activity: Activity,
    fields: tuple[str, ...],
    moved: list[Slot],
    touched: list[Slot] | None = None,
) -> PlanChange:
    """Move the calendars forward where something they show changed."""
    if fields:
        activity.updated_at = _later_than(activity.updated_at)
    if slots := moved if touched is None else touched:
        _touch(slots, activity.festival_id)
    return PlanChange(fields=fields, moved=tuple(moved))


def _lock_slot(slot_id: int) -> tuple[Activity, Slot]:
    """Lock the activity of a slot, then read the slot as it is now."""
    activity_id = db.session.scalar(select(Slot.activity_id).where(Slot.id == slot_id))
    if activity_id is None:
        raise NotFound
    activity = lock_activity(activity_id)
    return activity, db.session.get_one(Slot, slot_id, populate_existing=True)


def _slots_of(activity_id: int) -> list[Slot]:
    return list(
        db.session.scalars(select(Slot).where(Slot.activity_id == activity_id).order_by(Slot.starts_at, Slot.id)),
    )


def _venue(activity: Activity, venue_id: int) -> Venue:
    venue = db.session.get(Venue, venue_id)
    if venue is None or venue.festival_id != activity.festival_id:
        raise PlanRefused(PlanReason.UNKNOWN_VENUE)
    return venue


def _in_order(slots: Iterable[Slot]) -> list[Slot]:
    """Return each slot once, in order of time."""
    return sorted(dict.fromkeys(slots), key=lambda slot: (slot.starts_at, slot.id))


def _iso(at: datetime | None) -> str:
    return "-" if at is None else clock.local(at).isoformat(timespec="minutes")
