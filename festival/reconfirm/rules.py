"""When people may be asked whether they are still coming, and until when they must have answered. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from festival.lib.errors import Refused
from festival.outbox.rules import quiet_until

#: Whoever must answer gets at least so long, and nobody is asked again sooner.
LEAST_TIME = timedelta(hours=12)
#: A question that leaves later than planned by no more than that keeps its deadline.
_LATE = timedelta(hours=1)


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


def heard_at(asked_at: datetime) -> datetime:
    """Return when people hear of a question: at night no telephone rings.

    :param asked_at: in the festival's wall time.
    """
    return quiet_until(asked_at) or asked_at


def is_deadline_fair(release_at: datetime, asked_at: datetime) -> bool:
    """Tell whether a deadline still leaves the time that it was to leave, when people are asked only now.

    :param asked_at: in the festival's wall time.
    """
    return release_at >= heard_at(asked_at) + LEAST_TIME - _LATE


def problem_of(plan: Plan, *, starts_at: datetime, cutoff_at: datetime, now: datetime) -> ReconfirmReason | None:
    """Return what is wrong with a plan for a slot; None: nothing.

    :param starts_at: in the festival's wall time, which tells the night.
    :param cutoff_at: from then on nobody is promoted from the list by itself.
    """
    if starts_at <= now:
        return ReconfirmReason.BEGUN
    if plan.ask_at is not None and plan.ask_at <= now:
        return ReconfirmReason.PAST
    heard = heard_at((plan.ask_at or now).astimezone(starts_at.tzinfo))
    if heard >= starts_at:
        return ReconfirmReason.BEGUN
    if plan.release_at is None:
        return None
    if plan.release_at < heard + LEAST_TIME:
        return ReconfirmReason.TOO_SOON
    return ReconfirmReason.AFTER_CUTOFF if plan.release_at > cutoff_at else None
