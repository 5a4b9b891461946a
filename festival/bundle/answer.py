"""The answer to a bundle: one line that sums it up, and what became of each activity, as things stand now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from festival.bundle import wording as words
from festival.bundle.models import Bundle, BundleVerdict
from festival.programme.models import Activity, Venue
from festival.signups import queries, timeline, wording
from festival.signups.models import SignUp
from festival.signups.rules import Reason, State


@dataclass(frozen=True, slots=True)
class Line:
    """One activity of the answer."""

    activity: Activity
    #: None: it was refused.
    sign_up: SignUp | None
    venue: Venue
    #: For tools: a state or a reason in kebab-case.
    result: str
    #: The state, for its shape; empty where it was refused.
    state: str
    word: str
    lines: tuple[str, ...]
    #: What of the person's is too close to it in time.
    clashes: tuple[str, ...] = ()
    may_try_again: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """All of it."""

    summary: str
    lines: tuple[Line, ...]


def answer_of(bundle: Bundle, now: datetime) -> Answer:
    """Return a bundle's answer: sign-ups as they stand now, refusals as they were given."""
    waiting = [one.sign_up.pool_id for one in bundle.verdicts if one.sign_up and one.sign_up.state == State.WAITLISTED]
    positions = queries.positions(waiting)
    mine = queries.of_person(bundle.person_id)
    lines: list[Line] = []
    for verdict in bundle.verdicts:
        mine = [one for one in mine if one.id != verdict.sign_up_id]  # a clash is told at the first of the two
        lines.append(_line(verdict, positions.get(verdict.sign_up_id or 0, 0), mine, now))
    fresh = [one.sign_up for one in bundle.verdicts if one.sign_up is not None and not one.was_already]
    return Answer(
        summary=words.summary(
            [wording.state_shown(sign_up, now) for sign_up in fresh],
            [positions[sign_up.id] for sign_up in fresh if sign_up.id in positions],
            [Reason(one.reason) for one in bundle.verdicts if one.reason],
            sum(one.was_already for one in bundle.verdicts),
        ),
        lines=tuple(lines),
    )


def _line(verdict: BundleVerdict, position: int, mine: Sequence[SignUp], now: datetime) -> Line:
    if verdict.sign_up is None:
        assert verdict.reason is not None  # the table's own constraint
        return _refused(verdict.activity, verdict.reason, now)
    sign_up = verdict.sign_up
    state = wording.state_shown(sign_up, now)
    told = wording.result(wording.Told(sign_up, verdict.activity, sign_up.slot, position, now), already=verdict.was_already)
    venue = sign_up.slot.venue or verdict.activity.venue
    stop = timeline.stop_at(sign_up.slot, venue)
    return Line(
        activity=verdict.activity,
        sign_up=sign_up,
        venue=venue,
        result=told.result,
        state=state.value,
        word=wording.state_words(sign_up, now, position),
        lines=told.lines[:1],
        clashes=tuple(timeline.told_clashes(stop, mine, now, sign_up.id)) if state in _TAKES_TIME else (),
    )


#: States in which a clash is worth a word.
_TAKES_TIME = {State.PENDING, State.ENTERED, State.OFFERED, State.CONFIRMED, State.WAITLISTED}


def _refused(activity: Activity, reason: Reason, now: datetime) -> Line:
    refusal = wording.refusal(reason, activity, now)
    help_ = words.WHAT_TO_DO.get(reason)
    return Line(
        activity=activity,
        sign_up=None,
        venue=activity.venue,
        result=refusal.result,
        state="",
        word=refusal.title,
        lines=(*refusal.lines, str(help_)) if help_ else refusal.lines,
        may_try_again=reason in words.MAY_TRY_AGAIN,
    )
