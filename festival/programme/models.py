"""The programme: festival -> activity -> slot -> pool."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, case, false, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.lib.db import Big, Model, word


class ActivityStatus(StrEnum):
    """Life of an activity as its organizers decide it; ``finished`` follows from time and is not stored."""

    DRAFT = "draft"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class SlotStatus(StrEnum):
    """Life of one time of an activity."""

    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


class Mode(StrEnum):
    """How places are given. Each pool may differ (``Pool.access``)."""

    OPEN = "open"
    APPROVAL = "approval"
    BALLOT = "ballot"
    INVITATION = "invitation"
    TICKET = "ticket"  # service desk: a request, not a place; its sessions are open


class Access(StrEnum):
    """How the places of one pool are given."""

    OPEN = "open"
    APPROVAL = "approval"
    BALLOT = "ballot"
    INVITATION = "invitation"


class Promotion(StrEnum):
    """How a freed place goes to the waitlist: at once, or as an offer to be confirmed by a deadline."""

    AUTO = "auto"
    OFFER = "offer"


class Overlap(StrEnum):
    """What happens when a person already has a place at the same time."""

    WARN = "warn"
    BLOCK = "block"
    ALLOW = "allow"


class Sensitivity(StrEnum):
    """How careful an answer must be handled; sensitive needs its own consent (PIPL art. 29) and is stored encrypted."""

    BASIC = "basic"
    PERSONAL = "personal"
    SENSITIVE = "sensitive"


class Festival(Model):
    """One edition. 活动季"""

    __tablename__ = "festival"
    __table_args__ = (UniqueConstraint("slug", name="uq_festival_slug"), CheckConstraint("ends_on >= starts_on", name="period"))

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    edition: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    theme_zh: Mapped[str] = mapped_column(String(200))
    theme_en: Mapped[str] = mapped_column(String(200))
    host_zh: Mapped[str] = mapped_column(String(200))
    host_en: Mapped[str] = mapped_column(String(300))
    organiser_zh: Mapped[str] = mapped_column(String(200))
    organiser_en: Mapped[str] = mapped_column(String(300))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    #: Whole weeks by which the programme's own dates were moved; fixed at the first seed.
    shift_weeks: Mapped[int] = mapped_column(default=0)
    #: The database belongs to a demo: a start outside demo mode refuses it.
    is_demo: Mapped[bool] = mapped_column(default=False)
    #: Activities that one person may hold places in, or wait for, at the same time; None: no limit.
    activities_max: Mapped[int | None]
    #: Whoever of the staff reveals more people than that within an hour is named on the auditor's page.
    reveals_max: Mapped[int] = mapped_column(default=20, server_default="20")
    #: Being prepared: staff alone see it, and readers the edition before it.
    is_preparing: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Rises with every calendar-visible change of the programme; stored feeds older than it are built again.
    calendar_version: Mapped[int] = mapped_column(Big, default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    figures: Mapped[list["FestivalFigure"]] = relationship(order_by="FestivalFigure.position")


class FestivalFigure(Model):
    """A figure the festival is proud of, such as 52,904 people settled."""

    __tablename__ = "festival_figure"
    __table_args__ = (UniqueConstraint("festival_id", "key", name="uq_festival_figure_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    value: Mapped[int] = mapped_column(Big)
    unit: Mapped[str] = mapped_column(String(32))
    #: The whole sentence, number included.
    text_zh: Mapped[str] = mapped_column(String(200))
    text_en: Mapped[str] = mapped_column(String(300))


class Track(Model):
    """A thread through the programme, with its colour."""

    __tablename__ = "track"
    __table_args__ = (UniqueConstraint("festival_id", "key", name="uq_track_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(100))
    #: ``#RRGGBB``
    colour: Mapped[str] = mapped_column(String(7))


class Venue(Model):
    """A place. Coordinates are WGS-84. 场地"""

    __tablename__ = "venue"
    __table_args__ = (
        UniqueConstraint("festival_id", "key", name="uq_venue_key"),
        CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="point_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    address_zh: Mapped[str] = mapped_column(String(200), default="")
    address_en: Mapped[str] = mapped_column(String(200), default="")
    transit_zh: Mapped[str] = mapped_column(String(200), default="")
    transit_en: Mapped[str] = mapped_column(String(200), default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    #: ``surveyed``, ``converted`` (±200 m) or ``approx`` (±800 m).
    point_quality: Mapped[str] = mapped_column(String(16), default="approx")
    updated_at: Mapped[datetime]


class Activity(Model):
    """One thing to come to. 活动"""

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("festival_id", "slug", name="uq_activity_slug"),
        CheckConstraint("status IN ('draft', 'published', 'postponed', 'cancelled')", name="status_known"),
        CheckConstraint("mode IN ('open', 'approval', 'ballot', 'invitation', 'ticket')", name="mode_known"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at", name="closes_after_opening"),
        CheckConstraint("party_max >= 1", name="party_max_positive"),
        CheckConstraint("waitlist_limit IS NULL OR waitlist_limit >= 0", name="waitlist_limit_not_negative"),
        Index("ix_activity_festival_id", "festival_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    festival_id: Mapped[int] = mapped_column(ForeignKey("festival.id", ondelete="CASCADE"))
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id"))
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"))
    slug: Mapped[str] = mapped_column(String(64))
    #: A key of ``festival.kinds.ALL_KINDS``.
    kind: Mapped[str] = mapped_column(String(32))
    mode: Mapped[Mode] = mapped_column(word(Mode, 16))
    status: Mapped[ActivityStatus] = mapped_column(word(ActivityStatus, 16), default=ActivityStatus.DRAFT)
    #: Why it was postponed or cancelled, in words that everybody reads.
    plan_reason_zh: Mapped[str] = mapped_column(String(100), default="", server_default="")
    plan_reason_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    #: Order in the programme where times are equal.
    position: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(300))
    #: At most 10 Chinese characters: text messages.
    short_title_zh: Mapped[str] = mapped_column(String(20))
    short_title_en: Mapped[str] = mapped_column(String(60))
    summary_zh: Mapped[str] = mapped_column(String(300), default="")
    summary_en: Mapped[str] = mapped_column(String(500), default="")
    description_zh: Mapped[str] = mapped_column(Text, default="")
    description_en: Mapped[str] = mapped_column(Text, default="")
    #: 主办单位 of this activity, and its public telephone number.
    host_zh: Mapped[str] = mapped_column(String(200), default="")
    host_en: Mapped[str] = mapped_column(String(300), default="")
    host_phone: Mapped[str] = mapped_column(String(40), default="")
    #: 面向人群
    audience_zh: Mapped[str] = mapped_column(String(300), default="")
    audience_en: Mapped[str] = mapped_column(String(500), default="")
    #: 温馨提示, one per line.
    notices_zh: Mapped[str] = mapped_column(Text, default="")
    notices_en: Mapped[str] = mapped_column(Text, default="")
    #: The whole span, first start to last end (a service desk's is longer than its sessions).
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: Sign-up window: opens_at <= t < closes_at. None: not limited on that side.
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    #: Withdrawal is free until then; None: until the slot starts.
    cancel_until: Mapped[datetime | None]
    #: Where slots have their own: withdrawal is free until that many hours before the slot.
    cancel_hours_before: Mapped[int | None]
    #: Ballot: when the result is announced, and until when a drawn place must be confirmed.
    result_at: Mapped[datetime | None]
    confirm_until: Mapped[datetime | None]
    #: Staff check eligibility before a ballot.
    is_reviewed: Mapped[bool] = mapped_column(default=False)
    #: Persons one sign-up may take, the one who signs up included.
    party_max: Mapped[int] = mapped_column(default=1)
    #: Most persons waiting over all pools of a slot; None unlimited; 0 no waitlist.
    waitlist_limit: Mapped[int | None]
    promotion: Mapped[Promotion] = mapped_column(word(Promotion, 8), default=Promotion.AUTO)
    #: No automatic promotion later than this many minutes before the start.
    promotion_cutoff_minutes: Mapped[int] = mapped_column(default=120)
    #: From so many minutes after the start staff at the door may release the places of those who have not come.
    release_minutes: Mapped[int] = mapped_column(default=0, server_default="0")
    overlap: Mapped[Overlap] = mapped_column(word(Overlap, 8), default=Overlap.WARN)
    #: A party too large for what is free does not hold up smaller ones behind it.
    smaller_may_pass: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Persons by which the fullest of a slot's quotas may be ahead of the emptiest; None: quotas do not look at each other.
    balance_tolerance: Mapped[int | None]
    #: Timed entry: slots open that many days ahead of their day; None: with the activity.
    days_ahead: Mapped[int | None]
    #: At most so many sign-ups of one organisation (as the answer to ``org_name`` names it); None: no limit.
    per_organisation: Mapped[int | None]
    allows_walk_ins: Mapped[bool] = mapped_column(default=False)
    #: What readers see of the kind's own matters, as JSON validated by the kind's ``details_model``.
    details: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    #: Published, but shown to readers from then on only; None: at once.
    publish_at: Mapped[datetime | None]

    festival: Mapped[Festival] = relationship()
    track: Mapped[Track] = relationship()
    venue: Mapped[Venue] = relationship()
    #: Sessions and timed entries: what one signs up for.
    slots: Mapped[list["Slot"]] = relationship(
        primaryjoin="and_(Slot.activity_id == Activity.id, Slot.is_extra.is_(False))",
        order_by="Slot.starts_at, Slot.id",
        viewonly=True,
    )
    #: Parts of a session with places of their own, for those who have a place in the session.
    extras: Mapped[list["Slot"]] = relationship(
        primaryjoin="and_(Slot.activity_id == Activity.id, Slot.is_extra.is_(True))",
        order_by="Slot.starts_at, Slot.id",
        viewonly=True,
    )
    questions: Mapped[list["Question"]] = relationship(order_by="Question.position", viewonly=True)

    @property
    def all_slots(self) -> list["Slot"]:
        """Its slots and the parts with places of their own."""
        return [*self.slots, *self.extras]

    def is_public_at(self, now: datetime) -> bool:
        """Tell whether readers may know of it: published, its time has come, and its edition is not being prepared any more."""
        is_time = self.publish_at is None or self.publish_at <= now
        return self.status != ActivityStatus.DRAFT and is_time and not self.festival.is_preparing

    def has_ended_slots(self, now: datetime) -> bool:
        """Tell whether some of its times are over."""
        return any(slot.ends_at <= now for slot in self.slots)

    @property
    def has_invitations(self) -> bool:
        """Tell whether some of its places are given by invitation."""
        return any(pool.access == Access.INVITATION for slot in self.slots for pool in slot.open_pools)


class Slot(Model):
    """One time of an activity. A session has no parent; a child (timed entry) belongs to one. 场次"""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("uid", name="uq_slot_uid"),
        UniqueConstraint("activity_id", "key", name="uq_slot_key"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("status IN ('scheduled', 'postponed', 'cancelled')", name="status_known"),
        CheckConstraint("sequence >= 0", name="sequence_not_negative"),
        CheckConstraint("heads >= 0", name="heads_not_negative"),
        CheckConstraint("approved_ceiling IS NULL OR approved_ceiling >= 0", name="ceiling_not_negative"),
        Index("ix_slot_activity_id", "activity_id", "starts_at"),
        Index("ix_slot_parent_id", "parent_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: Names it among the activity's slots, for seeds and addresses: ``main``, ``2023-06-17``, ``2023-06-17-0900``.
    key: Mapped[str] = mapped_column(String(48))
    #: RFC 5545 UID: a random UUID made with the row, never derived, never changed.
    uid: Mapped[str] = mapped_column(String(36))
    #: A part of its session with places of its own (a break-out): booked beside a place in the session, and by nobody else.
    is_extra: Mapped[bool] = mapped_column(default=False, server_default=false())
    label_zh: Mapped[str] = mapped_column(String(100), default="")
    label_en: Mapped[str] = mapped_column(String(100), default="")
    #: None: the activity's venue.
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    #: When the doors open; None: with the start.
    doors_at: Mapped[datetime | None]
    #: The slot's own sign-up window inside the activity's; None: the activity's.
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    #: The backup date of a weather plan.
    backup_starts_at: Mapped[datetime | None]
    #: Until then it is said whether it goes ahead.
    decision_at: Mapped[datetime | None]
    status: Mapped[SlotStatus] = mapped_column(word(SlotStatus, 16), default=SlotStatus.SCHEDULED)
    #: Why it was postponed, cancelled or moved to its backup date, in words that everybody reads.
    plan_reason_zh: Mapped[str] = mapped_column(String(100), default="", server_default="")
    plan_reason_en: Mapped[str] = mapped_column(String(200), default="", server_default="")
    #: When its time or place was last changed for those who had signed up: each is asked to keep the place or release it.
    moved_at: Mapped[datetime | None]
    #: Before the last reschedule, for 改期.
    previous_starts_at: Mapped[datetime | None]
    previous_ends_at: Mapped[datetime | None]
    #: The programme's own dates before the demo moved them.
    original_starts_at: Mapped[datetime | None]
    original_ends_at: Mapped[datetime | None]
    #: 核准人数: hard limit over all pools of this session and its children, staff included. None: no permit needed.
    approved_ceiling: Mapped[int | None]
    #: Persons counted against the ceiling. Kept by database triggers only.
    heads: Mapped[int] = mapped_column(default=0)
    #: RFC 5545 SEQUENCE: rises with every saved change of anything a calendar shows.
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    #: When anything a calendar shows last changed: DTSTAMP and LAST-MODIFIED.
    updated_at: Mapped[datetime]

    activity: Mapped[Activity] = relationship(viewonly=True)
    venue: Mapped[Venue | None] = relationship()
    parent: Mapped["Slot | None"] = relationship(remote_side="Slot.id", viewonly=True)
    pools: Mapped[list["Pool"]] = relationship(order_by="Pool.position", viewonly=True)

    @property
    def session_id(self) -> int:
        """The session whose approved ceiling its places count against: an extra's are those of people counted there already."""
        return self.id if self.is_extra or self.parent_id is None else self.parent_id

    @property
    def open_pools(self) -> list["Pool"]:
        """Its pools without those that were merged into another."""
        return [pool for pool in self.pools if not pool.is_closed]


