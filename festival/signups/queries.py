"""Reading sign-ups."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from festival.accounts.models import Consent
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Access, Activity, ActivityStatus, Pool, PoolBatch, Question, Slot, SlotStatus
from festival.signups.models import Answer, AnswerFile, IdempotentAnswer, Invitation, SignUp
from festival.signups.rules import (
    CLAIMING,
    DEFERRED,
    LIVE,
    NO_BALANCE,
    PLACED,
    Balance,
    Ceiling,
    Invited,
    Places,
    State,
    Waiting,
    read_code,
)

# What every sign-up asks is built once: building a statement costs three times what asking the database does.
_RESERVE = aliased(Pool)
_LENDABLE = (
    select(func.coalesce(func.sum(_RESERVE.capacity - _RESERVE.taken), 0))
    .where(_RESERVE.slot_id == Pool.slot_id, _RESERVE.is_flex.is_(True), _RESERVE.id != Pool.id, Pool.access != Access.INVITATION)
    .scalar_subquery()
    .label("lendable")
)
_OTHER = aliased(Pool)
#: Batches, and what the reserve has lent elsewhere: it may come back.
_TO_COME = (
    select(func.coalesce(func.sum(PoolBatch.places), 0))
    .where(PoolBatch.pool_id == Pool.id, PoolBatch.released_at.is_(None))
    .scalar_subquery()
    + select(func.coalesce(func.sum(_OTHER.borrowed), 0))
    .where(_OTHER.slot_id == Pool.slot_id, _OTHER.id != Pool.id, Pool.access != Access.INVITATION)
    .scalar_subquery()
).label("to_come")
_DEFERRED = (
    select(func.coalesce(func.sum(SignUp.party_size), 0))
    .where(SignUp.pool_id == Pool.id, SignUp.state == State.WAITLISTED, SignUp.priority >= DEFERRED)
    .scalar_subquery()
    .label("deferred")
)
#: How a pool stands, as columns of a question about it; ``places_of`` reads them.
STANDING = (Pool.capacity, Pool.taken, Pool.waiting, _DEFERRED, _LENDABLE, _TO_COME)
_STANDING = select(Pool.id, *STANDING)
_PLACES = _STANDING.where(Pool.id == bindparam("pool_id"))
_BALANCE = select(Pool.id, Pool.taken).where(Pool.slot_id == bindparam("slot_id"), Pool.quota_question.is_not(None))
_BATCHES_DUE = (
    select(PoolBatch)
    .join(Pool, Pool.id == PoolBatch.pool_id)
    .join(Slot, Slot.id == Pool.slot_id)
    .where(Slot.activity_id == bindparam("activity_id"), PoolBatch.released_at.is_(None), PoolBatch.at <= bindparam("now"))
    .order_by(PoolBatch.at, PoolBatch.id)
    .execution_options(populate_existing=True)
)
_IN_SESSION = or_(Slot.id == bindparam("session_id"), and_(Slot.parent_id == bindparam("session_id"), Slot.is_extra.is_(False)))
_PLACE_IN = (
    select(SignUp)
    .where(SignUp.slot_id == bindparam("slot_id"), SignUp.person_id == bindparam("person_id"), SignUp.state.in_(PLACED))
    .execution_options(populate_existing=True)
)
_EXTRAS_HELD = (
    select(SignUp)
    .join(Slot, Slot.id == SignUp.slot_id)
    .where(
        Slot.parent_id == bindparam("session_id"),
        Slot.is_extra.is_(True),
        SignUp.person_id == bindparam("person_id"),
        SignUp.state.in_(LIVE),
    )
    .order_by(SignUp.id)
    .execution_options(populate_existing=True)
)
_RESERVES = select(Pool.id).join(Slot, Slot.id == Pool.slot_id).where(_IN_SESSION, Pool.is_flex.is_(True)).limit(1)
_CEILING = select(Slot.approved_ceiling, Slot.heads).where(Slot.id == bindparam("session_id"))
_WAITING = select(func.coalesce(func.sum(Pool.waiting), 0)).where(Pool.slot_id == bindparam("slot_id"))
_SLOTS_WITH_A_LIST = (
    select(Slot)
    .where(
        _IN_SESSION,
        Slot.id.in_(select(Pool.slot_id).where(Pool.waiting > 0)),
    )
    .order_by(Slot.id)
    .execution_options(populate_existing=True)
)
_OVERDUE = (
    select(SignUp)
    .where(
        SignUp.activity_id == bindparam("activity_id"),
        SignUp.state == State.OFFERED,
        SignUp.offered_until <= bindparam("now"),
    )
    .order_by(SignUp.offered_until, SignUp.id)
    .execution_options(populate_existing=True)
)
_CLAIMING = (
    select(SignUp)
    .where(SignUp.person_id == bindparam("person_id"), SignUp.claim == bindparam("claim"), SignUp.state.in_(CLAIMING))
    .execution_options(populate_existing=True)
)
_HELD = (
    select(SignUp)
    .join(Slot, Slot.id == SignUp.slot_id)
    .where(
        SignUp.person_id == bindparam("person_id"),
        SignUp.activity_id == bindparam("activity_id"),
        SignUp.state.in_(CLAIMING),
        Slot.is_extra.is_(False),
    )
    .order_by(SignUp.id)
)
_ANSWERED = select(IdempotentAnswer).where(
    IdempotentAnswer.browser == bindparam("browser"),
    IdempotentAnswer.key == bindparam("key"),
    IdempotentAnswer.at > bindparam("since"),
)


def place_in(slot_id: int, person_id: int) -> SignUp | None:
    """Return the sign-up by which somebody has a place in a slot now; None: they have none (waiting and offered are none yet)."""
    return db.session.scalar(_PLACE_IN, {"slot_id": slot_id, "person_id": person_id})


def extras_held(session_id: int, person_id: int) -> list[SignUp]:
    """Return what somebody holds of a session's parts, or waits for there."""
    return list(db.session.scalars(_EXTRAS_HELD, {"session_id": session_id, "person_id": person_id}))


