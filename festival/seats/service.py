"""Drawing halls and giving seats, inside ``transaction()`` with the activity locked.

The database frees seats with the place they belong to (``migrations/seat_triggers.py``); nothing here has to be called then.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import db, put
from festival.lib.errors import NotFound
from festival.outbox.service import owe, owe_each
from festival.programme.kinds import HallSize
from festival.programme.models import Pool, Slot
from festival.seats import queries, rules
from festival.seats.models import Seat, SeatGiven, SeatMap, SeatTold
from festival.seats.queries import Sitting
from festival.seats.rules import SEATED, Name, SeatKind, SeatReason, SeatsRefused, Spot
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.service import lock


@dataclass(slots=True)
class Outcome:
    """What an automatic assignment did, by sign-up."""

    #: Who got seats.
    seated: list[SignUp] = field(default_factory=list)
    #: Of those, who sits in several places, and in how many.
    split: dict[int, int] = field(default_factory=dict)
    #: Who could not be seated, in order.
    unseated: list[SignUp] = field(default_factory=list)
    #: Seats given.
    seats: int = 0


def _locked(map_id: int) -> tuple[SeatMap, datetime]:
    """Lock the activity of a map; return the map read after the lock, and now.

    :raises NotFound: there is no such map.
    """
    activity_id = db.session.scalar(
        select(Slot.activity_id).join(SeatMap, SeatMap.slot_id == Slot.id).where(SeatMap.id == map_id)
    )
    if activity_id is None:
        raise NotFound
    locked = lock(activity_id)
    waitlist.lapse(locked.activity, locked.now)
    db.session.flush()
    seat_map = db.session.scalar(select(SeatMap).where(SeatMap.id == map_id).execution_options(populate_existing=True))
    if seat_map is None:
        raise NotFound  # somebody removed it a moment ago
    return seat_map, locked.now


def _activity_id(seat_map: SeatMap) -> int:
    return db.session.scalars(select(Slot.activity_id).where(Slot.id == seat_map.slot_id)).one()


def _touch(seat_map: SeatMap, now: datetime) -> None:
    seat_map.revision += 1
    seat_map.updated_at = now


# -- the hall ----------------------------------------------------------------------------------------------------------------


def draw(  # whose, how, by whom
    slot_id: int,
    pool_id: int | None,
    spots: Sequence[Spot],
    *,
    blocks: Mapping[str, int],
    actor_id: int | None,
    seen: int | None = None,
) -> SeatMap:
    """Draw the hall of a slot (or of one pool of it) anew; seats that keep their name keep who sits on them.

    :param blocks: the pool that a block's words mean.
    :param seen: the revision that the drawing was made from; None: there was none, or it does not matter.
    :raises NotFound: there is no such slot.
    :raises SeatsRefused: changed meanwhile, or somebody sits on a seat that would go or be blocked.
    """
    activity_id = db.session.scalar(select(Slot.activity_id).where(Slot.id == slot_id))
    if activity_id is None:
        raise NotFound
    now = lock(activity_id).now
    seat_map = queries.map_for(slot_id, pool_id)
    if seen is not None and (seat_map is None or seat_map.revision != seen):
        raise SeatsRefused(SeatReason.CHANGED_MEANWHILE)
    if seat_map is None:
        seat_map = SeatMap(slot_id=slot_id, pool_id=pool_id, updated_at=now)
        db.session.add(seat_map)
        db.session.flush()
    else:
        _touch(seat_map, now)
    _redraw(seat_map.id, spots, blocks)
    record(
        "seat.draw",
        "seat_map",
        seat_map.id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=f"seats={sum(spot.kind != SeatKind.BLOCKED for spot in spots)}",
    )
    return seat_map


def begin(slot_id: int, size: HallSize, *, actor_id: int | None) -> SeatMap:
    """Draw the hall that a kind's details speak of: rows from the front are kept for the slot's pools, as their places need."""
    pools = db.session.scalars(
        select(Pool).where(Pool.slot_id == slot_id, Pool.is_closed.is_(False)).order_by(Pool.position)
    ).all()
    rows = rules.rows_for({pool.id: pool.capacity for pool in pools}, size.per_row)
    text = rules.built(size.rows, size.per_row, blocks=[(pool.key, rows.get(pool.id, 0)) for pool in pools])
    blocks = {pool.key: pool.id for pool in pools}
    return draw(slot_id, None, rules.read_drawing(text), blocks=blocks, actor_id=actor_id)


def _redraw(map_id: int, spots: Sequence[Spot], blocks: Mapping[str, int]) -> None:
    known = {sitting.name: sitting for sitting in queries.hall(map_id)}
    wanted = {spot.name: spot for spot in spots}
    lost = [
        name
        for name, sitting in known.items()
        if sitting.sign_up is not None and (name not in wanted or wanted[name].kind == SeatKind.BLOCKED)
    ]
    if lost:
        raise SeatsRefused(SeatReason.IN_USE, lost)
    gone = [sitting.seat.id for name, sitting in known.items() if name not in wanted]
    if gone:
        db.session.execute(delete(Seat).where(Seat.id.in_(gone)))
    # Out of the way first: two seats may change places, and none may stand where another still does.
    db.session.execute(update(Seat).where(Seat.map_id == map_id).values(line=-Seat.line))
    values = {name: _columns(spot, blocks) for name, spot in wanted.items()}
    kept = [{"id": known[name].seat.id, **columns} for name, columns in values.items() if name in known]
    fresh = [
        {"map_id": map_id, "row_name": name.row, "number": name.number, **columns}
        for name, columns in values.items()
        if name not in known
    ]
    if kept:
        db.session.execute(update(Seat), kept)
    if fresh:
        db.session.execute(insert(Seat), fresh)
    db.session.expire_all()


def _columns(spot: Spot, blocks: Mapping[str, int]) -> dict[str, object]:
    return {"line": spot.line, "column": spot.column, "kind": spot.kind, "pool_id": blocks.get(spot.block)}


def remove(map_id: int, *, actor_id: int) -> None:
    """Take a hall away on which nobody sits.

    :raises SeatsRefused: somebody does.
    """
    seat_map, _now = _locked(map_id)
    taken = [sitting.name for sitting in queries.hall(map_id) if sitting.sign_up is not None]
    if taken:
        raise SeatsRefused(SeatReason.IN_USE, taken)
    record("seat.remove", "seat_map", map_id, actor_id=actor_id, activity_id=_activity_id(seat_map))
    db.session.execute(delete(Seat).where(Seat.map_id == map_id))
    db.session.execute(delete(SeatMap).where(SeatMap.id == map_id))
    db.session.expire_all()


# -- seats of their own accord ---------------------------------------------------------------------------------------------------


def arrange(map_id: int, *, actor_id: int | None) -> Outcome:
    """Give seats to all parties that lack some, in the order of their turn, parties together; nobody who sits is moved.

    Doing it twice gives nothing the second time.
    """
    seat_map, now = _locked(map_id)
    sittings = queries.hall(map_id)
    parties = queries.parties(seat_map)
    places: dict[int, list[tuple[int, int]]] = {}
    for sitting in sittings:
        if sitting.sign_up is not None:
            places.setdefault(sitting.sign_up.id, []).append((sitting.seat.line, sitting.seat.column))
    free = [
        rules.Seat(one.seat.id, one.seat.line, one.seat.column, one.seat.pool_id, one.seat.kind == SeatKind.ACCESSIBLE)
        for one in sittings
        if one.is_free
    ]
    asked = [
        rules.Party(one.id, one.pool_id, one.party_size - len(near), tuple(near))
        for one in parties
        if len(near := places.get(one.id, [])) < one.party_size
    ]
    done = rules.arrange(free, asked)
    used = _numbers_used(done.given)
    db.session.add_all(
        SeatGiven(seat_id=seat_id, sign_up_id=sign_up_id, nth=nth, by_hand=False, by_id=actor_id, at=now)
        for sign_up_id, seats in done.given.items()
        for nth, seat_id in zip(_numbers(used.get(sign_up_id, set())), seats, strict=False)
    )
    db.session.flush()
    by_id = {one.id: one for one in parties}
    outcome = Outcome(
        seated=[by_id[one] for one in done.given],
        split=done.split,
        unseated=[by_id[one] for one in done.unseated],
        seats=sum(map(len, done.given.values())),
    )
    if done.given:
        _touch(seat_map, now)
        _tell_changed(done.given, now, _activity_id(seat_map))
    record(
        "seat.arrange",
        "seat_map",
        map_id,
        actor_id=actor_id,
        activity_id=_activity_id(seat_map),
        changes=f"seats={outcome.seats} parties={len(outcome.seated)} split={len(outcome.split)} left={len(outcome.unseated)}",
    )
    return outcome


def _numbers_used(sign_up_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return which persons of parties have seats already."""
    used: dict[int, set[int]] = {}
    rows = db.session.execute(select(SeatGiven.sign_up_id, SeatGiven.nth).where(SeatGiven.sign_up_id.in_(list(sign_up_ids))))
    for row in rows:
        used.setdefault(row.sign_up_id, set()).add(row.nth)
    return used


