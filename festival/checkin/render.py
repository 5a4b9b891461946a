"""What the page of the door shows: the verdict of a scan, and the live numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from festival.checkin import rules, scans
from festival.checkin.models import Scan
from festival.checkin.rules import Verdict, Way
from festival.checkin.scans import Count
from festival.checkin.service import Scanned
from festival.checkin.wording import VERDICT_LINES, VERDICT_WORDS, result_of, tone_of
from festival.counter.queries import BY_STAFF
from festival.lib import clock
from festival.lib.format import clock_time, day, digits, hours, moment
from festival.lib.i18n import _, _n, loc
from festival.programme.models import Activity, Pool, Slot
from festival.seats import queries as seats
from festival.signups import queries as signups
from festival.signups import wording
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Panel:
    """The answer to a scan. Tone is colour and sound: ok, again or no."""

    result: str
    tone: str
    word: str
    line: str
    who: str
    facts: tuple[tuple[str, str], ...]
    #: What was scanned, to scan it again with another number of persons; empty where that is no use.
    code: str
    #: The scan that can be taken back; None: nothing was written.
    scan_id: int | None
    #: How many of this scan's persons came, if it was not all of them: each a choice. Empty for one person.
    fewer: tuple[int, ...]
    sign_up_id: int | None
    #: Staff signed it up at the counter or the door: it has a slip to print.
    has_slip: bool
    #: Its party waits for a place: staff at the door may give it one.
    is_waiting: bool
    #: Persons of the party who are inside now: a device keeps it for when the network is away.
    inside: int


#: What a kind of activity adds to the answer to a scan of one of its sign-ups: what it is, and what it says.
DoorFacts: TypeAlias = Callable[[SignUp], Sequence[tuple[str, str]]]

_of_kinds: dict[str, DoorFacts] = {}


@dataclass(frozen=True, slots=True)
class Note:
    """A remark above the numbers of the door. Tone: info, ok, warn or stop."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class DoorBoard:
    """What a kind of activity adds to the live numbers of the door."""

    notes: Sequence[Note] = ()
    #: Persons of staff who stand inside without a sign-up, and count against the approved number.
    staff: int = 0


#: Tells it, of an activity at an instant.
DoorBoards: TypeAlias = Callable[[Activity, datetime], DoorBoard]

_boards: dict[str, DoorBoards] = {}


def register(facts: Mapping[str, DoorFacts], boards: Mapping[str, DoorBoards]) -> None:
    """Make known, by kind of activity, what it says at the door; called once by the composition root."""
    _of_kinds.clear()
    _of_kinds.update(facts)
    _boards.clear()
    _boards.update(boards)


def panel(scanned: Scanned, now: datetime) -> Panel:
    """Return what the page shows of a scan."""
    sign_up, verdict = scanned.sign_up, scanned.verdict
    is_ours = sign_up is not None and verdict not in {Verdict.WRONG_ACTIVITY, Verdict.UNKNOWN_CODE}
    through = scanned.scan is not None and scanned.scan.persons > 0
    return Panel(
        result=result_of(verdict),
        tone=tone_of(verdict),
        word=str(VERDICT_WORDS[verdict]),
        line=_line(scanned, now),
        who=(sign_up.name or digits(sign_up.digits)) if sign_up is not None and is_ours else "",
        facts=_facts(scanned, sign_up) if sign_up is not None and is_ours else (),
        code=sign_up.code if sign_up is not None and verdict == Verdict.READY else "",
        scan_id=scanned.scan.id if scanned.scan is not None and through else None,
        fewer=_fewer(scanned.scan) if scanned.scan is not None else (),
        sign_up_id=sign_up.id if sign_up is not None and is_ours else None,
        is_waiting=sign_up is not None and is_ours and sign_up.state == State.WAITLISTED,
        has_slip=sign_up is not None and is_ours and sign_up.source in BY_STAFF,
        inside=scans.inside(sign_up.id) if sign_up is not None and is_ours else 0,
    )


def _fewer(scan: Scan) -> tuple[int, ...]:
    return tuple(range(1, scan.persons)) if scan.way == Way.IN else ()


