"""What a show keeps beside its activity: the ground with zones, gates and landmarks, the weather plan, and what was decided."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.accounts.models import Account
from festival.checkin.models import Gate
from festival.kinds.show.rules import Cause, Decision
from festival.lib.db import Model, word
from festival.programme.models import Pool, Slot


class Role(StrEnum):
    """What an area of the ground is."""

    ZONE = "zone"
    WATER = "water"
    BUILDING = "building"
    #: Where the drones fly: nobody goes there.
    STAGE = "stage"


class Area(Model):
    """An area of the ground: a viewing zone with its safety number, or a landmark. 观看区"""

    __tablename__ = "show_area"
    __table_args__ = (
        UniqueConstraint("activity_id", "key", name="uq_show_area_key"),
        UniqueConstraint("pool_id", name="uq_show_area_pool_id"),
        CheckConstraint("role IN ('zone', 'water', 'building', 'stage')", name="role_known"),
        CheckConstraint("(role = 'zone') = (pool_id IS NOT NULL)", name="zone_has_a_pool"),
        CheckConstraint("(role = 'zone') = (safety_limit IS NOT NULL)", name="zone_has_a_safety_limit"),
        CheckConstraint("staff >= 0 AND (safety_limit IS NULL OR staff < safety_limit)", name="staff_within_safety_limit"),
        CheckConstraint("wheelchair_places >= 0", name="wheelchair_places_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: Names it within the activity.
    key: Mapped[str] = mapped_column(String(32))
    role: Mapped[Role] = mapped_column(word(Role, 16))
    position: Mapped[int]
    #: What stands on the plan: a letter for a zone, a name for a landmark.
    mark_zh: Mapped[str] = mapped_column(String(40))
    mark_en: Mapped[str] = mapped_column(String(60))
    #: The pool whose people watch from here; None: a landmark.
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    #: The most persons who are safe here, staff included; None: a landmark.
    safety_limit: Mapped[int | None]
    #: Persons of staff who stand here all evening.
    staff: Mapped[int] = mapped_column(default=0)
    #: Places for wheelchairs, each with room for an escort.
    wheelchair_places: Mapped[int] = mapped_column(default=0)
    #: It is reached without a step.
    is_step_free: Mapped[bool] = mapped_column(default=False)

    pool: Mapped[Pool | None] = relationship(viewonly=True)
    corners: Mapped[list["Corner"]] = relationship(order_by="Corner.position", viewonly=True)
    entrances: Mapped[list["Entrance"]] = relationship(order_by="Entrance.id", viewonly=True)


class Corner(Model):
    """One corner of an area, in the plan's own measure."""

    __tablename__ = "show_corner"
    __table_args__ = (
        UniqueConstraint("area_id", "position", name="uq_show_corner_position"),
        CheckConstraint("x >= 0 AND x <= 1000 AND y >= 0 AND y <= 640", name="on_the_plan"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("show_area.id", ondelete="CASCADE"))
    position: Mapped[int]
    x: Mapped[int]
    y: Mapped[int]


class Entrance(Model):
    """A gate of the door as an entrance of a zone, with its place on the plan. 入口"""

    __tablename__ = "show_entrance"
    __table_args__ = (
        UniqueConstraint("gate_id", name="uq_show_entrance_gate_id"),
        CheckConstraint("x >= 0 AND x <= 1000 AND y >= 0 AND y <= 640", name="on_the_plan"),
        Index("ix_show_entrance_area_id", "area_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[int] = mapped_column(ForeignKey("show_area.id", ondelete="CASCADE"))
    gate_id: Mapped[int] = mapped_column(ForeignKey("gate.id", ondelete="CASCADE"))
    label_zh: Mapped[str] = mapped_column(String(40))
    label_en: Mapped[str] = mapped_column(String(60))
    x: Mapped[int]
    y: Mapped[int]
    is_step_free: Mapped[bool] = mapped_column(default=False)

    gate: Mapped[Gate] = relationship(viewonly=True)


class ShowPlan(Model):
    """What readers are told of weather, transit and the sky, one point a line; dates stand on the slot. 天气预案"""

    __tablename__ = "show_plan"
    __table_args__ = (CheckConstraint("no_fly_metres IS NULL OR no_fly_metres > 0", name="no_fly_metres_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), unique=True)
    #: The limits at which a show waits, moves or ends.
    weather_zh: Mapped[str] = mapped_column(Text, default="")
    weather_en: Mapped[str] = mapped_column(Text, default="")
    transit_zh: Mapped[str] = mapped_column(Text, default="")
    transit_en: Mapped[str] = mapped_column(Text, default="")
    no_fly_zh: Mapped[str] = mapped_column(Text, default="")
    no_fly_en: Mapped[str] = mapped_column(Text, default="")
    #: Nobody flies anything of their own within so many metres; None: no such zone.
    no_fly_metres: Mapped[int | None]


class ShowDecision(Model):
    """What was decided about an evening, why, and who was told. Never changed and never deleted: triggers see to that. 决定"""

    __tablename__ = "show_decision"
    __table_args__ = (
        CheckConstraint("what IN ('go', 'hold', 'postpone', 'cancel')", name="what_known"),
        CheckConstraint(
            "cause IS NULL OR cause IN ('wind', 'rain', 'lightning', 'airspace', 'technical', 'crowd', 'other')",
            name="cause_known",
        ),
        CheckConstraint("(what = 'go') = (cause IS NULL)", name="all_but_go_have_a_cause"),
        CheckConstraint("what = 'go' OR (reason_zh <> '' AND reason_en <> '')", name="all_but_go_have_a_reason"),
        CheckConstraint("(what = 'hold') = (until IS NOT NULL)", name="hold_names_the_next_word"),
        CheckConstraint("told >= 0", name="told_not_negative"),
        Index("ix_show_decision_slot_id", "slot_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: The start that it is about: a backup date is another evening.
    about_at: Mapped[datetime]
    what: Mapped[Decision] = mapped_column(word(Decision, 16))
    cause: Mapped[Cause | None] = mapped_column(word(Cause, 16))
    reason_zh: Mapped[str] = mapped_column(String(100), default="")
    reason_en: Mapped[str] = mapped_column(String(200), default="")
    #: When the next word comes.
    until: Mapped[datetime | None]
    #: The new start; None: it was not moved to one.
    moved_to: Mapped[datetime | None]
    #: Sign-ups whose people were told.
    told: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    slot: Mapped[Slot] = relationship(viewonly=True)
    actor: Mapped[Account] = relationship(viewonly=True)
