"""Reading a forum's agenda, what people hold and saved of it, certificates and materials."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from festival.checkin.models import Scan
from festival.checkin.rules import Way
from festival.kinds.forum.models import (
    ForumCertificate,
    ForumMaterial,
    ForumNews,
    ForumRoom,
    ForumSaved,
    ForumSession,
    ForumSetting,
    ForumSpeaker,
    ForumVersion,
)
from festival.kinds.forum.rules import Passage, Planned
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.models import Message, MessageState
from festival.programme.models import Activity, Pool, Slot, SlotStatus
from festival.signups import queries as signups
from festival.signups.models import Answer, SignUp
from festival.signups.rules import CLAIMING, LIVE, PLACED, Places, State

KIND = "forum"

_WHOLE = selectinload(ForumVersion.sessions).options(
    joinedload(ForumSession.day), joinedload(ForumSession.room), selectinload(ForumSession.speakers)
)


def extra_key(session_key: str) -> str:
    """Return the key of the slot that holds a break-out's places."""
    return f"break-out-{session_key}"


# -- the agenda ------------------------------------------------------------------------------------------------------------------


def setting(activity_id: int) -> ForumSetting | None:
    """Return how a forum certifies hours; None: nothing was set yet."""
    return db.session.get(ForumSetting, activity_id, populate_existing=True)


def latest(activity_id: int) -> ForumVersion | None:
    """Return the agenda as it was last published; None: there is none."""
    return _version(ForumVersion.activity_id == activity_id, ForumVersion.published_at.is_not(None))


def draft(activity_id: int) -> ForumVersion | None:
    """Return what organizers are working on; None: nothing."""
    return _version(ForumVersion.activity_id == activity_id, ForumVersion.published_at.is_(None))


def has_draft(activity_id: int) -> bool:
    """Tell whether organizers are working on the agenda."""
    chosen = select(ForumVersion.id).where(ForumVersion.activity_id == activity_id, ForumVersion.published_at.is_(None))
    return db.session.scalar(chosen.limit(1)) is not None


def version(activity_id: int, n: int) -> ForumVersion | None:
    """Return one published version."""
    return _version(ForumVersion.activity_id == activity_id, ForumVersion.n == n, ForumVersion.published_at.is_not(None))


def _version(*conditions: object) -> ForumVersion | None:
    return db.session.scalar(
        select(ForumVersion)
        .where(*conditions)  # type: ignore[arg-type]  # columns compared
        .order_by(ForumVersion.n.desc())
        .limit(1)
        .options(_WHOLE)
        .execution_options(populate_existing=True),
    )


def published(activity_id: int) -> list[ForumVersion]:
    """Return every published version, the newest first."""
    return list(
        db.session.scalars(
            select(ForumVersion)
            .where(ForumVersion.activity_id == activity_id, ForumVersion.published_at.is_not(None))
            .order_by(ForumVersion.n.desc())
            .options(_WHOLE),
        ),
    )


def news(news_id: int) -> tuple[ForumNews, ForumVersion] | None:
    """Return what somebody is told, with the version that it is about."""
    found = db.session.get(ForumNews, news_id, populate_existing=True)
    if found is None:
        return None
    whole = _version(ForumVersion.id == found.version_id)
    return (found, whole) if whole is not None else None


def is_latest_news(news: ForumNews, version: ForumVersion) -> bool:
    """Tell whether no later version is news to the same person."""
    later = select(ForumNews.id).join(ForumVersion, ForumVersion.id == ForumNews.version_id)
    mine = (ForumNews.person_id == news.person_id, ForumVersion.activity_id == version.activity_id, ForumVersion.n > version.n)
    return db.session.scalar(later.where(*mine).limit(1)) is None


def untold(news: ForumNews, version: ForumVersion, kind: str) -> tuple[int, list[str]]:
    """Return since which version somebody has been told nothing, and of which items: of this one, and those just before it.

    :param kind: of the message that tells of news.
    """
    rows = db.session.execute(
        select(ForumVersion.n, ForumNews.keys, Message.state)
        .join(ForumVersion, ForumVersion.id == ForumNews.version_id)
        .outerjoin(
            Message,
            and_(Message.kind == kind, Message.subject == "forum_news", Message.subject_id == ForumNews.id),
        )
        .where(
            ForumNews.person_id == news.person_id,
            ForumVersion.activity_id == version.activity_id,
            ForumVersion.n < version.n,
        )
        .order_by(ForumVersion.n.desc()),
    )
    since, keys = version.n, set(news.keys.split(","))
    for n, theirs, state in rows:
        if state not in {MessageState.OWED, MessageState.DROPPED}:
            break
        since = n
        keys.update(theirs.split(","))
    return since, sorted(keys)