def _line(scanned: Scanned, now: datetime) -> str:
    """Return the sentence below the word: when it happened, or what to do."""
    sign_up, scan, verdict = scanned.sign_up, scanned.scan, scanned.verdict
    if scan is not None and scan.persons:
        at = f"{clock.local(scan.happened_at):%H:%M:%S}"
        return f"{at}  {other_time(sign_up.slot, now)}".strip() if sign_up is not None else at
    if verdict == Verdict.WRONG_DAY and sign_up is not None:
        return _("票面日期是 %(day)s。", day=day(sign_up.slot.starts_at))
    if verdict == Verdict.WRONG_ACTIVITY and sign_up is not None:
        return _("这是“%(title)s”的签到码。", title=loc(sign_up.activity, "short_title") or loc(sign_up.activity, "title"))
    if verdict == Verdict.NOT_CONFIRMED and sign_up is not None:
        return f"{wording.STATE_WORDS[sign_up.state]}{_('。')}{VERDICT_LINES[verdict]}"
    return str(VERDICT_LINES[verdict])


#: Before its start and after its end, somebody is still in their own time.
_GRACE = timedelta(hours=1)


def other_time(slot: Slot, now: datetime) -> str:
    """Return a remark where a timed entry is for another hour of today; empty: it is about time."""
    if slot.parent_id is None or slot.starts_at - _GRACE <= now <= slot.ends_at:
        return ""
    return _("注意：预约的是 %(hours)s", hours=hours(slot.starts_at, slot.ends_at))


def _facts(scanned: Scanned, sign_up: SignUp) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    if of_kind := _of_kinds.get(sign_up.activity.kind):
        found += of_kind(sign_up)
    if signups.has_several_pools(sign_up.slot_id):
        found.append((wording.unit_words(sign_up.pool.unit), loc(sign_up.pool, "label")))
    if seat := seats.labels([sign_up.id]).get(sign_up.id):
        found.append((_("座位"), seat))
    if sign_up.slot.parent_id is not None:
        found.append((_("入场时段"), hours(sign_up.slot.starts_at, sign_up.slot.ends_at)))
    found.append((_("人数"), _persons(scanned, sign_up)))
    if scanned.verdict == Verdict.ALREADY and (before := scans.last_in(sign_up.id)):
        found += [(_("上次签到"), where_and_when(before)), (_("工作人员"), before.actor.staff_name or "")]
    found.append((_("签到码"), digits(sign_up.digits)))
    return tuple(found)


def where_and_when(scan: Scan) -> str:
    """Return when and at which gate a scan was made."""
    gate = scan.gate.name if scan.gate else _("未选签到口")
    at = moment(scan.happened_at) if clock.local_day(scan.happened_at) != clock.local_day(clock.now()) else ""
    return f"{at or f'{clock.local(scan.happened_at):%H:%M:%S}'}{_('，')}{gate}"


def _persons(scanned: Scanned, sign_up: SignUp) -> str:
    """Return how many came with this scan, how many the party has, and how many are still to come."""
    whole = _n("%(num)s 人", "%(num)s 人", sign_up.party_size)
    if sign_up.party_size == 1:
        return whole
    left = sign_up.party_size - sign_up.arrived
    parts = [_("共 %(persons)s", persons=whole)]
    if scanned.scan is not None and scanned.scan.persons:
        parts.insert(0, _("本次 %(persons)s", persons=_n("%(num)s 人", "%(num)s 人", scanned.scan.persons)))
    if left and scanned.verdict in {Verdict.CHECKED_IN, Verdict.ALREADY, Verdict.READY} and sign_up.arrived:
        parts.append(_("还有 %(persons)s未到", persons=_n("%(num)s 人", "%(num)s 人", left)))
    return " · ".join(parts)


# -- live numbers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Zone:
    """One pool, live."""

    name: str
    count: Count
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Permit:
    """A session against its approved number. Persons; ``warning``: 80 or 95 percent are inside, None neither."""

    name: str
    #: Staff included.
    inside: int
    staff: int
    limit: int
    warning: int | None


@dataclass(frozen=True, slots=True)
class AtGate:
    """What has gone through one gate today."""

    name: str
    came: int
    left: int
    last: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """How it stands at the door."""

    total: Count
    zones: tuple[Zone, ...]
    permits: tuple[Permit, ...]
    gates: tuple[AtGate, ...]
    conflicts: int
    #: Parts with places of their own, for those who have a place already: they are no further guests of the total.
    parts: tuple[Zone, ...]
    #: The day the numbers are of, in words; empty: today.
    of_day: str
    #: What the kind of activity has to say.
    notes: tuple[Note, ...] = ()


