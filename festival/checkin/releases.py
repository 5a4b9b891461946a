"""Places of those who have not come: staff at the door release them after the start, and give them to those who stand there."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, staff, the_staff
from festival.accounts.rules import Permission
from festival.checkin import door, scans, service
from festival.checkin.forms import RecordForm
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.format import clock_time, span
from festival.lib.i18n import _, _l, _n, loc
from festival.programme.models import Activity, Slot
from festival.signups import releasing
from festival.signups.models import SignUp
from festival.signups.releasing import Absent
from festival.signups.rules import Reason, SignUpRefused

bp = Blueprint("releases", __name__)

#: Why nothing is released, to staff.
_WHY_NOT = {
    Reason.ENDED: _l("这一场已经结束。"),
    Reason.CANCELLED: _l("这一场不再举行。"),
    Reason.POSTPONED: _l("这一场已延期。"),
}


@dataclass(frozen=True, slots=True)
class Time:
    """A time of today as the page lists it. ``why_not``: why nothing can be released of it now; empty: it can."""

    slot: Slot
    name: str
    absent: Absent
    waiting: list[SignUp]
    why_not: str


@bp.get("/activities/<slug:slug>/check-in/release")
@staff(Permission.CHECK_IN)
def show(slug: str) -> ResponseReturnValue:
    """Show for each time of today whose places would be released, and who waits."""
    return _page(door.activity_of(slug))


@bp.post("/activities/<slug:slug>/check-in/slots/<id:slot_id>/release")
@staff(Permission.CHECK_IN)
def release(slug: str, slot_id: int) -> ResponseReturnValue:
    """Release the places of one time, and let those in who are ticked, as far as there is room."""
    activity, form = door.activity_of(slug), RecordForm()
    if slot_id not in {slot.id for slot in activity.slots}:
        raise NotFound
    seen = form.seen()
    if not form.validate() or seen is None:
        return _page(activity, refused=_("请再看一遍人数，然后释放。")), 422
    where, present = door.where_of(activity.id), frozenset(form.picked())
    try:
        with transaction():
            done = service.release(slot_id, present, where, seen=seen)
            counts = len(done.released), len(done.placed), len(done.left)
    except SignUpRefused as refused:
        is_stale = refused.reason == Reason.CHANGED_MEANWHILE
        words = _("刚才又有人签到或取消，请再看一遍人数。") if is_stale else _("现在不能释放。")
        return _page(door.activity_of(slug), refused=words, ticked=present), 409
    _say(*counts)
    return redirect(url_for(".show", slug=slug), 303)


def _say(released: int, placed: int, left: int) -> None:
    flash(_n("已释放 %(num)s 个报名的名额，并通知本人。", "已释放 %(num)s 个报名的名额，并通知本人。", released), "ok")
    if placed:
        flash(_n("在场的 %(num)s 个候补已递补并签到。", "在场的 %(num)s 个候补已递补并签到。", placed), "ok")
    if left:
        flash(_n("在场的 %(num)s 个候补放不下，仍在候补。", "在场的 %(num)s 个候补放不下，仍在候补。", left), "warn")


def _page(activity: Activity, *, refused: str = "", ticked: frozenset[int] = frozenset()) -> str:
    now = clock.now()
    slots = scans.days_with_slots(activity, now, 1)
    times = []
    for slot in slots:
        reason = releasing.why_not(activity, slot, now)
        times.append(
            Time(
                slot=slot,
                name=loc(slot, "label") or span(slot.starts_at, slot.ends_at),
                absent=releasing.absent(slot.id),
                waiting=releasing.waiting(slot.id) if reason is None else [],
                why_not="" if reason is None else _why_not(reason, activity, slot),
            )
        )
    return render_template(
        "manage/checkin/release.html",
        activity=activity,
        times=times,
        refused=refused,
        ticked=ticked,
        by_name=may(the_staff(), Permission.ROSTER_READ, activity.id),
        data_result="refused" if refused else None,
    )


def _why_not(reason: Reason, activity: Activity, slot: Slot) -> str:
    if reason == Reason.NOT_OPEN:
        return _("%(time)s 起可以释放。", time=clock_time(releasing.from_when(activity, slot)))
    return str(_WHY_NOT[reason])
