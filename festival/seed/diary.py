"""What the demo's people and its office do between two instants, in the order of time, each with the clock at its own moment."""

import heapq
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import TypeAlias

from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import Refused
from festival.signups.models import SignUp

Act: TypeAlias = Callable[[], object]
#: Tells through which gate somebody comes in, by its id; None: through any.
GateOf: TypeAlias = Callable[[SignUp], int | None]


@dataclass(slots=True)
class Diary:
    """Acts from one instant on until before another. An act may write further ones down.

    It is written anew for each stretch of time, from what stands in the database and from the dates of the activities: an act of
    the same moment must be the same act each time, and should ask for the state of things only when it happens.
    """

    #: What happened before it has happened already; None: nothing has.
    since: datetime | None
    #: What happens from then on is for another day.
    until: datetime
    #: Whose people come in through gates of their own, by activity.
    gates: dict[int, GateOf] = field(default_factory=dict)
    #: Activities whose people are scanned out again, however long ago that was: something depends on it.
    leave: set[int] = field(default_factory=set)
    _acts: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)

    @property
    def is_first(self) -> bool:
        """Tell whether this is how the demo begins: the people have just signed up."""
        return self.since is None

    @property
    def reached(self) -> datetime:
        """Return before when everything has happened."""
        return self._acts[0][0] if self._acts else self.until

    @property
    def is_over(self) -> bool:
        """Tell whether everything has happened."""
        return not self._acts

    def spans(self, first: datetime, last: datetime) -> bool:
        """Tell whether any of the time from ``first`` to ``last`` lies in the diary: else nothing of it need be written down."""
        return first < self.until and (self.since is None or self.since <= last)

    def at(self, when: datetime, act: Act) -> None:
        """Write down what happens at an instant; at another day's, or one that is past: nothing is."""
        if when < self.until and (self.since is None or self.since <= when):
            heapq.heappush(self._acts, (when, next(self._order), act))

    def live(self, most: int) -> int:
        """Let up to so many acts happen, and return how many did. What is refused does not happen, as in life."""
        done = 0
        while self._acts and done < most:
            at, _, act = heapq.heappop(self._acts)
            with clock.frozen_at(at), suppress(Refused):
                act()
            db.session.flush()  # services that read a row afresh must find what the last act wrote
            done += 1
        return done
