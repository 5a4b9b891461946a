"""What organizers do to many sign-ups at once: one decision, one entry in the trail. Call inside ``transaction()``.

A preview is the act itself inside ``rehearsal()``: it says what would happen because it has happened and was undone. What was
looked at has a fingerprint; the act compares it under its lock and refuses where anything would turn out otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import func, select

from festival.accounts.models import Account
from festival.audit.service import record
from festival.lib.db import database_now, db
from festival.lib.errors import Refused
from festival.outbox.models import Message
from festival.programme.locking import lock_activity
from festival.reconfirm import service as reconfirm
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.roster import beside
from festival.roster.models import SignUpTag
from festival.roster.rules import Act, ActReason
from festival.signups import absences, moving
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import DEFERRED, LIVE, SignUpRefused

#: Sign-ups of one act that moves places: the activity is locked meanwhile.
AT_ONCE = 200
#: Ids that an entry in the trail names; of more it says how many.
_NAMED = 500


class ActRefused(Refused):
    """Nothing was done: it would turn out otherwise than it was shown."""

    reason: ActReason


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall be done, with what it needs."""

    act: Act
    #: Why, of a rejection, a removal and an excuse. The person reads the first two.
    reason: str = ""
    pool_id: int = 0
    tag_id: int = 0


@dataclass(slots=True)
class Outcome:
    """What an act does, by sign-up."""

    #: What each becomes that it reaches: its state, or nothing where that stays.
    done: dict[int, str] = field(default_factory=dict)
    #: Why each that it does not reach is left as it was: a reason of sign-ups, of reviews, or an ``ActReason``.
    left: dict[int, str] = field(default_factory=dict)
    #: Others who move up because of it.
    promoted: list[int] = field(default_factory=list)
    #: How many messages of each kind are owed by it.
    sent: dict[str, int] = field(default_factory=dict)

    def fingerprint(self, asked: Asked) -> str:
        """Return what identifies an act together with its outcome."""
        seen = f"{asked!r} {sorted(self.done.items())} {sorted(self.left.items())} {sorted(self.promoted)}"
        return sha256(seen.encode()).hexdigest()[:32]


def carry_out(activity_id: int, asked: Asked, sign_up_ids: Sequence[int], *, actor_id: int, seen: str | None = None) -> Outcome:
    """Do something to sign-ups of one activity, in their order.

    :param sign_up_ids: of this activity; the caller has fetched them within what the staff member may touch.
    :param seen: the fingerprint of the outcome that was looked at; None: this is the rehearsal.
    :raises ActRefused: it turned out otherwise than that. The caller's transaction is undone.
    """
    last = db.session.execute(select(func.coalesce(func.max(Message.id), 0))).scalar_one()
    outcome = Outcome()
    _ACTS[asked.act](activity_id, asked, list(sign_up_ids), outcome, actor_id)
    db.session.flush()
    sent = select(Message.kind, func.count(Message.id)).where(Message.id > last, Message.activity_id == activity_id)
    outcome.sent = {row[0]: row[1] for row in db.session.execute(sent.group_by(Message.kind).order_by(Message.kind))}
    if seen is not None and seen != outcome.fingerprint(asked):
        raise ActRefused(ActReason.CHANGED)
    return outcome


# -- decisions of the review ---------------------------------------------------------------------------------------------------


