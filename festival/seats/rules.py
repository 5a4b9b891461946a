"""How a hall is drawn, how a seat is called, and who sits where. Pure: plain values in, a verdict out."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby

from festival.lib.errors import Refused
from festival.lib.text import half_width
from festival.signups.rules import State

#: Who may hold a seat: whoever has a place for sure. ``migrations/seat_triggers.py`` frees the seats of all others.
SEATED = frozenset({State.CONFIRMED, State.ATTENDED})
#: The largest hall.
MOST_ROWS, MOST_COLUMNS, MOST_SEATS = 120, 120, 5000
LONGEST_ROW_NAME = 6


class SeatKind(StrEnum):
    """What a seat is."""

    ORDINARY = "ordinary"
    #: Room for a wheelchair: given by hand, and by itself only when nothing else is left.
    ACCESSIBLE = "accessible"
    #: Never given: broken, behind a pillar, or the camera's.
    BLOCKED = "blocked"


class SeatReason(StrEnum):
    """Why nothing was changed."""

    TAKEN = "taken"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    TOO_MANY = "too_many"
    NO_PLACE = "no_place"
    ELSEWHERE = "elsewhere"
    EMPTY = "empty"
    SAME = "same"
    IN_USE = "in_use"
    CHANGED_MEANWHILE = "changed_meanwhile"


class SeatsRefused(Refused):
    """An expected "no". ``about``: the seats (words of ``label``) or nothing that it speaks of."""

    reason: SeatReason

    def __init__(self, reason: SeatReason, about: Sequence["Name"] = ()) -> None:
        super().__init__(reason)
        self.about = tuple(about)


# -- names ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """How a seat is called: its row's name (``3``, ``A``) and its number."""

    row: str
    number: int


@dataclass(frozen=True, slots=True)
class Span:
    """Seats of one row that are numbered through, first and last included."""

    row: str
    first: int
    last: int


def spans(names: Iterable[Name]) -> list[Span]:
    """Return seats as they are told: numbers that follow each other become one span; rows in the order they come in."""
    rows: dict[str, list[int]] = {}
    for name in names:
        rows.setdefault(name.row, []).append(name.number)
    found: list[Span] = []
    for row, numbers in rows.items():
        for number in sorted(numbers):
            if found and found[-1].row == row and found[-1].last == number - 1:
                found[-1] = Span(row, found[-1].first, number)
            else:
                found.append(Span(row, number, number))
    return found


_BETWEEN = re.compile(r"[、,;；，\n]+")
_SEATS = re.compile(
    r"(?:第?\s*(?P<zh>[0-9A-Za-z]{1,6})\s*排|row\s*(?P<en>[0-9A-Za-z]{1,6})\s*,?|(?P<bare>[0-9A-Za-z]{1,6})\s*[-/])"
    r"\s*(?:seats?)?\s*(?P<first>[0-9]{1,3})\s*(?:[-–—~至到]\s*(?P<last>[0-9]{1,3}))?\s*(?:座|号)?",
    re.IGNORECASE,
)


def read_names(text: str) -> list[Name] | None:
    """Read seats as people write them: ``3排12座``, ``3排12–14座、4排1座``, ``Row 3, seats 12–14``, ``3-12``. None: not readable.

    No text is no seat.
    """
    text = half_width(text).strip()
    found: list[Name] = []
    # "Row 3, seat 12" holds a comma of its own.
    text = re.sub(r"(row\s*[0-9A-Za-z]{1,6})\s*,", r"\1 ", text, flags=re.IGNORECASE)
    for part in filter(None, (one.strip() for one in _BETWEEN.split(text))):
        match = _SEATS.fullmatch(part)
        if match is None:
            return None
        row = (match["zh"] or match["en"] or match["bare"]).upper()
        first = int(match["first"])
        last = int(match["last"] or first)
        if not first <= last < first + MOST_COLUMNS:
            return None
        found += [Name(row, number) for number in range(first, last + 1)]
    return found


# -- drawing a hall ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spot:
    """One seat as drawn. ``line`` and ``column`` are where it stands, the stage in front of line 1."""

    line: int
    column: int
    name: Name
    kind: SeatKind = SeatKind.ORDINARY
    #: Whose it is: the words behind ``=``; empty: anybody's.
    block: str = ""


