"""Reading messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from festival.lib.db import db
from festival.outbox.models import DemoMail, Message, MessageState
from festival.signups.models import SignUp

#: Messages on one page of the inbox.
PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the inbox; ``code`` is the sign-up it is about, None when it is about none."""

    message: Message
    code: str | None


def inbox(account_id: int, page: int) -> list[Entry]:
    """Return a page (1 is first) of what a person was told, newest first. One-time codes are not kept."""
    rows = db.session.execute(
        select(Message, SignUp.code)
        .outerjoin(SignUp, (Message.subject == "sign_up") & (SignUp.id == Message.subject_id))
        .where(Message.account_id == account_id, Message.state == MessageState.SENT, Message.text != "")
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE),
    )
    return [Entry(message, code) for message, code in rows]


def inbox_size(account_id: int) -> int:
    """Return how many messages a person's inbox holds."""
    return _count(account_id)


def unread(account_id: int) -> int:
    """Return how many messages a person has not opened."""
    return _count(account_id, Message.read_at.is_(None))


def _count(account_id: int, *conditions: object) -> int:
    return db.session.execute(
        select(func.count(Message.id)).where(
            Message.account_id == account_id,
            Message.state == MessageState.SENT,
            Message.text != "",
            *conditions,  # type: ignore[arg-type]  # conditions
        ),
    ).scalar_one()


def demo_mail(to: str | None, limit: int = 200) -> Sequence[DemoMail]:
    """Return what the demo would have sent, newest first; to one address in its normal form, or to all."""
    chosen = select(DemoMail).order_by(DemoMail.id.desc()).limit(limit)
    return db.session.scalars(chosen if to is None else chosen.where(DemoMail.to == to)).all()
