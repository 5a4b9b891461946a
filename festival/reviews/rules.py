"""What a reviewer may decide, and what follows from it. Pure."""

from enum import StrEnum

from festival.lib.errors import Refused
from festival.signups.rules import Ceiling, Places, Reason, State, Waitlists, Way


class Decision(StrEnum):
    """What a reviewer says of a sign-up."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK = "ask"


class ReviewReason(StrEnum):
    """Why a decision cannot be taken."""

    NOT_PENDING = "not_pending"
    OWN_SIGN_UP = "own_sign_up"
    NO_REASON = "no_reason"
    LIST_FULL = "list_full"
    ACTIVITY_NOT_ON = "activity_not_on"


class ReviewRefused(Refused):
    """An expected "no" to a reviewer; ``reason`` is a ``ReviewReason``."""

    reason: ReviewReason


def state_after_approval(  # everything a verdict rests on
    way: Way,
    places: Places,
    ceiling: Ceiling,
    waitlists: Waitlists,
    party_size: int,
    *,
    is_in_balance: bool = True,
) -> State | Reason:
    """Return what an approved sign-up becomes: in the hat of a ballot, in a place, or at its turn on the list.

    Nobody overtakes the list, and more approvals than places fill it in order. A full list takes nobody (``Reason.FULL``).

    :param is_in_balance: False: with it its quota would be too far ahead of the others.
    """
    if way == Way.BALLOT:
        return State.ENTERED
    fits_pool = places.has_room_for(party_size) and not places.is_queued_for and is_in_balance
    if fits_pool and ceiling.has_room_for(party_size) and not ceiling.is_queued_for:
        return State.CONFIRMED
    return State.WAITLISTED if waitlists.take(party_size) else Reason.FULL
