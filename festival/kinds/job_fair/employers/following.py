"""What seekers' applications do when an employer's side changes: in the same transaction, the fair locked.

Seekers stand above employers, so they say here what follows; employers do not know what it is.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

#: Called with an id, the employer's or the recruiter's, and the time.
Follower: TypeAlias = Callable[[int, datetime], None]

_left: list[Follower] = []
_unnamed: list[Follower] = []


def register(*, left: Follower, unnamed: Follower) -> None:
    """Make known who follows when an employer takes part no more, and when somebody recruits for it no more."""
    _left[:] = [left]
    _unnamed[:] = [unnamed]


def tell_left(employer_id: int, now: datetime) -> None:
    """Tell that an employer takes part no more."""
    for follow in _left:
        follow(employer_id, now)


def tell_unnamed(recruiter_id: int, now: datetime) -> None:
    """Tell that somebody recruits for an employer no more."""
    for follow in _unnamed:
        follow(recruiter_id, now)
