"""Signing up, changing one's mind, and the capacity that decides. Called inside ``transaction()``; never commits.

Every function that can move a place locks first, lets overdue offers lapse, and only then reads and decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from festival.accounts.models import Account
from festival.audit.service import record
from festival.lib import clock, tokens
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.log import log
from festival.lib.names import name_key
from festival.lib.prepared import Prepared, in_one_go, insert_into, put_into
from festival.outbox.service import owe, owe_first
from festival.programme import structure
from festival.programme.kinds import ActivityKind, Candidate, kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Access, Activity, ActivityStatus, Pool, Question, Slot, SlotStatus
from festival.programme.structure import Structure
from festival.signups import answers as answering
from festival.signups import changed, fairness, following, lending, newcomer, queries, rules, waitlist
from festival.signups.answers import AnswerUpload
from festival.signups.models import IdempotentAnswer, Invitation, LedgerEntry, SignUp, Source
from festival.signups.newcomer import Facts, Newcomer
from festival.signups.notice import consent_further, keep, notice_kept, sensitive_groups, write_consents
from festival.signups.rules import COUNTED, DEFERRED, LIVE, Reason, SignUpRefused, State, Way

# What every sign-up asks is built once (signups.queries says why).
_PERSON = (
    select(Account)
    .where(Account.id == bindparam("person_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_BOOKABLE = (
    select(Slot)
    .where(Slot.activity_id == bindparam("activity_id"), Slot.is_extra.is_(False), Slot.id.in_(select(Pool.slot_id)))
    .order_by(Slot.starts_at, Slot.id)
)
_WITH_DIGITS = select(SignUp.id).where(SignUp.digits == bindparam("digits"))
_QUESTIONS = select(Question).where(Question.activity_id == bindparam("activity_id")).order_by(Question.position)

_COLUMNS = (
    "activity_id", "slot_id", "session_id", "pool_id", "person_id", "claim", "code", "digits", "party_size", "state", "name",
    "search_text", "priority", "joined_at", "signed_up_at", "state_at", "source", "invitation_id", "updated_at",
)  # fmt: skip
_NEW = insert_into(SignUp, *_COLUMNS)
_NEW_WITH_ID = insert_into(SignUp, "id", *_COLUMNS)
#: The line of the ledger; how many places are taken after it, the database itself says.
_NEW_LINE = Prepared(
    insert(LedgerEntry).inline().values(
        at=bindparam("at"), activity_id=bindparam("activity_id"), pool_id=bindparam("in_pool"),
        sign_up_id=bindparam("sign_up_id"), actor_id=bindparam("actor_id"), what="signed_up", why=bindparam("why"),
        state_before="", state_after=bindparam("state_after"), party_size=bindparam("party_size"),
        taken_before=bindparam("taken_before"),
        taken_after=select(Pool.taken).where(Pool.id == bindparam("in_pool")).scalar_subquery(),
    )
)  # fmt: skip
_NAME = Prepared(update(Account).where(Account.id == bindparam("person_id")).values(name=bindparam("its_name")))
_ANSWER_TO = put_into(IdempotentAnswer, "browser", "key", "sign_up_id", "was_already", "at", key=("browser", "key"))

#: How long a form's key answers the same to the same browser.
SAME_ANSWER = timedelta(minutes=10)


class AlreadySignedUp(SignUpRefused):
    """The person holds this claim already: show it instead of an error."""

    def __init__(self, sign_up: SignUp) -> None:
        super().__init__(Reason.ALREADY)
        self.sign_up = sign_up


class StructureChanged(Exception):  # noqa: N818  # not an error: look again, and ask again
    """The activity is made otherwise than when the form was judged."""


@dataclass(frozen=True, slots=True)
class Once:
    """A form's idempotency key, bound to the browser session it was rendered for."""

    browser: str
    key: str


@dataclass(frozen=True, slots=True)
class SignUpRequest:
    """What somebody asks for. ``party_size`` counts persons, the one who signs up included.

    ``pool_id`` None: the slot's only pool, or the quota that the answers belong to. ``slot_id`` None: the only slot.
    """

    slot_id: int | None = None
    pool_id: int | None = None
    party_size: int = 1
    name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, AnswerUpload] = field(default_factory=dict)
    #: Keys of the sensitive questions consented to.
    consents: frozenset[str] = frozenset()
    #: The version of the notice that was shown; empty when staff sign somebody up.
    notice_version: str = ""
    #: The code of an invitation; empty: none.
    invitation: str = ""
    once: Once | None = None
    #: The version of the activity's structure that the form was judged by; None: it was read just now.
    structure: int | None = None


@dataclass(frozen=True, slots=True)
class EditRequest:
    """A change of one's own sign-up. ``revision`` is the one the form was filled from."""

    party_size: int
    name: str
    answers: Mapping[str, str]
    files: Mapping[str, AnswerUpload]
    consents: frozenset[str]
    revision: int
    #: What the person answers to a review that asked for more; empty: nothing.
    reply: str = ""


@dataclass(frozen=True, slots=True)
class CapacityChange:
    """What a change of capacity did. Counts are persons; None is unlimited."""

    before: int | None
    after: int | None
    #: Persons above the new capacity who keep their places.
    over: int
    promoted: list[SignUp]
    moved: list[SignUp]


@dataclass(frozen=True, slots=True)
class CapacityPreview:
    """What a change of capacity would meet. Counts are persons unless a name says parties; capacity None is unlimited."""

    before: int | None
    after: int | None
    taken: int
    waiting: int
    #: Persons above the new capacity: they keep their places unless they are moved.
    over: int
    #: Whom ``move`` would put at the head of the list.
    moved_parties: int
    moved: int


