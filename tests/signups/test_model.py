"""The engine against a simple model: any sequence of what people, organizers and time do to an activity.

Sign-ups, withdrawals, removals, changes of party and capacity, answers to offers, approvals and rejections, draws and their
annulment, hours and the sweep; in pools that are open, reviewed or drawn.

The model is a few lists of parties in queue order. It knows no database, no lock and none of our rules' code; after each step
both must say the same of everybody, and the books must balance.
"""

import hmac
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from festival.draws import queries as drawn
from festival.draws import service as draws
from festival.draws.service import Seed
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Access, Promotion
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.signups import queries, service
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.signups.engine import NOW, change, confirm, edit, faults, remove, set_capacity, sign_up, withdraw

PARTY_MAX = 4
#: What sets two apart who join a list at the same instant: the clock stands still between the acts of a walk.
INSTANT = timedelta(microseconds=1)
STEPS = 32
CUTOFF = timedelta(hours=2)
STARTS_IN = timedelta(hours=54)
#: An offer holds for twelve hours between 8 and 22 o'clock.
HOLD = timedelta(hours=12)
AWAKE = (8, 22)
LIVE = ("confirmed", "offered", "waitlisted", "pending", "entered")


@dataclass(eq=False)
class Party:
    """Somebody with their companions, as the model sees them."""

    size: int
    pool: int
    state: str
    #: Its turn, lower first: whoever is moved gets a first number before all, then when it joined, then in which order they came.
    turn: tuple[int, datetime, int]
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
    ways: list[str] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    joined: int = 0
    #: Who was in the draw that stands; None: there is none.
    drawn: list[Party] | None = None

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

    def last_turn(self, party: Party) -> tuple[int, datetime, int]:
        """Return the turn behind everybody who waits for the party's pool, also behind who joined at this very instant."""
        queue = [one for one in self.queue(party.pool) if one is not party]
        if not queue:
            return 0, self.now, party.turn[2]
        first, joined_at, _number = queue[-1].turn
        return max(0, first), max(self.now, joined_at + INSTANT), party.turn[2]

    # -- acting: each returns False when the engine must refuse --

    def sign_up(self, pool: int, size: int) -> Party | None:
        limit = self.capacity[pool]
        if (limit is not None and size > limit) or (self.ceiling is not None and size > self.ceiling):
            return None
        state = {"approval": "pending", "ballot": "entered"}.get(self.ways[pool]) or self.place(pool, size)
        if state is None:
            return None
        self.joined += 1
        party = Party(size, pool, state, (0, self.now, self.joined))
        if state == "waitlisted":
            party.turn = self.last_turn(party)
        self.parties.append(party)
        return party

    def place(self, pool: int, size: int) -> str | None:
        queued = bool(self.queue(pool)) or (self.ceiling is not None and bool(self.fitting_heads()))
        if not queued and self.fits_pool(pool, size) and self.fits_ceiling(size):
            return "confirmed"
        return "waitlisted" if self.list_limit is None or self.waiting() + size <= self.list_limit else None

    def hold(self, party: Party) -> None:
        """Give a place by an approval or a draw: at once, or as an offer while there is time to take it."""
        deadline = _deadline(self.now)
        if self.offers and deadline > self.now:
            party.state, party.offers, party.until = "offered", party.offers + 1, deadline
        else:
            party.state = "confirmed"

    def approve(self, party: Party) -> bool:
        state = self.place(party.pool, party.size)
        if state == "confirmed":
            self.hold(party)
        elif state is not None:
            party.state = state
            self.serve()  # its turn counts from when it signed up: it may be the head now
        return state is not None

    def draw(self, in_order: list[Party]) -> None:
        """Give the places of each pool out in this order, the first party that does not fit stops those behind it.

        Lists of two pools that share a ceiling are in line by the rank that each party drew in its own pool.
        """
        full: set[int] = set()
        ranks: dict[int, int] = {}
        for party in in_order:
            ranks[party.pool] = ranks.get(party.pool, 0) + 1
            if not self.fits_pool(party.pool, party.size) or not self.fits_ceiling(party.size):
                full.add(party.pool)
            if party.pool in full:
                party.state, party.turn = "waitlisted", (0, self.now + ranks[party.pool] * INSTANT, party.turn[2])
            else:
                self.hold(party)
        self.drawn = in_order

    def void(self) -> None:
        for party in self.drawn or []:
            if party.state in {"offered", "waitlisted"}:
                party.state, party.until = "entered", None
        self.drawn = None

    def leave(self, party: Party, state: str) -> bool:
        if party.state not in LIVE:
            return False
        had_a_turn = party.state in {"confirmed", "offered", "waitlisted"}
        party.state, party.until = state, None
        if had_a_turn:
            self.serve()
        return True

    def resize(self, party: Party, size: int) -> bool:
        if party.state not in LIVE:
            return False
        grows = size - party.size
        limit = self.capacity[party.pool]
        if grows > 0:
            if limit is not None and size > limit:
                return False
            if party.state in {"pending", "entered"}:
                pass  # it holds nothing yet
            elif party.state == "waitlisted":
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
                party.state, party.turn = "waitlisted", (before_all, *party.turn[1:])
        self.serve()

    def confirm(self, party: Party) -> bool:
        if party.state == "confirmed":
            return True
        if party.state != "offered":
            return False
        party.state, party.until = "confirmed", None
        return True

    def lapse(self) -> None:
        overdue = [party for party in self.parties if party.state == "offered" and party.until and party.until <= self.now]
        for party in sorted(overdue, key=lambda party: (party.until, party.id)):
            party.until = None
            if party.offers >= 2:
                party.state = "expired"
            else:
                party.turn = self.last_turn(party)
                party.state = "waitlisted"
        if overdue:
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


