"""What moves along when a session moves in time: the times that its activity's kind speaks of."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from pydantic import ValidationError

from festival.lib.clock import local_day
from festival.lib.db import database_now
from festival.lib.documents import clock_moved, moved_where, times
from festival.lib.log import log
from festival.programme.kinds import Details, Move, details_of, kind_of
from festival.programme.models import Activity, Slot
from festival.programme.rules import Opening, moved_window


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a move means for the times in an activity's details."""

    before: Details
    after: Details
    #: Names of fields with times that move along, each once.
    moves: tuple[str, ...]
    #: Times that stay, with the names of their fields.
    stays: tuple[tuple[str, datetime | time], ...]


def belonging(starts_at: datetime, ends_at: datetime, session_id: int, slots: Sequence[Slot]) -> Callable[[datetime], bool]:
    """Return what tells whether an instant belongs to a session: by when that was, before it moved.

    It lies within its time, or on its days while no other session is on them. Others, such as until when one applies, stay unless
    the kind says that they follow: nobody else has said that they change.
    """
    others = [slot for slot in slots if slot.parent_id is None and slot.id != session_id]

    def belongs(at: datetime) -> bool:
        if starts_at <= at <= ends_at:
            return True
        is_of_its_days = local_day(starts_at) <= local_day(at) <= local_day(ends_at)
        return is_of_its_days and not any(local_day(one.starts_at) <= local_day(at) <= local_day(one.ends_at) for one in others)

    return belongs


def is_sole(session_id: int, slots: Sequence[Slot]) -> bool:
    """Tell whether a session is an activity's only one."""
    return all(slot.parent_id is not None or slot.id == session_id for slot in slots)


def clock_step(move: Move) -> timedelta:
    """Return by how much the time of day moves, whole days taken off; less than nothing: it is earlier in the day."""
    return move.step - (local_day(move.starts_at + move.step) - local_day(move.starts_at))


def clocks_follow(_before: Details, moved: Details, move: Move) -> Details:
    """Move every time of day with the clock of the session, for ``ActivityKind.details_follow``; past midnight none can."""
    try:
        return clock_moved(moved, clock_step(move))
    except ValueError:
        return moved


def foresee(activity: Activity, session: Slot, ends_at: datetime, move: Move, slots: Sequence[Slot]) -> Foreseen | None:
    """Return what a move means for the times in the details of an activity; None: it has no details. Nothing is written.

    :param ends_at: when the session ended before it moved.
    """
    details = details_of(activity)
    if details is None:
        return None
    moved = moved_where(details, move.step, belonging(move.starts_at, ends_at, session.id, slots))
    if is_sole(session.id, slots):
        moved = kind_of(activity).details_follow(details, moved, move)
    if not _is_valid(moved):  # some of its times moved and some did not: rather all as they were than a page that breaks
        log.warning("details not moved along with their session", activity=activity.id, slot=session.id)
        moved = details
    pairs = [(path, was, now) for (path, was), (_same, now) in zip(times(details), times(moved), strict=True)]
    return Foreseen(
        before=details,
        after=moved,
        moves=tuple(dict.fromkeys(path for path, was, now in pairs if was != now)),
        stays=tuple((path, was) for path, was, now in pairs if was == now and (clock_step(move) or isinstance(was, datetime))),
    )


def _text(details: Details) -> str:
    return json.dumps(details.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":"))


def _is_valid(details: Details) -> bool:
    try:
        type(details).model_validate_json(_text(details))
    except ValidationError:
        return False
    return True


def follow(activity: Activity, session: Slot, slots: Sequence[Slot], step: timedelta) -> None:
    """Move an agenda, stops and the like by the same step as the session they belong to, which has moved already."""
    kind, move = kind_of(activity), Move(session.starts_at - step, step, database_now())
    foreseen = foresee(activity, session, session.previous_ends_at or session.ends_at - step, move, slots)
    if foreseen is not None and foreseen.after != foreseen.before:
        activity.details = _text(foreseen.after)
    if is_sole(session.id, slots) and kind.window_follows:
        keep_distance(activity, move)
    kind.session_moved(activity, session, step)


def window_of(activity: Activity) -> Opening:
    """Return when an activity can be signed up for."""
    return Opening(activity.opens_at, activity.closes_at)


def keep_distance(activity: Activity, move: Move) -> None:
    """Let what is counted from an activity's start follow: until when one signs up, and gives a place back."""
    window = moved_window(window_of(activity), move.step, move.now)
    activity.opens_at, activity.closes_at = window.opens_at, window.closes_at
    if activity.cancel_until is not None:
        activity.cancel_until += move.step
