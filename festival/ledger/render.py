"""What of the ledger anybody gets to read. Nothing unmasked leaves this module unless the reader may see names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from festival.ledger import queries, rules, wording
from festival.ledger.queries import Line, Releaser
from festival.ledger.wording import Told
from festival.lib import names
from festival.lib.format import digits, span
from festival.lib.i18n import _, loc
from festival.programme.models import Activity
from festival.signups.causes import Why, cause_of, what_of
from festival.signups.models import SignUp
from festival.signups.rules import COUNTED, State


@dataclass(frozen=True, slots=True)
class Shown:
    """One line as staff read it."""

    at: datetime
    pool: str
    sign_up_id: int | None
    #: Whose sign-up, as far as the reader may know.
    who: str
    actor: str
    words: str
    #: Words of the states, empty where the state stayed as it was.
    state_before: str
    state_after: str
    taken_before: int
    taken_after: int


@dataclass(frozen=True, slots=True)
class Own:
    """One line as the person whose sign-up it is reads it."""

    at: datetime
    words: str
    #: Staff did it for them.
    by_staff: bool


class Reader:
    """Puts lines of one activity into words for staff.

    :param by_name: the reader may see names.
    """

    def __init__(self, activity: Activity, *, by_name: bool) -> None:
        self._by_name = by_name
        self._pools = pool_names(activity)

    def lines(self, lines: Sequence[Line]) -> list[Shown]:
        """Return lines in words: a number of queries that does not depend on how many there are."""
        releasers, positions = queries.releasers(lines), queries.positions_when_joined(lines)
        return [self._shown(line, releasers.get(line.id), positions.get(line.id, 0)) for line in lines]

    def _shown(self, line: Line, releaser: Releaser | None, position: int) -> Shown:
        is_change = line.state_before != line.state_after
        who = self.who(releaser.name, releaser.digits) if releaser else ""
        return Shown(
            at=line.at,
            pool=self._pools.get(line.pool_id, ""),
            sign_up_id=line.sign_up_id,
            who=self.who(line.name, line.digits) if line.sign_up_id else "",
            actor=_("系统") if line.actor is None else line.actor or _("本人"),
            words=wording.staff_words(_told(line, releaser, position, who, self._pools)),
            state_before=wording.state_words(line.state_before) if is_change else "",
            state_after=wording.state_words(line.state_after) if is_change else "",
            taken_before=line.taken_before,
            taken_after=line.taken_after,
        )

    def who(self, name: str, code: str) -> str:
        """Return whose sign-up it is: the name as it may be read, else the digits of the ticket."""
        shown = name if self._by_name else names.masked(name)
        return shown or digits(code)


def pool_names(activity: Activity) -> dict[int, str]:
    """Return what an activity's pools are called, where there are several in a slot or in all."""
    slots = [slot for slot in activity.slots if slot.pools]
    named: dict[int, str] = {}
    for slot in slots:
        for pool in slot.pools:
            parts = [loc(slot, "label") or span(slot.starts_at, slot.ends_at)] if len(slots) > 1 else []
            parts += [loc(pool, "label") or pool.key] if len(slot.pools) > 1 else []
            named[pool.id] = " · ".join(parts)
    return named


def _told(line: Line, releaser: Releaser | None, position: int, who: str, pools: Mapping[int, str]) -> Told:
    cause = cause_of(line.why)
    is_of_a_pool = cause.why in {Why.LENT, Why.SWITCHED}
    return Told(
        what=what_of(line.what),
        cause=cause,
        state_before=line.state_before,
        state_after=line.state_after,
        party_size=line.party_size,
        position=position,
        who=who,
        released=releaser.what if releaser else what_of(""),
        released_state=releaser.state if releaser else "",
        pool=pools.get(cause.number or 0, "") if is_of_a_pool else "",
    )


def own_lines(sign_up: SignUp) -> list[Own]:
    """Return the history of a sign-up in words for its owner; nobody else is named in it."""
    lines = queries.history(sign_up.id)
    releasers, positions = queries.releasers(lines), queries.positions_when_joined(lines)
    return [
        Own(
            at=line.at,
            words=wording.own_words(_told(line, releasers.get(line.id), positions.get(line.id, 0), "", {})),
            by_staff=bool(line.actor) and line.what in _ONES_OWN,
        )
        for line in lines
    ]


#: What people do themselves; where staff did it for them, the line says so.
_ONES_OWN = frozenset({"signed_up", "confirmed", "party", "withdrawn"})


def explaining(lines: Sequence[Line]) -> slice:
    """Return which lines of a history say why it stands as it does: from the one that gave the place on, else the last."""
    start = len(lines) - 1
    while start > 0 and lines[start].state_before in COUNTED and lines[start].state_after in COUNTED:
        start -= 1
    return slice(max(start, 0), None)


def why_waiting(activity: Activity, sign_up: SignUp, now: datetime) -> list[str]:
    """Say everything that keeps a waiting sign-up from a place; empty where it does not wait."""
    if sign_up.state != State.WAITLISTED:
        return []
    queue = queries.queue(activity, sign_up, now)
    return [wording.hold_words(hold, queue) for hold in rules.holds(queue)]
