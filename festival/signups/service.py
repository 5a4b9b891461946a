"""Signing up, changing one's mind, and the capacity that decides. Called inside ``transaction()``; never commits.

Every function that can move a place locks first, lets overdue offers lapse, and only then reads and decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from festival.accounts.models import Account
from festival.audit.service import record
from festival.lib import clock, tokens
from festival.lib.db import database_now, db, put
from festival.lib.errors import NotFound
from festival.lib.log import log
from festival.outbox.service import owe
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Access, Activity, ActivityStatus, Pool, Question, Slot, SlotStatus
from festival.signups import answers as answering
from festival.signups import changed, fairness, lending, queries, rules, waitlist
from festival.signups.answers import AnswerUpload
from festival.signups.models import IdempotentAnswer, Invitation, LedgerEntry, SignUp, Source
from festival.signups.notice import consent_further, notice_of, record_consents, sensitive_groups
from festival.signups.rules import COUNTED, DEFERRED, LIVE, Reason, SignUpRefused, State, Way

# What every sign-up asks is built once (signups.queries says why).
_PERSON = (
    select(Account)
    .where(Account.id == bindparam("person_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_POOLS = select(Pool).where(Pool.slot_id == bindparam("slot_id"), Pool.is_closed.is_(False)).order_by(Pool.position)
_BOOKABLE = (
    select(Slot)
    .where(Slot.activity_id == bindparam("activity_id"), Slot.id.in_(select(Pool.slot_id)))
    .order_by(Slot.starts_at, Slot.id)
)
_WITH_DIGITS = select(SignUp.id).where(SignUp.digits == bindparam("digits"))
_QUESTIONS = select(Question).where(Question.activity_id == bindparam("activity_id")).order_by(Question.position)

#: How long a form's key answers the same to the same browser.
SAME_ANSWER = timedelta(minutes=10)


class AlreadySignedUp(SignUpRefused):
    """The person holds this claim already: show it instead of an error."""

    def __init__(self, sign_up: SignUp) -> None:
        super().__init__(Reason.ALREADY)
        self.sign_up = sign_up


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


def sign_up(  # who, for what, asking what, on whose behalf
    activity_id: int,
    person_id: int,
    asked: SignUpRequest,
    *,
    kind: ActivityKind,
    source: Source = Source.SELF,
    actor_id: int | None = None,
) -> SignUp:
    """Sign a person up: confirmed if there is room and nobody waits, else on the list; pending or entered by the pool's way.

    The same ``asked.once`` within ten minutes gives the same sign-up again.

    :param actor_id: who acts; None: the person.
    :raises AlreadySignedUp: the person holds this claim already.
    :raises SignUpRefused: outside the window, no room anywhere, party too large, not eligible, …
    """
    locked = lock(activity_id, person_id)
    activity, now, person = locked.activity, locked.now, locked.person
    before = _answered(asked.once, now)
    if before is not None and (before.activity_id, before.person_id) == (activity.id, person_id):
        return before
    if person is None or person.erased_at is not None:
        raise NotFound  # forgotten while this waited for the lock
    waitlist.lapse(activity, now)
    if reason := _closed(activity, now):
        raise SignUpRefused(reason)
    slot, pool = _target(activity, asked)
    session_id = slot.parent_id or slot.id
    claim = f"slot:{session_id}" if kind.claims_per_session else f"activity:{activity.id}"
    if held := queries.claiming(person_id, claim):
        _remember(asked.once, held, now, was_already=True)
        raise AlreadySignedUp(held)
    invitation = _invitation(activity, pool, asked.invitation, now)
    fair = fairness.of_newcomer(activity, person_id, asked.answers, now)
    fairness.check_overlap(activity, slot, person_id, now)
    state = _judge(locked, slot, pool, asked, kind, is_invited=invitation is not None, is_deferred=fair.is_deferred)
    if state == State.CONFIRMED:
        lending.make_room(activity.id, pool.id, asked.party_size, now)
    taken = queries.places(pool.id).taken
    made = SignUp(
        activity_id=activity.id,
        slot_id=slot.id,
        session_id=session_id,
        pool_id=pool.id,
        person_id=person_id,
        claim=claim,
        code=tokens.new_code(),
        digits=_free_digits(),
        party_size=asked.party_size,
        state=state,
        name=asked.name,
        joined_at=now,
        signed_up_at=now,
        state_at=now,
        source=source,
        invitation_id=invitation.id if invitation else None,
        priority=DEFERRED if fair.is_deferred and state == State.WAITLISTED else 0,
        updated_at=now,
    )
    if state == State.WAITLISTED:
        waitlist.go_to_the_end(made, now)  # also behind those who were put there a moment ago
    db.session.add(made)
    waitlist.flush(activity.id)
    questions = _questions(activity.id)
    answering.write(made.id, questions, asked.answers, asked.files, is_new=True)
    if asked.notice_version:
        _consent(activity, questions, made, asked.consents, asked.notice_version)
    waitlist.enter(
        made,
        at=now,
        actor_id=actor_id or person_id,
        what="signed_up",
        why=_why(state, is_deferred=fair.is_deferred),
        state_before="",
        taken_before=taken,
    )
    owe(f"sign_up_{state.value}", "sign_up", made.id, account_id=person_id, activity_id=activity.id, is_first=True)
    _record_act("sign_up.make", made, actor_id)
    _remember(asked.once, made, now, was_already=False)
    _remember_name(person, asked.name)
    log.info("sign-up made", id=made.id, activity=activity.id, state=state.value)
    if activity.balance_tolerance is not None or (activity.smaller_may_pass and state == State.WAITLISTED):
        # The newcomer may be the one whom the other quota was waiting for, or small enough for what the head is too large for.
        waitlist.serve(activity, now, why=f"balanced_by:{made.id}" if state == State.CONFIRMED else "queue")
    return made


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


def _remember(once: Once | None, made: SignUp, now: datetime, *, was_already: bool) -> None:
    """Keep the answer to a form's key; what the key was answered with earlier, or to somebody else, no longer holds."""
    if once is not None:
        put(
            IdempotentAnswer,
            {"browser": once.browser, "key": once.key, "sign_up_id": made.id, "was_already": was_already, "at": now},
            key=("browser", "key"),
        )


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


