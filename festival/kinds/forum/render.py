"""An agenda as people read it: by room and time, with what each reader booked and saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from festival.accounts.rules import Permission
from festival.calendars.kept import Kept, Part
from festival.kinds.forum import queries, rules, wording
from festival.kinds.forum.models import ForumMaterial, ForumSession, ForumSpeaker, ForumVersion
from festival.kinds.forum.queries import BreakOut
from festival.kinds.forum.rules import SessionType
from festival.kinds.forum.service import may_open, standings
from festival.lib import clock
from festival.lib.i18n import _, loc, locale
from festival.overview.render import OwnTask
from festival.programme.models import Activity, Slot, SlotStatus
from festival.signups import queries as signups
from festival.signups.models import SignUp
from festival.signups.rules import PLACED, State


@dataclass(frozen=True, slots=True)
class Mine:
    """What one reader has to do with a forum."""

    is_signed_in: bool
    #: Their sign-up for the forum; None: none that lives.
    sign_up: SignUp | None
    #: Break-outs they hold or wait for, by slot.
    held: Mapping[int, SignUp]
    saved: frozenset[str]

    @property
    def has_place(self) -> bool:
        """Tell whether they have a place in the forum."""
        return self.sign_up is not None and self.sign_up.state in PLACED


NOBODY = Mine(is_signed_in=False, sign_up=None, held={}, saved=frozenset())


def mine_of(activity_id: int, person_id: int | None) -> Mine:
    """Return what a reader has to do with a forum; None: nobody is signed in."""
    if person_id is None:
        return NOBODY
    return Mine(
        is_signed_in=True,
        sign_up=queries.forum_sign_up(activity_id, person_id),
        held=queries.held_by(activity_id, person_id),
        saved=queries.saved_by(activity_id, person_id),
    )


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an agenda, for one reader."""

    session: ForumSession
    starts_at: datetime
    ends_at: datetime
    type_word: str
    room: str
    title: str
    summary: str
    speakers: tuple[ForumSpeaker, ...]
    is_break: bool
    is_over: bool
    #: A break-out's places; None: it has none of its own.
    break_out: BreakOut | None
    is_saved: bool
    #: What the reader holds of it.
    held: SignUp | None
    #: Another break-out at the same time that the reader holds, by its title; empty: none.
    instead_of: str
    #: What a reader with a place may do: ``book``, ``switch``, ``leave``; empty: nothing.
    act: str
    #: How many persons wait before the reader, and the reader; 0: they do not wait.
    position: int

    @property
    def key(self) -> str:
        """Its key."""
        return self.session.key

    @property
    def level(self) -> str:
        """How full it is: open, few or full."""
        if self.break_out is None or self.break_out.places.free is None:
            return "open"
        free = self.break_out.places.free
        return "full" if free <= 0 else "few" if free <= max(10, (self.break_out.places.capacity or 0) // 10) else "open"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the grid. ``item`` None: nothing is on in that room then."""

    item: Item | None
    rows: int = 1
    columns: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """From one instant to the next at which something begins or ends."""

    starts_at: datetime
    ends_at: datetime
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an agenda: as a list, and as a grid by room."""

    slot: Slot
    items: tuple[Item, ...]
    rooms: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """An agenda for one reader."""

    version: ForumVersion
    days: tuple[Day, ...]
    mine: Mine

    @property
    def items(self) -> list[Item]:
        """Every item by time."""
        return [item for day in self.days for item in day.items]


def agenda_of(activity: Activity, version: ForumVersion, person_id: int | None, now: datetime) -> Agenda:
    """Return a version of an agenda as a reader sees it.

    :param person_id: of the reader; None: nobody is signed in.
    """
    mine, places = mine_of(activity.id, person_id), queries.break_outs(activity.id)
    by_day: dict[int, list[ForumSession]] = {}
    for one in version.sessions:
        by_day.setdefault(one.day_id, []).append(one)
    days = sorted((found[0].day for found in by_day.values()), key=lambda slot: (slot.starts_at, slot.id))
    return Agenda(version, tuple(_day(slot, by_day[slot.id], places, mine, now) for slot in days), mine)


def _day(slot: Slot, sessions: list[ForumSession], places: Mapping[str, BreakOut], mine: Mine, now: datetime) -> Day:
    ordered = sorted(sessions, key=lambda one: (one.starts_minute, one.room.position, one.key))
    items = tuple(_item(one, slot, places.get(one.key), mine, now) for one in ordered)
    return Day(slot, items, *_grid(items))


def _item(one: ForumSession, day: Slot, places: BreakOut | None, mine: Mine, now: datetime) -> Item:
    starts_at, ends_at = queries.span_of(queries.planned(one), day)
    break_out = places if places is not None and one.seats is not None and places.slot.status == SlotStatus.SCHEDULED else None
    held = mine.held.get(break_out.slot.id) if break_out else None
    others = [
        other
        for slot_id, other in mine.held.items()
        if break_out and slot_id != break_out.slot.id and other.slot.starts_at < ends_at and starts_at < other.slot.ends_at
    ]
    return Item(
        session=one,
        starts_at=starts_at,
        ends_at=ends_at,
        type_word=str(wording.TYPES[one.type]),
        room=loc(one.room, "name"),
        title=loc(one, "title"),
        summary=loc(one, "summary"),
        speakers=tuple(one.speakers),
        is_break=one.type == SessionType.BREAK,
        is_over=ends_at <= now,
        break_out=break_out,
        is_saved=one.key in mine.saved,
        held=held,
        instead_of=loc(others[0].slot, "label") if others else "",
        act=_act(break_out, held, others, mine, now),
        position=signups.position(held) if held is not None and held.state == State.WAITLISTED else 0,
    )


def _act(break_out: BreakOut | None, held: SignUp | None, others: Sequence[SignUp], mine: Mine, now: datetime) -> str:
    if break_out is None or now >= break_out.slot.starts_at or not mine.has_place:
        return ""
    if held is not None:
        return "leave" if held.state in {State.CONFIRMED, State.WAITLISTED, State.OFFERED, State.PENDING} else ""
    return "switch" if others else "book"


def _grid(items: Sequence[Item]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return the rooms that need a column, and the rows: what is alone at its time stands across all of them."""
    groups: list[list[Item]] = []
    for item in items:
        if groups and item.starts_at < max(one.ends_at for one in groups[-1]):
            groups[-1].append(item)
        else:
            groups.append([item])
    side_by_side = [item for group in groups if len(group) > 1 for item in group]
    order = {item.room: item.session.room.position for item in side_by_side}
    rooms = tuple(sorted(order, key=lambda room: order[room]))
    rows: list[Row] = []
    for group in groups:
        if len(group) == 1:
            rows.append(Row(group[0].starts_at, group[0].ends_at, (Cell(group[0], columns=max(1, len(rooms))),)))
        else:
            rows += _rows_of(group, rooms)
    return rooms, tuple(rows)


def _rows_of(group: Sequence[Item], rooms: Sequence[str]) -> list[Row]:
    edges = sorted({at for item in group for at in (item.starts_at, item.ends_at)})
    spans = list(pairwise(edges))
    rows = []
    for starts_at, ends_at in spans:
        cells = []
        for room in rooms:
            item = next((one for one in group if one.room == room and one.starts_at <= starts_at < one.ends_at), None)
            if item is None:
                cells.append(Cell(None))
            elif item.starts_at == starts_at:
                cells.append(Cell(item, rows=sum(item.starts_at <= begin < item.ends_at for begin, _end in spans)))
        rows.append(Row(starts_at, ends_at, tuple(cells)))
    return rows


# -- what changed ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edition:
    """A published version and what was new in it, in sentences; empty for the first."""

    version: ForumVersion
    lines: tuple[str, ...]


def history(activity_id: int) -> list[Edition]:
    """Return the versions of an agenda with what each changed, the newest first."""
    versions, names = queries.published(activity_id), wording.names_of(activity_id)
    plans = [queries.plan_of(one) for one in versions]
    found = []
    for at, version in enumerate(versions):
        changes = rules.changes(plans[at + 1], plans[at]) if at + 1 < len(versions) else []
        found.append(Edition(version, tuple(wording.change_words(one, names) for one in changes)))
    return found


# -- materials and hours ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """A material as a reader sees it."""

    material: ForumMaterial
    #: The item it belongs to, by its title; empty: the forum as a whole.
    of: str
    may_open: bool
    #: The reader would have to have a place.
    is_for_attendees: bool
    is_open: bool


def papers(activity_id: int, titles: Mapping[str, str], person_id: int | None, now: datetime) -> list[Paper]:
    """Return the materials as a reader sees them: those that are still closed say when they open."""
    return [
        Paper(
            material=one,
            of=titles.get(one.session_key, ""),
            may_open=may_open(one, person_id, now),
            is_for_attendees=one.audience == rules.Audience.ATTENDEES,
            is_open=now >= one.opens_at,
        )
        for one in queries.materials(activity_id)
    ]


def size_words(size: int) -> str:
    """Return a file's size in words. ``size``: bytes."""
    return f"{max(1, round(size / 1024)):,} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


def minutes_words(minutes: int) -> str:
    """Return a length of time in words."""
    return _("%(hours)s 小时 %(minutes)s 分", hours=minutes // 60, minutes=minutes % 60)


def ticket_panel(sign_up: SignUp) -> Mapping[str, object] | None:
    """Return what stands below a ticket: the agenda, what is booked of it, and the certificate; of a break-out, its forum."""
    now = clock.now()
    version = queries.latest(sign_up.activity_id)
    if version is None:
        return None
    agenda = agenda_of(sign_up.activity, version, sign_up.person_id, now)
    if sign_up.slot.is_extra:
        item = next((one for one in agenda.items if one.break_out and one.break_out.slot.id == sign_up.slot_id), None)
        return {"activity": sign_up.activity, "item": item, "of_forum": agenda.mine.sign_up}
    if sign_up.state not in PLACED:
        return None
    [standing] = standings(sign_up.activity_id, [sign_up], now)
    setting = queries.setting(sign_up.activity_id)
    return {
        "activity": sign_up.activity,
        "sign_up": sign_up,
        "booked": [item for item in agenda.items if item.held is not None],
        "saved": [item for item in agenda.items if item.is_saved and item.held is None],
        "has_break_outs": any(item.break_out is not None and not item.is_over for item in agenda.items),
        "hours": setting.credit_hours if setting else None,
        "is_over": now >= sign_up.slot.ends_at,
        "standing": standing,
        "why_not": str(wording.REASONS[standing.reason]) if standing.reason else "",
        "papers": [one for one in papers(sign_up.activity_id, {}, sign_up.person_id, now) if one.may_open],
    }


def private_lines(sign_up: SignUp) -> list[str]:
    """Return what a private calendar entry says besides: a break-out's room."""
    if not sign_up.slot.is_extra:
        return []
    return [_("地点：%(room)s", room=room) for room in _rooms_of(sign_up)]


def kept(person_id: int, festival_id: int) -> list[Kept]:
    """Return what somebody saved of the forums of an edition, for their own calendar."""
    found = []
    for activity, keys in queries.saved_in(festival_id, person_id).items():
        version, places = queries.latest(activity.id), queries.break_outs(activity.id)
        items = {one.key: one for one in version.sessions} if version is not None else {}
        path = f"/activities/{activity.slug}/agenda"
        found += [Kept(activity, key, _part(items[key], places) if key in items else None, path) for key in sorted(keys)]
    return found


def _part(one: ForumSession, places: Mapping[str, BreakOut]) -> Part:
    starts_at, ends_at = queries.span_of(queries.planned(one), one.day)
    return Part(
        title_zh=one.title_zh,
        title_en=one.title_en,
        where_zh=one.room.name_zh,
        where_en=one.room.name_en,
        starts_at=starts_at,
        ends_at=ends_at,
        day=one.day,
        slot_id=places[one.key].slot.id if one.seats is not None and one.key in places else None,
    )


def _rooms_of(sign_up: SignUp) -> list[str]:
    """Return the room of a sign-up for a break-out; empty once it is in the agenda no more."""
    names, plan = wording.names_of(sign_up.activity_id), queries.plan_of(queries.latest(sign_up.activity_id))
    return [names.room(item) for item in plan if queries.extra_key(item.key) == sign_up.slot.key]


def door_facts(sign_up: SignUp) -> Sequence[tuple[str, str]]:
    """Return what the door says besides: of a break-out its room, of the forum which break-outs are booked."""
    if sign_up.slot.is_extra:
        return [(_("平行论坛"), loc(sign_up.slot, "label")), *((_("房间"), room) for room in _rooms_of(sign_up))]
    booked = queries.titles_of_break_outs([sign_up.id], locale()).get(sign_up.id, "")
    return [(_("平行论坛"), booked)] if booked else []


def break_out_column(sign_up_ids: Sequence[int]) -> Mapping[int, str]:
    """Return the break-outs of some sign-ups, for the roster."""
    return queries.titles_of_break_outs(sign_up_ids, locale())


def tasks(activity: Activity, now: datetime) -> Sequence[OwnTask]:
    """Return that readers do not see the agenda as it was worked on."""
    if now >= activity.ends_at or not queries.has_draft(activity.id):
        return ()
    return (OwnTask(_("议程草稿还没有发布"), "/manage/activities/<slug>/agenda", Permission.ACTIVITY_EDIT),)
