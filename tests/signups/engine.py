"""The sign-up engine as tests drive it, and the books it must keep: what was decided, written down and owed."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.db import db, is_postgresql, transaction
from festival.outbox.models import Message
from festival.programme.kinds import kind_of
from festival.programme.models import Access, Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.signups import service
from festival.signups.answers import AnswerUpload
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import COUNTED, State
from festival.signups.service import EditRequest, Once, SignUpRequest
from tests.builders import make_person

#: A Friday morning of the festival: inside waking hours, with time before every start.
NOW = datetime(2023, 6, 16, 10, 0, tzinfo=clock.ZONE)


def sign_up(
    activity: Activity,
    person: Account | None = None,
    *,
    party_size: int = 1,
    pool: Pool | None = None,
    slot: Slot | None = None,
    name: str = "",
    answers: Mapping[str, str] | None = None,
    files: Mapping[str, AnswerUpload] | None = None,
    consents: Iterable[str] = (),
    notice_version: str = "",
    invitation: str = "",
    once: Once | None = None,
    actor_id: int | None = None,
) -> SignUp:
    """Sign somebody up, as a view does."""
    person = person or make_person()
    asked = SignUpRequest(
        slot_id=slot.id if slot else None,
        pool_id=pool.id if pool else None,
        party_size=party_size,
        name=name,
        answers=answers or {},
        files=files or {},
        consents=frozenset(consents),
        notice_version=notice_version,
        invitation=invitation,
        once=once,
    )
    with transaction():
        return service.sign_up(activity.id, person.id, asked, kind=kind_of(activity), actor_id=actor_id)


def fill(activity: Activity, *party_sizes: int, pool: Pool | None = None) -> list[SignUp]:
    """Sign up parties of these sizes, one after the other."""
    return [sign_up(activity, party_size=size, pool=pool) for size in party_sizes]


def withdraw(sign_up: SignUp, *, actor_id: int | None = None) -> list[SignUp]:
    """Withdraw, as a view does; return those who moved up."""
    with transaction():
        return service.withdraw(sign_up.id, actor_id=actor_id)


def confirm(sign_up: SignUp) -> SignUp:
    """Take an offer, as a view does."""
    with transaction():
        return service.confirm(sign_up.id)


def remove(sign_up: SignUp, reason: str, actor_id: int) -> list[SignUp]:
    """Take somebody off the list, as a view does."""
    with transaction():
        return service.remove(sign_up.id, reason, actor_id=actor_id)


def edit(
    sign_up: SignUp,
    *,
    party_size: int | None = None,
    name: str = "",
    answers: Mapping[str, str] | None = None,
    files: Mapping[str, AnswerUpload] | None = None,
    consents: Iterable[str] = (),
    revision: int | None = None,
) -> list[SignUp]:
    """Change a sign-up from a form that was filled just now; return those who moved up."""
    asked = EditRequest(
        party_size=party_size or sign_up.party_size,
        name=name,
        answers=answers or {},
        files=files or {},
        consents=frozenset(consents),
        revision=revision or sign_up.revision,
    )
    with transaction():
        return service.edit(sign_up.id, asked)


def set_capacity(pool: Pool, capacity: int | None, over: str = "keep", *, actor_id: int) -> service.CapacityChange:
    """Change a pool's capacity, as a view does."""
    with transaction():
        return service.set_capacity(pool.id, capacity, over, actor_id=actor_id)


def change(row: object, **values: object) -> None:
    """Write columns of a row past every rule: what an organizer, a seed or another release left behind."""
    with transaction():
        for name, value in values.items():
            setattr(row, name, value)


def add_slot(
    activity: Activity,
    *,
    starts_in: timedelta,
    lasts: timedelta = timedelta(hours=2),
    parent: Slot | None = None,
    capacity: int | None = 10,
    approved_ceiling: int | None = None,
) -> Slot:
    """Return one more slot of an activity, with one pool."""
    at = clock.now()
    with transaction():
        slot = Slot(
            activity_id=activity.id,
            parent_id=parent.id if parent else None,
            key=uuid.uuid4().hex[:12],
            uid=str(uuid.uuid4()),
            starts_at=at + starts_in,
            ends_at=at + starts_in + lasts,
            approved_ceiling=approved_ceiling,
            created_at=at,
            updated_at=at,
        )
        db.session.add(slot)
        db.session.flush()
        db.session.add(Pool(slot_id=slot.id, key="main", position=1, capacity=capacity))
    return slot


def states(*sign_ups: SignUp) -> list[str]:
    """Return the states as they stand in the database now."""
    db.session.rollback()
    return [one.state.value for one in sign_ups]