def not_extra() -> ColumnElement[bool]:
    """Return the condition of sign-ups for sessions and timed entries: those for a part of a session are no further guests."""
    return SignUp.slot_id.not_in(select(Slot.id).where(Slot.is_extra.is_(True)))


def places(pool_id: int) -> Places:
    """Return how a pool stands, read afresh from the database's own counters."""
    return places_of(db.session.execute(_PLACES, {"pool_id": pool_id}).one())


def places_of(row: Any) -> Places:
    """Return how a pool stands from a row with the columns of ``STANDING``."""
    return Places(
        capacity=row.capacity,
        taken=row.taken,
        waiting=row.waiting,
        deferred=row.deferred,
        lendable=max(0, row.lendable),
        to_come=row.to_come,
    )


def places_by_pool(slot_ids: Iterable[int]) -> dict[int, Places]:
    """Return how each pool of some slots stands."""
    rows = db.session.execute(_STANDING.where(Pool.slot_id.in_(list(slot_ids))).order_by(Pool.id))
    return {row.id: places_of(row) for row in rows}


def balance(slot_id: int, tolerance: int | None) -> Balance:
    """Return how the quotas of a slot stand to each other, read afresh; nothing is asked where they do not look at each other."""
    if tolerance is None:
        return NO_BALANCE
    rows = db.session.execute(_BALANCE, {"slot_id": slot_id})
    return Balance(tolerance, {row.id: row.taken for row in rows})


def batches_due(activity_id: int, now: datetime) -> list[PoolBatch]:
    """Return the batches of places whose time has come and that their pools do not have yet, first due first."""
    return list(db.session.scalars(_BATCHES_DUE, {"activity_id": activity_id, "now": now}))


def batches_of(activity_id: int) -> list[PoolBatch]:
    """Return the batches of places of an activity's pools by time, released or to come."""
    return list(
        db.session.scalars(
            select(PoolBatch)
            .join(Pool, Pool.id == PoolBatch.pool_id)
            .join(Slot, Slot.id == Pool.slot_id)
            .where(Slot.activity_id == activity_id, Pool.is_closed.is_(False))
            .order_by(PoolBatch.at, PoolBatch.id),
        ),
    )


def lent_in(session_id: int) -> list[Pool]:
    """Return the pools of a session and its children that hold places of a reserve."""
    return list(
        db.session.scalars(
            select(Pool)
            .join(Slot, Slot.id == Pool.slot_id)
            .where(or_(Slot.id == session_id, and_(Slot.parent_id == session_id, Slot.is_extra.is_(False))), Pool.borrowed > 0)
            .order_by(Pool.id)
            .execution_options(populate_existing=True),
        ),
    )


def has_a_reserve(session_id: int) -> bool:
    """Tell whether any slot of a session has a reserve that lends."""
    return db.session.scalar(_RESERVES, {"session_id": session_id}) is not None


