"""Deciding, inside ``transaction()`` with the activity locked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from festival.accounts.models import Account, Address
from festival.audit.service import record
from festival.lib.db import db
from festival.outbox.service import owe
from festival.programme.models import ActivityStatus, Pool, Promotion, Slot, SlotStatus
from festival.reviews import rules
from festival.reviews.models import Review
from festival.reviews.rules import Decision, ReviewReason, ReviewRefused
from festival.signups import queries as signups
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.rules import Reason, State, Waitlists, Way
from festival.signups.service import Locked, lock


@dataclass(slots=True)
class Outcome:
    """What a bulk decision did: sign-ups by what they are now, and those left as they were, with the reason."""

    decided: list[SignUp] = field(default_factory=list)
    left: list[tuple[SignUp, ReviewReason]] = field(default_factory=list)


def decide(
    activity_id: int,
    sign_up_ids: Iterable[int],
    decision: Decision,
    words: str,
    *,
    actor_id: int,
) -> Outcome:
    """Decide on several sign-ups of one activity, oldest first; each gets its own answer, one audit entry stands for all.

    :param words: the reason of a rejection, or what is still needed; the person reads it. An approval needs none.
    :raises ReviewRefused: a rejection or a question without words.
    """
    if decision != Decision.APPROVE and not words:
        raise ReviewRefused(ReviewReason.NO_REASON)
    locked = lock(activity_id)
    waitlist.lapse(locked.activity, locked.now)
    outcome = Outcome()
    for sign_up in _in_order(activity_id, sign_up_ids):
        reason = _refusal(sign_up, actor_id) or _apply(sign_up, locked, decision, words, actor_id)
        if reason is None:
            outcome.decided.append(sign_up)
        else:
            outcome.left.append((sign_up, reason))
    if outcome.decided:
        record(
            f"review.{decision.value}",
            "activity",
            activity_id,
            actor_id=actor_id,
            activity_id=activity_id,
            reason=words,
            changes=f"sign_ups={','.join(str(one.id) for one in outcome.decided)}",
        )
    return outcome


def _in_order(activity_id: int, sign_up_ids: Iterable[int]) -> list[SignUp]:
    """Return the sign-ups named, fetched through their activity, in the order they came."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.activity_id == activity_id, SignUp.id.in_(list(sign_up_ids)))
            .order_by(SignUp.joined_at, SignUp.id)
            .execution_options(populate_existing=True),
        ),
    )


def _refusal(sign_up: SignUp, actor_id: int) -> ReviewReason | None:
    """Return why this reviewer cannot decide on this sign-up."""
    if sign_up.state != State.PENDING:
        return ReviewReason.NOT_PENDING
    contact = db.session.get_one(Account, actor_id).contact
    if contact and db.session.scalar(
        select(Address.id).where(Address.account_id == sign_up.person_id, Address.value == contact),
    ):
        return ReviewReason.OWN_SIGN_UP
    return None


def _apply(sign_up: SignUp, locked: Locked, decision: Decision, words: str, actor_id: int) -> ReviewReason | None:
    """Carry one decision out; returns why not, where an approval finds no place and no list."""
    if decision == Decision.APPROVE:
        reason = _approve(sign_up, locked, actor_id)
        if reason is not None:
            return reason
    elif decision == Decision.REJECT:
        sign_up.reason = words
        _move(sign_up, locked, State.REJECTED, actor_id, "rejected")
        owe("sign_up_rejected", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    else:
        sign_up.reason = words
        sign_up.asked_at = locked.now
        waitlist.touch(sign_up)
        owe("sign_up_asked", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    db.session.add(Review(sign_up_id=sign_up.id, actor_id=actor_id, decision=decision, words=words, at=locked.now))
    return None


def _approve(sign_up: SignUp, locked: Locked, actor_id: int) -> ReviewReason | None:
    activity = locked.activity
    slot = db.session.get_one(Slot, sign_up.slot_id)
    if activity.status != ActivityStatus.PUBLISHED or slot.status != SlotStatus.SCHEDULED:
        return ReviewReason.ACTIVITY_NOT_ON
    pool = db.session.get_one(Pool, sign_up.pool_id)
    places = signups.places(pool.id)
    state = rules.state_after_approval(
        Way(pool.access),
        places,
        waitlist.ceiling(activity, sign_up.session_id, locked.now),
        Waitlists(
            limit=activity.waitlist_limit,
            waiting=signups.waiting_in_slot(sign_up.slot_id),
            pool_limit=pool.waitlist_limit,
            pool_waiting=places.waiting,
        ),
        sign_up.party_size,
        is_in_balance=signups.balance(slot.id, activity.balance_tolerance).allows({pool.id: sign_up.party_size}),
    )
    if isinstance(state, Reason):
        return ReviewReason.LIST_FULL
    sign_up.reason = ""
    sign_up.asked_at = None
    if state == State.CONFIRMED and activity.promotion == Promotion.OFFER:
        _offer(sign_up, slot, locked, actor_id)
    else:
        _move(sign_up, locked, state, actor_id, "approved")
        kind = "sign_up_approved" if state == State.CONFIRMED else f"sign_up_{state.value}"
        owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)
    if state == State.WAITLISTED:
        # Its turn counts from when it signed up: it may be the head now, and fit where the one behind it does not.
        waitlist.serve(activity, locked.now, why="queue")
    elif state == State.CONFIRMED and activity.balance_tolerance is not None:
        waitlist.serve(activity, locked.now, why=f"balanced_by:{sign_up.id}")
    return None


def _offer(sign_up: SignUp, slot: Slot, locked: Locked, actor_id: int) -> None:
    """Hold an approved place until the person confirms it."""
    deadline = waitlist.deadline_of_offer(locked.activity, slot, locked.now)
    if deadline is None:
        _move(sign_up, locked, State.CONFIRMED, actor_id, "approved")
        owe("sign_up_approved", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
        return
    _move(sign_up, locked, State.OFFERED, actor_id, "approved", deadline=deadline)
    owe("sign_up_approved_offer", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def _move(  # a change of places has that many sides
    sign_up: SignUp,
    locked: Locked,
    state: State,
    actor_id: int,
    what: str,
    *,
    deadline: datetime | None = None,
) -> None:
    taken = signups.places(sign_up.pool_id).taken
    waitlist.move(sign_up, state, at=locked.now, until=deadline)
    waitlist.enter(
        sign_up,
        at=locked.now,
        actor_id=actor_id,
        what=what,
        why=what,
        state_before=State.PENDING,
        taken_before=taken,
    )
