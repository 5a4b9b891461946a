"""Freezing, drawing and voiding."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.draws import queries, service
from festival.draws.models import Draw, DrawEntry
from festival.draws.rules import DrawReason, DrawRefused, DrawState, Entry, Outcome, drawn_order, entrants_digest
from festival.draws.service import Seed
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme.models import Access, Activity, ActivityStatus, Mode, Promotion, Slot, SlotStatus
from festival.signups import service as signups
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.signups.engine import change


def _ballot(capacity: int = 2, *, promotion: Promotion = Promotion.AUTO) -> Activity:
    activity = make_activity(
        mode=Mode.BALLOT,
        capacity=capacity,
        opens_in=timedelta(days=-3),
        closes_in=timedelta(hours=-1),
        starts_in=timedelta(days=3),
    )
    with transaction():
        activity.promotion = promotion
    return activity


def _slot(activity: Activity) -> Slot:
    return db.session.scalars(select(Slot).where(Slot.activity_id == activity.id)).one()


def _seed(*, due_in: timedelta = timedelta(minutes=-1)) -> Seed:
    return Seed("彩票开奖号码", "lottery numbers", clock.now() + due_in)


def _freeze(activity: Activity, seed: Seed | None = None) -> Draw:
    with transaction():
        return service.freeze(_slot(activity).id, seed or _seed(), actor_id=make_staff().id)


def _draw(drawing: Draw, seed: str = "1 2 3") -> Draw:
    with transaction():
        return service.draw(drawing.id, seed, actor_id=make_staff().id)


def _entry(sign_up: SignUp) -> DrawEntry:
    newest = select(DrawEntry).where(DrawEntry.sign_up_id == sign_up.id).order_by(DrawEntry.id.desc())
    entry = db.session.scalars(newest).first()
    assert entry is not None
    return entry


def _in_drawn_order(drawing: Draw, sign_ups: list[SignUp]) -> list[SignUp]:
    return sorted(sign_ups, key=lambda sign_up: _entry(sign_up).rank or 0)


@pytest.mark.usefixtures("app")
def test_freezing_publishes_fresh_numbers_their_hash_and_no_name() -> None:
    activity = _ballot()
    entered = [make_sign_up(activity, state=State.ENTERED, name="王小明") for _ in range(3)]

    drawing = _freeze(activity)

    numbers = sorted(_entry(one).entry_no for one in entered)
    assert drawing.entrants == "".join(f"pool-1 {number} 1\n" for number in numbers)
    assert drawing.entrants_sha256 == entrants_digest(drawing.entrants)
    assert not {one.code for one in entered} & set(drawing.entrants.split())
    assert drawing.state == DrawState.FROZEN


@pytest.mark.usefixtures("app")
def test_a_draw_gives_the_places_in_drawn_order_and_the_rest_wait_in_that_order() -> None:
    activity = _ballot(capacity=2)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(5)]
    drawing = _draw(_freeze(activity), "一个 seed")

    order = drawn_order(
        [Entry("pool-1", _entry(one).entry_no, 1) for one in entered],
        "一个 seed",
    )["pool-1"]
    drawn = _in_drawn_order(drawing, entered)
    assert [_entry(one).entry_no for one in drawn] == order
    assert [one.state for one in drawn] == [State.CONFIRMED] * 2 + [State.WAITLISTED] * 3
    assert [_entry(one).outcome for one in drawn] == [Outcome.PLACE] * 2 + [Outcome.WAITLISTED] * 3

    with transaction():
        promoted = signups.withdraw(drawn[0].id)

    assert promoted == [drawn[2]]


@pytest.mark.usefixtures("app")
def test_a_party_is_one_entry_and_is_never_split() -> None:
    activity = _ballot(capacity=3)
    entered = [make_sign_up(activity, state=State.ENTERED, party_size=2) for _ in range(2)]

    drawn = _in_drawn_order(_draw(_freeze(activity)), entered)

    assert [one.state for one in drawn] == [State.CONFIRMED, State.WAITLISTED]


@pytest.mark.usefixtures("app")
def test_pools_are_drawn_apart() -> None:
    activity = make_activity(mode=Mode.BALLOT, capacity=1, pools=2, closes_in=timedelta(hours=-1))
    entered = {
        index: [make_sign_up(activity, state=State.ENTERED, pool=pool_of(activity, index)) for _ in range(2)] for index in (0, 1)
    }
    drawing = _draw(_freeze(activity))

    states = {index: [one.state for one in _in_drawn_order(drawing, entered[index])] for index in entered}
    assert states == {0: [State.CONFIRMED, State.WAITLISTED], 1: [State.CONFIRMED, State.WAITLISTED]}


@pytest.mark.usefixtures("app")
def test_a_drawn_place_is_an_offer_until_the_announced_deadline_where_the_activity_offers() -> None:
    activity = _ballot(capacity=1, promotion=Promotion.OFFER)
    until = (clock.now() + timedelta(days=1)).replace(microsecond=0)
    with transaction():
        activity.confirm_until = until
    entered = [make_sign_up(activity, state=State.ENTERED)]

    _draw(_freeze(activity))

    assert [(one.state, one.offered_until) for one in entered] == [(State.OFFERED, until)]


@pytest.mark.usefixtures("app")
def test_who_left_after_the_freeze_keeps_the_rank_and_takes_no_place() -> None:
    activity = _ballot(capacity=1)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(2)]
    drawing = _freeze(activity)
    ranks = drawn_order([Entry("pool-1", _entry(one).entry_no, 1) for one in entered], "1 2 3")["pool-1"]
    first = next(one for one in entered if _entry(one).entry_no == ranks[0])
    other = next(one for one in entered if one is not first)
    with transaction():
        signups.withdraw(first.id)

    _draw(drawing)

    assert (_entry(first).rank, _entry(first).outcome, first.state) == (1, Outcome.LEFT, State.WITHDRAWN)
    assert (_entry(other).rank, _entry(other).outcome, other.state) == (2, Outcome.PLACE, State.CONFIRMED)


@pytest.mark.usefixtures("app")
def test_a_draw_tells_everybody_once_and_writes_one_ledger_line_each() -> None:
    activity = _ballot(capacity=1)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(2)]

    drawn = _in_drawn_order(_draw(_freeze(activity)), entered)

    told = db.session.execute(select(Message.kind, Message.subject_id).order_by(Message.id)).all()
    assert sorted(map(tuple, told)) == sorted([("sign_up_confirmed", drawn[0].id), ("sign_up_not_drawn", drawn[1].id)])
    lines = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)).all()
    assert [(line.sign_up_id, line.what, line.why, line.taken_before, line.taken_after) for line in lines] == [
        (drawn[0].id, "drawn", "rank:1", 0, 1),
        (drawn[1].id, "drawn", "rank:2", 1, 1),
    ]


@pytest.mark.usefixtures("app")
def test_a_draw_cannot_be_repeated() -> None:
    activity = _ballot()
    make_sign_up(activity, state=State.ENTERED)
    drawing = _draw(_freeze(activity))

    with pytest.raises(DrawRefused) as again:
        _draw(drawing, "another")
    with pytest.raises(DrawRefused) as second:
        _freeze(activity)

    assert (again.value.reason, second.value.reason) == (DrawReason.NOT_FROZEN, DrawReason.ONE_IS_RUNNING)
    assert db.session.get_one(Draw, drawing.id).seed == "1 2 3"


@pytest.mark.usefixtures("app")
def test_the_seed_is_not_taken_before_its_source_is_public() -> None:
    activity = _ballot()
    make_sign_up(activity, state=State.ENTERED)
    drawing = _freeze(activity, _seed(due_in=timedelta(hours=1)))

    with pytest.raises(DrawRefused) as refused:
        _draw(drawing)

    assert refused.value.reason == DrawReason.SEED_NOT_DUE


@pytest.mark.usefixtures("app")
def test_nothing_is_frozen_while_sign_up_is_open_or_somebody_waits_for_review_or_nobody_entered() -> None:
    still_open = make_activity(mode=Mode.BALLOT)
    make_sign_up(still_open, state=State.ENTERED)
    in_review = _ballot()
    make_sign_up(in_review, state=State.ENTERED)
    make_sign_up(in_review, state=State.PENDING)
    empty = _ballot()

    reasons = []
    for activity in (still_open, in_review, empty):
        with pytest.raises(DrawRefused) as refused:
            _freeze(activity)
        reasons.append(refused.value.reason)

    assert reasons == [DrawReason.STILL_OPEN, DrawReason.STILL_PENDING, DrawReason.NOBODY_ENTERED]


@pytest.mark.usefixtures("app")
def test_a_void_draw_returns_who_has_not_confirmed_to_the_hat_and_a_new_one_can_be_frozen() -> None:
    activity = _ballot(capacity=2, promotion=Promotion.OFFER)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(3)]
    drawing = _draw(_freeze(activity))
    drawn = _in_drawn_order(drawing, entered)
    with transaction():
        signups.confirm(drawn[0].id)

    with transaction():
        service.void(drawing.id, "名单漏了一人", "one entrant was missing", actor_id=make_staff().id)

    assert [one.state for one in drawn] == [State.CONFIRMED, State.ENTERED, State.ENTERED]
    assert pool_of(activity).taken == 1
    again = _freeze(activity)
    assert [(one.id, one.state) for one in queries.draws_of(activity.id)] == [
        (again.id, DrawState.FROZEN),
        (drawing.id, DrawState.VOID),
    ]


@pytest.mark.usefixtures("app")
def test_a_failure_in_the_middle_of_a_draw_leaves_nothing_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    activity = _ballot(capacity=1)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(3)]
    drawing = _freeze(activity)
    moved = []

    def fail_at_the_second(*args: object, **kwargs: object) -> None:
        moved.append(args)
        if len(moved) == 2:  # the second of three
            raise RuntimeError

    monkeypatch.setattr(service, "owe", fail_at_the_second)
    with pytest.raises(RuntimeError):
        _draw(drawing)

    assert [one.state for one in entered] == [State.ENTERED] * 3
    assert (db.session.get_one(Draw, drawing.id).state, pool_of(activity).taken) == (DrawState.FROZEN, 0)


@pytest.mark.usefixtures("app")
def test_a_draw_lets_no_quota_get_ahead_of_one_that_nobody_entered_for() -> None:
    activity = make_activity(mode=Mode.BALLOT, pools=2, closes_in=timedelta(hours=-1))
    change(activity, balance_tolerance=1)
    for index, answer in enumerate("mf"):
        change(pool_of(activity, index), quota_question="gender", quota_answer=answer)
    entered = [make_sign_up(activity, state=State.ENTERED) for _ in range(3)]

    _draw(_freeze(activity))

    assert sorted(one.state for one in entered) == [State.CONFIRMED, State.WAITLISTED, State.WAITLISTED]


@pytest.mark.usefixtures("app")
def test_what_a_void_draw_had_on_offer_goes_to_whom_the_approved_number_kept_waiting() -> None:
    activity = make_activity(mode=Mode.BALLOT, pools=2, closes_in=timedelta(hours=-1), approved_ceiling=1)
    change(activity, promotion=Promotion.OFFER)
    change(pool_of(activity, 1), access=Access.OPEN)
    entered = make_sign_up(activity, state=State.ENTERED)
    drawing = _draw(_freeze(activity))
    waiting = make_sign_up(activity, state=State.WAITLISTED, pool=pool_of(activity, 1))

    with transaction():
        service.void(drawing.id, "有误", "a mistake", actor_id=make_staff().id)

    assert [entered.state, waiting.state] == [State.ENTERED, State.OFFERED]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("off", [{"status": ActivityStatus.POSTPONED}, {"status": SlotStatus.CANCELLED}])
def test_nothing_is_frozen_or_drawn_while_its_time_is_off(off: dict[str, object]) -> None:
    activity = _ballot()
    make_sign_up(activity, state=State.ENTERED)
    drawing = _freeze(activity)
    change(activity if isinstance(off["status"], ActivityStatus) else _slot(activity), **off)

    reasons = []
    for again in (lambda: _draw(drawing), lambda: _freeze(activity)):
        with pytest.raises(DrawRefused) as refused:
            again()
        reasons.append(refused.value.reason)

    assert reasons == [DrawReason.NOT_ON, DrawReason.NOT_ON]