def reserves(slot_id: int) -> list[Pool]:
    """Return the reserves of a slot."""
    return list(
        db.session.scalars(
            select(Pool)
            .where(Pool.slot_id == slot_id, Pool.is_flex.is_(True))
            .order_by(Pool.position)
            .execution_options(populate_existing=True),
        ),
    )


def ceiling(session_id: int) -> Ceiling:
    """Return how a session stands against its approved ceiling; ``waitlist.ceiling`` also says whether somebody waits for it."""
    row = db.session.execute(_CEILING, {"session_id": session_id}).one()
    return Ceiling(limit=row.approved_ceiling, heads=row.heads)


def slots_with_a_list(session_id: int) -> list[Slot]:
    """Return the session and its children, as far as somebody waits for one of their pools."""
    return list(db.session.scalars(_SLOTS_WITH_A_LIST, {"session_id": session_id}))


def waiting_in_slot(slot_id: int) -> int:
    """Return the persons waiting over all pools of a slot."""
    return db.session.execute(_WAITING, {"slot_id": slot_id}).scalar_one()


def _parties(*conditions: ColumnElement[bool], limit: int | None = None, backwards: bool = False) -> list[Waiting]:
    turn = (SignUp.priority, SignUp.joined_at, SignUp.id)
    rows = db.session.execute(
        select(SignUp.id, SignUp.pool_id, SignUp.party_size, SignUp.priority, SignUp.joined_at)
        .where(*conditions)
        .order_by(*(column.desc() if backwards else column for column in turn))
        .limit(limit),
    )
    return [Waiting(row.id, row.pool_id, row.party_size, row.priority, row.joined_at) for row in rows]


def _on_the_list(pool_id: int, *, with_deferred: bool) -> tuple[ColumnElement[bool], ...]:
    waits = (SignUp.pool_id == pool_id, SignUp.state == State.WAITLISTED)
    return waits if with_deferred else (*waits, SignUp.priority < DEFERRED)


def head_of_list(pool_id: int, *, with_deferred: bool = True, most: int | None = None) -> Waiting | None:
    """Return the first waiting party of a pool, found by the index however long the list is.

    :param with_deferred: also from among those who wait behind everybody else.
    :param most: the first one of at most so many persons; None: of any size.
    """
    waits = _on_the_list(pool_id, with_deferred=with_deferred)
    fits = () if most is None else (SignUp.party_size <= most,)
    return next(iter(_parties(*waits, *fits, limit=1)), None)


def end_of_list(pool_id: int, *, with_deferred: bool = False, but: int | None = None) -> Waiting | None:
    """Return the last waiting party of a pool.

    :param with_deferred: also from among those who wait behind everybody else.
    :param but: the id of a sign-up that is left out; None: none is.
    """
    others = () if but is None else (SignUp.id != but,)
    return next(iter(_parties(*_on_the_list(pool_id, with_deferred=with_deferred), *others, limit=1, backwards=True)), None)


def ahead_of(waiting: Waiting) -> list[Waiting]:
    """Return the parties that wait before another one for the same pool."""
    return [one for one in waiting_parties(waiting.pool_id) if one.turn < waiting.turn]


def confirmed_in(pool_id: int) -> list[Waiting]:
    """Return the confirmed parties of a pool that nobody has let in yet, in queue order."""
    counted = SignUp.counted.is_(True)
    return _parties(SignUp.pool_id == pool_id, SignUp.state == State.CONFIRMED, SignUp.arrived == 0, counted)


def overdue_offers(activity_id: int, now: datetime) -> list[SignUp]:
    """Return the offers of an activity whose deadline has passed, oldest deadline first."""
    return list(db.session.scalars(_OVERDUE, {"activity_id": activity_id, "now": now}))


def claiming(person_id: int, claim: str) -> SignUp | None:
    """Return the live or used sign-up by which a person already holds a claim."""
    return db.session.scalar(_CLAIMING, {"person_id": person_id, "claim": claim})


def answered_before(browser: str, key: str, since: datetime) -> IdempotentAnswer | None:
    """Return what a form's key was answered with in this browser, if that was after ``since``."""
    return db.session.scalar(_ANSWERED, {"browser": browser, "key": key, "since": since})


def owned(code: str, person_id: int) -> SignUp:
    """Return a person's own sign-up with its activity, slot and pool.

    :raises NotFound: there is none, or it is somebody else's.
    """
    found = db.session.scalar(
        select(SignUp)
        .where(SignUp.code == code, SignUp.person_id == person_id)
        .options(
            joinedload(SignUp.activity).joinedload(Activity.venue),
            joinedload(SignUp.activity).joinedload(Activity.track),
            joinedload(SignUp.slot).joinedload(Slot.venue),
            joinedload(SignUp.pool),
        ),
    )
    if found is None:
        raise NotFound
    return found


