"""Recomputes everything from the rows and says where the database disagrees with itself. It reads, and mends nothing.

Each check is a function that returns how many things it looked at and one plain line for each disagreement.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select, text

from festival.accounts.models import Consent
from festival.audit import chain
from festival.checkin import scans
from festival.ledger import rules
from festival.ledger.rules import Entry, Waiter
from festival.lib import revisions
from festival.lib.db import database_now, db, is_postgresql
from festival.lib.format import iso
from festival.lib.sealing import SealBroken
from festival.programme.models import Activity, ActivityStatus, Pool, Question, Sensitivity, Slot, session_id_of
from festival.signups import answers, waitlist
from festival.signups.causes import OF_CAPACITY
from festival.signups.models import Answer, AnswerFile, Invitation, LedgerEntry, SignUp, Source
from festival.signups.rules import CLAIMING, COUNTED, State

#: The triggers that keep the counters of places and guard them (``migrations/place_triggers.py``, which nothing may import).
_PLACES = {
    "sqlite": ("sign_up_places_insert", "sign_up_places_update", "sign_up_places_delete", "pool_guard", "slot_guard"),
    "postgresql": ("sign_up_places_change", "pool_guard", "slot_guard"),
}
#: Those that keep the audit trail append-only (``migrations/audit_triggers.py``).
_TRAIL = {
    "sqlite": ("audit_entry_insert", "audit_entry_update", "audit_entry_delete"),
    "postgresql": ("audit_entry_guard", "audit_entry_truncate"),
}
#: Those that keep scans append-only (``migrations/scan_triggers.py``).
_SCANS = {
    "sqlite": ("scan_no_update", "scan_no_delete", "scan_no_replace"),
    "postgresql": ("scan_no_change", "scan_no_truncate"),
}
TRIGGERS = {dialect: _PLACES[dialect] + _TRAIL[dialect] + _SCANS[dialect] for dialect in _PLACES}
#: The triggers that give an activity another version with every change (``migrations/version_triggers.py``).
VERSION_TRIGGERS = tuple(
    f"version_{table}_{event}"
    for table in ("activity", "slot", "pool", "question", "question_option", "festival", "venue", "track")
    for event in ("insert", "update", "delete")
)
_LISTED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}
#: The index that keeps a person from holding two places for one claim.
CLAIM_INDEX = "uq_sign_up_one_per_claim"
#: Rows read at once where a table is read whole.
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. ``unit``: what was counted, in the plural; ``faults``: a line for each disagreement."""

    name: str
    count: int
    unit: str
    faults: tuple[str, ...] = ()
    #: What is no disagreement, but waits for somebody.
    notes: tuple[str, ...] = field(default=())


def examine() -> list[Finding]:
    """Return what every check saw, all of one moment even while others write."""
    db.session.rollback()
    if is_postgresql():
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        schema = _schema()
        if schema.faults:
            return [schema]  # nothing else can be judged by this release
        return [schema, *(check() for check in CHECKS)]
    finally:
        db.session.rollback()


# -- the schema -----------------------------------------------------------------------------------------------------------------


def _schema() -> Finding:
    known = revisions.known()
    at = revisions.current(db.session.connection())
    faults = []
    if at is None:
        faults.append("the database was never migrated: flask db upgrade")
    elif at not in known:
        faults.append(f"the database stands at revision {at}, which this release does not know: it is of a newer one")
    elif at != known[0]:
        faults.append(f"the database stands at revision {at}, the newest is {known[0]}: flask db upgrade")
    return Finding("schema", 1, f"schema, at {at or 'nothing'}", tuple(faults))


def _triggers() -> Finding:
    dialect = db.engine.dialect.name
    present = set(db.session.scalars(text(_LISTED[dialect])))
    lost = dict.fromkeys(_PLACES[dialect], "nothing counts or guards places")
    lost |= dict.fromkeys(_TRAIL[dialect], "the audit trail can be changed")
    faults = [f"trigger {name} is missing or off: {what}" for name, what in lost.items() if name not in present]
    stale = [name for name in VERSION_TRIGGERS if name not in present]
    faults += [f"trigger {name} is missing or off: servers do not see a change (flask db upgrade puts it back)" for name in stale]
    table = "pg_indexes WHERE indexname" if is_postgresql() else "sqlite_master WHERE type = 'index' AND name"
    if not db.session.scalar(text(f"SELECT count(*) FROM {table} = :name"), {"name": CLAIM_INDEX}):  # noqa: S608  # our own words
        faults.append(f"index {CLAIM_INDEX} is missing: nothing keeps a person from holding two places")
    return Finding("triggers", len(TRIGGERS[dialect]) + len(VERSION_TRIGGERS) + 1, "triggers and indexes", tuple(faults))