@dataclass(frozen=True, slots=True)
class Locked:
    """An activity locked until commit, and the time by the database's clock read after the lock; also the person, if locked."""

    activity: Activity
    now: datetime
    person: Account | None = None


def lock(activity_id: int, person_id: int | None = None) -> Locked:
    """Lock the person (if given), then the activity, until commit. Always in this order.

    :raises NotFound: there is no such activity or person.
    """
    person = None
    if person_id is not None:
        person = db.session.scalar(_PERSON, {"person_id": person_id})
        if person is None:
            raise NotFound
    return Locked(lock_activity(activity_id), database_now(), person)


@dataclass(frozen=True, slots=True)
class Made:
    """A sign-up as it was made just now."""

    id: int
    code: str


def sign_up(  # who, for what, asking what, on whose behalf
    activity_id: int,
    person_id: int,
    asked: SignUpRequest,
    *,
    kind: ActivityKind,
    source: Source = Source.SELF,
    actor_id: int | None = None,
) -> SignUp:
    """Sign a person up and return the sign-up; as ``make``."""
    made = make(activity_id, person_id, asked, kind=kind, source=source, actor_id=actor_id)
    return db.session.get_one(SignUp, made.id)


def make(  # who, for what, asking what, on whose behalf
    activity_id: int,
    person_id: int,
    asked: SignUpRequest,
    *,
    kind: ActivityKind,
    source: Source = Source.SELF,
    actor_id: int | None = None,
) -> Made:
    """Sign a person up: confirmed if there is room and nobody waits, else on the list; pending or entered by the pool's way.

    The same ``asked.once`` within ten minutes gives the same sign-up again.

    :param actor_id: who acts; None: the person.
    :raises AlreadySignedUp: the person holds this claim already.
    :raises SignUpRefused: outside the window, no room anywhere, party too large, not eligible, …
    :raises StructureChanged: the activity is made otherwise than ``asked.structure`` says.
    """
    situation = _come_in(activity_id, person_id, asked, kind)
    if isinstance(situation, SignUp):
        return Made(situation.id, situation.code)
    activity, facts = situation.structure.activity, situation.facts
    invitation = _invitation(activity, situation.pool, asked.invitation, facts.now)
    fairness.check_newcomer(activity, facts.fair, asked.answers)
    if facts.keeps_appointments:
        fairness.check_appointments(activity, situation.slot, person_id, facts.now)
    if situation.slot.is_extra:
        _check_session_held(situation.slot, person_id)
    else:
        fairness.check_overlap(activity, situation.slot, person_id, facts.now)
    if source == Source.WALK_IN:
        state = _judge_at_the_door(situation, asked, kind)
    else:
        state = _judge(situation, asked, kind, is_invited=invitation is not None)
    if state == State.CONFIRMED and not facts.places.fits(asked.party_size):
        lending.make_room(activity.id, situation.pool.id, asked.party_size, facts.now)
    row = _row(situation, person_id, asked, state)
    row |= {"source": source, "invitation_id": invitation.id if invitation else None}
    made = _write(row, situation, asked, actor_id=actor_id or person_id)
    if actor_id not in {None, person_id}:
        record("sign_up.make", "sign_up", made.id, actor_id=actor_id, activity_id=activity_id)
    following.tell_made(kind.key, made.id)
    log.info("sign-up made", id=made.id, activity=activity_id, state=state.value)
    if activity.balance_tolerance is not None or (activity.smaller_may_pass and state == State.WAITLISTED):
        # The newcomer may be the one whom the other quota was waiting for, or small enough for what the head is too large for.
        waitlist.serve(activity, facts.now, why=f"balanced_by:{made.id}" if state == State.CONFIRMED else "queue")
    return made


@dataclass(frozen=True, slots=True)
class _Situation:
    """What an activity is made of, where somebody wants to go in it, and how everything stands: all of it known under lock."""

    structure: Structure
    person_id: int
    slot: Slot
    pool: Pool
    session_id: int
    claim: str
    #: Six digits that the ticket could have.
    digits: str
    facts: Facts


def _read(activity_id: int, person_id: int, asked: SignUpRequest, kind: ActivityKind) -> _Situation | None:
    """Lock the person, then the activity, and read how everything stands. None: the activity has no such slot or pool.

    :raises NotFound: there is no such activity or person.
    :raises StructureChanged: the form was judged by a structure that holds no longer.
    """
    known = structure.kept(activity_id)
    situation = _ask(known, person_id, asked, kind)
    while situation is None or situation.facts.version != known.version:
        before, known = known, structure.read(activity_id)
        if situation is None and known.version == before.version:
            return None
        situation = _ask(known, person_id, asked, kind)
    if asked.structure is not None:
        is_as_judged = asked.structure == known.version and situation.facts.address_leads_to == activity_id
        if not is_as_judged:
            raise StructureChanged
    return situation