def _numbers(used: set[int]) -> Iterable[int]:
    """Yield the numbers of the persons of a party that have no seat."""
    return (number for number in range(1, rules.MOST_SEATS) if number not in used)


def clear_automatic(map_id: int, *, actor_id: int) -> int:
    """Free the seats that nobody chose by hand and nobody of whose party has come in; return how many."""
    return _clear(map_id, lambda one: one.given is not None and not one.given.by_hand, "seat.clear_automatic", actor_id)


def _clear(map_id: int, chosen: Callable[[Sitting], bool], action: str, actor_id: int) -> int:
    seat_map, now = _locked(map_id)
    freed = [one for one in queries.hall(map_id) if one.sign_up is not None and one.sign_up.arrived == 0 and chosen(one)]
    if not freed:
        return 0
    db.session.execute(delete(SeatGiven).where(SeatGiven.seat_id.in_([one.seat.id for one in freed])))
    db.session.expire_all()
    _touch(seat_map, now)
    activity_id = _activity_id(seat_map)
    _tell_changed({one.sign_up.id for one in freed if one.sign_up is not None}, now, activity_id)
    record(action, "seat_map", map_id, actor_id=actor_id, activity_id=activity_id, changes=f"seats={len(freed)}")
    return len(freed)


# -- by hand -----------------------------------------------------------------------------------------------------------------


