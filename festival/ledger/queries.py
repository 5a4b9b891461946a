"""Reading the ledger of places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, literal, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from festival.accounts.models import Account, AccountKind
from festival.ledger.rules import Queue
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, ActivityStatus, Pool, PoolBatch, Slot, SlotStatus
from festival.signups import queries as signups
from festival.signups import waitlist
from festival.signups.causes import What, Why, cause_of, what_of
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import DEFERRED, State, deferred_until
from festival.signups.service import window_of

#: Lines on one page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger as the database has it, with the rows behind its ids. Nothing in it is masked."""

    id: int
    at: datetime
    pool_id: int
    sign_up_id: int | None
    #: Of the sign-up; empty where the line is about a pool.
    name: str
    digits: str
    #: What the staff member who acted signs in with; empty: the person; None: the system itself.
    actor: str | None
    what: str
    why: str
    state_before: str
    state_after: str
    party_size: int
    taken_before: int
    taken_after: int


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """One page of lines, newest first."""

    lines: list[Line]
    number: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class Releaser:
    """The sign-up that gave a place back, as the line that did it says."""

    sign_up_id: int
    name: str
    digits: str
    #: withdrawn, removed, party, or another change.
    what: What
    #: The state it gave up.
    state: str


def page(activity_id: int, pool_ids: Sequence[int], number: int) -> LedgerPage:
    """Return a page of the ledger of some pools of an activity. A page behind the last is the last."""
    where = [LedgerEntry.activity_id == activity_id, LedgerEntry.pool_id.in_(pool_ids)]
    total = db.session.execute(select(func.count(LedgerEntry.id)).where(*where)).scalar_one()
    last = max(1, -(-total // PAGE))
    number = min(max(1, number), last)
    lines = _lines(where, newest_first=True, limit=PAGE, offset=(number - 1) * PAGE)
    return LedgerPage(lines, number, last, total)


def history(sign_up_id: int) -> list[Line]:
    """Return every line about one sign-up, oldest first."""
    return _lines([LedgerEntry.sign_up_id == sign_up_id])


def given_on(sign_up: SignUp) -> list[Line]:
    """Return the lines of those who got the places that a sign-up gave back, oldest first."""
    pools = select(Pool.id).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == sign_up.activity_id)
    return _lines([LedgerEntry.pool_id.in_(pools), LedgerEntry.why == f"{Why.RELEASED_BY}:{sign_up.id}"])


def _lines(
    where: Iterable[ColumnElement[bool]],
    *,
    newest_first: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Line]:
    rows = db.session.execute(
        select(LedgerEntry, SignUp.name, SignUp.digits, Account.kind, Account.staff_name)
        .outerjoin(SignUp, SignUp.id == LedgerEntry.sign_up_id)
        .outerjoin(Account, Account.id == LedgerEntry.actor_id)
        .where(*where)
        .order_by(LedgerEntry.id.desc() if newest_first else LedgerEntry.id)
        .limit(limit)
        .offset(offset),
    )
    return [
        Line(
            id=entry.id,
            at=entry.at,
            pool_id=entry.pool_id,
            sign_up_id=entry.sign_up_id,
            name=name or "",
            digits=digits or "",
            actor=_actor(entry, kind, staff_name),
            what=entry.what,
            why=entry.why,
            state_before=entry.state_before,
            state_after=entry.state_after,
            party_size=entry.party_size,
            taken_before=entry.taken_before,
            taken_after=entry.taken_after,
        )
        for entry, name, digits, kind, staff_name in rows
    ]


def _actor(entry: LedgerEntry, kind: AccountKind | None, staff_name: str | None) -> str | None:
    if entry.actor_id is None:
        return None
    return staff_name or "" if kind == AccountKind.STAFF else ""


def releasers(lines: Sequence[Line]) -> dict[int, Releaser]:
    """Return who gave the places of these lines back, by line: always one query for all of them."""
    wanted = {line.id: cause.number for line in lines if (cause := cause_of(line.why)).why == Why.RELEASED_BY and cause.number}
    if not wanted:
        return {}
    later = aliased(LedgerEntry)
    # The newest line of the releaser before the line it caused: that is what it did.
    newest = (
        select(later.id, func.max(LedgerEntry.id))
        .join(LedgerEntry, LedgerEntry.id < later.id)
        .where(tuple_(later.id, LedgerEntry.sign_up_id).in_(list(wanted.items())))
        .group_by(later.id)
    )
    caused = {line_id: entry_id for line_id, entry_id in db.session.execute(newest)}  # noqa: C416  # rows are no pairs to the type checker
    rows = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.sign_up_id, LedgerEntry.what, LedgerEntry.state_before, SignUp.name, SignUp.digits)
        .join(SignUp, SignUp.id == LedgerEntry.sign_up_id)
        .where(LedgerEntry.id.in_(set(caused.values()))),
    )
    by_entry = {row.id: Releaser(row.sign_up_id, row.name, row.digits, what_of(row.what), row.state_before) for row in rows}
    return {line_id: by_entry[entry_id] for line_id, entry_id in caused.items() if entry_id in by_entry}