def _ask(known: Structure, person_id: int, asked: SignUpRequest, kind: ActivityKind) -> _Situation | None:
    """Lock and read, given what the activity is made of. None: then it has no such slot or pool.

    :raises NotFound: there is no such person.
    """
    target = _target(known.activity, asked)
    if target is None:
        return None
    slot, pool = target
    session_id = slot.session_id
    claim = f"slot:{slot.id}" if slot.is_extra else kind.claim_of(known.activity.id, slot.id, session_id)
    digits = tokens.new_digits(6)
    facts = newcomer.read(
        Newcomer(
            person_id=person_id,
            activity_id=known.activity.id,
            festival_id=known.activity.festival_id,
            session_id=session_id,
            slot_id=slot.id,
            pool_id=pool.id,
            slug=known.activity.slug,
            claim=claim,
            browser=asked.once.browser if asked.once else "",
            key=asked.once.key if asked.once else "",
            digits=digits,
            notice_version=asked.notice_version,
        )
    )
    return None if facts is None else _Situation(known, person_id, slot, pool, session_id, claim, digits, facts)


def _come_in(activity_id: int, person_id: int, asked: SignUpRequest, kind: ActivityKind) -> SignUp | _Situation:
    """Lock, do what time has made due, and return how everything stands; or what the same form was answered with before.

    :raises AlreadySignedUp: the person holds this claim already.
    :raises NotFound: there is no such activity or person.
    :raises SignUpRefused: the activity takes nobody, or has no such slot or pool.
    """
    situation = _read(activity_id, person_id, asked, kind)
    if situation is None:
        return _nowhere(activity_id, person_id, asked)
    before = _repeated(situation.facts)
    if before is not None and (before.activity_id, before.person_id) == (activity_id, person_id):
        return before
    if situation.facts.erased_at is not None:
        raise NotFound  # forgotten while this waited for the lock
    if situation.facts.is_due:
        waitlist.lapse(lock_activity(activity_id), situation.facts.now)
        situation = _read(activity_id, person_id, asked, kind) or situation
    if reason := _closed(situation.structure.activity, situation.facts.now):
        raise SignUpRefused(reason)
    if situation.facts.held_id is not None:
        held = db.session.get_one(SignUp, situation.facts.held_id, populate_existing=True)
        if asked.once is not None:
            with in_one_go() as writes:
                writes.run(_ANSWER_TO, _answer_to(asked.once, held.id, situation.facts.now, was_already=True))
        raise AlreadySignedUp(held)
    return situation


def _repeated(facts: Facts) -> SignUp | None:
    """Return what the same form of the same browser was answered with a moment ago.

    :raises AlreadySignedUp: that was the answer then.
    """
    if facts.answered_id is None or facts.answered_at is None or facts.answered_at <= facts.now - SAME_ANSWER:
        return None
    made = db.session.get_one(SignUp, facts.answered_id)
    if facts.was_already:
        raise AlreadySignedUp(made)
    return made


def _nowhere(activity_id: int, person_id: int, asked: SignUpRequest) -> SignUp:
    """Return what the same form was answered with a moment ago, or refuse: the activity has no such slot or pool.

    :raises NotFound: there is no such activity or person.
    :raises SignUpRefused: always, else.
    """
    locked = lock(activity_id, person_id)
    before = _answered(asked.once, locked.now)
    if before is not None and (before.activity_id, before.person_id) == (activity_id, person_id):
        return before
    if locked.person is None or locked.person.erased_at is not None:
        raise NotFound
    raise SignUpRefused(_closed(locked.activity, locked.now) or Reason.UNKNOWN_POOL)


def _row(situation: _Situation, person_id: int, asked: SignUpRequest, state: State) -> dict[str, Any]:
    """Return the columns of a new sign-up."""
    facts, now = situation.facts, situation.facts.now
    priority, joined_at = 0, now
    if state == State.WAITLISTED:
        priority, last = 0, facts.last
        if facts.fair.is_deferred:
            priority, end = DEFERRED, queries.end_of_list(situation.pool.id, with_deferred=True)
            last = (end.priority, end.joined_at) if end else None
        priority, joined_at = waitlist.last_turn(priority, last, now)  # also behind those put there a moment ago
    return {
        "activity_id": situation.structure.activity.id,
        "slot_id": situation.slot.id,
        "session_id": situation.session_id,
        "pool_id": situation.pool.id,
        "person_id": person_id,
        "claim": situation.claim,
        "code": tokens.new_code(),
        "digits": _free_digits() if facts.are_digits_taken else situation.digits,
        "party_size": asked.party_size,
        "state": state,
        "name": asked.name,
        "search_text": name_key(asked.name),
        "priority": priority,
        "joined_at": joined_at,
        "signed_up_at": now,
        "state_at": now,
        "updated_at": now,
    }


def _write(row: dict[str, Any], situation: _Situation, asked: SignUpRequest, *, actor_id: int) -> Made:
    """Write a new sign-up with its answers, consents, ledger line, message and the form's key, in one go.

    :raises SignUpRefused: the notice reads otherwise than the one that was shown.
    """
    known, facts, state = situation.structure, situation.facts, row["state"]
    activity_id, person_id, questions = row["activity_id"], row["person_id"], known.activity.questions
    notice_id = _notice_id(known, asked, facts) if asked.notice_version else None
    keys: list[str | None] = [None, *sorted(asked.consents & sensitive_groups(questions).keys())]
    with waitlist.guarded(activity_id), in_one_go() as writes:
        if facts.new_id is None:
            new_id: int = writes.run(_NEW, row).lastrowid
        else:
            new_id = facts.new_id
            writes.run(_NEW_WITH_ID, row | {"id": new_id})
        answering.write_new(writes, new_id, questions, asked.answers)
        if notice_id is not None:
            write_consents(writes, keys, notice_id, account_id=person_id, activity_id=activity_id, sign_up_id=new_id)
        line = {
            "at": facts.now, "activity_id": activity_id, "in_pool": row["pool_id"], "sign_up_id": new_id, "actor_id": actor_id,
            "why": _why(state, is_deferred=facts.fair.is_deferred), "state_after": state.value, "party_size": row["party_size"],
            "taken_before": facts.places.taken,
        }  # fmt: skip
        writes.run(_NEW_LINE, line)
        owe_first(writes, f"sign_up_{state.value}", "sign_up", new_id, account_id=person_id, activity_id=activity_id)
        if asked.once is not None:
            writes.run(_ANSWER_TO, _answer_to(asked.once, new_id, facts.now, was_already=False))
        if asked.name and asked.name != facts.name:  # to prefill the next form
            writes.run(_NAME, {"person_id": person_id, "its_name": asked.name})
    answering.write_files(new_id, questions, asked.files)
    return Made(new_id, row["code"])