def numbers(activity: Activity, now: datetime) -> Numbers:
    """Return how it stands at the door of an activity (loaded with slots and pools), today or on its next day."""
    slots = scans.days_with_slots(activity, now, 1)
    board = _boards[activity.kind](activity, now) if activity.kind in _boards else DoorBoard()
    counted = scans.counts([slot.id for slot in slots])
    pools = [(slot, pool) for slot in slots for pool in slot.open_pools if not pool.is_flex]
    zones = [
        Zone(_zone_name(slot, pool, len(pools)), counted.get(pool.id, Count(0, 0, 0)), pool.capacity) for slot, pool in pools
    ]
    every = counted.values()
    is_today = any(clock.local_day(slot.starts_at) <= clock.local_day(now) <= clock.local_day(slot.ends_at) for slot in slots)
    return Numbers(
        total=Count(
            sum(one.expected for one in every),
            sum(one.arrived for one in every),
            sum(one.inside for one in every),
        ),
        zones=tuple(zones) if len(zones) > 1 else (),
        permits=_permits(activity, slots, board.staff),
        gates=_gates(activity.id, now),
        conflicts=scans.conflicts_count(activity.id),
        parts=tuple(
            Zone(part_name(one.slot), one.count, one.capacity)
            for one in scans.parts(sorted({slot.parent_id or slot.id for slot in slots}))
        ),
        of_day="" if is_today or not slots else day(slots[0].starts_at),
        notes=tuple(board.notes),
    )


def _zone_name(slot: Slot, pool: Pool, of: int) -> str:
    hour = hours(slot.starts_at, slot.ends_at) if slot.parent_id is not None else ""
    label = loc(pool, "label") if of > 1 else ""
    return " · ".join(part for part in (hour, label) if part) or _("全部名额")


def part_name(slot: Slot) -> str:
    """Return what a part with places of its own is called, with its time."""
    return " · ".join(part for part in (hours(slot.starts_at, slot.ends_at), loc(slot, "label")) if part)


def _permits(activity: Activity, slots: Sequence[Slot], staff: int) -> tuple[Permit, ...]:
    wanted = {slot.parent_id or slot.id for slot in slots}
    sessions = [slot for slot in activity.slots if slot.id in wanted and slot.approved_ceiling]
    if not sessions:
        return ()
    inside = scans.inside_by_session([slot.id for slot in sessions])
    return tuple(
        Permit(
            name=loc(slot, "label") if len(sessions) > 1 else "",
            inside=inside.get(slot.id, 0) + staff,
            staff=staff,
            limit=slot.approved_ceiling or 0,
            warning=rules.warning(inside.get(slot.id, 0) + staff, slot.approved_ceiling),
        )
        for slot in sessions
    )


def _gates(activity_id: int, now: datetime) -> tuple[AtGate, ...]:
    midnight = clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counted = {one.gate_id: one for one in scans.by_gate(activity_id, midnight)}
    names: dict[int | None, str] = {gate.id: gate.name for gate in scans.gates(activity_id, with_closed=True)}
    if None in counted and len(counted) > 1:
        names[None] = _("未选签到口")
    return tuple(
        AtGate(name, counted[gate_id].came, counted[gate_id].left, clock_time(counted[gate_id].last_at))
        for gate_id, name in names.items()
        if gate_id in counted
    )


# -- what needs a look ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Conflict:
    """A scan by which a device let in somebody who was not to be let in (again), and the scan that was counted."""

    who: str
    word: str
    here: str
    device: str
    claimed: int
    counted: int
    there: str


def conflicts(activity_id: int, *, by_name: bool) -> list[Conflict]:
    """Return the conflicts of an activity in words.

    :param by_name: the reader may see names in full; others see the digits.
    """
    told = []
    for scan in scans.conflicts(activity_id):
        other = scans.others_of(scan)
        sign_up = scan.sign_up
        name = sign_up.name if sign_up is not None and by_name else ""
        told.append(
            Conflict(
                who=name or (digits(sign_up.digits) if sign_up is not None else _("不在名单中的码")),
                word=str(VERDICT_WORDS[scan.verdict]),
                here=where_and_when(scan),
                device=scan.device,
                claimed=scan.claimed,
                counted=scan.persons,
                there=where_and_when(other) if other is not None else "",
            )
        )
    return told
