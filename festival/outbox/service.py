"""Owing a message."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select

from festival.jobs.service import enqueue
from festival.lib import clock
from festival.lib.db import db
from festival.lib.prepared import Writes, insert_into
from festival.outbox.models import Message
from festival.outbox.rules import AWAITED, DELIVER

# Every sign-up asks it: built once, since building a statement costs three times what asking the database does.
_LAST_N = select(func.coalesce(func.max(Message.n), 0)).where(
    Message.kind == bindparam("kind"),
    Message.subject == bindparam("subject"),
    Message.subject_id == bindparam("subject_id"),
)

_FIRST = insert_into(Message, "kind", "subject", "subject_id", "n", "account_id", "activity_id", "created_at", "due_at")


def owe(  # a message has a kind, a cause, a reader and a time
    kind: str,
    subject: str,
    subject_id: int,
    *,
    account_id: int | None,
    activity_id: int | None = None,
    due_at: datetime | None = None,
) -> Message:
    """Write that a message is owed, inside the transaction that causes it; it is delivered after commit.

    Whoever delivers looks twice a second for what is due; only what somebody waits for at this moment asks for more.

    :param due_at: not before this instant; None for at once.
    """
    seen = db.session.scalar(_LAST_N, {"kind": kind, "subject": subject, "subject_id": subject_id})
    at = clock.wall()
    message = Message(
        kind=kind,
        subject=subject,
        subject_id=subject_id,
        n=(seen or 0) + 1,
        account_id=account_id,
        activity_id=activity_id,
        created_at=at,
        due_at=due_at or at,
    )
    if kind == AWAITED:
        enqueue(db.session, DELIVER)
    db.session.add(message)
    return message


def owe_first(writes: Writes, kind: str, subject: str, subject_id: int, *, account_id: int, activity_id: int) -> None:
    """Write that a message is owed about a row just made, about which nothing can have been owed yet. One statement."""
    at = clock.wall()
    writes.run(
        _FIRST,
        {
            "kind": kind,
            "subject": subject,
            "subject_id": subject_id,
            "n": 1,
            "account_id": account_id,
            "activity_id": activity_id,
            "created_at": at,
            "due_at": at,
        },
    )


def owe_each(
    kind: str,
    subject: str,
    readers: Mapping[int, int],
    *,
    activity_id: int,
    due_at: datetime | None = None,
) -> None:
    """Write that the same kind of message is owed to many, in two statements however many they are.

    :param readers: the row that causes it -> the account that reads it.
    :param due_at: not before this instant; None for at once.
    """
    if not readers:
        return
    seen = {
        row.subject_id: row.n
        for row in db.session.execute(
            select(Message.subject_id, func.max(Message.n).label("n"))
            .where(Message.kind == kind, Message.subject == subject, Message.activity_id == activity_id)
            .group_by(Message.subject_id),
        )
    }
    at = clock.wall()
    db.session.execute(
        insert(Message),
        [
            {
                "kind": kind,
                "subject": subject,
                "subject_id": subject_id,
                "n": seen.get(subject_id, 0) + 1,
                "account_id": account_id,
                "activity_id": activity_id,
                "created_at": at,
                "due_at": due_at or at,
            }
            for subject_id, account_id in readers.items()
        ],
    )