class DrawingProblem(StrEnum):
    """What is wrong with a drawing."""

    NOTHING = "nothing"
    SIGN = "sign"
    TOO_LARGE = "too_large"
    ROW_NAME = "row_name"
    SAME_ROW = "same_row"
    BLOCK = "block"


class NotADrawing(Refused):  # a refusal is an answer
    """A text that draws no hall. ``line`` counts from 1; 0: the whole. ``what``: the sign or name that is wrong."""

    reason: DrawingProblem

    def __init__(self, reason: DrawingProblem, line: int = 0, what: str = "") -> None:
        super().__init__(reason)
        self.line, self.what = line, what


_SIGNS = {
    **dict.fromkeys("Oo0○座Ss", "O"),
    **dict.fromkeys("Aa残♿", "A"),
    **dict.fromkeys("Xx×", "X"),
    **dict.fromkeys("_ |", "_"),
    **dict.fromkeys(".-", "."),
}
_KINDS = {"O": SeatKind.ORDINARY, "A": SeatKind.ACCESSIBLE, "X": SeatKind.BLOCKED}
_SIGN_OF = {kind: sign for sign, kind in _KINDS.items()}
_LINE = re.compile(r"(?:(?P<row>[^:=]*):)?(?P<signs>[^:=]*)(?:=(?P<block>.*))?")
_ROW_NAME = re.compile(rf"[0-9A-Z]{{1,{LONGEST_ROW_NAME}}}")


