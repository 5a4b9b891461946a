"""Organizers' pages of the programme: the sign-up window, and who changed what."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import true

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.queries import all_staff
from festival.accounts.rules import Permission
from festival.audit.wording import action_words, change_words, subject_words
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.programme import page, queries, service
from festival.programme.forms import WindowForm, trail_asked, what_choices
from festival.programme.log import actions_seen, flag_lines, log_page
from festival.programme.models import Activity
from festival.programme.service import PlanRefused
from festival.programme.wording import REFUSALS

bp = Blueprint("programme", __name__)


def _activity(slug: str, permission: Permission) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return queries.managed(slug, scope(the_staff(), permission, Activity.id.expression))


@bp.get("/activities/<slug:slug>/window")
@staff(Permission.ACTIVITY_EDIT)
def window(slug: str) -> ResponseReturnValue:
    """Show when sign-up opens and closes, to be changed."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    return _window_page(activity, WindowForm(obj=activity))


@bp.post("/activities/<slug:slug>/window")
@staff(Permission.ACTIVITY_EDIT)
def set_window(slug: str) -> ResponseReturnValue:
    """Set when sign-up opens and closes."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    form = WindowForm(obj=activity)
    if not form.validate():
        return _window_page(activity, form), 422
    here = url_for("manage.signups.activity", slug=slug)
    member_id = the_staff().id
    try:
        with transaction():
            changed = service.set_window(activity.id, form.opens_at.data, form.closes_at.data, actor_id=member_id)
    except PlanRefused as refused:
        return _window_page(_activity(slug, Permission.ACTIVITY_EDIT), form, refused), 409
    flash(_("报名时间已保存。") if changed else _("没有改动。"), "ok")
    return redirect(here, 303)


def _window_page(activity: Activity, form: WindowForm, refused: PlanRefused | None = None) -> str:
    return render_template(
        "manage/programme/window.html",
        activity=activity,
        form=form,
        refusals=[REFUSALS[refused.reason]] if refused else [],
    )


@bp.get("/activities/<slug:slug>/preview")
@staff(Permission.ACTIVITY_READ)
def preview(slug: str) -> ResponseReturnValue:
    """Show an activity exactly as readers will see it, marked as a preview; for staff only, and for no search engine."""
    return page.activity_page(_activity(slug, Permission.ACTIVITY_READ), is_preview=True)


@bp.get("/activities/<slug:slug>/log")
@staff(Permission.ACTIVITY_READ)
def log(slug: str) -> ResponseReturnValue:
    """Show who did what to one activity."""
    activity = _activity(slug, Permission.ACTIVITY_READ)
    asked = trail_asked(request.args)
    return render_template(
        "manage/programme/log.html",
        activity=activity,
        log=log_page(_page_asked(), asked, activity.id),
        asked=asked,
        whats=what_choices(actions_seen(activity.id)),
        action_words=action_words,
        change_words=change_words,
        subject_words=subject_words,
    )


@bp.get("/audit")
@staff(Permission.AUDIT_READ)
def audit() -> ResponseReturnValue:
    """Show who did what in the whole festival."""
    if not may(the_staff(), Permission.AUDIT_READ, None):
        raise NotFound
    festival = queries.current_festival()
    most = festival.reveals_max if festival else 0
    asked = trail_asked(request.args)
    return render_template(
        "manage/programme/audit.html",
        log=log_page(_page_asked(), asked),
        asked=asked,
        whats=what_choices(actions_seen()),
        activities=queries.all_managed(true()),
        members=[member.staff_name for member in all_staff()],
        flags=flag_lines(most, clock.wall()) if festival else [],
        reveals_max=most,
        action_words=action_words,
        change_words=change_words,
        subject_words=subject_words,
    )


def _page_asked() -> int:
    return request.args.get("page", 1, type=int)
