"""What organizers write beside a roster: tags, notes, saved views, chosen columns."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model, word


class Colour(StrEnum):
    """The colour of a tag. It only repeats the word."""

    GREY = "grey"
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    PURPLE = "purple"


class Tag(Model):
    """A word that organizers of one activity put on sign-ups, such as 嘉宾 or 已电话确认. 标签"""

    __tablename__ = "tag"
    __table_args__ = (
        UniqueConstraint("activity_id", "label", name="uq_tag_label"),
        CheckConstraint("colour IN ('grey', 'red', 'amber', 'green', 'teal', 'blue', 'purple')", name="colour_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(20))
    colour: Mapped[Colour] = mapped_column(word(Colour, 8), default=Colour.GREY)
    created_at: Mapped[datetime]


class SignUpTag(Model):
    """A sign-up carries a tag."""

    __tablename__ = "sign_up_tag"
    __table_args__ = (Index("ix_sign_up_tag_tag_id", "tag_id"),)

    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]


class Note(Model):
    """What staff wrote beside a sign-up, for each other. Append-only; part of what the person may ask for. 内部备注"""

    __tablename__ = "sign_up_note"
    __table_args__ = (Index("ix_sign_up_note_sign_up_id", "sign_up_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(500))


class SavedView(Model):
    """A view of a roster under a name, of one member of staff; shared ones are every colleague's to read."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("activity_id", "owner_id", "name", name="uq_saved_view_name"),
        Index("ix_saved_view_owner_id", "owner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    #: The parameters of its address. Never words that were searched: they may be a person's name.
    query: Mapped[str] = mapped_column(Text)
    is_shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class ChosenColumns(Model):
    """Which columns a member of staff has chosen for an activity's roster."""

    __tablename__ = "chosen_columns"
    __table_args__ = (Index("ix_chosen_columns_account_id", "account_id"),)

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    #: Keys of columns joined by ``,``, in the order in which they stand.
    columns: Mapped[str] = mapped_column(Text)
