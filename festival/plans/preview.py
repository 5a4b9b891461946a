"""What a change of plan would mean for people, before it is saved: who is told, and who gets a clash."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from festival.lib.format import moment, span
from festival.lib.i18n import _, loc
from festival.plans import queries, rules, wording
from festival.plans.queries import Told
from festival.plans.rules import Conflict
from festival.programme import moving
from festival.programme.kinds import Move, kind_of
from festival.programme.models import Activity, ActivityStatus, Slot, Venue
from festival.programme.service import Span
from festival.signups.rules import State, Stop
from festival.signups.timeline import stop_at
from festival.signups.wording import STATE_WORDS

#: Clashes that a page lists one by one; the rest are counted.
LISTED = 100


@dataclass(frozen=True, slots=True)
class ClashLine:
    """Somebody who cannot keep both."""

    name: str
    state_words: str
    #: What else of theirs, and when; without a name where the reader may not know it.
    other: str
    how: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would mean."""

    #: Sign-ups whose people are told.
    told: int
    by_state: Sequence[tuple[str, int]]
    #: Sign-ups that get into the way of something else of the same person.
    clashes: int
    #: The first of them, where the reader may see names; else none.
    lines: Sequence[ClashLine]
    #: There are more than those.
    is_cut: bool
    #: What was looked at: pressing again saves only this.
    fingerprint: str
    #: What moves along, and who is told beside those who signed up, in sentences.
    along: Sequence[str] = ()
    also_told: Sequence[str] = ()
    #: Times that the activity's kind speaks of, ahead of it, and that stay as they are; in words.
    stays: Sequence[str] = ()

    @property
    def is_news(self) -> bool:
        """Tell whether it concerns anybody, or moves anything that somebody may count on."""
        return bool(self.told or self.along or self.also_told)


#: Tells whether the staff member who looks may know by name who takes part in an activity.
MayKnow = Callable[[int], bool]


def stops_of(activity: Activity) -> dict[int, Stop]:
    """Return where each slot of an activity is now."""
    return {slot.id: stop_at(slot, slot.venue or activity.venue) for slot in activity.all_slots}


def after_edit(activity: Activity, when: Span | None, venue: Venue) -> dict[int, Stop]:
    """Return where the slots will be that an edit of the activity moves. ``when`` None: its sessions keep their times."""
    new = now = stops_of(activity)
    sessions = [slot for slot in activity.slots if slot.parent_id is None]
    if when is not None and len(sessions) == 1:
        new = _in_time(activity, sessions[0], when, new)
    if venue.id != activity.venue_id:
        new = rules.placed(
            new, [slot.id for slot in activity.all_slots if slot.venue_id is None], stop_at(activity.slots[0], venue)
        )
    return _moved(now, new)


def after_slot_edit(activity: Activity, slot: Slot, when: Span, venue: Venue) -> dict[int, Stop]:
    """Return where the slots will be that an edit of one slot moves. ``venue``: where it will be held."""
    now = stops_of(activity)
    new = _in_time(activity, slot, when, now)
    return _moved(now, rules.placed(new, [slot.id], stop_at(slot, venue)))


def _in_time(activity: Activity, slot: Slot, when: Span, stops: Mapping[int, Stop]) -> dict[int, Stop]:
    children = [child.id for child in activity.all_slots if child.parent_id == slot.id]
    return rules.shifted(stops, slot.id, when.starts_at, when.ends_at, children)


def _moved(now: Mapping[int, Stop], new: Mapping[int, Stop]) -> dict[int, Stop]:
    return {slot_id: stop for slot_id, stop in new.items() if stop != now[slot_id]}


def preview(activity: Activity, new: Mapping[int, Stop], may_know: MayKnow, now: datetime) -> Preview:
    """Return what moving slots to ``new`` would mean. Who was and stays past is told nothing."""
    ahead = _ahead(activity, new, now)
    told = queries.told(ahead)
    found = queries.newly_clashing(ahead, now) if ahead else []
    along, stays = _own_times(activity, new, now)
    return Preview(
        told=told.total,
        by_state=state_counts(told.by_state),
        clashes=len({conflict.moved.sign_up_id for conflict in found}),
        lines=_lines(found[:LISTED], may_know) if may_know(activity.id) else (),
        is_cut=len(found) > LISTED,
        fingerprint=_fingerprint(new),
        along=_along(activity, new, now) or along,
        stays=stays,
        also_told=_also_told(activity, set(ahead)),
    )


