"""When people may be asked whether they are still coming, and until when they must have answered. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from festival.lib.errors import Refused

#: Whoever must answer gets at least so long, and nobody is asked again sooner.
LEAST_TIME = timedelta(hours=12)


class Answer(StrEnum):
    """What a person said, or what their silence led to."""

    COMING = "coming"
    RELEASED = "released"
    #: The deadline passed without a word, and the place was given back.
    LAPSED = "lapsed"


class ReconfirmReason(StrEnum):
    """Why people are not asked."""

    PAST = "past"
    BEGUN = "begun"
    OFF = "off"
    RUNNING = "running"
    TOO_SOON = "too_soon"
    #: Places given back later than that are promoted to nobody.
    AFTER_CUTOFF = "after_cutoff"
    #: They were asked only just now.
    JUST_ASKED = "just_asked"
    NOBODY = "nobody"
    CHANGED = "changed"


class ReconfirmRefused(Refused):
    """Nothing was planned; ``reason`` is a ``ReconfirmReason``."""

    reason: ReconfirmReason


@dataclass(frozen=True, slots=True)
class Plan:
    """When to ask, and whether silence has a consequence."""

    #: None: at once.
    ask_at: datetime | None
    #: Until when to answer; who does not gives the place back. None: nothing happens by itself, ever.
    release_at: datetime | None


def problem_of(plan: Plan, *, starts_at: datetime, cutoff_at: datetime, now: datetime) -> ReconfirmReason | None:
    """Return what is wrong with a plan for a slot; None: nothing.

    :param cutoff_at: from then on nobody is promoted from the list by itself.
    """
    if starts_at <= now:
        return ReconfirmReason.BEGUN
    if plan.ask_at is not None and plan.ask_at <= now:
        return ReconfirmReason.PAST
    asks_at = plan.ask_at or now
    if asks_at >= starts_at:
        return ReconfirmReason.BEGUN
    if plan.release_at is None:
        return None
    if plan.release_at < asks_at + LEAST_TIME:
        return ReconfirmReason.TOO_SOON
    return ReconfirmReason.AFTER_CUTOFF if plan.release_at > cutoff_at else None
