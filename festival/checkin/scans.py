"""Reading gates and scans, who is inside, and whose code it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from festival.checkin.models import Gate, Scan
from festival.checkin.rules import Typed, Undoable, Way, lookup_of
from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.text import search_key
from festival.programme.models import Activity, Pool, Slot, SlotStatus
from festival.signups.models import SignUp
from festival.signups.rules import State

#: Rows that a search or a report shows.
MOST = 30
#: Characters that a search needs: two, so that a page of names is no roster.
FEWEST = 2

# Every scan asks these: built once, since building a statement costs three times what asking the database does.
_AT_THE_DOOR = (
    select(SignUp)
    .options(
        joinedload(SignUp.activity),
        joinedload(SignUp.slot).joinedload(Slot.parent),
        joinedload(SignUp.pool),
    )
    .execution_options(populate_existing=True)
)
_BY_CODE = _AT_THE_DOOR.where(SignUp.code == bindparam("code"))
_BY_DIGITS = _AT_THE_DOOR.where(SignUp.digits == bindparam("digits"))
_BY_ID = _AT_THE_DOOR.where(SignUp.id == bindparam("its_id"))
_BY_NONCE = select(Scan).where(Scan.nonce == bindparam("nonce"))
_INSIDE = select(func.coalesce(func.sum(Scan.inside_by), 0)).where(Scan.sign_up_id == bindparam("sign_up_id"))
_OPEN_GATE = select(Gate.id).where(
    Gate.id == bindparam("gate_id"),
    Gate.activity_id == bindparam("activity_id"),
    Gate.closed_at.is_(None),
)
_UNDONE = aliased(Scan)


# -- one scan, one sign-up ---------------------------------------------------------------------------------------------------


def scan_of(nonce: str) -> Scan | None:
    """Return the scan of a nonce; None: it was never sent."""
    return db.session.scalar(_BY_NONCE, {"nonce": nonce})


def scan(activity_id: int, scan_id: int) -> Scan:
    """Return a scan of an activity.

    :raises NotFound: it has no such scan.
    """
    found = db.session.scalar(select(Scan).where(Scan.id == scan_id, Scan.activity_id == activity_id))
    if found is None:
        raise NotFound
    return found


def by_typed(typed: Typed) -> SignUp | None:
    """Return whose code or digits these are, of whatever activity; None: nobody's."""
    if typed.is_digits:
        return db.session.scalar(_BY_DIGITS, {"digits": typed.text})
    return db.session.scalar(_BY_CODE, {"code": typed.text})


def at_the_door(sign_up_id: int | None) -> SignUp | None:
    """Return a sign-up with what the door shows of it, read afresh."""
    return None if sign_up_id is None else db.session.scalar(_BY_ID, {"its_id": sign_up_id})


def lookups(activity_id: int) -> Callable[[str], int | None]:
    """Return what finds an activity's sign-ups by ``rules.lookup_of``: all of them are read once."""
    rows = db.session.execute(select(SignUp.id, SignUp.code).where(SignUp.activity_id == activity_id))
    return {lookup_of(activity_id, row.code): row.id for row in rows}.get


def inside(sign_up_id: int) -> int:
    """Return how many persons of a party are inside now."""
    return int(db.session.execute(_INSIDE, {"sign_up_id": sign_up_id}).scalar_one())


def undoable(found: Scan) -> Undoable:
    """Return a scan with what has been taken back of it."""
    row = db.session.execute(
        select(func.coalesce(func.sum(Scan.persons), 0), func.coalesce(func.sum(-Scan.arrived_by), 0)).where(
            Scan.undoes_id == found.id,
        ),
    ).one()
    return Undoable(found.way, found.persons, found.arrived_by, int(row[0]), int(row[1]))


