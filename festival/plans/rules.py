"""Which changes of plan are possible, and whom they concern. Pure: plain values in, a verdict out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from festival.lib.errors import Refused
from festival.signups.rules import Clash, Stop, Waiting, clash


class Step(StrEnum):
    """What organizers do to an activity or to one of its slots."""

    CANCEL = "cancel"
    POSTPONE = "postpone"
    RESUME = "resume"
    #: Hold a session on the backup date of its weather plan.
    BACKUP = "backup"


class Standing(StrEnum):
    """How an activity or a slot stands (their statuses by value, ``published`` and ``scheduled`` being the same here)."""

    DRAFT = "draft"
    ON = "on"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"


#: From each standing, the steps that may follow and where they lead. What is not here cannot happen.
STEPS: dict[Standing, dict[Step, Standing]] = {
    Standing.DRAFT: {},
    Standing.ON: {Step.CANCEL: Standing.CANCELLED, Step.POSTPONE: Standing.POSTPONED, Step.BACKUP: Standing.ON},
    Standing.POSTPONED: {Step.CANCEL: Standing.CANCELLED, Step.RESUME: Standing.ON, Step.BACKUP: Standing.ON},
    Standing.CANCELLED: {Step.RESUME: Standing.ON},
}


class StepReason(StrEnum):
    """Why a step is refused."""

    NOT_FROM_HERE = "not_from_here"
    OVER = "over"  # nothing of it lies ahead
    NEEDS_A_TIME = "needs_a_time"  # it was postponed and its old time has passed
    SESSION_IS_OFF = "session_is_off"  # the session that a slot belongs to is called off
    NO_BACKUP = "no_backup"
    BACKUP_PASSED = "backup_passed"


class StepRefused(Refused):
    """The plan stays as it was; ``reason`` is a ``StepReason``."""

    reason: StepReason


@dataclass(frozen=True, slots=True)
class Facts:
    """What a step is judged by."""

    standing: Standing
    #: Last start and last end of what it is about.
    starts_at: datetime
    ends_at: datetime
    #: Of a slot that belongs to a session: how that stands.
    session: Standing | None = None
    #: The backup date of a session; None: it has none.
    backup_at: datetime | None = None


def refusal(step: Step, facts: Facts, now: datetime) -> StepReason | None:
    """Return why a step cannot be taken; None: it can.

    What is over stays as it was. What is off comes back until its start: later than that a new time must be set first.
    """
    if step not in STEPS[facts.standing]:
        return StepReason.NOT_FROM_HERE
    if step == Step.BACKUP:
        return _backup_refusal(facts, now)
    if step == Step.RESUME:
        if facts.session in {Standing.CANCELLED, Standing.POSTPONED}:
            return StepReason.SESSION_IS_OFF
        if now >= facts.starts_at:
            return StepReason.NEEDS_A_TIME if facts.standing == Standing.POSTPONED else StepReason.OVER
        return None
    is_over = now >= facts.ends_at and facts.standing == Standing.ON
    return StepReason.OVER if is_over else None


def _backup_refusal(facts: Facts, now: datetime) -> StepReason | None:
    if facts.backup_at is None or facts.backup_at <= facts.starts_at:
        return StepReason.NO_BACKUP
    if now >= facts.backup_at:
        return StepReason.BACKUP_PASSED
    return StepReason.OVER if now >= facts.ends_at and facts.standing == Standing.ON else None


@dataclass(frozen=True, slots=True)
class Booked:
    """A sign-up and the time and place it takes of its person."""

    sign_up_id: int
    person_id: int
    slot_id: int
    activity_id: int
    stop: Stop


@dataclass(frozen=True, slots=True)
class Conflict:
    """A sign-up whose new time or place is in the way of something else of the same person."""

    moved: Booked
    other: Booked
    how: Clash


def shifted(
    stops: Mapping[int, Stop], slot_id: int, starts_at: datetime, ends_at: datetime, children: Iterable[int]
) -> dict[int, Stop]:
    """Return where every slot will be once a session has moved in time: its children keep their distance from its start.

    :param stops: where each slot is now, by id.
    :param children: the slots that belong to it.
    """
    step = starts_at - stops[slot_id].starts_at
    new = dict(stops)
    new[slot_id] = replace(stops[slot_id], starts_at=starts_at, ends_at=ends_at)
    for child in children:
        was = stops[child]
        new[child] = replace(was, starts_at=was.starts_at + step, ends_at=was.ends_at + step)
    return new


def placed(stops: Mapping[int, Stop], slot_ids: Iterable[int], there: Stop) -> dict[int, Stop]:
    """Return where every slot will be once some of them are held elsewhere. ``there``: any time at the new place."""
    return dict(stops) | {one: replace(stops[one], venue_id=there.venue_id, point=there.point) for one in slot_ids}


def conflicts(moved: Sequence[Booked], new: Mapping[int, Stop], others: Sequence[Booked]) -> list[Conflict]:
    """Return what a move newly puts into each other's way; what clashed before and still does is nobody's news.

    :param moved: the sign-ups of the slots that move, as they are now.
    :param new: where those slots will be.
    :param others: whatever else the same persons have.
    """
    of_person: dict[int, list[Booked]] = {}
    for other in (*others, *moved):
        of_person.setdefault(other.person_id, []).append(other)
    found = []
    for one in moved:
        for other in of_person[one.person_id]:
            if other.sign_up_id == one.sign_up_id or (other.slot_id in new and other.sign_up_id < one.sign_up_id):
                continue  # itself, or a pair that was looked at from the other side
            will = replace(other, stop=new.get(other.slot_id, other.stop))
            how = clash(new[one.slot_id], will.stop)
            if how is not None and clash(one.stop, other.stop) is None:
                found.append(Conflict(replace(one, stop=new[one.slot_id]), will, how))
    return found


# -- pools merged and split -----------------------------------------------------------------------------------------------------


class PoolReason(StrEnum):
    """Why pools are not merged or split."""

    NOT_TWO = "not_two"  # not two different pools of this slot
    CLOSED = "closed"  # merged into another before
    PAST = "past"
    DRAWN = "drawn"  # a draw of lots stands for the slot
    OTHER_WAY = "other_way"  # quotas, or places given in different ways
    RESERVE = "reserve"  # it lends its places to the others
    UNSAFE = "unsafe"  # more places than the kind of activity lets the pool have
    TOO_FEW = "too_few"  # fewer places than those have who are there already
    CHANGED_MEANWHILE = "changed_meanwhile"


class PoolsRefused(Refused):
    """The pools stay as they were; ``reason`` is a ``PoolReason``."""

    reason: PoolReason


@dataclass(frozen=True, slots=True)
class Seating:
    """What becomes of parties that have a place. Each in queue order, parties whole."""

    #: They stay in the pool that goes on.
    kept: tuple[Waiting, ...]
    #: They go to the new pool of a split.
    moved: tuple[Waiting, ...]
    #: There is no room for them: to the head of the list.
    bumped: tuple[Waiting, ...]


def seated(fixed: int, movable: Iterable[Waiting], capacity: int) -> Seating:
    """Return who keeps a place where pools become one: those who came first, until the first party that does not fit.

    :param fixed: persons whose places cannot be taken away, those who are in already.
    :param capacity: of the pool that goes on.
    """
    return split_seats(fixed, movable, capacity, 0)


def split_seats(fixed: int, movable: Iterable[Waiting], first: int, second: int) -> Seating:
    """Return who stays and who goes to a new pool: in queue order each stays while there is room, and else goes.

    From the first party that fits in neither, everybody later waits as well: nobody overtakes who came earlier.
    """
    left, right = first - fixed, second
    kept: list[Waiting] = []
    moved: list[Waiting] = []
    bumped: list[Waiting] = []
    for party in sorted(movable, key=lambda one: one.turn):
        if not bumped and party.party_size <= left:
            kept.append(party)
            left -= party.party_size
        elif not bumped and party.party_size <= right:
            moved.append(party)
            right -= party.party_size
        else:
            bumped.append(party)
    return Seating(tuple(kept), tuple(moved), tuple(bumped))


def dealt(waiting: Sequence[Waiting], first: int, second: int) -> tuple[list[Waiting], list[Waiting]]:
    """Return who waits for which pool after a split: each in turn for the one with more room left, the first where it is equal.

    :param first: places free there now; likewise ``second``.
    """
    stay: list[Waiting] = []
    go: list[Waiting] = []
    for party in waiting:
        if first >= second:
            stay.append(party)
            first -= party.party_size
        else:
            go.append(party)
            second -= party.party_size
    return stay, go
