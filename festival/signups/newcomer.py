"""Everything that decides about somebody who signs up, read in one go under the lock.

The locks, then one question, whose snapshot is younger than they: on PostgreSQL all of it travels once there and back. The
verdict is the engine's (``service.sign_up``); nothing is decided here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, cast, false, func, literal, null, or_, select, true
from sqlalchemy.orm import aliased

from festival.accounts.models import Account, PrivacyNotice
from festival.lib import clock
from festival.lib.db import Big, UtcDateTime, in_transaction, is_postgresql
from festival.lib.prepared import Prepared, ask
from festival.programme.locking import TAKE
from festival.programme.models import Festival, Pool, PoolBatch, Slot
from festival.programme.queries import leading_to
from festival.programme.structure import version_of
from festival.signups import fairness, mine, queries
from festival.signups.fairness import Fairness
from festival.signups.models import IdempotentAnswer, SignUp
from festival.signups.rules import CLAIMING, DEFERRED, Ceiling, Places, State

_TAKE_PERSON = Prepared(select(Account.id).where(Account.id == bindparam("person_id")).with_for_update(key_share=True))


def _question(
    at: ColumnElement[datetime], new_id: ColumnElement[Any], appointments: Sequence[ColumnElement[bool]]
) -> "Select[*tuple[Any, ...]]":
    """Return the question.

    :param at: the instant that everything is judged by.
    :param new_id: the id that the row will have; null: the row says it when it is there.
    :param appointments: of which one holds if the person keeps any.
    """
    now = select(at.label("at")).subquery("clock")
    session, neighbour, batched, timed = aliased(Slot), aliased(Pool), aliased(Pool), aliased(Slot)
    here = SignUp.pool_id == bindparam("pool_id")
    last = (
        select(SignUp.priority, SignUp.joined_at)
        .where(here, SignUp.state == State.WAITLISTED, SignUp.priority < DEFERRED)
        .order_by(SignUp.priority.desc(), SignUp.joined_at.desc(), SignUp.id.desc())
        .limit(1)
        .subquery("last")
    )
    before = (
        select(IdempotentAnswer.sign_up_id, IdempotentAnswer.was_already, IdempotentAnswer.at)
        .where(IdempotentAnswer.browser == bindparam("browser"), IdempotentAnswer.key == bindparam("key"))
        .subquery("before")
    )
    held = select(SignUp.id).where(
        SignUp.person_id == bindparam("person_id"), SignUp.claim == bindparam("claim"), SignUp.state.in_(CLAIMING)
    )
    overdue = select(SignUp.id).where(
        SignUp.activity_id == bindparam("activity_id"), SignUp.state == State.OFFERED, SignUp.offered_until <= now.c.at
    )
    batch = (
        select(PoolBatch.id)
        .join(batched, batched.id == PoolBatch.pool_id)
        .join(timed, timed.id == batched.slot_id)
        .where(timed.activity_id == bindparam("activity_id"), PoolBatch.released_at.is_(None), PoolBatch.at <= now.c.at)
    )
    notice = select(PrivacyNotice.id).where(
        PrivacyNotice.activity_id == bindparam("activity_id"), PrivacyNotice.version == bindparam("notice_version")
    )
    waiting = select(func.coalesce(func.sum(neighbour.waiting), 0)).where(neighbour.slot_id == bindparam("slot_id"))
    return (
        select(
            now.c.at,
            version_of().label("version"),
            leading_to(bindparam("slug", type_=String()), now.c.at).correlate(now).scalar_subquery().label("address_leads_to"),
            new_id.label("new_id"),
            Account.name,
            Account.erased_at,
            before.c.sign_up_id.label("answered_id"),
            before.c.was_already,
            before.c.at.label("answered_at"),
            held.limit(1).scalar_subquery().label("held_id"),
            or_(overdue.exists(), batch.exists()).label("is_due"),
            Festival.activities_max,
            fairness.held_besides(now.c.at),
            fairness.NO_SHOWS,
            *queries.STANDING,
            session.approved_ceiling,
            session.heads,
            cast(waiting.scalar_subquery(), Big).label("waiting_in_slot"),
            last.c.priority.label("last_priority"),
            last.c.joined_at.label("last_joined_at"),
            select(SignUp.id).where(SignUp.digits == bindparam("digits")).exists().label("are_digits_taken"),
            notice.limit(1).scalar_subquery().label("notice_id"),
            or_(false(), *appointments).label("keeps_appointments"),
        )
        .select_from(now)
        .join(Account, Account.id == bindparam("person_id"))
        .join(Festival, Festival.id == bindparam("festival_id"))
        .join(Pool, Pool.id == bindparam("pool_id"))
        .join(session, session.id == bindparam("session_id"))
        .outerjoin(before, true())
        .outerjoin(last, true())
    )


_GIVEN: ColumnElement[datetime] = bindparam("now", type_=UtcDateTime())
_NO_ID: ColumnElement[Any] = null()
_NEXT_ID: ColumnElement[Any] = func.nextval(literal("sign_up_id_seq", String()), type_=Big)


@cache
def _asked(*, is_postgresql: bool, is_frozen: bool, appointments: tuple[ColumnElement[bool], ...]) -> Prepared:
    """Return the question as a database is asked it. SQLite runs in this process and has no clock but this one."""
    at = _GIVEN if is_frozen or not is_postgresql else func.clock_timestamp(type_=UtcDateTime())
    return Prepared(_question(at, _NEXT_ID if is_postgresql else _NO_ID, appointments))


#: The locks, in their order. SQLite's ``transaction()`` holds the whole database already.
LOCKS: tuple[Prepared, ...] = (_TAKE_PERSON, TAKE)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who wants what: all that the question needs to know."""

    person_id: int
    activity_id: int
    festival_id: int
    session_id: int
    slot_id: int
    pool_id: int
    #: The activity's address.
    slug: str
    claim: str
    #: Of the form, with its browser; empty: it carries no key.
    browser: str
    key: str
    #: Six digits that the ticket could have.
    digits: str
    notice_version: str


