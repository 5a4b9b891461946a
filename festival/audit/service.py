"""Writing the audit trail, in the transaction of what it records."""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

from festival.audit.models import AuditEntry
from festival.lib import clock
from festival.lib.db import db

#: Finds the names of people in the words of a reason: (reason, activity, subject, its id) -> names as they stand there.
NamesIn: TypeAlias = Callable[[str, int | None, str, int], Sequence[str]]

#: What stands in a reason where somebody's name, number or address stood.
HIDDEN = "＊＊＊"
_CONTACT = re.compile(
    r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d){8}(?!\d)"  # a mobile number
    r"|(?<![0-9A-Za-z])\d{6}(?:19|20)\d{9}[\dXx](?![0-9A-Za-z])"  # an identity number
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # a mail address
    re.ASCII,
)


def _nobody(_reason: str, _activity_id: int | None, _subject: str, _subject_id: int) -> Sequence[str]:
    return ()


_names_in: list[NamesIn] = [_nobody]


def register(names_in: NamesIn) -> None:
    """Say who finds people's names in a reason; called once by the composition root: the trail knows no person itself."""
    _names_in[:] = [names_in]


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

    An entry can never be changed again, and has to outlive the data of the people it is about: numbers, addresses and the
    names of those concerned do not get into its reason.

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
        reason=_without_people(reason, activity_id, subject, subject_id) if reason else "",
        changes=changes,
    )
    db.session.add(entry)
    return entry


def _without_people(reason: str, activity_id: int | None, subject: str, subject_id: int) -> str:
    """Return a reason without what would say who somebody is."""
    reason = _CONTACT.sub(HIDDEN, reason)
    for name in sorted(_names_in[0](reason, activity_id, subject, subject_id), key=len, reverse=True):
        reason = reason.replace(name, HIDDEN)
    return reason