def planned(one: ForumSession) -> Planned:
    """Return an item as the rules take it."""
    return Planned(
        key=one.key,
        day_id=one.day_id,
        starts=one.starts_minute,
        ends=one.starts_minute + one.lasts_minutes,
        type=one.type,
        room_id=one.room_id,
        speaker_ids=tuple(speaker.id for speaker in one.speakers),
        title_zh=one.title_zh,
        title_en=one.title_en,
        summary_zh=one.summary_zh,
        summary_en=one.summary_en,
        seats=one.seats,
    )


def plan_of(one: ForumVersion | None) -> list[Planned]:
    """Return an agenda as the rules take it; empty where there is none."""
    return [] if one is None else [planned(session) for session in one.sessions]


def span_of(item: Planned, day: Slot) -> tuple[datetime, datetime]:
    """Return when an item begins and ends."""
    return day.starts_at + timedelta(minutes=item.starts), day.starts_at + timedelta(minutes=item.ends)


def days(activity_id: int) -> list[Slot]:
    """Return the days of a forum, by time."""
    return list(
        db.session.scalars(
            select(Slot)
            .where(Slot.activity_id == activity_id, Slot.parent_id.is_(None))
            .order_by(Slot.starts_at, Slot.id)
            .execution_options(populate_existing=True),
        ),
    )


def rooms(activity_id: int) -> list[ForumRoom]:
    """Return the rooms in their order."""
    return list(db.session.scalars(select(ForumRoom).where(ForumRoom.activity_id == activity_id).order_by(ForumRoom.position)))


def room(activity_id: int, room_id: int) -> ForumRoom:
    """Return one room of a forum.

    :raises NotFound: it has no such room.
    """
    found = db.session.scalar(select(ForumRoom).where(ForumRoom.activity_id == activity_id, ForumRoom.id == room_id))
    if found is None:
        raise NotFound
    return found


def speakers(activity_id: int) -> list[ForumSpeaker]:
    """Return the speakers in their order."""
    chosen = select(ForumSpeaker).where(ForumSpeaker.activity_id == activity_id)
    return list(db.session.scalars(chosen.order_by(ForumSpeaker.position, ForumSpeaker.id)))


def speaker(activity_id: int, speaker_id: int) -> ForumSpeaker:
    """Return one speaker of a forum.

    :raises NotFound: it has no such speaker.
    """
    found = db.session.scalar(
        select(ForumSpeaker).where(ForumSpeaker.activity_id == activity_id, ForumSpeaker.id == speaker_id),
    )
    if found is None:
        raise NotFound
    return found


def is_room_used(room_id: int) -> bool:
    """Tell whether some version of an agenda names a room."""
    return db.session.scalar(select(ForumSession.id).where(ForumSession.room_id == room_id).limit(1)) is not None


def is_speaker_used(speaker_id: int) -> bool:
    """Tell whether some version of an agenda names a speaker."""
    used = select(ForumSession.id).where(ForumSession.speakers.any(ForumSpeaker.id == speaker_id)).limit(1)
    return db.session.scalar(used) is not None


# -- break-outs ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BreakOut:
    """The places of a break-out."""

    slot: Slot
    pool: Pool
    places: Places


def break_outs(activity_id: int) -> dict[str, BreakOut]:
    """Return the break-outs of a forum by the key of their item; those that were called off as well. Two queries."""
    found = db.session.execute(
        select(Slot, Pool)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Slot.activity_id == activity_id, Slot.is_extra.is_(True))
        .order_by(Slot.id)
        .execution_options(populate_existing=True),
    ).all()
    places = signups.places_by_pool([row.Slot.id for row in found]) if found else {}
    head = len(extra_key(""))
    return {row.Slot.key[head:]: BreakOut(row.Slot, row.Pool, places[row.Pool.id]) for row in found}


def held_by(activity_id: int, person_id: int) -> dict[int, SignUp]:
    """Return what somebody holds of a forum's break-outs, or waits for, by slot."""
    found = db.session.scalars(
        select(SignUp)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(
            SignUp.activity_id == activity_id,
            SignUp.person_id == person_id,
            SignUp.state.in_(CLAIMING),
            Slot.is_extra.is_(True),
            Slot.status != SlotStatus.CANCELLED,
        )
        .options(joinedload(SignUp.slot))
        .execution_options(populate_existing=True),
    )
    return {one.slot_id: one for one in found}


