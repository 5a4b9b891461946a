"""Numbers at the door, tables, and whom people keep away from. Called inside ``transaction()``; never commits.

Everything here locks the activity first: two gates never give the same number, and a plan is made of who is there.
"""

import secrets
from collections.abc import Iterable
from datetime import time, timedelta
from random import SystemRandom

from sqlalchemy import delete, or_, select

from festival.audit.service import record
from festival.kinds.mixer import queries, rotation, rules
from festival.kinds.mixer.details import MixerDetails, Pairing
from festival.kinds.mixer.models import Acquaintance, Block, Choice, Guest, Meeting, Pair, Preference, Report, Run
from festival.kinds.mixer.queries import Groups
from festival.kinds.mixer.rotation import Seat
from festival.kinds.mixer.rules import Complaint, MixerRefused, Reason
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.sealing import seal
from festival.programme.kinds import details_of
from festival.programme.locking import lock_activity
from festival.programme.models import Pool
from festival.signups import waitlist
from festival.signups.following import Moved
from festival.signups.models import SignUp
from festival.signups.rules import CONCERNED, State

_CHANCE = SystemRandom()
_BLIND_BYTES = 32


def run_of(activity_id: int) -> Run:
    """Return how far a mixer is, begun if it was not; the activity must be locked."""
    found = queries.run(activity_id)
    if found is None:
        found = Run(activity_id=activity_id)
        db.session.add(found)
        renew(found)
    return found


def renew(run: Run) -> None:
    """Begin a choice anew, under another secret."""
    run.blind = seal(secrets.token_bytes(_BLIND_BYTES), f"mixer_run:{run.activity_id}")
    run.settled_at = run.pairs = None
    db.session.flush()


def two_groups(activity_id: int) -> Groups:
    """Return the two groups of a mixer.

    :raises MixerRefused: it has no two.
    """
    two = queries.groups(activity_id)
    if two is None:
        raise MixerRefused(Reason.NO_GROUPS)
    return two


# -- at the door ---------------------------------------------------------------------------------------------------------------


def follow(moved: Moved) -> None:
    """Give a number to whoever is checked in for the first time, in the transaction of the scan. Taken once, it is kept."""
    if moved.after == State.ATTENDED:
        give_number(moved.sign_up)


def give_number(sign_up: SignUp) -> Guest:
    """Give somebody a free number of their group at random, or return the one they have: it tells nothing about who came when."""
    lock_activity(sign_up.activity_id)
    if found := queries.guest_of(sign_up.id):
        return found
    run_of(sign_up.activity_id)
    pool = db.session.get_one(Pool, sign_up.pool_id)
    made = Guest(
        activity_id=sign_up.activity_id,
        sign_up_id=sign_up.id,
        pool_id=pool.id,
        number=rules.draw_number(queries.numbers_taken(pool.id), pool.capacity, _CHANCE),
    )
    db.session.add(made)
    db.session.flush()
    return made


# -- what people want ----------------------------------------------------------------------------------------------------------


def prefer(sign_up: SignUp, *, no_photo: bool) -> None:
    """Keep whether somebody wants to be photographed."""
    lock_activity(sign_up.activity_id)
    kept = db.session.get(Preference, sign_up.id, populate_existing=True)
    if kept is None:
        kept = Preference(sign_up_id=sign_up.id)
        db.session.add(kept)
    kept.no_photo = no_photo


def know(sign_up: SignUp, said: str) -> None:
    """Keep whom somebody knows, as they said it. Whether that is anybody here is not looked up: the answer would tell.

    :param said: as ``rules.read_said`` gives it.
    :raises MixerRefused: the tables are planned, it is oneself, or there are too many.
    """
    lock_activity(sign_up.activity_id)
    if queries.last_round(sign_up.activity_id):
        raise MixerRefused(Reason.PLANNED)
    if said in {sign_up.digits, queries.labels([sign_up.id]).get(sign_up.id)}:
        raise MixerRefused(Reason.OWN_NUMBER)
    kept = queries.acquaintances(sign_up.id)
    if any(one.said == said for one in kept):
        return
    if len(kept) >= rules.MOST_NAMED:
        raise MixerRefused(Reason.TOO_MANY)
    db.session.add(Acquaintance(sign_up_id=sign_up.id, said=said))
    db.session.flush()


def know_no_more(sign_up: SignUp, acquaintance_id: int) -> None:
    """Forget an acquaintance; one that is not there is gone already.

    :raises MixerRefused: the tables are planned.
    """
    lock_activity(sign_up.activity_id)
    if queries.last_round(sign_up.activity_id):
        raise MixerRefused(Reason.PLANNED)
    db.session.execute(delete(Acquaintance).where(Acquaintance.id == acquaintance_id, Acquaintance.sign_up_id == sign_up.id))