def _turn(party: Party) -> tuple[int, datetime, int]:
    return party.turn


def _deadline(now: datetime) -> datetime:
    """Return when twelve waking hours are over, hour by hour: the tests move the clock by whole hours."""
    left, at = HOLD, now
    while left:
        if AWAKE[0] <= at.astimezone(clock.ZONE).hour < AWAKE[1]:
            left -= timedelta(hours=1)
        at += timedelta(hours=1)
    return min(at, NOW + STARTS_IN - CUTOFF)


# -- both at once ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """What the organizers decided beforehand."""

    capacities: list[int | None]
    ceiling: int | None
    list_limit: int | None
    offers: bool
    #: How each pool gives its places.
    ways: list[str]


#: One thing that happens: its name, and what it is about.
Act = tuple[str, tuple[Any, ...]]


def some_setting(chance: Random) -> Setting:
    pools = chance.choice([1, 2])
    ways = [chance.choice(["open", "approval", "ballot"]) for _ in range(pools)]
    ceiling = chance.choice([None, None, 4, 6, 8])
    return Setting(
        capacities=[chance.choice([2, 3, 4, 5, 6, None]) for _ in range(pools)],
        ways=ways,
        ceiling=ceiling,
        list_limit=chance.choice([None, None, 8, 4, 0]),
        offers=chance.choice([True, True, False]),
    )


def some_act(chance: Random) -> Act:
    which, size, pool = chance.randrange(40), chance.randint(1, PARTY_MAX), chance.randrange(2)
    acts: dict[str, tuple[int, tuple[Any, ...]]] = {
        "sign_up": (9, (pool, size)),
        "withdraw": (3, (which,)),
        "remove": (1, (which,)),
        "resize": (3, (which, size)),
        "decide": (6, (which, chance.choice([True, True, True, True, False]))),
        "draw": (3, (str(which),)),
        "void": (1, ()),
        "take_offer": (2, (which,)),
        "set_capacity": (1, (pool, chance.choice([None, 0, *range(2, 10)]), chance.choice([True, False]))),
        "pass_time": (3, (chance.choice([2, 12, 14]), chance.choice([True, False]))),
    }
    [name] = chance.choices(list(acts), [weight for weight, _ in acts.values()])
    return name, acts[name][1]


