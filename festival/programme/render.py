"""What the public pages show of an activity, made ready for the templates: no queries, no clock of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from festival.lib.clock import local_day
from festival.lib.format import clock_time, day, day_then, days, hours, month_day, weekday
from festival.lib.i18n import LOCALES, _, loc
from festival.lib.text import search_key
from festival.programme import rules, wording
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.models import Access, Activity, ActivityStatus, Mode, Pool, Slot, SlotStatus, Venue
from festival.programme.rules import Facts, Move, Seats, Status

#: An activity with at least so many sessions runs daily: a timetable names it once, not every day.
DAILY = 7
#: Timed entries are offered so many days ahead on the activity's page.
DAYS_SHOWN = 7


@dataclass(frozen=True, slots=True)
class Standing:
    """An activity now: what its status follows from, and what follows from its status."""

    facts: Facts
    status: Status
    move: Move
    word: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """One activity in a list."""

    activity: Activity
    kind: ActivityKind
    standing: Standing
    #: The session the card speaks of: the next one, or the chosen day's.
    session: Slot
    venue: Venue
    #: The day of the date block, and the last day when it runs on.
    on: date
    until: date | None
    is_today: bool
    is_over: bool
    #: The bar; None: nothing to count now.
    seats: Seats | None
    seats_label: str


@dataclass(frozen=True, slots=True)
class RailDay:
    """One day of the rail."""

    on: date
    tracks: tuple[str, ...]
    activities: int
    is_past: bool


@dataclass(frozen=True, slots=True)
class TimetableDay:
    """One day of the timetable: sessions in order."""

    on: date
    sessions: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to sign up for: a pool, or a timed entry."""

    label: str
    seats: Seats
    is_open: bool
    access: str


@dataclass(frozen=True, slots=True)
class EntryGroup:
    """Entries under one heading (a day, a session; empty: the only one)."""

    heading: str
    entries: tuple[Entry, ...]


# -- slots ------------------------------------------------------------------------------------------------------------------


def sessions(activity: Activity) -> list[Slot]:
    """Return the sessions: what calendars show to everyone."""
    return [slot for slot in activity.slots if slot.parent_id is None]


def venue_of(activity: Activity, slot: Slot) -> Venue:
    """Return where a slot takes place."""
    return slot.venue or activity.venue


def is_booked_by_time(activity: Activity) -> bool:
    """Tell whether one signs up for a time of the day rather than for the activity."""
    return any(slot.parent_id is not None and slot.pools for slot in activity.slots)


def _seats(pool: Pool) -> Seats:
    return Seats(pool.capacity, pool.taken, pool.waiting)


def _open_pools(slot: Slot) -> list[Pool]:
    return [pool for pool in slot.open_pools if pool.access != Access.INVITATION]


def _is_ahead(slot: Slot, now: datetime) -> bool:
    """Tell whether a slot can still be signed up for, as far as its own times go."""
    is_on = slot.status == SlotStatus.SCHEDULED and now < slot.ends_at
    return is_on and (slot.closes_at is None or now < slot.closes_at)


def _is_offered(slot: Slot, now: datetime) -> bool:
    return _is_ahead(slot, now) and (slot.opens_at is None or now >= slot.opens_at)


def _next_session(activity: Activity, now: datetime) -> Slot | None:
    coming = [slot for slot in sessions(activity) if slot.status != SlotStatus.CANCELLED and slot.ends_at > now]
    known = coming or sessions(activity)[-1:]
    return known[0] if known else None


# -- standing ---------------------------------------------------------------------------------------------------------------


def standing(activity: Activity, now: datetime) -> Standing:
    """Return an activity's status with its words."""
    facts = _facts(activity, now)
    status = rules.status(facts, now)
    move = rules.move(facts, now)
    note = wording.note_beside(activity, status, facts, move, by_time=is_booked_by_time(activity))
    return Standing(facts, status, move, str(wording.STATUS_WORDS[status]), note)


def _facts(activity: Activity, now: datetime) -> Facts:
    statuses = {slot.status for slot in sessions(activity)}
    seats = _seats_ahead(activity, now)
    limit = activity.waitlist_limit
    return Facts(
        is_cancelled=activity.status == ActivityStatus.CANCELLED or statuses == {SlotStatus.CANCELLED},
        is_postponed=activity.status == ActivityStatus.POSTPONED or statuses == {SlotStatus.POSTPONED},
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        opens_at=activity.opens_at,
        closes_at=activity.closes_at,
        is_by_invitation=activity.mode == Mode.INVITATION,
        is_ballot=activity.mode == Mode.BALLOT,
        result_at=activity.result_at,
        seats=seats,
        has_waitlist=seats is not None and (limit is None or seats.waiting < limit),
    )


