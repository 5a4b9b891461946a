"""The engine against a simple model: any sequence of sign-ups, withdrawals, changes, capacities, answers to offers and hours.

The model is a few lists of parties in queue order. It knows no database, no lock and none of our rules' code; after each step
both must say the same of everybody, and the books must balance.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Promotion
from festival.signups import queries, service
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.signups.engine import NOW, change, confirm, edit, faults, set_capacity, sign_up, withdraw

PARTY_MAX = 4
CUTOFF = timedelta(hours=2)
STARTS_IN = timedelta(days=4)
#: An offer holds for twelve hours between 8 and 22 o'clock.
HOLD = timedelta(hours=12)
AWAKE = (8, 22)


@dataclass(eq=False)
class Party:
    """Somebody with their companions, as the model sees them."""

    size: int
    pool: int
    state: str
    #: The order in which parties joined their list, a lower number first; whoever is moved gets one before all.
    turn: tuple[int, int]
    offers: int = 0
    until: datetime | None = None
    id: int = 0


@dataclass
class Model:
    """What should be so."""

    capacity: list[int | None]
    ceiling: int | None
    list_limit: int | None
    offers: bool
    now: datetime
    parties: list[Party] = field(default_factory=list)
    joined: int = 0

    # -- looking --

    def taken(self, pool: int) -> int:
        return sum(party.size for party in self.parties if party.pool == pool and party.state in {"confirmed", "offered"})

    def queue(self, pool: int) -> list[Party]:
        return sorted((party for party in self.parties if party.pool == pool and party.state == "waitlisted"), key=_turn)

    def waiting(self) -> int:
        return sum(party.size for party in self.parties if party.state == "waitlisted")

    def fits_pool(self, pool: int, size: int) -> bool:
        limit = self.capacity[pool]
        return limit is None or self.taken(pool) + size <= limit

    def fits_ceiling(self, size: int) -> bool:
        heads = sum(self.taken(pool) for pool in range(len(self.capacity)))
        return self.ceiling is None or heads + size <= self.ceiling

    def fitting_heads(self) -> list[Party]:
        if self.now >= NOW + STARTS_IN - CUTOFF:
            return []
        heads = [self.queue(pool)[0] for pool in range(len(self.capacity)) if self.queue(pool)]
        return [head for head in heads if self.fits_pool(head.pool, head.size)]

    # -- acting: each returns False when the engine must refuse --

    def sign_up(self, pool: int, size: int) -> Party | None:
        limit = self.capacity[pool]
        if (limit is not None and size > limit) or (self.ceiling is not None and size > self.ceiling):
            return None
        queued = bool(self.queue(pool)) or (self.ceiling is not None and bool(self.fitting_heads()))
        if not queued and self.fits_pool(pool, size) and self.fits_ceiling(size):
            state = "confirmed"
        elif self.list_limit is None or self.waiting() + size <= self.list_limit:
            state = "waitlisted"
        else:
            return None
        self.joined += 1
        party = Party(size, pool, state, (0, self.joined))
        self.parties.append(party)
        return party

    def withdraw(self, party: Party) -> None:
        party.state, party.until = "withdrawn", None
        self.serve()

    def resize(self, party: Party, size: int) -> bool:
        grows = size - party.size
        limit = self.capacity[party.pool]
        if grows > 0:
            if limit is not None and size > limit:
                return False
            if party.state == "waitlisted":
                if self.list_limit is not None and self.waiting() + grows > self.list_limit:
                    return False
            elif (
                self.queue(party.pool)
                or not self.fits_pool(party.pool, grows)
                or not self.fits_ceiling(grows)
                or (self.ceiling is not None and self.fitting_heads())
            ):
                return False
        party.size = size
        if grows < 0:
            self.serve()
        return True

    def set_capacity(self, pool: int, capacity: int | None, *, move: bool) -> None:
        self.capacity[pool] = capacity
        if move and capacity is not None:
            before_all = min([0, *(party.turn[0] for party in self.queue(pool))]) - 1
            confirmed = sorted(
                (party for party in self.parties if party.pool == pool and party.state == "confirmed"), key=_turn, reverse=True
            )
            for party in confirmed:
                if self.taken(pool) <= capacity:
                    break
                party.state, party.turn = "waitlisted", (before_all, party.turn[1])
        self.serve()

    def confirm(self, party: Party) -> bool:
        if party.state == "confirmed":
            return True
        if party.state != "offered":
            return False
        party.state, party.until = "confirmed", None
        return True

    def pass_time(self, now: datetime) -> None:
        self.now = now
        self.lapse()

    def lapse(self) -> None:
        overdue = [party for party in self.parties if party.state == "offered" and party.until and party.until <= self.now]
        for party in sorted(overdue, key=lambda party: (party.until, party.id)):
            party.until = None
            if party.offers >= 2:
                party.state = "expired"
            else:
                self.joined += 1
                last = max([0, *(one.turn[0] for one in self.queue(party.pool))])
                party.state, party.turn = "waitlisted", (last, self.joined)
        self.serve()

    def serve(self) -> None:
        while heads := self.fitting_heads():
            head = min(heads, key=_turn)
            if not self.fits_ceiling(head.size):
                return
            if self.offers:
                head.state, head.offers, head.until = "offered", head.offers + 1, _deadline(self.now)
            else:
                head.state = "confirmed"


def _turn(party: Party) -> tuple[int, int]:
    return party.turn


def _deadline(now: datetime) -> datetime:
    """Return when twelve waking hours are over, hour by hour: the tests move the clock by whole hours."""
    left, at = HOLD, now
    while left:
        if AWAKE[0] <= at.astimezone(clock.ZONE).hour < AWAKE[1]:
            left -= timedelta(hours=1)
        at += timedelta(hours=1)
    return min(at, NOW + STARTS_IN - CUTOFF)


class Engine(RuleBasedStateMachine):
    """Both at once."""

    def __init__(self) -> None:
        super().__init__()
        clock.freeze(NOW)

    @initialize(
        capacities=st.lists(st.none() | st.integers(0, 7), min_size=1, max_size=2),
        ceiling=st.none() | st.integers(3, 9),
        list_limit=st.none() | st.integers(0, 8),
        offers=st.booleans(),
    )
    def begin(self, capacities, ceiling, list_limit, offers):
        self.activity = make_activity(
            capacity=7,
            pools=len(capacities),
            approved_ceiling=ceiling,
            waitlist_limit=list_limit,
            party_max=PARTY_MAX,
            starts_in=STARTS_IN,
            closes_in=None,
        )
        if offers:
            change(self.activity, promotion=Promotion.OFFER)
        self.pools = [pool_of(self.activity, index) for index in range(len(capacities))]
        for pool, capacity in zip(self.pools, capacities, strict=True):
            change(pool, capacity=capacity)
        self.staff_id = make_staff().id
        self.model = Model(list(capacities), ceiling, list_limit, offers, NOW)

    def pick(self, number: int, *states: str) -> Party | None:
        """Return one of the parties in these states."""
        found = [party for party in self.model.parties if party.state in states]
        return found[number % len(found)] if found else None

    def row(self, party: Party) -> SignUp:
        return db.session.get_one(SignUp, party.id)

    @rule(pool=st.integers(0, 1), size=st.integers(1, PARTY_MAX))
    def someone_signs_up(self, pool, size):
        pool %= len(self.pools)
        expected = self.model.sign_up(pool, size)
        try:
            made = sign_up(self.activity, make_person(), party_size=size, pool=self.pools[pool])
        except SignUpRefused:
            assert expected is None, "the engine refused whom the model takes"
        else:
            assert expected is not None, "the engine took whom the model refuses"
            expected.id = made.id
        self.compare()

    @rule(number=st.integers(0, 30))
    @precondition(lambda self: any(party.state in {"confirmed", "offered", "waitlisted"} for party in self.model.parties))
    def someone_withdraws(self, number):
        party = self.pick(number, "confirmed", "offered", "waitlisted")
        assert party is not None
        self.model.withdraw(party)
        withdraw(self.row(party))
        self.compare()

    @rule(number=st.integers(0, 30), size=st.integers(1, PARTY_MAX))
    @precondition(lambda self: any(party.state in {"confirmed", "offered", "waitlisted"} for party in self.model.parties))
    def someone_changes_the_party(self, number, size):
        party = self.pick(number, "confirmed", "offered", "waitlisted")
        assert party is not None
        expected = self.model.resize(party, size)
        try:
            edit(self.row(party), party_size=size)
        except SignUpRefused:
            assert not expected, "the engine refused a change that the model takes"
        else:
            assert expected, "the engine took a change that the model refuses"
        self.compare()

    @rule(pool=st.integers(0, 1), capacity=st.none() | st.integers(0, 9), move=st.booleans())
    def an_organizer_changes_the_capacity(self, pool, capacity, move):
        pool %= len(self.pools)
        over_before = service.preview_capacity(self.pools[pool].id, capacity).over
        self.model.set_capacity(pool, capacity, move=move)
        done = set_capacity(self.pools[pool], capacity, "move" if move else "keep", actor_id=self.staff_id)
        taken = self.model.taken(pool)
        assert done.over == (0 if capacity is None else max(0, taken - capacity))
        assert move or done.over == over_before
        self.compare()

    @rule(number=st.integers(0, 30))
    @precondition(lambda self: any(party.state in {"confirmed", "offered", "expired"} for party in self.model.parties))
    def someone_takes_an_offer(self, number):
        party = self.pick(number, "confirmed", "offered", "expired")
        assert party is not None
        expected = self.model.confirm(party)
        try:
            confirm(self.row(party))
        except SignUpRefused:
            assert not expected, "the engine refused an offer that stands"
        else:
            assert expected, "the engine gave what was not offered"
        self.compare()

    @rule(hours=st.sampled_from([1, 5, 12, 15, 24]))
    @precondition(lambda self: self.model.now < NOW + STARTS_IN - timedelta(hours=25))
    def time_passes(self, hours):
        now = self.model.now + timedelta(hours=hours)
        clock.freeze(now)
        self.model.pass_time(now)
        with transaction():
            service.sweep(self.activity.id)
        self.compare()

    def compare(self) -> None:
        """Both say the same of everybody and of every list, and the books balance."""
        db.session.rollback()
        for party in self.model.parties:
            row = self.row(party)
            assert (row.state.value, row.party_size, row.offered_until) == (party.state, party.size, party.until)
        lists = [[waiting.sign_up_id for waiting in queries.waiting_parties(pool.id)] for pool in self.pools]
        assert lists == [[party.id for party in self.model.queue(index)] for index in range(len(self.pools))]
        over = [
            pool.id
            for index, (pool, capacity) in enumerate(zip(self.pools, self.model.capacity, strict=True))
            if capacity is not None and self.model.taken(index) > capacity
        ]
        assert faults(self.activity, allowed_over=over) == []

    def teardown(self) -> None:
        clock.freeze(None)


@pytest.mark.slow
def test_any_sequence_of_acts_leads_where_a_simple_model_says(app):
    run_state_machine_as_test(
        Engine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