def forum_sign_up(activity_id: int, person_id: int) -> SignUp | None:
    """Return somebody's sign-up for the forum itself, the one with a place first; None: they have none that lives."""
    is_placed = case((SignUp.state.in_(PLACED), 0), else_=1)
    return db.session.scalar(
        select(SignUp)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(
            SignUp.activity_id == activity_id,
            SignUp.person_id == person_id,
            SignUp.state.in_(CLAIMING),
            Slot.is_extra.is_(False),
        )
        .order_by(is_placed, SignUp.id.desc())
        .limit(1),
    )


def titles_of_break_outs(sign_up_ids: Sequence[int], language: str) -> dict[int, str]:
    """Return by sign-up for the forum what its person holds of break-outs, the words joined; who holds none is left out."""
    theirs = aliased(SignUp)
    label = Slot.label_en if language == "en" else Slot.label_zh
    rows = db.session.execute(
        select(SignUp.id, label.label("label"), theirs.state)
        .join(theirs, (theirs.person_id == SignUp.person_id) & (theirs.activity_id == SignUp.activity_id))
        .join(Slot, (Slot.id == theirs.slot_id) & (Slot.parent_id == SignUp.slot_id) & Slot.is_extra.is_(True))
        .where(SignUp.id.in_(sign_up_ids), theirs.state.in_((State.CONFIRMED, State.ATTENDED)))
        .order_by(SignUp.id, Slot.starts_at, Slot.id),
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row.label)
    return {sign_up_id: " / ".join(labels) for sign_up_id, labels in found.items()}


# -- saved -----------------------------------------------------------------------------------------------------------------------


def saved_by(activity_id: int, person_id: int) -> frozenset[str]:
    """Return the keys of the items that somebody saved."""
    chosen = select(ForumSaved.session_key).where(ForumSaved.activity_id == activity_id, ForumSaved.person_id == person_id)
    return frozenset(db.session.scalars(chosen))


def saved_in(festival_id: int, person_id: int) -> dict[Activity, frozenset[str]]:
    """Return the keys of what somebody saved, by forum of an edition (with track and venue)."""
    rows = db.session.execute(
        select(Activity, ForumSaved.session_key)
        .join(ForumSaved, ForumSaved.activity_id == Activity.id)
        .where(Activity.festival_id == festival_id, ForumSaved.person_id == person_id)
        .order_by(Activity.id)
        .options(joinedload(Activity.festival), joinedload(Activity.track), joinedload(Activity.venue))
        .execution_options(populate_existing=True),
    )
    found: dict[Activity, set[str]] = {}
    for row in rows:
        found.setdefault(row.Activity, set()).add(row.session_key)
    return {activity: frozenset(keys) for activity, keys in found.items()}


def saved(activity_id: int, person_id: int, session_key: str) -> ForumSaved | None:
    """Return one saved item of somebody's."""
    return db.session.scalar(
        select(ForumSaved).where(
            ForumSaved.activity_id == activity_id,
            ForumSaved.person_id == person_id,
            ForumSaved.session_key == session_key,
        ),
    )


def savers(activity_id: int, keys: Collection[str]) -> list[tuple[int, str]]:
    """Return who saved some items: person and key."""
    rows = db.session.execute(
        select(ForumSaved.person_id, ForumSaved.session_key)
        .where(ForumSaved.activity_id == activity_id, ForumSaved.session_key.in_(keys))
        .order_by(ForumSaved.person_id, ForumSaved.session_key),
    )
    return [(row.person_id, row.session_key) for row in rows]


