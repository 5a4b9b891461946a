"""Reading whom a change of plan concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, select
from sqlalchemy.orm import aliased

from festival.lib.db import db
from festival.plans.rules import Booked, Conflict, conflicts
from festival.programme.models import Activity, ActivityStatus, PoolBatch, Slot, SlotStatus, Venue
from festival.signups import mine
from festival.signups.models import SignUp
from festival.signups.rules import CLAIMING, CONCERNED, LIVE, State, Stop, Waiting


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of a change: sign-ups by what they are, and persons with their parties."""

    by_state: Mapping[State, int]

    @property
    def total(self) -> int:
        """Sign-ups, each of one person who reads the message."""
        return sum(self.by_state.values())


def told(slot_ids: Iterable[int]) -> Told:
    """Return the sign-ups that what becomes of some slots concerns, counted by state in the order of their life."""
    rows = db.session.execute(
        select(SignUp.state, func.count(SignUp.id).label("sign_ups"))
        .where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state.in_(CONCERNED))
        .group_by(SignUp.state),
    )
    found = {State(row.state): row.sign_ups for row in rows}
    return Told({state: found[state] for state in State if state in found})


@dataclass(frozen=True, slots=True)
class Answers:
    """What those who were asked after a move have answered, in sign-ups."""

    kept: int
    #: Kept by saying nothing so far.
    silent: int

    @property
    def asked(self) -> int:
        """All who still have their place and were asked."""
        return self.kept + self.silent


def answers(activity_id: int) -> dict[int, Answers]:
    """Return by slot what people have answered since its last move; a slot that was not moved is left out."""
    kept = case((SignUp.kept_at >= Slot.moved_at, 1), else_=0)
    rows = db.session.execute(
        select(SignUp.slot_id, func.sum(kept).label("kept"), func.count(SignUp.id).label("asked"))
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(SignUp.activity_id == activity_id, SignUp.state.in_(LIVE), SignUp.signed_up_at < Slot.moved_at)
        .group_by(SignUp.slot_id),
    )
    return {row.slot_id: Answers(int(row.kept), row.asked - int(row.kept)) for row in rows}


# -- who gets a clash ---------------------------------------------------------------------------------------------------------

_OWN, _HOME = aliased(Venue), aliased(Venue)
_BOOKED = (
    select(
        SignUp.id,
        SignUp.person_id,
        SignUp.slot_id,
        SignUp.activity_id,
        Slot.starts_at,
        Slot.ends_at,
        _OWN.id.label("own_id"),
        _OWN.lat.label("own_lat"),
        _OWN.lon.label("own_lon"),
        _HOME.id.label("home_id"),
        _HOME.lat.label("home_lat"),
        _HOME.lon.label("home_lon"),
    )
    .join(Slot, Slot.id == SignUp.slot_id)
    .join(Activity, Activity.id == SignUp.activity_id)
    .join(_HOME, _HOME.id == Activity.venue_id)
    .outerjoin(_OWN, _OWN.id == Slot.venue_id)
    .order_by(SignUp.id)
)


#: An appointment, such as an interview, takes its time without a sign-up of its own.
_NO_SIGN_UP = 0


def newly_clashing(new: Mapping[int, Stop], now: datetime) -> list[Conflict]:
    """Return whom a move of slots puts into two places at once, in as few queries however many people there are.

    :param new: where each moved slot will be, by its id.
    """
    here = SignUp.slot_id.in_(list(new))
    # What belongs to the mover's own people, found by a subquery: a list of ids would outgrow the statement.
    theirs = aliased(SignUp)
    people = select(theirs.person_id).where(theirs.slot_id.in_(list(new)), theirs.state.in_(LIVE))
    moved = _booked(_BOOKED.where(here, SignUp.state.in_(LIVE)))
    others = _booked(_BOOKED.where(~here, SignUp.person_id.in_(people), *_takes_time(now)))
    its_own = {one.activity_id for one in moved}
    kept = [
        Booked(_NO_SIGN_UP, person_id, _NO_SIGN_UP, one.activity_id, one.stop)
        for person_id, one in mine.appointments_among(people)
        if one.activity_id not in its_own  # they move along
    ]
    return conflicts(moved, new, [*others, *kept])


def _takes_time(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is off or over is in nobody's way; an offer past its deadline neither."""
    lapsed = (SignUp.state == State.OFFERED) & (SignUp.offered_until <= now)
    return (
        SignUp.state.in_(LIVE),
        ~lapsed,
        Slot.ends_at > now,
        Slot.status == SlotStatus.SCHEDULED,
        Activity.status == ActivityStatus.PUBLISHED,
    )


def _booked(statement: Select[*tuple[Any, ...]]) -> list[Booked]:
    return [
        Booked(
            sign_up_id=row.id,
            person_id=row.person_id,
            slot_id=row.slot_id,
            activity_id=row.activity_id,
            stop=_stop(row),
        )
        for row in db.session.execute(statement)
    ]


def _stop(row: Row[*tuple[Any, ...]]) -> Stop:
    is_own = row.own_id is not None
    lat, lon = (row.own_lat, row.own_lon) if is_own else (row.home_lat, row.home_lon)
    point = None if lat is None or lon is None else (lat, lon)
    return Stop(row.starts_at, row.ends_at, row.own_id if is_own else row.home_id, point)


def sign_ups(ids: Iterable[int]) -> dict[int, SignUp]:
    """Return sign-ups by id."""
    wanted = list(ids)
    return {one.id: one for one in db.session.scalars(select(SignUp).where(SignUp.id.in_(wanted)))} if wanted else {}


def activities(ids: Iterable[int]) -> dict[int, Activity]:
    """Return activities by id."""
    wanted = list(ids)
    return {one.id: one for one in db.session.scalars(select(Activity).where(Activity.id.in_(wanted)))} if wanted else {}


# -- pools ----------------------------------------------------------------------------------------------------------------------


def _parties(*conditions: ColumnElement[bool]) -> list[Waiting]:
    rows = db.session.execute(
        select(SignUp.id, SignUp.pool_id, SignUp.party_size, SignUp.priority, SignUp.joined_at)
        .where(*conditions)
        .order_by(SignUp.priority, SignUp.joined_at, SignUp.id),
    )
    return [Waiting(row.id, row.pool_id, row.party_size, row.priority, row.joined_at) for row in rows]


def seated(pool_ids: Iterable[int]) -> list[Waiting]:
    """Return the parties with a place in some pools that nobody has let in yet, offers included, in queue order."""
    has_place = SignUp.state.in_((State.CONFIRMED, State.OFFERED))
    return _parties(SignUp.pool_id.in_(list(pool_ids)), has_place, SignUp.arrived == 0, SignUp.counted.is_(True))


def waiting(pool_ids: Iterable[int]) -> list[Waiting]:
    """Return the parties that wait for some pools, in the order of one list."""
    return _parties(SignUp.pool_id.in_(list(pool_ids)), SignUp.state == State.WAITLISTED)


def batches_to_come(pool_id: int) -> list[PoolBatch]:
    """Return the batches of places that a pool does not have yet, by time."""
    to_come = select(PoolBatch).where(PoolBatch.pool_id == pool_id, PoolBatch.released_at.is_(None)).order_by(PoolBatch.at)
    return list(db.session.scalars(to_come.execution_options(populate_existing=True)))


def belonging(pool_id: int) -> list[SignUp]:
    """Return the sign-ups of a pool that are live or used, in queue order."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.pool_id == pool_id, SignUp.state.in_(CLAIMING))
            .order_by(SignUp.priority, SignUp.joined_at, SignUp.id)
            .execution_options(populate_existing=True),
        ),
    )
