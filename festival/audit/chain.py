"""The chain over the audit trail: each entry gets a number and a seal, so that whoever changes or removes one later is found out.

Entries are written without either, in the transaction of what they record: nobody waits for anybody. A job numbers them within
a minute, in the order of their ids as far as they are committed, and seals each together with the seal before it. What an
entry holds is ids, field names and reasons without a person's data, so forgetting somebody changes no entry and breaks no seal.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Row, Select, func, select, update

from festival.audit.models import AuditEntry
from festival.lib.db import db, is_postgresql, transaction

AnyRow: TypeAlias = Row[*tuple[Any, ...]]

#: The seal before the first.
GENESIS = "0" * 64
#: Entries that one transaction seals, or that are read at once.
BATCH = 1000
#: PostgreSQL's advisory lock of whoever seals; any number that nothing else here uses.
_LOCK = 0x6175646974

_COLUMNS = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.actor_id,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.subject_id,
    AuditEntry.activity_id,
    AuditEntry.reason,
    AuditEntry.changes,
)


def canonical(number: int, entry: AnyRow | AuditEntry) -> bytes:
    """Return the bytes of an entry that are sealed.

    A JSON array in UTF-8 without spaces, characters beyond ASCII as they are: number, id, instant (UTC, ISO 8601 with six
    decimals and ``Z``), actor, action, subject, subject's id, activity, reason, changes; what is missing is ``null``.
    """
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    values = (
        number,
        entry.id,
        at,
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.subject_id,
        entry.activity_id,
        entry.reason,
        entry.changes,
    )
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def seal_of(previous: str, sealed: bytes) -> str:
    """Return the seal of an entry: SHA-256 over the seal before it (64 hexadecimal digits), a line feed, and its bytes."""
    return hashlib.sha256(previous.encode() + b"\n" + sealed).hexdigest()


# -- sealing ------------------------------------------------------------------------------------------------------------------


def seal_due() -> int:
    """Number and seal every entry that is not yet, in transactions of some hundreds; return how many.

    One sealer works at a time: on PostgreSQL whoever comes second leaves at once. A batch is sealed whole or not at all.
    """
    total = 0
    while done := _seal_batch():
        total += done
        if done < BATCH:
            break
    return total


def _seal_batch() -> int:
    if db.session.scalar(_unsealed().with_only_columns(AuditEntry.id).limit(1)) is None:
        db.session.rollback()
        return 0  # a look costs no write
    with transaction():
        if is_postgresql() and not db.session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return 0
        number, seal = head()
        sealed: list[dict[str, object]] = []
        for entry in db.session.execute(_unsealed().limit(BATCH)):
            number += 1
            seal = seal_of(seal, canonical(number, entry))
            sealed.append({"id": entry.id, "number": number, "seal": seal})
        if sealed:
            db.session.execute(update(AuditEntry), sealed)
    return len(sealed)


def _unsealed() -> Select[*tuple[Any, ...]]:
    return select(*_COLUMNS).where(AuditEntry.number.is_(None)).order_by(AuditEntry.id)


def head() -> tuple[int, str]:
    """Return number and seal of the newest sealed entry; 0 and ``GENESIS`` before there is one."""
    newest = db.session.execute(
        select(AuditEntry.number, AuditEntry.seal)
        .where(AuditEntry.number.is_not(None))
        .order_by(AuditEntry.number.desc())
        .limit(1),
    ).first()
    return (newest.number, newest.seal) if newest else (0, GENESIS)


# -- verifying ----------------------------------------------------------------------------------------------------------------


class Break(StrEnum):
    """What is wrong at the first link that does not hold."""

    MISSING = "missing"  # a number is not there: an entry was removed
    ALTERED = "altered"  # the entry is not what was sealed, or the seal is not the one that was made
    FORGOTTEN = "forgotten"  # the seal that was written down elsewhere is not in the chain: it was cut or made anew


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look along the chain saw. ``number``, ``seal``: its head, to be written down elsewhere."""

    sealed: int
    unsealed: int
    #: When the oldest entry without a seal was written; None: all are sealed.
    oldest_unsealed_at: datetime | None
    number: int
    seal: str
    #: The first link that does not hold; None: all do.
    broken: Break | None = None
    broken_number: int = 0
    #: The entry there; None: it is missing.
    broken_id: int | None = None


def verify(noted: tuple[int, str] | None = None) -> Verdict:
    """Walk along the whole chain and compare every seal; stop at the first that does not hold.

    :param noted: number and seal that somebody wrote down earlier and that must still stand in the chain.
    """
    count, oldest = db.session.execute(
        select(func.count(AuditEntry.id), func.min(AuditEntry.at)).where(AuditEntry.number.is_(None)),
    ).one()
    number, seal = 0, GENESIS

    def verdict(broken: Break | None = None, at: int = 0, entry_id: int | None = None) -> Verdict:
        return Verdict(number, count, oldest, number, seal, broken, at, entry_id)

    for entry in _sealed():
        if entry.number != number + 1:
            return verdict(Break.MISSING, number + 1)
        made = seal_of(seal, canonical(entry.number, entry))
        if made != entry.seal:
            return verdict(Break.ALTERED, entry.number, entry.id)
        number, seal = entry.number, made
        if noted is not None and noted[0] == number and noted[1] != seal:
            return verdict(Break.FORGOTTEN, number, entry.id)
    if noted is not None and noted[0] > number:
        return verdict(Break.FORGOTTEN, noted[0])
    return verdict()


def _sealed() -> Iterator[AnyRow]:
    """Yield the sealed entries by number, some at a time."""
    after = 0
    while True:
        rows = db.session.execute(
            select(*_COLUMNS, AuditEntry.number, AuditEntry.seal)
            .where(AuditEntry.number > after)
            .order_by(AuditEntry.number)
            .limit(BATCH),
        ).all()
        yield from rows
        if len(rows) < BATCH:
            return
        after = rows[-1].number
