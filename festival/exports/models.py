"""Long lists that are made beside the request."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model, word


class Stage(StrEnum):
    """How far a list is."""

    WORKING = "working"
    READY = "ready"
    FAILED = "failed"


class PreparedList(Model):
    """A list on its way, or ready to be taken: kept for a quarter of an hour. 名单"""

    __tablename__ = "prepared_list"
    __table_args__ = (
        CheckConstraint("stage IN ('working', 'ready', 'failed')", name="stage_known"),
        UniqueConstraint("code", name="uq_prepared_list_code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: By which it is asked for.
    code: Mapped[str] = mapped_column(String(32))
    #: Who asked for it: nobody else is given it.
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    what: Mapped[str] = mapped_column(String(64))
    stage: Mapped[Stage] = mapped_column(word(Stage, 8), default=Stage.WORKING)
    #: Rows that it will have, about, and rows that have gone by.
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    #: The request that is made once more, sealed, for it bears the reader's session; None once it has been answered.
    request: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    #: The file, sealed, and its headers as JSON; None until it is ready.
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    headers: Mapped[str] = mapped_column(Text, default="[]")
    #: When it last said something.
    at: Mapped[datetime]
