"""Who sits with whom in which round. Pure: people are numbers, the chance is handed in, a plan comes out.

Each round is a heaviest matching between the two groups: nobody meets somebody they know, were kept from, or have met; as many
as possible meet; and who has sat out already is the last to sit out again, since a second time weighs more than two first ones.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random

#: What sitting out for the first time weighs, and by how much each further time weighs more than the one before.
_WEIGHT = 100
#: More persons of one group than this are no mixer: the time a plan takes grows with the cube.
MOST = 120


@dataclass(frozen=True, slots=True, order=True)
class Seat:
    """Somebody's turn in a round. One of both is None: the other one sits out."""

    round: int
    left: int | None
    right: int | None


def plan(
    left: Sequence[int],
    right: Sequence[int],
    apart: Collection[tuple[int, int]],
    rounds: Iterable[int],
    played: Iterable[Seat] = (),
    *,
    chance: Random,
) -> list[Seat]:
    """Return who meets whom in these rounds, by round and person.

    A round in which nobody could meet anybody new is left out, and all after it.

    :param left: those of one group who are there; likewise ``right``.
    :param apart: pairs (left, right) that must not meet.
    :param played: what has been before: nobody meets twice, and who sat out is remembered.
    """
    before = list(played)
    used = set(apart) | {(seat.left, seat.right) for seat in before if seat.left is not None and seat.right is not None}
    sat_out = dict.fromkeys((*left, *right), 0)
    for seat in before:
        alone = seat.left if seat.right is None else seat.right if seat.left is None else None
        if alone in sat_out:
            sat_out[alone] += 1
    found: list[Seat] = []
    for number in rounds:
        pairs = _round(left, right, used, sat_out, chance)
        if not pairs:
            break
        used |= set(pairs)
        seats = [Seat(number, one, other) for one, other in pairs]
        met = {person for pair in pairs for person in pair}
        seats += [Seat(number, one, None) for one in left if one not in met]
        seats += [Seat(number, None, other) for other in right if other not in met]
        for person in sat_out.keys() - met:
            sat_out[person] += 1
        found += sorted(seats, key=lambda seat: (seat.left is None, seat.left or 0, seat.right or 0))
    return found


def _round(
    left: Sequence[int],
    right: Sequence[int],
    used: Collection[tuple[int, int]],
    sat_out: dict[int, int],
    chance: Random,
) -> list[tuple[int, int]]:
    """Return the pairs of one round."""
    if not left or not right:
        return []
    size = max(len(left), len(right))
    rows, columns = list(left), list(right)
    chance.shuffle(rows)
    chance.shuffle(columns)
    ones: list[int | None] = [*rows, *([None] * (size - len(rows)))]
    others: list[int | None] = [*columns, *([None] * (size - len(columns)))]

    def cost(one: int | None, other: int | None) -> int:
        if one is not None and other is not None and (one, other) not in used:
            return chance.randrange(_WEIGHT // size) if size < _WEIGHT else 0  # any pair is as good as another
        return sum(_WEIGHT * _WEIGHT * (1 + sat_out[person]) ** 2 for person in (one, other) if person is not None)

    costs = [[cost(one, other) for other in others] for one in ones]
    chosen = ((ones[row], others[column]) for row, column in enumerate(_assign(costs)))
    return [(one, other) for one, other in chosen if one is not None and other is not None and (one, other) not in used]


def _assign(costs: list[list[int]]) -> list[int]:  # noqa: C901  # one loop inside another, as the method has them
    """Return for each row its column so that the costs of all together are least (the Hungarian method, O(n³))."""
    size = len(costs)
    of_row, of_column = [0] * (size + 1), [0] * (size + 1)
    row_at = [0] * (size + 1)  # by column, 1-based; 0: free
    for row in range(1, size + 1):
        row_at[0] = row
        column = 0
        least: list[float] = [float("inf")] * (size + 1)
        came_from = [0] * (size + 1)
        is_done = [False] * (size + 1)
        while row_at[column]:
            is_done[column] = True
            here, delta, following = row_at[column], float("inf"), 0
            line, potential = costs[here - 1], of_row[here]
            for other in range(1, size + 1):
                if is_done[other]:
                    continue
                reduced = line[other - 1] - potential - of_column[other]
                if reduced < least[other]:
                    least[other], came_from[other] = reduced, column
                if least[other] < delta:
                    delta, following = least[other], other
            for other in range(size + 1):
                if is_done[other]:
                    of_row[row_at[other]] += int(delta)
                    of_column[other] -= int(delta)
                else:
                    least[other] -= delta
            column = following
        while column:
            before = came_from[column]
            row_at[column] = row_at[before]
            column = before
    chosen = [0] * size
    for column in range(1, size + 1):
        chosen[row_at[column] - 1] = column - 1
    return chosen