def not_seen(activity_id: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of those who had a place, in a time that took place and is over, and of whom nobody was let in."""
    held = (
        select(Slot.id)
        .join(Activity, Activity.id == Slot.activity_id)
        .where(Activity.id == activity_id, Activity.status == ActivityStatus.PUBLISHED, Slot.status == SlotStatus.SCHEDULED)
    )
    return (
        SignUp.activity_id == activity_id,
        SignUp.state == State.CONFIRMED,
        SignUp.arrived == 0,
        SignUp.counted.is_(True),
        SignUp.slot_id.in_(held.where(Slot.ends_at <= now, Slot.is_extra.is_(False))),  # a part of a session is no duty
        SignUp.session_id.in_(held),  # a time inside a session that was called off did not take place
    )


def waits_for_an_answer() -> ColumnElement[bool]:
    """Return the condition of those who said why they did not come, and were neither excused nor answered.

    Whoever asked to be forgotten said nothing.
    """
    is_open = (SignUp.excused_at.is_(None), SignUp.appeal_answered_at.is_(None))
    return and_(SignUp.state == State.NO_SHOW, SignUp.appeal != "", *is_open)


def by_code(code: str) -> SignUp | None:
    """Return whose code this is, with the activity; the caller judges who may know."""
    return db.session.scalar(select(SignUp).where(SignUp.code == code).options(joinedload(SignUp.activity)))


def of_person(person_id: int) -> list[SignUp]:
    """Return a person's sign-ups with activity, slot and pool, by time."""
    return list(
        db.session.scalars(
            select(SignUp)
            .join(Slot, Slot.id == SignUp.slot_id)
            .where(SignUp.person_id == person_id)
            .order_by(Slot.starts_at, SignUp.id)
            .options(
                joinedload(SignUp.activity).joinedload(Activity.venue),
                joinedload(SignUp.activity).joinedload(Activity.track),
                joinedload(SignUp.slot).joinedload(Slot.venue),
                joinedload(SignUp.pool),
            ),
        ),
    )


def calendar_version(person_id: int) -> int:
    """Return a number that rises with each change of any of a person's sign-ups (rows are never deleted but by erasure)."""
    count, revisions = db.session.execute(
        select(func.count(SignUp.id), func.coalesce(func.sum(SignUp.revision), 0)).where(SignUp.person_id == person_id),
    ).one()
    return int(count + revisions)


def position(sign_up: SignUp) -> int:
    """Return a waitlisted party's place in its list: 1 is next."""
    ahead = db.session.execute(
        select(func.count(SignUp.id)).where(
            SignUp.pool_id == sign_up.pool_id,
            SignUp.state == State.WAITLISTED,
            or_(
                SignUp.priority < sign_up.priority,
                and_(
                    SignUp.priority == sign_up.priority,
                    or_(
                        SignUp.joined_at < sign_up.joined_at,
                        and_(SignUp.joined_at == sign_up.joined_at, SignUp.id < sign_up.id),
                    ),
                ),
            ),
        ),
    ).scalar_one()
    return ahead + 1


def parties_waiting_by_pool(pool_ids: Sequence[int]) -> dict[int, int]:
    """Return how many parties wait for each of these pools; a pool without any is left out."""
    if not pool_ids:
        return {}
    rows = db.session.execute(
        select(SignUp.pool_id, func.count(SignUp.id))
        .where(SignUp.pool_id.in_(pool_ids), SignUp.state == State.WAITLISTED)
        .group_by(SignUp.pool_id),
    )
    return {pool_id: count for pool_id, count in rows}  # noqa: C416  # rows are no pairs to the type checker


def positions(pool_ids: Sequence[int]) -> dict[int, int]:
    """Return the place in its list of every party that waits for one of these pools, by sign-up id: 1 is next."""
    if not pool_ids:
        return {}
    turn = func.row_number().over(
        partition_by=SignUp.pool_id,
        order_by=(SignUp.priority, SignUp.joined_at, SignUp.id),
    )
    rows = db.session.execute(
        select(SignUp.id, turn).where(SignUp.pool_id.in_(pool_ids), SignUp.state == State.WAITLISTED),
    )
    return {sign_up_id: place for sign_up_id, place in rows}  # noqa: C416  # rows are no pairs to the type checker


def questions_of(activity_id: int) -> list[Question]:
    """Return what an activity asks, with the options, in order."""
    return list(
        db.session.scalars(
            select(Question)
            .where(Question.activity_id == activity_id)
            .order_by(Question.position)
            .options(selectinload(Question.options)),
        ),
    )


def has_several_pools(slot_id: int) -> bool:
    """Tell whether a slot has more pools than one: only then does a pool have a name worth telling."""
    return (
        db.session.execute(select(func.count(Pool.id)).where(Pool.slot_id == slot_id, Pool.is_closed.is_(False))).scalar_one() > 1
    )


def held_in(person_id: int, activity_id: int) -> list[SignUp]:
    """Return the live or used sign-ups of a person in one activity: by day, where each day may be booked."""
    return list(db.session.scalars(_HELD, {"person_id": person_id, "activity_id": activity_id}))


def consented(sign_up_id: int) -> frozenset[str]:
    """Return the sensitive questions that a sign-up's person consented to and has not taken back."""
    keys = db.session.scalars(
        select(Consent.question_key).where(
            Consent.sign_up_id == sign_up_id,
            Consent.withdrawn_at.is_(None),
            Consent.question_key.is_not(None),
        ),
    )
    return frozenset(key for key in keys if key is not None)


def earlier_answers(person_id: int) -> dict[str, str]:
    """Return what a person last answered to each question that is not sensitive, by question key, over all activities."""
    rows = db.session.execute(
        select(Answer.question_key, Answer.plain)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .where(SignUp.person_id == person_id, Answer.plain.is_not(None))
        .order_by(Answer.id),
    )
    return {key: plain for key, plain in rows if plain is not None}


def answers(sign_up_id: int) -> list[Answer]:
    """Return a sign-up's answers."""
    return list(db.session.scalars(select(Answer).where(Answer.sign_up_id == sign_up_id)))


def invitation(activity_id: int, code: str) -> Invitation | None:
    """Return an activity's invitation by its code, however it was typed; None: there is none."""
    return db.session.scalar(
        select(Invitation)
        .where(Invitation.activity_id == activity_id, Invitation.code == read_code(code))
        .options(joinedload(Invitation.pool)),
    )


def invited(invitation: Invitation) -> Invited:
    """Return how an invitation stands, its uses counted afresh."""
    uses = db.session.execute(
        select(func.count(SignUp.id)).where(SignUp.invitation_id == invitation.id, SignUp.state.in_(CLAIMING)),
    ).scalar_one()
    return standing_of(invitation, uses)


def standing_of(invitation: Invitation, uses: int) -> Invited:
    """Return how an invitation (pool loaded) stands after so many uses; one to a pool that was merged away opens nothing."""
    is_revoked = invitation.revoked_at is not None or invitation.pool.is_closed
    return Invited(invitation.uses_max, uses, invitation.expires_at, is_revoked=is_revoked)


def files(sign_up_id: int) -> list[AnswerFile]:
    """Return a sign-up's files."""
    return list(db.session.scalars(select(AnswerFile).where(AnswerFile.sign_up_id == sign_up_id)))


def needing_a_sweep(now: datetime) -> list[int]:
    """Return the activities where time alone has changed something.

    An offer ran out, a batch is due, or a free place meets a list.
    """
    overdue = select(SignUp.activity_id).where(SignUp.state == State.OFFERED, SignUp.offered_until <= now)
    servable = (
        select(Slot.activity_id)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Pool.waiting > 0, or_(Pool.capacity.is_(None), Pool.capacity > Pool.taken, _LENDABLE > 0), Slot.starts_at > now)
    )
    released = (
        select(Slot.activity_id)
        .join(Pool, Pool.slot_id == Slot.id)
        .join(PoolBatch, PoolBatch.pool_id == Pool.id)
        .where(PoolBatch.released_at.is_(None), PoolBatch.at <= now)
    )
    return sorted({activity_id for due in (overdue, servable, released) for activity_id in db.session.scalars(due)})


def never_fitting(pool_id: int) -> list[Waiting]:
    """Return the parties that wait for a pool and are larger than it could ever be as things are planned, in queue order."""
    most = places(pool_id).most
    return [] if most is None else [party for party in waiting_parties(pool_id) if party.party_size > most]


def waiting_parties(pool_id: int) -> list[Waiting]:
    """Return the waiting parties of a pool, in queue order."""
    return _parties(SignUp.pool_id == pool_id, SignUp.state == State.WAITLISTED)
