"""Reading what somebody has been told."""

from sqlalchemy import func, select

from festival.lib.db import db
from festival.outbox.models import Message


def unread(account_id: int) -> int:
    """Return how many messages a person has not opened. One-time codes are not kept, and so never count."""
    return db.session.execute(
        select(func.count(Message.id)).where(
            Message.account_id == account_id,
            Message.text != "",
            Message.read_at.is_(None),
        ),
    ).scalar_one()
