"""Reading who sits where. Slices above ask ``labels``: the seats of sign-ups in words, in the language spoken."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.programme.models import Activity, Pool, Slot
from festival.seats.models import Seat, SeatGiven, SeatMap, SeatTold
from festival.seats.rules import SEATED, Name, SeatKind, spans
from festival.signups.models import SignUp

#: Ids in one question: SQLite and PostgreSQL both take far more.
_AT_ONCE = 5000


def _some(ids: Iterable[int]) -> Iterator[list[int]]:
    """Yield ids in heaps that one question takes."""
    every = list(ids)
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]


def label(names: Iterable[Name]) -> str:
    """Return seats in the language spoken: 3排12座, 3排12–14座、4排1座, or Row 3, seats 12–14. Empty for none."""
    each = [
        _("%(row)s排%(seat)s座", row=span.row, seat=span.first)
        if span.first == span.last
        else _("%(row)s排%(first)s–%(last)s座", row=span.row, first=span.first, last=span.last)
        for span in spans(names)
    ]
    return reduce(lambda said, more: _("%(seats)s、%(more)s", seats=said, more=more), each) if each else ""


def names_of(sign_up_ids: Iterable[int]) -> dict[int, list[Name]]:
    """Return the seats of sign-ups by sign-up, in the order of the party; who has none is left out. One query for 5,000."""
    found: dict[int, list[Name]] = {}
    for some in _some(sign_up_ids):
        rows = db.session.execute(
            select(SeatGiven.sign_up_id, Seat.row_name, Seat.number)
            .join(Seat, Seat.id == SeatGiven.seat_id)
            .where(SeatGiven.sign_up_id.in_(some))
            .order_by(SeatGiven.sign_up_id, SeatGiven.nth),
        )
        for row in rows:
            found.setdefault(row.sign_up_id, []).append(Name(row.row_name, row.number))
    return found


def labels(sign_up_ids: Iterable[int]) -> dict[int, str]:
    """Return the seats of sign-ups in words, by sign-up: ``{7: "3排12–13座"}``; who has none is left out.

    What is shown on the ticket, the scan, the roster and the seat list. Seats are freed with the place, so none of them is stale.
    """
    return {sign_up_id: label(names) for sign_up_id, names in names_of(sign_up_ids).items()}


def has_seats(activity_id: int) -> bool:
    """Tell whether an activity has a map of seats: whether a column or a line about them makes sense."""
    found = select(SeatMap.id).join(Slot, Slot.id == SeatMap.slot_id).where(Slot.activity_id == activity_id)
    return bool(db.session.scalar(select(found.exists())))


def is_seated(sign_up: SignUp) -> bool:
    """Tell whether there is a map for a sign-up's slot and pool: then "no seat yet" is worth saying."""
    mine = or_(SeatMap.pool_id.is_(None), SeatMap.pool_id == sign_up.pool_id)
    return bool(db.session.scalar(select(select(SeatMap.id).where(SeatMap.slot_id == sign_up.slot_id, mine).exists())))


# -- one map -----------------------------------------------------------------------------------------------------------------


def maps_of(activity_id: int) -> list[SeatMap]:
    """Return the maps of an activity's slots, by time and pool."""
    return list(
        db.session.scalars(
            select(SeatMap)
            .join(Slot, Slot.id == SeatMap.slot_id)
            .outerjoin(Pool, Pool.id == SeatMap.pool_id)
            .where(Slot.activity_id == activity_id)
            .order_by(Slot.starts_at, Slot.id, Pool.position, SeatMap.id)
            .options(joinedload(SeatMap.slot), joinedload(SeatMap.pool)),
        ),
    )


def one_map(map_id: int, activity_id: int) -> SeatMap:
    """Return a map of an activity.

    :raises NotFound: there is none.
    """
    found = db.session.scalar(
        select(SeatMap)
        .join(Slot, Slot.id == SeatMap.slot_id)
        .where(SeatMap.id == map_id, Slot.activity_id == activity_id)
        .options(joinedload(SeatMap.slot), joinedload(SeatMap.pool)),
    )
    if found is None:
        raise NotFound
    return found


def map_for(slot_id: int, pool_id: int | None) -> SeatMap | None:
    """Return the map of a slot, or of one pool of it; None: it has none of its own."""
    whose = SeatMap.pool_id.is_(None) if pool_id is None else SeatMap.pool_id == pool_id
    return db.session.scalar(select(SeatMap).where(SeatMap.slot_id == slot_id, whose).execution_options(populate_existing=True))