def counters(pool: Pool) -> tuple[int, int]:
    """Return the persons who have a place in a pool, and the persons who wait for one."""
    db.session.rollback()
    return pool.taken, pool.waiting


def ledger(*sign_ups: SignUp) -> list[tuple[object, ...]]:
    """Return the ledger of some sign-ups in order: what, why, states, persons of the party, places before and after."""
    db.session.rollback()
    lines = db.session.scalars(
        sa.select(LedgerEntry).where(LedgerEntry.sign_up_id.in_([one.id for one in sign_ups])).order_by(LedgerEntry.id),
    )
    return [
        (one.what, one.why, one.state_before, one.state_after, one.party_size, one.taken_before, one.taken_after) for one in lines
    ]


def messages(*sign_ups: SignUp) -> list[str]:
    """Return the kinds of the messages owed about some sign-ups, in order; a repeated one with its number."""
    db.session.rollback()
    owed = db.session.scalars(
        sa.select(Message)
        .where(Message.subject == "sign_up", Message.subject_id.in_([one.id for one in sign_ups]))
        .order_by(Message.id),
    )
    return [message.kind if message.n == 1 else f"{message.kind} #{message.n}" for message in owed]


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    db.session.rollback()
    found = {
        table.name: [tuple(row) for row in db.session.execute(sa.select(table).order_by(*table.primary_key.columns))]
        for table in db.metadata.sorted_tables
    }
    db.session.rollback()
    return found


# -- the books -----------------------------------------------------------------------------------------------------------------


def faults(
    activity: Activity,
    *,
    allowed_over: Iterable[int] = (),
    allowed_above: Iterable[int] = (),
    is_order_known: bool = False,
) -> list[str]:
    """Return which promises are broken in an activity as it stands; empty when all are kept.

    :param allowed_over: pools whose capacity was lowered below what was taken.
    :param allowed_above: sessions whose approved number was lowered below who was there.
    :param is_order_known: the caller knows better who is next, with quotas, deferred people and parties that were moved.
    """
    db.session.rollback()
    activity_id = activity.id
    _take_snapshot()
    pools = list(
        db.session.scalars(sa.select(Pool).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == activity_id)),
    )
    rows = list(db.session.scalars(sa.select(SignUp).where(SignUp.activity_id == activity_id).order_by(SignUp.id)))
    found = [
        *_miscounted(pools, rows),
        *_oversold(pools, rows, {*allowed_over}, {*allowed_above}),
        *_doubled(rows),
        *(() if is_order_known else _out_of_order(activity, pools, rows)),
        *_ledger_gaps(pools),
        *_messages_missing(rows),
    ]
    db.session.rollback()
    return found


def _take_snapshot() -> None:
    """Have everything read from here on be of one moment, also while others write. A read transaction of SQLite is anyway."""
    db.session.rollback()
    if is_postgresql():
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _persons(rows: Iterable[SignUp]) -> int:
    return sum(row.party_size for row in rows)


def _miscounted(pools: list[Pool], rows: list[SignUp]) -> Iterable[str]:
    for pool in pools:
        taken = _persons(row for row in rows if row.pool_id == pool.id and row.counted and row.state in COUNTED)
        waiting = _persons(row for row in rows if row.pool_id == pool.id and row.state == State.WAITLISTED)
        if (pool.taken, pool.waiting) != (taken, waiting):
            yield f"MISCOUNTED pool {pool.id}: {pool.taken}, {pool.waiting} instead of {taken}, {waiting}"
    for slot in db.session.scalars(sa.select(Slot).where(Slot.id.in_({pool.slot_id for pool in pools} or {0}))):
        session = db.session.get_one(Slot, slot.parent_id or slot.id)
        heads = _persons(row for row in rows if row.session_id == session.id and row.state in COUNTED)
        if session.heads != heads:
            yield f"MISCOUNTED session {session.id}: {session.heads} instead of {heads}"


def _out_of_order(activity: Activity, pools: list[Pool], rows: list[SignUp]) -> Iterable[str]:
    open_ids = {pool.id for pool in pools if pool.access == Access.OPEN}
    yield from _starved(activity, pools, rows)
    yield from _overtaken([row for row in rows if row.pool_id in open_ids])


def _oversold(pools: list[Pool], rows: list[SignUp], allowed: set[int], allowed_above: set[int]) -> Iterable[str]:
    for pool in pools:
        if pool.capacity is not None and pool.taken > pool.capacity and pool.id not in allowed:
            yield f"OVERSOLD pool {pool.id}: {pool.taken} of {pool.capacity}"
    for session_id in {row.session_id for row in rows}:
        session = db.session.get_one(Slot, session_id)
        is_over = session.approved_ceiling is not None and session.heads > session.approved_ceiling
        if is_over and session_id not in allowed_above:
            yield f"OVERSOLD session {session_id}: {session.heads} of {session.approved_ceiling}"


