"""Fair use: how many activities one person may hold, two things at once, and what follows from not having come.

Called inside ``transaction()``, the person and the activity locked: two sign-ups of one person wait for each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Label, and_, bindparam, func, or_, select

from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import UtcDateTime, db
from festival.lib.format import span
from festival.lib.i18n import _
from festival.lib.text import search_key
from festival.outbox.service import owe
from festival.programme.models import Activity, ActivityStatus, Festival, Overlap, Slot, SlotStatus, Venue
from festival.signups import mine, queries, rules, waitlist
from festival.signups.mine import Appointment
from festival.signups.models import Answer, SignUp
from festival.signups.rules import CLAIMING, DEFERRED, LIVE, NO_SHOWS_MAX, Reason, SignUpRefused, State, Stop

#: The question whose answer names the organisation that ``Activity.per_organisation`` counts by.
ORGANISATION = "org_name"


def still_ahead(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition of what somebody holds a place in, or waits for, and that is not over at an instant."""
    return and_(
        SignUp.state.in_(LIVE),
        or_(SignUp.state != State.OFFERED, SignUp.offered_until > now),
        Slot.ends_at > now,
        Slot.status == SlotStatus.SCHEDULED,
        Activity.status == ActivityStatus.PUBLISHED,
    )


def held_besides(now: ColumnElement[datetime]) -> Label[int]:
    """Return, as a column of a question about a festival, how many other activities of it somebody holds.

    Bind parameters ``person_id`` and ``activity_id``.
    """
    return (
        select(func.count(SignUp.activity_id.distinct()))
        .join(Slot, Slot.id == SignUp.slot_id)
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(
            SignUp.person_id == bindparam("person_id"),
            SignUp.activity_id != bindparam("activity_id"),
            Activity.festival_id == Festival.id,
            still_ahead(now),
        )
        .scalar_subquery()
        .label("held")
    )


#: As a column of a question about a festival: how often somebody (bind parameter ``person_id``) did not come, unexcused.
NO_SHOWS = (
    select(func.count(SignUp.id))
    .join(Activity, Activity.id == SignUp.activity_id)
    .where(
        SignUp.person_id == bindparam("person_id"),
        SignUp.state == State.NO_SHOW,
        SignUp.excused_at.is_(None),
        Activity.festival_id == Festival.id,
    )
    .scalar_subquery()
    .label("no_shows")
)
_NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTime())
_STANDING = select(Festival.activities_max, held_besides(_NOW), NO_SHOWS).where(Festival.id == bindparam("festival_id"))
_STOPS = (
    select(Slot.starts_at, Slot.ends_at, Venue.id, Venue.lat, Venue.lon)
    .select_from(SignUp)
    .join(Slot, Slot.id == SignUp.slot_id)
    .join(Activity, Activity.id == SignUp.activity_id)
    .join(Venue, Venue.id == func.coalesce(Slot.venue_id, Activity.venue_id))
    .where(
        SignUp.person_id == bindparam("person_id"),
        SignUp.id != bindparam("but"),
        Activity.overlap != Overlap.ALLOW,
        still_ahead(_NOW),
    )
)


@dataclass(frozen=True, slots=True)
class Fairness:
    """How a person stands in a festival."""

    #: Activities that they hold a place in, or wait for, besides the one asked about.
    held: int
    #: The most they may hold; None: no limit.
    most: int | None
    #: Times they did not come, unexcused.
    no_shows: int

    @property
    def is_deferred(self) -> bool:
        """Tell whether new sign-ups wait behind everybody else."""
        return self.no_shows >= NO_SHOWS_MAX


def standing_of(person_id: int, activity: Activity, now: datetime) -> Fairness:
    """Return how a person stands in an activity's festival. One query."""
    row = db.session.execute(
        _STANDING,
        {"person_id": person_id, "activity_id": activity.id, "festival_id": activity.festival_id, "now": now},
    ).one()
    return Fairness(held=row.held, most=row.activities_max, no_shows=row.no_shows)


def check_newcomer(activity: Activity, standing: Fairness, answers: Mapping[str, str]) -> None:
    """Refuse somebody who signs up for an activity and has, or whose organisation has, as much as they may.

    :raises SignUpRefused: they hold as many activities as one may, or their organisation has its places already.
    """
    if standing.most is not None and standing.held >= standing.most:
        raise SignUpRefused(Reason.LIMIT)
    if activity.per_organisation is not None and (named := answers.get(ORGANISATION, "")):
        same = sum(search_key(other) == search_key(named) for other in _organisations_in(activity.id))
        if same >= activity.per_organisation:
            raise SignUpRefused(Reason.ORGANISATION_LIMIT)


def _organisations_in(activity_id: int) -> list[str]:
    """Return the organisations of an activity's sign-ups, each as often as it is named."""
    found = db.session.scalars(
        select(Answer.plain)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .where(SignUp.activity_id == activity_id, SignUp.state.in_(CLAIMING), Answer.question_key == ORGANISATION),
    )
    return [name for name in found if name]


def check_overlap(activity: Activity, slot: Slot, person_id: int, now: datetime, *, but: int = 0) -> None:
    """Refuse a time that somebody cannot keep beside what they hold, where the activity says so.

    :param but: the id of the sign-up that is moved to this time.
    :raises SignUpRefused: another live sign-up overlaps, or the way between the two takes longer than the gap.
    """
    if activity.overlap != Overlap.BLOCK:
        return
    venue = db.session.get_one(Venue, slot.venue_id or activity.venue_id)
    stop = Stop(slot.starts_at, slot.ends_at, venue.id, _point(venue.lat, venue.lon))
    rows = db.session.execute(_STOPS, {"person_id": person_id, "but": but, "now": now})
    others = [Stop(row.starts_at, row.ends_at, row.id, _point(row.lat, row.lon)) for row in rows]
    if any(rules.clash(other, stop) is not None for other in others):
        raise SignUpRefused(Reason.OVERLAP)