def _notice_id(known: Structure, asked: SignUpRequest, facts: Facts) -> int:
    """Return the row of the notice that was agreed to; one that changed since it was shown must be shown again.

    :raises SignUpRefused: it did.
    """
    notice = notice_kept(known)
    if notice.version != asked.notice_version:
        raise SignUpRefused(Reason.NOTICE_CHANGED)
    return facts.notice_id or keep(notice, known.activity.id).id


def _why(state: State, *, is_deferred: bool) -> str:
    """Return the ledger's reason for a first state."""
    if state == State.WAITLISTED and is_deferred:
        return "no_shows"
    return "room" if state == State.CONFIRMED else state.value


def _record_act(action: str, sign_up: SignUp, actor_id: int | None) -> None:
    """Record what staff did for somebody. What people do themselves stands in the ledger."""
    if actor_id is not None and actor_id != sign_up.person_id:
        record(action, "sign_up", sign_up.id, actor_id=actor_id, activity_id=sign_up.activity_id)


def _answered(once: Once | None, now: datetime) -> SignUp | None:
    """Return what the same form of the same browser was answered with a moment ago."""
    if once is None:
        return None
    before = queries.answered_before(once.browser, once.key, now - SAME_ANSWER)
    if before is None:
        return None
    made = db.session.get_one(SignUp, before.sign_up_id)
    if before.was_already:
        raise AlreadySignedUp(made)
    return made


def answered(once: Once) -> SignUp | None:
    """Return the sign-up that this form's key led to within the last ten minutes; for a retry whose code is used up.

    :raises AlreadySignedUp: that was the answer then.
    """
    return _answered(once, clock.now())


def _answer_to(once: Once, sign_up_id: int, now: datetime, *, was_already: bool) -> dict[str, object]:
    """Return what is kept of the answer to a form's key.

    What the key was answered with earlier, or to somebody else, no longer holds.
    """
    return {"browser": once.browser, "key": once.key, "sign_up_id": sign_up_id, "was_already": was_already, "at": now}


def _remember_name(person: Account, name: str) -> None:
    """Keep the name a person gave last, to prefill the next form."""
    if name:
        person.name = name


def _closed(activity: Activity, now: datetime) -> Reason | None:
    """Return why an activity as a whole takes nobody; one that is not public yet does not exist for readers."""
    if not activity.is_public_at(now):
        raise NotFound
    if activity.status == ActivityStatus.CANCELLED:
        return Reason.CANCELLED
    if activity.status == ActivityStatus.POSTPONED:
        return Reason.POSTPONED
    return None


def _target(activity: Activity, asked: SignUpRequest) -> tuple[Slot, Pool] | None:
    """Return the slot and pool asked for, looked up in the activity: a foreign id finds nothing."""
    slots = [slot for slot in activity.slots if slot.pools]
    if asked.slot_id is None:
        slot = slots[0] if len(slots) == 1 else None
    else:
        slot = next((one for one in (*slots, *activity.extras) if one.id == asked.slot_id), None)
    pool = choose_pool(slot.open_pools, asked.pool_id, asked.answers) if slot else None
    return (slot, pool) if slot and pool else None


def bookable_slots(activity_id: int) -> list[Slot]:
    """Return the slots with places of an activity: its timed entries where it has any, else its sessions."""
    return list(db.session.scalars(_BOOKABLE, {"activity_id": activity_id}))


def choose_pool(pools: list[Pool], pool_id: int | None, answers: Mapping[str, str]) -> Pool | None:
    """Return the pool asked for; where quotas hold, the one that the answers belong to, whatever was asked."""
    quotas = [pool for pool in pools if pool.quota_question is not None]
    pools = [pool for pool in pools if not pool.is_flex]  # a reserve only lends
    if quotas:
        return next((pool for pool in quotas if answers.get(pool.quota_question or "") == pool.quota_answer), None)
    if pool_id is None:
        return pools[0] if len(pools) == 1 else None
    return next((pool for pool in pools if pool.id == pool_id), None)


def _invitation(activity: Activity, pool: Pool, code: str, now: datetime) -> Invitation | None:
    """Return the invitation that opens this pool; None where none was shown or none is needed.

    :raises SignUpRefused: it is unknown, for another pool, used up, revoked or expired.
    """
    if not code or pool.access != Access.INVITATION:
        return None
    found = queries.invitation(activity.id, code)
    if found is None or found.pool_id != pool.id:
        raise SignUpRefused(Reason.INVITATION_ONLY)
    if queries.invited(found).end_at(now) is not None:
        raise SignUpRefused(Reason.INVITATION_ENDED)
    return found