def seat(map_id: int, wanted: Mapping[int, Sequence[Name]], *, actor_id: int, seen: int | None = None) -> int:
    """Give parties exactly these seats, by hand and all at once; return how many parties changed.

    Parties named here may change seats among each other; nobody else is moved. What stays as it was keeps how it came about.

    :param wanted: sign-up -> its seats in the order of the party; none frees what it has.
    :param seen: the map's revision that the choice was made from; None: it does not matter.
    :raises SeatsRefused: says of which seats; nothing was changed.
    """
    seat_map, now = _locked(map_id)
    if seen is not None and seat_map.revision != seen:
        raise SeatsRefused(SeatReason.CHANGED_MEANWHILE)
    sittings = {one.name: one for one in queries.hall(map_id)}
    _check(seat_map, wanted, sittings)
    before: dict[int, dict[int, SeatGiven]] = {}
    for one in sittings.values():
        if one.given is not None:
            before.setdefault(one.given.sign_up_id, {})[one.seat.id] = one.given
    changed: list[int] = []
    rows: list[SeatGiven] = []
    names: list[Name] = []
    for sign_up_id, chosen in wanted.items():
        had = before.get(sign_up_id, {})
        ids = [sittings[name].seat.id for name in chosen]
        if ids == sorted(had, key=lambda seat_id: had[seat_id].nth):
            continue
        changed.append(sign_up_id)
        names += chosen
        rows += [_given(seat_id, sign_up_id, nth, had.get(seat_id), actor_id, now) for nth, seat_id in enumerate(ids, start=1)]
        db.session.execute(delete(SeatGiven).where(SeatGiven.sign_up_id == sign_up_id))
    if not changed:
        return 0
    db.session.expire_all()
    db.session.add_all(rows)
    db.session.flush()
    _touch(seat_map, now)
    activity_id = _activity_id(seat_map)
    _tell_changed(changed, now, activity_id)
    for sign_up_id, chosen in wanted.items():
        if len(wanted) <= 2:  # noqa: PLR2004  # one party, or two that change seats; a whole list is one entry
            _record_seat(sign_up_id, chosen, actor_id, activity_id)
    if len(wanted) > 2:  # noqa: PLR2004
        changes = f"seats={len(names)} parties={len(changed)}"
        record("seat.import", "seat_map", map_id, actor_id=actor_id, activity_id=activity_id, changes=changes)
    return len(changed)


def _given(seat_id: int, sign_up_id: int, nth: int, had: SeatGiven | None, actor_id: int, now: datetime) -> SeatGiven:
    """Return the row of a seat: as it came about where the party has it already, else by hand."""
    if had is not None:
        return SeatGiven(seat_id=seat_id, sign_up_id=sign_up_id, nth=nth, by_hand=had.by_hand, by_id=had.by_id, at=had.at)
    return SeatGiven(seat_id=seat_id, sign_up_id=sign_up_id, nth=nth, by_hand=True, by_id=actor_id, at=now)


def _record_seat(sign_up_id: int, chosen: Sequence[Name], actor_id: int, activity_id: int) -> None:
    action = "seat.give" if chosen else "seat.clear"
    seats = ",".join(f"{name.row}-{name.number}" for name in chosen)
    record(action, "sign_up", sign_up_id, actor_id=actor_id, activity_id=activity_id, changes=seats[:500])


