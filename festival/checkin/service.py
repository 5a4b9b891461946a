"""Scanning people in and out, and taking a scan back. Called inside ``transaction()``; never commits.

The activity is locked first, so that two gates decide one after the other; ``arrived`` then moves by an UPDATE that names what
it was, and the scan says by how much. Nothing here moves places: who has one keeps it.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, update
from sqlalchemy.exc import IntegrityError

from festival.audit.service import record
from festival.checkin import rules, scans
from festival.checkin.models import Gate, Scan
from festival.checkin.rules import Party, Passage, Typed, UndoReason, UndoRefused, Verdict, Way
from festival.counter import service as counter
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.errors import Busy, NotFound
from festival.lib.i18n import Locale
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import SlotStatus
from festival.signups import changed, following, releasing
from festival.signups import service as signups
from festival.signups.models import SignUp, Source
from festival.signups.releasing import Released
from festival.signups.rules import TRANSITIONS, State
from festival.signups.service import SignUpRequest

# Every scan asks it: built once, since building a statement costs three times what asking the database does.
_MOVE = (
    update(SignUp)
    .where(SignUp.id == bindparam("its_id"), SignUp.arrived == bindparam("was"), SignUp.state == bindparam("stood"))
    .values(
        arrived=bindparam("now_arrived"),
        state=bindparam("now_state"),
        state_at=bindparam("now_state_at"),
        first_in_at=bindparam("now_first_in_at"),
        revision=SignUp.revision + 1,
        updated_at=bindparam("now_updated_at"),
    )
    .execution_options(synchronize_session=False)
)


@dataclass(frozen=True, slots=True)
class Where:
    """At which gate, on which device, and who is signed in there."""

    actor_id: int
    gate_id: int | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """A code at the door. ``nonce``: made by the device or with the form; sent twice, it is one scan."""

    nonce: str
    way: Way = Way.IN
    #: What was scanned or typed; None: it is neither a code nor digits, or ``lookup`` names it.
    typed: Typed | None = None
    #: How a device that was offline names a code (``rules.lookup_of``).
    lookup: str = ""
    #: Persons who stand there; None: the whole party that is left.
    persons: int | None = None
    #: The device let these persons through by itself, while the network was away; None: it asked first.
    claimed: int | None = None
    #: When it was scanned, and what time it is now, both by the device's clock.
    device_at: datetime | None = None
    device_now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What became of a scan."""

    verdict: Verdict
    #: Whose code it is, with activity, slot and pool; None: nobody's here.
    sign_up: SignUp | None
    #: The row that was written; None: nothing happened.
    scan: Scan | None = None
    #: The same scan was sent before, and this is what became of it then.
    is_repeat: bool = False


def scan(activity_id: int, asked: ScanRequest, where: Where, *, sign_up_of: Callable[[str], int | None] | None = None) -> Scanned:
    """Scan a code at the door of an activity: judged, counted and written down, once for each nonce.

    :param sign_up_of: finds a sign-up by its ``lookup``, where many are sent at once.
    :raises NotFound: there is no such activity.
    """
    lock_activity(activity_id)
    now = database_now()
    if before := scans.scan_of(asked.nonce):
        if before.activity_id != activity_id:
            raise NotFound
        return Scanned(before.verdict, scans.at_the_door(before.sign_up_id), before, is_repeat=True)
    sign_up = _find(activity_id, asked, sign_up_of)
    at = rules.happened_at(asked.device_at, asked.device_now, now)
    passage = _judge(activity_id, sign_up, asked, at)
    is_ours = sign_up is not None and sign_up.activity_id == activity_id
    if passage.persons == 0 and asked.claimed is None:
        return Scanned(passage.verdict, sign_up)
    if sign_up is not None and is_ours:
        _move(sign_up, passage, at)
    made = _write(
        Scan(
            nonce=asked.nonce,
            activity_id=activity_id,
            sign_up_id=sign_up.id if sign_up is not None and is_ours else None,
            way=asked.way,
            verdict=passage.verdict,
            persons=passage.persons,
            claimed=asked.claimed or 0,
            arrived_by=passage.arrived_by,
            inside_by=passage.inside_by,
            device_at=asked.device_at,
            at=now,
            happened_at=at,
            is_late=asked.claimed is not None,
        ),
        where,
    )
    return Scanned(passage.verdict, sign_up, made)


def preview(activity_id: int, typed: Typed | None, way: Way) -> Scanned:
    """Tell what a scan would be answered with, as things stand; nothing is written."""
    asked = ScanRequest("", way, typed)
    sign_up = _find(activity_id, asked, None)
    passage = _judge(activity_id, sign_up, asked, clock.now())
    verdict = Verdict.READY if passage.verdict in rules.LET_THROUGH else passage.verdict
    return Scanned(verdict, sign_up)


