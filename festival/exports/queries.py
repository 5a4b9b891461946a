"""Reading what only lists to take away hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import case, func, select

from festival.exports.rules import Figures, over
from festival.lib.db import db
from festival.lib.sealing import SealBroken
from festival.programme.models import Activity, Pool, Slot
from festival.roster.queries import Row, stands
from festival.roster.rules import EXPECTED
from festival.signups import answers
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State

V = TypeVar("V")
#: Rows read at once: memory stays flat.
_CHUNK = 500


def chunks(rows: Iterable[V], size: int = _CHUNK) -> Iterator[list[V]]:
    """Yield rows some hundred at a time."""
    left = iter(rows)
    while some := list(islice(left, size)):
        yield some


def with_answers(rows: Iterable[Row], keys: Sequence[str]) -> Iterator[tuple[Row, dict[str, str]]]:
    """Yield rows with the answers to some questions in clear, sealed ones too. Only for a reason that is recorded.

    What no key opens any more is left out.
    """
    for some in chunks(rows):
        found: dict[int, dict[str, str]] = {}
        asked = select(Answer).where(Answer.sign_up_id.in_([row.id for row in some]), Answer.question_key.in_(keys))
        for answer in db.session.scalars(asked):
            try:
                found.setdefault(answer.sign_up_id, {})[answer.question_key] = answers.read(answer)
            except SealBroken:
                continue
            finally:
                db.session.expunge(answer)  # what is in clear does not stay in memory
        for row in some:
            yield row, found.get(row.id, {})


def rows_of(activity_id: int, slot: Slot | None, *, expected: bool) -> int:
    """Return how many rows a list will have, about: all sign-ups, or those expected."""
    where = [SignUp.activity_id == activity_id]
    if expected:
        where.append(SignUp.state.in_(EXPECTED))
        where += [SignUp.slot_id == slot.id] if slot else []
    return db.session.execute(select(func.count(SignUp.id)).where(*where)).scalar_one()


def beside(rows: Iterable[Row], look: Callable[[list[Row]], Mapping[int, V]]) -> Iterator[tuple[Row, V]]:
    """Yield rows, each with what is looked up beside it, some hundred at a time; what has nothing beside it is left out."""
    for some in chunks(rows):
        found = look(some)
        yield from ((row, found[row.id]) for row in some if row.id in found)


@dataclass(frozen=True, slots=True)
class PoolFigures:
    """How many in one pool of one slot."""

    activity: Activity
    slot: Slot
    pool: Pool
    figures: Figures


def figures(activities: Sequence[Activity], now: datetime) -> list[PoolFigures]:
    """Return how many in every pool of some activities, by time; one query however many there are."""
    state = stands(now).label("state")
    sums = {
        "persons": func.sum(SignUp.party_size).label("persons"),
        "came": func.sum(SignUp.arrived).label("came"),
    }
    found: dict[int, dict[State, tuple[int, int]]] = {}
    for row in db.session.execute(
        select(SignUp.pool_id, state, sums["persons"], sums["came"])
        .where(SignUp.activity_id.in_([activity.id for activity in activities]), SignUp.counted)
        .group_by(SignUp.pool_id, state),
    ):
        found.setdefault(row.pool_id, {})[State(row.state)] = (int(row.persons), int(row.came))
    return [
        PoolFigures(activity, slot, pool, over(_figures(pool, found.get(pool.id, {})), is_over=slot.ends_at <= now))
        for activity in activities
        for slot in activity.slots
        for pool in slot.pools
        if not pool.is_closed or pool.id in found
    ]


def _figures(pool: Pool, by_state: dict[State, tuple[int, int]]) -> Figures:
    def of(*states: State) -> int:
        return sum(by_state.get(state, (0, 0))[0] for state in states)

    return Figures(
        places=0 if pool.is_closed else pool.capacity,
        signed_up=of(*State),
        undecided=of(State.PENDING, State.ENTERED, State.OFFERED),
        waitlisted=of(State.WAITLISTED),
        withdrawn=of(State.WITHDRAWN, State.REMOVED),
        refused=of(State.REJECTED, State.EXPIRED),
        expected=of(*EXPECTED),
        came=sum(came for _persons, came in by_state.values()),
    )


def uncounted(activities: Sequence[Activity]) -> int:
    """Return how many staff and speakers have signed up, who take nobody's place."""
    held = case((SignUp.state.in_(EXPECTED), SignUp.party_size), else_=0)
    ids = [activity.id for activity in activities]
    found = db.session.scalar(select(func.sum(held)).where(SignUp.activity_id.in_(ids), SignUp.counted.is_(False)))
    return int(found or 0)
