"""A forum's first agenda as the programme's files have it, and a little life for the demonstration."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from festival.accounts.models import Account, AccountKind
from festival.kinds.forum import queries, service
from festival.kinds.forum.details import AgendaItem, ForumDetails
from festival.kinds.forum.models import ForumRoom, ForumSession, ForumSpeaker
from festival.kinds.forum.rules import Audience, Planned, SessionType
from festival.lib import clock
from festival.lib.db import db
from festival.lib.documents import Words
from festival.lib.uploads import PDF, Upload
from festival.programme.kinds import Details
from festival.programme.models import Activity, Slot
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.seats import queries as halls
from festival.seats import service as seats
from festival.seed.diary import Diary
from festival.seed.sowing import Sower, both
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused, State


def sow(_sower: Sower, activity: Activity, details: Details) -> None:
    """Load the agenda of the files, once: from then on it is the organizers'."""
    if not isinstance(details, ForumDetails) or queries.latest(activity.id) or queries.draft(activity.id):
        return
    days = queries.days(activity.id)
    if not days:
        return
    rooms = _rooms(activity.id, [item.room for item in details.agenda])
    speakers = _speakers(activity.id, details)
    plan = [_planned(item, days, rooms, speakers) for item in details.agenda]
    now = clock.now()
    service.load(activity, plan, details.credit_hours, min(now, activity.opens_at or now))


def _rooms(activity_id: int, named: Iterable[Words]) -> dict[str, int]:
    found: dict[str, ForumRoom] = {}
    for name in named:
        if name.zh not in found:
            room = ForumRoom(activity_id=activity_id, position=len(found) + 1, name_zh=name.zh, name_en=name.en)
            found[name.zh] = room
            db.session.add(room)
    db.session.flush()
    return {name: room.id for name, room in found.items()}


def _speakers(activity_id: int, details: ForumDetails) -> dict[str, int]:
    found = {
        one.key: ForumSpeaker(activity_id=activity_id, position=position, **both("name", one.name), **both("role", one.role))
        for position, one in enumerate(details.speakers, start=1)
    }
    db.session.add_all(found.values())
    db.session.flush()
    return {key: speaker.id for key, speaker in found.items()}


def _planned(item: AgendaItem, days: list[Slot], rooms: dict[str, int], speakers: dict[str, int]) -> Planned:
    day = next((one for one in days if clock.local_day(one.starts_at) == clock.local_day(item.starts_at)), days[0])
    return Planned(
        key=item.key,
        day_id=day.id,
        starts=_minutes(item.starts_at, day),
        ends=_minutes(item.ends_at, day),
        type=SessionType(item.type),
        room_id=rooms[item.room.zh],
        speaker_ids=tuple(speakers[key] for key in item.speakers),
        title_zh=item.title.zh,
        title_en=item.title.en,
        seats=item.seats,
    )


