"""My festival: what a person is in, by day, what is in the way of what, and what must be confirmed first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from festival.lib.clock import local_day
from festival.lib.format import day, lasting, month_day, weekday
from festival.lib.i18n import _, loc
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.models import Slot, Venue
from festival.signups import changed, queries, rules, wording
from festival.signups.changed import Choice
from festival.signups.mine import Appointment
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, Clash, State, Stop


@dataclass(frozen=True, slots=True)
class Entry:
    """One sign-up in the list."""

    sign_up: SignUp
    kind: ActivityKind
    venue: Venue
    #: As readers see it: an offer past its deadline has expired.
    state: State
    word: str
    #: Sentences about what stands in the way of an earlier entry.
    clashes: tuple[str, ...] = ()

    #: Until when it must be confirmed, in words; empty where nothing must be.
    confirm_by: str = ""
    #: The time or place changed, and the person has not said yet whether to keep the place.
    is_asked: bool = False
    #: What else the person is asked about it, in words.
    asks: tuple[str, ...] = ()

    @property
    def has_ticket(self) -> bool:
        """Tell whether there is a code to show at the door."""
        return self.state in {State.CONFIRMED, State.ATTENDED}


@dataclass(frozen=True, slots=True)
class Day:
    """One day of what lies ahead."""

    on: date
    word: str
    small: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class MyFestival:
    """Everything a person signed up for."""

    #: Offers to confirm, first deadline first.
    urgent: tuple[Entry, ...]
    days: tuple[Day, ...]
    #: What is over, and what was called off; newest first.
    past: tuple[Entry, ...]


#: What slices above ask of the owner of a sign-up: words by sign-up.
_asks: list[Callable[[Sequence[SignUp]], Mapping[int, str]]] = []


def register(asks: Iterable[Callable[[Sequence[SignUp]], Mapping[int, str]]]) -> None:
    """Make known what slices above ask of the owner of a sign-up; called once by the composition root."""
    _asks[:] = asks


def my_festival(sign_ups: Sequence[SignUp], positions: Mapping[int, int], now: datetime) -> MyFestival:
    """Return a person's sign-ups (by time, with activity, slot and pool loaded) as the page shows them."""
    ahead = [sign_up for sign_up in sign_ups if _lies_ahead(sign_up, now)]
    behind = [sign_up for sign_up in sign_ups if not _lies_ahead(sign_up, now)]
    asked = [ask(ahead) for ask in _asks]
    entries = [
        replace(
            _entry(sign_up, positions, now, tuple(clash_words(sign_up, ahead[:index], now))),
            asks=tuple(words[sign_up.id] for words in asked if sign_up.id in words),
        )
        for index, sign_up in enumerate(ahead)
    ]
    urgent = sorted(
        (entry for entry in entries if entry.state == State.OFFERED and entry.confirm_by),
        key=lambda entry: entry.sign_up.offered_until or now,
    )
    days = [_day(on, list(found), now) for on, found in groupby(entries, key=lambda entry: _shown_on(entry.sign_up, now))]
    return MyFestival(tuple(urgent), tuple(days), tuple(_entry(sign_up, positions, now) for sign_up in reversed(behind)))


def _lies_ahead(sign_up: SignUp, now: datetime) -> bool:
    return (sign_up.slot.ends_at > now or changed.is_postponed(sign_up)) and wording.state_shown(sign_up, now) in LIVE | {
        State.ATTENDED
    }


def _shown_on(sign_up: SignUp, now: datetime) -> date:
    """Return the day an entry stands under: its first, or today while it runs."""
    return local_day(max(sign_up.slot.starts_at, min(now, sign_up.slot.ends_at)))


def _entry(sign_up: SignUp, positions: Mapping[int, int], now: datetime, clashes: tuple[str, ...] = ()) -> Entry:
    return Entry(
        sign_up=sign_up,
        kind=kind_of(sign_up.activity),
        venue=venue_of(sign_up),
        state=wording.state_shown(sign_up, now),
        word=_word(sign_up, positions, now),
        clashes=clashes,
        confirm_by=wording.confirm_by(sign_up.offered_until, now) if sign_up.offered_until and _is_on(sign_up) else "",
        is_asked=changed.choice_of(sign_up, now) == Choice.MOVED,
    )


def _word(sign_up: SignUp, positions: Mapping[int, int], now: datetime) -> str:
    if sign_up.state in LIVE and changed.is_cancelled(sign_up):
        return _("活动已取消")
    if sign_up.state in LIVE and changed.is_postponed(sign_up):
        return _("活动已延期")
    return wording.state_words(sign_up, now, positions.get(sign_up.id, 0))


