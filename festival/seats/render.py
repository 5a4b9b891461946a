"""What the pages about seats show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from festival.lib.i18n import _, loc
from festival.programme.models import Activity, Pool, Slot
from festival.seats import queries, wording
from festival.seats.models import SeatMap
from festival.seats.queries import Sitting
from festival.seats.rules import Name, SeatKind, Spot, pieces_of
from festival.signups.models import SignUp


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a drawn hall. ``state``: gap, free, taken or blocked."""

    state: str
    number: int = 0
    #: Who sits there, or what the seat is, in one or two characters of the cell.
    short: str = ""
    #: The whole, for those who hear it.
    words: str = ""
    seat_id: int = 0
    is_accessible: bool = False
    #: The same party sits on the left.
    is_joined: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a drawn hall; without a name it is an aisle across."""

    name: str
    cells: tuple[Cell, ...]
    #: Whose the row is; empty: anybody's, or several.
    block: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """A party on the page: how many seats it has, where, and in how many pieces."""

    sign_up: SignUp
    seats: str
    missing: int
    pieces: int

    @property
    def name(self) -> str:
        """Return what the party is called: a name, or the digits of its code."""
        return self.sign_up.name or self.sign_up.digits


@dataclass(frozen=True, slots=True)
class Hall:
    """A hall with everybody in it. Counts are seats and persons."""

    rows: list[Row]
    parties: list[Party]
    seats: int
    taken: int
    revision: int

    @property
    def free(self) -> int:
        """Return the seats that can still be given."""
        return self.seats - self.taken

    @property
    def unseated(self) -> list[Party]:
        """Return the parties that lack seats, in the order of their turn."""
        return [one for one in self.parties if one.missing]

    @property
    def missing(self) -> int:
        """Return the persons without a seat."""
        return sum(one.missing for one in self.parties)

    @property
    def torn(self) -> list[Party]:
        """Return the parties that sit in several places."""
        return [one for one in self.parties if one.pieces > 1]


def hall(seat_map: SeatMap) -> Hall:
    """Return a hall as it is now."""
    sittings = queries.hall(seat_map.id)
    sign_ups = queries.parties(seat_map)
    places: dict[int, list[tuple[int, int]]] = {}
    for one in sittings:
        if one.sign_up is not None:
            places.setdefault(one.sign_up.id, []).append((one.seat.line, one.seat.column))
    words = queries.labels([one.id for one in sign_ups])
    return Hall(
        rows=list(_rows(sittings)),
        parties=[
            Party(
                one,
                words.get(one.id, ""),
                max(0, one.party_size - len(places.get(one.id, []))),
                pieces_of(places.get(one.id, [])),
            )
            for one in sign_ups
        ],
        seats=sum(one.seat.kind != SeatKind.BLOCKED for one in sittings),
        taken=sum(one.sign_up is not None for one in sittings),
        revision=seat_map.revision,
    )


def _rows(sittings: Sequence[Sitting]) -> Iterator[Row]:
    width = max((one.seat.column for one in sittings), default=0)
    pools = _labels({one.seat.pool_id for one in sittings})
    last = 0
    for row in queries.by_row(sittings):
        if last and row[0].seat.line > last + 1:
            yield Row("", ())
        last = row[0].seat.line
        by_column = {one.seat.column: one for one in row}
        cells = []
        for column in range(1, width + 1):
            here, left = by_column.get(column), by_column.get(column - 1)
            joined = here is not None and left is not None and here.sign_up is not None and here.sign_up == left.sign_up
            cells.append(_cell(here, is_joined=joined) if here else Cell("gap"))
        whose = {one.seat.pool_id for one in row}
        yield Row(row[0].seat.row_name, tuple(cells), pools.get(whose.pop(), "") if len(whose) == 1 else "")


def _labels(pool_ids: set[int | None]) -> dict[int | None, str]:
    """Return the labels of pools; one query."""
    return {pool.id: loc(pool, "label") for pool in queries.pools([one for one in pool_ids if one is not None])}


def _cell(one: Sitting, *, is_joined: bool) -> Cell:
    seat, label = one.seat, queries.label([one.name])
    accessible = seat.kind == SeatKind.ACCESSIBLE
    if one.sign_up is not None:
        called = one.sign_up.name or one.sign_up.digits
        words = _("%(seat)s，%(name)s，共 %(size)s 人", seat=label, name=called, size=one.sign_up.party_size)
        return Cell("taken", seat.number, called[:3], words, seat.id, accessible, is_joined)
    state = "blocked" if seat.kind == SeatKind.BLOCKED else "free"
    short = _("关") if state == "blocked" else _("无障") if accessible else _("空")
    what = str(wording.KINDS[seat.kind]) if seat.kind != SeatKind.ORDINARY else _("空位")
    return Cell(state, seat.number, short, _("%(seat)s，%(what)s", seat=label, what=what), seat.id, accessible)


def drawn(spots: Sequence[Spot]) -> list[Row]:
    """Return a hall as it would look, nobody in it."""
    width = max(spot.column for spot in spots)
    rows: list[Row] = []
    last = 0
    for line in sorted({spot.line for spot in spots}):
        if last and line > last + 1:
            rows.append(Row("", ()))
        last = line
        here = {spot.column: spot for spot in spots if spot.line == line}
        first = next(iter(here.values()))
        cells = tuple(_drawn_cell(here.get(column)) for column in range(1, width + 1))
        rows.append(Row(first.name.row, cells, first.block))
    return rows


def _drawn_cell(spot: Spot | None) -> Cell:
    if spot is None:
        return Cell("gap")
    short = {SeatKind.ORDINARY: "", SeatKind.ACCESSIBLE: _("无障"), SeatKind.BLOCKED: _("关")}[spot.kind]
    state = "blocked" if spot.kind == SeatKind.BLOCKED else "free"
    words = _("%(seat)s，%(what)s", seat=queries.label([spot.name]), what=str(wording.KINDS[spot.kind]))
    return Cell(state, spot.name.number, short, words, 0, spot.kind == SeatKind.ACCESSIBLE)


def spots_of(seat_map: SeatMap, words: Mapping[int | None, str]) -> list[Spot]:
    """Return a stored hall as it was drawn.

    :param words: what the drawing calls each pool.
    """
    return [
        Spot(
            one.seat.line,
            one.seat.column,
            Name(one.seat.row_name, one.seat.number),
            one.seat.kind,
            words.get(one.seat.pool_id, ""),
        )
        for one in queries.hall(seat_map.id)
    ]


# -- whose halls there can be ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A slot, or one pool of it, that has a hall or may get one."""

    slot: Slot
    pool: Pool | None
    seat_map: SeatMap | None

    @property
    def words(self) -> str:
        """Return whose hall it is: the pool's, or the whole slot's."""
        return loc(self.pool, "label") or self.pool.key if self.pool else _("全场")


def places(activity: Activity) -> list[Place]:
    """Return every hall that an activity has or may have: of its slots, and of each pool where a slot has several."""
    known = {(one.slot_id, one.pool_id): one for one in queries.maps_of(activity.id)}
    found = []
    for slot in activity.slots:
        if not slot.pools:
            continue
        found.append(Place(slot, None, known.get((slot.id, None))))
        pools = slot.open_pools
        if len(pools) > 1:
            found += [Place(slot, pool, known.get((slot.id, pool.id))) for pool in pools if not pool.is_flex]
    return found
