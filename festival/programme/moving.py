"""What moves along when a session moves in time: the times that its activity's kind speaks of."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from festival.lib.clock import local_day
from festival.lib.db import database_now
from festival.lib.documents import moved_where
from festival.lib.log import log
from festival.programme.kinds import Move, details_of, kind_of
from festival.programme.models import Activity, Slot
from festival.programme.rules import Opening, moved_window


def follow(activity: Activity, session: Slot, slots: Sequence[Slot], step: timedelta) -> None:
    """Move an agenda, stops and the like by the same step as the session they belong to, which has moved already.

    An instant belongs to the session within whose old time it lies, or to the only session of its day. Others, such as until when
    one applies, stay unless the kind says that they follow: nobody else has said that they change.
    """
    kind, move = kind_of(activity), Move(session.starts_at - step, step, database_now())
    starts_at, ends_at = session.starts_at - step, session.previous_ends_at or session.ends_at - step
    others = [slot for slot in slots if slot.parent_id is None and slot.id != session.id]

    def belongs(at: datetime) -> bool:
        if starts_at <= at <= ends_at:
            return True
        is_of_its_days = local_day(starts_at) <= local_day(at) <= local_day(ends_at)
        return is_of_its_days and not any(local_day(one.starts_at) <= local_day(at) <= local_day(one.ends_at) for one in others)

    details = details_of(activity)
    if details is not None:
        moved = moved_where(details, step, belongs)
        if not others:
            moved = kind.details_follow(details, moved, move)
        text = json.dumps(moved.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":"))
        try:
            type(details).model_validate_json(text)
        except ValidationError:  # some of its times moved and some did not: rather all as they were than a page that breaks
            log.warning("details not moved along with their session", activity=activity.id, slot=session.id)
        else:
            if moved != details:
                activity.details = text
    if not others and kind.window_follows:
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