def last_in(sign_up_id: int) -> Scan | None:
    """Return the last scan by which somebody of a party was let in and that was not taken back, with gate and staff."""
    undone = select(func.coalesce(func.sum(_UNDONE.persons), 0)).where(_UNDONE.undoes_id == Scan.id).scalar_subquery()
    return db.session.scalar(
        select(Scan)
        .where(Scan.sign_up_id == sign_up_id, Scan.way == Way.IN, Scan.persons > undone)
        .order_by(Scan.id.desc())
        .limit(1)
        .options(joinedload(Scan.gate), joinedload(Scan.actor)),
    )


# -- gates -------------------------------------------------------------------------------------------------------------------


def gates(activity_id: int, *, with_closed: bool = False) -> list[Gate]:
    """Return the gates of an activity by name."""
    chosen = select(Gate).where(Gate.activity_id == activity_id).order_by(Gate.name, Gate.id)
    return list(db.session.scalars(chosen if with_closed else chosen.where(Gate.closed_at.is_(None))))


def gate(activity_id: int, gate_id: int) -> Gate:
    """Return a gate of an activity.

    :raises NotFound: it has no such gate.
    """
    found = db.session.scalar(select(Gate).where(Gate.id == gate_id, Gate.activity_id == activity_id))
    if found is None:
        raise NotFound
    return found


def takes_walk_ins(activity_id: int) -> bool:
    """Tell whether people can come to an activity without a sign-up."""
    return bool(db.session.scalar(select(Activity.allows_walk_ins).where(Activity.id == activity_id)))


def has_gate(activity_id: int, gate_id: int) -> bool:
    """Tell whether an activity has a gate that may be chosen."""
    return db.session.scalar(_OPEN_GATE, {"activity_id": activity_id, "gate_id": gate_id}) is not None


def gate_named(activity_id: int, name: str) -> Gate | None:
    """Return an activity's gate of a name, also a closed one."""
    return db.session.scalar(select(Gate).where(Gate.activity_id == activity_id, Gate.name == name))


# -- live numbers ------------------------------------------------------------------------------------------------------------


def days_with_slots(activity: Activity, now: datetime, most: int) -> list[Slot]:
    """Return an activity's slots with pools on its next days, today first; on its last day once all are over."""
    held = [slot for slot in activity.slots if slot.open_pools]
    today = clock.local_day(now)
    ahead = sorted({clock.local_day(slot.starts_at) for slot in held if clock.local_day(slot.ends_at) >= today})
    past = sorted({clock.local_day(slot.starts_at) for slot in held})[-1:]
    chosen = set(ahead[:most] or past)
    return [slot for slot in held if clock.local_day(slot.starts_at) in chosen]


@dataclass(frozen=True, slots=True)
class Count:
    """Persons of one pool, or of several."""

    expected: int
    arrived: int
    inside: int