def _find(activity_id: int, asked: ScanRequest, sign_up_of: Callable[[str], int | None] | None) -> SignUp | None:
    if asked.typed is not None:
        return scans.by_typed(asked.typed)
    if not asked.lookup:
        return None
    find = sign_up_of or scans.lookups(activity_id)
    return scans.at_the_door(find(asked.lookup))


def _judge(activity_id: int, sign_up: SignUp | None, asked: ScanRequest, at: datetime) -> Passage:
    if sign_up is None:
        return Passage(Verdict.UNKNOWN_CODE)
    if sign_up.activity_id != activity_id:
        return Passage(Verdict.WRONG_ACTIVITY)
    party = party_of(sign_up, at)
    persons = asked.persons if asked.claimed is None else asked.claimed
    if asked.way == Way.OUT:
        return rules.go_out(party, persons)
    return rules.go_in(party, clock.local_day(at), persons)


def party_of(sign_up: SignUp, at: datetime) -> Party:
    """Return a sign-up (loaded with activity and slot) as the rules of the door see it."""
    lapsed = sign_up.state == State.OFFERED and sign_up.offered_until is not None and sign_up.offered_until <= at
    return Party(
        state=State.EXPIRED if lapsed else sign_up.state,
        size=sign_up.party_size,
        arrived=sign_up.arrived,
        inside=scans.inside(sign_up.id),
        first_on=clock.local_day(sign_up.slot.starts_at),
        last_on=clock.local_day(sign_up.slot.ends_at),
        is_cancelled=changed.is_cancelled(sign_up) or _session_is(sign_up, SlotStatus.CANCELLED),
        is_postponed=changed.is_postponed(sign_up) or _session_is(sign_up, SlotStatus.POSTPONED),
    )


def _session_is(sign_up: SignUp, status: SlotStatus) -> bool:
    """Tell whether the session that a timed entry belongs to is off."""
    return sign_up.slot.parent is not None and sign_up.slot.parent.status == status


def _move(sign_up: SignUp, passage: Passage, at: datetime) -> None:
    """Move those who have come, and the state with them; the first scan says since when.

    :raises Busy: somebody who did not lock the activity changed the row meanwhile.
    """
    if passage.arrived_by == 0:
        return
    arrived = sign_up.arrived + passage.arrived_by
    state = State.ATTENDED if arrived else State.CONFIRMED
    assert state == sign_up.state or state in TRANSITIONS[sign_up.state], f"{sign_up.state} -> {state}"
    first = min(at, sign_up.first_in_at or at) if passage.arrived_by > 0 else sign_up.first_in_at
    values = {
        "its_id": sign_up.id,
        "was": sign_up.arrived,
        "stood": sign_up.state,
        "now_arrived": arrived,
        "now_state": state,
        "now_state_at": sign_up.state_at if state == sign_up.state else at,
        "now_first_in_at": first if arrived else None,
        "now_updated_at": max(clock.wall(), sign_up.updated_at + timedelta(seconds=1)),
    }
    moved = db.session.connection().execute(_MOVE, values)
    if moved.rowcount != 1:
        raise Busy
    before = sign_up.state
    db.session.expire(sign_up, ["arrived", "state", "state_at", "first_in_at", "revision", "updated_at"])
    if sign_up.state != before:
        following.tell(sign_up, before)


def _write(made: Scan, where: Where) -> Scan:
    """Write a scan down.

    :raises Busy: the same nonce was written at the same moment for another activity.
    """
    made.actor_id, made.device = where.actor_id, where.device[:32]
    made.gate_id = where.gate_id
    db.session.add(made)
    try:
        db.session.flush()
    except IntegrityError as error:
        if "nonce" in str(error.orig):
            raise Busy from error
        raise
    return made


def undo(activity_id: int, scan_id: int, reason: UndoReason, where: Where, *, nonce: str, persons: int | None = None) -> Scan:
    """Take a scan back, or some of its persons; return the row that says so.

    :param persons: how many; None: all that are left of it.
    :raises NotFound: the activity has no such scan.
    :raises UndoRefused: nothing of it is left, or what came after it stands on it.
    """
    lock_activity(activity_id)
    now = database_now()
    if before := scans.scan_of(nonce):
        if before.undoes_id != scan_id:
            raise NotFound
        return before
    undone = scans.scan(activity_id, scan_id)
    sign_up = scans.at_the_door(undone.sign_up_id)
    if sign_up is None:
        raise UndoRefused(rules.Reason.NOTHING_LEFT)
    passage = rules.undo(scans.undoable(undone), party_of(sign_up, now), persons)
    if isinstance(passage, rules.Reason):
        raise UndoRefused(passage)
    _move(sign_up, passage, now)
    made = _write(
        Scan(
            nonce=nonce,
            activity_id=activity_id,
            sign_up_id=sign_up.id,
            way=Way.UNDO,
            verdict=undone.verdict,
            persons=passage.persons,
            arrived_by=passage.arrived_by,
            inside_by=passage.inside_by,
            undoes_id=undone.id,
            reason=reason,
            at=now,
            happened_at=now,
        ),
        where,
    )
    record(
        "scan.undo",
        "sign_up",
        sign_up.id,
        actor_id=where.actor_id,
        activity_id=activity_id,
        changes=f"scan {undone.id} {reason.value} {passage.persons}",
    )
    return made


