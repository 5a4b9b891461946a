"""Loads activities: their words and rules, their slots and pools, their questions."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from festival.lib.db import db
from festival.lib.documents import instants
from festival.programme.kinds import Details, all_kinds
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus, Pool, PoolBatch, Question, QuestionOption, Slot, Track, Venue
from festival.seats import service as seats
from festival.seed import queries
from festival.seed.document import ActivityEntry, Programme, QuestionEntry, is_asked
from festival.seed.plan import PlannedSlot, access_of, batches_of, slots_of
from festival.seed.sowing import Sower, both

#: What people rely on once they have signed up.
TIMES_AND_PLACES = frozenset({
    "starts_at", "ends_at", "doors_at", "opens_at", "closes_at", "backup_starts_at", "decision_at", "cancel_until",
    "cancel_hours_before", "result_at", "confirm_until", "days_ahead", "capacity", "approved_ceiling", "party_max",
    "original_starts_at", "original_ends_at",
})  # fmt: skip
#: What no calendar shows of an activity and a slot.
NOT_IN_CALENDARS = frozenset({
    "position", "kind", "mode", "short_title_zh", "short_title_en", "audience_zh", "audience_en", "opens_at", "closes_at",
    "cancel_until", "cancel_hours_before", "result_at", "confirm_until", "is_reviewed", "party_max", "waitlist_limit",
    "promotion", "days_ahead", "per_organisation", "allows_walk_ins", "original_starts_at", "original_ends_at",
    "approved_ceiling", "overlap", "smaller_may_pass", "balance_tolerance",
})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Activities:
    """The activities of one load."""

    sower: Sower
    festival_id: int
    #: With its dates moved.
    programme: Programme
    #: By slug; their dates are moved too.
    details: Mapping[str, Details]
    tracks: Mapping[str, Track]
    venues: Mapping[str, Venue]
    #: By how many the dates are moved.
    weeks: int
    at: datetime
    #: Activities whose every slot calendars show differently now, and single slots.
    touched: set[int] = field(default_factory=set)
    touched_slots: set[int] = field(default_factory=set)

    def load(self) -> Iterator[tuple[ActivityEntry, Activity]]:
        """Load every activity and yield it with its entry."""
        known = queries.activities(self.festival_id)
        for slug in sorted(known, key=lambda slug: known[slug].id):
            lock_activity(known[slug].id)
        wanted = [one for one in self.programme.activities if not self.sower.is_gone(Activity, self.festival_id, one.slug)]
        rows = {entry.slug: self._load_activity(entry, known.get(entry.slug)) for entry in wanted}
        self.sower.settle()
        for entry in wanted:
            self._load_slots(entry, rows[entry.slug])
            self._load_questions(entry, rows[entry.slug])
            yield entry, rows[entry.slug]
        self.sower.settle()
        self.sower.name_left_behind("activity", known, rows)

    def _load_activity(self, entry: ActivityEntry, row: Activity | None) -> Activity:
        values = self._activity_values(entry)
        if row is None:
            return self.sower.make(
                Activity,
                values,
                festival_id=self.festival_id,
                slug=entry.slug,
                status=ActivityStatus.PUBLISHED,
                created_at=self.at,
                updated_at=self.at,
                published_at=self.at,
            )
        changed = self.sower.tend(row, f"activity {entry.slug}", values, held=self._held(row, values["details"]))
        if changed:
            row.updated_at = max(self.at, row.updated_at + timedelta(seconds=1))
        if changed - NOT_IN_CALENDARS:
            self.touched.add(row.id)
        return row

    def _activity_values(self, entry: ActivityEntry) -> dict[str, Any]:
        asked = entry.sign_up
        return {
            "track_id": self.tracks[entry.track].id,
            "venue_id": self.venues[entry.venue].id,
            "kind": entry.kind,
            "mode": entry.mode,
            "position": entry.position,
            **both("title", entry.title),
            **both("short_title", entry.short_title),
            **both("summary", entry.summary),
            **both("description", entry.description),
            **both("host", entry.host),
            "host_phone": entry.host_phone,
            **both("audience", entry.audience),
            "notices_zh": "\n".join(notice.zh for notice in entry.notices),
            "notices_en": "\n".join(notice.en for notice in entry.notices),
            "starts_at": entry.starts_at,
            "ends_at": entry.ends_at,
            "opens_at": asked.opens_at,
            "closes_at": asked.closes_at,
            "cancel_until": asked.cancel_until,
            "cancel_hours_before": asked.cancel_hours_before,
            "result_at": asked.result_at,
            "confirm_until": asked.confirm_until,
            "is_reviewed": asked.is_reviewed,
            "party_max": asked.party_max,
            "waitlist_limit": asked.waitlist_limit,
            "promotion": asked.promotion,
            "overlap": asked.overlap,
            "smaller_may_pass": asked.smaller_may_pass,
            "balance_tolerance": asked.balance_tolerance,
            "days_ahead": entry.open_days.days_ahead if entry.open_days else None,
            "per_organisation": asked.per_organisation,
            "allows_walk_ins": asked.allows_walk_ins,
            "details": _as_json(self.details[entry.slug]),
        }

    def _held(self, row: Activity, details: str) -> frozenset[str]:
        """Return the fields that stay because people have signed up: times and places, and details with other times in them."""
        if not queries.has_sign_ups(row.id):
            return frozenset()
        model = next((kind.details_model for kind in all_kinds() if kind.key == row.kind), Details)
        before, after = (list(instants(model.model_validate_json(text))) for text in (row.details, details))
        return TIMES_AND_PLACES if before == after else TIMES_AND_PLACES | {"details"}

    def _load_slots(self, entry: ActivityEntry, activity: Activity) -> None:
        plan = [one for one in slots_of(entry) if not self._is_gone(activity, one)]
        known = queries.by_key(Slot, "activity_id", activity.id)
        held = TIMES_AND_PLACES if known and queries.has_sign_ups(activity.id) else frozenset()
        rows: dict[str, Slot] = {}
        for planned in plan:
            if planned.parent is not None:
                self.sower.settle()  # its session has an id now
            parent = rows[planned.parent] if planned.parent is not None else None
            rows[planned.key] = self._load_slot(planned, activity, known.get(planned.key), parent, held)
        self.sower.settle()
        for planned in plan:
            self._load_pools(planned, entry, rows[planned.key], held)
        self.sower.name_left_behind(f"slot of {entry.slug}", known, rows)
        if not known:
            self._draw_halls(entry, [rows[planned.key] for planned in plan if planned.pools and planned.parent is None])

    def _draw_halls(self, entry: ActivityEntry, sessions: Iterable[Slot]) -> None:
        """Draw the hall that a new activity's details speak of; later it is the organizers'."""
        size = next(kind for kind in all_kinds() if kind.key == entry.kind).hall(self.details[entry.slug])
        if size is None:
            return
        self.sower.settle()
        for slot in sessions:
            seats.begin(slot.id, size, actor_id=None)

    def _is_gone(self, activity: Activity, planned: PlannedSlot) -> bool:
        """Tell whether organizers have removed a slot, or the session it belongs to."""
        keys = (planned.key, planned.parent or planned.key)
        return any(self.sower.is_gone(Slot, activity.id, key) for key in keys)

    def _load_slot(
        self,
        planned: PlannedSlot,
        activity: Activity,
        row: Slot | None,
        parent: Slot | None,
        held: frozenset[str],
    ) -> Slot:
        back = timedelta(weeks=self.weeks)
        values = {
            **both("label", planned.label),
            "venue_id": self.venues[planned.venue].id if planned.venue is not None else None,
            "starts_at": planned.starts_at,
            "ends_at": planned.ends_at,
            "doors_at": planned.doors_at,
            "opens_at": planned.opens_at,
            "closes_at": planned.closes_at,
            "backup_starts_at": planned.backup_starts_at,
            "decision_at": planned.decision_at,
            "original_starts_at": planned.starts_at - back,
            "original_ends_at": planned.ends_at - back,
            "approved_ceiling": planned.approved_ceiling,
        }
        if row is None:
            return self.sower.make(
                Slot,
                values,
                activity_id=activity.id,
                parent_id=parent.id if parent else None,
                key=planned.key,
                uid=str(uuid.uuid4()),
                created_at=self.at,
                updated_at=self.at,
            )
        changed = self.sower.tend(row, f"slot {activity.slug} {planned.key}", values, held=held)
        if changed - NOT_IN_CALENDARS:
            self.touched_slots.add(row.id)
        return row

    def _load_pools(self, planned: PlannedSlot, entry: ActivityEntry, slot: Slot, held: frozenset[str]) -> None:
        known = queries.by_key(Pool, "slot_id", slot.id)
        for position, pool in enumerate(planned.pools, start=1):
            batches = batches_of(pool, entry)
            values = {
                "unit": pool.unit,
                "position": position,
                **both("label", pool.label),
                "capacity": batches[0][1] if batches else pool.capacity,
                "is_flex": pool.is_flex,
                "access": access_of(pool, entry.mode),
                "quota_question": pool.quota.question if pool.quota else None,
                "quota_answer": pool.quota.answer if pool.quota else None,
                "waitlist_limit": pool.waitlist_limit,
            }
            row, name = known.pop(pool.key, None), f"pool {entry.slug} {planned.key} {pool.key}"
            planted = self.sower.plant(Pool, row, values, name=name, held=held, slot_id=slot.id, key=pool.key)
            if row is None and batches:
                self.sower.settle()
                db.session.add_all(PoolBatch(pool_id=planted.id, at=at, places=places) for at, places in batches[1:] if places)
        self.sower.name_left_behind(f"pool of {entry.slug} {planned.key}", known, {})

    # -- questions ----------------------------------------------------------------------------------------------------------

    def _load_questions(self, entry: ActivityEntry, activity: Activity) -> None:
        known = queries.by_key(Question, "activity_id", activity.id)
        library = self.programme.questions
        rows: dict[str, Question] = {}
        for position, key in enumerate(entry.questions, start=1):
            if is_asked(library[key]) and not self.sower.is_gone(Question, activity.id, key):
                values = {"position": position, **_question_values(library[key])}
                name = f"question {entry.slug} {key}"
                row = known.pop(key, None)
                rows[key] = self.sower.plant(Question, row, values, name=name, activity_id=activity.id, key=key)
        self.sower.settle()
        for key, row in rows.items():
            self._load_options(library[key], row, f"{entry.slug} {key}", activity.id)
        for left in known.values():
            self._forget_question(left, entry.slug)

    def _load_options(self, asked: QuestionEntry, question: Question, name: str, activity_id: int) -> None:
        known = queries.by_key(QuestionOption, "question_id", question.id) if question.options else {}
        for position, option in enumerate(asked.options, start=1):
            values = {"position": position, **both("label", option.label)}
            row = known.pop(option.key, None)
            said = f"option {name} {option.key}"
            self.sower.plant(QuestionOption, row, values, name=said, question_id=question.id, key=option.key)
        for left in known.values():
            if self.sower.was_planted(left) and not queries.is_answered(activity_id, question.key):
                self.sower.remove(left, f"option {name} {left.key}")
            elif self.sower.was_planted(left):
                self.sower.report.kept.append(
                    f"option {name} {left.key}: has left the files and stays, the question was answered"
                )

    def _forget_question(self, question: Question, slug: str) -> None:
        """Ask no more what has left the files; what was answered stays."""
        if not self.sower.was_planted(question):
            return
        if queries.is_answered(question.activity_id, question.key):
            self.sower.report.kept.append(
                f"question {slug} {question.key}: has left the files and stays, people have answered it"
            )
            return
        for option in question.options:
            self.sower.remove(option, f"option {slug} {question.key} {option.key}")
        db.session.flush()
        self.sower.remove(question, f"question {slug} {question.key}")


def _question_values(asked: QuestionEntry) -> dict[str, Any]:
    return {
        "type": asked.type,
        "is_required": asked.is_required,
        "sensitivity": asked.sensitivity,
        "consent_with": asked.consent_with,
        **both("label", asked.label),
        **both("purpose", asked.purpose),
        **both("text", asked.text),
        "minimum": asked.minimum,
        "maximum": asked.maximum,
        "retain_days": asked.retain_days,
    }


def _as_json(details: Details) -> str:
    document = details.model_dump(mode="json", exclude_none=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
