"""Where people sit: in lists, and as a column that a spreadsheet may fill in."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from festival.exports.names import staff_names
from festival.exports.returned import Touched
from festival.lib.db import db
from festival.lib.i18n import _
from festival.programme.models import Activity
from festival.roster.queries import Row
from festival.seats import queries, service
from festival.seats.models import SeatGiven
from festival.seats.queries import label, labels
from festival.seats.rules import Name, SeatsRefused, read_names
from festival.seats.wording import refusal_words
from festival.signups.models import SignUp

__all__ = ["Seated", "has_seats", "in_order", "labels", "normal", "touched", "write"]


def has_seats(activity: Activity) -> bool:
    """Tell whether seats are given at an activity."""
    return queries.has_seats(activity.id)


@dataclass(frozen=True, slots=True)
class Seated:
    """A sign-up and its seats in words."""

    row: Row
    seats: str


def in_order(rows: Sequence[Row]) -> Iterator[Seated]:
    """Yield rows with their seats, slot by slot in the order of rows and seats; who has none comes last."""
    ids = [row.id for row in rows]
    seats, order = queries.labels(ids), queries.order(ids)
    slots = {slot_id: at for at, slot_id in enumerate(dict.fromkeys(row.slot_id for row in rows))}
    for row in sorted(rows, key=lambda row: (slots[row.slot_id], row.id not in order, order.get(row.id, (0, 0)))):
        yield Seated(row, seats.get(row.id, ""))


# -- as a column ----------------------------------------------------------------------------------------------------------------


def normal(text: str) -> str | None:
    """Return seats as they are written here, however somebody wrote them; None: not readable."""
    names = read_names(text)
    return None if names is None else label(names)


def touched(sign_up_ids: Collection[int]) -> dict[int, Touched]:
    """Return who gave a sign-up its seats, and when."""
    rows = db.session.execute(
        select(SeatGiven.sign_up_id, SeatGiven.by_id, SeatGiven.at)
        .where(SeatGiven.sign_up_id.in_(sign_up_ids))
        .order_by(SeatGiven.at),
    ).all()
    names = staff_names(row.by_id for row in rows if row.by_id is not None)
    return {row.sign_up_id: Touched(names.get(row.by_id, ""), row.at) for row in rows}


def write(activity_id: int, wanted: Mapping[int, str], actor_id: int) -> dict[int, str]:
    """Seat parties as wanted, map by map and each map all at once; returns for whom it cannot be, and why in words."""
    left: dict[int, str] = {}
    by_map: dict[int, dict[int, list[Name]]] = {}
    for sign_up_id, map_id in _maps(activity_id, wanted).items():
        if map_id is None:
            left[sign_up_id] = _("这个场次没有座位图。")
        else:
            by_map.setdefault(map_id, {})[sign_up_id] = read_names(wanted[sign_up_id]) or []
    for map_id, seats in by_map.items():
        try:
            service.seat(map_id, seats, actor_id=actor_id)
        except SeatsRefused as refused:
            meant = [one for one, names in seats.items() if set(names) & set(refused.about)] or list(seats)
            left |= dict.fromkeys(meant, refusal_words(refused))
    return left


def _maps(activity_id: int, sign_up_ids: Collection[int]) -> dict[int, int | None]:
    """Return the map of each sign-up: that of its pool, else that of its slot; None: it has none."""
    maps = {(one.slot_id, one.pool_id): one.id for one in queries.maps_of(activity_id)}
    rows = db.session.execute(select(SignUp.id, SignUp.slot_id, SignUp.pool_id).where(SignUp.id.in_(sign_up_ids)))
    return {row.id: maps.get((row.slot_id, row.pool_id)) or maps.get((row.slot_id, None)) for row in rows}