def _references() -> Finding:
    """Rows that point nowhere (SQLite enforces it only while asked to), and sign-ups whose pool, slot and session disagree."""
    faults = []
    if not is_postgresql():
        faults += [
            f"row {row[1]} of {row[0]} points to a row of {row[2]} that is not there"
            for row in db.session.execute(text("PRAGMA foreign_key_check"))
        ]
    rows = db.session.execute(
        select(SignUp.id)
        .outerjoin(Pool, Pool.id == SignUp.pool_id)
        .outerjoin(Slot, Slot.id == SignUp.slot_id)
        .where(
            or_(
                Pool.slot_id.is_distinct_from(SignUp.slot_id),
                Slot.activity_id.is_distinct_from(SignUp.activity_id),
                SignUp.session_id.is_distinct_from(session_id_of()),
            ),
        )
        .order_by(SignUp.id),
    )
    faults += [f"sign-up {row.id} stands in a pool, slot, session or activity that do not belong together" for row in rows]
    count = db.session.execute(select(func.count(SignUp.id))).scalar_one()
    return Finding("references", count, "sign-ups", tuple(faults))


def _trail() -> Finding:
    """The chain over the audit trail."""
    seen = chain.verify()
    faults = () if seen.broken is None else (f"the audit trail does not hold at number {seen.broken_number}: flask audit verify",)
    return Finding("audit", seen.sealed + seen.unsealed, "audit entries", faults)


# -- places ---------------------------------------------------------------------------------------------------------------------


def _persons(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, SignUp.party_size), else_=0)), 0)


def _pools() -> list[Row[tuple[int, str, str, int | None, int, int, int, int]]]:
    """Return every pool as it stands, and as its rows add up."""
    return list(
        db.session.execute(
            select(
                Pool.id,
                Activity.slug,
                Pool.key,
                Pool.capacity,
                Pool.taken,
                Pool.waiting,
                _persons(and_(SignUp.counted, SignUp.state.in_(COUNTED))).label("held"),
                _persons(SignUp.state == State.WAITLISTED).label("queued"),
            )
            .join(Slot, Slot.id == Pool.slot_id)
            .join(Activity, Activity.id == Slot.activity_id)
            .outerjoin(SignUp, SignUp.pool_id == Pool.id)
            .group_by(Pool.id, Activity.slug, Pool.key, Pool.capacity, Pool.taken, Pool.waiting)
            .order_by(Pool.id),
        ),
    )


def _counters() -> Finding:
    faults = []
    pools = _pools()
    for pool in pools:
        name = f"pool {pool.id} ({pool.slug}, {pool.key})"
        if pool.taken != pool.held:
            faults.append(f"{name} says {pool.taken} persons have a place, its sign-ups add up to {pool.held}")
        if pool.waiting != pool.queued:
            faults.append(f"{name} says {pool.waiting} persons wait, its sign-ups add up to {pool.queued}")
    return Finding("counters", len(pools), "pools", tuple(faults))


def _capacity() -> Finding:
    """More taken than there is room for, without a line of the ledger that lowered the number."""
    of_capacity = or_(*(LedgerEntry.why.like(f"{why}:%") for why in OF_CAPACITY))
    newest = select(func.max(LedgerEntry.id)).where(LedgerEntry.sign_up_id.is_(None), of_capacity).group_by(LedgerEntry.pool_id)
    lowered = {
        row.pool_id: row.taken_after
        for row in db.session.execute(select(LedgerEntry.pool_id, LedgerEntry.taken_after).where(LedgerEntry.id.in_(newest)))
    }
    faults, notes = [], []
    pools = _pools()
    for pool in pools:
        over = pool.held - pool.capacity if pool.capacity is not None else 0
        if over <= 0:
            continue
        words = f"pool {pool.id} ({pool.slug}, {pool.key}) holds {pool.held} persons, {over} more than its {pool.capacity} places"
        if pool.held <= lowered.get(pool.id, -1):
            notes.append(f"{words}; they had theirs before the number was lowered")
        else:
            faults.append(f"{words}, and no line of the ledger says why")
    return Finding("capacity", len(pools), "pools", tuple(faults), tuple(notes))