def _check(seat_map: SeatMap, wanted: Mapping[int, Sequence[Name]], sittings: Mapping[Name, Sitting]) -> None:
    """Refuse what cannot be: each reason with the seats it is about."""
    every = [name for chosen in wanted.values() for name in chosen]
    if unknown := [name for name in every if name not in sittings]:
        raise SeatsRefused(SeatReason.UNKNOWN, unknown)
    if twice := [name for name, times in Counter(every).items() if times > 1]:
        raise SeatsRefused(SeatReason.SAME, twice)
    if blocked := [name for name in every if sittings[name].seat.kind == SeatKind.BLOCKED]:
        raise SeatsRefused(SeatReason.BLOCKED, blocked)
    if taken := [name for name in every if (sat := sittings[name].sign_up) is not None and sat.id not in wanted]:
        raise SeatsRefused(SeatReason.TAKEN, taken)
    found = {
        one.id: one
        for one in db.session.scalars(
            select(SignUp).where(SignUp.id.in_(list(wanted))).execution_options(populate_existing=True),
        )
    }
    here = set(db.session.scalars(select(SignUp.id).where(SignUp.id.in_(list(wanted)), *queries.sits_by(seat_map))))
    for sign_up_id, chosen in wanted.items():
        sign_up = found.get(sign_up_id)
        if sign_up is None or sign_up_id not in here:
            raise SeatsRefused(SeatReason.ELSEWHERE, chosen)
        if sign_up.state not in SEATED:
            raise SeatsRefused(SeatReason.NO_PLACE, chosen)
        if len(chosen) > sign_up.party_size:
            raise SeatsRefused(SeatReason.TOO_MANY, chosen)


def give(map_id: int, seat_id: int, sign_up_id: int, *, actor_id: int) -> None:
    """Give one free seat to a party that lacks one.

    :raises SeatsRefused: the seat is taken or blocked, or the party has all its seats.
    """
    _locked(map_id)
    chosen = _sitting(map_id, seat_id)
    if chosen.sign_up is not None:
        raise SeatsRefused(SeatReason.SAME if chosen.sign_up.id == sign_up_id else SeatReason.TAKEN, [chosen.name])
    seat(map_id, {sign_up_id: [*queries.names_of([sign_up_id]).get(sign_up_id, []), chosen.name]}, actor_id=actor_id)


def exchange(map_id: int, seat_id: int, name: Name, *, actor_id: int) -> None:
    """Let who sits on a seat sit on another one; who sat there comes here.

    :raises SeatsRefused: nobody sits here, or there is no such seat.
    """
    _locked(map_id)
    here = _sitting(map_id, seat_id)
    there = next((one for one in queries.hall(map_id) if one.name == name), None)
    if there is None:
        raise SeatsRefused(SeatReason.UNKNOWN, [name])
    if here.name == name:
        raise SeatsRefused(SeatReason.SAME, [name])
    if here.sign_up is None:
        raise SeatsRefused(SeatReason.EMPTY, [here.name])
    other = {here.name: there.name, there.name: here.name}
    ids = [one.sign_up.id for one in (here, there) if one.sign_up is not None]
    held = queries.names_of(ids)
    seat(map_id, {one: [other.get(name, name) for name in held[one]] for one in dict.fromkeys(ids)}, actor_id=actor_id)


def clear(map_id: int, seat_id: int, *, actor_id: int) -> None:
    """Free one seat.

    :raises SeatsRefused: nobody sits there.
    """
    _locked(map_id)
    here = _sitting(map_id, seat_id)
    if here.sign_up is None:
        raise SeatsRefused(SeatReason.EMPTY, [here.name])
    held = queries.names_of([here.sign_up.id])[here.sign_up.id]
    seat(map_id, {here.sign_up.id: [name for name in held if name != here.name]}, actor_id=actor_id)


def _sitting(map_id: int, seat_id: int) -> Sitting:
    found = next((one for one in queries.hall(map_id) if one.seat.id == seat_id), None)
    if found is None:
        raise NotFound
    return found


# -- telling ---------------------------------------------------------------------------------------------------------------


def tell(map_id: int, *, actor_id: int) -> int:
    """Tell everybody whose seats are not those they were last told of; return how many. Each later change is told at once."""
    seat_map, now = _locked(map_id)
    activity_id = _activity_id(seat_map)
    waiting = untold(queries.parties(seat_map))
    current = _seats_of([one.id for one in waiting])
    owe_each("seat_given", "sign_up", {one.id: one.person_id for one in waiting}, activity_id=activity_id)
    for sign_up in waiting:
        _note_told(sign_up.id, current.get(sign_up.id, ""), now)
    if waiting:
        changes = f"parties={len(waiting)}"
        record("seat.tell", "seat_map", map_id, actor_id=actor_id, activity_id=activity_id, changes=changes)
    return len(waiting)