def _target(activity: Activity, asked: SignUpRequest) -> tuple[Slot, Pool]:
    """Return the slot and pool asked for, fetched through the activity: a foreign id finds nothing."""
    slots = bookable_slots(activity.id)
    if asked.slot_id is None:
        slot = slots[0] if len(slots) == 1 else None
    else:
        slot = next((one for one in slots if one.id == asked.slot_id), None)
    if slot is None:
        raise SignUpRefused(Reason.UNKNOWN_POOL)
    pools = list(db.session.scalars(_POOLS, {"slot_id": slot.id}))
    pool = choose_pool(pools, asked.pool_id, asked.answers)
    if pool is None:
        raise SignUpRefused(Reason.UNKNOWN_POOL)
    return slot, pool


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


def _judge(  # everything a verdict rests on
    locked: Locked,
    slot: Slot,
    pool: Pool,
    asked: SignUpRequest,
    kind: ActivityKind,
    *,
    is_invited: bool,
    is_deferred: bool,
) -> State:
    """Return the first state of a new sign-up, all rules judged on values read after the lock.

    :param is_deferred: the person did not come twice, and may only wait behind everybody else.

    :raises SignUpRefused: with the first reason that holds.
    """
    activity, now = locked.activity, locked.now
    if slot.status == SlotStatus.CANCELLED:
        raise SignUpRefused(Reason.CANCELLED)
    if slot.status == SlotStatus.POSTPONED:
        raise SignUpRefused(Reason.POSTPONED)
    if now >= slot.ends_at:
        raise SignUpRefused(Reason.ENDED)
    if reason := window_of(activity, slot).reason_at(now):
        raise SignUpRefused(reason)
    if not 1 <= asked.party_size <= activity.party_max:
        raise SignUpRefused(Reason.PARTY_TOO_LARGE)
    if kind.refusal(activity, asked.answers) is not None:
        raise SignUpRefused(Reason.INELIGIBLE)
    places = queries.places(pool.id)
    balance = queries.balance(slot.id, activity.balance_tolerance)
    state = rules.first_state(
        way_of(activity, pool, is_invited=is_invited),
        places,
        waitlist.ceiling(activity, slot.parent_id or slot.id, now),
        rules.Waitlists(
            limit=activity.waitlist_limit,
            waiting=queries.waiting_in_slot(slot.id),
            pool_limit=pool.waitlist_limit,
            pool_waiting=places.waiting,
        ),
        asked.party_size,
        may_have_a_place=not is_deferred and balance.allows({pool.id: asked.party_size}),
    )
    if isinstance(state, Reason):
        raise SignUpRefused(Reason.NO_SHOWS if is_deferred and state == Reason.FULL and places.has_room_for(1) else state)
    return state


def way_of(activity: Activity, pool: Pool, *, is_invited: bool = False) -> Way:
    """Return how a newcomer comes to a place of a pool: the invited straight, those of a reviewed ballot through the review."""
    if is_invited:
        return Way.OPEN
    if pool.access == Access.BALLOT and activity.is_reviewed:
        return Way.APPROVAL
    return Way(pool.access)


def window_of(activity: Activity, slot: Slot) -> rules.Window:
    """Return when one slot can be signed up for: inside the activity's window and its own, and before it ends."""
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


def _consent(activity: Activity, questions: list[Question], made: SignUp, keys: frozenset[str], version: str) -> None:
    """Record the consents under the notice that was shown; a notice that changed since must be shown again."""
    notice = notice_of(activity, questions)
    if notice.version != version:
        raise SignUpRefused(Reason.NOTICE_CHANGED)
    asked = sensitive_groups(questions)
    record_consents(
        activity,
        notice,
        account_id=made.person_id,
        sign_up_id=made.id,
        question_keys=[key for key in keys if key in asked],
    )


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
    times = [slot.starts_at]
    if activity.cancel_until is not None:
        times.append(activity.cancel_until)
    if activity.cancel_hours_before is not None:
        times.append(slot.starts_at - timedelta(hours=activity.cancel_hours_before))
    return min(times)


def remove(sign_up_id: int, reason: str, *, actor_id: int) -> list[SignUp]:
    """Take a sign-up off the list by an organizer, with a reason that the person reads; return those who moved up.

    :raises SignUpRefused: nothing is left to remove.
    """
    sign_up, locked = fresh(sign_up_id)
    if sign_up.state not in LIVE:
        raise SignUpRefused(Reason.NOT_LIVE)
    sign_up.reason = reason
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
    if not _is_still_eligible(activity, sign_up.pool_id, asked.answers):
        raise SignUpRefused(Reason.INELIGIBLE)
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


def _is_still_eligible(activity: Activity, pool_id: int, answers: Mapping[str, str]) -> bool:
    """Tell whether changed answers still belong to the activity, and to the quota whose place is held."""
    pool = db.session.get_one(Pool, pool_id)
    in_quota = pool.quota_question is None or answers.get(pool.quota_question) == pool.quota_answer
    return in_quota and kind_of(activity).refusal(activity, answers) is None


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
    :raises SignUpRefused: a reserve without a limit: what it lends is a number.
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
