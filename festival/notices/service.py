"""Reading one's messages changes them: they are no longer new."""

from collections.abc import Iterable

from sqlalchemy import update

from festival.lib import clock
from festival.lib.db import db
from festival.outbox.models import Message


def note_read(account_id: int, message_ids: Iterable[int]) -> None:
    """Note that a person has opened messages; what was read before keeps its time."""
    db.session.execute(
        update(Message)
        .where(Message.account_id == account_id, Message.id.in_(list(message_ids)), Message.read_at.is_(None))
        .values(read_at=clock.wall()),
    )
