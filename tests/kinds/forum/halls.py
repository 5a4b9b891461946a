"""A forum as tests have it: one day of eight hours, three rooms, a keynote, and two break-outs at the same time."""

from datetime import datetime, timedelta

from festival.accounts.models import Account
from festival.checkin import scans
from festival.checkin.models import Scan
from festival.checkin.rules import Verdict, Way
from festival.kinds.forum import queries, service
from festival.kinds.forum.models import ForumRoom, ForumSpeaker
from festival.kinds.forum.rules import Planned, SessionType
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up
from tests.signups.engine import sign_up

#: A Friday morning of the festival.
NOW = datetime(2023, 6, 16, 10, 0, tzinfo=clock.ZONE)
#: The forum begins on the Tuesday after, at nine, and ends at five.
BEGIN = datetime(2023, 6, 20, 9, 0, tzinfo=clock.ZONE)


def make_forum(*, slug: str = "forum", seats: int = 1, hours: int | None = 6, starts_in: timedelta = BEGIN - NOW) -> Activity:
    """Return a forum with its first agenda: ``talk`` 9:00 in the hall, ``one`` and ``two`` 13:30 in two rooms."""
    activity = make_activity(slug=slug, kind="forum", starts_in=starts_in, lasts=timedelta(hours=8), party_max=1, title_zh="论坛")
    with transaction():
        rooms = [ForumRoom(activity_id=activity.id, position=n, name_zh=f"{n}号厅", name_en=f"Hall {n}") for n in (1, 2, 3)]
        who = ForumSpeaker(activity_id=activity.id, position=1, name_zh="甲", name_en="A", role_zh="总工程师", role_en="Engineer")
        db.session.add_all([*rooms, who])
        db.session.flush()
        day = queries.days(activity.id)[0].id

        def item(key: str, starts: int, ends: int, kind: SessionType, room: int, places: int | None = None) -> Planned:
            speakers = (who.id,) if key == "talk" else ()
            return Planned(key, day, starts, ends, kind, rooms[room].id, speakers, f"题{key}", f"Item {key}", seats=places)

        plan = [
            item("talk", 0, 60, SessionType.KEYNOTE, 0),
            item("lunch", 180, 270, SessionType.BREAK, 0),
            item("one", 270, 390, SessionType.PARALLEL, 1, seats),
            item("two", 270, 390, SessionType.PARALLEL, 2, seats),
        ]
        service.load(activity, plan, hours, clock.now())
    db.session.refresh(activity)
    return activity


def guest(activity: Activity, *, state: State = State.CONFIRMED, person: Account | None = None, name: str = "") -> SignUp:
    """Return somebody's sign-up for the forum itself."""
    if state == State.CONFIRMED:
        return sign_up(activity, person, name=name)
    return make_sign_up(activity, state=state, person=person, name=name)


def book(activity: Activity, of: SignUp, key: str = "one", *, instead: bool = False) -> SignUp:
    """Book a break-out, as a view does."""
    with transaction():
        return service.book(activity.id, of.person_id, key, instead=instead)


def move(activity: Activity, key: str, *, by: int = 0, room: int | None = None, staff: int, **words: str) -> int:
    """Move an item of the draft by minutes, or to another room (by its position); return the draft's revision."""
    with transaction():
        plan = queries.plan_of(queries.draft(activity.id) or queries.latest(activity.id))
        was = next(one for one in plan if one.key == key)
        edit = service.SessionEdit(
            day_id=was.day_id,
            starts=was.starts + by,
            ends=was.ends + by,
            type=was.type,
            room_id=queries.rooms(activity.id)[room - 1].id if room else was.room_id,
            speaker_ids=was.speaker_ids,
            title_zh=words.get("title_zh", was.title_zh),
            title_en=was.title_en,
            seats=was.seats,
        )
        service.put_session(activity.id, key, edit, actor_id=staff)
        draft = queries.draft(activity.id)
        assert draft is not None
        return draft.revision


def publish(activity: Activity, seen: int, *, staff: int, note: str = "") -> service.Published:
    """Publish the draft, as a view does."""
    with transaction():
        return service.publish(activity.id, seen=seen, note_zh=note, note_en=note, actor_id=staff)


def scan(of: SignUp, way: Way, at: datetime, staff: Account) -> Scan:
    """Write what the door writes when somebody goes in or out."""
    by = 1 if way == Way.IN else -1
    with transaction():
        made = Scan(
            nonce=tokens.new_token(),
            activity_id=of.activity_id,
            sign_up_id=of.id,
            way=way,
            verdict=Verdict.CHECKED_IN if way == Way.IN else Verdict.LEFT,
            persons=1,
            arrived_by=1 if way == Way.IN and not scans.inside(of.id) else 0,
            inside_by=by,
            actor_id=staff.id,
            at=at,
            happened_at=at,
        )
        db.session.add(made)
        if way == Way.IN:
            sign_up = db.session.get_one(SignUp, of.id)
            sign_up.state, sign_up.arrived = State.ATTENDED, 1
    return made