def _judge(situation: _Situation, asked: SignUpRequest, kind: ActivityKind, *, is_invited: bool) -> State:
    """Return the first state of a new sign-up, all rules judged on what was read after the lock.

    :raises SignUpRefused: with the first reason that holds.
    """
    activity, slot, pool, facts = situation.structure.activity, situation.slot, situation.pool, situation.facts
    check_time(slot, facts.now)
    if reason := window_of(activity, slot).reason_at(facts.now):
        raise SignUpRefused(reason)
    _check_party(situation, asked, kind)
    is_deferred = facts.fair.is_deferred  # who did not come twice may only wait, behind everybody else
    balance = queries.balance(slot.id, activity.balance_tolerance)
    state = rules.first_state(
        way_of(activity, pool, is_invited=is_invited),
        facts.places,
        waitlist.queued_ceiling(activity, situation.session_id, facts.ceiling, facts.now),
        rules.Waitlists(
            limit=activity.waitlist_limit,
            waiting=facts.waiting_in_slot,
            pool_limit=pool.waitlist_limit,
            pool_waiting=facts.places.waiting,
        ),
        asked.party_size,
        may_have_a_place=not is_deferred and balance.allows({pool.id: asked.party_size}),
    )
    if isinstance(state, Reason):
        raise SignUpRefused(Reason.NO_SHOWS if is_deferred and state == Reason.FULL and facts.places.has_room_for(1) else state)
    return state


def _check_session_held(slot: Slot, person_id: int) -> None:
    """Refuse a part of a session to somebody who has no place in the session itself.

    :raises SignUpRefused: there is none: asked under the lock that a withdrawal takes as well.
    """
    if slot.parent_id is None or queries.place_in(slot.parent_id, person_id) is None:
        raise SignUpRefused(Reason.NEEDS_PLACE)


def check_time(slot: Slot, now: datetime) -> None:
    """Refuse a slot that is off or over."""
    if slot.status == SlotStatus.CANCELLED:
        raise SignUpRefused(Reason.CANCELLED)
    if slot.status == SlotStatus.POSTPONED:
        raise SignUpRefused(Reason.POSTPONED)
    if now >= slot.ends_at:
        raise SignUpRefused(Reason.ENDED)


def _check_party(situation: _Situation, asked: SignUpRequest, kind: ActivityKind) -> None:
    """Refuse a party that the activity does not take, whatever is free."""
    activity = situation.structure.activity
    if not 1 <= asked.party_size <= activity.party_max:
        raise SignUpRefused(Reason.PARTY_TOO_LARGE)
    if words := kind.refusal(Candidate(activity, situation.slot, situation.person_id, asked.answers)):
        raise SignUpRefused(Reason.INELIGIBLE, words)


def door_reason(activity: Activity, slot: Slot, now: datetime) -> Reason | None:
    """Return why nobody can come to a slot without a sign-up now, whatever is free; None: they can, on its day until it ends.

    The window of sign-up is not asked: it has usually closed by then.
    """
    if not activity.allows_walk_ins:
        return Reason.CLOSED
    return Reason.NOT_OPEN if clock.local_day(now) < clock.local_day(slot.starts_at) else None


def _judge_at_the_door(situation: _Situation, asked: SignUpRequest, kind: ActivityKind) -> State:
    """Return the state of somebody who stands at the door: a place, there and then.

    :raises SignUpRefused: there is none, or nobody can come without a sign-up.
    """
    activity, slot, pool, facts = situation.structure.activity, situation.slot, situation.pool, situation.facts
    check_time(slot, facts.now)
    if reason := door_reason(activity, slot, facts.now):
        raise SignUpRefused(reason)
    _check_party(situation, asked, kind)
    balance = queries.balance(slot.id, activity.balance_tolerance)
    state = rules.walk_in_state(
        Way(pool.access),
        facts.places,
        waitlist.queued_ceiling(activity, situation.session_id, facts.ceiling, facts.now),
        asked.party_size,
        is_past_cutoff=facts.now >= waitlist.cutoff(activity, slot),
        may_have_a_place=balance.allows({pool.id: asked.party_size}),
    )
    if isinstance(state, Reason):
        raise SignUpRefused(state)
    return state


def place_at_the_door(sign_up_id: int, *, actor_id: int) -> SignUp:
    """Give a free place to somebody on the list who stands at the door, once the list is no longer served by itself.

    :raises SignUpRefused: not on the list, nothing free, another day, or the list is still served in its order.
    """
    sign_up, locked = fresh(sign_up_id)
    activity, now = locked.activity, locked.now
    if sign_up.state != State.WAITLISTED:
        raise SignUpRefused(Reason.NOT_LIVE)
    slot = db.session.get_one(Slot, sign_up.slot_id)
    check_time(slot, now)
    if clock.local_day(now) < clock.local_day(slot.starts_at):
        raise SignUpRefused(Reason.NOT_OPEN)
    give_at_the_door(sign_up, activity, slot, now, actor_id=actor_id)
    record("sign_up.place", "sign_up", sign_up.id, actor_id=actor_id, activity_id=sign_up.activity_id)
    return sign_up


