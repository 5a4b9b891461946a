"""What kinds of activities do when a sign-up changes its state: in the same transaction, the activity locked.

The seam for kinds: a break-out that goes when the forum's place goes, a number that is given at the door.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from festival.lib.db import db
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Moved:
    """A sign-up that has just come into a state."""

    sign_up: SignUp
    #: None: it was made just now.
    before: State | None

    @property
    def after(self) -> State:
        """The state it is in."""
        return self.sign_up.state


Follower: TypeAlias = Callable[[Moved], None]

_followers: dict[str, tuple[Follower, ...]] = {}


def register(followers: Mapping[str, Sequence[Follower]]) -> None:
    """Make known, by kind of activity, who follows its sign-ups; called once by the composition root."""
    _followers.clear()
    _followers.update((kind, tuple(each)) for kind, each in followers.items() if each)


def tell(sign_up: SignUp, before: State) -> None:
    """Tell the kind's followers that a sign-up left the state it was in. What they do may be refused like any other act."""
    for follow in _followers.get(sign_up.activity.kind, ()) if _followers else ():
        follow(Moved(sign_up, before))


def tell_made(kind: str, sign_up_id: int) -> None:
    """Tell the kind's followers that a sign-up was made; nothing is read where nobody follows."""
    if kind in _followers:
        sign_up = db.session.get_one(SignUp, sign_up_id)
        for follow in _followers[kind]:
            follow(Moved(sign_up, None))
