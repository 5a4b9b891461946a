"""Nothing of the programme's files is dropped: each value is in the database, in a kind's details, or is explained here."""

import json
import re
from datetime import UTC, date, datetime

import yaml
from sqlalchemy import func, select

from festival.lib import clock
from festival.lib.db import Model, db
from festival.programme.models import Activity, Pool, PoolBatch, Slot
from festival.seed.files import FOLDER
from tests.seed.programme import loaded

#: What the files say that no column needs, and where it is instead.
EXPLAINED = {
    "format": "the shape of the files",
    "timezone": "the clock's zone (lib.clock)",
    "locales": "the languages there are (lib.i18n)",
    "demo_now": "moves the dates of a rolling demo (rules.weeks_to_move)",
    "per_person": "the partial unique index: one place per person and claim",
    "expect_status_at_demo_now": "a promise that test_demo.py keeps",
    "weekdays": "the sessions there are",
    "length_minutes": "in each timed entry's end",
    "checks": "the type's own check (lib.identifiers)",
    "store": "sensitive answers are encrypted (signups.answers)",
    "show": "sensitive answers are masked",
    "mobile": "no field: the verified address",
    "companions": "no field: party_max",
    "uscc": "asked by the alliance's application, in its details",
}


def leaves(value, path=()):
    """Yield every value of a document with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, str(number)))
    else:
        yield path, value


def said(value):
    """Return a value as it is compared: instants in UTC, clock times as HH:MM, dates in ISO."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+\d\d:\d\d)", value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d:\d\d", value):
        return value[:5]
    return value


def stored():
    """Return every value in the database: columns, lines of a text, clock times of instants, and the details' own."""
    values = set()
    for table in Model.metadata.sorted_tables:
        for row in db.session.execute(select(table)) if table.name != "seeded_value" else ():
            for value in row:
                values.add(said(value))
                values |= set(value.splitlines()) if isinstance(value, str) else set()
                values |= {f"{clock.local(value):%H:%M}"} if isinstance(value, datetime) else set()
    to_come = select(func.sum(PoolBatch.places)).where(PoolBatch.pool_id == Pool.id).scalar_subquery()
    whole = Pool.capacity + func.coalesce(to_come, 0)  # a pool's places are what has been released and what is to come
    values |= set(db.session.scalars(select(whole)))
    totals = select(func.sum(whole)).join(Slot, Slot.id == Pool.slot_id).group_by(Slot.activity_id)
    values |= set(db.session.scalars(totals))  # an activity's capacity is what its pools add up to
    for details in db.session.scalars(select(Activity.details)):
        values |= {said(value) for _, value in leaves(json.loads(details))}
    return values


def plain(value):
    """Return a document with named things as their keys and without what is empty."""
    if isinstance(value, dict):
        if set(value) == {"key", "name"}:
            return value["key"]
        return {key: plain(item) for key, item in value.items() if item not in (None, [], {})}
    return [plain(item) for item in value] if isinstance(value, list) else said(value)


def test_every_value_of_every_file_reaches_the_database(app):
    loaded()
    values = stored()

    dropped = [
        (path.name, ".".join(where), value)
        for path in sorted(FOLDER.rglob("*.yaml"))
        for where, value in leaves(yaml.safe_load(path.read_text(encoding="utf-8")))
        if said(value) not in values and value not in EXPLAINED and not set(where) & set(EXPLAINED)
    ]

    assert dropped == []


def test_details_are_the_files_details_word_for_word(app):
    """Only a venue or a question, named by its key in the file, carries its words in the database."""
    loaded()
    written = {
        entry["slug"]: plain(entry["details"])
        for path in (FOLDER / "activities").glob("*.yaml")
        for entry in [yaml.safe_load(path.read_text(encoding="utf-8"))]
    }

    assert {row.slug: plain(json.loads(row.details)) for row in db.session.scalars(select(Activity))} == written
