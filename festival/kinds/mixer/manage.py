"""Organizers' pages of a mixer: how it stands in numbers, the tables, the badges, what was reported. Nobody's choice is here."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.audit.service import record
from festival.kinds.mixer import queries, render, service, wording
from festival.kinds.mixer.forms import TimesForm
from festival.kinds.mixer.rules import MixerRefused, Reason
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.programme import queries as programme
from festival.programme.kinds import details_of
from festival.programme.models import Activity

bp = Blueprint("mixer", __name__)


def _mixer(slug: str, permission: Permission) -> Activity:
    """Return a mixer within the caller's scope.

    :raises NotFound: there is none.
    """
    activity = programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))
    if activity.kind != "mixer":
        raise NotFound
    return activity


@bp.get("/activities/<slug:slug>/mixer")
@staff(Permission.ACTIVITY_READ)
def show(slug: str) -> ResponseReturnValue:
    """Show how a mixer stands."""
    return _page(_mixer(slug, Permission.ACTIVITY_READ))


def _page(activity: Activity, form: TimesForm | None = None, refused: Reason | None = None) -> str:
    desk = render.desk(activity, clock.now())
    return render_template(
        "kinds/mixer/manage/desk.html",
        activity=activity,
        desk=desk,
        details=details_of(activity),
        form=form or _times_form(desk),
        refused=wording.REASONS[refused] if refused else "",
        data_result=refused.value.replace("_", "-") if refused else None,
        may_edit=may(the_staff(), Permission.ACTIVITY_EDIT, activity.id),
        may_print=may(the_staff(), Permission.CHECK_IN, activity.id),
        may_read_reports=may(the_staff(), Permission.CONTACT_REVEAL, activity.id),
    )


def _times_form(desk: render.Desk) -> TimesForm:
    pairing = desk.pairing
    if pairing is None:
        return TimesForm(formdata=None)
    return TimesForm(
        formdata=None,
        opens=pairing.opens,
        closes=pairing.closes,
        reveal=pairing.reveal,
        rounds=pairing.rounds,
        minutes=pairing.minutes_per_round,
    )


# -- tables --------------------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/mixer/plan")
@staff(Permission.ACTIVITY_EDIT)
def plan(slug: str) -> ResponseReturnValue:
    """Plan the rounds to come for whoever is there now."""
    activity_id, actor_id = _mixer(slug, Permission.ACTIVITY_EDIT).id, the_staff().id
    try:
        with transaction():
            last = service.plan(activity_id, actor_id=actor_id)
    except MixerRefused as refused:
        return _page(_mixer(slug, Permission.ACTIVITY_EDIT), refused=refused.reason), 409
    flash(_n("已排到第 %(num)s 轮。", "已排到第 %(num)s 轮。", last), "ok")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/activities/<slug:slug>/mixer/round")
@staff(Permission.ACTIVITY_EDIT)
def begin_round(slug: str) -> ResponseReturnValue:
    """Say which round is on: everybody's phone shows it."""
    activity_id, actor_id = _mixer(slug, Permission.ACTIVITY_EDIT).id, the_staff().id
    typed = request.form.get("round", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else -1  # noqa: PLR2004  # a round
    try:
        with transaction():
            service.begin_round(activity_id, number, actor_id=actor_id)
    except MixerRefused as refused:
        return _page(_mixer(slug, Permission.ACTIVITY_EDIT), refused=refused.reason), 409
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/activities/<slug:slug>/mixer/times")
@staff(Permission.ACTIVITY_EDIT)
def set_times(slug: str) -> ResponseReturnValue:
    """Set when people choose, and how the tables turn."""
    activity, form = _mixer(slug, Permission.ACTIVITY_EDIT), TimesForm()
    if not form.validate():
        return _page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    rounds, minutes = form.rounds.data or 0, form.minutes.data or 0
    try:
        with transaction():
            service.set_times(activity_id, *form.times(), rounds=rounds, minutes_per_round=minutes, actor_id=actor_id)
    except MixerRefused as refused:
        return _page(_mixer(slug, Permission.ACTIVITY_EDIT), form, refused.reason), 409
    flash(_("已保存。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)


@bp.get("/activities/<slug:slug>/mixer/print")
@staff(Permission.CHECK_IN)
def printed(slug: str) -> ResponseReturnValue:
    """Show the whole plan to print: by number, without anybody's name."""
    activity = _mixer(slug, Permission.CHECK_IN)
    two = queries.groups(activity.id)
    last, grids = render.grids(two, activity.id) if two else (0, ())
    run = queries.run(activity.id)
    return render_template(
        "kinds/mixer/manage/plan.html",
        activity=activity,
        slot=two.slot if two else None,
        rounds=range(1, last + 1),
        grids=grids,
        planned_at=run.planned_at if run else None,
    )


# -- numbers -------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/mixer/numbers")
@staff(Permission.CHECK_IN)
def numbers(slug: str) -> ResponseReturnValue:
    """List the numbers given, and who must not be photographed. Names stand on the roster alone."""
    activity = _mixer(slug, Permission.CHECK_IN)
    two = queries.groups(activity.id)
    every = render.badges(two, activity.id) if two else []
    return render_template(
        "kinds/mixer/manage/numbers.html",
        activity=activity,
        given=[badge for badge in every if badge.is_given],
        free=sum(not badge.is_given for badge in every),
    )


@bp.get("/activities/<slug:slug>/mixer/badges")
@staff(Permission.CHECK_IN)
def badges(slug: str) -> ResponseReturnValue:
    """Show a badge for every number, to print."""
    activity = _mixer(slug, Permission.CHECK_IN)
    two = queries.groups(activity.id)
    return render_template(
        "kinds/mixer/manage/badges.html", activity=activity, badges=render.badges(two, activity.id) if two else []
    )


# -- reports -------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/mixer/reports")
@staff(Permission.CONTACT_REVEAL)
def reports(slug: str) -> ResponseReturnValue:
    """List what was reported, without the words: those are read one by one, and that is recorded."""
    activity = _mixer(slug, Permission.CONTACT_REVEAL)
    return _reports(activity)


def _reports(activity: Activity, opened: int | None = None) -> str:
    found = queries.reports(activity.id)
    labels = queries.labels([guest.sign_up_id for one in found for guest in (one.by, one.about)])
    return render_template(
        "kinds/mixer/manage/reports.html",
        activity=activity,
        reports=found,
        labels=labels,
        complaints=wording.COMPLAINTS,
        opened=opened,
        words=next((queries.words_of(one) for one in found if one.id == opened), ""),
    )


@bp.post("/activities/<slug:slug>/mixer/reports/<id:report_id>/read")
@staff(Permission.CONTACT_REVEAL)
def read_report(slug: str, report_id: int) -> ResponseReturnValue:
    """Read the words of one report; it is recorded who did."""
    activity_id, actor_id = _mixer(slug, Permission.CONTACT_REVEAL).id, the_staff().id
    queries.report(activity_id, report_id)
    with transaction():
        record("mixer.report_read", "mixer_report", report_id, actor_id=actor_id, activity_id=activity_id)
    return _reports(_mixer(slug, Permission.CONTACT_REVEAL), report_id)


@bp.post("/activities/<slug:slug>/mixer/reports/<id:report_id>/close")
@staff(Permission.CONTACT_REVEAL)
def close_report(slug: str, report_id: int) -> ResponseReturnValue:
    """Mark a report as dealt with."""
    activity_id, actor_id = _mixer(slug, Permission.CONTACT_REVEAL).id, the_staff().id
    with transaction():
        service.close_report(activity_id, report_id, actor_id=actor_id)
    flash(_("已标为处理完毕。"), "ok")
    return redirect(url_for(".reports", slug=slug), 303)
