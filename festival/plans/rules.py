"""Which changes of plan are possible, and whom they concern. Pure: plain values in, a verdict out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from festival.signups.rules import Clash, Stop, clash


@dataclass(frozen=True, slots=True)
class Booked:
    """A sign-up and the time and place it takes of its person."""

    sign_up_id: int
    person_id: int
    slot_id: int
    activity_id: int
    stop: Stop


@dataclass(frozen=True, slots=True)
class Conflict:
    """A sign-up whose new time or place is in the way of something else of the same person."""

    moved: Booked
    other: Booked
    how: Clash


def shifted(
    stops: Mapping[int, Stop], slot_id: int, starts_at: datetime, ends_at: datetime, children: Iterable[int]
) -> dict[int, Stop]:
    """Return where every slot will be once a session has moved in time: its children keep their distance from its start.

    :param stops: where each slot is now, by id.
    :param children: the slots that belong to it.
    """
    step = starts_at - stops[slot_id].starts_at
    new = dict(stops)
    new[slot_id] = replace(stops[slot_id], starts_at=starts_at, ends_at=ends_at)
    for child in children:
        was = stops[child]
        new[child] = replace(was, starts_at=was.starts_at + step, ends_at=was.ends_at + step)
    return new


def placed(stops: Mapping[int, Stop], slot_ids: Iterable[int], there: Stop) -> dict[int, Stop]:
    """Return where every slot will be once some of them are held elsewhere. ``there``: any time at the new place."""
    return dict(stops) | {one: replace(stops[one], venue_id=there.venue_id, point=there.point) for one in slot_ids}


def conflicts(moved: Sequence[Booked], new: Mapping[int, Stop], others: Sequence[Booked]) -> list[Conflict]:
    """Return what a move newly puts into each other's way; what clashed before and still does is nobody's news.

    :param moved: the sign-ups of the slots that move, as they are now.
    :param new: where those slots will be.
    :param others: whatever else the same persons have.
    """
    of_person: dict[int, list[Booked]] = {}
    for other in (*others, *moved):
        of_person.setdefault(other.person_id, []).append(other)
    found = []
    for one in moved:
        for other in of_person[one.person_id]:
            if other.sign_up_id == one.sign_up_id or (other.slot_id in new and other.sign_up_id < one.sign_up_id):
                continue  # itself, or a pair that was looked at from the other side
            will = replace(other, stop=new.get(other.slot_id, other.stop))
            how = clash(new[one.slot_id], will.stop)
            if how is not None and clash(one.stop, other.stop) is None:
                found.append(Conflict(replace(one, stop=new[one.slot_id]), will, how))
    return found
