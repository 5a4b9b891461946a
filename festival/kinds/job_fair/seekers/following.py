"""What becomes of a seeker's interviews when their place at the fair changes: in the same transaction, the fair locked."""

from festival.kinds.job_fair.seekers import service
from festival.signups.following import Moved
from festival.signups.rules import State

_COMING = frozenset({State.CONFIRMED, State.ATTENDED})


def follow(moved: Moved) -> None:
    """Give interviews back when the place that led to them is gone."""
    if moved.before in _COMING and moved.after not in _COMING and moved.after != State.NO_SHOW:
        service.entry_lost(moved.sign_up.person_id, moved.sign_up.activity_id)