@dataclass(frozen=True, slots=True)
class Facts:
    """How everything stands for a newcomer, at one moment under the lock."""

    #: The database's clock, or the frozen instant.
    now: datetime
    #: Of the activity's structure.
    version: int
    #: The public activity that its address leads to; None: to none.
    address_leads_to: int | None
    #: The id for the new row; None: the database gives it when it is written.
    new_id: int | None
    #: The person's own name as given last, and when the person was forgotten.
    name: str
    erased_at: datetime | None
    #: What the form's key was answered with – as what is held already? – and when.
    answered_id: int | None
    was_already: bool
    answered_at: datetime | None
    #: The sign-up that holds the claim already.
    held_id: int | None
    #: Offers have run out, or a batch of places is due: ``waitlist.lapse`` comes first.
    is_due: bool
    fair: Fairness
    places: Places
    #: Of the session; whether somebody waits for it, ``waitlist.ceiling`` says.
    ceiling: Ceiling
    #: Persons who wait over all pools of the slot.
    waiting_in_slot: int
    #: The end of the pool's list, those who wait behind everybody else apart: priority and when it joined.
    last: tuple[int, datetime] | None
    #: Another sign-up has these digits.
    are_digits_taken: bool
    #: The notice's row; None: nobody agreed to these words yet.
    notice_id: int | None
    #: The person keeps an appointment somewhere, over or not.
    keeps_appointments: bool


def read(who: Newcomer) -> Facts | None:
    """Lock the person and the activity until commit and return how everything stands after that; None: one is not there."""
    assert in_transaction(), "places change inside transaction() only"  # a bug, not an answer
    values = {name: getattr(who, name) for name in Newcomer.__slots__}
    appointed, on_postgresql = clock.appointed(), is_postgresql()
    question = _asked(is_postgresql=on_postgresql, is_frozen=appointed is not None, appointments=mine.are_any())
    if on_postgresql:
        row = ask(*((lock, values) for lock in LOCKS), (question, values if appointed is None else values | {"now": appointed}))[
            -1
        ]
    else:
        [row] = ask((question, values | {"now": clock.now()}))
    return None if row is None else _facts(row)


def _facts(row: Any) -> Facts:
    return Facts(
        now=row.at,
        version=row.version,
        address_leads_to=row.address_leads_to,
        new_id=row.new_id,
        name=row.name,
        erased_at=row.erased_at,
        answered_id=row.answered_id,
        was_already=bool(row.was_already),
        answered_at=row.answered_at,
        held_id=row.held_id,
        is_due=bool(row.is_due),
        fair=Fairness(held=row.held, most=row.activities_max, no_shows=row.no_shows),
        places=queries.places_of(row),
        ceiling=Ceiling(limit=row.approved_ceiling, heads=row.heads),
        waiting_in_slot=row.waiting_in_slot,
        last=None if row.last_joined_at is None else (row.last_priority, row.last_joined_at),
        are_digits_taken=bool(row.are_digits_taken),
        notice_id=row.notice_id,
        keeps_appointments=bool(row.keeps_appointments),
    )
