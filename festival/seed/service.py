"""Loads the programme into the database: once, or again when the files have changed.

Runs inside one ``transaction()``: all of it stands, or nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import delete, select, text

from festival.lib import clock
from festival.lib.db import Model, db, is_postgresql
from festival.lib.documents import shifted
from festival.programme.kinds import ActivityKind, Details, all_kinds
from festival.programme.models import (
    Festival,
    FestivalFigure,
    Holiday,
    Provenance,
    Slot,
    Track,
    Venue,
)
from festival.programme.service import touch_slot
from festival.seed import kinds, queries
from festival.seed.activities import Activities
from festival.seed.checks import refuse_contradictions
from festival.seed.document import Programme
from festival.seed.document import Provenance as Sources
from festival.seed.plan import slots_of
from festival.seed.rules import weeks_to_move
from festival.seed.sowing import Report, Sower, both


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
    with _without_the_trails_guard():
        for table in reversed(Model.metadata.sorted_tables):
            db.session.execute(delete(table))
    db.session.expunge_all()


@contextmanager
def _without_the_trails_guard() -> Iterator[None]:
    """Let the audit trail of a demo be emptied: its triggers stand aside inside the transaction, and are back before it ends."""
    if is_postgresql():
        db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        yield
        db.session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
        return
    guards = db.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"))
    made = [(str(name), str(sql)) for name, sql in guards]
    for name, _sql in made:
        db.session.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _name, sql in made:
        db.session.connection().exec_driver_sql(sql)


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
        #: Venues that calendars name differently now.
        self._touched_venues: set[int] = set()

    def run(self) -> Report:
        """Load everything."""
        self._festival = self._load_festival()
        tracks, venues = self._load_tracks(), self._load_venues()
        self._load_holidays()
        self._sower.settle()
        activities = Activities(
            sower=self._sower,
            festival_id=self._festival.id,
            programme=self._programme,
            details=self._details,
            tracks=tracks,
            venues=venues,
            weeks=self._weeks,
            at=self._at,
        )
        for entry, activity in activities.load():
            self._trace("activity", activity.id, entry.provenance)
            kinds.sow(self._sower, activity, self._details[entry.slug])
        self._move_calendars_forward(activities)
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
            **both("title", entry.title),
            **both("theme", entry.theme),
            **both("host", entry.host),
            **both("organiser", entry.organiser),
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
            values = {"position": position, "value": figure.value, "unit": figure.unit, **both("text", figure.text)}
            row, name = known.pop(figure.key, None), f"figure {figure.key}"
            self._sower.plant(FestivalFigure, row, values, name=name, festival_id=festival.id, key=figure.key)
        for left in known.values():
            if self._sower.was_planted(left):
                self._sower.remove(left, f"figure {left.key}")

    def _load_tracks(self) -> dict[str, Track]:
        known = queries.by_key(Track, "festival_id", self._festival.id)
        rows = {
            entry.key: self._sower.plant(
                Track,
                known.get(entry.key),
                {"position": position, **both("title", entry.title), "colour": entry.colour},
                name=f"track {entry.key}",
                festival_id=self._festival.id,
                key=entry.key,
            )
            for position, entry in enumerate(self._programme.tracks, start=1)
        }
        self._sower.name_left_behind("track", known, rows)
        return rows

    def _load_venues(self) -> dict[str, Venue]:
        known = queries.by_key(Venue, "festival_id", self._festival.id)
        rows: dict[str, Venue] = {}
        for entry in self._programme.venues:
            values = {
                **both("name", entry.name),
                **both("address", entry.address),
                **both("transit", entry.transit),
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
        self._sower.name_left_behind("venue", known, rows)
        return rows

    def _load_holidays(self) -> None:
        known = queries.holidays()
        for entry in self._holidays:
            for days, is_workday in ((entry.holidays, False), (entry.workdays, True)):
                for day in days:
                    values = {"is_workday": is_workday, "source": entry.source, "level": entry.level}
                    self._sower.plant(Holiday, known.get(day), values, name=f"holiday {day}", day=day)

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

    def _move_calendars_forward(self, activities: Activities) -> None:
        """Let calendars know of every slot they show differently now."""
        slots = {slot.id: slot for slot in queries.slots_at_venues(self._touched_venues)} if self._touched_venues else {}
        if activities.touched:
            slots |= {slot.id: slot for slot in queries.slots_of(activities.touched)}
        slots |= {slot_id: db.session.get_one(Slot, slot_id) for slot_id in activities.touched_slots}
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


def _day(instant: datetime) -> date:
    return clock.local_day(instant)
