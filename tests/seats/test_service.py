"""Seats in the database: given together, by hand, told, and freed with the place."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from festival.audit.models import AuditEntry
from festival.exports import seating
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.plans import pools as plans
from festival.roster import queries as roster
from festival.seats import queries, service
from festival.seats.models import SeatGiven
from festival.seats.rules import Name, SeatReason, SeatsRefused, read_drawing
from festival.signups import service as signups
from festival.signups.rules import State
from festival.signups.service import EditRequest
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.seats.halls import arranged, make_hall, names, seated


def _refused(what) -> tuple[SeatReason, tuple[Name, ...]]:
    with pytest.raises(SeatsRefused) as refused, transaction():
        what()
    return refused.value.reason, refused.value.about


def _owed() -> int:
    return len(db.session.scalars(select(Message.id).where(Message.kind == "seat_given")).all())


def test_everybody_with_a_place_is_seated_together_by_turn_and_pool_and_only_once(app):
    activity = make_activity(capacity=10, pools=2)
    media = pool_of(activity, 1)
    hall = make_hall(activity, "OOOO\nOOX = 媒体", blocks={"媒体": media.id})
    pair, three, reporter = (
        make_sign_up(activity, party_size=2),
        make_sign_up(activity, party_size=3),
        make_sign_up(activity, pool=media),
    )
    waiting, single = make_sign_up(activity, state=State.WAITLISTED), make_sign_up(activity)

    first, again = arranged(hall), arranged(hall)

    assert seated(pair, three, reporter, waiting, single) == ["1排1–2座", "", "2排1座", "", "1排3座"]
    assert ([one.id for one in first.unseated], first.split, again.seats) == ([three.id], {}, 0)
    trail = db.session.scalars(
        select(AuditEntry.changes).where(AuditEntry.action == "seat.arrange").order_by(AuditEntry.id)
    ).all()
    assert trail == ["seats=4 parties=3 split=0 left=1", "seats=0 parties=0 split=0 left=1"]


def test_a_seat_chosen_by_hand_stays_and_the_rest_of_the_party_joins_it(app):
    activity, staff = make_activity(), make_staff()
    hall = make_hall(activity, "OOO\nOOO")
    first, second = make_sign_up(activity, party_size=2), make_sign_up(activity, party_size=2)
    with transaction():
        service.seat(hall.id, {second.id: names("1-1")}, actor_id=staff.id)
    arranged(hall)
    assert seated(first, second) == ["2排1–2座", "1排1–2座"]

    with transaction():
        freed = service.clear_automatic(hall.id, actor_id=staff.id)

    assert (freed, seated(first, second)) == (3, ["", "1排1座"])


def test_by_hand_seats_are_given_exchanged_and_cleared_each_with_an_audit_entry(app):
    activity, staff = make_activity(), make_staff()
    hall = make_hall(activity, "OOO")
    anna, ben = make_sign_up(activity), make_sign_up(activity)
    ids = {one.name.number: one.seat.id for one in queries.hall(hall.id)}

    for act in (
        lambda: service.give(hall.id, ids[1], anna.id, actor_id=staff.id),
        lambda: service.give(hall.id, ids[2], ben.id, actor_id=staff.id),
        lambda: service.exchange(hall.id, ids[1], Name("1", 2), actor_id=staff.id),
        lambda: service.exchange(hall.id, ids[1], Name("1", 3), actor_id=staff.id),
        lambda: service.clear(hall.id, ids[2], actor_id=staff.id),
    ):
        with transaction():
            act()

    assert seated(anna, ben) == ["", "1排3座"]
    trail = db.session.execute(
        select(AuditEntry.action, AuditEntry.subject_id, AuditEntry.changes)
        .where(AuditEntry.subject == "sign_up")
        .order_by(AuditEntry.id)
    )
    assert [tuple(row) for row in trail] == [
        ("seat.give", anna.id, "1-1"),
        ("seat.give", ben.id, "1-2"),
        ("seat.give", anna.id, "1-2"),
        ("seat.give", ben.id, "1-1"),
        ("seat.give", ben.id, "1-3"),
        ("seat.clear", anna.id, ""),
    ]


def test_conflicts_change_nothing_and_name_the_seats(app):
    activity, elsewhere, staff = make_activity(), make_activity(), make_staff()
    hall = make_hall(activity, "OOX")
    anna, ben = make_sign_up(activity), make_sign_up(activity)
    waiting, other = make_sign_up(activity, state=State.WAITLISTED), make_sign_up(elsewhere)
    with transaction():
        service.seat(hall.id, {anna.id: names("1-1")}, actor_id=staff.id)
    seats = {one.name.number: one.seat.id for one in queries.hall(hall.id)}

    def asked(sign_up, seats, **more):
        return _refused(lambda: service.seat(hall.id, {sign_up.id: names(seats)}, actor_id=staff.id, **more))

    assert [
        asked(ben, "1-1"),
        asked(ben, "1-3"),
        asked(ben, "9-9"),
        asked(ben, "1-2 1-1")[0],
        asked(waiting, "1-2"),
        asked(other, "1-2"),
        asked(ben, "1-2", seen=1),
        _refused(lambda: service.clear(hall.id, seats[2], actor_id=staff.id)),
        _refused(lambda: service.give(hall.id, seats[2], anna.id, actor_id=staff.id)),
        _refused(lambda: service.remove(hall.id, actor_id=staff.id)),
        _refused(lambda: service.draw(hall.slot_id, None, read_drawing("XO"), blocks={}, actor_id=staff.id)),
    ] == [
        (SeatReason.TAKEN, (Name("1", 1),)),
        (SeatReason.BLOCKED, (Name("1", 3),)),
        (SeatReason.UNKNOWN, (Name("9", 9),)),
        SeatReason.TAKEN,
        (SeatReason.NO_PLACE, (Name("1", 2),)),
        (SeatReason.ELSEWHERE, (Name("1", 2),)),
        (SeatReason.CHANGED_MEANWHILE, ()),
        (SeatReason.EMPTY, (Name("1", 2),)),
        (SeatReason.TOO_MANY, (Name("1", 1), Name("1", 2))),
        (SeatReason.IN_USE, (Name("1", 1),)),
        (SeatReason.IN_USE, (Name("1", 1),)),
    ]
    assert seated(anna, ben) == ["1排1座", ""]


def test_the_database_itself_refuses_two_on_one_seat(app):
    activity, staff = make_activity(), make_staff()
    hall = make_hall(activity, "O")
    anna, ben = make_sign_up(activity), make_sign_up(activity)
    seat_id = queries.hall(hall.id)[0].seat.id
    with transaction():
        service.seat(hall.id, {anna.id: names("1-1")}, actor_id=staff.id)

    with pytest.raises(IntegrityError), transaction():
        db.session.add(SeatGiven(seat_id=seat_id, sign_up_id=ben.id, nth=1, by_hand=True, by_id=staff.id, at=anna.state_at))
    db.session.rollback()


def test_a_hall_drawn_anew_keeps_who_sits_on_seats_of_the_same_name(app):
    activity = make_activity()
    hall = make_hall(activity, "OO\nO")
    pair, one = make_sign_up(activity, party_size=2), make_sign_up(activity)
    arranged(hall)

    again = make_hall(activity, "2: O_O\n1: OOO")

    assert (again.id, seated(pair, one)) == (hall.id, ["1排1–2座", "2排1座"])
    assert [(row.seat.line, row.seat.column, row.name) for row in queries.hall(hall.id)] == [
        (1, 1, Name("2", 1)),
        (1, 3, Name("2", 2)),
        (2, 1, Name("1", 1)),
        (2, 2, Name("1", 2)),
        (2, 3, Name("1", 3)),
    ]


def test_seats_are_freed_with_the_place_whatever_took_it_away(app):
    activity, staff = make_activity(capacity=10), make_staff()
    hall = make_hall(activity, "OOOOO\nOOOOO")
    leaving, removed, shrinking, lowered = (make_sign_up(activity, party_size=2) for _ in range(4))
    arranged(hall)
    assert seated(leaving, removed, shrinking, lowered) == ["1排1–2座", "1排3–4座", "2排1–2座", "2排3–4座"]

    with transaction():
        signups.withdraw(leaving.id)
        signups.remove(removed.id, "重复报名", actor_id=staff.id)
        asked = EditRequest(party_size=1, name="王芳", answers={}, files={}, consents=frozenset(), revision=shrinking.revision)
        signups.edit(shrinking.id, asked)
        signups.set_capacity(pool_of(activity).id, 1, "move", actor_id=staff.id)

    assert seated(leaving, removed, shrinking, lowered) == ["", "", "2排1座", ""]
    assert [one.name.number for one in queries.hall(hall.id) if one.given] == [1]


def test_a_merged_pool_keeps_its_people_on_their_seats_and_a_split_one_too(app):
    activity, staff = make_activity(capacity=4, pools=2), make_staff()
    first, second = pool_of(activity), pool_of(activity, 1)
    hall = make_hall(activity, "OO = 一\nOO = 二", blocks={"一": first.id, "二": second.id})
    anna, ben = make_sign_up(activity, pool=first), make_sign_up(activity, pool=second)
    arranged(hall)

    with transaction():
        merge = plans.Merge(first.id, second.id, 8)
        plans.merge(merge, seen=plans.simulate_merge(merge, clock.now()).fingerprint, actor_id=staff.id)
    assert seated(anna, ben) == ["1排1座", "2排1座"]

    with transaction():
        split = plans.Split(second.id, 1, 4, "甲", "A", "乙", "B")
        plans.split(split, seen=plans.simulate_split(split, clock.now()).fingerprint, actor_id=staff.id)
    assert seated(anna, ben) == ["1排1座", "2排1座"]
    assert [one.pool.label_zh for one in queries.parties(hall)] == ["甲", "乙"]


def test_a_person_is_told_once_and_from_then_on_of_every_change(app):
    activity, staff = make_activity(), make_staff()
    hall = make_hall(activity, "OOO")
    anna, ben = make_sign_up(activity), make_sign_up(activity)
    with transaction():
        service.seat(hall.id, {anna.id: names("1-1")}, actor_id=staff.id)
    assert _owed() == 0

    with transaction():
        told = service.tell(hall.id, actor_id=staff.id), service.tell(hall.id, actor_id=staff.id)
    assert (told, _owed()) == ((1, 0), 1)

    with transaction():
        service.seat(hall.id, {anna.id: names("1-2"), ben.id: names("1-1")}, actor_id=staff.id)

    assert _owed() == 2  # anna sits elsewhere now; ben has not been told of any seat yet
    assert [one.id for one in service.untold(queries.parties(hall))] == [ben.id]


def test_a_map_of_one_pool_is_for_that_pool_alone(app):
    activity = make_activity(pools=2)
    bus = pool_of(activity, 1)
    whole, own = make_hall(activity, "OO"), make_hall(activity, "OO", pool=bus)
    walker, rider = make_sign_up(activity), make_sign_up(activity, pool=bus)

    arranged(whole)
    arranged(own)

    assert seated(walker, rider) == ["1排1座", "1排1座"]
    assert [one.id for one in queries.parties(whole)] == [walker.id]


def test_persons_without_a_seat_are_counted_by_activity_where_there_is_a_map(app):
    seated_one, without_map = make_activity(), make_activity()
    hall = make_hall(seated_one, "OO")
    make_sign_up(seated_one, party_size=2)
    arranged(hall)
    make_sign_up(seated_one, party_size=3)
    make_sign_up(without_map)

    assert queries.without_seat(SeatGiven.seat_id.is_(None) | True) == {seated_one.id: 3}


def test_lists_in_the_order_of_the_seats_say_each_seat(app):
    activity = make_activity()
    late, early, none = make_sign_up(activity), make_sign_up(activity), make_sign_up(activity)
    hall = make_hall(activity, "OO")
    with transaction():
        service.seat(hall.id, {late.id: names("1-2"), early.id: names("1-1")}, actor_id=make_staff().id)

    rows = list(seating.in_order(list(roster.every(activity.id, [], clock.now()))))

    assert [(one.row.id, one.seats) for one in rows] == [(early.id, "1排1座"), (late.id, "1排2座"), (none.id, "")]
