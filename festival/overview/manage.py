"""The organizers' first page, the statistics of an activity, their charts, and the live numbers of the day."""

from datetime import datetime
from hashlib import sha256

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.exports.queries import PoolFigures, figures
from festival.exports.rules import total
from festival.jobs import standing as jobs
from festival.lib import clock
from festival.overview import drawing, queries, render
from festival.overview.render import Task
from festival.overview.rules import Chart
from festival.programme import queries as programme
from festival.programme.log import flag_lines
from festival.programme.models import Activity
from festival.programme.render import standing as public_standing
from festival.seats import queries as seats
from festival.signups.standing import ActivityStanding, stand

bp = Blueprint("overview", __name__)


def _within(permission: Permission) -> list[Activity]:
    return programme.all_managed(scope(the_staff(), permission, Activity.id.expression))


def _may(permission: Permission, activity_id: int) -> bool:
    return may(the_staff(), permission, activity_id)


def _ids(activities: list[Activity]) -> list[int]:
    return [one.id for one in activities]


# -- the first page ------------------------------------------------------------------------------------------------------------


@bp.get("/")
@staff(Permission.MANAGE)
def overview() -> ResponseReturnValue:
    """Show what the reader should do now, the numbers of the day, and how each activity of theirs stands."""
    now = clock.now()
    activities = _within(Permission.ACTIVITY_READ)
    standings = sorted(stand(activities, now, with_news=True), key=lambda one: one.activity.ends_at <= now)
    # Who only checks in sees their activities, the way to the door, and who has come today: no other numbers.
    at_the_door = [] if standings else _within(Permission.CHECK_IN)
    found = figures(activities or at_the_door, now)
    counted = [one for one in found if _may(Permission.STATISTICS, one.activity.id)]
    return render_template(
        "manage/overview/overview.html",
        standings=standings,
        tasks=_tasks(standings, now),
        words={one.activity.id: public_standing(one.activity, now) for one in standings},
        at_the_door=at_the_door,
        sessions=render.sessions_today(found, now, _may),
        charts=_festival_charts(counted) if counted else [],
        queue=jobs.figures(),
        number=render.number,
        told=render.told,
        new_today=sum(one.new_today for one in standings),
        to_review=sum(one.to_review for one in standings),
        waiting=sum(one.counts.waiting for one in standings),
        sessions_on_today=sum(len(one.sessions_on(now)) for one in standings),
    )


def _tasks(standings: list[ActivityStanding], now: datetime) -> list[Task]:
    ids = [one.activity.id for one in standings]
    member = the_staff()
    unseated = seats.without_seat(scope(member, Permission.CAPACITY_EDIT, Activity.id.expression))
    about = queries.message_activity()
    failed = queries.failed_messages(scope(member, Permission.MESSAGES_READ, about) & (about > 0))
    return render.in_order(
        [
            render.flag_task(_flags(now)) if may(member, Permission.AUDIT_READ, None) else None,
            render.failed_task(failed),
            *render.tasks(standings, queries.waiting(ids), unseated, now, _may),
        ]
    )


def _flags(now: datetime) -> int:
    """Return how often somebody revealed more people within an hour than the festival finds usual."""
    festival = programme.current_festival()
    return len(flag_lines(festival.reveals_max, now)) if festival else 0


def _festival_charts(found: list[PoolFigures]) -> list[Chart]:
    activities = list({one.activity.id: one.activity for one in found}.values())
    return render.festival_charts(activities, found, queries.by_day(_ids(activities)))


@bp.get("/charts/<any(days, tracks, waitlist, absences):what>.svg")
@staff(Permission.STATISTICS)
def chart(what: str) -> ResponseReturnValue:
    """Give a chart of the caller's activities as a picture."""
    found = figures(_within(Permission.STATISTICS), clock.now())
    return drawing.answer(next(one for one in _festival_charts(found) if one.key == what))


@bp.get("/today")
@staff(Permission.MANAGE)
def today() -> ResponseReturnValue:
    """Give the live numbers of the day alone, as the overview asks for them every few seconds."""
    now = clock.now()
    activities = _within(Permission.ACTIVITY_READ) or _within(Permission.CHECK_IN)
    return _today(figures(activities, now), now)


def _today(found: list[PoolFigures], now: datetime) -> Response:
    """Answer with the numbers of the day, or with 304 where the caller has these already."""
    body = render_template("manage/overview/today.html", sessions=render.sessions_today(found, now, _may))
    response = Response(body, mimetype="text/html")
    response.set_etag(sha256(body.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


# -- one activity -------------------------------------------------------------------------------------------------------------


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.STATISTICS, Activity.id.expression))


def _charts(activity: Activity, found: list[PoolFigures]) -> list[Chart]:
    return render.activity_charts(activity, found, queries.by_day([activity.id]))


@bp.get("/activities/<slug:slug>/statistics")
@staff(Permission.STATISTICS)
def statistics(slug: str) -> ResponseReturnValue:
    """Show how one activity goes: sign-ups by day and pool, who waits, who came and who did not."""
    activity, now = _activity(slug), clock.now()
    found = figures([activity], now)
    return render_template(
        "manage/overview/statistics.html",
        activity=activity,
        sessions=render.sessions_today(found, now, _may),
        charts=_charts(activity, found),
        sums=total(one.figures for one in found),
        number=render.number,
        told=render.told,
    )


@bp.get("/activities/<slug:slug>/statistics/<any(days, pools, waitlist, absences):what>.svg")
@staff(Permission.STATISTICS)
def activity_chart(slug: str, what: str) -> ResponseReturnValue:
    """Give a chart of one activity as a picture."""
    activity = _activity(slug)
    found = figures([activity], clock.now())
    return drawing.answer(next(one for one in _charts(activity, found) if one.key == what))


@bp.get("/activities/<slug:slug>/statistics/today")
@staff(Permission.STATISTICS)
def activity_today(slug: str) -> ResponseReturnValue:
    """Give the live numbers of one activity alone."""
    now = clock.now()
    return _today(figures([_activity(slug)], now), now)
