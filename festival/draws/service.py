"""Freezing, drawing and voiding. Called inside ``transaction()``, with the activity locked."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from festival.audit.service import record
from festival.draws import queries, rules
from festival.draws.models import Draw, DrawEntry
from festival.draws.rules import DrawReason, DrawRefused, DrawState, Entry, Outcome
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.service import owe
from festival.programme.models import Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.signups import queries as signups
from festival.signups import waitlist
from festival.signups.models import SignUp
from festival.signups.rules import State
from festival.signups.service import Locked, lock, window_of


@dataclass(frozen=True, slots=True)
class Seed:
    """Where the seed of a draw will come from, and when that is made public."""

    source_zh: str
    source_en: str
    due_at: datetime


def freeze(slot_id: int, seed: Seed, *, actor_id: int) -> Draw:
    """Freeze the entrants of a slot under fresh numbers and fix their SHA-256; from here on nobody can be slipped in.

    :raises DrawRefused: its time is off, sign-up is open, somebody waits for review, nobody entered, or a draw stands already.
    """
    slot = db.session.get(Slot, slot_id)
    if slot is None:
        raise NotFound
    locked = lock(slot.activity_id)
    waitlist.lapse(locked.activity, locked.now)
    _check_on(locked, slot_id)
    if queries.standing(slot_id) is not None:
        raise DrawRefused(DrawReason.ONE_IS_RUNNING)
    closes_at = window_of(locked.activity, slot).closes_at
    if closes_at is not None and locked.now < closes_at:
        raise DrawRefused(DrawReason.STILL_OPEN)
    if queries.still_pending(slot_id):
        raise DrawRefused(DrawReason.STILL_PENDING)
    sign_ups = queries.entrants(slot_id)
    if not sign_ups:
        raise DrawRefused(DrawReason.NOBODY_ENTERED)
    return _freeze(locked, slot, sign_ups, seed, actor_id)


def _check_on(locked: Locked, slot_id: int) -> None:
    """Refuse to draw for a time that is off: a drawn place could not be confirmed, and would run out."""
    slot = db.session.get_one(Slot, slot_id, populate_existing=True)
    if locked.activity.status != ActivityStatus.PUBLISHED or slot.status != SlotStatus.SCHEDULED:
        raise DrawRefused(DrawReason.NOT_ON)


def _freeze(locked: Locked, slot: Slot, sign_ups: list[SignUp], seed: Seed, actor_id: int) -> Draw:
    keys = {sign_up.pool_id: db.session.get_one(Pool, sign_up.pool_id).key for sign_up in sign_ups}
    numbers = _fresh_numbers(len(sign_ups))
    hat = [Entry(keys[one.pool_id], number, one.party_size) for one, number in zip(sign_ups, numbers, strict=True)]
    published = rules.entrants_text(hat)
    draw = Draw(
        activity_id=locked.activity.id,
        slot_id=slot.id,
        seed_source_zh=seed.source_zh,
        seed_source_en=seed.source_en,
        seed_due_at=seed.due_at,
        entrants=published,
        entrants_sha256=rules.entrants_digest(published),
        frozen_at=locked.now,
        frozen_by_id=actor_id,
    )
    db.session.add(draw)
    db.session.flush()
    for sign_up, entry in zip(sign_ups, hat, strict=True):
        db.session.add(
            DrawEntry(
                draw_id=draw.id,
                pool_id=sign_up.pool_id,
                sign_up_id=sign_up.id,
                entry_no=entry.entry_no,
                party_size=entry.party_size,
            ),
        )
    record(
        "draw.freeze",
        "draw",
        draw.id,
        actor_id=actor_id,
        activity_id=draw.activity_id,
        changes=f"entrants={len(hat)} sha256={draw.entrants_sha256}",
    )
    return draw


def _fresh_numbers(count: int) -> list[str]:
    """Return so many different random numbers of ten digits; they say nothing of who entered when."""
    numbers: set[str] = set()
    while len(numbers) < count:
        numbers.add(f"{secrets.randbelow(10**10):010d}")
    chosen = sorted(numbers)
    secrets.SystemRandom().shuffle(chosen)
    return chosen


def _locked(draw_id: int) -> tuple[Draw, Locked]:
    """Lock a draw's activity and return the draw as it stands after that."""
    seen = db.session.get(Draw, draw_id)
    if seen is None:
        raise NotFound
    locked = lock(seen.activity_id)
    waitlist.lapse(locked.activity, locked.now)
    return db.session.get_one(Draw, draw_id, populate_existing=True), locked


def draw(draw_id: int, seed: str, *, actor_id: int) -> Draw:
    """Enter the seed and give out the places in drawn order; the rest wait in that order. Once, and never again.

    :param seed: the words of the source named at the freeze, as everybody can read them there.
    :raises DrawRefused: not frozen (drawn already, or void), its time is off, the seed's source not public yet, or no seed.
    """
    drawing, locked = _locked(draw_id)
    if drawing.state != DrawState.FROZEN:
        raise DrawRefused(DrawReason.NOT_FROZEN)
    _check_on(locked, drawing.slot_id)
    if locked.now < drawing.seed_due_at:
        raise DrawRefused(DrawReason.SEED_NOT_DUE)
    if not seed:
        raise DrawRefused(DrawReason.SEED_EMPTY)
    entries = {entry.entry_no: entry for entry in drawing.entries}
    keys = {entry.pool_id: entry.pool.key for entry in drawing.entries}
    hat = [Entry(keys[entry.pool_id], entry.entry_no, entry.party_size) for entry in entries.values()]
    order = [[entries[number] for number in numbers] for numbers in rules.drawn_order(hat, seed).values()]
    most = _most_in_balance(locked.activity, drawing.slot_id, order)
    for in_order in order:
        _allot(locked, in_order, actor_id, most.get(in_order[0].pool_id))
    drawing.seed = seed
    drawing.drawn_at = locked.now
    drawing.drawn_by_id = actor_id
    drawing.state = DrawState.DRAWN
    record("draw.draw", "draw", drawing.id, actor_id=actor_id, activity_id=drawing.activity_id, changes="seed entered")
    return drawing