def counts(slot_ids: Sequence[int]) -> dict[int, Count]:
    """Return by pool how many are expected, have come, and are inside now; a pool that nobody has a place in is left out."""
    expected = db.session.execute(
        select(SignUp.pool_id, func.sum(SignUp.party_size).label("expected"), func.sum(SignUp.arrived).label("arrived"))
        .where(SignUp.slot_id.in_(slot_ids), SignUp.state.in_((State.CONFIRMED, State.ATTENDED, State.NO_SHOW)))
        .group_by(SignUp.pool_id),
    ).all()
    inside_now = {
        row.pool_id: int(row.inside)
        for row in db.session.execute(
            select(SignUp.pool_id, func.sum(Scan.inside_by).label("inside"))
            .join(SignUp, SignUp.id == Scan.sign_up_id)
            .where(SignUp.slot_id.in_(slot_ids))
            .group_by(SignUp.pool_id),
        )
    }
    return {row.pool_id: Count(int(row.expected), int(row.arrived), inside_now.get(row.pool_id, 0)) for row in expected}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a session with places of its own."""

    slot: Slot
    #: Persons; None: unlimited.
    capacity: int | None
    count: Count


def parts(session_ids: Sequence[int]) -> list[Part]:
    """Return the parts of some sessions that have places of their own and take place, by time; one query where there are none."""
    found = db.session.execute(
        select(Slot, Pool)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(
            Slot.parent_id.in_(session_ids),
            Slot.is_extra.is_(True),
            Slot.status == SlotStatus.SCHEDULED,
            Pool.is_closed.is_(False),
        )
        .order_by(Slot.starts_at, Slot.id, Pool.position)
        .execution_options(populate_existing=True),
    ).all()
    counted = counts([row.Slot.id for row in found]) if found else {}
    return [Part(row.Slot, row.Pool.capacity, counted.get(row.Pool.id, Count(0, 0, 0))) for row in found]


def inside_by_session(session_ids: Sequence[int]) -> dict[int, int]:
    """Return how many persons are inside now, by session."""
    rows = db.session.execute(
        select(SignUp.session_id, func.sum(Scan.inside_by).label("inside"))
        .join(SignUp, SignUp.id == Scan.sign_up_id)
        .where(SignUp.session_id.in_(session_ids))
        .group_by(SignUp.session_id),
    )
    return {row.session_id: int(row.inside) for row in rows}


@dataclass(frozen=True, slots=True)
class GateCount:
    """What went through one gate since a time. Persons; ``gate_id`` None: no gate was chosen."""

    gate_id: int | None
    came: int
    left: int
    last_at: datetime


def by_gate(activity_id: int, since: datetime) -> list[GateCount]:
    """Return what went through each gate since a time; what was taken back is taken off the gate it was scanned at."""
    of = aliased(Scan)
    signed = case((Scan.way == Way.UNDO, -Scan.persons), else_=Scan.persons)
    way = func.coalesce(of.way, Scan.way)
    gate_id = case((Scan.undoes_id.is_not(None), of.gate_id), else_=Scan.gate_id)
    rows = db.session.execute(
        select(
            gate_id.label("gate_id"),
            func.coalesce(func.sum(case((way == Way.IN, signed))), 0).label("came"),
            func.coalesce(func.sum(case((way == Way.OUT, signed))), 0).label("left"),
            func.max(Scan.at).label("last_at"),
        )
        .outerjoin(of, of.id == Scan.undoes_id)
        .where(Scan.activity_id == activity_id, Scan.at >= since, Scan.persons > 0)
        .group_by(gate_id),
    )
    return [GateCount(row.gate_id, int(row.came), int(row.left), row.last_at) for row in rows]


# -- what needs a look -------------------------------------------------------------------------------------------------------


def _let_in_twice() -> Select[Any]:
    """Late scans by which a device let more in than there was a place for."""
    return select(Scan).where(Scan.is_late, Scan.claimed > Scan.persons, Scan.way == Way.IN)


def conflicts(activity_id: int) -> list[Scan]:
    """Return the late scans of an activity that let in somebody who was not to be let in (again), newest first."""
    chosen = (
        _let_in_twice()
        .where(Scan.activity_id == activity_id)
        .order_by(Scan.id.desc())
        .limit(200)
        .options(joinedload(Scan.gate), joinedload(Scan.actor), joinedload(Scan.sign_up))
    )
    return list(db.session.scalars(chosen))


def conflicts_count(activity_id: int) -> int:
    """Return how many late scans let in somebody who was not to be let in (again)."""
    found = _let_in_twice().where(Scan.activity_id == activity_id).subquery()
    return db.session.execute(select(func.count()).select_from(found)).scalar_one()


def others_of(found: Scan) -> Scan | None:
    """Return the scan by which the party of a conflict was counted; None: it never was."""
    if found.sign_up_id is None:
        return None
    return db.session.scalar(
        select(Scan)
        .where(Scan.sign_up_id == found.sign_up_id, Scan.way == Way.IN, Scan.persons > 0, Scan.id != found.id)
        .order_by(Scan.id.desc())
        .limit(1)
        .options(joinedload(Scan.gate), joinedload(Scan.actor)),
    )


# -- for those who may browse ------------------------------------------------------------------------------------------------


def search(activity_id: int, words: str) -> list[SignUp]:
    """Return those whom a name, its sound or digits name, who have a place first; empty: too few characters."""
    key = search_key(words)
    if len(key) < FEWEST:
        return []
    named = SignUp.search_text.contains(key, autoescape=True)
    if key.isascii() and key.isdigit():
        named = or_(named, SignUp.digits.startswith(key, autoescape=True))
    has_place = SignUp.state.in_((State.CONFIRMED, State.ATTENDED, State.NO_SHOW))
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.activity_id == activity_id, named)
            .order_by(case((has_place, 0), else_=1), SignUp.search_text, SignUp.id)
            .limit(MOST)
            .options(joinedload(SignUp.pool), joinedload(SignUp.slot)),
        ),
    )


# -- for a device that may lose the network ----------------------------------------------------------------------------------


def version(activity_id: int) -> str:
    """Return a word that changes with every change of any of an activity's sign-ups, and with every scan."""
    row = db.session.execute(
        select(func.count(SignUp.id), func.coalesce(func.sum(SignUp.revision), 0)).where(SignUp.activity_id == activity_id),
    ).one()
    last = db.session.scalar(select(func.max(Scan.id)).where(Scan.activity_id == activity_id)) or 0
    return f"{row[0]}-{row[1]}-{last}"


