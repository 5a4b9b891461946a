"""Loads the programme into the database: once, or again when the files have changed.

Runs inside one ``transaction()``: all of it stands, or nothing.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import delete, select

from festival.lib import clock
from festival.lib.db import Model, db
from festival.lib.documents import Words, instants, shifted
from festival.programme.kinds import ActivityKind, Details, all_kinds
from festival.programme.locking import lock_activity
from festival.programme.models import (
    Activity,
    ActivityStatus,
    Festival,
    FestivalFigure,
    Holiday,
    Pool,
    Provenance,
    Question,
    QuestionOption,
    Slot,
    Track,
    Venue,
)
from festival.programme.service import touch_slot
from festival.seed import queries
from festival.seed.checks import refuse_contradictions
from festival.seed.document import ActivityEntry, Programme, QuestionEntry, is_asked
from festival.seed.document import Provenance as Sources
from festival.seed.plan import PlannedSlot, access_of, slots_of
from festival.seed.rules import weeks_to_move
from festival.seed.sowing import Report, Sower

Row = TypeVar("Row", bound=Model)
#: What people rely on once they have signed up.
TIMES_AND_PLACES = frozenset({
    "starts_at", "ends_at", "doors_at", "opens_at", "closes_at", "backup_starts_at", "cancel_until", "cancel_hours_before",
    "result_at", "confirm_until", "days_ahead", "capacity", "approved_ceiling", "party_max", "original_starts_at",
    "original_ends_at",
})  # fmt: skip
#: What no calendar shows of an activity and a slot.
NOT_IN_CALENDARS = frozenset({
    "position", "kind", "mode", "short_title_zh", "short_title_en", "audience_zh", "audience_en", "opens_at", "closes_at",
    "cancel_until", "cancel_hours_before", "result_at", "confirm_until", "is_reviewed", "party_max", "waitlist_limit",
    "promotion", "days_ahead", "per_organisation", "allows_walk_ins", "original_starts_at", "original_ends_at",
    "approved_ceiling",
})  # fmt: skip


class SeedRefused(Exception):  # noqa: N818  # a refusal is an answer, not an error
    """The database is not one this programme may be loaded into. The message is one line for the operator."""


def load(programme: Programme, *, dates: str, demo: bool) -> Report:
    """Bring the database up to the programme's files and report what that did.

    :param dates: how a first load moves the dates (``rules.weeks_to_move``); a later one keeps to the first.
    :raises ProgrammeRefused: the files contradict themselves.
    :raises SeedRefused: the database belongs to a demo and this is none, or the other way round.
    """
    return _Load(programme, dates=dates, demo=demo).run()


def empty() -> None:
    """Remove every row of a demo's database.

    :raises SeedRefused: a festival in it is no demo.
    """
    if db.session.scalar(select(Festival.id).where(Festival.is_demo.is_(False)).limit(1)) is not None:
        raise SeedRefused("The database is not a demo's. Nothing was emptied.")
    for table in reversed(Model.metadata.sorted_tables):
        db.session.execute(delete(table))
    db.session.expunge_all()


class _Load:
    """One load, from the festival down to the options of its questions."""

    def __init__(self, programme: Programme, *, dates: str, demo: bool) -> None:
        self._kinds: Mapping[str, ActivityKind] = {kind.key: kind for kind in all_kinds()}
        details = refuse_contradictions(programme, self._kinds)
        self._sower = Sower()
        self._report = self._sower.report
        self._at = clock.wall().replace(microsecond=0)
        self._found = queries.festival_of(programme.festival.slug)
        if self._found is not None and self._found.is_demo != demo:
            whose = "a demo's" if self._found.is_demo else "not a demo's"
            raise SeedRefused(f"The database is {whose}; FESTIVAL_DEMO says otherwise. Nothing was written.")
        self._demo = demo
        self._weeks = self._weeks_of(programme, dates)
        self._programme = shifted(programme, self._weeks)
        self._holidays = programme.holidays  # the state's days do not move with ours
        self._details: dict[str, Details] = {slug: shifted(each, self._weeks) for slug, each in details.items()}
        #: Rows whose every slot a calendar shows differently now.
        self._touched_venues: set[int] = set()
        self._touched_activities: set[int] = set()
        self._touched_slots: set[int] = set()

    def run(self) -> Report:
        """Load everything."""
        self._festival = self._load_festival()
        self._tracks = self._load_tracks()
        self._venues = self._load_venues()
        self._load_holidays()
        known = queries.activities(self._festival.id)
        for slug in sorted(known, key=lambda slug: known[slug].id):
            lock_activity(known[slug].id)
        entries = self._programme.activities
        rows = {entry.slug: self._load_activity(entry, known.get(entry.slug)) for entry in entries}
        self._sower.settle()
        for entry in entries:
            self._load_slots(entry, rows[entry.slug])
            self._load_questions(entry, rows[entry.slug])
            self._trace("activity", rows[entry.slug].id, entry.provenance)
        self._sower.settle()
        self._name_left_behind("activity", known, rows)
        self._move_calendars_forward()
        self._warn_of_holidays()
        return self._report

    def _weeks_of(self, programme: Programme, dates: str) -> int:
        """Return the shift: fixed at the first load, kept by every later one."""
        asked = weeks_to_move(
            dates,
            today=clock.local_day(clock.now()),
            designed_for=clock.local_day(programme.festival.demo_now),
        )
        if self._found is None:
            return asked
        if asked != self._found.shift_weeks and dates != "rolling":
            self._report.warnings.append(
                f"The dates stay moved by {self._found.shift_weeks:+} weeks, as at the first load; FESTIVAL_DATES={dates} "
                f"asks for {asked:+}. Only `flask demo reset` moves them again.",
            )
        return self._found.shift_weeks

    # -- the festival, its tracks, venues and special days ------------------------------------------------------------------

    def _load_festival(self) -> Festival:
        entry = self._programme.festival
        values = {
            "edition": entry.edition,
            **_both("title", entry.title),
            **_both("theme", entry.theme),
            **_both("host", entry.host),
            **_both("organiser", entry.organiser),
            "starts_on": entry.starts_on,
            "ends_on": entry.ends_on,
        }
        festival = self._found
        if festival is None:
            festival = self._sower.make(
                Festival,
                values,
                slug=entry.slug,
                shift_weeks=self._weeks,
                is_demo=self._demo,
                calendar_version=1,
                created_at=self._at,
                updated_at=self._at,
            )
            self._sower.settle()
        elif self._sower.tend(festival, "festival", values):
            festival.updated_at = self._at
            festival.calendar_version = Festival.calendar_version + 1  # added up by the database
        self._load_figures(festival)
        self._trace("festival", festival.id, entry.provenance)
        self._trace_sources(festival.id)
        return festival

    def _load_figures(self, festival: Festival) -> None:
        known = queries.by_key(FestivalFigure, "festival_id", festival.id)
        for position, figure in enumerate(self._programme.festival.figures, start=1):
            values = {"position": position, "value": figure.value, "unit": figure.unit, **_both("text", figure.text)}
            self._plant(FestivalFigure, known.pop(figure.key, None), values, festival_id=festival.id, key=figure.key)
        for left in known.values():
            if self._sower.was_planted(left):
                self._sower.remove(left, f"figure {left.key}")

    def _load_tracks(self) -> dict[str, Track]:
        known = queries.by_key(Track, "festival_id", self._festival.id)
        rows = {
            entry.key: self._plant(
                Track,
                known.get(entry.key),
                {"position": position, **_both("title", entry.title), "colour": entry.colour},
                festival_id=self._festival.id,
                key=entry.key,
            )
            for position, entry in enumerate(self._programme.tracks, start=1)
        }
        self._name_left_behind("track", known, rows)
        return rows

    def _load_venues(self) -> dict[str, Venue]:
        known = queries.by_key(Venue, "festival_id", self._festival.id)
        rows: dict[str, Venue] = {}
        for entry in self._programme.venues:
            values = {
                **_both("name", entry.name),
                **_both("address", entry.address),
                **_both("transit", entry.transit),
                "lat": entry.lat,
                "lon": entry.lon,
                "point_quality": entry.point_quality,
            }
            venue = known.get(entry.key)
            if venue is None:
                once = {"festival_id": self._festival.id, "key": entry.key, "updated_at": self._at}
                venue = self._sower.make(Venue, values, **once)
            elif self._sower.tend(venue, f"venue {entry.key}", values):
                venue.updated_at = self._at
                self._touched_venues.add(venue.id)
            rows[entry.key] = venue
        self._name_left_behind("venue", known, rows)
        return rows

    def _load_holidays(self) -> None:
        known = queries.holidays()
        for entry in self._holidays:
            for days, is_workday in ((entry.holidays, False), (entry.workdays, True)):
                for day in days:
                    values = {"is_workday": is_workday, "source": entry.source, "level": entry.level}
                    self._plant(Holiday, known.get(day), values, name=f"holiday {day}", day=day)

    # -- activities ---------------------------------------------------------------------------------------------------------

    def _load_activity(self, entry: ActivityEntry, row: Activity | None) -> Activity:
        values = self._activity_values(entry)
        if row is None:
            return self._sower.make(
                Activity,
                values,
                festival_id=self._festival.id,
                slug=entry.slug,
                status=ActivityStatus.PUBLISHED,
                created_at=self._at,
                updated_at=self._at,
                published_at=self._at,
            )
        changed = self._sower.tend(row, f"activity {entry.slug}", values, held=self._held(row, values["details"]))
        if changed:
            row.updated_at = max(self._at, row.updated_at + timedelta(seconds=1))
        if changed - NOT_IN_CALENDARS:
            self._touched_activities.add(row.id)
        return row

    def _activity_values(self, entry: ActivityEntry) -> dict[str, Any]:
        asked = entry.sign_up
        self._sower.settle()  # tracks and venues have their ids now
        return {
            "track_id": self._tracks[entry.track].id,
            "venue_id": self._venues[entry.venue].id,
            "kind": entry.kind,
            "mode": entry.mode,
            "position": entry.position,
            **_both("title", entry.title),
            **_both("short_title", entry.short_title),
            **_both("summary", entry.summary),
            **_both("description", entry.description),
            **_both("host", entry.host),
            "host_phone": entry.host_phone,
            **_both("audience", entry.audience),
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
            "days_ahead": entry.open_days.days_ahead if entry.open_days else None,
            "per_organisation": asked.per_organisation,
            "allows_walk_ins": asked.allows_walk_ins,
            "details": _as_json(self._details[entry.slug]),
        }

    def _held(self, row: Activity, details: str) -> frozenset[str]:
        """Return the fields that stay because people have signed up: times and places, and details with other times in them."""
        if not queries.has_sign_ups(row.id):
            return frozenset()
        model = self._kinds[row.kind].details_model if row.kind in self._kinds else Details
        before, after = (list(instants(model.model_validate_json(text))) for text in (row.details, details))
        return TIMES_AND_PLACES if before == after else TIMES_AND_PLACES | {"details"}

    def _load_slots(self, entry: ActivityEntry, activity: Activity) -> None:
        plan = slots_of(entry)
        known = queries.by_key(Slot, "activity_id", activity.id)
        held = TIMES_AND_PLACES if known and queries.has_sign_ups(activity.id) else frozenset()
        rows: dict[str, Slot] = {}
        for planned in plan:
            if planned.parent is not None:
                self._sower.settle()  # its session has an id now
            parent = rows[planned.parent] if planned.parent is not None else None
            rows[planned.key] = self._load_slot(planned, activity, known.get(planned.key), parent, held)
        self._sower.settle()
        for planned in plan:
            self._load_pools(planned, entry, rows[planned.key], held)
        self._name_left_behind(f"slot of {entry.slug}", known, rows)

    def _load_slot(
        self,
        planned: PlannedSlot,
        activity: Activity,
        row: Slot | None,
        parent: Slot | None,
        held: frozenset[str],
    ) -> Slot:
        back = timedelta(weeks=self._weeks)
        values = {
            **_both("label", planned.label),
            "venue_id": self._venues[planned.venue].id if planned.venue is not None else None,
            "starts_at": planned.starts_at,
            "ends_at": planned.ends_at,
            "doors_at": planned.doors_at,
            "opens_at": planned.opens_at,
            "closes_at": planned.closes_at,
            "backup_starts_at": planned.backup_starts_at,
            "original_starts_at": planned.starts_at - back,
            "original_ends_at": planned.ends_at - back,
            "approved_ceiling": planned.approved_ceiling,
        }
        if row is None:
            return self._sower.make(
                Slot,
                values,
                activity_id=activity.id,
                parent_id=parent.id if parent else None,
                key=planned.key,
                uid=str(uuid.uuid4()),
                created_at=self._at,
                updated_at=self._at,
            )
        changed = self._sower.tend(row, f"slot {activity.slug} {planned.key}", values, held=held)
        if changed - NOT_IN_CALENDARS:
            self._touched_slots.add(row.id)
        return row

    def _load_pools(self, planned: PlannedSlot, entry: ActivityEntry, slot: Slot, held: frozenset[str]) -> None:
        known = queries.by_key(Pool, "slot_id", slot.id)
        for position, pool in enumerate(planned.pools, start=1):
            values = {
                "unit": pool.unit,
                "position": position,
                **_both("label", pool.label),
                "capacity": pool.capacity,
                "access": access_of(pool, entry.mode),
                "quota_question": pool.quota.question if pool.quota else None,
                "quota_answer": pool.quota.answer if pool.quota else None,
                "waitlist_limit": pool.waitlist_limit,
            }
            row, name = known.pop(pool.key, None), f"pool {entry.slug} {planned.key} {pool.key}"
            self._plant(Pool, row, values, name=name, held=held, slot_id=slot.id, key=pool.key)
        self._name_left_behind(f"pool of {entry.slug} {planned.key}", known, {})

    # -- questions ----------------------------------------------------------------------------------------------------------

    def _load_questions(self, entry: ActivityEntry, activity: Activity) -> None:
        known = queries.by_key(Question, "activity_id", activity.id)
        library = self._programme.questions
        rows: dict[str, Question] = {}
        for position, key in enumerate(entry.questions, start=1):
            if is_asked(library[key]):
                values = {"position": position, **_question_values(library[key])}
                name = f"question {entry.slug} {key}"
                row = known.pop(key, None)
                rows[key] = self._plant(Question, row, values, name=name, activity_id=activity.id, key=key)
        self._sower.settle()
        for key, row in rows.items():
            self._load_options(library[key], row, f"{entry.slug} {key}", activity.id)
        for left in known.values():
            self._forget_question(left, entry.slug)

    def _load_options(self, asked: QuestionEntry, question: Question, name: str, activity_id: int) -> None:
        known = queries.by_key(QuestionOption, "question_id", question.id) if question.options else {}
        for position, option in enumerate(asked.options, start=1):
            values = {"position": position, **_both("label", option.label)}
            row = known.pop(option.key, None)
            said = f"option {name} {option.key}"
            self._plant(QuestionOption, row, values, name=said, question_id=question.id, key=option.key)
        for left in known.values():
            if self._sower.was_planted(left) and not queries.is_answered(activity_id, question.key):
                self._sower.remove(left, f"option {name} {left.key}")
            elif self._sower.was_planted(left):
                self._report.kept.append(f"option {name} {left.key}: has left the files and stays, the question was answered")

    def _forget_question(self, question: Question, slug: str) -> None:
        """Ask no more what has left the files; what was answered stays."""
        if not self._sower.was_planted(question):
            return
        if queries.is_answered(question.activity_id, question.key):
            self._report.kept.append(f"question {slug} {question.key}: has left the files and stays, people have answered it")
            return
        for option in question.options:
            self._sower.remove(option, f"option {slug} {question.key} {option.key}")
        db.session.flush()
        self._sower.remove(question, f"question {slug} {question.key}")

    # -- what a value stands on ---------------------------------------------------------------------------------------------

    def _trace(self, subject: str, subject_id: int, sources: Sources) -> None:
        self._keep_sources(subject, subject_id, {name: (source.level, source.note) for name, source in sources.items()})

    def _trace_sources(self, festival_id: int) -> None:
        cited = self._programme.festival.sources
        self._keep_sources("source", festival_id, {name: ("fact", text) for name, text in cited.items()})

    def _keep_sources(self, subject: str, subject_id: int, wanted: Mapping[str, tuple[str, str]]) -> None:
        """Let the provenance of one thing be as in the files; nobody else writes it."""
        known = queries.provenance_of(subject, subject_id)
        for name, (level, note) in wanted.items():
            row = known.pop(name, None)
            if row is None:
                db.session.add(Provenance(subject=subject, subject_id=subject_id, field=name, level=level, note=note))
                self._report.made[Provenance.__tablename__] += 1
            elif (row.level, row.note) != (level, note):
                row.level, row.note = level, note
                self._report.changed.append(f"provenance {subject} {subject_id}: {name}")
        for left in known.values():
            db.session.delete(left)
            self._report.removed.append(f"provenance {subject} {subject_id}: {left.field}")

    # -- after all rows -----------------------------------------------------------------------------------------------------

    def _name_left_behind(self, what: str, known: Mapping[str, Model], rows: Iterable[str]) -> None:
        """Say what has left the files. It stays: someone may have signed up, or an organizer may need it."""
        for key in sorted(set(known) - set(rows)):
            if self._sower.was_planted(known[key]):
                self._report.kept.append(f"{what} {key}: has left the files and stays")

    def _move_calendars_forward(self) -> None:
        """Let calendars know of every slot they show differently now."""
        slots = {slot.id: slot for slot in queries.slots_at_venues(self._touched_venues)} if self._touched_venues else {}
        if self._touched_activities:
            slots |= {slot.id: slot for slot in queries.slots_of(self._touched_activities)}
        slots |= {slot_id: db.session.get_one(Slot, slot_id) for slot_id in self._touched_slots}
        for slot in slots.values():
            touch_slot(slot)
        if self._found is not None and self._report.made[Slot.__tablename__]:
            self._festival.calendar_version = Festival.calendar_version + 1  # added up by the database

    def _warn_of_holidays(self) -> None:
        days = {row.day for row in queries.holidays().values() if not row.is_workday}
        for entry in self._programme.activities:
            hit = sorted({_day(slot.starts_at) for slot in slots_of(entry) if slot.parent is None} & days)
            if hit:
                listed = ", ".join(day.isoformat() for day in hit)
                self._report.warnings.append(f"{entry.slug}: a session lands on a holiday ({listed}). It was not moved.")

    def _plant(
        self,
        model: type[Row],
        row: Row | None,
        values: Mapping[str, Any],
        *,
        name: str | None = None,
        held: frozenset[str] = frozenset(),
        **once: object,
    ) -> Row:
        """Make a row, or bring the one that is there up to the files."""
        if row is None:
            return self._sower.make(model, values, **once)
        self._sower.tend(row, name or f"{model.__tablename__} {once.get('key')}", values, held=held)
        return row


def _both(name: str, words: Words | None) -> dict[str, str]:
    """Return the two columns of a bilingual value; empty where there is none."""
    return {f"{name}_zh": words.zh if words else "", f"{name}_en": words.en if words else ""}


def _question_values(asked: QuestionEntry) -> dict[str, Any]:
    return {
        "type": asked.type,
        "is_required": asked.is_required,
        "sensitivity": asked.sensitivity,
        "consent_with": asked.consent_with,
        **_both("label", asked.label),
        **_both("purpose", asked.purpose),
        **_both("text", asked.text),
        "minimum": asked.minimum,
        "maximum": asked.maximum,
        "retain_days": asked.retain_days,
    }


def _as_json(details: Details) -> str:
    document = details.model_dump(mode="json", exclude_none=True)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _day(instant: datetime) -> date:
    return clock.local_day(instant)