def give_at_the_door(sign_up: SignUp, activity: Activity, slot: Slot, now: datetime, *, actor_id: int) -> None:
    """Give a waiting party that stands at the door its place, if there is room for it. Called with the activity locked.

    :raises SignUpRefused: nothing is free, or the list is still served in its order.
    """
    state = rules.walk_in_state(
        Way.OPEN,
        queries.places(sign_up.pool_id),
        waitlist.ceiling(activity, sign_up.session_id, now),
        sign_up.party_size,
        is_past_cutoff=now >= waitlist.cutoff(activity, slot),
    )
    if isinstance(state, Reason):
        raise SignUpRefused(state)
    taken = queries.places(sign_up.pool_id).taken
    waitlist.move(sign_up, state, at=now)
    waitlist.enter(
        sign_up,
        at=now,
        actor_id=actor_id,
        what="confirmed",
        why="door",
        state_before=State.WAITLISTED,
        taken_before=taken,
    )
    owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def way_of(activity: Activity, pool: Pool, *, is_invited: bool = False) -> Way:
    """Return how a newcomer comes to a place of a pool: the invited straight, those of a reviewed ballot through the review."""
    if is_invited:
        return Way.OPEN
    if pool.access == Access.BALLOT and activity.is_reviewed:
        return Way.APPROVAL
    return Way(pool.access)


def window_of(activity: Activity, slot: Slot) -> rules.Window:
    """Return when one slot can be signed up for: inside the activity's window and its own, and before it ends."""
    if slot.is_extra:  # people come to it with a place in the session, until it starts
        return rules.window((activity.opens_at, slot.opens_at), (slot.closes_at, slot.starts_at))
    return rules.window((activity.opens_at, slot.opens_at), (activity.closes_at, slot.closes_at, slot.ends_at))


def _free_digits() -> str:
    """Return six digits that no other sign-up has; seven or eight once the festival has very many."""
    for length in (6, 6, 6, 6, 7, 7, 8, 8):
        digits = tokens.new_digits(length)
        if db.session.scalar(_WITH_DIGITS, {"digits": digits}) is None:
            return digits
    return tokens.new_digits(8)


def _questions(activity_id: int) -> list[Question]:
    return list(db.session.scalars(_QUESTIONS, {"activity_id": activity_id}))


def fresh(sign_up_id: int) -> tuple[SignUp, Locked]:
    """Lock a sign-up's person and activity and return it as it stands after that.

    :raises NotFound: there is no such sign-up.
    """
    row = db.session.execute(select(SignUp.activity_id, SignUp.person_id).where(SignUp.id == sign_up_id)).one_or_none()
    if row is None:
        raise NotFound
    locked = lock(row.activity_id, row.person_id)
    waitlist.lapse(locked.activity, locked.now)
    return db.session.get_one(SignUp, sign_up_id, populate_existing=True), locked


def confirm(sign_up_id: int, *, actor_id: int | None = None) -> SignUp:
    """Take an offered place. The offer's own persons are counted already, so nothing can be in the way.

    Confirming what is confirmed already changes nothing.

    :raises SignUpRefused: there is no offer any more, or its time is off: offers pause until it is on again.
    """
    sign_up, locked = fresh(sign_up_id)
    if sign_up.state == State.CONFIRMED:
        return sign_up
    if sign_up.state != State.OFFERED:
        raise SignUpRefused(Reason.NO_OFFER)
    if changed.is_cancelled(sign_up) or changed.is_postponed(sign_up):
        raise SignUpRefused(Reason.CANCELLED if changed.is_cancelled(sign_up) else Reason.POSTPONED)
    taken = queries.places(sign_up.pool_id).taken
    waitlist.move(sign_up, State.CONFIRMED, at=locked.now)
    waitlist.enter(
        sign_up,
        at=locked.now,
        actor_id=actor_id or sign_up.person_id,
        what="confirmed",
        why="offer_taken",
        state_before=State.OFFERED,
        taken_before=taken,
    )
    owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    _record_act("sign_up.confirm", sign_up, actor_id)
    return sign_up


def withdraw(sign_up_id: int, *, actor_id: int | None = None, even_late: bool = False) -> list[SignUp]:
    """Withdraw a sign-up and give its places to the list, in one transaction; return those who moved up.

    Withdrawing what is withdrawn already changes nothing.

    :param actor_id: who acts; None: the person.
    :param even_late: also past the time until which withdrawal is free: the person asks to be forgotten.
    :raises SignUpRefused: past that time, or nothing is left to withdraw.
    """
    sign_up, locked = fresh(sign_up_id)
    if sign_up.state == State.WITHDRAWN:
        return []
    if sign_up.state not in LIVE:
        if even_late:
            return []  # an offer that ran out just now: there is nothing left to give back
        raise SignUpRefused(Reason.NOT_LIVE)
    slot = db.session.get_one(Slot, sign_up.slot_id)
    in_time = rules.may_withdraw_at(
        locked.now,
        state=sign_up.state,
        cancel_until=cancel_until(locked.activity, slot),
        starts_at=slot.starts_at,
    )
    if not in_time and not even_late:
        raise SignUpRefused(Reason.TOO_LATE)
    _record_act("sign_up.withdraw", sign_up, actor_id)
    return _release(sign_up, locked, State.WITHDRAWN, actor_id=actor_id or sign_up.person_id)


def cancel_until(activity: Activity, slot: Slot) -> datetime:
    """Return until when a confirmed place may be given back: the activity's time, hours before the slot, or its start."""
    if slot.is_extra:  # what a late withdrawal costs the organizers, the session's own deadline guards
        return slot.starts_at
    times = [slot.starts_at]
    if activity.cancel_until is not None:
        times.append(activity.cancel_until)
    if activity.cancel_hours_before is not None:
        times.append(slot.starts_at - timedelta(hours=activity.cancel_hours_before))
    return min(times)