def _most_in_balance(activity: Activity, slot_id: int, order: list[list[DrawEntry]]) -> dict[int, int]:
    """Return how many persons each quota may have, by pool, so that none gets too far ahead of the emptiest; empty: no limit.

    What a quota can have at most is its places, or fewer where fewer came for it; also one that nobody entered for counts.
    """
    if activity.balance_tolerance is None:
        return {}
    places = {pool_id: signups.places(pool_id) for pool_id in queries.quotas(slot_id)}
    came = {pool_id: of.taken for pool_id, of in places.items()}
    for entry in (entry for in_order in order for entry in in_order):
        sign_up = entry.sign_up_id and db.session.get(SignUp, entry.sign_up_id, populate_existing=True)
        if sign_up and sign_up.state == State.ENTERED and sign_up.pool_id in came:
            came[sign_up.pool_id] += sign_up.party_size
    reachable = (number if (most := places[pool_id].most) is None else min(most, number) for pool_id, number in came.items())
    limit = min(reachable, default=0) + activity.balance_tolerance
    return dict.fromkeys(places, limit)


def _allot(locked: Locked, in_order: list[DrawEntry], actor_id: int, most: int | None) -> None:
    """Give one pool's places out, parties whole: the first party that does not fit and all behind it wait.

    :param most: persons the pool may have for the sake of balance; None: as many as it has places.
    """
    is_full = False
    for rank, entry in enumerate(in_order, start=1):
        entry.rank = rank
        sign_up = entry.sign_up_id and db.session.get(SignUp, entry.sign_up_id, populate_existing=True)
        if not sign_up or sign_up.state != State.ENTERED:
            entry.outcome = Outcome.LEFT
            continue
        places = signups.places(entry.pool_id)
        fits = places.has_room_for(sign_up.party_size) and (most is None or places.taken + sign_up.party_size <= most)
        is_full = is_full or not fits or not signups.ceiling(sign_up.session_id).has_room_for(sign_up.party_size)
        entry.outcome = Outcome.WAITLISTED if is_full else Outcome.PLACE
        _settle(locked, sign_up, rank, actor_id, has_place=not is_full)


def _settle(locked: Locked, sign_up: SignUp, rank: int, actor_id: int, *, has_place: bool) -> None:
    """Put one entrant where the draw says, with a ledger line and a message."""
    taken = signups.places(sign_up.pool_id).taken
    activity, now = locked.activity, locked.now
    if not has_place:
        # A list is ordered by when one joined it; microseconds keep the drawn order in it, before all who come later.
        sign_up.joined_at = now + timedelta(microseconds=rank)
        sign_up.priority = 0  # also of somebody whom a lowered capacity had put before all, before a draw that was void
        waitlist.move(sign_up, State.WAITLISTED, at=now)
        kind = "sign_up_not_drawn"
    elif deadline := waitlist.deadline_of_offer(activity, db.session.get_one(Slot, sign_up.slot_id), now):
        waitlist.move(sign_up, State.OFFERED, at=now, until=deadline)
        kind = "sign_up_offered"
    else:
        waitlist.move(sign_up, State.CONFIRMED, at=now)
        kind = "sign_up_confirmed"
    waitlist.enter(
        sign_up,
        at=now,
        actor_id=actor_id,
        what="drawn",
        why=f"rank:{rank}",
        state_before=State.ENTERED,
        taken_before=taken,
    )
    owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=activity.id)


def void(draw_id: int, reason_zh: str, reason_en: str, *, actor_id: int) -> Draw:
    """Declare a draw void for a reason that everybody reads; who has not confirmed goes back into the hat for a new one.

    Who confirmed a drawn place keeps it: a promise is not taken back.

    :raises DrawRefused: it is void already.
    """
    drawing, locked = _locked(draw_id)
    if drawing.state == DrawState.VOID:
        raise DrawRefused(DrawReason.ALREADY_VOID)
    was_drawn = drawing.state == DrawState.DRAWN
    if was_drawn:
        for entry in drawing.entries:
            if entry.sign_up_id is not None:
                _return_to_hat(db.session.get_one(SignUp, entry.sign_up_id, populate_existing=True), locked, actor_id)
    drawing.state = DrawState.VOID
    drawing.void_reason_zh = reason_zh
    drawing.void_reason_en = reason_en
    drawing.voided_at = locked.now
    record(
        "draw.void",
        "draw",
        drawing.id,
        actor_id=actor_id,
        activity_id=drawing.activity_id,
        reason=reason_zh,
        changes="state",
    )
    if was_drawn:
        db.session.flush()
        # The places that were on offer are free: another pool may have waited for the approved number, or for the reserve.
        waitlist.serve(locked.activity, locked.now, why="draw_void")
    return drawing


def _return_to_hat(sign_up: SignUp, locked: Locked, actor_id: int) -> None:
    if sign_up.state not in {State.OFFERED, State.WAITLISTED}:
        return
    before = sign_up.state
    taken = signups.places(sign_up.pool_id).taken
    waitlist.move(sign_up, State.ENTERED, at=locked.now)
    waitlist.enter(
        sign_up,
        at=locked.now,
        actor_id=actor_id,
        what="draw_void",
        why="draw_void",
        state_before=before.value,
        taken_before=taken,
    )
    owe("sign_up_draw_void", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
