"""A person's schedule as a picture to keep: on a page, and by itself."""

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.calendars import picture, queries
from festival.calendars.queries import Booking
from festival.calendars.render import marked, place_lines, standing_of, title_of
from festival.calendars.rules import Standing, state_at
from festival.lib import clock
from festival.lib.format import day, hours, moment
from festival.lib.i18n import _, loc
from festival.programme.queries import current_festival

bp = Blueprint("schedule", __name__)


@bp.get("/me/schedule")
@signed_in
def schedule() -> ResponseReturnValue:
    """Show what a person goes to as a picture to keep."""
    return render_template("calendars/schedule.html", **_drawn(), unlisted=True, section="/me")


@bp.get("/me/schedule.svg")
@signed_in
def schedule_svg() -> ResponseReturnValue:
    """Give the picture by itself."""
    answer = Response(render_template("calendars/picture.svg", **_drawn()), mimetype="image/svg+xml")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _drawn() -> dict[str, object]:
    festival, now = current_festival(), clock.now()
    booked = [] if festival is None else queries.bookings(festival.id, the_person().id)
    ahead = [booking for booking in booked if _lies_ahead(booking)]
    rows = [_row(booking) for booking in sorted(ahead, key=lambda one: standing_of(one.session.slot) == Standing.POSTPONED)]
    heading = _("我的%(festival)s", festival=_("河西人才节"))
    foot = (
        _("%(time)s 生成，以网站“我的报名”为准", time=moment(now)),
        current_app.config["BASE_URL"].partition("://")[2],
    )
    drawn = picture.draw(heading, rows, _("还没有即将参加的活动"), foot)
    name = "; ".join((heading, *(f"{row.day} {row.hours} {row.title}" for row in rows)))
    return {"picture": drawn, "width": picture.WIDTH, "name": name}


def _lies_ahead(booking: Booking) -> bool:
    slot = booking.session.slot
    stands = standing_of(slot)
    return stands != Standing.CANCELLED and (slot.ends_at > clock.now() or stands == Standing.POSTPONED)


def _row(booking: Booking) -> picture.Row:
    slot, sign_up = booking.session.slot, booking.sign_up
    stands = standing_of(slot)
    is_known = stands != Standing.POSTPONED
    state = state_at(sign_up.state, sign_up.offered_until, clock.now())
    return picture.Row(
        day=day(slot.starts_at) if is_known else _("时间待定"),
        hours=hours(slot.starts_at, slot.ends_at) if is_known else "",
        title=marked(stands, state, title_of(booking.session)),
        lines=(loc(slot.venue or slot.activity.venue, "name"), *place_lines(booking)),
        colour=slot.activity.track.colour,
    )
