"""Where people sit, for lists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from festival.programme.models import Activity
from festival.roster.queries import Row


def has_seats(activity: Activity) -> bool:  # noqa: ARG001  # nobody gives seats yet
    """Tell whether seats are given at an activity."""
    return False


def labels(sign_up_ids: Iterable[int]) -> dict[int, str]:  # noqa: ARG001
    """Return the seats of sign-ups in words, by sign-up; who has none is left out."""
    return {}


def in_order(rows: Sequence[Row], seats: Mapping[int, str]) -> Iterator[tuple[Row, str]]:
    """Yield rows with their seats, in the order of the seats; who has none comes last."""
    for row in sorted(rows, key=lambda row: row.id not in seats):
        yield row, seats.get(row.id, "")