def _ceilings() -> Finding:
    rows = db.session.execute(
        select(
            Slot.id,
            Activity.slug,
            Slot.key,
            Slot.approved_ceiling,
            Slot.heads,
            _persons(SignUp.state.in_(COUNTED)).label("present"),
        )
        .join(Activity, Activity.id == Slot.activity_id)
        .outerjoin(SignUp, SignUp.session_id == Slot.id)
        .group_by(Slot.id, Activity.slug, Slot.key, Slot.approved_ceiling, Slot.heads)
        .order_by(Slot.id),
    ).all()
    faults = []
    for slot in rows:
        name = f"slot {slot.id} ({slot.slug}, {slot.key})"
        if slot.heads != slot.present:
            faults.append(f"{name} says {slot.heads} persons against its ceiling, its sign-ups add up to {slot.present}")
        if slot.approved_ceiling is not None and slot.present > slot.approved_ceiling:
            faults.append(f"{name} has {slot.present} persons, above the approved ceiling of {slot.approved_ceiling}")
    return Finding("ceilings", len(rows), "slots", tuple(faults))


def _claims() -> Finding:
    rows = db.session.execute(
        select(SignUp.person_id, SignUp.claim, func.count(SignUp.id).label("held"))
        .where(SignUp.state.in_(CLAIMING))
        .group_by(SignUp.person_id, SignUp.claim)
        .having(func.count(SignUp.id) > 1)
        .order_by(SignUp.person_id, SignUp.claim),
    )
    faults = [f"person {row.person_id} holds {row.held} live sign-ups for {row.claim}" for row in rows]
    count = db.session.execute(select(func.count(SignUp.id)).where(SignUp.state.in_(CLAIMING))).scalar_one()
    return Finding("claims", count, "live or used sign-ups", tuple(faults))


def _invitations() -> Finding:
    rows = db.session.execute(
        select(Invitation.id, Invitation.uses_max, func.count(SignUp.id).label("uses"))
        .outerjoin(SignUp, and_(SignUp.invitation_id == Invitation.id, SignUp.state.in_(CLAIMING)))
        .group_by(Invitation.id, Invitation.uses_max)
        .order_by(Invitation.id),
    ).all()
    faults = [
        f"invitation {row.id} let {row.uses} sign-ups in, but is good for {row.uses_max}"
        for row in rows
        if row.uses > row.uses_max
    ]
    return Finding("invitations", len(rows), "invitations", tuple(faults))


def _offers() -> Finding:
    now = database_now()
    rows = db.session.execute(
        select(SignUp.id, SignUp.state, SignUp.offered_until)
        .where(or_(SignUp.state == State.OFFERED, SignUp.offered_until.is_not(None)))
        .order_by(SignUp.id),
    ).all()
    faults = [f"sign-up {row.id} is offered a place without a deadline" for row in rows if row.offered_until is None]
    faults += [f"sign-up {row.id} is {row.state} and has the deadline of an offer" for row in rows if row.state != State.OFFERED]
    late = [row.offered_until for row in rows if row.offered_until is not None and row.offered_until <= now]
    notes = [f"{len(late)} offers ran out, the first at {iso(min(late))}: flask signups sweep lets them lapse"] if late else []
    return Finding("offers", len(rows), "offers", tuple(faults), tuple(notes))


# -- the list -------------------------------------------------------------------------------------------------------------------


def _starved() -> Finding:
    """Whom the engine itself would give a place to now: a free place has met a list and nobody did anything."""
    now = database_now()
    session_id = session_id_of()
    sessions = db.session.execute(
        select(session_id.label("session_id"), Slot.activity_id)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Slot.id.in_(select(SignUp.slot_id).where(SignUp.state == State.WAITLISTED)), Slot.ends_at > now)
        .distinct()
        .order_by("session_id"),
    ).all()
    faults = []
    for session in sessions:
        activity = db.session.get_one(Activity, session.activity_id)
        head = waitlist.next_served(activity, session.session_id, now) if activity.status == ActivityStatus.PUBLISHED else None
        if head is not None:
            faults.append(
                f"sign-up {head.sign_up_id} waits for pool {head.pool_id} ({activity.slug}) though its {head.party_size} fit:"
                " flask signups sweep serves it"
            )
    return Finding("waiting", len(sessions), "sessions with a list", tuple(faults))