def _seats_ahead(activity: Activity, now: datetime) -> Seats | None:
    """Return the places of everything that can be signed up for, each session no more than its permit still allows."""
    parents = {slot.id: slot for slot in sessions(activity)}
    by_session: dict[int, list[Seats]] = {}
    for slot in activity.slots:
        pools = [_seats(pool) for pool in _open_pools(slot)] if _is_offered(slot, now) else []
        if pools:
            by_session.setdefault(slot.parent_id or slot.id, []).extend(pools)
    if not by_session:
        return None
    return rules.together(
        rules.together(pools, _ceiling_left(parents.get(session_id))) for session_id, pools in by_session.items()
    )


def _ceiling_left(session: Slot | None) -> int | None:
    if session is None or session.approved_ceiling is None:
        return None
    return session.approved_ceiling - session.heads


# -- cards ------------------------------------------------------------------------------------------------------------------


def card(activity: Activity, now: datetime, on: date | None = None) -> Card | None:
    """Return an activity for a list; None when it has no session at all, or none on the chosen day."""
    of_day = [slot for slot in sessions(activity) if on is None or local_day(slot.starts_at) == on]
    session = (_next_session(activity, now) if on is None else None) or next(iter(of_day), None)
    if session is None:
        return None
    now_standing = standing(activity, now)
    today = local_day(now)
    runs_on = len(sessions(activity)) > 1
    shown = local_day(session.starts_at)
    if now_standing.status == Status.ENDED and on is None:
        shown = local_day(activity.starts_at)
    last = local_day(activity.ends_at)
    seats, label = _bar(activity, now_standing, session, now)
    return Card(
        activity=activity,
        kind=kind_of(activity),
        standing=now_standing,
        session=session,
        venue=venue_of(activity, session),
        on=shown,
        until=last if runs_on and last > shown and on is None else None,
        is_today=shown == today,
        is_over=now_standing.status in {Status.ENDED, Status.CANCELLED},
        seats=seats,
        seats_label=label,
    )


def _bar(activity: Activity, now_standing: Standing, session: Slot, now: datetime) -> tuple[Seats | None, str]:
    """Return the places a card counts: those of the next time to book where there are many times, else all together."""
    if now_standing.facts.is_ballot or (now_standing.move == Move.NONE and now_standing.status != Status.FULL):
        return None, ""
    if len(sessions(activity)) == 1:
        return now_standing.facts.seats, ""
    offered = [
        slot
        for slot in activity.slots
        if session.id in {slot.id, slot.parent_id} and _open_pools(slot) and _is_offered(slot, now)
    ]
    ahead = [slot for slot in offered if slot.starts_at > now] or offered
    free = [slot for slot in ahead if rules.together(map(_seats, _open_pools(slot))).free != 0]
    slot = next(iter(free or ahead), None)
    if slot is None:
        return None, ""
    label = near(slot.starts_at, now) if slot.parent_id is not None else ""
    return rules.together(map(_seats, _open_pools(slot))), label


def near(at: datetime, now: datetime) -> str:
    """Return a time as people say it from here: 今天 14:30, 明天 09:00, 6月18日 09:00."""
    return f"{near_day(local_day(at), local_day(now))} {clock_time(at)}"


def near_day(on: date, today: date) -> str:
    """Return a day as people say it from here: 今天, 明天, 6月18日."""
    return {0: _("今天"), 1: _("明天")}.get((on - today).days) or month_day(on)


def near_day_named(on: date, today: date) -> str:
    """Return a day with its weekday, as people say it from here: 今天 周五, 6月18日 周日."""
    return f"{near_day(on, today)} {weekday(on)}" if (on - today).days in {0, 1} else day(on)


def cards(activities: Iterable[Activity], now: datetime, on: date | None = None) -> list[Card]:
    """Return the list: what is on or comes next first, what is over last."""
    made = [made for activity in activities if (made := card(activity, now, on)) is not None]
    return sorted(made, key=lambda card: (card.is_over, card.on, card.session.starts_at, card.activity.position))


def matches(activity: Activity, words: str) -> bool:
    """Tell whether an activity is found by what somebody typed: every word in its title, track, place or host."""
    venues = {venue_of(activity, slot).id: venue_of(activity, slot) for slot in activity.slots}
    venues[activity.venue.id] = activity.venue
    named: list[tuple[object, tuple[str, ...]]] = [
        (activity, ("title", "short_title", "host")),
        (activity.track, ("title",)),
        *((venue, ("name", "address")) for venue in venues.values()),
        *((slot, ("label",)) for slot in sessions(activity)),
    ]
    fields = [getattr(row, f"{name}_{tongue}") for row, names in named for name in names for tongue in LOCALES]
    haystack = "\n".join(search_key(field) for field in fields)
    return all(search_key(word) in haystack for word in words.split())