def block(sign_up: SignUp, letter: str, number: int) -> Guest:
    """Keep two people apart from now on: no table, no result. Nobody else is told; return who was blocked.

    :raises MixerRefused: the person has no number yet, nobody wears this one, it is their own, or there are too many.
    """
    guest, other = _two_guests(sign_up, letter, number)
    kept = queries.blocked_by(guest.id)
    if other.id in {one.id for one in kept}:
        return other
    if len(kept) >= rules.MOST_NAMED:
        raise MixerRefused(Reason.TOO_MANY)
    db.session.add(Block(by_id=guest.id, blocked_id=other.id))
    both = (guest.id, other.id)
    db.session.execute(delete(Pair).where(Pair.left_id.in_(both), Pair.right_id.in_(both)))
    db.session.flush()
    _keep_apart(sign_up.activity_id, both)
    return other


def _two_guests(sign_up: SignUp, letter: str, number: int) -> tuple[Guest, Guest]:
    lock_activity(sign_up.activity_id)
    guest = here_as(sign_up)
    other = queries.numbered(two_groups(sign_up.activity_id), letter, number)
    if other is None:
        raise MixerRefused(Reason.UNKNOWN_NUMBER)
    if other.id == guest.id:
        raise MixerRefused(Reason.OWN_NUMBER)
    return guest, other


def here_as(sign_up: SignUp) -> Guest:
    """Return the number of somebody who is checked in, as the database knows it now.

    :raises MixerRefused: they are not.
    """
    state = db.session.scalar(select(SignUp.state).where(SignUp.id == sign_up.id))
    guest = queries.guest_of(sign_up.id)
    if guest is None or state != State.ATTENDED:
        raise MixerRefused(Reason.NOT_HERE)
    return guest


