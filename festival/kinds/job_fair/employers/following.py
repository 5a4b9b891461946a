"""What seekers' applications do when an employer's side changes: in the same transaction, the fair locked.

Seekers stand above employers, so they say here what follows; employers do not know what it is.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

#: Called with an id, the employer's, the recruiter's or the position's, and the time.
Follower: TypeAlias = Callable[[int, datetime], None]

_left: list[Follower] = []
_unnamed: list[Follower] = []
_hidden: list[Follower] = []


def register(*, left: Follower, unnamed: Follower, hidden: Follower) -> None:
    """Make known who follows when an employer or a recruiter takes part no more, or a position is taken down."""
    _left[:] = [left]
    _unnamed[:] = [unnamed]
    _hidden[:] = [hidden]


def tell_left(employer_id: int, now: datetime) -> None:
    """Tell that an employer takes part no more."""
    for follow in _left:
        follow(employer_id, now)


def tell_unnamed(recruiter_id: int, now: datetime) -> None:
    """Tell that somebody recruits for an employer no more."""
    for follow in _unnamed:
        follow(recruiter_id, now)


def tell_hidden(position_id: int, now: datetime) -> None:
    """Tell that organizers have taken a position out of sight."""
    for follow in _hidden:
        follow(position_id, now)
