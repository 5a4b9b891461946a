"""Change of plan: what is saved, and whoever signed up for it is owed a message, in one transaction. Never commits.

It stands here and not in ``programme`` because the programme does not know who is coming. Sign-ups keep their state and code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.outbox.service import owe, owe_each
from festival.plans import rules
from festival.plans.rules import Facts, Standing, Step, StepReason, StepRefused
from festival.programme import service as programme
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.programme.service import ActivityEdit, PlanChange, SlotEdit, Why
from festival.signups import changed, waitlist
from festival.signups import queries as signups
from festival.signups import service as engine
from festival.signups.changed import Choice
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import CONCERNED, State
from festival.signups.service import Locked, lock


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved."""

    change: PlanChange
    #: Sign-ups whose people are owed a message about it.
    told: int


def edit_activity(activity_id: int, asked: ActivityEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save an activity's words, place and time; those whose time or place changed are told.

    :param seen: the activity's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_activity(activity_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved, actor_id=actor_id))


def edit_slot(activity_id: int, slot_id: int, asked: SlotEdit, *, seen: datetime | None, actor_id: int) -> Saved:
    """Save one slot's time, place and label; those who hold a place in it, or in a slot that moved along, are told.

    :param seen: the slot's ``updated_at`` when the form was filled.
    :raises PlanRefused: someone else saved meanwhile, or the time or place cannot be.
    """
    change = programme.edit_slot(slot_id, asked, seen=seen, actor_id=actor_id)
    return Saved(change, _tell(activity_id, change.moved, actor_id=actor_id))


# -- calling off, taking up again ---------------------------------------------------------------------------------------------

#: What the log and the ledger call a step, and what people are told.
_ACTIONS = {Step.CANCEL: "cancel", Step.POSTPONE: "postpone", Step.RESUME: "resume", Step.BACKUP: "backup"}
_LINES = {Step.CANCEL: "cancelled", Step.POSTPONE: "postponed", Step.RESUME: "resumed", Step.BACKUP: "rescheduled"}
_MESSAGES = {
    Step.CANCEL: "activity_cancelled",
    Step.POSTPONE: "activity_postponed",
    Step.RESUME: "activity_resumed",
    Step.BACKUP: "activity_changed",
}
_STATUSES = {
    Step.CANCEL: (ActivityStatus.CANCELLED, SlotStatus.CANCELLED),
    Step.POSTPONE: (ActivityStatus.POSTPONED, SlotStatus.POSTPONED),
    Step.RESUME: (ActivityStatus.PUBLISHED, SlotStatus.SCHEDULED),
}
#: An offer cannot be taken while its time is off, and so must not run out: put off for longer than any edition lasts.
PAUSED = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did: sign-ups whose people are told of it, and those who got a place or an offer by it."""

    told: int
    served: int = 0


def take_step(activity_id: int, slot_id: int | None, step: Step, why: Why, *, actor_id: int) -> Done:
    """Call an activity or one of its slots off, postpone it, take it up again, or hold it on its backup date; tell everybody.

    Sign-ups keep their state and code. Offers pause while their time is off; once it is on again the lists are served.

    :param slot_id: None: the whole activity.
    :raises NotFound: there is no such activity, or none of its slots is this one.
    :raises StepRefused: it cannot be done as things stand.
    """
    locked = lock(activity_id)
    activity, now = locked.activity, locked.now
    waitlist.lapse(activity, now)
    slots = _slots(activity_id)
    slot = _slot_of(slots, slot_id)
    if reason := refusal(activity, slots, slot, step, now):
        raise StepRefused(reason)
    ids = [one.id for one in concerned(activity, slots, slot, step, now)]
    _carry_out(activity, slots, slot, step, why, now, actor_id)
    db.session.flush()
    told_otherwise: list[SignUp] = []
    if step in {Step.CANCEL, Step.POSTPONE}:
        _pause_offers(ids, now)
    else:
        told_otherwise = _resume_offers(activity, ids, now, actor_id) + waitlist.serve(activity, now, why="plan")
    _enter(activity_id, ids, now, what=_LINES[step], why="plan", actor_id=actor_id)
    if ids and (slot is None or slot.parent_id is None):
        _tell_others(activity_id)
    told = _owe(activity_id, ids, _MESSAGES[step], but=[one.id for one in told_otherwise])
    return Done(told + len(told_otherwise), len(told_otherwise))


def _slots(activity_id: int) -> list[Slot]:
    return list(
        db.session.scalars(
            select(Slot)
            .where(Slot.activity_id == activity_id)
            .order_by(Slot.starts_at, Slot.id)
            .execution_options(populate_existing=True),
        ),
    )


def _slot_of(slots: Sequence[Slot], slot_id: int | None) -> Slot | None:
    if slot_id is None:
        return None
    found = next((slot for slot in slots if slot.id == slot_id), None)
    if found is None:
        raise NotFound
    return found


def refusal(activity: Activity, slots: Sequence[Slot], slot: Slot | None, step: Step, now: datetime) -> StepReason | None:
    """Return why a step cannot be taken as things stand; None: it can."""
    whole = _ACTIVITY_STANDINGS[activity.status] if activity.is_public_at(now) else Standing.DRAFT
    sessions = [one for one in slots if one.parent_id is None]
    if slot is None:
        known = [one for one in sessions if one.status != SlotStatus.CANCELLED] or sessions
        if step == Step.BACKUP or not known:
            return StepReason.NOT_FROM_HERE
        starts_at, ends_at = max(one.starts_at for one in known), max(one.ends_at for one in known)
        return rules.refusal(step, Facts(whole, starts_at, ends_at), now)
    parent = next((one for one in sessions if one.id == slot.parent_id), None)
    if whole == Standing.DRAFT or (step == Step.BACKUP and parent is not None):
        return StepReason.NOT_FROM_HERE
    goes_on_alone = step == Step.BACKUP and whole == Standing.POSTPONED and len(sessions) == 1
    if whole != Standing.ON and not goes_on_alone:
        return StepReason.SESSION_IS_OFF
    facts = Facts(
        standing=_SLOT_STANDINGS[slot.status],
        starts_at=slot.starts_at,
        ends_at=now + PAUSED if goes_on_alone else slot.ends_at,
        session=_SLOT_STANDINGS[parent.status] if parent else None,
        backup_at=slot.backup_starts_at,
    )
    return rules.refusal(step, facts, now)


_ACTIVITY_STANDINGS = {
    ActivityStatus.DRAFT: Standing.DRAFT,
    ActivityStatus.PUBLISHED: Standing.ON,
    ActivityStatus.POSTPONED: Standing.POSTPONED,
    ActivityStatus.CANCELLED: Standing.CANCELLED,
}
_SLOT_STANDINGS = {
    SlotStatus.SCHEDULED: Standing.ON,
    SlotStatus.POSTPONED: Standing.POSTPONED,
    SlotStatus.CANCELLED: Standing.CANCELLED,
}


def concerned(activity: Activity, slots: Sequence[Slot], slot: Slot | None, step: Step, now: datetime) -> list[Slot]:
    """Return the slots whose people a step concerns: what is over, and what was off already, is news to nobody."""
    if slot is not None:
        return [one for one in _with_its_own(slots, slot, step) if _is_ahead(activity, one, now)]
    on = [one for one in slots if _is_ahead(activity, one, now) and one.status != SlotStatus.CANCELLED]
    return on if step == Step.CANCEL else [one for one in on if one.status == SlotStatus.SCHEDULED]


def _is_ahead(activity: Activity, slot: Slot, now: datetime) -> bool:
    return slot.ends_at > now or slot.status == SlotStatus.POSTPONED or activity.status == ActivityStatus.POSTPONED


def _with_its_own(slots: Sequence[Slot], slot: Slot, step: Step) -> list[Slot]:
    """Return a slot and those of its children that share its fate: what was called off on its own stays so."""
    children = [one for one in slots if one.parent_id == slot.id]
    if step == Step.CANCEL:
        return [slot, *(one for one in children if one.status != SlotStatus.CANCELLED)]
    if slot.status == SlotStatus.SCHEDULED:  # words of an earlier change set no two apart that are both on
        return [slot, *(one for one in children if one.status == SlotStatus.SCHEDULED)]
    return [slot, *(one for one in children if _fate(one) == _fate(slot))]


def _fate(slot: Slot) -> tuple[SlotStatus, str, str]:
    return (slot.status, slot.plan_reason_zh, slot.plan_reason_en)


def _carry_out(
    activity: Activity,
    slots: Sequence[Slot],
    slot: Slot | None,
    step: Step,
    why: Why,
    now: datetime,
    actor_id: int,
) -> None:
    """Write the new status or time; the calendars move forward."""
    if step == Step.BACKUP:
        assert slot is not None  # refused otherwise
        for moved in programme.move_to_backup(activity, slot, why, actor_id=actor_id):
            moved.moved_at = now
        return
    of_activity, of_slot = _STATUSES[step]
    why = why if step != Step.RESUME else Why()
    if slot is None:
        programme.set_status(activity, of_activity, why, action=_ACTIONS[step], actor_id=actor_id)
        return
    family = _with_its_own(slots, slot, step)
    programme.set_slot_status(activity, family, of_slot, why, action=_ACTIONS[step], actor_id=actor_id)


def _offers(slot_ids: Iterable[int]) -> list[SignUp]:
    return list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state == State.OFFERED)
            .order_by(SignUp.id)
            .execution_options(populate_existing=True),
        ),
    )


def _pause_offers(slot_ids: Iterable[int], now: datetime) -> None:
    """Keep places that are held for somebody while nobody can say yes."""
    for sign_up in _offers(slot_ids):
        sign_up.offered_until = now + PAUSED
        waitlist.touch(sign_up)


def _resume_offers(activity: Activity, slot_ids: Iterable[int], now: datetime, actor_id: int) -> list[SignUp]:
    """Give each offer that was paused a new deadline, and tell its person; return them."""
    paused = [one for one in _offers(slot_ids) if one.offered_until is not None and one.offered_until > now + PAUSED / 2]
    for sign_up in paused:
        slot = db.session.get_one(Slot, sign_up.slot_id)
        sign_up.offered_until = waitlist.deadline_of_offer(activity, slot, now) or slot.starts_at
        waitlist.touch(sign_up)
        taken = signups.places(sign_up.pool_id).taken
        waitlist.enter(
            sign_up,
            at=now,
            actor_id=actor_id,
            what="offered",
            why="plan",
            state_before=State.OFFERED,
            taken_before=taken,
        )
        owe("sign_up_offered", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)
    return paused


# -- what a person answers ----------------------------------------------------------------------------------------------------


def keep(sign_up_id: int) -> SignUp:
    """Note that a person keeps the place at the new time. Who was not asked, or has said so before, changes nothing."""
    sign_up, locked = _asked(sign_up_id)
    if changed.choice_of(sign_up, locked.now) == Choice.MOVED:
        sign_up.kept_at = locked.now
        taken = signups.places(sign_up.pool_id).taken
        waitlist.enter(
            sign_up,
            at=locked.now,
            actor_id=sign_up.person_id,
            what="kept",
            why="plan",
            state_before=sign_up.state.value,
            taken_before=taken,
        )
    return sign_up


def release(sign_up_id: int) -> list[SignUp]:
    """Give a place back because the plan changed, however late it is; return those who moved up.

    :raises SignUpRefused: the plan did not change for this sign-up, and it is too late otherwise.
    """
    sign_up, locked = _asked(sign_up_id)
    is_free = changed.choice_of(sign_up, locked.now) is not None
    return engine.withdraw(sign_up_id, even_late=is_free)


def _asked(sign_up_id: int) -> tuple[SignUp, Locked]:
    row = db.session.execute(select(SignUp.activity_id, SignUp.person_id).where(SignUp.id == sign_up_id)).one_or_none()
    if row is None:
        raise NotFound
    locked = lock(row.activity_id, row.person_id)
    waitlist.lapse(locked.activity, locked.now)
    return db.session.get_one(SignUp, sign_up_id, populate_existing=True), locked


# -- telling ------------------------------------------------------------------------------------------------------------------


def _tell(activity_id: int, moved: Iterable[Slot], *, actor_id: int) -> int:
    """Owe a message to everybody concerned by the slots that moved, and ask those still to come to choose again.

    What was and stays past is told to nobody.
    """
    now = database_now()
    ahead = [slot for slot in moved if max(slot.ends_at, slot.previous_ends_at or slot.ends_at) > now]
    for slot in ahead:
        slot.moved_at = now
    ids = [slot.id for slot in ahead]
    _enter(activity_id, ids, now, what="rescheduled", why="plan", actor_id=actor_id)
    # What is off is told when it is on again: one message with the new time in it.
    is_off = db.session.get_one(Activity, activity_id).status != ActivityStatus.PUBLISHED
    on = [] if is_off else [slot for slot in ahead if slot.status == SlotStatus.SCHEDULED]
    if any(slot.parent_id is None for slot in on):
        _tell_others(activity_id)
    return _owe(activity_id, [slot.id for slot in on], "activity_changed")


def _tell_others(activity_id: int) -> None:
    """Let the activity's kind tell whom it concerns beside those who signed up."""
    activity = db.session.get_one(Activity, activity_id)
    kind_of(activity).plan_changed(activity)


def _owe(activity_id: int, slot_ids: Iterable[int], kind: str, *, but: Iterable[int] = ()) -> int:
    """Owe a message to everybody some slots concern; return to how many sign-ups. ``but``: those who are told otherwise."""
    chosen = select(SignUp.id, SignUp.person_id).where(SignUp.slot_id.in_(list(slot_ids)), SignUp.state.in_(CONCERNED))
    rows = db.session.execute(chosen.order_by(SignUp.id))
    told_otherwise = set(but)
    readers = {row.id: row.person_id for row in rows if row.id not in told_otherwise}
    owe_each(kind, "sign_up", readers, activity_id=activity_id)
    return len(readers)


def _enter(activity_id: int, slot_ids: Iterable[int], now: datetime, *, what: str, why: str, actor_id: int) -> None:
    """Write one line of the ledger for each pool concerned: no place changed hands, but whoever asks later finds the cause."""
    pools = db.session.execute(select(Pool.id, Pool.taken).where(Pool.slot_id.in_(list(slot_ids))).order_by(Pool.id))
    db.session.add_all(
        LedgerEntry(
            at=now,
            activity_id=activity_id,
            pool_id=pool.id,
            actor_id=actor_id,
            what=what,
            why=why,
            taken_before=pool.taken,
            taken_after=pool.taken,
        )
        for pool in pools
    )