def _along(activity: Activity, new: Mapping[int, Stop], now: datetime) -> list[str]:
    """Say what the only session of an activity takes along when it moves in time."""
    sessions = [slot for slot in activity.slots if slot.parent_id is None]
    if len(sessions) != 1 or sessions[0].id not in new:
        return []
    move = Move(sessions[0].starts_at, new[sessions[0].id].starts_at - sessions[0].starts_at, now)
    if not move.step:
        return []
    kind = kind_of(activity)
    return [*(wording.window_words(activity, move) if kind.window_follows else ()), *kind.moves_along(activity, move)]


def _own_times(activity: Activity, new: Mapping[int, Stop], now: datetime) -> tuple[list[str], list[str]]:
    """Return the names of the times in an activity's details that move along with its sessions, and those ahead that do not."""
    words, moves, stays = kind_of(activity).time_words, dict[str, None](), dict[str, None]()
    for slot in activity.slots:
        if slot.parent_id is not None or slot.id not in new or new[slot.id].starts_at == slot.starts_at:
            continue
        move = Move(slot.starts_at, new[slot.id].starts_at - slot.starts_at, now)
        foreseen = moving.foresee(activity, slot, slot.ends_at, move, activity.slots)
        if foreseen is None:
            continue
        moves |= {str(words[path]): None for path in foreseen.moves if path in words}
        for path, at in foreseen.stays:
            if path in words and (not isinstance(at, datetime) or at > now):
                stays[f"{words[path]} {moment(at) if isinstance(at, datetime) else f'{at:%H:%M}'}"] = None
    return list(moves), list(stays)


def _also_told(activity: Activity, slot_ids: Collection[int]) -> list[str]:
    """Say who is told beside those who signed up; of what concerns parts of a session alone, nobody is."""
    is_whole = any(slot.id in slot_ids for slot in activity.slots if slot.parent_id is None)
    return kind_of(activity).also_told(activity) if is_whole and activity.status == ActivityStatus.PUBLISHED else []


def only_told(activity: Activity, slot_ids: Collection[int], told: Told) -> Preview:
    """Return who is told of something that moves nobody and concerns these slots."""
    sessions = {slot.id for slot in activity.slots if slot.parent_id is None}
    return Preview(
        told=told.total,
        by_state=state_counts(told.by_state),
        clashes=0,
        lines=(),
        is_cut=False,
        fingerprint="",
        also_told=kind_of(activity).also_told(activity) if sessions & set(slot_ids) else (),
    )


def _ahead(activity: Activity, new: Mapping[int, Stop], now: datetime) -> dict[int, Stop]:
    ends = {slot.id: slot.ends_at for slot in activity.all_slots}
    return {slot_id: stop for slot_id, stop in new.items() if max(stop.ends_at, ends[slot_id]) > now}


def state_counts(by_state: Mapping[State, int]) -> list[tuple[str, int]]:
    """Return how many stand in each state, in words."""
    return [(str(STATE_WORDS[state]), number) for state, number in by_state.items()]


def _fingerprint(new: Mapping[int, Stop]) -> str:
    """Return what says that nothing of the move was changed between looking and saving."""
    parts = (
        f"{one}@{stop.starts_at.isoformat()}/{stop.ends_at.isoformat()}#{stop.venue_id}" for one, stop in sorted(new.items())
    )
    return sha256(" ".join(parts).encode()).hexdigest()[:16]


def _lines(found: Sequence[Conflict], may_know: MayKnow) -> list[ClashLine]:
    named = queries.sign_ups(conflict.moved.sign_up_id for conflict in found)
    others = queries.activities({conflict.other.activity_id for conflict in found})
    return [
        ClashLine(
            name=named[conflict.moved.sign_up_id].name or named[conflict.moved.sign_up_id].digits,
            state_words=str(STATE_WORDS[State(named[conflict.moved.sign_up_id].state)]),
            other=_other(others[conflict.other.activity_id], conflict, may_know),
            how=wording.clash_words(conflict.how),
        )
        for conflict in found
    ]


def _other(activity: Activity, conflict: Conflict, may_know: MayKnow) -> str:
    if not may_know(activity.id):
        return _("本人的另一项活动")
    stop = conflict.other.stop
    return f"{loc(activity, 'short_title') or loc(activity, 'title')} {span(stop.starts_at, stop.ends_at)}"
