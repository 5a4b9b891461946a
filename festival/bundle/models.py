"""What a form for several activities was answered with, kept so that the same form gets the same answer."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.lib.db import Model, word
from festival.programme.models import Activity
from festival.signups.models import SignUp
from festival.signups.rules import Reason


class Bundle(Model):
    """One form for several activities, as it was answered. 一次报多项"""

    __tablename__ = "bundle"
    __table_args__ = (
        UniqueConstraint("code", name="uq_bundle_code"),
        UniqueConstraint("browser", "key", name="uq_bundle_key"),
        Index("ix_bundle_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: 128 random bits: the address of the answer, its owner's only.
    code: Mapped[str] = mapped_column(String(26))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: The browser session the form was rendered for, and the form's own key (SHA-256 of both).
    browser: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]

    verdicts: Mapped[list["BundleVerdict"]] = relationship(order_by="BundleVerdict.position", viewonly=True)


class BundleVerdict(Model):
    """What became of one activity of a bundle: a sign-up, or the reason why there is none."""

    __tablename__ = "bundle_verdict"
    __table_args__ = (
        UniqueConstraint("bundle_id", "activity_id", name="uq_bundle_verdict_activity"),
        CheckConstraint("(sign_up_id IS NULL) = (reason IS NOT NULL)", name="one_answer"),
        Index("ix_bundle_verdict_sign_up_id", "sign_up_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    bundle_id: Mapped[int] = mapped_column(ForeignKey("bundle.id", ondelete="CASCADE"))
    #: The order in which they were asked for, and decided.
    position: Mapped[int]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    sign_up_id: Mapped[int | None] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: The person held it already.
    was_already: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[Reason | None] = mapped_column(word(Reason, 24))

    activity: Mapped[Activity] = relationship(viewonly=True)
    sign_up: Mapped[SignUp | None] = relationship(viewonly=True)
