"""What a demo remembers of itself: that its people have come, how far its diary has been lived, how far its clock is ahead."""

from datetime import datetime, timedelta

from sqlalchemy import select

from festival.lib.db import db
from festival.programme.models import Festival
from festival.seed.models import SeededValue

_SUBJECT = "demo_people"
EDITION, _REACHED, _AHEAD = "edition", "reached", "ahead"


def _row(festival_id: int, name: str) -> SeededValue | None:
    return db.session.scalar(
        select(SeededValue)
        .where(SeededValue.subject == _SUBJECT, SeededValue.subject_id == festival_id, SeededValue.field == name)
        .execution_options(populate_existing=True),
    )


def read(festival_id: int, name: str) -> str | None:
    """Return what is remembered under a name; None: nothing."""
    row = _row(festival_id, name)
    return row.value if row is not None else None


def write(festival_id: int, name: str, value: str) -> None:
    """Remember something."""
    row = _row(festival_id, name)
    if row is None:
        db.session.add(SeededValue(subject=_SUBJECT, subject_id=festival_id, field=name, value=value))
    else:
        row.value = value
    db.session.flush()


def reached(festival: Festival) -> datetime | None:
    """Return before when everything in the demo has happened; None: its people have not begun to live."""
    value = read(festival.id, _REACHED)
    return datetime.fromisoformat(value) if value else None


def set_reached(festival: Festival, at: datetime) -> None:
    """Remember how far the diary has been lived."""
    write(festival.id, _REACHED, at.isoformat())


def ahead(festival_id: int) -> timedelta:
    """Return how far the demo's clock was moved; zero: it was not."""
    return timedelta(seconds=float(read(festival_id, _AHEAD) or 0))


def set_ahead(festival: Festival, by: timedelta) -> None:
    """Remember how far the demo's clock is ahead."""
    write(festival.id, _AHEAD, str(by.total_seconds()))
