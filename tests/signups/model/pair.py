"""The engine and the model, told the same and compared after each step."""

import hmac
import uuid
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import select

from festival.accounts.models import Account
from festival.draws import queries as drawn
from festival.draws import service as draws
from festival.draws.service import Seed
from festival.invitations import service as invitations
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.plans import pools as pooling
from festival.plans import service as plans
from festival.plans.pools import Merge, Split
from festival.plans.rules import PoolsRefused, Step, StepRefused
from festival.programme.models import Access, Activity, Pool, Promotion, Slot
from festival.programme.service import Why
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.signups import absences, answers, companions, moving, regulating, releasing, service, waitlist
from festival.signups.models import SignUp
from festival.signups.regulating import RuleRefused, Rules
from festival.signups.rules import SignUpRefused, State
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.signups.engine import NOW, change, confirm, edit, faults, remove, set_capacity, sign_up, withdraw
from tests.signups.model import acts, places
from tests.signups.model import facts as model
from tests.signups.model import plans as planning
from tests.signups.model.facts import LIVE, PARTY_MAX, Missed, Party, Pass, Person, World
from tests.signups.model.walk import NEW, Act, PoolSetting, Setting

Thing = TypeVar("Thing")

#: People who come again and again, and may have missed earlier activities.
KNOWN = 4
FIRST, LAST = timedelta(hours=30), timedelta(hours=54)
LASTS = timedelta(hours=2)
ENDS = timedelta(hours=84)
Refusals = (SignUpRefused, RuleRefused, PoolsRefused, StepRefused)


