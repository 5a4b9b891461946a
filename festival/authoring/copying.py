"""Copies of activities: all that organizers wrote and drew, dates moved by whole weeks; no sign-up, invitation or counter."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, inspect, select

from festival.authoring import queries
from festival.lib.db import Model, db
from festival.lib.documents import shifted
from festival.notices import service as notices
from festival.programme.kinds import details_of, kind_of
from festival.programme.models import Activity, ActivityStatus, Pool, PoolBatch, Provenance, Question, QuestionOption, Slot
from festival.seats import service as seats

_OF_ACTIVITY = frozenset({
    "id", "festival_id", "track_id", "venue_id", "slug", "status", "plan_reason_zh", "plan_reason_en", "details", "created_at",
    "updated_at", "published_at", "publish_at",
})  # fmt: skip
_OF_SLOT = frozenset({
    "id", "activity_id", "parent_id", "uid", "venue_id", "status", "plan_reason_zh", "plan_reason_en", "moved_at",
    "previous_starts_at", "previous_ends_at", "original_starts_at", "original_ends_at", "heads", "sequence", "created_at",
    "updated_at",
})  # fmt: skip
_OF_POOL = frozenset({"id", "slot_id", "capacity", "borrowed", "taken", "waiting"})
_OF_QUESTION = frozenset({"id", "activity_id", "added_at", "reminded_at"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go. The same edition: ``tracks`` and ``venues`` lead each to itself."""

    festival_id: int
    #: Ids of the copies by ids of the originals.
    tracks: Mapping[int, int]
    venues: Mapping[int, int]
    weeks: int
    at: datetime


def columns(row: Model, weeks: int, without: frozenset[str]) -> dict[str, Any]:
    """Return a row's values but for some, every instant in them moved by whole weeks."""
    step = timedelta(weeks=weeks)
    names = [attribute.key for attribute in inspect(type(row)).column_attrs]
    values = {name: getattr(row, name) for name in names if name not in without}
    return {name: value + step if isinstance(value, datetime) else value for name, value in values.items()}


def copy_activity(source: Activity, target: Target, *, slug: str, **changed: object) -> Activity:
    """Return a draft that is like an activity in all that organizers decided.

    :param changed: values that the copy has instead.
    """
    made = Activity(
        **(columns(source, target.weeks, _OF_ACTIVITY) | changed),
        id=queries.unused_id(),
        festival_id=target.festival_id,
        track_id=target.tracks[source.track_id],
        venue_id=target.venues[source.venue_id],
        slug=slug,
        status=ActivityStatus.DRAFT,
        details=_details(source, target.weeks),
        created_at=target.at,
        updated_at=target.at,
    )
    db.session.add(made)
    db.session.flush()
    _copy_slots(source, made, target)
    _copy_questions(source, made)
    notices.copy_words(source.id, made.id)
    if made.kind == source.kind:
        kind_of(source).copied(source, made)
    copy_provenance("activity", source.id, made.id)
    db.session.flush()
    return made


def _details(source: Activity, weeks: int) -> str:
    details = details_of(source)
    if details is None:
        return source.details
    document = shifted(details, weeks).model_dump(mode="json", exclude_none=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def insert_all(model: type[Model], rows: list[dict[str, Any]]) -> None:
    """Insert many rows by one statement."""
    if rows:
        db.session.execute(insert(model), rows)


def _copy_slots(source: Activity, made: Activity, target: Target) -> None:
    """Copy slots, sessions first; a copy has its original's key, by which ids are found again."""
    insert_all(Slot, [_slot_values(slot, made, target, None) for slot in source.slots if slot.parent_id is None])
    sessions = queries.ids_by_key(made.id)
    keys = {slot.id: slot.key for slot in source.slots}
    children = [slot for slot in source.slots if slot.parent_id is not None]
    insert_all(Slot, [_slot_values(slot, made, target, sessions[keys[slot.parent_id or 0]]) for slot in children])
    ids = queries.ids_by_key(made.id)
    insert_all(Pool, [_pool_values(pool, slot, ids[slot.key]) for slot in source.slots for pool in slot.open_pools])
    copies = _pools_by_place(made)
    _copy_batches(source, copies, target)
    seats.copy_halls(
        source.id,
        {slot.id: ids[slot.key] for slot in source.slots},
        {pool.id: copies[slot.key, pool.key] for slot in source.slots for pool in slot.open_pools},
    )


def _slot_values(slot: Slot, made: Activity, target: Target, parent_id: int | None) -> dict[str, Any]:
    return columns(slot, target.weeks, _OF_SLOT) | {
        "activity_id": made.id,
        "parent_id": parent_id,
        "uid": str(uuid.uuid4()),
        "venue_id": target.venues[slot.venue_id] if slot.venue_id is not None else None,
        "created_at": target.at,
        "updated_at": target.at,
    }


def _pool_values(pool: Pool, slot: Slot, slot_id: int) -> dict[str, Any]:
    return columns(pool, 0, _OF_POOL) | {"slot_id": slot_id, "capacity": capacity_to_begin_with(pool, slot)}


def _pools_by_place(activity: Activity) -> dict[tuple[str, str], int]:
    """Return the ids of an activity's pools by the keys of slot and pool."""
    rows = db.session.execute(
        select(Slot.key.label("slot"), Pool.key, Pool.id)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Slot.activity_id == activity.id),
    )
    return {(row.slot, row.key): row.id for row in rows}


def _copy_batches(source: Activity, copies: Mapping[tuple[str, str], int], target: Target) -> None:
    insert_all(
        PoolBatch,
        [
            {"pool_id": copies[slot.key, pool.key], "at": batch.at + timedelta(weeks=target.weeks), "places": batch.places}
            for slot in source.slots
            for pool in slot.open_pools
            for batch in pool.batches
        ],
    )


def capacity_to_begin_with(pool: Pool, slot: Slot) -> int | None:
    """Return the places of a pool before any batch was released and the reserve lent any; None unlimited."""
    if pool.capacity is None:
        return None
    released = sum(batch.places for batch in pool.batches if batch.released_at is not None)
    lent = sum(other.borrowed for other in slot.open_pools) if pool.is_flex else 0
    return max(0, pool.capacity - pool.borrowed + lent - released)


def _copy_questions(source: Activity, made: Activity) -> None:
    for question in source.questions:
        copy = Question(**columns(question, 0, _OF_QUESTION), activity_id=made.id)
        copy.options = [QuestionOption(**columns(option, 0, frozenset({"id", "question_id"}))) for option in question.options]
        db.session.add(copy)


def copy_provenance(subject: str, source_id: int, made_id: int) -> None:
    """Let a copy say of its values where they come from, as the original does."""
    rows = db.session.scalars(select(Provenance).where(Provenance.subject == subject, Provenance.subject_id == source_id))
    db.session.add_all(
        Provenance(subject=subject, subject_id=made_id, field=row.field, level=row.level, note=row.note) for row in rows.all()
    )
