"""What a change of plan means for one sign-up: whether its time is off, and whether its person is asked to choose again."""

from datetime import datetime
from enum import StrEnum

from festival.lib.i18n import _, loc
from festival.programme.models import ActivityStatus, SlotStatus
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, must_choose


class Choice(StrEnum):
    """What a person is asked after the plan changed."""

    #: The time or place is another one now: keep the place, or release it.
    MOVED = "moved"
    #: The new time is not known yet: wait, or release the place.
    POSTPONED = "postponed"


def is_cancelled(sign_up: SignUp) -> bool:
    """Tell whether the activity or this time of it was called off."""
    return sign_up.activity.status == ActivityStatus.CANCELLED or sign_up.slot.status == SlotStatus.CANCELLED


def is_postponed(sign_up: SignUp) -> bool:
    """Tell whether the activity or this time of it waits for a new time."""
    is_off = sign_up.activity.status == ActivityStatus.POSTPONED or sign_up.slot.status == SlotStatus.POSTPONED
    return is_off and not is_cancelled(sign_up)


def choice_of(sign_up: SignUp, now: datetime) -> Choice | None:
    """Return what the person is asked; None: nothing. Whoever is asked is free to leave, however late it is."""
    if sign_up.state not in LIVE or is_cancelled(sign_up):
        return None
    if is_postponed(sign_up):
        return Choice.POSTPONED
    slot = sign_up.slot
    is_asked = must_choose(moved_at=slot.moved_at, signed_up_at=sign_up.signed_up_at, kept_at=sign_up.kept_at)
    return Choice.MOVED if is_asked and now < slot.ends_at else None


def reason_words(sign_up: SignUp) -> str:
    """Return why the plan changed, as its organizers said it; empty where they gave no reason."""
    words = loc(sign_up.slot, "plan_reason") or loc(sign_up.activity, "plan_reason")
    return _("原因：%(reason)s", reason=words) if words else ""