def check_appointments(activity: Activity, slot: Slot, person_id: int, now: datetime) -> None:
    """Refuse a time in which somebody keeps an appointment, and an entry that is too late for one within the activity itself.

    An appointment is never in the way of anything, whatever the activity says of overlaps, unless these are all the same to it.

    :raises SignUpRefused: naming the appointment, with the page on which it can be given back.
    """
    venue = db.session.get_one(Venue, slot.venue_id or activity.venue_id)
    stop = Stop(slot.starts_at, slot.ends_at, venue.id, _point(venue.lat, venue.lon))
    session = db.session.get_one(Slot, slot.parent_id or slot.id)
    for one in mine.appointments(person_id):
        if one.stop.ends_at <= now:
            continue
        if one.activity_id == activity.id:
            is_in_the_way = not slot.starts_at <= one.stop.starts_at < session.ends_at
        else:
            is_in_the_way = activity.overlap != Overlap.ALLOW and rules.clash(one.stop, stop) is not None
        if is_in_the_way:
            raise SignUpRefused(Reason.OVERLAP, _kept(one), one.path)


def _kept(one: Appointment) -> str:
    return _(
        "您在 %(time)s 有“%(title)s”，与这个时间冲突。请先改约或取消这次预约，再来选择。",
        time=span(one.stop.starts_at, one.stop.ends_at),
        title=one.title,
    )


def _point(lat: float | None, lon: float | None) -> tuple[float, float] | None:
    return None if lat is None or lon is None else (lat, lon)


# -- who did not come ---------------------------------------------------------------------------------------------------------


def record_no_show(sign_up: SignUp, at: datetime, *, actor_id: int | None) -> None:
    """Record that somebody with a confirmed place did not come; they are told, and how to say why. 爽约记录

    The place is not given to anybody else: the activity is over, and what was held stays counted.

    :raises SignUpRefused: not confirmed, somebody of the party was let in, or the slot is not over yet.
    """
    slot = db.session.get_one(Slot, sign_up.slot_id)
    if sign_up.state != State.CONFIRMED or sign_up.arrived or at < slot.ends_at:
        raise SignUpRefused(Reason.NOT_LIVE)
    taken = queries.places(sign_up.pool_id).taken
    waitlist.move(sign_up, State.NO_SHOW, at=at)
    waitlist.enter(
        sign_up,
        at=at,
        actor_id=actor_id,
        what="no_show",
        why="no_show",
        state_before=State.CONFIRMED,
        taken_before=taken,
    )
    owe("sign_up_no_show", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def appeal(sign_up: SignUp, words: str) -> None:
    """Keep what a person says to being recorded as absent, once; staff read it on the page of absences.

    :raises SignUpRefused: they are not recorded as absent, are excused already, or have said it before.
    """
    if sign_up.state != State.NO_SHOW or sign_up.excused_at is not None or sign_up.appealed_at is not None:
        raise SignUpRefused(Reason.NOT_LIVE)
    sign_up.appeal = words
    sign_up.appealed_at = clock.wall()
    waitlist.touch(sign_up)


def excuse(sign_up: SignUp, reason: str | None, *, actor_id: int) -> None:
    """Excuse an absence: it no longer counts against the person.

    :param reason: for the log; None: the caller records it.
    :raises SignUpRefused: there is no absence, or it is excused already.
    """
    if sign_up.state != State.NO_SHOW or sign_up.excused_at is not None:
        raise SignUpRefused(Reason.NOT_LIVE)
    sign_up.excused_at = clock.wall()
    waitlist.touch(sign_up)
    if reason is not None:
        record(
            "sign_up.excuse",
            "sign_up",
            sign_up.id,
            actor_id=actor_id,
            activity_id=sign_up.activity_id,
            reason=reason,
            changes="excused_at",
        )
    owe("sign_up_excused", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def decline(sign_up: SignUp, words: str, *, actor_id: int) -> None:
    """Answer what a person says to an absence without excusing it, once; they read the words. It may still be excused later.

    :raises SignUpRefused: nobody said anything, it is excused, or it has been answered.
    """
    is_waiting = sign_up.state == State.NO_SHOW and sign_up.appeal and sign_up.excused_at is None
    if not is_waiting or sign_up.appeal_answered_at is not None:
        raise SignUpRefused(Reason.NOT_LIVE)
    sign_up.appeal_answer = words
    sign_up.appeal_answered_at = clock.wall()
    waitlist.touch(sign_up)
    record(
        "sign_up.appeal_answer",
        "sign_up",
        sign_up.id,
        actor_id=actor_id,
        activity_id=sign_up.activity_id,
        changes="appeal_answer",
    )
    owe("sign_up_appeal_answered", "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)


def deferred_of(person_id: int, activity_ids: Iterable[int]) -> list[SignUp]:
    """Return the live sign-ups of a person in some activities that wait behind everybody else, or would again."""
    return list(
        db.session.scalars(
            select(SignUp)
            .where(
                SignUp.person_id == person_id,
                SignUp.activity_id.in_(list(activity_ids)),
                SignUp.state.in_(LIVE),
                SignUp.priority >= DEFERRED,
            )
            .order_by(SignUp.id)
            .execution_options(populate_existing=True),
        ),
    )