def _overtaken() -> Finding:
    """Those who got a place while somebody before them was waiting, as far as rows and ledger still show it."""
    waiting: dict[int, list[Waiter]] = {}
    for row in db.session.execute(
        select(SignUp.id, SignUp.pool_id, SignUp.priority, SignUp.joined_at).where(SignUp.state == State.WAITLISTED),
    ):
        waiting.setdefault(row.pool_id, []).append(Waiter(row.id, (row.priority, row.joined_at, row.id)))
    faults = []
    for pool_id, waiters in sorted(waiting.items()):
        entries = list(_entries(LedgerEntry.pool_id == pool_id))
        turns = {row.id: (row.priority, row.joined_at, row.id) for row in _turns(pool_id)}
        faults += [
            f"sign-up {jump.ahead} got a place of pool {pool_id} before sign-up {jump.behind}, whose turn it was"
            for jump in rules.overtaken(waiters, entries, turns)
        ]
    return Finding("order", sum(map(len, waiting.values())), "waiting parties", tuple(faults))


def _turns(pool_id: int) -> Iterable[Row[tuple[int, int, datetime]]]:
    """Return the turns of those who hold a place of a pool; who came in at the door stood in no line."""
    return db.session.execute(
        select(SignUp.id, SignUp.priority, SignUp.joined_at).where(
            SignUp.pool_id == pool_id,
            SignUp.state.in_(COUNTED),
            SignUp.counted,
            SignUp.source.in_((Source.SELF, Source.COUNTER)),
        ),
    )


def _entries(*conditions: ColumnElement[bool]) -> Iterator[Entry]:
    rows = db.session.execute(
        select(LedgerEntry.id, LedgerEntry.sign_up_id, LedgerEntry.what, LedgerEntry.state_before, LedgerEntry.state_after)
        .where(LedgerEntry.sign_up_id.is_not(None), *conditions)
        .order_by(LedgerEntry.id),
    )
    return (Entry(row.id, row.sign_up_id, row.what, row.state_before, row.state_after) for row in rows)


# -- the ledger -----------------------------------------------------------------------------------------------------------------


def _histories() -> Finding:
    """The lines of each sign-up lead from nothing to where it stands, each beginning where the last ended."""
    stands = {
        row.id: row
        for row in db.session.execute(select(SignUp.id, SignUp.state, SignUp.party_size, SignUp.pool_id).order_by(SignUp.id))
    }
    lines = db.session.execute(
        select(
            LedgerEntry.sign_up_id,
            LedgerEntry.id,
            LedgerEntry.state_before,
            LedgerEntry.state_after,
            LedgerEntry.party_size,
            LedgerEntry.pool_id,
        )
        .where(LedgerEntry.sign_up_id.is_not(None))
        .order_by(LedgerEntry.sign_up_id, LedgerEntry.id)
        .execution_options(yield_per=_CHUNK),
    )
    faults: list[str] = []
    told = set()
    for sign_up_id, group in groupby(lines, key=lambda line: line.sign_up_id):
        told.add(sign_up_id)
        history = list(group)
        if history[0].state_before:
            faults.append(f"the ledger of sign-up {sign_up_id} begins with {history[0].state_before}, not with nothing")
        faults += [
            f"the ledger of sign-up {sign_up_id} has a gap: line {before.id} ends {before.state_after},"
            f" line {after.id} begins {after.state_before}"
            for before, after in pairwise(history)
            if rules.placed(before.state_after) != rules.placed(after.state_before)
        ]
        last, row = history[-1], stands[sign_up_id]
        if rules.placed(last.state_after) != rules.placed(row.state):
            faults.append(f"sign-up {sign_up_id} is {row.state}, its ledger says {last.state_after}")
        if last.party_size != row.party_size:
            faults.append(f"sign-up {sign_up_id} is a party of {row.party_size}, its ledger says {last.party_size}")
        if last.pool_id != row.pool_id:
            faults.append(f"sign-up {sign_up_id} stands in pool {row.pool_id}, its ledger says {last.pool_id}")
    faults += [f"sign-up {sign_up_id} has no line in the ledger" for sign_up_id in stands if sign_up_id not in told]
    return Finding("histories", len(stands), "sign-ups", tuple(faults))


