"""Working on an agenda and publishing it, saving and booking of it, certificates and materials. Inside ``transaction()``."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from festival.audit.service import record
from festival.calendars import service as calendars
from festival.kinds.forum import queries, rules
from festival.kinds.forum.models import (
    ForumCertificate,
    ForumMaterial,
    ForumNews,
    ForumRoom,
    ForumSaved,
    ForumSession,
    ForumSessionSpeaker,
    ForumSetting,
    ForumSpeaker,
    ForumVersion,
)
from festival.kinds.forum.rules import Audience, Change, Clash, ForumReason, ForumRefused, Planned, SessionType, Stay
from festival.lib import clock, tokens
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.names import masked
from festival.lib.uploads import Upload
from festival.outbox.service import owe_each
from festival.plans import service as plans
from festival.plans.rules import Step, StepRefused
from festival.programme import moving
from festival.programme import service as programme
from festival.programme.kinds import kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Access, Activity, Pool, Slot, SlotStatus
from festival.programme.service import SlotEdit, Span, Why
from festival.signups import queries as signups
from festival.signups import service as engine
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused, State
from festival.signups.service import SignUpRequest

#: More than any house has, so that nobody fills the database by a script.
MOST_ROOMS, MOST_SPEAKERS, MOST_SESSIONS, MOST_MATERIALS = 40, 300, 300, 100


# -- the draft -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionEdit:
    """An item as an organizer wants it. Minutes from the start of its day; ``seats`` None: no places of its own."""

    day_id: int
    starts: int
    ends: int
    type: SessionType
    room_id: int
    speaker_ids: tuple[int, ...]
    title_zh: str
    title_en: str
    summary_zh: str = ""
    summary_en: str = ""
    seats: int | None = None


def _draft(activity_id: int) -> ForumVersion:
    """Lock the activity and return the draft; where there is none, it begins as the agenda stands."""
    lock_activity(activity_id)
    found = queries.draft(activity_id)
    if found is not None:
        found.revision += 1
        return found
    last = queries.latest(activity_id)
    made = ForumVersion(activity_id=activity_id, n=(last.n if last else 0) + 1)
    db.session.add(made)
    db.session.flush()
    for item in queries.plan_of(last):
        _write(made.id, item)
    return made


def _write(version_id: int, item: Planned) -> None:
    """Write one item of a version."""
    row = ForumSession(
        version_id=version_id,
        key=item.key,
        day_id=item.day_id,
        starts_minute=item.starts,
        lasts_minutes=item.ends - item.starts,
        type=item.type,
        room_id=item.room_id,
        title_zh=item.title_zh,
        title_en=item.title_en,
        summary_zh=item.summary_zh,
        summary_en=item.summary_en,
        seats=item.seats,
    )
    db.session.add(row)
    db.session.flush()
    for position, speaker_id in enumerate(item.speaker_ids, start=1):
        db.session.add(ForumSessionSpeaker(session_id=row.id, speaker_id=speaker_id, position=position))
    db.session.flush()


def _remove_item(version: ForumVersion, key: str) -> None:
    found = next((one for one in version.sessions if one.key == key), None)
    if found is None:
        raise NotFound
    db.session.execute(delete(ForumSessionSpeaker).where(ForumSessionSpeaker.session_id == found.id))
    db.session.execute(delete(ForumSession).where(ForumSession.id == found.id))


def put_session(activity_id: int, key: str | None, asked: SessionEdit, *, actor_id: int) -> str:
    """Put an item into the draft, a new one or instead of what stands there; return its key.

    :param key: of the item that is changed; None: a new one.
    :raises NotFound: the draft has no such item, or the forum no such day, room or speaker.
    :raises ForumRefused: the agenda is longer than any.
    """
    draft = _draft(activity_id)
    draft_id = draft.id
    if asked.day_id not in {day.id for day in queries.days(activity_id)}:
        raise NotFound
    queries.room(activity_id, asked.room_id)
    for speaker_id in asked.speaker_ids:
        queries.speaker(activity_id, speaker_id)
    if key is not None:
        db.session.expire(draft, ["sessions"])
        _remove_item(draft, key)
    elif len(queries.plan_of(queries.draft(activity_id))) >= MOST_SESSIONS:
        raise ForumRefused(ForumReason.TOO_MANY)
    key = key or tokens.new_typed_code()[:10]
    _write(
        draft_id,
        Planned(
            key=key,
            day_id=asked.day_id,
            starts=asked.starts,
            ends=asked.ends,
            type=asked.type,
            room_id=asked.room_id,
            speaker_ids=asked.speaker_ids,
            title_zh=asked.title_zh,
            title_en=asked.title_en,
            summary_zh=asked.summary_zh,
            summary_en=asked.summary_en,
            seats=asked.seats,
        ),
    )
    record("forum.draft", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"item {key}")
    return key


def remove_session(activity_id: int, key: str, *, actor_id: int) -> None:
    """Take an item out of the draft; what is published stands until the draft is.

    :raises NotFound: there is no such item.
    """
    draft = _draft(activity_id)
    db.session.expire(draft, ["sessions"])
    _remove_item(draft, key)
    record("forum.draft", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"item {key} removed")


def discard(activity_id: int, *, actor_id: int) -> bool:
    """Throw the draft away; tells whether there was one."""
    lock_activity(activity_id)
    found = queries.draft(activity_id)
    if found is None:
        return False
    for one in list(found.sessions):
        _remove_item(found, one.key)
    db.session.execute(delete(ForumVersion).where(ForumVersion.id == found.id))
    record("forum.discard", "activity", activity_id, actor_id=actor_id, activity_id=activity_id)
    return True


def put_room(activity_id: int, room_id: int | None, name_zh: str, name_en: str, *, actor_id: int) -> int:
    """Add a room, or give one another name; return its id.

    :raises NotFound: there is no such room.
    :raises ForumRefused: another room has that name, or there are too many.
    """
    activity = lock_activity(activity_id)
    known = queries.rooms(activity_id)
    if any(one.name_zh == name_zh and one.id != room_id for one in known):
        raise ForumRefused(ForumReason.SAME_NAME)
    if room_id is None:
        if len(known) >= MOST_ROOMS:
            raise ForumRefused(ForumReason.TOO_MANY)
        made = ForumRoom(activity_id=activity_id, position=len(known) + 1, name_zh=name_zh, name_en=name_en)
        db.session.add(made)
        db.session.flush()
        found = made
    else:
        found = queries.room(activity_id, room_id)
        if (found.name_zh, found.name_en) != (name_zh, name_en):
            found.name_zh, found.name_en = name_zh, name_en
            _renamed(activity, room_id)
    record("forum.room", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"room {found.id}")
    return found.id


def _renamed(activity: Activity, room_id: int) -> None:
    """Move the calendars of those forward who booked or saved something in a room."""
    there = {item.key for item in queries.plan_of(queries.latest(activity.id)) if item.room_id == room_id}
    for key, one in queries.break_outs(activity.id).items():
        if key in there:
            programme.touch_slot(one.slot)
    if there:
        programme.touch_feeds(activity)


def remove_room(activity_id: int, room_id: int, *, actor_id: int) -> None:
    """Remove a room that no agenda names.

    :raises ForumRefused: one does.
    """
    lock_activity(activity_id)
    found = queries.room(activity_id, room_id)
    if queries.is_room_used(room_id):
        raise ForumRefused(ForumReason.IN_USE)
    db.session.delete(found)
    record("forum.room", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"room {room_id} removed")


@dataclass(frozen=True, slots=True)
class SpeakerEdit:
    """A speaker as an organizer wants them."""

    name_zh: str
    name_en: str
    role_zh: str = ""
    role_en: str = ""
    about_zh: str = ""
    about_en: str = ""


def put_speaker(activity_id: int, speaker_id: int | None, asked: SpeakerEdit, *, actor_id: int) -> int:
    """Add a speaker, or change what is said of one; return their id.

    :raises NotFound: there is no such speaker.
    :raises ForumRefused: there are too many.
    """
    lock_activity(activity_id)
    if speaker_id is None:
        known = queries.speakers(activity_id)
        if len(known) >= MOST_SPEAKERS:
            raise ForumRefused(ForumReason.TOO_MANY)
        found = ForumSpeaker(activity_id=activity_id, position=len(known) + 1, name_zh="", name_en="")
        db.session.add(found)
    else:
        found = queries.speaker(activity_id, speaker_id)
    for name in SpeakerEdit.__slots__:
        setattr(found, name, getattr(asked, name))
    db.session.flush()
    record("forum.speaker", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"speaker {found.id}")
    return found.id


def remove_speaker(activity_id: int, speaker_id: int, *, actor_id: int) -> None:
    """Remove a speaker whom no agenda names.

    :raises ForumRefused: one does.
    """
    lock_activity(activity_id)
    found = queries.speaker(activity_id, speaker_id)
    if queries.is_speaker_used(speaker_id):
        raise ForumRefused(ForumReason.IN_USE)
    db.session.delete(found)
    changes = f"speaker {speaker_id} removed"
    record("forum.speaker", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=changes)


# -- publishing ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing the draft would mean, as things stand."""

    draft: ForumVersion | None
    changes: list[Change]
    clashes: list[Clash]
    #: People who would be told.
    told: int


