"""What the demo does with a show: its people come through the gates of their zones, and the organizers decide if nobody has."""

from datetime import timedelta
from functools import partial

from festival.accounts import queries as people
from festival.kinds.show import queries, service
from festival.kinds.show.rules import Decision
from festival.kinds.show.service import Ruling
from festival.lib.db import db
from festival.programme.models import Activity
from festival.seed.diary import Diary
from festival.signups.models import SignUp

#: Until so long before the word is due, whoever looks on may decide.
_AT_LAST = timedelta(minutes=3)


def enliven(activity: Activity, diary: Diary) -> None:
    """Write down the word that the organizers owe, and by which gate people come."""
    gates: dict[int, list[int]] = {
        area.pool_id: [entrance.gate_id for entrance in area.entrances if entrance.gate.closed_at is None]
        for area in queries.areas(activity.id)
        if area.pool_id is not None
    }

    def gate_of(sign_up: SignUp) -> int | None:
        of_zone = gates.get(sign_up.pool_id)
        return of_zone[sign_up.id % len(of_zone)] if of_zone else None

    diary.gates[activity.id] = gate_of
    slot = queries.evening(activity)
    if slot is not None and slot.decision_at is not None:
        diary.at(slot.decision_at - _AT_LAST, partial(_go_ahead, slot.id))


def _go_ahead(slot_id: int) -> None:
    """Decide that it goes ahead, unless something was decided; what is called off stays so."""
    organizer, last = people.staff_named("organizer"), queries.last_decision(slot_id)
    if organizer is not None and last is None:
        service.decide(slot_id, Ruling(Decision.GO), seen=0, actor_id=organizer.id)
        db.session.flush()