def bookers(slot_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Return who holds a place in some break-outs, or waits for one: person and slot."""
    rows = db.session.execute(
        select(SignUp.person_id, SignUp.slot_id)
        .where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state.in_(LIVE))
        .order_by(SignUp.person_id, SignUp.slot_id),
    )
    return [(row.person_id, row.slot_id) for row in rows]


# -- who stayed ------------------------------------------------------------------------------------------------------------------


def passages(sign_up_ids: Sequence[int]) -> dict[int, list[Passage]]:
    """Return by sign-up how its person went in and out, in the order in which it happened; what was taken back did not."""
    undone = aliased(Scan)
    taken_back = select(func.coalesce(func.sum(undone.inside_by), 0)).where(undone.undoes_id == Scan.id).scalar_subquery()
    rows = db.session.execute(
        select(Scan.sign_up_id, Scan.happened_at, (Scan.inside_by + taken_back).label("inside_by"))
        .where(Scan.sign_up_id.in_(sign_up_ids), Scan.way != Way.UNDO)
        .order_by(Scan.sign_up_id, Scan.happened_at, Scan.id),
    )
    found: dict[int, list[Passage]] = {}
    for row in rows:
        if row.inside_by:
            made = found.setdefault(row.sign_up_id, [])
            made.append(Passage(row.happened_at, (made[-1].inside if made else 0) + row.inside_by))
    return found


def attended(activity_id: int) -> list[SignUp]:
    """Return those who came to the forum, by name."""
    return list(
        db.session.scalars(
            select(SignUp)
            .join(Slot, Slot.id == SignUp.slot_id)
            .where(SignUp.activity_id == activity_id, SignUp.state == State.ATTENDED, Slot.is_extra.is_(False))
            .order_by(SignUp.search_text, SignUp.id)
            .options(joinedload(SignUp.slot)),
        ),
    )


def asked_for_hours(activity_id: int) -> frozenset[int]:
    """Return the sign-ups whose people said that they need a certificate."""
    chosen = (
        select(Answer.sign_up_id)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .where(SignUp.activity_id == activity_id, Answer.question_key == "credit", Answer.plain == "1")
    )
    return frozenset(db.session.scalars(chosen))


def certificates(activity_id: int) -> dict[int, ForumCertificate]:
    """Return the certificates of a forum by sign-up."""
    found = db.session.scalars(select(ForumCertificate).where(ForumCertificate.activity_id == activity_id))
    return {one.sign_up_id: one for one in found}


def certificate_of(sign_up_id: int) -> ForumCertificate | None:
    """Return the certificate of a sign-up, revoked or not; None: none was issued."""
    return db.session.scalar(
        select(ForumCertificate).where(ForumCertificate.sign_up_id == sign_up_id).execution_options(populate_existing=True),
    )


def certificate(activity_id: int, certificate_id: int) -> ForumCertificate:
    """Return one certificate of a forum.

    :raises NotFound: it has none such.
    """
    found = db.session.scalar(
        select(ForumCertificate).where(ForumCertificate.activity_id == activity_id, ForumCertificate.id == certificate_id),
    )
    if found is None:
        raise NotFound
    return found


def certificate_numbered(number: str) -> tuple[ForumCertificate, Activity] | None:
    """Return the certificate with a number, and what it is for."""
    row = db.session.execute(
        select(ForumCertificate, Activity)
        .join(Activity, Activity.id == ForumCertificate.activity_id)
        .where(ForumCertificate.number == number),
    ).one_or_none()
    return (row.ForumCertificate, row.Activity) if row is not None else None


# -- meals -----------------------------------------------------------------------------------------------------------------------


def placed_for_meals(activity_id: int) -> list[SignUp]:
    """Return those who have a place in the forum."""
    return list(
        db.session.scalars(
            select(SignUp)
            .join(Slot, Slot.id == SignUp.slot_id)
            .where(SignUp.activity_id == activity_id, SignUp.state.in_(PLACED), Slot.is_extra.is_(False))
            .order_by(SignUp.id),
        ),
    )


def answers_to(sign_up_ids: Sequence[int], question_key: str) -> list[Answer]:
    """Return what some sign-ups answered to one question."""
    return list(
        db.session.scalars(select(Answer).where(Answer.sign_up_id.in_(sign_up_ids), Answer.question_key == question_key)),
    )


# -- materials -------------------------------------------------------------------------------------------------------------------


def materials(activity_id: int) -> list[ForumMaterial]:
    """Return the materials of a forum, those that open first first; their bytes are not read."""
    chosen = select(ForumMaterial).where(ForumMaterial.activity_id == activity_id)
    return list(db.session.scalars(chosen.order_by(ForumMaterial.opens_at, ForumMaterial.id)))


def material(activity_id: int, material_id: int) -> ForumMaterial:
    """Return one material of a forum.

    :raises NotFound: it has none such.
    """
    found = db.session.scalar(
        select(ForumMaterial).where(ForumMaterial.activity_id == activity_id, ForumMaterial.id == material_id),
    )
    if found is None:
        raise NotFound
    return found