class Pool(Model):
    """The places of a slot for one audience: a bus, a zone, a quota, a block of seats. 名额池"""

    __tablename__ = "pool"
    __table_args__ = (
        UniqueConstraint("slot_id", "key", name="uq_pool_key"),
        CheckConstraint("capacity IS NULL OR capacity >= 0", name="capacity_not_negative"),
        CheckConstraint("taken >= 0", name="taken_not_negative"),
        CheckConstraint("access IN ('open', 'approval', 'ballot', 'invitation')", name="access_known"),
        CheckConstraint("(quota_question IS NULL) = (quota_answer IS NULL)", name="quota_whole"),
        CheckConstraint("waitlist_limit IS NULL OR waitlist_limit >= 0", name="waitlist_limit_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(48))
    #: A word such as ``bus``, ``zone``, ``seat_block``, ``quota`` or ``main``.
    unit: Mapped[str] = mapped_column(String(16), default="main")
    position: Mapped[int]
    label_zh: Mapped[str] = mapped_column(String(100), default="")
    label_en: Mapped[str] = mapped_column(String(100), default="")
    #: Persons; None unlimited.
    capacity: Mapped[int | None]
    access: Mapped[Access] = mapped_column(word(Access, 16), default=Access.OPEN)
    #: A quota: the pool of those who answer this question so (``gender`` = ``f``). The form then offers no pool.
    quota_question: Mapped[str | None] = mapped_column(String(32))
    quota_answer: Mapped[str | None] = mapped_column(String(32))
    #: Most persons waiting for this pool; None: the activity's limit alone.
    waitlist_limit: Mapped[int | None]
    #: Merged into another pool: it takes nobody any more and stays for the ledger's sake.
    is_closed: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: A reserve of the slot: nobody is signed up for it, it lends its places to the slot's other pools. 机动名额
    is_flex: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Places of ``capacity`` that are lent by the reserve, and go back to it when nobody needs them.
    borrowed: Mapped[int] = mapped_column(default=0, server_default="0")
    #: Persons in confirmed, attended, no_show and offered. Kept by database triggers only.
    taken: Mapped[int] = mapped_column(default=0)
    #: Persons in waitlisted. Kept by database triggers only; it informs readers and decides nothing.
    waiting: Mapped[int] = mapped_column(default=0)

    slot: Mapped[Slot] = relationship(viewonly=True)
    batches: Mapped[list["PoolBatch"]] = relationship(order_by="PoolBatch.at", viewonly=True)


def session_id_of() -> ColumnElement[int]:
    """Return ``Slot.session_id`` as a column of a question."""
    return case((Slot.is_extra.is_(True), Slot.id), else_=func.coalesce(Slot.parent_id, Slot.id))


class PoolBatch(Model):
    """Places that a pool gets at a later time. 分批放出"""

    __tablename__ = "pool_batch"
    __table_args__ = (
        UniqueConstraint("pool_id", "at", name="uq_pool_batch_at"),
        CheckConstraint("places >= 1", name="places_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pool_id: Mapped[int] = mapped_column(ForeignKey("pool.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    #: Persons.
    places: Mapped[int]
    #: When they were added to the pool's capacity; None: still to come.
    released_at: Mapped[datetime | None]


class Question(Model):
    """What an activity asks, why, and how long the answer is kept."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("activity_id", "key", name="uq_question_key"),
        CheckConstraint("sensitivity IN ('basic', 'personal', 'sensitive')", name="sensitivity_known"),
        CheckConstraint("retain_days >= 0", name="retain_days_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    #: text, textarea, number, year, boolean, select, multi, tags, mobile, email, id_number, uscc, file, pledge.
    type: Mapped[str] = mapped_column(String(16))
    is_required: Mapped[bool]
    sensitivity: Mapped[Sensitivity] = mapped_column(word(Sensitivity, 16))
    #: Asked and consented together with that sensitive question.
    consent_with: Mapped[str | None] = mapped_column(String(32))
    label_zh: Mapped[str] = mapped_column(String(100))
    label_en: Mapped[str] = mapped_column(String(200))
    purpose_zh: Mapped[str] = mapped_column(String(200), default="")
    purpose_en: Mapped[str] = mapped_column(String(300), default="")
    #: The words of a pledge.
    text_zh: Mapped[str] = mapped_column(Text, default="")
    text_en: Mapped[str] = mapped_column(Text, default="")
    #: Bounds of a number or year; ``maximum`` of a text is its length.
    minimum: Mapped[int | None]
    maximum: Mapped[int | None]
    #: Days after the activity's end before the answer is purged.
    retain_days: Mapped[int]
    #: When it was added to an activity that was published already; None: it was asked from the beginning.
    added_at: Mapped[datetime | None]
    #: When those who had signed up before were last asked to answer it; None: never.
    reminded_at: Mapped[datetime | None]

    options: Mapped[list["QuestionOption"]] = relationship(order_by="QuestionOption.position")


class QuestionOption(Model):
    """One answer to choose from."""

    __tablename__ = "question_option"
    __table_args__ = (UniqueConstraint("question_id", "key", name="uq_question_option_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    label_zh: Mapped[str] = mapped_column(String(100))
    label_en: Mapped[str] = mapped_column(String(200))


class ActivityVersion(Model):
    """A random number that is another one after each change of what an activity is made of (``programme.structure``).

    Kept by database triggers only (``migrations/version_triggers.py``). What many activities share has rows of its own: 0 is for
    festivals, -1 for venues, -2 for tracks.
    """

    __tablename__ = "activity_version"

    activity_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(Big)


class Provenance(Model):
    """Where a shown value comes from: stated in a source, inferred from one, or invented for the demonstration."""

    __tablename__ = "provenance"
    __table_args__ = (
        UniqueConstraint("subject", "subject_id", "field", name="uq_provenance_field"),
        CheckConstraint("level IN ('fact', 'inferred', 'demo')", name="level_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: ``festival``, ``activity``, ``venue``, …
    subject: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[int]
    #: A field of it; ``*`` stands for everything not named.
    field: Mapped[str] = mapped_column(String(64))
    level: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")


class Holiday(Model):
    """A day that differs from its weekday, by the State Council's yearly notice. 放假调休"""

    __tablename__ = "holiday"
    __table_args__ = (
        UniqueConstraint("day", name="uq_holiday_day"),
        CheckConstraint("level IN ('fact', 'inferred', 'demo')", name="level_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    #: True: a weekend day on which people work; False: a holiday.
    is_workday: Mapped[bool]
    #: The notice.
    source: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(16))
