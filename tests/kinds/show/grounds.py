"""A show with its ground, as tests need it: two zones of one evening, each with a gate."""

from datetime import timedelta

from festival.kinds.show import service
from festival.kinds.show.models import Area
from festival.kinds.show.rules import Cause, Decision
from festival.kinds.show.service import EntranceEdit, Ruling, ZoneEdit
from festival.lib.db import transaction
from festival.programme.models import Activity, Slot
from festival.programme.service import Why
from festival.signups.models import SignUp
from tests.builders import make_activity, make_staff, pool_of
from tests.signups.engine import change, fill

LEFT, RIGHT = ((0, 0), (400, 0), (400, 300)), ((600, 0), (1000, 0), (1000, 300))
WINDY = Why("大风", "strong wind")


def make_show(**made: object) -> Activity:
    """Return a show with zones A and B, ten places each, twelve safe of whom two are staff; gates open an hour before."""
    settings: dict[str, object] = {"slug": "drones", "kind": "show", "pools": 2, "capacity": 10, "approved_ceiling": 24}
    activity = make_activity(**{**settings, **made})  # type: ignore[arg-type]
    slot = slot_of(activity)
    change(
        slot,
        doors_at=slot.starts_at - timedelta(hours=1),
        decision_at=slot.starts_at - timedelta(hours=5),
        backup_starts_at=slot.starts_at + timedelta(days=1),
    )
    zone(activity, 0, "A", LEFT)
    zone(activity, 1, "B", RIGHT)
    return activity


def slot_of(activity: Activity) -> Slot:
    """Return the evening of a show."""
    return pool_of(activity).slot


def zone(activity: Activity, index: int, letter: str, corners: tuple[tuple[int, int], ...], *, safety_limit: int = 12) -> Area:
    """Set the zone of one of a show's pools, with a gate of its own."""
    staff_id, edit = make_staff().id, ZoneEdit(Why(f"{letter}区", f"Zone {letter}"), safety_limit, 2, 1, True, corners)
    with transaction():
        area = service.set_zone(pool_of(activity, index).id, edit, actor_id=staff_id)
        entrance = EntranceEdit(Why(f"{letter}口", f"Gate {letter}"), corners[0], is_step_free=True)
        service.set_entrance(area.id, entrance, actor_id=staff_id)
    return area


def decide(activity: Activity, what: str, *, seen: int = 0, until: object = None, actor_id: int | None = None) -> int:
    """Decide about a show as a view does; return the id of the decision."""
    wanted = Decision(what)
    more = {} if wanted == Decision.GO else {"cause": Cause.WIND, "why": WINDY}
    asked = Ruling(wanted, until=until, **more)  # type: ignore[arg-type]
    slot_id, actor_id = slot_of(activity).id, actor_id or make_staff().id
    with transaction():
        return service.decide(slot_id, asked, seen=seen, actor_id=actor_id).id


def book(activity: Activity, *party_sizes: int, index: int = 0) -> list[SignUp]:
    """Sign up parties of these sizes for one of a show's zones, one after the other."""
    return fill(activity, *party_sizes, pool=pool_of(activity, index))
