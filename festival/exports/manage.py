"""Organizers' lists to take away."""

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.exports import render, service, xlsx
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.i18n import _
from festival.lib.spreadsheet import CSV_TYPE, XLSX_TYPE, csv_chunks
from festival.programme import queries as programme
from festival.programme.models import Activity, Slot
from festival.roster import queries
from festival.roster.forms import wanted
from festival.roster.queries import Row
from festival.roster.render import answered, columns

bp = Blueprint("exports", __name__)

#: A file up to this size is kept in memory while it is made.
_IN_MEMORY = 1024 * 1024


def _activity(slug: str, permission: Permission) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))


@bp.get("/activities/<slug:slug>/roster.csv")
@staff(Permission.ROSTER_EXPORT)
def roster_csv(slug: str) -> ResponseReturnValue:
    """Give every sign-up ever made as CSV, contacts masked."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    now = clock.now()
    keys = [question.key for question in answered(activity)]
    file, rows = _draft(), _Counted(queries.every(activity.id, keys, now))
    for chunk in csv_chunks(render.csv_rows(activity, rows)):
        file.write(chunk)
    name = xlsx.file_name(activity, _("花名册"), now).removesuffix(".xlsx") + ".csv"
    return _taken(activity, file, "roster.csv", rows.count, name=name, content_type=CSV_TYPE)


@bp.get("/activities/<slug:slug>/roster.xlsx")
@staff(Permission.ROSTER_EXPORT)
def roster_xlsx(slug: str) -> ResponseReturnValue:
    """Give the rows that the page shows, in the order and form in which they are printed."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    now, view = clock.now(), wanted(request.args)
    keys = [question.key for question in answered(activity)]
    file = _draft()
    count = xlsx.write_roster(
        file,
        activity,
        queries.filtered(activity.id, view, keys, now),
        made_by=the_staff().staff_name or "",
        at=now,
    )
    name = xlsx.file_name(activity, _("花名册"), now)
    return _taken(activity, file, "roster.xlsx", count, name=name, content_type=XLSX_TYPE)


@bp.get("/activities/<slug:slug>/sign-in-sheet")
@staff(Permission.ROSTER_EXPORT)
def sign_in_sheet(slug: str) -> ResponseReturnValue:
    """Give the sheet on which people sign in on paper: of one slot (``?slot=``), or of all."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    now, slot = clock.now(), _slot_asked(activity)
    keys = [question.key for question in columns(activity)]
    file = _draft()
    count = xlsx.write_sign_in_sheet(
        file,
        activity,
        queries.expected(activity.id, now, slot.id if slot else None, keys),
        slot=slot,
        made_by=the_staff().staff_name or "",
        at=now,
    )
    name = xlsx.file_name(activity, _("签到表"), now)
    return _taken(activity, file, "sign-in-sheet.xlsx", count, name=name, content_type=XLSX_TYPE)


class _Counted:
    """Rows that are counted while they go by."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows."""
        for row in self._rows:
            self.count += 1
            yield row


def _slot_asked(activity: Activity) -> Slot | None:
    slot_id = wanted(request.args).slot_id
    return next((slot for slot in activity.slots if slot.id == slot_id), None)


def _draft() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY)  # closed when it has been sent


def _taken(  # a file has a name, a size and a type
    activity: Activity,
    file: IO[bytes],
    what: str,
    rows: int,
    *,
    name: str,
    content_type: str,
) -> Response:
    """Record that a list is taken away, then give it. Whoever cannot be recorded gets nothing."""
    slug, activity_id, actor_id = activity.slug, activity.id, the_staff().id
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any readable file of bytes
    with transaction():
        service.record_export(activity_id, what, rows=rows, sha256=sha256, actor_id=actor_id)
    suffix = what.rpartition(".")[2]
    return download(file, name=name, plain_name=f"{what.rpartition('.')[0]}-{slug}.{suffix}", content_type=content_type)