def read_drawing(text: str) -> list[Spot]:
    """Read a hall drawn as text, one line per row, the front first.

    ``O`` is a seat, ``A`` one with room for a wheelchair, ``X`` one that is never given, ``_`` an aisle, ``.`` a missing seat
    whose number is left out. ``3: OOO_OOO = 媒体席`` names the row and says whose seats they are; else rows are numbered.
    An empty line is an aisle across. Cells pasted from a spreadsheet (tabs) are read too, an empty cell being an aisle.

    :raises NotADrawing: what is wrong, and in which line.
    """
    spots: list[Spot] = []
    seen: set[str] = set()
    rows = 0
    lines = half_width(text).replace("\r\n", "\n").strip("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        if number > MOST_ROWS:
            raise NotADrawing(DrawingProblem.TOO_LARGE)
        if not line.strip():
            continue
        drawn = _read_line(line, number, rows + 1)
        if drawn:
            rows += 1
            if drawn[0].name.row in seen:
                raise NotADrawing(DrawingProblem.SAME_ROW, number, drawn[0].name.row)
            seen.add(drawn[0].name.row)
            spots += drawn
    if not spots:
        raise NotADrawing(DrawingProblem.NOTHING)
    if len(spots) > MOST_SEATS:
        raise NotADrawing(DrawingProblem.TOO_LARGE)
    front = spots[0].line - 1  # what stands before the first row is no aisle
    return [replace(spot, line=spot.line - front) for spot in spots] if front else spots


def _read_line(line: str, number: int, ordinal: int) -> list[Spot]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise NotADrawing(DrawingProblem.SIGN, number, ":")
    row = (match["row"] or str(ordinal)).strip().removeprefix("第").removesuffix("排").strip().upper()
    if not _ROW_NAME.fullmatch(row):
        raise NotADrawing(DrawingProblem.ROW_NAME, number, row[:20])
    signs = match["signs"]
    signs = "".join(cell.strip()[:1] or "_" for cell in signs.split("\t")) if "\t" in signs else signs.rstrip()
    if match["row"] is not None:
        signs = signs.removeprefix(" ")
    if len(signs) > MOST_COLUMNS:
        raise NotADrawing(DrawingProblem.TOO_LARGE, number)
    drawn, seat = [], 0
    for column, sign in enumerate(signs, start=1):
        plain = _SIGNS.get(sign)
        if plain is None:
            raise NotADrawing(DrawingProblem.SIGN, number, sign)
        if plain != "_":
            seat += 1
        if plain in _KINDS:
            drawn.append(Spot(number, column, Name(row, seat), _KINDS[plain], (match["block"] or "").strip()))
    return drawn


def written(spots: Iterable[Spot]) -> str:
    """Return a hall as the text that ``read_drawing`` reads."""
    lines: list[str] = []
    for line, row in groupby(sorted(spots, key=lambda spot: (spot.line, spot.column)), key=lambda spot: spot.line):
        seats = list(row)
        lines += [""] * (line - 1 - len(lines))
        signs, seat = "", 0
        for spot in seats:
            missing = spot.name.number - seat - 1
            gap = spot.column - len(signs) - 1
            signs += "_" * (gap - missing) + "." * missing + _SIGN_OF[spot.kind]
            seat = spot.name.number
        block = f" = {seats[0].block}" if seats[0].block else ""
        lines.append(f"{seats[0].name.row}: {signs}{block}")
    return "\n".join(lines)


def built(rows: int, per_row: int, *, aisles: Collection[int] = (), blocks: Iterable[tuple[str, int]] = ()) -> str:
    """Return the text of a rectangular hall.

    :param aisles: behind which seat of a row an aisle runs.
    :param blocks: whose the rows are, from the front: words, and how many rows.
    """
    whose = [words for words, number in blocks for _ in range(number)]
    lines = []
    for row in range(1, rows + 1):
        signs = "".join("O" + ("_" if seat in aisles and seat < per_row else "") for seat in range(1, per_row + 1))
        block = whose[row - 1] if row <= len(whose) else ""
        lines.append(f"{row}: {signs}" + (f" = {block}" if block else ""))
    return "\n".join(lines)


def rows_for(places: Mapping[int, int | None], per_row: int) -> dict[int, int]:
    """Return how many whole rows each pool needs for its places; none where there is one pool, or its places are unlimited."""
    return {pool_id: -(-(capacity or 0) // per_row) for pool_id, capacity in places.items()} if len(places) > 1 else {}


# -- who sits where ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat that nobody has. Seats of one line whose columns follow each other are neighbours."""

    id: int
    line: int
    column: int
    #: The pool it is kept for; None: anybody's.
    pool_id: int | None = None
    is_accessible: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """A party with seats to come, in the order of its turn."""

    sign_up_id: int
    pool_id: int
    #: Persons without a seat.
    missing: int
    #: Where the others of the party sit already: line and column.
    near: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Arrangement:
    """Who gets which seats (ids), in order; which parties sit in several places (how many); who could not be seated."""

    given: dict[int, tuple[int, ...]] = field(default_factory=dict)
    split: dict[int, int] = field(default_factory=dict)
    unseated: list[int] = field(default_factory=list)

    @property
    def cost(self) -> tuple[int, int]:
        """What to keep small: first those without a seat, then torn parties."""
        return len(self.unseated), sum(self.split.values())


def arrange(free: Iterable[Seat], parties: Sequence[Party]) -> Arrangement:
    """Give free seats to parties in their order, each together in a row where there is such a place, else in the fewest pieces.

    A seat kept for another pool is left alone; a party takes its own pool's seats before anybody's, ordinary ones before those
    with room for a wheelchair, the front before the back. Those of whom somebody sits already come first, for
    they need the seats beside them. Where serving in order tears parties or leaves some out, the largest are tried first, and the
    better of both stands. What is given is only ever added to: nobody is moved.
    """
    seats = list(free)
    parties = sorted(parties, key=lambda party: not party.near)
    in_order = _serve(seats, parties)
    if in_order.cost == (0, 0):
        return in_order
    largest_first = _serve(seats, sorted(parties, key=lambda party: -party.missing))
    return min(in_order, largest_first, key=lambda one: one.cost)


def _serve(seats: Iterable[Seat], parties: Iterable[Party]) -> Arrangement:
    rows: dict[int, list[Seat]] = defaultdict(list)
    for seat in sorted(seats, key=lambda seat: (seat.line, seat.column)):
        rows[seat.line].append(seat)
    kept = {seat.pool_id for row in rows.values() for seat in row}
    done = Arrangement()
    for party in parties:
        if party.missing <= 0:
            continue
        chosen = _choose(rows, party, has_own=party.pool_id in kept)
        if chosen is None:
            done.unseated.append(party.sign_up_id)
            continue
        done.given[party.sign_up_id] = tuple(seat.id for seat in chosen)
        pieces = pieces_of([*party.near, *((seat.line, seat.column) for seat in chosen)])
        if pieces > 1:
            done.split[party.sign_up_id] = pieces
        taken = {seat.id for seat in chosen}
        for line in {seat.line for seat in chosen}:
            rows[line] = [seat for seat in rows[line] if seat.id not in taken]
            if not rows[line]:
                del rows[line]
    return done


def pieces_of(places: Iterable[tuple[int, int]]) -> int:
    """Return in how many pieces seats (line and column) lie; neighbours in a row are one."""
    ordered = sorted(places)
    return sum(1 for at, (line, column) in enumerate(ordered) if at == 0 or ordered[at - 1] != (line, column - 1))


def _choose(rows: Mapping[int, list[Seat]], party: Party, *, has_own: bool) -> list[Seat] | None:
    """Return seats for a whole party; None: there are not enough.

    :param has_own: seats are kept for its pool.
    """
    if not party.near:  # most parties: the first place from the front where they fit is the best one
        for only_own in (True, False) if has_own else (False,):
            for run in _runs(rows, party.pool_id, only_own=only_own):
                if len(run) >= party.missing:
                    return run[: party.missing]
    for with_accessible in (False, True):
        runs = list(_runs(rows, party.pool_id, with_accessible=with_accessible))
        if sum(map(len, runs)) >= party.missing:
            whole = _together(runs, party) if party.near or with_accessible else None
            return whole or _in_pieces(runs, party)
    return None


def _runs(
    rows: Mapping[int, list[Seat]], pool_id: int, *, with_accessible: bool = False, only_own: bool = False
) -> Iterator[list[Seat]]:
    """Yield the neighbouring free seats that a party of a pool may take, from the front."""
    usable = {pool_id} if only_own else {None, pool_id}
    for row in rows.values():
        run: list[Seat] = []
        for seat in row:
            if seat.pool_id not in usable or (seat.is_accessible and not with_accessible):
                continue
            if run and run[-1].column != seat.column - 1:
                yield run
                run = []
            run.append(seat)
        if run:
            yield run


def _together(runs: Iterable[list[Seat]], party: Party) -> list[Seat] | None:
    """Return the best neighbouring seats for a party; None: no run is long enough."""
    best: tuple[tuple[int, ...], list[Seat]] | None = None
    for run in runs:
        for start in range(len(run) - party.missing + 1):
            window = run[start : start + party.missing]
            cost = (
                *_distance(window, party.near),
                sum(seat.pool_id is None for seat in window) if party.pool_id else 0,
                sum(seat.is_accessible for seat in window),
                window[0].line,
                window[0].column,
            )
            if best is None or cost < best[0]:
                best = (cost, window)
    return best[1] if best else None


def _distance(window: Sequence[Seat], near: Sequence[tuple[int, int]]) -> tuple[int, int, int]:
    """Return how far seats are from those the party has: whether they make one more piece, rows, columns."""
    if not near:
        return 0, 0, 0
    places = [(seat.line, seat.column) for seat in window]
    pieces = pieces_of([*near, *places])
    rows = min(abs(line - at) for line, _column in places for at, _ in near)
    columns = min(abs(column - at) for _line, column in places for _, at in near)
    return pieces, rows, columns


#: Rows around which the pieces of a torn party are looked for: more make a full hall slow and no party happier.
_HOMES = 4


def _in_pieces(runs: Sequence[list[Seat]], party: Party) -> list[Seat]:
    """Return seats in the fewest pieces; of several ways one whose pieces lie in rows close to each other."""
    longest = max(min(len(run), party.missing) for run in runs)
    front = dict.fromkeys(run[0].line for run in runs if len(run) >= longest)
    homes = [line for line, _column in party.near] or list(front)[:_HOMES]
    best: tuple[tuple[int, int, int], list[Seat]] | None = None
    for home in homes:
        chosen: list[Seat] = []
        for run in sorted(runs, key=lambda run: (-min(len(run), party.missing), abs(run[0].line - home), run[0].line)):
            chosen += run[: party.missing - len(chosen)]
            if len(chosen) == party.missing:
                break
        used = [seat.line for seat in chosen]
        pieces = pieces_of([*party.near, *((seat.line, seat.column) for seat in chosen)])
        cost = (pieces, max(used) - min(used), min(used))
        if best is None or cost < best[0]:
            best = (cost, chosen)
    assert best is not None  # there are enough seats
    return best[1]
