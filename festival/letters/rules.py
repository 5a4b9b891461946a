"""Who gets a letter unless somebody says otherwise, how far it has got, and when it leaves. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from festival.lib.errors import Refused
from festival.outbox.rules import quiet_until
from festival.signups.rules import State

#: Who holds a place, or may still be given one by a decision. Who waits, has left or was refused is written to only when chosen.
USUAL = frozenset({State.CONFIRMED, State.ATTENDED, State.OFFERED, State.PENDING, State.ENTERED})

#: What stands for a reader's own values: its name in Chinese and in English texts, and the value behind it.
PLACEHOLDERS: dict[str, str] = {
    "姓名": "name", "活动": "title", "时间": "time", "地点": "place", "签到码": "digits", "名额": "pool",
    "name": "name", "title": "title", "time": "time", "place": "place", "code": "digits", "pool": "pool",
}  # fmt: skip


class LetterReason(StrEnum):
    """Why a letter is not sent."""

    NOBODY = "nobody"
    CHANGED = "changed"
    STOPPED = "stopped"


class LetterRefused(Refused):
    """Nothing was sent; ``reason`` is a ``LetterReason``."""

    reason: LetterReason


def leaves_at(local: datetime, *, is_urgent: bool) -> datetime | None:
    """Return when a letter written now may leave; None: at once."""
    return None if is_urgent else quiet_until(local)


def is_still_for(state: State, states: Iterable[str]) -> bool:
    """Tell whether a letter is still for somebody whose sign-up has come to be in a state since it was written.

    :param states: those that it was for; none: nobody chose, and it goes to whoever it was written to.
    """
    chosen = frozenset(states)
    return not chosen or state in USUAL or state.value in chosen


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a letter has got, in people."""

    sent: int = 0
    #: It has not been tried yet.
    waiting: int = 0
    #: It was tried and will be tried again.
    retrying: int = 0
    failed: int = 0
    #: It was stopped first, or its reader was gone or no longer meant.
    dropped: int = 0

    @property
    def is_running(self) -> bool:
        """Whether anything may still leave."""
        return self.waiting + self.retrying > 0