def positions_when_joined(lines: Sequence[Line]) -> dict[int, int]:
    """Return, by line, the place in the list that a newcomer got: who waited then is counted from the ledger's own lines."""
    joined = [line for line in lines if line.what == What.SIGNED_UP and line.state_after == State.WAITLISTED]
    if not joined:
        return {}
    change = case((LedgerEntry.state_after == State.WAITLISTED, 1), else_=0) - case(
        (LedgerEntry.state_before == State.WAITLISTED, 1), else_=0
    )
    waiting = (
        select(
            LedgerEntry.id,
            func.sum(change).over(partition_by=LedgerEntry.pool_id, order_by=LedgerEntry.id).label("parties"),
        )
        .where(
            LedgerEntry.pool_id.in_({line.pool_id for line in joined}),
            LedgerEntry.sign_up_id.is_not(None),
            LedgerEntry.id <= max(line.id for line in joined),
        )
        .subquery()
    )
    rows = db.session.execute(select(waiting).where(waiting.c.id.in_([line.id for line in joined])))
    return {row.id: int(row.parties) for row in rows}


# -- one sign-up ----------------------------------------------------------------------------------------------------------------


def sign_up(activity_id: int, sign_up_id: int) -> SignUp:
    """Return a sign-up of an activity, with slot and pool.

    :raises NotFound: the activity has no such sign-up.
    """
    found = db.session.scalar(
        select(SignUp)
        .where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id)
        .options(joinedload(SignUp.slot), joinedload(SignUp.pool)),
    )
    if found is None:
        raise NotFound
    return found


def position(asked: SignUp) -> int:
    """Return a sign-up's place in its list, 1 is next; 0 where it does not wait."""
    return signups.position(asked) if asked.state == State.WAITLISTED else 0


def queue(activity: Activity, waiting: SignUp, now: datetime) -> Queue:
    """Return where a waiting sign-up (with its slot) stands: everything the engine would look at."""
    slot, head = waiting.slot, signups.head_of_list(waiting.pool_id)
    is_on = activity.status == ActivityStatus.PUBLISHED
    served = waitlist.next_served(activity, waiting.session_id, now) if is_on else None
    head_size = head.party_size if head else waiting.party_size
    balance = signups.balance(slot.id, activity.balance_tolerance)
    until = deferred_until(window_of(activity, slot).closes_at, slot.starts_at)
    return Queue(
        sign_up_id=waiting.id,
        party_size=waiting.party_size,
        parties_ahead=signups.position(waiting) - 1,
        persons_ahead=_persons_ahead(waiting),
        head_size=head_size,
        places=signups.places(waiting.pool_id),
        ceiling=signups.ceiling(waiting.session_id),
        next_id=served.sign_up_id if served else None,
        is_in_balance=balance.allows({waiting.pool_id: head_size}),
        is_deferred=waiting.priority >= DEFERRED and now < until,
        next_batch=_next_batch(waiting.pool_id),
        is_on=is_on,
        is_slot_on=slot.status == SlotStatus.SCHEDULED,
        is_over=slot.ends_at <= now,
        is_past_cutoff=now >= waitlist.cutoff(activity, slot),
    )


def _next_batch(pool_id: int) -> tuple[datetime, int] | None:
    to_come = select(PoolBatch.at, PoolBatch.places).where(PoolBatch.pool_id == pool_id, PoolBatch.released_at.is_(None))
    row = db.session.execute(to_come.order_by(PoolBatch.at).limit(1)).one_or_none()
    return (row.at, row.places) if row else None


def _persons_ahead(waiting: SignUp) -> int:
    turn = (SignUp.priority, SignUp.joined_at, SignUp.id)
    its = (literal(getattr(waiting, column.key), column.type) for column in turn)
    return db.session.execute(
        select(func.coalesce(func.sum(SignUp.party_size), 0)).where(
            SignUp.pool_id == waiting.pool_id,
            SignUp.state == State.WAITLISTED,
            tuple_(*turn) < tuple_(*its),
        ),
    ).scalar_one()
