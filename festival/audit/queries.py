"""Reading the audit trail."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from festival.audit.models import AuditEntry
from festival.audit.rules import REVEALS, Burst, bursts
from festival.lib.db import db


@dataclass(frozen=True, slots=True)
class RevealFlag:
    """One member of staff revealed more people within an hour than is usual."""

    actor_id: int
    burst: Burst


def reveal_flags(limit: int, since: datetime) -> list[RevealFlag]:
    """Return who revealed more than ``limit`` people within an hour, the latest first.

    Derived from the trail, which nobody can change: no flag is written, so none can be taken away.

    :param since: what happened before is left out.
    """
    revealed = (AuditEntry.action.in_(REVEALS), AuditEntry.at >= since, AuditEntry.actor_id.is_not(None))
    many = select(AuditEntry.actor_id).where(*revealed).group_by(AuditEntry.actor_id).having(func.count(AuditEntry.id) > limit)
    rows = db.session.execute(
        select(AuditEntry.actor_id, AuditEntry.at)
        .where(*revealed, AuditEntry.actor_id.in_(many))
        .order_by(AuditEntry.actor_id, AuditEntry.at, AuditEntry.id),
    )
    instants: dict[int, list[datetime]] = {}
    for row in rows:
        instants.setdefault(row.actor_id, []).append(row.at)
    flags = [RevealFlag(actor_id, burst) for actor_id, acts in instants.items() for burst in bursts(acts, limit)]
    return sorted(flags, key=lambda flag: flag.burst.last_at, reverse=True)