class Pair:
    """The engine and the model, which are told the same."""

    def __init__(self, setting: Setting) -> None:
        clock.freeze(NOW)
        self.activity = make_activity(
            capacity=7,
            pools=len(setting.capacities),
            approved_ceiling=setting.ceiling,
            waitlist_limit=setting.list_limit,
            party_max=PARTY_MAX,
            starts_in=STARTS_IN,
            closes_in=None,
        )
        if setting.offers:
            change(self.activity, promotion=Promotion.OFFER)
        self.pools = [pool_of(self.activity, index) for index in range(len(setting.capacities))]
        for pool, capacity, way in zip(self.pools, setting.capacities, setting.ways, strict=True):
            change(pool, capacity=capacity, access=Access(way))
        self.slot_id = self.pools[0].slot_id
        self.staff_id = make_staff().id
        self.model = Model(list(setting.capacities), setting.ceiling, setting.list_limit, setting.offers, NOW, setting.ways)

    def pick(self, number: int, *states: str) -> Party | None:
        """Return one of the parties in these states; None: there is none."""
        found = [party for party in self.model.parties if party.state in states]
        return found[number % len(found)] if found else None

    def do(self, act: Act) -> None:
        """Do one thing with both; what is overdue lapses first, unless the act is refused and so leaves everything as it was."""
        name, facts = act
        before = deepcopy(self.model)
        try:
            getattr(self, name)(*facts)
        except SignUpRefused:
            self.model = before
        self.compare()

    def agree(self, expected: bool, do: Callable[[], object]) -> None:
        """The engine refuses exactly what the model refuses."""
        try:
            do()
        except SignUpRefused:
            assert not expected, "the engine refused what the model takes"
            raise
        assert expected, "the engine took what the model refuses"

    def sign_up(self, number: int, size: int) -> None:
        pool = number % len(self.pools)
        self.model.lapse()
        party = self.model.sign_up(pool, size)

        def do() -> None:
            made = sign_up(self.activity, make_person(), party_size=size, pool=self.pools[pool])
            assert party is not None, "the engine took whom the model refuses"
            party.id = made.id

        self.agree(party is not None, do)

    def withdraw(self, number: int) -> None:
        party = self.pick(number, *LIVE)
        if party is not None:
            self.model.lapse()
            self.agree(self.model.leave(party, "withdrawn"), lambda: withdraw(_row(party)))

    def remove(self, number: int) -> None:
        party = self.pick(number, *LIVE)
        if party is not None:
            self.model.lapse()
            self.agree(self.model.leave(party, "removed"), lambda: remove(_row(party), "重复", self.staff_id))

    def decide(self, number: int, is_good: bool) -> None:
        """Approve or reject somebody; whom neither a place nor the list takes stays where they are."""
        party = self.pick(number, "pending")
        if party is None:
            return
        self.model.lapse()
        if is_good:
            is_decided = self.model.approve(party)
        else:
            party.state, is_decided = "rejected", True
        with transaction():
            decision = Decision.APPROVE if is_good else Decision.REJECT
            outcome = reviews.decide(self.activity.id, [party.id], decision, "名额有限", actor_id=self.staff_id)
        assert len(outcome.decided) == is_decided

    def draw(self, seed: str) -> None:
        """Close sign-up for an hour, freeze, and draw; the order is worked out here from the numbers that were published."""
        entered = [party for party in self.model.parties if party.state == "entered"]
        if self.model.drawn is not None or not entered or any(party.state == "pending" for party in self.model.parties):
            return
        self.pass_time(1, is_swept=False)
        self.model.lapse()
        change(self.activity, closes_at=NOW)
        with transaction():
            drawing = draws.freeze(self.slot_id, Seed("号码", "numbers", clock.now()), actor_id=self.staff_id)
        numbers = {entry.sign_up_id: entry.entry_no for entry in drawing.entries}
        with transaction():
            draws.draw(drawing.id, seed, actor_id=self.staff_id)
        change(self.activity, closes_at=None)
        marks = {party: hmac.new(seed.encode(), numbers[party.id].encode(), "sha256").digest() for party in entered}
        # The pool of the very first mark has the first choice below a ceiling that pools share.
        first = {party.pool: min(marks[one] for one in entered if one.pool == party.pool) for party in entered}
        self.model.draw(sorted(entered, key=lambda party: (first[party.pool], marks[party])))

    def void(self) -> None:
        if self.model.drawn is None:
            return
        self.model.lapse()
        self.model.void()
        standing = drawn.standing(self.slot_id)
        assert standing is not None
        with transaction():
            draws.void(standing.id, "有误", "A mistake", actor_id=self.staff_id)

    def resize(self, number: int, size: int) -> None:
        party = self.pick(number, *LIVE)
        if party is not None:
            revision = _row(party).revision
            is_overdue = party.until is not None and party.until <= self.model.now
            self.model.lapse()
            # A form that was filled in before an offer lapsed is out of date: the revision says so.
            expected = not is_overdue and self.model.resize(party, size)
            self.agree(expected, lambda: edit(_row(party), party_size=size, revision=revision))

    def set_capacity(self, number: int, capacity: int | None, move: bool) -> None:
        pool = number % len(self.pools)
        self.model.lapse()
        self.model.set_capacity(pool, capacity, move=move)
        done = set_capacity(self.pools[pool], capacity, "move" if move else "keep", actor_id=self.staff_id)
        taken = self.model.taken(pool)
        assert done.over == (0 if capacity is None else max(0, taken - capacity))

    def take_offer(self, number: int) -> None:
        party = self.pick(number, "offered", "expired") or self.pick(number, "confirmed")
        if party is not None:
            self.model.lapse()
            self.agree(self.model.confirm(party), lambda: confirm(_row(party)))

    def pass_time(self, hours: int, is_swept: bool) -> None:
        """Let hours go by; the sweep comes, or whoever acts next meets what is overdue."""
        now = self.model.now + timedelta(hours=hours)
        if now >= NOW + STARTS_IN:
            return
        clock.freeze(now)
        self.model.now = now
        if is_swept:
            self.model.lapse()
            self.model.serve()
            with transaction():
                service.sweep(self.activity.id)

    def compare(self) -> None:
        """Both say the same of everybody and of every list, and the books balance."""
        db.session.rollback()
        for party in self.model.parties:
            row = _row(party)
            assert (row.state.value, row.party_size, row.offered_until) == (party.state, party.size, party.until)
        lists = [[waiting.sign_up_id for waiting in queries.waiting_parties(pool.id)] for pool in self.pools]
        assert lists == [[party.id for party in self.model.queue(index)] for index in range(len(self.pools))]
        over = [
            pool.id
            for index, (pool, capacity) in enumerate(zip(self.pools, self.model.capacity, strict=True))
            if capacity is not None and self.model.taken(index) > capacity
        ]
        assert faults(self.activity, allowed_over=over) == []


def _row(party: Party) -> SignUp:
    return db.session.get_one(SignUp, party.id)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1))
def test_any_sequence_of_acts_leads_where_a_simple_model_says(app, seed):
    """Each example is a walk of its own: drawn act by act, the walks would be copies of one another with a step changed."""
    chance = Random(seed)
    setting = some_setting(chance)
    acts = [some_act(chance) for _ in range(STEPS)]
    note(f"{setting}\n" + "\n".join(map(str, acts)))
    try:
        pair = Pair(setting)
        for act in acts:
            pair.do(act)
    finally:
        clock.freeze(None)
