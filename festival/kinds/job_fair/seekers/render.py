"""What pages of seekers and recruiters show: times to choose, queues, names in the language that there is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select

from festival.kinds.job_fair.employers.queries import recruited_by
from festival.kinds.job_fair.seekers import queries, rules, service, wording
from festival.kinds.job_fair.seekers.models import Application, BoothNumber, Interview
from festival.kinds.job_fair.seekers.queries import Queue
from festival.kinds.job_fair.seekers.rules import Chair, State, Turn
from festival.lib import clock
from festival.lib.format import clock_time, day, day_then, hours
from festival.lib.i18n import _, loc
from festival.programme.models import Slot
from festival.signups.mine import Appointment, Way
from festival.signups.models import SignUp


@dataclass(frozen=True, slots=True)
class Time:
    """A time to choose."""

    value: str
    words: str
    #: Why it cannot be taken, in words; empty: it can.
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a day."""

    day: str
    times: tuple[Time, ...]


def _by_day(chairs: Sequence[Chair], sessions: Sequence[Slot]) -> list[tuple[Slot, list[Chair]]]:
    known = {one.id: one for one in sessions}
    ordered = sorted(chairs, key=lambda chair: (known[chair.session_id].starts_at, chair.minute, chair.recruiter_id))
    return [(known[key], list(of_day)) for key, of_day in groupby(ordered, key=lambda chair: chair.session_id)]


def times_for_seeker(application: Application, now: datetime) -> list[Times]:
    """Return the times that a seeker may choose from; of recruiters free at the same time, the first.

    What they cannot keep stands there too, with the reason.
    """
    activity = application.employer.activity
    timetable = service.timetable_of(activity)
    if timetable is None or not queries.takes_applications(activity, now):
        return []
    sessions = queries.sessions(activity.id)
    chairs = queries.choosable(application, queries.free_chairs(application, timetable, now))
    held = queries.standing_interview(application.id)
    found = []
    for session, of_day in _by_day(chairs, sessions):
        times = []
        for minute, several in groupby(of_day, key=lambda chair: chair.minute):
            chair = next(iter(several))
            if held is not None and held.chair.hour == chair.hour:
                continue
            reason = service.time_refusal(application, session, minute, timetable, now)
            words = clock_time(rules.begins_at(queries.day_of(session), minute))
            times.append(Time(chair.value, words, wording.refusal(reason) if reason else ""))
        found.append(Times(day(session.starts_at), tuple(times)))
    return [one for one in found if one.times]


def times_to_offer(application: Application, now: datetime) -> list[Times]:
    """Return the free times of an employer's recruiters, each with the recruiter's name where there are several."""
    activity = application.employer.activity
    timetable = service.timetable_of(activity)
    if timetable is None or not queries.takes_applications(activity, now):
        return []
    people = {one.id: one.name for one in queries.recruiters(application.employer_id)}
    several = len(people) > 1
    return [
        Times(
            day(session.starts_at),
            tuple(
                Time(
                    chair.value,
                    clock_time(rules.begins_at(queries.day_of(session), chair.minute))
                    + (f" {people[chair.recruiter_id]}" if several else ""),
                )
                for chair in chairs
            ),
        )
        for session, chairs in _by_day(queries.free_chairs(application, timetable, now), queries.sessions(activity.id))
    ]


def interview_words(interview: Interview) -> str:
    """Return when an interview is: 6月18日 周日 14:20–14:30."""
    return f"{day_then(interview.starts_at)} {hours(interview.starts_at, interview.ends_at)}"


# -- the queue ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """One number, as its holder sees it."""

    held: BoothNumber
    employer: str
    booth: str
    #: How many are called before it; 0 when it is called or next.
    ahead: int
    words: str

    @property
    def is_called(self) -> bool:
        """Tell whether its holder is to come to the booth now."""
        return self.held.state == Turn.CALLED


