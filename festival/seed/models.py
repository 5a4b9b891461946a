"""What was seeded last, so that a later seed never overwrites an organizer's change."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from festival.lib.db import Model


class SeededValue(Model):
    """The value a field was last seeded with. The seed changes a field only while it still holds this value."""

    __tablename__ = "seeded_value"
    __table_args__ = (UniqueConstraint("subject", "subject_id", "field", name="uq_seeded_value_field"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: A table's name and the row's id in it.
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    field: Mapped[str] = mapped_column(String(64))
    #: The value as canonical text (JSON).
    value: Mapped[str] = mapped_column(Text)
