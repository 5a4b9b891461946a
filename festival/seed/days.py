"""What every activity of the demo goes through, whatever its kind: people sign up and think again, an office decides, people come
and go. Written down for a stretch of time (``diary.Diary``), and the same whenever that stretch is written down.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import select

from festival.accounts.models import Account, AccountKind, Address
from festival.accounts.rules import Channel
from festival.checkin import service as checkin
from festival.checkin.rules import Typed, Way
from festival.checkin.service import ScanRequest, Where
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity, Festival, Mode, Slot
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.seats import queries as halls
from festival.seats import service as seats
from festival.seed import kinds
from festival.seed.ballot import Ballot, staff_id
from festival.seed.crowd import LATER_CROWDS, Wish, wishes
from festival.seed.diary import Diary
from festival.seed.people import LATER, Invented, invent
from festival.seed.queries import invented
from festival.seed.scenes import Scene, scene_of
from festival.signups import service
from festival.signups.models import SignUp
from festival.signups.rules import State

#: Somebody who has a place does not come: one in so many.
ABSENT = 14
#: Before the start, where no doors open earlier, and after it: in between people come.
_EARLY, _LATE = timedelta(minutes=40), timedelta(minutes=8)
#: The same of timed entries.
_ENTRY_EARLY, _ENTRY_LATE = timedelta(minutes=8), timedelta(minutes=50)
#: How long people stay who are let in by the hour, at least and at most; nobody stays long after the end.
_STAYS = (timedelta(minutes=40), timedelta(minutes=100))
_GOING = timedelta(minutes=14)
#: Whether people have left is looked at so long after the end.
_LOOKED_AT = timedelta(hours=1)
_OFFICE_AFTER = timedelta(hours=1)


def write_down(festival: Festival, diary: Diary) -> None:
    """Write down what happens in all activities of a festival."""
    found = select(Activity).where(Activity.festival_id == festival.id).order_by(Activity.id)
    for activity in db.session.scalars(found).all():
        if diary.is_first:
            with clock.frozen_at(diary.until):
                kinds.enliven(activity, diary)
        else:
            kinds.enliven(activity, diary)
            _office(activity, diary)
        for slot in activity.slots:  # break-outs are no door of their own
            _come(activity, slot, diary)
    for crowd in LATER_CROWDS:
        scene = scene_of(festival, crowd.slug)
        if scene and scene.activity.opens_at and diary.spans(scene.activity.opens_at, _end(scene.activity)):
            _Signing(scene, diary).write_down(list(wishes(scene.activity, crowd, _end(scene.activity))))


def _end(activity: Activity) -> datetime:
    return activity.closes_at or activity.ends_at


# -- signing up ----------------------------------------------------------------------------------------------------------------


class _Signing:
    """New faces that sign up for what opens after the demo's moment."""

    def __init__(self, scene: Scene, diary: Diary) -> None:
        self._scene, self._diary = scene, diary

    def write_down(self, plan: list[Wish]) -> None:
        """Write down who signs up when; who withdraws again is planned too."""
        for number, wish in enumerate(plan, start=LATER):
            self._diary.at(wish.at, partial(self._sign_up, number, wish))
            if wish.withdraws_at is not None:
                self._diary.at(wish.withdraws_at, partial(self._withdraw, number))

    def _sign_up(self, number: int, wish: Wish) -> None:
        person = invent(number)
        self._scene.sign_up(person, account_of(person), wish)

    def _withdraw(self, number: int) -> None:
        held = db.session.scalar(
            select(SignUp.id).where(
                SignUp.activity_id == self._scene.activity.id,
                SignUp.person_id == account_of(invent(number)),
                SignUp.state == State.CONFIRMED,
            ),
        )
        if held is not None:
            service.withdraw(held)


def account_of(person: Invented) -> int:
    """Return somebody's account, with a verified number; made if this is the first that is heard of them."""
    known = db.session.scalar(select(Address.account_id).where(Address.value == person.mobile))
    if known is not None:
        return known
    at = clock.now()
    account = Account(kind=AccountKind.PERSON, name=person.name, locale=person.locale, created_at=at)
    db.session.add(account)
    db.session.flush()
    db.session.add(Address(account_id=account.id, channel=Channel.MOBILE, value=person.mobile, verified_at=at))
    db.session.flush()
    return account.id


# -- the office ----------------------------------------------------------------------------------------------------------------


def _office(activity: Activity, diary: Diary) -> None:
    """Decide on those who asked, draw, seat those who have a place; and let people answer who are offered one."""
    if activity.mode == Mode.BALLOT and activity.slots:
        ballot = Ballot(activity, activity.slots[0], partial(_answer, diary=diary))
        for at, act in ballot.acts():
            diary.at(at, act)
    if activity.closes_at is not None and diary.spans(activity.closes_at, activity.closes_at + 2 * _OFFICE_AFTER):
        diary.at(activity.closes_at + _OFFICE_AFTER, partial(_approve, activity.id))
        diary.at(activity.closes_at + 2 * _OFFICE_AFTER, partial(_sit_down, activity.id))
    for sign_up_id in _invented_in(activity.id, State.OFFERED):
        _answer(sign_up_id, diary=diary)


