"""A hall for tests, and who sits in it."""

from festival.lib.db import db, transaction
from festival.programme.models import Activity, Pool
from festival.seats import queries, service
from festival.seats.models import SeatMap
from festival.seats.rules import Name, read_drawing
from festival.signups.models import SignUp
from tests.builders import make_staff, pool_of


def make_hall(activity: Activity, drawing: str, *, pool: Pool | None = None, blocks: dict[str, int] | None = None) -> SeatMap:
    """Return a hall drawn for an activity's first slot (or for one pool of it)."""
    with transaction():
        return service.draw(
            pool_of(activity).slot_id, pool.id if pool else None, read_drawing(drawing), blocks=blocks or {}, actor_id=None
        )


def arranged(seat_map: SeatMap) -> service.Outcome:
    """Press the button that seats everybody."""
    actor_id = make_staff().id
    with transaction():
        return service.arrange(seat_map.id, actor_id=actor_id)


def seated(*sign_ups: SignUp) -> list[str]:
    """Return where sign-ups sit, in words."""
    db.session.rollback()
    words = queries.labels([one.id for one in sign_ups])
    return [words.get(one.id, "") for one in sign_ups]


def names(text: str) -> list[Name]:
    """Return seats by row and number: ``3-12 3-13``."""
    return [Name(one.split("-")[0], int(one.split("-")[1])) for one in text.split()]
