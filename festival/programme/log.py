"""Reading who did what to the programme and to those who signed up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from festival.accounts.models import Account
from festival.audit.models import AuditEntry
from festival.audit.queries import reveal_flags
from festival.audit.rules import Burst
from festival.lib.db import db
from festival.programme.models import Activity

#: Entries on one page.
PAGE = 50
#: How long an auditor is told of many reveals.
FLAGGED_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry of the audit trail, with the names behind its ids."""

    id: int
    at: datetime
    action: str
    subject: str
    subject_id: int
    reason: str
    changes: str
    #: What the staff member who acted signs in with; empty: the person concerned; None: the system itself.
    actor: str | None
    activity: Activity | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """One page of entries, newest first."""

    lines: list[LogLine]
    number: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A member of staff who revealed very many people within an hour, by the name they sign in with."""

    actor: str
    burst: Burst


def flag_lines(limit: int, now: datetime) -> list[FlagLine]:
    """Return whom an auditor should ask about what they revealed, the latest first.

    :param limit: reveals within an hour that are usual.
    """
    flags = reveal_flags(limit, now - FLAGGED_FOR)
    rows = db.session.execute(select(Account.id, Account.staff_name).where(Account.id.in_({flag.actor_id for flag in flags})))
    names = {row.id: row.staff_name or "" for row in rows}
    return [FlagLine(names.get(flag.actor_id, ""), flag.burst) for flag in flags]


def log_page(number: int, activity_id: int | None = None) -> LogPage:
    """Return a page of the trail: of one activity, or of everything. A page behind the last is the last."""
    where = [] if activity_id is None else [AuditEntry.activity_id == activity_id]
    total = db.session.execute(select(func.count(AuditEntry.id)).where(*where)).scalar_one()
    last = max(1, -(-total // PAGE))
    number = min(max(1, number), last)
    rows = db.session.execute(
        select(AuditEntry, Account.staff_name, Activity)
        .outerjoin(Account, Account.id == AuditEntry.actor_id)
        .outerjoin(Activity, Activity.id == AuditEntry.activity_id)
        .where(*where)
        .order_by(AuditEntry.id.desc())
        .limit(PAGE)
        .offset((number - 1) * PAGE),
    )
    lines = [
        LogLine(
            id=entry.id,
            at=entry.at,
            action=entry.action,
            subject=entry.subject,
            subject_id=entry.subject_id,
            reason=entry.reason,
            changes=entry.changes,
            actor=None if entry.actor_id is None else staff_name or "",
            activity=activity,
        )
        for entry, staff_name, activity in rows
    ]
    return LogPage(lines, number, last, total)
