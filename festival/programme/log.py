"""Reading who did what to the programme and to those who signed up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select

from festival.accounts.models import Account, AccountKind
from festival.audit.models import AuditEntry
from festival.audit.queries import reveal_flags
from festival.audit.rules import Burst
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity

#: Entries on one page.
PAGE = 50
#: How long an auditor is told of many reveals.
FLAGGED_FOR = timedelta(days=90)


class Who(StrEnum):
    """Whom a reader of the trail can ask for without a name."""

    SYSTEM = "-system"  # no name of staff begins with a hyphen
    PERSON = "-person"


class Group(StrEnum):
    """Acts of one sort, whatever they were done to. An action's name begins with no hyphen either."""

    SEEN = "-seen"
    TAKEN = "-taken"
    SIGNING_IN = "-signing-in"


#: What belongs to a sort of acts, as LIKE reads it.
_GROUPS = {
    Group.SEEN: ("%.reveal", "%.read", "%.find"),
    Group.TAKEN: ("%.export", "%.download", "%.affected"),
    Group.SIGNING_IN: ("session.%", "staff.refused", "staff.locked", "staff.second_factor_refused", "staff.recovery_code"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader of the trail asks for: it is the address of the page. Empty and None ask for everything."""

    #: A staff member's name, or a ``Who``.
    who: str = ""
    #: An action, or a ``Group``.
    what: str = ""
    first_on: date | None = None
    last_on: date | None = None
    #: An activity's slug.
    activity: str = ""
    #: A table, such as ``sign_up``.
    subject: str = ""
    #: A row of it.
    subject_id: int | None = None
    is_sealed: bool | None = None

    def parameters(self, **changed: object) -> dict[str, object]:
        """Return the parameters of the address of this view, some of them changed; what asks for nothing is left out."""
        words = {
            "who": self.who,
            "what": self.what,
            "from": self.first_on.isoformat() if self.first_on else "",
            "to": self.last_on.isoformat() if self.last_on else "",
            "activity": self.activity,
            "subject": self.subject,
            "id": self.subject_id,
            "sealed": "" if self.is_sealed is None else "yes" if self.is_sealed else "no",
        }
        return {name: value for name, value in (words | changed).items() if value}

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what an entry must be like."""
        return [condition for condition in self._conditions() if condition is not None]

    def _conditions(self) -> Iterator[ColumnElement[bool] | None]:
        yield self._by()
        if self.what in _GROUPS:
            yield or_(*(AuditEntry.action.like(pattern) for pattern in _GROUPS[Group(self.what)]))
        elif self.what:
            yield AuditEntry.action == self.what
        if self.first_on:
            yield AuditEntry.at >= _midnight(self.first_on)
        if self.last_on:
            yield AuditEntry.at < _midnight(self.last_on + timedelta(days=1))
        if self.activity:
            yield AuditEntry.activity_id.in_(select(Activity.id).where(Activity.slug == self.activity))
        if self.subject:
            yield AuditEntry.subject == self.subject
        if self.subject_id is not None:
            yield AuditEntry.subject_id == self.subject_id
        if self.is_sealed is not None:
            yield AuditEntry.number.is_not(None) if self.is_sealed else AuditEntry.number.is_(None)

    def _by(self) -> ColumnElement[bool] | None:
        if self.who == Who.SYSTEM:
            return AuditEntry.actor_id.is_(None)
        if self.who == Who.PERSON:
            return AuditEntry.actor_id.in_(select(Account.id).where(Account.kind == AccountKind.PERSON))
        return AuditEntry.actor_id.in_(select(Account.id).where(Account.staff_name == self.who)) if self.who else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.ZONE)


def actions_seen(activity_id: int | None = None) -> Sequence[str]:
    """Return the actions that stand in the trail, of one activity or of everything."""
    where = [] if activity_id is None else [AuditEntry.activity_id == activity_id]
    return db.session.scalars(select(AuditEntry.action).where(*where).distinct().order_by(AuditEntry.action)).all()


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
    #: Its place in the chain; None: not sealed yet.
    chain_number: int | None


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


def log_page(number: int, asked: Asked, activity_id: int | None = None) -> LogPage:
    """Return a page of what was asked for: of one activity, or of everything. A page behind the last is the last."""
    where = asked.conditions()
    if activity_id is not None:
        where.append(AuditEntry.activity_id == activity_id)
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
            chain_number=entry.number,
        )
        for entry, staff_name, activity in rows
    ]
    return LogPage(lines, number, last, total)