def standings(person_id: int, now: datetime) -> list[Standing]:
    """Return how somebody's numbers of today stand, until the fair closes."""
    held = [one for one in queries.held_numbers(person_id) if _is_now(one.session, now)]
    found = queries.queues({one.employer_id for one in held}, {one.session_id for one in held})
    return [_standing(one, found.get(one.employer_id, Queue((), ()))) for one in held]


def _is_now(session: Slot, now: datetime) -> bool:
    return rules.numbers_are_given(session.starts_at, session.ends_at, now)


def _standing(held: BoothNumber, queue: Queue) -> Standing:
    before = 0 if held.state == Turn.CALLED else rules.ahead(held.number, queue.waiting)
    if held.state == Turn.CALLED:
        words = str(wording.TURNS[Turn.CALLED])
    else:
        words = _("前面还有 %(n)s 位", n=before) if before else _("下一位就是您")
    return Standing(held, loc(held.employer, "name"), queries.booth_of(held.employer_id), before, words)


# -- beside the ticket and in the calendar -----------------------------------------------------------------------------------


def interviews_at(person_id: int, activity_id: int) -> list[Interview]:
    """Return somebody's interviews at one fair, by time."""
    return [one for one in queries.interviews_of(person_id) if one.application.activity_id == activity_id]


def calendar_lines(sign_up: SignUp) -> list[str]:
    """Return what the entry of a fair says of its owner's interviews."""
    found = [one for one in interviews_at(sign_up.person_id, sign_up.activity_id) if one.session_id == sign_up.session_id]
    return [
        _(
            "面试 %(time)s：%(employer)s，%(position)s，展位 %(booth)s",
            time=hours(one.starts_at, one.ends_at),
            employer=loc(one.application.employer, "name"),
            position=loc(one.application.position, "title"),
            booth=queries.booth_of(one.application.employer_id) or _("待定"),
        )
        for one in found
    ]


def appointments(person_id: int) -> list[Appointment]:
    """Return the interviews that somebody is to keep, of fairs that go ahead."""
    now = clock.now()
    return [_appointment(one) for one in queries.interviews_of(person_id) if _is_kept(one, now)]


def appointments_among(people: Select[int]) -> list[tuple[int, Appointment]]:
    """Return the interviews that any of some people are to keep, each with whose it is."""
    now = clock.now()
    return [(one.person_id, _appointment(one)) for one in queries.interviews_among(people) if _is_kept(one, now)]


def _is_kept(interview: Interview, now: datetime) -> bool:
    return interview.ends_at > now and queries.takes_applications(interview.session.activity, now)


def _appointment(interview: Interview) -> Appointment:
    return Appointment(
        interview.application.activity_id,
        service.stop_of(interview.session, interview.minute, interview.minutes),
        _("面试：%(employer)s", employer=loc(interview.application.employer, "name")),
        _booth_words(interview),
        f"/me/applications/{interview.application_id}",
    )


def _booth_words(interview: Interview) -> str:
    return _("展位 %(booth)s", booth=queries.booth_of(interview.application.employer_id) or _("待定"))


def ways(person_id: int) -> list[Way]:
    """Return the ways to one's applications and, for recruiters, to their desk."""
    found = [Way("/me/applications", "list", _("我的投递"))]
    if recruited_by(person_id):
        found.append(Way("/employer-desk", "host", _("用人单位工作台")))
    if queries.recruits_for(person_id):
        found.append(Way("/recruiting", "people", _("招聘工作台")))
    return found


def panel(sign_up: SignUp) -> dict[str, object]:
    """Return what stands below the ticket of a fair: how many applications, the interviews, the numbers held."""
    applications = [one for one in queries.of_person(sign_up.person_id) if one.activity_id == sign_up.activity_id]
    return {
        "live": sum(one.state in rules.LIVE for one in applications),
        "invited": sum(one.state == State.INVITED for one in applications),
        "interviews": [
            (interview_words(one), loc(one.application.employer, "name"), one.application_id)
            for one in interviews_at(sign_up.person_id, sign_up.activity_id)
        ],
    }