# -- gates --------------------------------------------------------------------------------------------------------------------


def open_gate(activity_id: int, name: str, *, actor_id: int) -> Gate:
    """Add a gate, or open again the one of that name."""
    activity = lock_activity(activity_id)
    gate = scans.gate_named(activity_id, name)
    if gate is None:
        gate = Gate(activity_id=activity_id, name=name, created_at=clock.wall())
        db.session.add(gate)
    was_closed, gate.closed_at = gate.closed_at is not None, None
    db.session.flush()
    if was_closed:
        kind_of(activity).gate_changed(activity, gate.id)
    record("gate.open", "gate", gate.id, actor_id=actor_id, activity_id=activity_id)
    return gate


def close_gate(activity_id: int, gate_id: int, *, actor_id: int) -> None:
    """Have a gate offered no more; its scans stay. Closing a closed one changes nothing.

    :raises NotFound: the activity has no such gate.
    """
    activity = lock_activity(activity_id)
    gate = scans.gate(activity_id, gate_id)
    if gate.closed_at is None:
        gate.closed_at = clock.wall()
        kind_of(activity).gate_changed(activity, gate.id)
        record("gate.close", "gate", gate.id, actor_id=actor_id, activity_id=activity_id)


# -- those who come without a sign-up -----------------------------------------------------------------------------------------


def walk_in(activity_id: int, asked: SignUpRequest, where: Where, *, kind: ActivityKind, locale: Locale) -> Scan:
    """Sign up somebody who stands at the door, by the same engine and ledger, and let them in; return the scan.

    The same ``asked.once`` gives the same sign-up and the same scan again.

    :raises SignUpRefused: there is no place, or nobody can come without a sign-up; then nothing is written at all.
    """
    made = counter.sign_up(activity_id, asked, kind=kind, actor_id=where.actor_id, locale=locale, source=Source.WALK_IN)
    request = ScanRequest(f"walk-in-{made.id}-{made.digits}", typed=Typed(made.code, is_digits=False))
    scanned = scan(activity_id, request, where)
    assert scanned.scan is not None, scanned.verdict  # its day is today, and nobody of it has come yet
    return scanned.scan


def place(activity_id: int, sign_up_id: int, where: Where) -> Scan:
    """Give a free place to somebody on the list who stands at the door, and let them in; return the scan.

    :raises NotFound: the activity has no such sign-up.
    :raises SignUpRefused: nothing is free, or the list is still served in its order.
    """
    found = scans.at_the_door(sign_up_id)
    if found is None or found.activity_id != activity_id:
        raise NotFound
    placed = signups.place_at_the_door(sign_up_id, actor_id=where.actor_id)
    db.session.flush()
    request = ScanRequest(f"place-{placed.id}-{placed.revision}-{placed.digits}", typed=Typed(placed.code, is_digits=False))
    scanned = scan(activity_id, request, where)
    assert scanned.scan is not None, scanned.verdict  # its day is today, and nobody of it has come yet
    return scanned.scan


def release(slot_id: int, present: Collection[int], where: Where, *, seen: int) -> Released:
    """Release the places of those who have not come to a slot, and let those of its list in who stand here and have one now.

    :param present: sign-ups of those on the list who stand at the door.
    :param seen: how many sign-ups the preview said would lose their place.
    :raises NotFound: there is no such slot.
    :raises SignUpRefused: too early, over, called off, or others have come (or gone) since the preview.
    """
    done = releasing.release(slot_id, present, seen=seen, actor_id=where.actor_id)
    db.session.flush()
    for placed in done.placed:
        request = ScanRequest(f"place-{placed.id}-{placed.revision}-{placed.digits}", typed=Typed(placed.code, is_digits=False))
        scan(placed.activity_id, request, where)
    return done


def set_walk_ins(activity_id: int, *, are_allowed: bool, actor_id: int) -> None:
    """Let people come without a sign-up, or not. Saying what holds already changes nothing."""
    activity = lock_activity(activity_id)
    if activity.allows_walk_ins != are_allowed:
        activity.allows_walk_ins = are_allowed
        activity.updated_at = max(clock.wall(), activity.updated_at + timedelta(seconds=1))
        word = "yes" if are_allowed else "no"
        record(
            "activity.walk_ins", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"walk_ins {word}"
        )
