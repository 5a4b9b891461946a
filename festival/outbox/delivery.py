"""Delivering what is owed: claim, compose, send, settle. At least once; nothing is sent inside a write transaction.

A claim is a lease in the row (``claimed_until``): whoever wrote that instant holds it, and a worker killed between claim and
settling is followed by another when it is over. The words come from above (``notices``) through ``register``.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, func, or_, select, update

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.log import log
from festival.outbox import rules
from festival.outbox.gateways import Gateway
from festival.outbox.models import Message, MessageState
from festival.outbox.posting import Undelivered
from festival.outbox.rules import Composed, Medium, Parcel

#: Messages claimed at a time: few, so that the lease outlasts slow gateways.
BATCH = 10
#: How often somebody who waits for others' claims looks again.
_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker holds until ``claimed_until``."""

    id: int
    kind: str
    subject: str
    subject_id: int
    account_id: int | None
    activity_id: int | None
    tries: int
    reached: str
    created_at: datetime
    claimed_until: datetime


#: Turns a message into words; None: it is no longer true, or nobody is there to read it.
Compose = Callable[[Claimed], Composed | None]
_compose: list[Compose] = []


def register(compose: Compose) -> None:
    """Make known who finds the words; called once by the composition root."""
    _compose[:] = [compose]


def deliver_due(limit: int = 1000, before_each: Callable[[], None] | None = None) -> int:
    """Deliver what is due now; return how many messages were settled (sent, dropped or failed for good).

    :param before_each: called before each message, except for one that somebody waits for at this moment.

    Call it inside an app context and outside ``transaction()``. What the caller has read is read again afterwards.
    """
    settled = 0
    while limit > 0 and is_any_due():
        claimed = _claim(min(limit, BATCH))
        if not claimed:
            break
        for one in claimed:
            if before_each is not None and one.kind != rules.AWAITED:
                before_each()
            settled += _deliver(one)
        limit -= len(claimed)
    db.session.rollback()
    return settled


def settle_due(seconds: float = 1.0) -> int:
    """Deliver what is due and wait a moment for what another worker holds right now: afterwards nothing is on its way."""
    settled = deliver_due()
    until = time.monotonic() + seconds
    while _is_any_on_its_way() and time.monotonic() < until:
        time.sleep(_LOOK)
        settled += deliver_due()
    return settled


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Message.claimed_until.is_(None), Message.claimed_until <= now)


def is_any_due() -> bool:
    """Tell by a plain read whether there is work: looking twice a second must not take the writers' turn."""
    now = clock.wall()
    return _exists(Message.due_at <= now, _is_free(now))


def _is_any_on_its_way() -> bool:
    now = clock.wall()
    return _exists(Message.due_at <= now, Message.claimed_until > now)


def _exists(*conditions: ColumnElement[bool]) -> bool:
    found = db.session.scalar(select(Message.id).where(Message.state == MessageState.OWED, *conditions).limit(1))
    db.session.rollback()
    return found is not None


def _claim(limit: int) -> list[Claimed]:
    """Take due messages, what is waited for first, then the oldest.

    Workers on PostgreSQL step over each other's, on SQLite they take turns.
    """
    now = clock.wall()
    with transaction():
        rows = db.session.scalars(
            select(Message)
            .where(Message.state == MessageState.OWED, Message.due_at <= now, _is_free(now))
            .order_by(Message.kind != rules.AWAITED, Message.due_at, Message.id)
            .limit(limit)
            .with_for_update(skip_locked=True),
        ).all()
        for row in rows:
            row.claimed_until = now + rules.LEASE
            row.tries += 1
        db.session.flush()
        return [
            Claimed(
                id=row.id,
                kind=row.kind,
                subject=row.subject,
                subject_id=row.subject_id,
                account_id=row.account_id,
                activity_id=row.activity_id,
                tries=row.tries,
                reached=row.reached,
                created_at=row.created_at,
                claimed_until=now + rules.LEASE,
            )
            for row in rows
        ]