def _doubled(rows: list[SignUp]) -> Iterable[str]:
    live = [(row.person_id, row.claim) for row in rows if row.state in COUNTED | {State.WAITLISTED, State.PENDING, State.ENTERED}]
    return (f"DUPLICATE {held}" for held in set(live) if live.count(held) > 1)


def _turn(row: SignUp) -> tuple[int, datetime, int]:
    return row.priority, row.joined_at, row.id


def _starved(activity: Activity, pools: list[Pool], rows: list[SignUp]) -> Iterable[str]:
    """Yield the heads of lists that fit and are not served, though promotion is still automatic."""
    if activity.status != ActivityStatus.PUBLISHED:
        return
    fitting: dict[int, list[SignUp]] = {}
    for pool in pools:
        slot = db.session.get_one(Slot, pool.slot_id)
        cutoff = slot.starts_at - timedelta(minutes=activity.promotion_cutoff_minutes)
        waiting = [row for row in rows if row.pool_id == pool.id and row.state == State.WAITLISTED]
        if not waiting or slot.status != SlotStatus.SCHEDULED or clock.now() >= cutoff:
            continue
        head = min(waiting, key=_turn)
        if pool.capacity is None or pool.taken + head.party_size <= pool.capacity:
            fitting.setdefault(slot.parent_id or slot.id, []).append(head)
    for session_id, heads in fitting.items():
        session = db.session.get_one(Slot, session_id)
        head = min(heads, key=_turn)
        if session.approved_ceiling is None or session.heads + head.party_size <= session.approved_ceiling:
            yield f"STARVED {head.id} of pool {head.pool_id}"


def _overtaken(rows: list[SignUp]) -> Iterable[str]:
    """Yield those who were put straight into a place while somebody who had joined earlier was waiting for the same pool.

    In open pools: elsewhere those who decide choose the order. Those who came within the same blink are not told apart: where
    the clock stands still, the list itself puts microseconds between them.
    """
    blink = timedelta(milliseconds=1)
    waited: dict[int, list[SignUp]] = {}
    for row in rows:
        if row.state == State.WAITLISTED and not row.offers and row.priority == 0:
            waited.setdefault(row.pool_id, []).append(row)
    for row in rows:
        if row.state == State.CONFIRMED and not row.offers and row.priority == 0:
            earlier = [one.id for one in waited.get(row.pool_id, []) if one.joined_at + blink < row.joined_at]
            if earlier:
                yield f"QUEUE-JUMP {row.id} before {earlier}"


def _ledger_gaps(pools: list[Pool]) -> Iterable[str]:
    """Yield the pools whose ledger does not lead from nothing to what is taken now, each line beginning where the last ended."""
    for pool in pools:
        lines = list(db.session.scalars(sa.select(LedgerEntry).where(LedgerEntry.pool_id == pool.id).order_by(LedgerEntry.id)))
        if not lines:
            continue
        if any(before.taken_after != after.taken_before for before, after in pairwise(lines)):
            yield f"LEDGER of pool {pool.id} has a gap: {[(one.what, one.taken_before, one.taken_after) for one in lines]}"
        if lines[-1].taken_after != pool.taken:
            yield f"LEDGER of pool {pool.id} ends at {lines[-1].taken_after}, but {pool.taken} are taken"


def _messages_missing(rows: list[SignUp]) -> Iterable[str]:
    """Yield sign-ups that were not told once, and once only, of each promotion, offer and lapse in the ledger."""
    told = {"promoted": "sign_up_promoted", "offered": "sign_up_offered", "expired": "sign_up_expired"}
    ids = [row.id for row in rows]
    lines = db.session.scalars(
        sa.select(LedgerEntry).where(
            LedgerEntry.sign_up_id.in_(ids),
            sa.or_(
                LedgerEntry.what.in_(told),
                sa.and_(LedgerEntry.what == "drawn", LedgerEntry.state_after == State.OFFERED),
            ),
        ),
    )
    written = Counter((line.sign_up_id or 0, told.get(line.what, "sign_up_offered")) for line in lines)
    owed = db.session.scalars(
        sa.select(Message).where(Message.subject == "sign_up", Message.subject_id.in_(ids), Message.kind.in_(told.values())),
    )
    sent = Counter((message.subject_id, message.kind) for message in owed)
    return (
        f"MESSAGES {key}: {sent[key]} for {written[key]}" for key in written.keys() | sent.keys() if written[key] != sent[key]
    )