def untold(parties: Sequence[SignUp]) -> list[SignUp]:
    """Return the parties whose seats are not those they were last told of."""
    told = queries.told([one.id for one in parties])
    now = _seats_of([one.id for one in parties])
    return [one for one in parties if now.get(one.id, "") != (told[one.id].seats if one.id in told else "")]


def _seats_of(sign_up_ids: Iterable[int]) -> dict[int, str]:
    """Return the seats of sign-ups as ``SeatTold`` keeps them."""
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        select(SeatGiven.sign_up_id, SeatGiven.seat_id)
        .where(SeatGiven.sign_up_id.in_(list(sign_up_ids)))
        .order_by(SeatGiven.sign_up_id, SeatGiven.nth),
    )
    for row in rows:
        found.setdefault(row.sign_up_id, []).append(str(row.seat_id))
    return {sign_up_id: ",".join(seats) for sign_up_id, seats in found.items()}


def _tell_changed(sign_up_ids: Iterable[int], now: datetime, activity_id: int) -> None:
    """Say that these parties have other seats than before: to their calendars, and to who was told of other seats.

    Who was told nothing yet hears it when all are told.
    """
    ids = list(sign_up_ids)
    for sign_up in db.session.scalars(select(SignUp).where(SignUp.id.in_(ids)).execution_options(populate_existing=True)):
        waitlist.touch(sign_up)
    told, current = queries.told(ids), _seats_of(ids)
    changed = [one for one in told if told[one].seats != current.get(one, "")]
    for sign_up in db.session.scalars(select(SignUp).where(SignUp.id.in_(changed)).order_by(SignUp.id)):
        _tell(sign_up, current.get(sign_up.id, ""), now, activity_id)


def _tell(sign_up: SignUp, seats: str, now: datetime, activity_id: int) -> None:
    owe("seat_given", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity_id)
    _note_told(sign_up.id, seats, now)


def _note_told(sign_up_id: int, seats: str, now: datetime) -> None:
    put(SeatTold, {"sign_up_id": sign_up_id, "seats": seats[:1000], "at": max(now, clock.now())}, key=("sign_up_id",))


# -- when pools change ---------------------------------------------------------------------------------------------------------


def pool_becomes(source_id: int, target_id: int, sign_up_ids: Iterable[int] | None = None) -> None:
    """Keep seats for another pool from now on, before its parties move there: so they stay seated.

    :param sign_up_ids: only the seats of these sign-ups (a pool is split); None: all that were the pool's (it is merged).
    """
    chosen = [Seat.pool_id == source_id]
    if sign_up_ids is not None:
        chosen.append(Seat.id.in_(select(SeatGiven.seat_id).where(SeatGiven.sign_up_id.in_(list(sign_up_ids)))))
    db.session.execute(update(Seat).where(*chosen).values(pool_id=target_id))
    if sign_up_ids is None:
        slot_id = db.session.scalar(select(Pool.slot_id).where(Pool.id == source_id))
        if slot_id is not None and queries.map_for(slot_id, target_id) is None:
            db.session.execute(update(SeatMap).where(SeatMap.pool_id == source_id).values(pool_id=target_id))


def copy_halls(source_id: int, slots: Mapping[int, int], pools: Mapping[int, int]) -> None:
    """Draw the halls of an activity again for its copy; nobody sits there.

    :param slots: ids of the copied slots by ids of their originals; likewise ``pools``. What was not copied has no hall.
    """
    for seat_map in queries.maps_of(source_id):
        is_copied = seat_map.slot_id in slots and (seat_map.pool_id is None or seat_map.pool_id in pools)
        if not is_copied:
            continue
        made = SeatMap(
            slot_id=slots[seat_map.slot_id],
            pool_id=pools[seat_map.pool_id] if seat_map.pool_id is not None else None,
            updated_at=clock.now(),
        )
        db.session.add(made)
        db.session.flush()
        seats = [sitting.seat for sitting in queries.hall(seat_map.id)]
        rows = [
            {
                "map_id": made.id,
                "line": seat.line,
                "column": seat.column,
                "row_name": seat.row_name,
                "number": seat.number,
                "kind": seat.kind,
                "pool_id": pools.get(seat.pool_id) if seat.pool_id is not None else None,
            }
            for seat in seats
        ]
        if rows:
            db.session.execute(insert(Seat), rows)
