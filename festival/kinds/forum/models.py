"""A forum's agenda in versions, its rooms and speakers, what people saved, certificates of hours, and materials."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from festival.kinds.forum.rules import Audience, SessionType
from festival.lib.db import Model, word
from festival.programme.models import Slot
from festival.signups.models import SignUp

_DRAFT = text("published_at IS NULL")


class ForumSetting(Model):
    """How one forum certifies hours."""

    __tablename__ = "forum_setting"
    __table_args__ = (
        CheckConstraint("credit_hours IS NULL OR credit_hours BETWEEN 1 AND 100", name="credit_hours_sane"),
        CheckConstraint("least_percent BETWEEN 1 AND 100", name="least_percent_sane"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    #: Hours of continuing education; None: none are certified.
    credit_hours: Mapped[int | None]
    #: Of the forum's time that one must have been inside.
    least_percent: Mapped[int] = mapped_column(default=80, server_default="80")


class ForumRoom(Model):
    """A room of the house. 房间"""

    __tablename__ = "forum_room"
    __table_args__ = (UniqueConstraint("activity_id", "name_zh", name="uq_forum_room_name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(100))


class ForumSpeaker(Model):
    """Somebody who speaks, with a page of their own. 演讲嘉宾"""

    __tablename__ = "forum_speaker"
    __table_args__ = (Index("ix_forum_speaker_activity_id", "activity_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    position: Mapped[int]
    name_zh: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(100))
    #: What they are and where: 某设计院总工程师.
    role_zh: Mapped[str] = mapped_column(String(120), default="")
    role_en: Mapped[str] = mapped_column(String(200), default="")
    about_zh: Mapped[str] = mapped_column(Text, default="")
    about_en: Mapped[str] = mapped_column(Text, default="")


class ForumVersion(Model):
    """One state of the agenda: the draft that organizers work on, or what was published. Published ones are never changed."""

    __tablename__ = "forum_version"
    __table_args__ = (
        UniqueConstraint("activity_id", "n", name="uq_forum_version_n"),
        CheckConstraint("n >= 1", name="n_positive"),
        Index("uq_forum_version_one_draft", "activity_id", unique=True, sqlite_where=_DRAFT, postgresql_where=_DRAFT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    n: Mapped[int]
    #: Raised by each change of a draft: a page filled from an older one is told so.
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    #: Why it was changed, in words that everybody reads.
    note_zh: Mapped[str] = mapped_column(String(200), default="")
    note_en: Mapped[str] = mapped_column(String(300), default="")

    sessions: Mapped[list["ForumSession"]] = relationship(
        order_by="ForumSession.day_id, ForumSession.starts_minute, ForumSession.key", viewonly=True
    )


class ForumSession(Model):
    """One item of one version of an agenda."""

    __tablename__ = "forum_session"
    __table_args__ = (
        UniqueConstraint("version_id", "key", name="uq_forum_session_key"),
        CheckConstraint("starts_minute >= 0 AND lasts_minutes >= 1", name="ends_after_start"),
        CheckConstraint("type IN ('opening', 'keynote', 'panel', 'parallel', 'matching', 'break', 'closing')", name="type_known"),
        CheckConstraint("(type = 'parallel') = (seats IS NOT NULL)", name="break_outs_have_seats"),
        CheckConstraint("seats IS NULL OR seats >= 1", name="seats_positive"),
        Index("ix_forum_session_room_id", "room_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("forum_version.id", ondelete="CASCADE"))
    #: The same item has the same key in every version.
    key: Mapped[str] = mapped_column(String(16))
    #: The session of the activity that it is part of.
    day_id: Mapped[int] = mapped_column(ForeignKey("slot.id", ondelete="CASCADE"))
    #: Minutes from the start of its day.
    starts_minute: Mapped[int]
    lasts_minutes: Mapped[int]
    type: Mapped[SessionType] = mapped_column(word(SessionType, 16))
    room_id: Mapped[int] = mapped_column(ForeignKey("forum_room.id", ondelete="CASCADE"))
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(100))
    summary_zh: Mapped[str] = mapped_column(Text, default="")
    summary_en: Mapped[str] = mapped_column(Text, default="")
    #: A break-out's own places, in persons.
    seats: Mapped[int | None]

    day: Mapped[Slot] = relationship(viewonly=True)
    room: Mapped[ForumRoom] = relationship(viewonly=True)
    speakers: Mapped[list[ForumSpeaker]] = relationship(
        secondary="forum_session_speaker", order_by="ForumSessionSpeaker.position", viewonly=True
    )


class ForumSessionSpeaker(Model):
    """Who speaks when."""

    __tablename__ = "forum_session_speaker"
    __table_args__ = (Index("ix_forum_session_speaker_speaker_id", "speaker_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("forum_session.id", ondelete="CASCADE"), primary_key=True)
    speaker_id: Mapped[int] = mapped_column(ForeignKey("forum_speaker.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]


class ForumSaved(Model):
    """An item that somebody keeps for themselves without booking anything. Nobody else reads it. 收藏"""

    __tablename__ = "forum_saved"
    __table_args__ = (
        UniqueConstraint("person_id", "activity_id", "session_key", name="uq_forum_saved_once"),
        Index("ix_forum_saved_activity_id", "activity_id", "session_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    session_key: Mapped[str] = mapped_column(String(16))
    saved_at: Mapped[datetime]


class ForumNews(Model):
    """Somebody is told what a new version changes for them: the cause of one message."""

    __tablename__ = "forum_news"
    __table_args__ = (UniqueConstraint("version_id", "person_id", name="uq_forum_news_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("forum_version.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: The items that concern them, joined by commas.
    keys: Mapped[str] = mapped_column(Text)


class ForumCertificate(Model):
    """Hours of continuing education, certified to one who stayed. What anybody can verify of it holds no full name. 学时证明"""

    __tablename__ = "forum_certificate"
    __table_args__ = (
        UniqueConstraint("sign_up_id", name="uq_forum_certificate_sign_up"),
        UniqueConstraint("number", name="uq_forum_certificate_number"),
        CheckConstraint("hours BETWEEN 1 AND 100", name="hours_sane"),
        CheckConstraint("(revoked_at IS NULL) = (reason = '')", name="revoked_with_a_reason"),
        Index("ix_forum_certificate_activity_id", "activity_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    sign_up_id: Mapped[int] = mapped_column(ForeignKey("sign_up.id", ondelete="CASCADE"))
    #: What is printed and typed to verify it; 59 random bits in it.
    number: Mapped[str] = mapped_column(String(24))
    #: 李*: what the page that verifies shows, also after the name itself was purged.
    masked_name: Mapped[str] = mapped_column(String(100))
    hours: Mapped[int]
    #: How long the door saw them inside.
    minutes: Mapped[int]
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    #: Why it was revoked, in words that its owner reads.
    reason: Mapped[str] = mapped_column(String(200), default="")

    sign_up: Mapped[SignUp] = relationship(viewonly=True)


class ForumMaterial(Model):
    """A file that readers may open from a set time on. 会议资料"""

    __tablename__ = "forum_material"
    __table_args__ = (
        CheckConstraint("audience IN ('everybody', 'attendees')", name="audience_known"),
        CheckConstraint("size >= 1", name="size_positive"),
        Index("ix_forum_material_activity_id", "activity_id", "opens_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    #: The item it belongs to; empty: the forum as a whole.
    session_key: Mapped[str] = mapped_column(String(16), default="")
    title_zh: Mapped[str] = mapped_column(String(100))
    title_en: Mapped[str] = mapped_column(String(150))
    audience: Mapped[Audience] = mapped_column(word(Audience, 16))
    opens_at: Mapped[datetime]
    file_name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    #: Bytes.
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
