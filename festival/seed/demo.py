"""Lets the demo's invented people sign up, through the services that everybody uses, each at a moment in the past."""

import heapq
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from sqlalchemy import func, select, update

from festival.accounts.models import Account, AccountKind, Address
from festival.accounts.rules import Channel
from festival.lib import clock
from festival.lib.db import db
from festival.lib.log import quiet
from festival.outbox.models import Message, MessageState
from festival.programme.models import Activity, Festival, Mode
from festival.saved import queries
from festival.saved import service as saved
from festival.seats import queries as halls
from festival.seats import service as seats
from festival.seed import days, desk, stamps
from festival.seed.ballot import Ballot
from festival.seed.crowd import CROWDS, Wish, wishes
from festival.seed.diary import Diary
from festival.seed.guests import SLUG, Guests
from festival.seed.people import LATER, Invented, invent
from festival.seed.scenes import scene_of
from festival.signups import service
from festival.signups.rules import SignUpRefused, State

#: Raised when the crowd changes: an older demo then keeps its people until it is reset.
EDITION = 2
#: Those who keep for later what has not opened yet.
KEEPERS = 40
#: Sign-ups between two lines of progress.
PROGRESS = 500

Act = Callable[[], None]


def is_populated(festival: Festival) -> bool:
    """Tell whether the people have come already; they come once."""
    return stamps.read(festival.id, stamps.EDITION) is not None


def populate(festival: Festival, designed_now: datetime, tell: Callable[[str], None]) -> int:
    """Let everybody sign up who would have by now, and stamp the festival; return how many sign-ups that made.

    :param designed_now: the moment the crowd is planned for, moved like every date of the programme.
    :param tell: is told how far it is.
    """
    # The services flush where it matters; a flush before every read as well would cost a third of the time.
    with quiet(), db.session.no_autoflush:
        made = _Crowd(festival, designed_now, tell).run()
    stamps.write(festival.id, stamps.EDITION, json.dumps(EDITION))
    return made