def _books() -> Finding:
    """The lines of each pool lead from none taken to what is taken now, each beginning where the last ended."""
    taken = {row.id: row.taken for row in db.session.execute(select(Pool.id, Pool.taken).order_by(Pool.id))}
    lines = db.session.execute(
        select(LedgerEntry.pool_id, LedgerEntry.id, LedgerEntry.taken_before, LedgerEntry.taken_after)
        .order_by(LedgerEntry.pool_id, LedgerEntry.id)
        .execution_options(yield_per=_CHUNK),
    )
    faults, count = [], 0
    ends = dict.fromkeys(taken, 0)
    for line in lines:
        count += 1
        if line.taken_before != ends[line.pool_id]:
            faults.append(
                f"the ledger of pool {line.pool_id} has a gap: line {line.id} begins at {line.taken_before},"
                f" the one before ends at {ends[line.pool_id]}"
            )
        ends[line.pool_id] = line.taken_after
    faults += [
        f"the ledger of pool {pool_id} ends at {ends[pool_id]} persons, but {now} have a place"
        for pool_id, now in taken.items()
        if now != ends[pool_id]
    ]
    return Finding("ledger", count, "lines", tuple(faults))


# -- consents -------------------------------------------------------------------------------------------------------------------


def _consents() -> Finding:
    """Sensitive answers: sealed, and consented to by whoever gave them. Who was signed up by staff consented on paper."""
    faults, count = [], 0
    for table in (Answer, AnswerFile):
        key = func.coalesce(Question.consent_with, Question.key)
        consented = (
            select(Consent.id)
            .where(Consent.sign_up_id == table.sign_up_id, Consent.question_key == key, Consent.withdrawn_at.is_(None))
            .exists()
        )
        rows = db.session.execute(
            select(table.sign_up_id, table.question_key, consented.label("is_consented"), SignUp.source)
            .join(SignUp, SignUp.id == table.sign_up_id)
            .join(Question, and_(Question.activity_id == SignUp.activity_id, Question.key == table.question_key))
            .where(Question.sensitivity == Sensitivity.SENSITIVE)
            .order_by(table.sign_up_id, table.question_key),
        ).all()
        count += len(rows)
        faults += [
            f"sign-up {row.sign_up_id} holds a sensitive answer ({row.question_key}) without a standing consent"
            for row in rows
            if not row.is_consented and row.source == Source.SELF
        ]
    in_clear = db.session.execute(
        select(Answer.sign_up_id, Answer.question_key)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .join(Question, and_(Question.activity_id == SignUp.activity_id, Question.key == Answer.question_key))
        .where(Question.sensitivity == Sensitivity.SENSITIVE, Answer.plain.is_not(None)),
    )
    faults += [f"sign-up {row.sign_up_id} holds a sensitive answer ({row.question_key}) in clear" for row in in_clear]
    return Finding("consents", count, "sensitive answers", tuple(faults))


def _seals() -> Finding:
    """Every sealed answer opens with the keys of this installation. Files are not opened: they are large, and sealed alike."""
    faults, count = [], 0
    sealed = select(Answer).where(Answer.sealed.is_not(None)).order_by(Answer.id).execution_options(yield_per=_CHUNK)
    for answer in db.session.scalars(sealed):
        count += 1
        try:
            answers.read(answer)
        except SealBroken:
            faults.append(f"a sealed answer of sign-up {answer.sign_up_id} ({answer.question_key}) opens with none of DATA_KEYS")
    return Finding("seals", count, "sealed answers", tuple(faults))


# -- the door --------------------------------------------------------------------------------------------------------------------


def _arrivals() -> Finding:
    """Whoever has come came by a scan, and nobody is inside who has not come."""
    faults = [
        f"sign-up {one.sign_up_id} says that {one.arrived} have come, its scans say {one.scanned}, and {one.inside} are inside"
        for one in scans.disagreements()
    ]
    return Finding("door", scans.scans_count(), "scans", tuple(faults))


CHECKS: tuple[Callable[[], Finding], ...] = (
    _triggers,
    _trail,
    _references,
    _counters,
    _capacity,
    _ceilings,
    _claims,
    _invitations,
    _offers,
    _starved,
    _overtaken,
    _histories,
    _books,
    _consents,
    _seals,
    _arrivals,
)