def _day(on: date, entries: list[Entry], now: datetime) -> Day:
    today = local_day(now)
    near = {0: _("今天"), 1: _("明天")}.get((on - today).days)
    return Day(on, near or month_day(on), day(on) if near else weekday(on), tuple(entries))


def venue_of(sign_up: SignUp) -> Venue:
    """Return where a sign-up's slot takes place."""
    return sign_up.slot.venue or sign_up.activity.venue


# -- two things at once -------------------------------------------------------------------------------------------------------


def clash_words(sign_up: SignUp, others: Sequence[SignUp], now: datetime) -> list[str]:
    """Say which of these other sign-ups are too close to one in time; what is off or over is in nobody's way."""
    if not _takes_time(sign_up, now):
        return []
    its = loc(sign_up.activity, "short_title")
    stop = stop_at(sign_up.slot, venue_of(sign_up))
    others = [other for other in others if not _are_one(sign_up.slot, other.slot)]
    told = (between(loc(other.activity, "short_title"), its, found) for other, found in _clashes(stop, others, now, sign_up.id))
    return list(dict.fromkeys(told))


def _are_one(slot: Slot, other: Slot) -> bool:
    """Tell whether one is a part of the other: who is in both is in one place."""
    return (slot.is_extra and slot.parent_id == other.id) or (other.is_extra and other.parent_id == slot.id)


def besides(sign_up: SignUp) -> list[SignUp]:
    """Return what else a person is in: not the session that this is a part of, nor this one's parts."""
    return [other for other in queries.of_person(sign_up.person_id) if not _are_one(sign_up.slot, other.slot)]


def told_clashes(stop: Stop, others: Sequence[SignUp], now: datetime, but: int = 0) -> list[str]:
    """Say of a time what else of the person's it is too close to.

    :param but: the id of the sign-up that the time belongs to.
    """
    told = (_against(loc(other.activity, "short_title"), found) for other, found in _clashes(stop, others, now, but))
    return list(dict.fromkeys(told))  # two times of one activity may be in the way alike


def clashes_with(title: str, stop: Stop, others: Sequence[SignUp], now: datetime) -> list[str]:
    """Say which of these sign-ups are too close to an activity that is not signed up for yet.

    :param title: its short title.
    """
    told = (between(loc(other.activity, "short_title"), title, found) for other, found in _clashes(stop, others, now, 0))
    return list(dict.fromkeys(told))


def appointment_clashes(stop: Stop, appointments: Sequence[Appointment], activity_id: int) -> list[str]:
    """Say which of somebody's appointments a time of an activity is too close to."""
    near = ((one, rules.clash(one.stop, stop)) for one in appointments if one.activity_id != activity_id)
    return [_against(one.title, found) for one, found in near if found is not None]


def _clashes(stop: Stop, others: Sequence[SignUp], now: datetime, but: int) -> list[tuple[SignUp, Clash]]:
    near = ((other, rules.clash(stop_at(other.slot, venue_of(other)), stop)) for other in others if _takes_time(other, now))
    return [(other, found) for other, found in near if found is not None and other.id != but]


def _is_on(sign_up: SignUp) -> bool:
    return not changed.is_cancelled(sign_up) and not changed.is_postponed(sign_up)


def _takes_time(sign_up: SignUp, now: datetime) -> bool:
    return _is_on(sign_up) and sign_up.slot.ends_at > now and wording.state_shown(sign_up, now) in LIVE


def stop_at(slot: Slot, venue: Venue) -> Stop:
    """Return a slot as a stop of somebody's day."""
    point = None if venue.lat is None or venue.lon is None else (venue.lat, venue.lon)
    return Stop(slot.starts_at, slot.ends_at, venue.id, point)


def between(one: str, other: str, found: Clash) -> str:
    """Say how two activities are in each other's way."""
    if found.overlap_minutes:
        return _("“%(one)s”与“%(other)s”时间重叠 %(time)s。", one=one, other=other, time=_minutes(found.overlap_minutes))
    return _(
        "“%(one)s”与“%(other)s”之间只有 %(gap)s，路上约需 %(way)s。",
        one=one,
        other=other,
        gap=_minutes(found.gap_minutes),
        way=_minutes(found.travel_minutes),
    )


def _against(title: str, found: Clash) -> str:
    if found.overlap_minutes:
        return _("与您已报名的“%(title)s”时间重叠 %(time)s。", title=title, time=_minutes(found.overlap_minutes))
    return _(
        "与您已报名的“%(title)s”之间只有 %(gap)s，路上约需 %(way)s。",
        title=title,
        gap=_minutes(found.gap_minutes),
        way=_minutes(found.travel_minutes),
    )


def _minutes(minutes: int) -> str:
    return lasting(timedelta(minutes=minutes)) if minutes else _("0 分钟")