class _Crowd:
    """Everybody's acts in the order of time."""

    def __init__(self, festival: Festival, designed_now: datetime, tell: Callable[[str], None]) -> None:
        self._festival, self._festival_id = festival, festival.id
        self._until = min(designed_now, clock.now())
        self._tell = tell
        self._acts: list[tuple[datetime, int, Act]] = []
        self._order = count()
        self._scenes = {crowd.slug: scene for crowd in CROWDS if (scene := scene_of(festival, crowd.slug))}
        self._plan = sorted(
            (
                wish
                for crowd in CROWDS
                if crowd.slug in self._scenes
                for wish in wishes(self._scenes[crowd.slug].activity, crowd, designed_now)
            ),
            key=lambda wish: wish.at,
        )
        self._people: list[Invented] = []
        self._accounts: list[Account] = []
        self.made = 0

    def run(self) -> int:
        """Let everybody act and return how many sign-ups there are."""
        owed_before = db.session.scalar(select(func.coalesce(func.max(Message.id), 0)))
        for wish in self._plan:
            self._at(wish.at, partial(self._sign_up, wish, self._somebody(wish)))
        for scene in self._scenes.values():
            if scene.activity.mode == Mode.BALLOT:
                for at, act in Ballot(scene.activity, scene.activity.slots[0], self._answer_offer).acts():
                    self._at(at, act)
        if SLUG in self._scenes:
            guests = Guests(self._scenes[SLUG].activity, self._somebody, lambda number: self._people[number].name, self._sign_up)
            for at, act in guests.acts():
                self._at(at, act)
        self._accounts = _accounts_of(self._people, self._plan[0].at if self._plan else self._until)
        told = 0
        while self._acts:
            at, _, act = heapq.heappop(self._acts)
            with clock.frozen_at(at):
                act()
            if self.made >= told + PROGRESS:
                told = self.made
                self._tell(f"  {told} of {len(self._plan)} sign-ups …")
        db.session.flush()
        self._sit_down()
        self._keep_for_later()
        self._live()
        db.session.flush()
        # They read no messages, and a visitor's code must not wait behind thousands of them.
        db.session.execute(
            update(Message)
            .where(Message.id > owed_before, Message.state == MessageState.OWED)
            .values(state=MessageState.DROPPED)
            .execution_options(synchronize_session=False),
        )
        desk.work(self._festival_id)
        return self.made

    def _sit_down(self) -> None:
        """Seat those who have a place, where there is a hall."""
        for scene in self._scenes.values():
            for hall in halls.maps_of(scene.activity.id):
                with clock.frozen_at(self._until):
                    seats.arrange(hall.id, actor_id=None)

    def _live(self) -> None:
        """Let everything else happen that has happened by now: what each kind offers, and days that are over already."""
        diary = Diary(None, self._until)
        days.write_down(self._festival, diary)
        while not diary.is_over:
            diary.live(PROGRESS)
        stamps.set_reached(self._festival, self._until)

    def _keep_for_later(self) -> None:
        """Let the first of them keep what cannot be signed up for yet; every second one wants a message when it can."""
        activities = db.session.scalars(select(Activity).where(Activity.festival_id == self._festival_id).order_by(Activity.id))
        for activity in activities.all():
            if queries.opening(activity, self._until) is not None:
                for number, account in enumerate(self._accounts[:KEEPERS]):
                    saved.save(account.id, activity.id, wants_word=number % 2 == 0)

    def _at(self, at: datetime, act: Act) -> None:
        if at < self._until:
            heapq.heappush(self._acts, (at, next(self._order), act))

    def _sign_up(self, wish: Wish, number: int, invitation: str = "") -> None:
        scene, person = self._scenes[wish.slug], self._people[number]
        try:
            made = scene.sign_up(person, self._accounts[number].id, wish, invitation)
        except SignUpRefused:  # full by now: they go away, as people do
            return
        self.made += 1
        if wish.withdraws_at is not None:
            self._at(wish.withdraws_at, partial(self._withdraw, made.id))

    def _withdraw(self, sign_up_id: int) -> None:
        try:
            promoted = service.withdraw(sign_up_id)
        except SignUpRefused:
            return
        for lucky in promoted:
            if lucky.state == State.OFFERED:
                self._answer_offer(lucky.id)

    def _answer_offer(self, sign_up_id: int) -> None:
        """Let somebody who was offered a place take it within hours, or now and then think better of it."""
        turn = sign_up_id % 25
        act = self._withdraw if turn == 0 else self._confirm
        self._at(clock.now() + timedelta(minutes=20 + 25 * turn), partial(act, sign_up_id))

    def _confirm(self, sign_up_id: int) -> None:
        try:
            service.confirm(sign_up_id)
        except SignUpRefused:
            return

    def _somebody(self, wish: Wish) -> int:
        """Return somebody who holds nothing here yet: one who is known, if the wish says so, or a new face."""
        guests, known = self._scenes[wish.slug].guests, len(self._people)
        candidates = ((step * 7) % known for step in range(known)) if wish.is_known and known else iter(())
        number = next((number for number in candidates if (number, wish.session_id) not in guests), known)
        if number == known:
            assert known < LATER
            self._people.append(invent(known))
        guests.add((number, wish.session_id))
        return number


def _accounts_of(people: list[Invented], at: datetime) -> list[Account]:
    """Make everybody's account with a verified number, in two statements: signing in is not what the demo shows."""
    accounts = [Account(kind=AccountKind.PERSON, name=person.name, locale=person.locale, created_at=at) for person in people]
    db.session.add_all(accounts)
    db.session.flush()
    db.session.add_all(
        Address(account_id=account.id, channel=Channel.MOBILE, value=person.mobile, verified_at=at)
        for account, person in zip(accounts, people, strict=True)
    )
    db.session.flush()
    return accounts
