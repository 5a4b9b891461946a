"""Somebody at the organizers' desk: staff at a browser, slots in time, statements counted, files read back."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import openpyxl
from flask import Flask
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import event, select

from festival.accounts.models import Account
from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Pool, Slot
from tests.builders import make_staff
from tests.web import Browser, Page


def at_the_desk(app: Flask, role: Role = Role.ORGANIZER, *, activity: Activity | None = None) -> Browser:
    """Return a browser in which a staff member is signed in."""
    return Browser(app).sign_in(make_staff(role, activity=activity))


def member(browser: Browser) -> str:
    """Return the name the staff member of a browser signs in with, as the side menu shows it."""
    found = browser.get("/manage/").html.select_one(".manage__who p")
    assert found is not None
    return found.get_text(strip=True)


def add_child(session: Slot, *, starts_in: timedelta, lasts: timedelta, capacity: int = 10) -> Slot:
    """Return a timed entry of a session with one pool. ``starts_in`` from the session's start."""
    at = clock.wall().replace(microsecond=0)
    with transaction():
        child = Slot(
            activity_id=session.activity_id,
            parent_id=session.id,
            key=f"child-{starts_in.total_seconds():.0f}",
            uid=f"00000000-0000-4000-8000-{session.id:06d}{int(starts_in.total_seconds()):06d}",
            starts_at=session.starts_at + starts_in,
            ends_at=session.starts_at + starts_in + lasts,
            created_at=at,
            updated_at=at,
        )
        db.session.add(child)
        db.session.flush()
        db.session.add(Pool(slot_id=child.id, key="main", position=1, capacity=capacity))
    return child


def slot_of(activity: Activity) -> Slot:
    """Return an activity's first session."""
    found = db.session.scalars(
        select(Slot).where(Slot.activity_id == activity.id, Slot.parent_id.is_(None)).order_by(Slot.id)
    ).first()
    assert found is not None
    return found


def fresh(row: Activity | Slot | Pool) -> None:
    """Read a row again: a request has changed it."""
    db.session.rollback()
    db.session.refresh(row)


def entries() -> list[tuple[str, str, int, str, str]]:
    """Return the audit trail in order: action, subject, its id, reason, changes."""
    db.session.rollback()
    found = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(one.action, one.subject, one.subject_id, one.reason, one.changes) for one in found]


def actors() -> list[int | None]:
    """Return who wrote the entries of the audit trail, in order."""
    return list(db.session.scalars(select(AuditEntry.actor_id).order_by(AuditEntry.id)))


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements that reach the database inside the block."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def read_csv(page: Page) -> list[list[str]]:
    """Return the rows of a CSV file as a program reads them."""
    text = page.response.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def read_xlsx(page: Page) -> Worksheet:
    """Return the one sheet of an XLSX file."""
    book = openpyxl.load_workbook(io.BytesIO(page.response.get_data()))
    [sheet] = book.worksheets
    return sheet


def table(sheet: Worksheet, head: int) -> list[list[Any]]:
    """Return the rows of a sheet from its head row (counted from 1) on, without the empty ones."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head)]
    return [row for row in rows if any(value is not None for value in row)]


def typed(instant: datetime) -> str:
    """Return an instant as a field for date and time takes it."""
    return f"{clock.local(instant):%Y-%m-%dT%H:%M}"


def account_of(browser: Browser) -> Account:
    """Return the account signed in in a browser."""
    found = db.session.scalar(select(Account).where(Account.staff_name == member(browser)))
    assert found is not None
    return found