def _minutes(at: datetime, day: Slot) -> int:
    return int((at - day.starts_at).total_seconds() // 60)


# -- the demonstration ----------------------------------------------------------------------------------------------------------

#: Of those with a place, so many look at the agenda.
_READERS = 28
MOST = 1000
#: After the end, when everybody has left.
_CERTIFIED_AFTER = timedelta(minutes=25)


def demo(activity: Activity, diary: Diary) -> None:
    """Let guests book break-outs and save items, and the organizers prepare; those who stayed until the end get their hours."""
    if diary.is_first:
        _before(activity, diary.until)
    if diary.spans(activity.starts_at - timedelta(days=1), activity.ends_at + _CERTIFIED_AFTER):
        diary.leave.add(activity.id)  # hours are certified to those who were scanned out again
        diary.at(activity.starts_at - timedelta(days=1), partial(_book, activity.id))
        diary.at(activity.ends_at + _CERTIFIED_AFTER, partial(_certify, activity.id))


def _book(activity_id: int) -> None:
    """Let those who got their seat last book as well."""
    agenda = queries.latest(activity_id)
    if agenda is not None:
        _book_and_save(db.session.get_one(Activity, activity_id), list(agenda.sessions), most=MOST)


def _certify(activity_id: int) -> None:
    staff_id = _staff_id()
    if staff_id is not None:
        service.issue_all(activity_id, actor_id=staff_id)


def _staff_id() -> int | None:
    return db.session.scalar(select(Account.id).where(Account.kind == AccountKind.STAFF, Account.staff_name == "organizer-forum"))


def _before(activity: Activity, until: datetime) -> None:
    """Let some book and save, move a talk, and lay out the first papers."""
    agenda = queries.latest(activity.id)
    staff_id = _staff_id()
    if agenda is None or staff_id is None:
        return
    with clock.frozen_at(until - timedelta(hours=30)):
        _review(activity, staff_id)
        for hall in halls.maps_of(activity.id):
            seats.arrange(hall.id, actor_id=staff_id)
    with clock.frozen_at(until - timedelta(hours=20)):
        _book_and_save(activity, list(agenda.sessions))
    with clock.frozen_at(until - timedelta(hours=6)):
        _move_a_talk(activity, staff_id)
        service.add_material(
            activity.id,
            service.NewMaterial("参会指南（演示）", "Guide for attendees (demo)", "", Audience.EVERYBODY, until, _paper("Guide")),
            actor_id=staff_id,
        )
        service.add_material(
            activity.id,
            service.NewMaterial(
                "主旨报告合集（演示）",
                "Keynotes (demo)",
                "",
                Audience.ATTENDEES,
                activity.ends_at + timedelta(hours=1),
                _paper("Keynotes"),
            ),
            actor_id=staff_id,
        )


def _review(activity: Activity, staff_id: int) -> None:
    """Approve the first half of those who asked for a seat; the rest still waits for the organizers."""
    pending = list(
        db.session.scalars(
            select(SignUp.id).where(SignUp.activity_id == activity.id, SignUp.state == State.PENDING).order_by(SignUp.id),
        ),
    )
    reviews.decide(activity.id, pending[: len(pending) // 2], Decision.APPROVE, "", actor_id=staff_id)


def _book_and_save(activity: Activity, items: list[ForumSession], *, most: int = _READERS) -> None:
    placed = list(
        db.session.scalars(
            select(SignUp)
            .join(Slot, Slot.id == SignUp.slot_id)
            .where(SignUp.activity_id == activity.id, SignUp.state == State.CONFIRMED, Slot.is_extra.is_(False))
            .order_by(SignUp.id)
            .limit(most),
        ),
    )
    items = [one for one in items if one.type != SessionType.BREAK]
    parallel = [one.key for one in items if one.type == SessionType.PARALLEL]
    for number, person_id in enumerate([one.person_id for one in placed]):
        service.save(activity.id, person_id, items[number % len(items)].key)
        if parallel and number % 4:
            try:
                service.book(activity.id, person_id, parallel[number % len(parallel)])
            except SignUpRefused:
                continue


def _move_a_talk(activity: Activity, staff_id: int) -> None:
    """Let the round table begin five minutes later: a second version of the agenda, with what changed."""
    panel = next((one for one in queries.plan_of(queries.latest(activity.id)) if one.type == SessionType.PANEL), None)
    if panel is None:
        return
    edit = service.SessionEdit(
        day_id=panel.day_id,
        starts=panel.starts + 5,
        ends=panel.ends,
        type=panel.type,
        room_id=panel.room_id,
        speaker_ids=panel.speaker_ids,
        title_zh=panel.title_zh,
        title_en=panel.title_en,
    )
    service.put_session(activity.id, panel.key, edit, actor_id=staff_id)
    draft = queries.draft(activity.id)
    assert draft is not None  # it was begun just now
    note = ("前一场延长 5 分钟（演示）", "The talk before takes five minutes more (demo)")
    service.publish(activity.id, seen=draft.revision, note_zh=note[0], note_en=note[1], actor_id=staff_id)


def _paper(title: str) -> Upload:
    """Return a page that says what it is."""
    text = f"BT /F1 24 Tf 72 720 Td ({title} \\(demo\\)) Tj ET"
    parts = [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj",
        f"4 0 obj<</Length {len(text)}>>stream\n{text}\nendstream endobj",
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    body, offsets = "%PDF-1.4\n", []
    for part in parts:
        offsets.append(len(body))
        body += part + "\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(body)}\n%%EOF\n"
    return Upload(f"{title}.pdf", PDF, (body + end).encode())