def _answer(sign_up_id: int, *, diary: Diary) -> None:
    """Let somebody who was offered a place take it within hours, or now and then think better of it."""
    turn, offered_at = sign_up_id % 25, db.session.get_one(SignUp, sign_up_id).state_at
    act = service.withdraw if turn == 0 else service.confirm
    diary.at(offered_at + timedelta(minutes=20 + 25 * turn), partial(act, sign_up_id))


def _approve(activity_id: int) -> None:
    reviewer = staff_id("reviewer")
    activity = db.session.get_one(Activity, activity_id)
    waiting = _invented_in(activity_id, State.PENDING)
    if reviewer is not None and waiting and activity.mode != Mode.BALLOT:  # there the draw's office checks
        reviews.decide(activity_id, waiting, Decision.APPROVE, "", actor_id=reviewer)


def _sit_down(activity_id: int) -> None:
    for hall in halls.maps_of(activity_id):
        seats.arrange(hall.id, actor_id=None)


def _invented_in(activity_id: int, state: State) -> list[int]:
    found = select(SignUp.id).where(SignUp.activity_id == activity_id, SignUp.state == state, SignUp.person_id.in_(invented()))
    return list(db.session.scalars(found.order_by(SignUp.id)))


# -- coming and going -----------------------------------------------------------------------------------------------------------


def _come(activity: Activity, slot: Slot, diary: Diary) -> None:
    """Look, when the doors open, who has a place by then, and let them come one after the other."""
    first, last = _arrivals(activity, slot)
    if diary.spans(first, slot.ends_at + _GOING):
        begins = first if diary.since is None else max(first, diary.since)
        diary.at(begins, partial(_coming, activity.id, slot.id, (first, last, slot.ends_at), diary))


def _arrivals(activity: Activity, slot: Slot) -> tuple[datetime, datetime]:
    if _is_by_the_hour(activity):
        return slot.starts_at - _ENTRY_EARLY, slot.starts_at + min(_ENTRY_LATE, (slot.ends_at - slot.starts_at) / 2)
    return slot.doors_at or slot.starts_at - _EARLY, slot.starts_at + _LATE


def _is_by_the_hour(activity: Activity) -> bool:
    return len(activity.slots) > 1


def _coming(activity_id: int, slot_id: int, times: tuple[datetime, datetime, datetime], diary: Diary) -> None:
    """Write down when each of those with a place comes in, and goes."""
    steward = staff_id("steward")
    if steward is None:
        return
    first, last, ends_at = times
    activity = db.session.get_one(Activity, activity_id)
    gate_of = diary.gates.get(activity_id)
    are_seen_off = activity_id in diary.leave or diary.until < ends_at + _LOOKED_AT
    by_the_hour = _is_by_the_hour(activity)
    seen: set[int] = set()
    for sign_up in _expected(slot_id, with_all=by_the_hour):
        chance = Random(f"door {sign_up.id}")  # noqa: S311  # no secret: the same every time
        if chance.randrange(ABSENT) == 0 and sign_up.pool_id in seen:  # the first of each pool comes: visitors play those
            continue
        seen.add(sign_up.pool_id)
        at = first + (last - first) * chance.betavariate(2.4, 1.9)
        where = Where(steward, gate_of(sign_up) if gate_of else None)
        diary.at(at, partial(_scan, activity_id, sign_up.code, Way.IN, where))
        if are_seen_off:
            stays = at + _STAYS[0] + (_STAYS[1] - _STAYS[0]) * chance.random()
            going = ends_at + _GOING * chance.random()
            gone = min(stays, going) if by_the_hour else going
            diary.at(gone, partial(_scan, activity_id, sign_up.code, Way.OUT, where))


def _expected(slot_id: int, *, with_all: bool) -> Iterator[SignUp]:
    """Yield who has a place; unless all are wanted, of each pool all but the second, whom a visitor may bring to the door."""
    seen: dict[int, int] = {}
    found = select(SignUp).where(
        SignUp.slot_id == slot_id,
        SignUp.state.in_((State.CONFIRMED, State.ATTENDED)),
        SignUp.person_id.in_(invented()),
    )
    for sign_up in db.session.scalars(found.order_by(SignUp.id)).all():
        seen[sign_up.pool_id] = seen.get(sign_up.pool_id, 0) + 1
        if with_all or seen[sign_up.pool_id] != 2:  # noqa: PLR2004  # the second
            yield sign_up


def _scan(activity_id: int, code: str, way: Way, where: Where) -> None:
    """Scan a whole party in or out, once: the same scan again is none."""
    checkin.scan(activity_id, ScanRequest(f"demo-{way.value}-{code}", way, Typed(code, is_digits=False)), where)
