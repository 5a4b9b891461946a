"""Writing the audit trail, in the transaction of what it records."""

from festival.audit.models import AuditEntry
from festival.lib import clock
from festival.lib.db import db


def record(  # who, what, to which row, where, why: an entry has that many sides
    action: str,
    subject: str,
    subject_id: int,
    *,
    actor_id: int | None,
    activity_id: int | None = None,
    reason: str = "",
    changes: str = "",
) -> AuditEntry:
    """Write one entry. Call it inside ``transaction()``; it stands or falls with the change.

    :param actor_id: the account that acts; None for the system.
    :param changes: field names; values only where they are nobody's personal data, such as ``capacity 80 -> 90``.
    """
    entry = AuditEntry(
        at=clock.wall(),
        actor_id=actor_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        activity_id=activity_id,
        reason=reason,
        changes=changes,
    )
    db.session.add(entry)
    return entry