def _approve(activity_id: int, _asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    _decide(activity_id, ids, Decision.APPROVE, "", outcome, actor_id)


def _reject(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    _decide(activity_id, ids, Decision.REJECT, asked.reason, outcome, actor_id)


def _decide(  # a decision has that many sides
    activity_id: int,
    ids: list[int],
    decision: Decision,
    words: str,
    outcome: Outcome,
    actor_id: int,
) -> None:
    decided = reviews.decide(activity_id, ids, decision, words, actor_id=actor_id)
    db.session.flush()
    outcome.done = {one.id: one.state.value for one in decided.decided}
    outcome.left = {one.id: reason.value for one, reason in decided.left}


# -- what moves places -----------------------------------------------------------------------------------------------------------


def _move(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    def one(sign_up_id: int) -> list[SignUp]:
        return moving.move_by_staff(sign_up_id, asked.pool_id, actor_id=actor_id)

    _one_by_one(activity_id, ids, one, outcome)
    _record(activity_id, asked, outcome, actor_id, f"pool={asked.pool_id} ")


def _remove(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    def one(sign_up_id: int) -> list[SignUp]:
        return signups.remove(sign_up_id, asked.reason, actor_id=actor_id, is_one_of_many=True)

    _one_by_one(activity_id, ids, one, outcome)
    _record(activity_id, asked, outcome, actor_id)


def _excuse(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    def one(sign_up_id: int) -> list[SignUp]:
        return absences.excuse(sign_up_id, asked.reason, actor_id=actor_id, is_one_of_many=True)

    _one_by_one(activity_id, ids, one, outcome)
    _record(activity_id, asked, outcome, actor_id)


def _one_by_one(activity_id: int, ids: list[int], one: Callable[[int], list[SignUp]], outcome: Outcome) -> None:
    """Do it to each in turn; who is refused is left as they were, and so does not hold up the others."""
    _lock_all(activity_id, ids)
    promoted: dict[int, None] = {}
    for sign_up_id in ids:
        try:
            with db.session.begin_nested():
                moved_up = one(sign_up_id)
        except SignUpRefused as refused:
            outcome.left[sign_up_id] = refused.reason.value
        else:
            outcome.done[sign_up_id] = ""
            promoted |= dict.fromkeys(other.id for other in moved_up)
    db.session.flush()
    states = _states([*outcome.done])
    outcome.done = {sign_up_id: states[sign_up_id] for sign_up_id in outcome.done}
    outcome.promoted = [one_id for one_id in promoted if one_id not in outcome.done]


def _lock_all(activity_id: int, ids: list[int]) -> None:
    """Lock everybody concerned, then every activity: the order of all locks, so that no two writers wait for each other."""
    people = db.session.scalars(
        select(Account.id)
        .where(Account.id.in_(select(SignUp.person_id).where(SignUp.id.in_(ids))))
        .order_by(Account.id)
        .with_for_update(key_share=True),
    ).all()
    others = select(SignUp.activity_id).where(
        SignUp.person_id.in_(people),
        SignUp.priority >= DEFERRED,
        SignUp.state.in_(LIVE),
    )
    for one in sorted({activity_id, *db.session.scalars(others)}):
        lock_activity(one)


def _states(ids: list[int]) -> dict[int, str]:
    rows = db.session.execute(select(SignUp.id, SignUp.state).where(SignUp.id.in_(ids)))
    return {row.id: row.state.value for row in rows}


# -- what moves none ---------------------------------------------------------------------------------------------------------


def _tag(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    carried = _carriers(activity_id, asked.tag_id)
    outcome.left = {one: ActReason.TAGGED.value for one in ids if one in carried}
    outcome.done = {one: "" for one in ids if one not in carried}
    beside.put_on([asked.tag_id], list(outcome.done))
    _record(activity_id, asked, outcome, actor_id, f"tag={asked.tag_id} ")


def _untag(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    carried = _carriers(activity_id, asked.tag_id)
    outcome.left = {one: ActReason.NOT_TAGGED.value for one in ids if one not in carried}
    outcome.done = {one: "" for one in ids if one in carried}
    beside.take_off(asked.tag_id, list(outcome.done))
    _record(activity_id, asked, outcome, actor_id, f"tag={asked.tag_id} ")


def _coming(activity_id: int, asked: Asked, ids: list[int], outcome: Outcome, actor_id: int) -> None:
    lock_activity(activity_id)
    noted = set(reconfirm.note_coming(ids, database_now()))
    outcome.left = {one: ActReason.NOT_SILENT.value for one in ids if one not in noted}
    outcome.done = {one: "" for one in ids if one in noted}
    _record(activity_id, asked, outcome, actor_id)


def _carriers(activity_id: int, tag_id: int) -> set[int]:
    lock_activity(activity_id)
    return set(db.session.scalars(select(SignUpTag.sign_up_id).where(SignUpTag.tag_id == tag_id)))


def _record(activity_id: int, asked: Asked, outcome: Outcome, actor_id: int, what: str = "") -> None:
    """Write the one entry of the act: which sign-ups, or how many. Its words, where it sends any, stand in none."""
    if not outcome.done:
        return
    ids = sorted(outcome.done)
    named = ",".join(map(str, ids)) if len(ids) <= _NAMED else f"{len(ids)} in all"
    record(
        f"roster.{asked.act.value}",
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=asked.reason,
        changes=f"{what}sign_ups={named}",
    )


_ACTS: dict[Act, Callable[[int, Asked, list[int], Outcome, int], None]] = {
    Act.APPROVE: _approve,
    Act.REJECT: _reject,
    Act.MOVE: _move,
    Act.TAG: _tag,
    Act.UNTAG: _untag,
    Act.REMOVE: _remove,
    Act.EXCUSE: _excuse,
    Act.COMING: _coming,
}
#: Those that move places, and so take ``AT_ONCE`` sign-ups at most.
MOVES_PLACES = frozenset({Act.APPROVE, Act.REJECT, Act.MOVE, Act.REMOVE, Act.EXCUSE})