def _deliver(claimed: Claimed) -> bool:
    """Send one message; True when it is settled, False when it will be tried again."""
    if claimed.claimed_until - clock.wall() < rules.LEASE_LEFT:
        return False  # the batch was slow: leave it to whoever comes when the lease is over
    composed = None
    try:
        composed = _compose[0](claimed)
        db.session.rollback()  # no transaction stays open while a gateway takes its time
        if composed is None or not composed.parcels:
            is_read_here = composed is not None and composed.is_quiet
            return _settle(claimed, MessageState.SENT if is_read_here else MessageState.DROPPED, composed)
        later = _send(claimed, composed)
    except Undelivered as error:
        return _try_again(claimed, str(error), composed)
    except Exception:  # noqa: BLE001  # one message that breaks must not hold up the others
        db.session.rollback()
        log.exception("message cannot be delivered", message=claimed.id, kind=claimed.kind)
        return _try_again(claimed, "bug", composed)
    if later is not None:
        _postpone(claimed, later, composed)
        return False
    return _settle(claimed, MessageState.SENT, composed)


def _send(claimed: Claimed, composed: Composed) -> datetime | None:
    """Send the parcels that did not leave at an earlier try; return when the rest may, None when all have left."""
    ways: Mapping[Medium, Gateway] = current_app.extensions["gateways"]
    quiet = None if composed.is_urgent else rules.quiet_until(clock.local(clock.wall()))
    held = False
    reached = claimed.reached.split()
    for parcel in composed.parcels:
        if parcel.medium.value in reached:
            continue
        if quiet is not None and ways[parcel.medium].rings:
            held = True
            continue
        ways[parcel.medium].send(parcel, kind=claimed.kind, message_id=claimed.id)
        reached.append(parcel.medium.value)
        if len(composed.parcels) > 1:
            _write(claimed, reached=" ".join(reached))
        _log_sent(claimed, parcel)
    return quiet if held else None


def _log_sent(claimed: Claimed, parcel: Parcel) -> None:
    log.info("message sent", message=claimed.id, kind=claimed.kind, medium=parcel.medium.value)


def _settle(claimed: Claimed, state: MessageState, composed: Composed | None) -> bool:
    if composed is None or state == MessageState.DROPPED:
        log.info("message dropped", message=claimed.id, kind=claimed.kind)
        _write(claimed, state=state, claimed_until=None)
    else:
        _write(claimed, state=state, claimed_until=None, sent_at=clock.wall(), **_shown(composed))
    return True


def _shown(composed: Composed | None) -> dict[str, object]:
    """Return what 我的消息 shows from now on: it waits neither for a gateway nor for the morning."""
    if composed is None or not composed.text:
        return {}
    return {"text": composed.text, "locale": composed.locale, "shown_at": func.coalesce(Message.shown_at, clock.wall())}


def _try_again(claimed: Claimed, why: str, composed: Composed | None) -> bool:
    """Put a message back for later, or give it up after the last try."""
    again = rules.next_try(claimed.tries, clock.wall())
    log.warning("message not sent", message=claimed.id, kind=claimed.kind, tries=claimed.tries, why=why, final=again is None)
    if again is None:
        _write(claimed, state=MessageState.FAILED, claimed_until=None, **_shown(composed))
        return True
    _write(claimed, due_at=again, claimed_until=None, **_shown(composed))
    return False


def _postpone(claimed: Claimed, until: datetime, composed: Composed) -> None:
    """Hold a message through the quiet hours; that is no failed try."""
    due_at = until + timedelta(milliseconds=claimed.id % 1000)
    _write(claimed, due_at=due_at, claimed_until=None, tries=claimed.tries - 1, **_shown(composed))


def _write(claimed: Claimed, **values: object) -> None:
    """Change the row, if this worker still holds it."""
    with transaction():
        db.session.execute(
            update(Message)
            .where(Message.id == claimed.id, Message.claimed_until == claimed.claimed_until)
            .values(**values)
            .execution_options(synchronize_session=False),
        )