def inside_by_sign_up(slot_ids: Sequence[int]) -> dict[int, int]:
    """Return how many persons of each party of some slots are inside now; where nobody was scanned it is left out."""
    rows = db.session.execute(
        select(Scan.sign_up_id, func.sum(Scan.inside_by).label("inside"))
        .join(SignUp, SignUp.id == Scan.sign_up_id)
        .where(SignUp.slot_id.in_(slot_ids))
        .group_by(Scan.sign_up_id),
    )
    return {row.sign_up_id: int(row.inside) for row in rows}


def expected(slot_ids: Sequence[int]) -> list[SignUp]:
    """Return those who have a place in some slots, with pool and slot."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.slot_id.in_(slot_ids), SignUp.state.in_((State.CONFIRMED, State.ATTENDED, State.NO_SHOW)))
            .order_by(SignUp.id)
            .options(joinedload(SignUp.pool), joinedload(SignUp.slot)),
        ),
    )


# -- disagreements -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sign-up whose counts are not what its scans make of it."""

    sign_up_id: int
    arrived: int
    scanned: int
    inside: int


def disagreements() -> list[Disagreement]:
    """Return the sign-ups that say otherwise than their scans."""
    scanned = (
        select(
            Scan.sign_up_id,
            func.sum(Scan.arrived_by).label("scanned"),
            func.sum(Scan.inside_by).label("inside"),
        )
        .where(Scan.sign_up_id.is_not(None))
        .group_by(Scan.sign_up_id)
        .subquery()
    )
    came = func.coalesce(scanned.c.scanned, 0)
    within = func.coalesce(scanned.c.inside, 0)
    rows = db.session.execute(
        select(SignUp.id, SignUp.arrived, came.label("scanned"), within.label("inside"))
        .outerjoin(scanned, scanned.c.sign_up_id == SignUp.id)
        .where(
            or_(
                SignUp.arrived != came,
                within < 0,
                within > SignUp.arrived,
                and_(SignUp.arrived > 0, or_(SignUp.state != State.ATTENDED, SignUp.first_in_at.is_(None))),
                and_(SignUp.arrived == 0, or_(SignUp.state == State.ATTENDED, SignUp.first_in_at.is_not(None))),
            ),
        )
        .order_by(SignUp.id),
    )
    return [Disagreement(row.id, row.arrived, int(row.scanned), int(row.inside)) for row in rows]


def scans_count() -> int:
    """Return how many scans there are."""
    return db.session.execute(select(func.count(Scan.id))).scalar_one()