@dataclass(frozen=True, slots=True)
class Published:
    """What was published."""

    n: int
    told: int


def preview(activity_id: int, now: datetime) -> Preview:
    """Return what publishing the draft would mean; nothing is written."""
    draft, before = queries.draft(activity_id), queries.latest(activity_id)
    if draft is None:
        return Preview(None, [], [], 0)
    plan = queries.plan_of(draft)
    found = rules.changes(queries.plan_of(before), plan)
    told = len(_concerned(activity_id, found, now).everybody) if before is not None else 0
    return Preview(draft, found, rules.clashes(plan, _lengths(activity_id)), told)


def _lengths(activity_id: int) -> dict[int, int]:
    return {day.id: int((day.ends_at - day.starts_at).total_seconds() // 60) for day in queries.days(activity_id)}


def publish(activity_id: int, *, seen: int, note_zh: str = "", note_en: str = "", actor_id: int) -> Published:
    """Publish the draft: readers see it, break-outs get their places and times, and only those concerned are told.

    :param seen: the draft's revision that the preview showed.
    :raises ForumRefused: it has clashes, nothing changed, or somebody else changed it meanwhile.
    """
    locked = engine.lock(activity_id)
    activity, now = locked.activity, locked.now
    waitlist.lapse(activity, now)
    draft, before = queries.draft(activity_id), queries.latest(activity_id)
    if draft is None:
        raise ForumRefused(ForumReason.NOTHING_CHANGED)
    if draft.revision != seen:
        raise ForumRefused(ForumReason.CHANGED_MEANWHILE)
    plan, was = queries.plan_of(draft), queries.plan_of(before)
    if rules.clashes(plan, _lengths(activity_id)):
        raise ForumRefused(ForumReason.CLASHES)
    found = rules.changes(was, plan)
    if not found:
        raise ForumRefused(ForumReason.NOTHING_CHANGED)
    concerned = _concerned(activity_id, found, now) if before is not None else _Concerned({}, frozenset())
    n, version_id = draft.n, draft.id
    draft.published_at, draft.published_by_id = now, actor_id
    draft.note_zh, draft.note_en = note_zh, note_en
    db.session.flush()
    _give_places(activity, plan, found, now, actor_id)
    _call_off(activity, plan, Why(note_zh[:100], note_en[:200]), now, actor_id)
    programme.touch_feeds(activity)  # whoever saved an item has it in their calendar
    _tell(activity_id, version_id, concerned.by_news)
    record("forum.publish", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"version {n}")
    return Published(n, len(concerned.everybody))


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Whom a new version is news to."""

    #: Who is told of the version, and of which items.
    by_news: dict[int, list[str]]
    #: Who is told by their sign-up, because it is called off.
    by_sign_up: frozenset[int]

    @property
    def everybody(self) -> frozenset[int]:
        """Every one of them, once."""
        return frozenset(self.by_news) | self.by_sign_up


def _concerned(activity_id: int, found: Sequence[Change], now: datetime) -> _Concerned:
    """Return who booked or saved an item that was moved or is gone, and which; what is over is news to nobody.

    Who booked one that is gone hears it from the sign-up itself, which was called off.
    """
    days = {day.id: day for day in queries.days(activity_id)}
    gone = {change.key for change in found if change.after is None}
    last: dict[str, datetime] = {}
    for change in found:
        ends = [queries.span_of(item, days[item.day_id])[1] for item in (change.before, change.after) if item is not None]
        last[change.key] = max([*ends, *([last[change.key]] if change.key in last else [])])
    keys = {key for key in rules.displaced(found) if last[key] > now}
    slots = {one.slot.id: key for key, one in queries.break_outs(activity_id).items() if key in keys}
    concerned: dict[int, set[str]] = {}
    told_otherwise: set[tuple[int, str]] = set()
    for person_id, slot_id in queries.bookers(slots):
        if slots[slot_id] in gone:
            told_otherwise.add((person_id, slots[slot_id]))
        else:
            concerned.setdefault(person_id, set()).add(slots[slot_id])
    for person_id, key in queries.savers(activity_id, keys):
        if (person_id, key) not in told_otherwise:
            concerned.setdefault(person_id, set()).add(key)
    by_news = {person_id: sorted(theirs) for person_id, theirs in sorted(concerned.items())}
    return _Concerned(by_news, frozenset(person_id for person_id, _key in told_otherwise))


def _tell(activity_id: int, version_id: int, concerned: dict[int, list[str]]) -> None:
    made = [ForumNews(version_id=version_id, person_id=person_id, keys=",".join(keys)) for person_id, keys in concerned.items()]
    db.session.add_all(made)
    db.session.flush()
    owe_each("forum_agenda_changed", "forum_news", {one.id: one.person_id for one in made}, activity_id=activity_id)


def _give_places(activity: Activity, plan: Sequence[Planned], found: Sequence[Change], now: datetime, actor_id: int) -> None:
    """Give each break-out its slot and pool, or bring them up to the plan; whoever waits is served where places were added."""
    displaced = rules.displaced(found)
    for item in plan:
        if item.seats is None:
            continue
        day = db.session.get_one(Slot, item.day_id)
        starts_at, ends_at = queries.span_of(item, day)
        known = queries.break_outs(activity.id).get(item.key)
        if known is None:
            _make_places(activity, item, Span(starts_at, ends_at))
            continue
        slot = known.slot
        slot.parent_id = item.day_id
        if slot.status == SlotStatus.CANCELLED:  # it was called off as another type of item
            programme.set_slot_status(activity, [slot], SlotStatus.SCHEDULED, Why(), action="resume", actor_id=actor_id)
        wanted = SlotEdit(Span(starts_at, ends_at), slot.venue_id, item.title_zh, item.title_en)
        moved = programme.edit_slot(slot.id, wanted, seen=None, actor_id=actor_id).moved
        if item.key in displaced:
            slot.moved_at = now  # whoever booked may leave, however late it is
            if not moved:
                programme.touch_slot(slot)
        if known.pool.capacity != item.seats:
            engine.set_capacity(known.pool.id, item.seats, "keep", actor_id=actor_id)


def _make_places(activity: Activity, item: Planned, span: Span) -> None:
    at = clock.wall().replace(microsecond=0)
    slot = Slot(
        activity_id=activity.id,
        parent_id=item.day_id,
        is_extra=True,
        key=queries.extra_key(item.key),
        uid=str(uuid.uuid4()),
        label_zh=item.title_zh,
        label_en=item.title_en,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        created_at=at,
        updated_at=at,
    )
    db.session.add(slot)
    db.session.flush()
    db.session.add(Pool(slot_id=slot.id, key="main", position=1, capacity=item.seats, access=Access.OPEN))
    db.session.flush()


def _call_off(activity: Activity, plan: Sequence[Planned], why: Why, now: datetime, actor_id: int) -> None:
    """Call off the break-outs that are in the plan no more; whoever booked one is told so."""
    kept = {item.key for item in plan if item.seats is not None}
    for key, one in queries.break_outs(activity.id).items():
        if key in kept or one.slot.status == SlotStatus.CANCELLED or one.slot.ends_at <= now:
            continue
        try:
            plans.take_step(activity.id, one.slot.id, Step.CANCEL, why, actor_id=actor_id)
        except StepRefused:  # of a draft, or of a forum that is off itself: nobody has booked, or everybody was told
            programme.set_slot_status(activity, [one.slot], SlotStatus.CANCELLED, why, action="cancel", actor_id=actor_id)


def load(activity: Activity, plan: Sequence[Planned], credit_hours: int | None, now: datetime) -> None:
    """Give a forum its first agenda, as the programme's files have it."""
    if queries.setting(activity.id) is None:
        db.session.add(ForumSetting(activity_id=activity.id, credit_hours=credit_hours))
    made = ForumVersion(activity_id=activity.id, n=1, published_at=now)
    db.session.add(made)
    db.session.flush()
    for item in plan:
        _write(made.id, item)
        if item.seats is not None:
            day = db.session.get_one(Slot, item.day_id)
            _make_places(activity, item, Span(*queries.span_of(item, day)))


def copy_agenda(source: Activity, made: Activity) -> None:
    """Give a copy of a forum its rooms, speakers, rules of hours, and the agenda as a draft: what readers of the copied one see.

    It is published by somebody who has looked at it, who speaks above all; only then do break-outs get their places. Versions,
    certificates, what people saved and files of materials stay behind.
    """
    if (setting := queries.setting(source.id)) is not None:
        db.session.add(ForumSetting(activity_id=made.id, credit_hours=setting.credit_hours, least_percent=setting.least_percent))
    rooms = {
        one.id: ForumRoom(activity_id=made.id, position=one.position, name_zh=one.name_zh, name_en=one.name_en)
        for one in queries.rooms(source.id)
    }
    speakers = {
        one.id: ForumSpeaker(
            activity_id=made.id, position=one.position, **{name: getattr(one, name) for name in SpeakerEdit.__slots__}
        )
        for one in queries.speakers(source.id)
    }
    db.session.add_all([*rooms.values(), *speakers.values()])
    plan = queries.plan_of(queries.latest(source.id) or queries.draft(source.id))
    if not plan:
        return
    draft = ForumVersion(activity_id=made.id, n=1)
    db.session.add(draft)
    db.session.flush()
    days = {one.key: one.id for one in queries.days(made.id)}
    same_day = {one.id: days[one.key] for one in queries.days(source.id)}
    for item in plan:
        _write(
            draft.id,
            replace(
                item,
                day_id=same_day[item.day_id],
                room_id=rooms[item.room_id].id,
                speaker_ids=tuple(speakers[one].id for one in item.speaker_ids),
            ),
        )


def papers_moved(activity: Activity, day: Slot, step: timedelta) -> None:
    """Let materials that open during a day that has moved, or after the only one, open as much later or earlier."""
    days, starts_at = queries.days(activity.id), day.starts_at - step
    belongs = moving.belonging(starts_at, day.previous_ends_at or day.ends_at - step, day.id, days)
    for paper in queries.materials(activity.id):
        if belongs(paper.opens_at) or (moving.is_sole(day.id, days) and paper.opens_at >= starts_at):
            paper.opens_at += step


# -- saving and booking ----------------------------------------------------------------------------------------------------------


def save(activity_id: int, person_id: int, key: str) -> None:
    """Keep an item for somebody, without booking anything. Saved twice, it is saved once.

    :raises NotFound: the agenda has no such item.
    """
    now = engine.lock(activity_id, person_id).now
    item_of(activity_id, key)
    if queries.saved(activity_id, person_id, key) is None:
        db.session.execute(
            insert(ForumSaved).values(activity_id=activity_id, person_id=person_id, session_key=key, saved_at=now),
        )
        calendars.kept_otherwise(person_id)


def unsave(activity_id: int, person_id: int, key: str) -> None:
    """Keep an item no more."""
    engine.lock(activity_id, person_id)
    if (found := queries.saved(activity_id, person_id, key)) is not None:
        db.session.delete(found)
        calendars.kept_otherwise(person_id)


def item_of(activity_id: int, key: str) -> Planned:
    """Return an item of the published agenda.

    :raises NotFound: it has none such.
    """
    found = next((item for item in queries.plan_of(queries.latest(activity_id)) if item.key == key), None)
    if found is None:
        raise NotFound
    return found


def book(activity_id: int, person_id: int, key: str, *, instead: bool = False) -> SignUp:
    """Book a place in a break-out for somebody with a place in the forum: confirmed, or on its list.

    :param instead: give back what is booked at the same time, if this one has a place.
    :raises NotFound: there is no such break-out.
    :raises SignUpRefused: no place in the forum, full, over, …; ``OVERLAP``: another one is booked at the same time.
    """
    locked = engine.lock(activity_id, person_id)
    waitlist.lapse(locked.activity, locked.now)
    item_of(activity_id, key)
    one = queries.break_outs(activity_id).get(key)
    if one is None:
        raise NotFound
    mine = signups.place_in(one.slot.parent_id or 0, person_id)
    if mine is None:
        raise SignUpRefused(Reason.NEEDS_PLACE)
    others = [
        held
        for held in queries.held_by(activity_id, person_id).values()
        if held.slot_id != one.slot.id
        and held.state in {State.CONFIRMED, State.WAITLISTED, State.OFFERED, State.ATTENDED}
        and held.slot.starts_at < one.slot.ends_at
        and one.slot.starts_at < held.slot.ends_at
    ]
    if others and not instead:
        raise SignUpRefused(Reason.OVERLAP)
    made = engine.sign_up(
        activity_id,
        person_id,
        SignUpRequest(slot_id=one.slot.id, pool_id=one.pool.id, name=mine.name),
        kind=kind_of(locked.activity),
    )
    if others and made.state != State.CONFIRMED:
        raise SignUpRefused(Reason.FULL)  # what is held is not given up for a place on a list
    for held in others:
        engine.withdraw(held.id)
    return made


def leave(activity_id: int, person_id: int, key: str) -> None:
    """Give a place in a break-out back, or leave its list.

    :raises NotFound: nothing is held there.
    :raises SignUpRefused: it has begun.
    """
    one = queries.break_outs(activity_id).get(key)
    held = queries.held_by(activity_id, person_id).get(one.slot.id) if one else None
    if held is None:
        raise NotFound
    engine.withdraw(held.id)


# -- certificates ----------------------------------------------------------------------------------------------------------------


def set_hours(activity_id: int, credit_hours: int | None, least_percent: int, *, actor_id: int) -> None:
    """Set how a forum certifies hours. ``credit_hours`` None: not at all."""
    lock_activity(activity_id)
    found = queries.setting(activity_id) or ForumSetting(activity_id=activity_id)
    found.credit_hours, found.least_percent = credit_hours, least_percent
    db.session.add(found)
    changes = f"credit_hours={credit_hours} least_percent={least_percent}"
    record("forum.hours", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=changes)


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to a certificate."""

    sign_up: SignUp
    stay: Stay
    #: Why none can be issued now; None: it can, or it was.
    reason: ForumReason | None
    certificate: ForumCertificate | None


def standings(activity_id: int, sign_ups: Sequence[SignUp], now: datetime) -> list[Standing]:
    """Return how some sign-ups (slots loaded) stand to a certificate, in three queries."""
    setting, given = queries.setting(activity_id), queries.certificates(activity_id)
    passages = queries.passages([one.id for one in sign_ups])
    found = []
    for one in sign_ups:
        stayed = rules.stay(passages.get(one.id, []), one.slot.starts_at, one.slot.ends_at)
        certificate = given.get(one.id)
        reason = None if certificate is not None else _no_hours(setting, one.slot, stayed, now)
        found.append(Standing(one, stayed, reason, certificate))
    return found


def _no_hours(setting: ForumSetting | None, slot: Slot, stayed: Stay, now: datetime) -> ForumReason | None:
    if setting is None or setting.credit_hours is None:
        return ForumReason.NO_HOURS
    if now < slot.ends_at:
        return ForumReason.NOT_OVER
    whole = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    return rules.hours_refusal(stayed, whole, setting.least_percent)


def issue(sign_up_id: int, *, actor_id: int | None = None) -> ForumCertificate:
    """Certify the hours of one who stayed, by the scans of the door. Asked for twice, it is the same certificate.

    :param actor_id: who acts; None: the person.
    :raises ForumRefused: not over yet, not seen, not scanned out, or too short; or it was revoked.
    """
    sign_up, locked = engine.fresh(sign_up_id)
    slot = db.session.get_one(Slot, sign_up.slot_id)
    if slot.is_extra or locked.activity.kind != queries.KIND:
        raise NotFound
    [standing] = standings(sign_up.activity_id, [sign_up], locked.now)
    if standing.certificate is not None:
        if standing.certificate.revoked_at is not None:
            raise ForumRefused(ForumReason.REVOKED)
        return standing.certificate
    if sign_up.state != State.ATTENDED:
        raise ForumRefused(ForumReason.NOT_SEEN)
    if standing.reason is not None:
        raise ForumRefused(standing.reason)
    setting = queries.setting(sign_up.activity_id)
    assert setting is not None  # refused otherwise
    assert setting.credit_hours is not None
    made = ForumCertificate(
        activity_id=sign_up.activity_id,
        sign_up_id=sign_up.id,
        number=_new_number(slot.starts_at),
        masked_name=masked(sign_up.name),
        hours=setting.credit_hours,
        minutes=standing.stay.minutes,
        issued_at=locked.now,
    )
    db.session.add(made)
    db.session.flush()
    owe_each("forum_certificate", "sign_up", {sign_up.id: sign_up.person_id}, activity_id=sign_up.activity_id)
    if actor_id is not None:
        record("forum.certify", "sign_up", sign_up.id, actor_id=actor_id, activity_id=sign_up.activity_id)
    return made


def _new_number(at: datetime) -> str:
    """Return a number that nobody guesses: HX23-ABCD-EFGH-JKMN."""
    code = tokens.new_typed_code().upper()
    return f"HX{clock.local(at):%y}-{code[:4]}-{code[4:8]}-{code[8:]}"


def issue_all(activity_id: int, *, actor_id: int) -> int:
    """Certify the hours of everybody who asked for it with the sign-up, and stayed; return how many were issued."""
    now = engine.lock(activity_id).now
    asked = queries.asked_for_hours(activity_id)
    ready = [one for one in standings(activity_id, queries.attended(activity_id), now) if one.sign_up.id in asked]
    due = [one for one in ready if one.certificate is None and one.reason is None]
    for one in due:
        issue(one.sign_up.id, actor_id=actor_id)
    return len(due)


def revoke(activity_id: int, certificate_id: int, reason: str, *, actor_id: int) -> None:
    """Revoke a certificate; the page that verifies it says so from now on."""
    now = engine.lock(activity_id).now
    found = queries.certificate(activity_id, certificate_id)
    if found.revoked_at is None:
        found.revoked_at, found.reason = now, reason
        record("forum.revoke", "sign_up", found.sign_up_id, actor_id=actor_id, activity_id=activity_id, reason=reason)


# -- materials -------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NewMaterial:
    """A file as an organizer wants it shown."""

    title_zh: str
    title_en: str
    session_key: str
    audience: Audience
    opens_at: datetime
    file: Upload


def add_material(activity_id: int, asked: NewMaterial, *, actor_id: int) -> int:
    """Keep a file for readers from its time on; return its id.

    :raises NotFound: the agenda has no such item.
    :raises ForumRefused: there are too many.
    """
    lock_activity(activity_id)
    if asked.session_key:
        item_of(activity_id, asked.session_key)
    if len(queries.materials(activity_id)) >= MOST_MATERIALS:
        raise ForumRefused(ForumReason.TOO_MANY)
    made = ForumMaterial(
        activity_id=activity_id,
        session_key=asked.session_key,
        title_zh=asked.title_zh,
        title_en=asked.title_en,
        audience=asked.audience,
        opens_at=asked.opens_at,
        file_name=asked.file.name,
        content_type=asked.file.content_type,
        size=len(asked.file.content),
        content=asked.file.content,
        uploaded_at=clock.wall(),
        uploaded_by_id=actor_id,
    )
    db.session.add(made)
    db.session.flush()
    changes = f"material {made.id}"
    record("forum.material", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=changes)
    return made.id


def remove_material(activity_id: int, material_id: int, *, actor_id: int) -> None:
    """Take a file away."""
    lock_activity(activity_id)
    db.session.delete(queries.material(activity_id, material_id))
    changes = f"material {material_id} removed"
    record("forum.material", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=changes)


def may_open(material: ForumMaterial, person_id: int | None, now: datetime) -> bool:
    """Tell whether a reader may open a file now."""
    if now < material.opens_at:
        return False
    if material.audience == Audience.EVERYBODY:
        return True
    if person_id is None:
        return False
    mine = queries.forum_sign_up(material.activity_id, person_id)
    return mine is not None and mine.state in {State.CONFIRMED, State.ATTENDED, State.NO_SHOW}