def report(  # who, about whom, what, in which words, and whether they may be spoken to
    sign_up: SignUp, letter: str, number: int, what: Complaint, words: str, *, may_be_asked: bool
) -> Report:
    """Tell the organizers about somebody. The words are sealed. Said again in the same words, it is the same report.

    :raises MixerRefused: as ``block``.
    """
    guest, other = _two_guests(sign_up, letter, number)
    mine = queries.reports_by(guest.id)
    for one in mine:
        if (one.about_id, one.what, one.closed_at) == (other.id, what, None) and queries.words_of(one) == words:
            one.may_be_asked = may_be_asked
            return one
    if len(mine) >= rules.MOST_NAMED:
        raise MixerRefused(Reason.TOO_MANY)
    made = Report(
        activity_id=sign_up.activity_id,
        by_id=guest.id,
        about_id=other.id,
        what=what,
        sealed=seal(words.encode(), f"mixer_report:{other.id}") if words else None,
        may_be_asked=may_be_asked,
        at=database_now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def close_report(activity_id: int, report_id: int, *, actor_id: int) -> None:
    """Mark a report as dealt with; once is enough.

    :raises NotFound: the mixer has no such report.
    """
    lock_activity(activity_id)
    found = queries.report(activity_id, report_id)
    if found.closed_at is None:
        found.closed_at, found.closed_by_id = database_now(), actor_id
        record("mixer.report_closed", "mixer_report", found.id, actor_id=actor_id, activity_id=activity_id)


# -- tables --------------------------------------------------------------------------------------------------------------------


def plan(activity_id: int, *, actor_id: int) -> int:
    """Plan the rounds that have not begun for whoever is there now; return the last round planned.

    :raises MixerRefused: a group is empty, or no round is left.
    """
    activity = lock_activity(activity_id)
    two, pairing, run = two_groups(activity_id), queries.pairing(activity), run_of(activity_id)
    if pairing is None:
        raise MixerRefused(Reason.NO_TIMES)
    if run.current_round >= pairing.rounds:
        raise MixerRefused(Reason.NO_MORE_ROUNDS)
    for sign_up in queries.unnumbered(activity_id):
        give_number(sign_up)  # checked in before the activity was a mixer
    guests = queries.here(activity_id)
    begun = [meeting for meeting in queries.meetings(activity_id) if meeting.round <= run.current_round]
    found = _planned(two, guests, begun, range(run.current_round + 1, pairing.rounds + 1))
    if not found:
        raise MixerRefused(Reason.NOBODY)
    db.session.execute(delete(Meeting).where(Meeting.activity_id == activity_id, Meeting.round > run.current_round))
    _write(activity_id, found)
    run.planned_at = database_now()
    last = max(seat.round for seat in found)
    record(
        "mixer.plan",
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=f"rounds {run.current_round + 1}-{last} guests {len(guests)}",
    )
    return last


def _planned(two: Groups, guests: list[Guest], others: Iterable[Meeting], rounds: Iterable[int]) -> list[Seat]:
    """Return a plan for some rounds, given all the others."""
    left = [guest.id for guest in guests if guest.pool_id == two.left.id]
    right = [guest.id for guest in guests if guest.pool_id == two.right.id]
    everybody = queries.guests(two.slot.activity_id)
    lefts = {guest.id for guest in everybody if guest.pool_id == two.left.id}
    apart = rules.apart_of([*queries.acquainted(two, everybody), *queries.blocks(two.slot.activity_id)], lefts)
    played = [Seat(meeting.round, meeting.left_id, meeting.right_id) for meeting in others]
    return rotation.plan(left[: rotation.MOST], right[: rotation.MOST], apart, rounds, played, chance=_CHANCE)


def _write(activity_id: int, seats: list[Seat]) -> None:
    db.session.add_all(
        Meeting(activity_id=activity_id, round=seat.round, left_id=seat.left, right_id=seat.right) for seat in seats
    )
    db.session.flush()


def _keep_apart(activity_id: int, both: tuple[int, int]) -> None:
    """Plan the round anew in which two would have met, if it has not begun: all others stay as they were printed."""
    run = run_of(activity_id)
    meeting = db.session.scalar(
        select(Meeting).where(Meeting.left_id.in_(both), Meeting.right_id.in_(both), Meeting.round > run.current_round),
    )
    if meeting is None:
        return
    number, every = meeting.round, queries.meetings(activity_id)
    seated = {person for one in every if one.round == number for person in (one.left_id, one.right_id)}
    guests = [guest for guest in queries.guests(activity_id) if guest.id in seated]
    found = _planned(two_groups(activity_id), guests, [one for one in every if one.round != number], [number])
    if not found:  # the two are all there is
        found = [Seat(number, meeting.left_id, None), Seat(number, None, meeting.right_id)]
    db.session.execute(delete(Meeting).where(Meeting.activity_id == activity_id, Meeting.round == number))
    _write(activity_id, found)
    run.planned_at = database_now()


def begin_round(activity_id: int, number: int, *, actor_id: int) -> None:
    """Say which round is on: the next one, or the one before after a slip of the finger. Saying it twice changes nothing.

    :raises MixerRefused: it is neither, or not planned.
    """
    lock_activity(activity_id)
    run = run_of(activity_id)
    if number == run.current_round:
        return
    if number not in {run.current_round + 1, run.current_round - 1} or not 0 <= number <= queries.last_round(activity_id):
        raise MixerRefused(Reason.NO_MORE_ROUNDS)
    run.current_round = number
    record("mixer.round", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"round {number}")


def set_times(  # the three times, and how the tables turn
    activity_id: int, opens: time, closes: time, reveal: time, *, rounds: int, minutes_per_round: int, actor_id: int
) -> None:
    """Set when people choose, and the rounds.

    :raises MixerRefused: the choice is settled already.
    """
    activity = lock_activity(activity_id)
    settled_at, times = run_of(activity_id).settled_at, queries.times(activity)
    if settled_at is not None and times is not None and settled_at >= times.opens_at:
        raise MixerRefused(Reason.SETTLED)
    before = details_of(activity)
    wanted = {"opens": opens, "closes": closes, "reveal": reveal, "rounds": rounds, "minutes_per_round": minutes_per_round}
    kept = dict(before.pairing) if isinstance(before, MixerDetails) else {"choices_max": rules.ROWS}
    pairing = Pairing.model_validate({**kept, **wanted})
    after = before.model_copy(update={"pairing": pairing}) if before is not None else MixerDetails(pairing=pairing)
    activity.details = after.model_dump_json()
    activity.updated_at = max(clock.wall(), activity.updated_at + timedelta(seconds=1))
    if times != queries.times(activity):
        shown = SignUp.state.in_(CONCERNED)
        for sign_up in db.session.scalars(select(SignUp).where(SignUp.activity_id == activity_id, shown)):
            waitlist.touch(sign_up)  # their own calendars name the times
    changes = f"{opens:%H:%M}-{closes:%H:%M} {reveal:%H:%M} rounds {rounds} minutes {minutes_per_round}"
    record("mixer.times", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=changes)


# -- forgetting ----------------------------------------------------------------------------------------------------------------


def forget(guest_id: int) -> None:
    """Forget somebody's number and all that hangs on it; whoever was to meet them sits out instead."""
    solo = or_(Meeting.left_id.is_(None), Meeting.right_id.is_(None))
    db.session.execute(delete(Meeting).where(solo, or_(Meeting.left_id == guest_id, Meeting.right_id == guest_id)))
    for meeting in queries.meetings_of(guest_id):
        if meeting.left_id == guest_id:
            meeting.left_id = None
        else:
            meeting.right_id = None
    db.session.flush()
    for table, conditions in (
        (Report, or_(Report.by_id == guest_id, Report.about_id == guest_id)),
        (Block, or_(Block.by_id == guest_id, Block.blocked_id == guest_id)),
    ):
        db.session.execute(delete(table).where(conditions))
    from_choice(guest_id)
    db.session.execute(delete(Guest).where(Guest.id == guest_id))


def from_choice(guest_id: int) -> None:
    """Take somebody out of the mutual choice: rows, pairs and key go."""
    db.session.execute(delete(Choice).where(Choice.guest_id == guest_id))
    db.session.execute(delete(Pair).where(or_(Pair.left_id == guest_id, Pair.right_id == guest_id)))
    if guest := db.session.get(Guest, guest_id, populate_existing=True):
        guest.public_key = None