def remove(sign_up_id: int, reason: str, *, actor_id: int, is_one_of_many: bool = False) -> list[SignUp]:
    """Take a sign-up off the list by an organizer, with a reason that the person reads; return those who moved up.

    :param is_one_of_many: the caller records the act once for all.
    :raises SignUpRefused: nothing is left to remove.
    """
    sign_up, locked = fresh(sign_up_id)
    if sign_up.state not in LIVE:
        raise SignUpRefused(Reason.NOT_LIVE)
    sign_up.reason = reason
    if not is_one_of_many:
        record(
            "sign_up.remove",
            "sign_up",
            sign_up.id,
            actor_id=actor_id,
            activity_id=sign_up.activity_id,
            reason=reason,
            changes="state",
        )
    return _release(sign_up, locked, State.REMOVED, actor_id=actor_id)


def _release(sign_up: SignUp, locked: Locked, state: State, *, actor_id: int) -> list[SignUp]:
    """End a live sign-up and, if it held places, serve the list with them. Leaving the list itself frees nothing."""
    before = sign_up.state
    taken = queries.places(sign_up.pool_id).taken
    waitlist.move(sign_up, state, at=locked.now)
    waitlist.enter(
        sign_up,
        at=locked.now,
        actor_id=actor_id,
        what=state.value,
        why=state.value,
        state_before=before.value,
        taken_before=taken,
    )
    owe(f"sign_up_{state.value}", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    # Also after a waiting party left: it may have been the one too large for the places that are free.
    if before in COUNTED or before == State.WAITLISTED:
        return waitlist.serve(locked.activity, locked.now, why=f"released_by:{sign_up.id}")
    return []


def edit(sign_up_id: int, asked: EditRequest, *, actor_id: int | None = None) -> list[SignUp]:
    """Change answers and party of a live sign-up; a smaller party frees places for the list. Returns those who moved up.

    :raises SignUpRefused: changed meanwhile, not live, party too large, no longer eligible, or no room for the larger party
        (nothing changes then).
    """
    sign_up, locked = fresh(sign_up_id)
    activity, now = locked.activity, locked.now
    if sign_up.state not in LIVE:
        raise SignUpRefused(Reason.NOT_LIVE)
    if sign_up.revision != asked.revision:
        raise SignUpRefused(Reason.CHANGED_MEANWHILE)
    slot = db.session.get_one(Slot, sign_up.slot_id)
    if now >= slot.starts_at:
        raise SignUpRefused(Reason.TOO_LATE)
    grows = asked.party_size - sign_up.party_size
    if not 1 <= asked.party_size <= activity.party_max:
        raise SignUpRefused(Reason.PARTY_TOO_LARGE)
    _check_still_eligible(sign_up, activity, slot, asked.answers)
    if grows > 0:
        _check_growth(activity, sign_up, grows, now)
    taken = queries.places(sign_up.pool_id).taken
    sign_up.party_size = asked.party_size
    sign_up.name = asked.name
    if asked.reply and sign_up.asked_at is not None:  # back into the review's queue
        sign_up.reply, sign_up.reason, sign_up.asked_at = asked.reply, "", None
    waitlist.touch(sign_up)
    waitlist.flush(activity.id)
    questions = _questions(activity.id)
    answering.write(sign_up.id, questions, asked.answers, asked.files)
    consent_further(activity, questions, account_id=sign_up.person_id, sign_up_id=sign_up.id, question_keys=asked.consents)
    _remember_name(db.session.get_one(Account, sign_up.person_id), asked.name)
    _record_act("sign_up.edit", sign_up, actor_id)
    return _changed_party(sign_up, locked, grows, taken, actor_id or sign_up.person_id) if grows else []


def _changed_party(sign_up: SignUp, locked: Locked, grows: int, taken_before: int, actor_id: int) -> list[SignUp]:
    """Write that a party is larger or smaller now, and give what it left to the list; return those who moved up."""
    waitlist.enter(
        sign_up,
        at=locked.now,
        actor_id=actor_id,
        what="party",
        why=f"party:{sign_up.party_size - grows}->{sign_up.party_size}",
        state_before=sign_up.state.value,
        taken_before=taken_before,
    )
    # Where quotas look at each other, a larger party may be what the other quota was waiting for.
    if grows < 0 or locked.activity.balance_tolerance is not None:
        return waitlist.serve(locked.activity, locked.now, why=f"released_by:{sign_up.id}")
    return []


def _check_still_eligible(sign_up: SignUp, activity: Activity, slot: Slot, answers: Mapping[str, str]) -> None:
    """Refuse changed answers that belong no longer to the activity, or to the quota whose place is held."""
    pool = db.session.get_one(Pool, sign_up.pool_id)
    if pool.quota_question is not None and answers.get(pool.quota_question) != pool.quota_answer:
        raise SignUpRefused(Reason.INELIGIBLE)
    if words := kind_of(activity).refusal(Candidate(activity, slot, sign_up.person_id, answers)):
        raise SignUpRefused(Reason.INELIGIBLE, words)


def _check_growth(activity: Activity, sign_up: SignUp, grows: int, now: datetime) -> None:
    """Refuse a larger party where it does not fit, or where others already wait for those places; else make room for it."""
    places = queries.places(sign_up.pool_id)
    if places.most is not None and sign_up.party_size + grows > places.most:
        raise SignUpRefused(Reason.PARTY_TOO_LARGE)
    if sign_up.state in COUNTED:
        balance = queries.balance(sign_up.slot_id, activity.balance_tolerance)
        if not places.has_room_for(grows) or places.is_queued_for or not balance.allows({sign_up.pool_id: grows}):
            raise SignUpRefused(Reason.FULL)
        ceiling = waitlist.ceiling(activity, sign_up.session_id, now)
        if not ceiling.has_room_for(grows) or ceiling.is_queued_for:
            raise SignUpRefused(Reason.CEILING)
        lending.make_room(activity.id, sign_up.pool_id, grows, now)
    elif sign_up.state == State.WAITLISTED:
        pool = db.session.get_one(Pool, sign_up.pool_id)
        lists = rules.Waitlists(
            limit=activity.waitlist_limit,
            waiting=queries.waiting_in_slot(sign_up.slot_id),
            pool_limit=pool.waitlist_limit,
            pool_waiting=places.waiting,
        )
        if not lists.take(grows):
            raise SignUpRefused(Reason.FULL)


def set_capacity(pool_id: int, capacity: int | None, over: str, *, actor_id: int) -> CapacityChange:
    """Change a pool's capacity. Raised: the list is served at once. Lowered below those confirmed: as ``over`` says.

    :param capacity: persons; None unlimited.
    :param over: ``keep`` – nothing happens to anyone; ``move`` – the last to come, whole parties, go to the head of the list.
    :raises NotFound: there is no such pool.
    :raises SignUpRefused: a reserve without a limit: what it lends is a number; or more than the kind of activity lets it have.
    """
    activity_id = db.session.scalar(select(Slot.activity_id).join(Pool, Pool.slot_id == Slot.id).where(Pool.id == pool_id))
    if activity_id is None:
        raise NotFound
    locked = lock(activity_id)
    activity, now = locked.activity, locked.now
    waitlist.lapse(activity, now)
    pool = db.session.get_one(Pool, pool_id, populate_existing=True)
    before = pool.capacity
    if pool.is_flex and capacity is None:
        raise SignUpRefused(Reason.UNKNOWN_POOL)
    places = queries.places(pool_id)
    if _is_too_many(activity, pool, capacity, places.to_come):
        raise SignUpRefused(Reason.UNSAFE)
    lending.set_capacity(activity_id, pool, capacity, now)
    label = f"capacity:{_number(before)}->{_number(capacity)}"
    db.session.add(
        LedgerEntry(
            at=now,
            activity_id=activity_id,
            pool_id=pool_id,
            sign_up_id=None,
            actor_id=actor_id,
            what="capacity",
            why=label,
            taken_before=places.taken,
            taken_after=places.taken,
        ),
    )
    record("pool.capacity", "pool", pool_id, actor_id=actor_id, activity_id=activity_id, changes=f"{label} over={over}")
    too_many = _above(places.taken, capacity)
    moved = _move_last(pool_id, too_many, now, actor_id, label) if too_many and over == "move" else []
    promoted = waitlist.serve(activity, now, why=label)
    left = queries.places(pool_id)
    return CapacityChange(
        before=before,
        after=capacity,
        over=max(0, -(left.free or 0)),
        promoted=promoted,
        moved=moved,
    )


def _is_too_many(activity: Activity, pool: Pool, capacity: int | None, to_come: int) -> bool:
    """Tell whether a pool would grow beyond what the kind of activity lets it have; fewer places are never refused."""
    most = kind_of(activity).most_in(pool.id, frozenset())
    if most is None or (capacity is not None and pool.capacity is not None and capacity <= pool.capacity):
        return False
    return capacity is None or capacity + to_come > most


def preview_capacity(pool_id: int, capacity: int | None) -> CapacityPreview:
    """Return what lowering a capacity would mean, as things stand now; nothing is written.

    :raises NotFound: there is no such pool.
    """
    if db.session.get(Pool, pool_id) is None:
        raise NotFound
    places = queries.places(pool_id)
    too_many = _above(places.taken, capacity)
    moved = rules.last_in(queries.confirmed_in(pool_id), too_many) if too_many else []
    return CapacityPreview(
        before=places.capacity,
        after=capacity,
        taken=places.taken,
        waiting=places.waiting,
        over=too_many,
        moved_parties=len(moved),
        moved=sum(party.party_size for party in moved),
    )


def _above(taken: int, capacity: int | None) -> int:
    return 0 if capacity is None else max(0, taken - capacity)


def _number(capacity: int | None) -> str:
    return "unlimited" if capacity is None else str(capacity)


def _move_last(pool_id: int, too_many: int, now: datetime, actor_id: int, why: str) -> list[SignUp]:
    """Move the last confirmed parties to the head of the list, in their order, before all who wait already."""
    moved = [
        db.session.get_one(SignUp, party.sign_up_id, populate_existing=True)
        for party in rules.last_in(queries.confirmed_in(pool_id), too_many)
    ]
    first = min([0, *(head.priority for head in queries.waiting_parties(pool_id))])
    for sign_up in moved:
        taken = queries.places(pool_id).taken
        waitlist.move(sign_up, State.WAITLISTED, at=now)
        sign_up.priority = first - 1
        waitlist.enter(
            sign_up,
            at=now,
            actor_id=actor_id,
            what="moved",
            why=why,
            state_before=State.CONFIRMED,
            taken_before=taken,
        )
        owe("sign_up_waitlisted", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    return moved


def sweep(activity_id: int) -> list[SignUp]:
    """Do what time alone has made due in one activity: overdue offers lapse, free places meet the list."""
    locked = lock(activity_id)
    return waitlist.lapse(locked.activity, locked.now) + waitlist.serve(locked.activity, locked.now, why="sweep")