@dataclass(frozen=True, slots=True)
class Sitting:
    """A seat and who sits on it; ``sign_up`` None: nobody."""

    seat: Seat
    given: SeatGiven | None = None
    sign_up: SignUp | None = None

    @property
    def name(self) -> Name:
        """How the seat is called."""
        return Name(self.seat.row_name, self.seat.number)

    @property
    def is_free(self) -> bool:
        """Tell whether somebody may be given the seat."""
        return self.sign_up is None and self.seat.kind != SeatKind.BLOCKED


def hall(map_id: int) -> list[Sitting]:
    """Return every seat of a map with who sits on it, from the front, left to right; one query."""
    rows = db.session.execute(
        select(Seat, SeatGiven, SignUp)
        .outerjoin(SeatGiven, SeatGiven.seat_id == Seat.id)
        .outerjoin(SignUp, SignUp.id == SeatGiven.sign_up_id)
        .where(Seat.map_id == map_id)
        .order_by(Seat.line, Seat.column)
        .execution_options(populate_existing=True),
    )
    return [Sitting(row.Seat, row.SeatGiven, row.SignUp) for row in rows]


def sits_by(seat_map: SeatMap) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the sign-ups that a map is for: of its pool, or of its slot's pools without a map of their own."""
    if seat_map.pool_id is not None:
        return SignUp.slot_id == seat_map.slot_id, SignUp.pool_id == seat_map.pool_id
    own = aliased(SeatMap)
    with_own = select(own.pool_id).where(own.slot_id == seat_map.slot_id, own.pool_id.is_not(None))
    return SignUp.slot_id == seat_map.slot_id, SignUp.pool_id.not_in(with_own)


def parties(seat_map: SeatMap) -> list[SignUp]:
    """Return the parties with a place that a map is for, in the order of their turn, with their pools."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(*sits_by(seat_map), SignUp.state.in_(SEATED))
            .order_by(SignUp.priority, SignUp.joined_at, SignUp.id)
            .options(joinedload(SignUp.pool))
            .execution_options(populate_existing=True),
        ),
    )


def told(sign_up_ids: Iterable[int]) -> dict[int, SeatTold]:
    """Return what sign-ups were told of their seats, by sign-up."""
    found: dict[int, SeatTold] = {}
    for some in _some(sign_up_ids):
        rows = db.session.scalars(select(SeatTold).where(SeatTold.sign_up_id.in_(some)).execution_options(populate_existing=True))
        found.update((one.sign_up_id, one) for one in rows)
    return found


def without_seat(scope: ColumnElement[bool]) -> dict[int, int]:
    """Return how many persons with a place have no seat yet, by activity, where there is a map; inside a scope. One query."""
    seats = select(func.count(SeatGiven.seat_id)).where(SeatGiven.sign_up_id == SignUp.id).correlate(SignUp).scalar_subquery()
    has_map = (
        select(SeatMap.id)
        .where(SeatMap.slot_id == SignUp.slot_id, or_(SeatMap.pool_id.is_(None), SeatMap.pool_id == SignUp.pool_id))
        .correlate(SignUp)
        .exists()
    )
    rows = db.session.execute(
        select(SignUp.activity_id, func.sum(SignUp.party_size - seats).label("missing"))
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(and_(scope, SignUp.state.in_(SEATED), has_map))
        .group_by(SignUp.activity_id),
    )
    return {row.activity_id: int(row.missing) for row in rows if row.missing}


def by_row(sittings: Sequence[Sitting]) -> Iterator[list[Sitting]]:
    """Yield a hall row by row, from the front."""
    row: list[Sitting] = []
    for sitting in sittings:
        if row and row[-1].seat.line != sitting.seat.line:
            yield row
            row = []
        row.append(sitting)
    if row:
        yield row


def pools(pool_ids: Sequence[int]) -> list[Pool]:
    """Return pools by id."""
    return list(db.session.scalars(select(Pool).where(Pool.id.in_(pool_ids)))) if pool_ids else []


def order(sign_up_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Return where the first of each party sits (line, column), for lists in the order of the seats; others are left out."""
    found: dict[int, tuple[int, int]] = {}
    for some in _some(sign_up_ids):
        rows = db.session.execute(
            select(SeatGiven.sign_up_id, Seat.line, Seat.column)
            .join(Seat, Seat.id == SeatGiven.seat_id)
            .where(SeatGiven.sign_up_id.in_(some)),
        )
        for row in rows:
            place = (row.line, row.column)
            found[row.sign_up_id] = min(place, found.get(row.sign_up_id, place))
    return found