# -- next, rail, timetable -----------------------------------------------------------------------------------------------------


def coming(activities: Iterable[Activity], now: datetime, most: int = 3) -> list[Slot]:
    """Return the next session of each activity that does not simply run daily, soonest first."""
    found = []
    for activity in activities:
        all_sessions = sessions(activity)
        ahead = [slot for slot in all_sessions if slot.starts_at > now and slot.status == SlotStatus.SCHEDULED]
        if activity.status == ActivityStatus.PUBLISHED and ahead and len(all_sessions) < DAILY:
            found.append(ahead[0])
    return sorted(found, key=lambda slot: (slot.starts_at, slot.activity.position))[:most]


def rail(activities: Iterable[Activity], starts_on: date, ends_on: date, today: date) -> list[RailDay]:
    """Return every day of the festival with the tracks that have a session then."""
    on_day: dict[date, list[Activity]] = {}
    for activity in activities:
        for first in sorted({local_day(slot.starts_at) for slot in sessions(activity)}):
            on_day.setdefault(first, []).append(activity)
    length = (ends_on - starts_on).days + 1
    return [_rail_day(starts_on + timedelta(days=step), on_day, today) for step in range(length)]


def _rail_day(on: date, on_day: dict[date, list[Activity]], today: date) -> RailDay:
    here = sorted(on_day.get(on, []), key=lambda activity: activity.position)
    return RailDay(on, tuple(dict.fromkeys(activity.track.key for activity in here)), len(here), on < today)


def timetable(activities: Iterable[Activity], since: date, on: date | None = None) -> list[TimetableDay]:
    """Return the sessions by day from ``since`` (or of the chosen day). What runs daily stands on the first day only."""
    rows: list[tuple[date, Slot]] = []
    named: set[int] = set()
    all_sessions = [slot for activity in activities for slot in sessions(activity) if slot.status == SlotStatus.SCHEDULED]
    for slot in sorted(all_sessions, key=lambda slot: (slot.starts_at, slot.activity.position)):
        first = local_day(slot.starts_at)
        if (first < since if on is None else first != on) or slot.activity_id in named:
            continue
        if len(sessions(slot.activity)) >= DAILY:
            named.add(slot.activity_id)
        rows.append((first, slot))
    return [TimetableDay(first, tuple(slot for _day, slot in group)) for first, group in groupby(rows, key=lambda row: row[0])]


# -- one activity ------------------------------------------------------------------------------------------------------------


def entries(activity: Activity, now: datetime) -> list[EntryGroup]:
    """Return what can be signed up for, with places: pools, sessions, or timed entries of the next days."""
    if is_booked_by_time(activity):
        return list(_timed_entries(activity, now))
    several = len(sessions(activity)) > 1
    shown = [session for session in sessions(activity) if _open_pools(session) and (not several or _is_ahead(session, now))]
    return [EntryGroup(_session_words(session) if several else "", _pool_entries(session, now)) for session in shown]


def _pool_entries(session: Slot, now: datetime) -> tuple[Entry, ...]:
    offered = _is_offered(session, now)
    return tuple(
        Entry(loc(pool, "label"), _seats(pool), offered, pool.access) for pool in _open_pools(session) if not pool.is_flex
    )


def _session_words(session: Slot) -> str:
    words = f"{day_then(session.starts_at)} {hours(session.starts_at, session.ends_at)}"
    return f"{words} · {loc(session, 'label')}" if loc(session, "label") else words


def _timed_entries(activity: Activity, now: datetime) -> Iterator[EntryGroup]:
    """Yield the next days on which one can enter by time."""
    today = local_day(now)
    slots = [slot for slot in activity.slots if slot.parent_id is not None and _is_ahead(slot, now) and _open_pools(slot)]
    for step, (on, group) in enumerate(groupby(slots, key=lambda slot: local_day(slot.starts_at))):
        if step == DAYS_SHOWN:
            return
        made = tuple(
            Entry(
                hours(slot.starts_at, slot.ends_at),
                rules.together(map(_seats, _open_pools(slot))),
                _is_offered(slot, now),
                Access.OPEN,
            )
            for slot in group
        )
        yield EntryGroup(near_day_named(on, today), made)


def by_invitation(activity: Activity) -> list[Pool]:
    """Return the pools that are filled by invitation only."""
    return [pool for slot in activity.slots for pool in slot.open_pools if pool.access == Access.INVITATION]


def period(activity: Activity) -> str:
    """Return the days of an activity that runs on: 6月10日–30日."""
    return days(activity.starts_at, activity.ends_at)