class Pair:
    """One walk."""

    def __init__(self, setting: Setting) -> None:
        clock.freeze(NOW)
        self.setting = setting
        #: Activities that are over; made when somebody is found to have missed one.
        self.earlier: dict[bool, Activity] = {}
        self.staff_id = make_staff().id
        self.world = World(
            now=NOW,
            closes_at=None if setting.closes_in is None else NOW + timedelta(hours=setting.closes_in),
            list_limit=setting.list_limit,
            offers=setting.offers,
            smaller_may_pass=setting.smaller_may_pass,
            tolerance=setting.tolerance,
            is_reviewed=setting.is_reviewed,
        )
        self.activity = self._open()
        self.world.people = [Person(make_person().id) for _ in range(KNOWN)]

    # -- opening --

    def _open(self) -> Activity:
        """Make the activity with its slots and pools, in the database and in the model."""
        setting, world = self.setting, self.world
        activity = make_activity(
            pools=0,
            waitlist_limit=setting.list_limit,
            party_max=PARTY_MAX,
            starts_in=LAST if setting.shape == "late" else FIRST,
            lasts=LASTS if setting.shape != "children" else LAST - FIRST + LASTS,
            closes_in=None,
        )
        change(
            activity,
            promotion=Promotion.OFFER if setting.offers else Promotion.AUTO,
            closes_at=world.closes_at,
            smaller_may_pass=setting.smaller_may_pass,
            balance_tolerance=setting.tolerance,
            is_reviewed=setting.is_reviewed,
        )
        if any(pool.quota for pools in setting.pools for pool in pools):
            make_question(activity, "gender", required=False)
        if setting.is_named:
            make_question(activity, "with", type_="names", required=False)
        session = db.session.scalars(select(Slot).where(Slot.activity_id == activity.id)).one()
        slots = [session]
        if setting.shape == "several":
            slots.append(self._add_slot(activity, LAST))
        elif setting.shape == "children":
            slots = [self._add_slot(activity, starts_in, session) for starts_in in (FIRST, LAST)]
        rows = [session, *(slot for slot in slots if slot is not session)]
        for row, ceiling in zip([row for row in rows if row.parent_id is None], setting.ceilings, strict=False):
            later = row.starts_at + timedelta(hours=24)
            change(row, approved_ceiling=ceiling, backup_starts_at=later if setting.has_backup else None)
        known = {row.id: self._slot(row) for row in rows}
        for row in rows:
            known[row.id].session = known[row.parent_id] if row.parent_id else None
        world.slots = list(known.values())
        for slot, opened in zip(slots, setting.pools, strict=True):
            for position, pool in enumerate(opened, start=1):
                self._add_pool(known[slot.id], pool, position)
        return activity

    def _add_slot(self, activity: Activity, starts_in: timedelta, parent: Slot | None = None) -> Slot:
        with transaction():
            slot = Slot(
                activity_id=activity.id,
                parent_id=parent.id if parent else None,
                key=uuid.uuid4().hex[:12],
                uid=str(uuid.uuid4()),
                starts_at=NOW + starts_in,
                ends_at=NOW + starts_in + LASTS,
                created_at=NOW,
                updated_at=NOW,
            )
            db.session.add(slot)
        return slot

    def _slot(self, row: Slot) -> model.Slot:
        return model.Slot(row.starts_at, row.ends_at, ceiling=row.approved_ceiling, backup_at=row.backup_starts_at, id=row.id)

    def _add_pool(self, slot: model.Slot, opened: PoolSetting, position: int) -> None:
        with transaction():
            row = Pool(
                slot_id=slot.id,
                key=f"pool-{position}",
                position=position,
                label_zh=f"{position}区",
                label_en=f"Zone {position}",
                capacity=opened.capacity,
                access=Access(opened.way),
                quota_question="gender" if opened.quota else None,
                quota_answer=opened.quota or None,
                waitlist_limit=opened.list_limit,
                is_flex=opened.is_reserve,
            )
            db.session.add(row)
        made = model.Pool(slot, opened.capacity, opened.way, opened.quota, opened.list_limit, opened.is_reserve, id=row.id)
        self.world.pools.append(made)

    # -- doing both --

    def do(self, act: Act) -> None:
        """Do one thing with both; what is overdue lapses first, unless the act is refused and so leaves everything as it was."""
        name, about = act
        before = deepcopy(self.world)
        try:
            getattr(self, name)(*about)
        except Refusals:
            self.world = before
        self.compare()

    def agree(self, expected: bool, do: Callable[[], object]) -> None:
        """The engine refuses exactly what the model refuses."""
        refused = None
        try:
            do()
        except Refusals as error:
            refused = error
        assert expected == (refused is None), f"the engine said {refused.reason if refused else 'yes'}"
        if refused is not None:
            raise refused

    def pick(self, number: int, *states: str) -> Party | None:
        """Return one of the parties in these states; None: there is none."""
        return _pick(number, [party for party in self.world.parties if party.state in states])

    # -- people --

    def sign_up(self, who: int, which: int, size: int, by: int | None) -> None:
        world = self.world
        person = Person(make_person().id) if who == NEW else world.people[who % KNOWN]
        likely = [pool for pool in world.pools if acts.is_open(world, pool.slot) and not (pool.is_closed or pool.is_reserve)]
        pool = _pick(which, likely if likely and which % 8 else world.pools)
        assert pool is not None
        shown = None if by is None else _pick(by, world.passes)
        if pool.way == "invitation" and shown is not None:
            shown = _pick(by or 0, [one for one in world.passes if one.pool is pool]) or shown
        places.lapse(world)
        party = acts.sign_up(world, person, pool, size, shown)
        row, account = db.session.get_one(Pool, pool.id), db.session.get_one(Account, person.id)

        def do() -> None:
            made = sign_up(
                self.activity,
                account,
                party_size=size,
                pool=row,
                slot=db.session.get_one(Slot, row.slot_id),
                answers={"gender": pool.quota, **self._named(size)},
                invitation=shown.code if shown else "",
            )
            assert party is not None, "the engine took whom the model refuses"
            party.id = made.id

        self.agree(party is not None, do)

    def _named(self, size: int) -> dict[str, str]:
        return {"with": "\n".join(f"同行{number}" for number in range(1, size))} if self.setting.is_named else {}

    def withdraw(self, number: int) -> None:
        if party := self.pick(number, *LIVE):
            places.lapse(self.world)
            self.agree(acts.leave(self.world, party, "withdrawn"), lambda: withdraw(_row(party)))

    def remove(self, number: int) -> None:
        if party := self.pick(number, *LIVE):
            places.lapse(self.world)
            expected = acts.leave(self.world, party, "removed", even_late=True)
            self.agree(expected, lambda: remove(_row(party), "重复", self.staff_id))

    def resize(self, number: int, size: int) -> None:
        if party := self.pick(number, *LIVE):
            revision, seen = party.revision, _row(party).revision
            places.lapse(self.world)
            # A form that was filled in before time changed the sign-up is out of date: the revision says so.
            expected = party.revision == revision and acts.resize(self.world, party, size)
            named = {"gender": party.pool.quota, **self._named(size)}
            self.agree(expected, lambda: edit(_row(party), party_size=size, answers=named, revision=seen))

    def withdraw_one(self, number: int, line: int) -> None:
        party = self.pick(number, *LIVE)
        if party is None or not self.setting.is_named:
            return
        revision, seen = party.revision, _row(party).revision
        places.lapse(self.world)
        is_there = party.revision == revision and line < party.names
        expected = is_there and acts.resize(self.world, party, party.size - 1, is_edit=False)

        def do() -> None:
            with transaction():
                companions.withdraw_one(party.id, line, revision=seen)

        self.agree(expected, do)
        assert len(answers.read_all(party.id).get("with", "").splitlines()) == party.names

    def move(self, number: int, which: int) -> None:
        """Move somebody to another pool; mostly to one of those one may move to."""
        movable = [one for one in self.world.parties if one.pool.is_free and one.state in {"confirmed", "waitlisted"}]
        if party := _pick(number, movable) if movable and number % 6 else self.pick(number, *LIVE):
            free = [pool for pool in self.world.pools if pool.is_free and pool is not party.pool]
            pool = _pick(which, free if free and which % 5 else self.world.pools)
            assert pool is not None
            revision, seen = party.revision, _row(party).revision
            places.lapse(self.world)
            expected = party.revision == revision and acts.move(self.world, party, pool)

            def do() -> None:
                with transaction():
                    moving.move_to(party.id, pool.id, revision=seen)

            self.agree(expected, do)

    def take_offer(self, number: int) -> None:
        if party := self.pick(number, "offered", "expired") or self.pick(number, "confirmed"):
            places.lapse(self.world)
            self.agree(acts.confirm(self.world, party), lambda: confirm(_row(party)))

    def keep(self, number: int) -> None:
        if party := self.pick(number, *LIVE):
            places.lapse(self.world)
            acts.keep(self.world, party)
            with transaction():
                plans.keep(party.id)

    def release(self, number: int) -> None:
        if party := self.pick(number, *LIVE):
            places.lapse(self.world)
            is_free = acts.is_asked(self.world, party)
            expected = acts.leave(self.world, party, "withdrawn", even_late=is_free)

            def do() -> None:
                with transaction():
                    plans.release(party.id)

            self.agree(expected, do)

    # -- reviews and draws --

    def decide(self, number: int, count: int, is_good: bool) -> None:
        """Approve or reject some at once; whom neither a place nor the list takes stays where they are."""
        pending = [party for party in self.world.parties if party.state == "pending"]
        chosen = [pending[(number + more) % len(pending)] for more in range(min(count, len(pending)))]
        if not chosen:
            return
        places.lapse(self.world)
        decided = []
        for party in sorted(chosen, key=lambda one: (one.joined_at, one.id)):
            if not is_good:
                party.become("rejected")
            if not is_good or acts.approve(self.world, party):
                decided.append(party.id)
        with transaction():
            decision = Decision.APPROVE if is_good else Decision.REJECT
            outcome = reviews.decide(
                self.activity.id, [party.id for party in chosen], decision, "名额有限", actor_id=self.staff_id
            )
        assert [one.id for one in outcome.decided] == decided

    def draw(self, which: int, is_at_once: bool, seed: str) -> None:
        """Close sign-up for a moment and freeze; draw, now or later, in the order worked out here from the published numbers."""
        world = self.world
        slot = _pick(which, [pool.slot for pool in world.pools if pool.way == "ballot"])
        if slot is None or slot.is_drawn or world.status != model.ON or slot.status != model.ON:
            return
        in_slot = [party for party in world.parties if party.slot is slot]
        entered = [party for party in in_slot if party.state == "entered"]
        if slot.hat is None and (not entered or any(party.state == "pending" for party in in_slot)):
            return
        closes_at, world.closes_at = world.closes_at, world.now
        change(self.activity, closes_at=world.now)
        if slot.hat is None:
            places.lapse(world)
            slot.hat = entered
            with transaction():
                draws.freeze(slot.id, Seed("号码", "numbers", clock.now()), actor_id=self.staff_id)
            is_done = is_at_once
        else:
            is_done = True
        if is_done:
            self._draw(slot, seed)
        world.closes_at = closes_at
        change(self.activity, closes_at=closes_at)

    def _draw(self, slot: model.Slot, seed: str) -> None:
        places.lapse(self.world)
        drawing = drawn.standing(slot.id)
        assert drawing is not None
        numbers = {entry.sign_up_id: entry.entry_no for entry in drawing.entries}
        with transaction():
            draws.draw(drawing.id, seed, actor_id=self.staff_id)
        hat = slot.hat or []
        marks = {party.id: hmac.new(seed.encode(), numbers[party.id].encode(), "sha256").digest() for party in hat}
        # The pool of the very first mark has the first choice below a ceiling that pools share.
        first = {
            id(pool): min(marks[one.id] for one in hat if one.pool is pool)
            for pool in {id(one.pool): one.pool for one in hat}.values()
        }
        acts.draw(self.world, slot, sorted(hat, key=lambda party: (first[id(party.pool)], marks[party.id])))

    def void(self, which: int) -> None:
        slot = _pick(which, [slot for slot in self.world.slots if slot.hat is not None])
        if slot is None:
            return
        places.lapse(self.world)
        acts.void(self.world, slot)
        standing = drawn.standing(slot.id)
        assert standing is not None
        with transaction():
            draws.void(standing.id, "有误", "A mistake", actor_id=self.staff_id)

    # -- organizers --

    def _pool(self, which: int) -> model.Pool:
        pool = _pick(which, [pool for pool in self.world.pools if not pool.is_closed])
        assert pool is not None
        return pool

    def set_capacity(self, which: int, capacity: int | None, move: bool) -> None:
        pool = self._pool(which)
        places.lapse(self.world)
        expected = acts.set_capacity(self.world, pool, capacity, move=move)
        row = db.session.get_one(Pool, pool.id)

        def do() -> None:
            done = set_capacity(row, capacity, "move" if move else "keep", actor_id=self.staff_id)
            # Beyond what the change itself counted: what was lent to the pool while the list was served.
            assert done.over == (0 if pool.capacity is None else max(0, places.taken(self.world, pool) - pool.capacity))

        self.agree(expected, do)

    def set_ceiling(self, which: int, ceiling: int | None) -> None:
        slot = _pick(which, self.world.sessions)
        assert slot is not None
        places.lapse(self.world)
        acts.set_ceiling(self.world, slot, ceiling)
        with transaction():
            regulating.set_ceiling(slot.id, ceiling, over_seen=99, actor_id=self.staff_id)

    def set_rules(self, smaller_may_pass: bool, offers: bool, tolerance: int | None, list_limit: int | None) -> None:
        activity = self.activity
        places.lapse(self.world)
        acts.set_rules(self.world, smaller_may_pass=smaller_may_pass, offers=offers, tolerance=tolerance, list_limit=list_limit)
        asked = Rules(
            overlap=activity.overlap,
            smaller_may_pass=smaller_may_pass,
            balance_tolerance=tolerance,
            promotion=Promotion.OFFER if offers else Promotion.AUTO,
            promotion_cutoff_minutes=activity.promotion_cutoff_minutes,
            release_minutes=activity.release_minutes,
            party_max=activity.party_max,
            waitlist_limit=list_limit,
            per_organisation=None,
        )
        with transaction():
            regulating.set_rules(activity.id, asked, seen=activity.updated_at, actor_id=self.staff_id)

    def add_batch(self, which: int, hours: int, count: int) -> None:
        pool, at = self._pool(which), self.world.now + timedelta(hours=hours)
        places.lapse(self.world)
        batch = acts.add_batch(self.world, pool, at, count)

        def do() -> None:
            with transaction():
                made = regulating.add_batch(pool.id, at, count, actor_id=self.staff_id)
                if batch is not None:
                    batch.id = made.id

        self.agree(batch is not None, do)

    def remove_batch(self, which: int) -> None:
        batch = _pick(which, [batch for batch in self.world.batches if batch.at > self.world.now])
        if batch is not None:
            places.lapse(self.world)
            self.world.batches.remove(batch)
            with transaction():
                regulating.remove_batch(batch.id, actor_id=self.staff_id)

    def make_reserve(self, which: int) -> None:
        pool = self._pool(which)
        places.lapse(self.world)
        self._regulate(acts.make_reserve(self.world, pool), lambda: regulating.make_reserve(pool.id, actor_id=self.staff_id))

    def end_reserve(self, which: int) -> None:
        pool = _pick(which, [pool for pool in self.world.pools if pool.is_reserve]) or self._pool(which)
        places.lapse(self.world)
        self._regulate(acts.end_reserve(self.world, pool), lambda: regulating.end_reserve(pool.id, actor_id=self.staff_id))

    def _regulate(self, expected: bool, do: Callable[[], object]) -> None:
        def both() -> None:
            with transaction():
                do()

        self.agree(expected, both)

    def invite(self, which: int, uses: int, hours: int | None) -> None:
        pool = _pick(which, [pool for pool in self.world.pools if pool.way == "invitation" and not pool.is_closed])
        if pool is not None:
            until = None if hours is None else self.world.now + timedelta(hours=hours)
            with transaction():
                made = invitations.make_code(self.activity.id, pool.id, "嘉宾", uses, until, actor_id=self.staff_id)
            self.world.passes.append(Pass(pool, uses, made.code, made.id, until))

    def revoke(self, which: int) -> None:
        found = _pick(which, self.world.passes)
        if found is not None:
            found.is_revoked = True
            with transaction():
                invitations.revoke(self.activity.id, found.id, actor_id=self.staff_id)

    # -- plans --

    def merge(self, which: int, other: int, capacity: int) -> None:
        source = self._pool(which)
        beside = [pool for pool in self.world.within(source.slot) if pool is not source and pool.way == source.way]
        target = _pick(other, beside if beside and other % 6 else self.world.pools)
        assert target is not None
        places.lapse(self.world)
        expected = planning.merge(self.world, source, target, capacity)
        asked = Merge(source.id, target.id, capacity)
        self._rearrange(
            expected,
            lambda: pooling.simulate_merge(asked, clock.now()).fingerprint,
            lambda seen: pooling.merge(asked, seen=seen, actor_id=self.staff_id),
        )

    def split(self, which: int, first: int, second: int) -> None:
        pool = self._pool(which)
        places.lapse(self.world)
        fresh = model.Pool(pool.slot, second, pool.way, list_limit=pool.list_limit)
        expected = planning.split(self.world, pool, fresh, first, second)
        asked = Split(pool.id, first, second, "甲区", "Zone A", "乙区", "Zone B")
        self._rearrange(
            expected,
            lambda: pooling.simulate_split(asked, clock.now()).fingerprint,
            lambda seen: pooling.split(asked, seen=seen, actor_id=self.staff_id),
        )
        [fresh.id] = db.session.scalars(
            select(Pool.id).where(Pool.slot_id == pool.slot.id, Pool.id.not_in([one.id for one in self.world.pools if one.id])),
        )

    def _rearrange(self, expected: bool, look: Callable[[], str], do: Callable[[str], object]) -> None:
        def both() -> None:
            with transaction():  # what is overdue lapses before anybody looks
                locked = service.lock(self.activity.id)
                waitlist.lapse(locked.activity, locked.now)
                do(look())

        self.agree(expected, both)

    def take_step(self, which: int, step: str, why: str) -> None:
        """Take a step; what is off is mostly taken up again first, so that a walk goes on."""
        off = [slot for slot in self.world.slots if slot.status != model.ON]
        slot = _pick(which, off if off and which % 3 else [None, *self.world.slots])
        if which % 3:
            step = "resume" if off or self.world.status != model.ON else step
            slot = None if self.world.status != model.ON else slot
        places.lapse(self.world)
        expected = planning.take_step(self.world, slot, step, why)

        def do() -> None:
            with transaction():
                plans.take_step(self.activity.id, slot.id if slot else None, Step(step), Why(why, why), actor_id=self.staff_id)

        self.agree(expected, do)

    # -- who did not come --

    def miss(self, who: int, is_second: bool) -> None:
        """Record that somebody did not come to one of the earlier activities."""
        person = self.world.people[who % KNOWN]
        if is_second not in self.earlier:
            self.earlier[is_second] = make_activity(starts_in=NOW - self.world.now - timedelta(hours=6))
        activity = self.earlier[is_second]
        if any(one.activity_id == activity.id for one in person.missed):
            return
        missed = Missed(make_sign_up(activity, person=db.session.get_one(Account, person.id)).id, activity.id)
        person.missed.append(missed)
        with transaction():
            absences.record_all(activity.id, [missed.id], actor_id=self.staff_id)

    def record_absences(self) -> None:
        parties = [party for party in self.world.parties if party.state in LIVE]
        absent = acts.record_absences(self.world, parties)
        with transaction():
            found = absences.record_all(self.activity.id, [party.id for party in parties], actor_id=self.staff_id)
        assert [one.id for one in found] == sorted(party.id for party in absent)

    def release_absent(self, which: int, here: int) -> None:
        """Release the places of those who have not come to a slot; now and then everybody waits until it begins."""
        world = self.world
        slot = _pick(which, [pool.slot for pool in world.pools])
        assert slot is not None
        if which % 3 == 0 and world.now < slot.starts_at:
            self.pass_time(int((slot.starts_at - world.now) / timedelta(hours=1)), is_swept=False)
        places.lapse(world)
        waiting = [one for one in world.parties if one.slot is slot and one.state == "waitlisted"]
        present = [one for number, one in enumerate(waiting) if here >> number % 8 & 1]
        ids = [one.id for one in present]
        seen = sum(one.slot is slot and one.state == "confirmed" for one in world.parties)
        placed = acts.release_absent(world, slot, present)

        def do() -> None:
            with transaction():
                done = releasing.release(slot.id, ids, seen=seen, actor_id=self.staff_id)
                assert [one.id for one in done.placed] == [one.id for one in placed or []]

        self.agree(placed is not None, do)

    def _missed(self, number: int) -> tuple[Person, Missed | Party, bool] | None:
        """Return somebody's absence, and whether it is recorded; None: there is nothing to choose from."""
        both: list[tuple[Person, Missed | Party, bool]] = []
        both += [(person, missed, True) for person in self.world.people for missed in person.missed]
        both += [(party.person, party, party.state == "no_show") for party in self.world.parties]
        recorded = [one for one in both if one[2]]
        return _pick(number, recorded if number % 6 else both)

    def explain(self, number: int) -> None:
        if (found := self._missed(number)) is None:
            return
        _person, missed, is_recorded = found

        def do() -> None:
            with transaction():
                absences.appeal(missed.id, "堵车")

        expected = acts.explain(missed, is_recorded=is_recorded)
        if expected and isinstance(missed, Party):
            missed.revision += 1
        self.agree(expected, do)

    def excuse(self, number: int) -> None:
        if (found := self._missed(number)) is None:
            return
        person, missed, is_recorded = found

        def do() -> None:
            with transaction():
                absences.excuse(missed.id, "已核实", actor_id=self.staff_id)

        self.agree(acts.excuse(self.world, person, missed, is_recorded=is_recorded), do)

    # -- time --

    def pass_time(self, hours: int, is_swept: bool) -> None:
        """Let hours go by; the sweep comes, or whoever acts next meets what is overdue."""
        now = self.world.now + timedelta(hours=hours)
        if now >= NOW + ENDS:
            return
        clock.freeze(now)
        self.world.now = now
        if is_swept:
            places.lapse(self.world)
            places.serve(self.world)
            with transaction():
                service.sweep(self.activity.id)

    # -- comparing --

    def compare(self) -> None:
        """Both say the same of everybody, of every list, of every pool, and of what the database counts."""
        db.session.rollback()
        world = self.world
        rows = {row.id: row for row in db.session.scalars(select(SignUp).where(SignUp.activity_id == self.activity.id))}
        for party in world.parties:
            row = rows[party.id]
            found = (row.state.value, row.party_size, row.pool_id, row.offered_until, row.kept_at)
            assert found == (party.state, party.size, party.pool.id, party.until, party.kept_at), f"party {party.number}"
        assert len(rows) == len(world.parties)
        in_line = sorted(rows.values(), key=lambda row: (row.priority, row.joined_at, row.id))
        of_activity = select(Pool).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == self.activity.id)
        pools = {row.id: row for row in db.session.scalars(of_activity)}
        assert len(pools) == len(world.pools)
        for pool in world.pools:
            queue = world.in_pool(pool, "waitlisted")
            listed = [row.id for row in in_line if row.pool_id == pool.id and row.state == State.WAITLISTED]
            assert listed == [party.id for party in queue], f"the list of pool {pool.id}"
            of = pools[pool.id]
            stands = (of.capacity, of.borrowed, of.is_flex, of.is_closed, of.taken, of.waiting)
            capacity = of.capacity if pool.is_closed else pool.capacity
            counts = (places.taken(world, pool), places.persons(queue))
            assert stands == (capacity, pool.borrowed, pool.is_reserve, pool.is_closed, *counts), f"pool {pool.id}"

    def finish(self) -> None:
        """The books of the whole walk balance."""
        assert faults(self.activity, allowed_over=self._over(), allowed_above=self._above(), is_order_known=True) == []

    def _over(self) -> Iterable[int]:
        """Return the pools whose capacity was lowered below what is taken."""
        world = self.world
        return [pool.id for pool in world.pools if pool.capacity is not None and places.taken(world, pool) > pool.capacity]

    def _above(self) -> Iterable[int]:
        return [slot.id for slot in self.world.sessions if (places.left_below(self.world, slot) or 0) < 0]


def _pick(number: int, found: Sequence[Thing]) -> Thing | None:
    return found[number % len(found)] if found else None


def _row(party: Party) -> SignUp:
    return db.session.get_one(SignUp, party.id)
