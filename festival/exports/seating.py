"""Where people sit, for lists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from festival.programme.models import Activity
from festival.roster.queries import Row
from festival.seats import queries


def has_seats(activity: Activity) -> bool:
    """Tell whether seats are given at an activity."""
    return queries.has_seats(activity.id)


def labels(sign_up_ids: Iterable[int]) -> dict[int, str]:
    """Return the seats of sign-ups in words, by sign-up; who has none is left out."""
    return queries.labels(sign_up_ids)


def in_order(rows: Sequence[Row], seats: Mapping[int, str]) -> Iterator[tuple[Row, str]]:
    """Yield rows with their seats, in the order of the seats; who has none comes last."""
    order = queries.order(row.id for row in rows)
    for row in sorted(rows, key=lambda row: (row.id not in order, order.get(row.id, (0, 0)))):
        yield row, seats.get(row.id, "")
