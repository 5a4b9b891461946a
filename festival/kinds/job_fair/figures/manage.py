"""Organizers: the nine figures of a fair, on a page and as a sheet."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.exports.giving import give
from festival.exports.printed import Maker
from festival.kinds.job_fair.employers import queries as employers
from festival.kinds.job_fair.employers import rules, service
from festival.kinds.job_fair.employers.forms import FigureForm
from festival.kinds.job_fair.employers.wording import FIGURES
from festival.kinds.job_fair.figures import queries, xlsx
from festival.kinds.job_fair.figures.wording import MEANINGS, SOURCES
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.i18n import _
from festival.programme.models import Activity

bp = Blueprint("fair_figures", __name__)


def _fair(slug: str, permission: Permission) -> Activity:
    return employers.managed_fair(slug, scope(the_staff(), permission, Activity.id.expression))


@bp.get("/activities/<slug:slug>/figures")
@staff(Permission.STATISTICS)
def show(slug: str) -> ResponseReturnValue:
    """Show the nine figures and where each comes from."""
    return _page(_fair(slug, Permission.STATISTICS), FigureForm(formdata=None))


def _page(activity: Activity, form: FigureForm) -> str:
    return render_template(
        "kinds/job_fair/manage/figures.html",
        activity=activity,
        lines=queries.figures(activity.id),
        by_hand=rules.BY_HAND,
        form=form,
        may_edit=may(the_staff(), Permission.ACTIVITY_EDIT, activity.id),
        names=FIGURES,
        meanings=MEANINGS,
        sources=SOURCES,
    )


@bp.post("/activities/<slug:slug>/figures")
@staff(Permission.ACTIVITY_EDIT)
def enter(slug: str) -> ResponseReturnValue:
    """Enter a figure in place of what is counted, or take it back."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    form = FigureForm()
    which = form.which(rules.BY_HAND)
    if which is None or not form.validate():
        return _page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        service.set_figure(activity_id, None, which, form.value.data, actor_id)
    flash(_("已保存。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)


@bp.get("/activities/<slug:slug>/figures.xlsx")
@staff(Permission.STATISTICS)
def sheet(slug: str) -> ResponseReturnValue:
    """Give the figures as one sheet; who took it is written down."""
    activity = _fair(slug, Permission.STATISTICS)
    maker = Maker(the_staff().staff_name or "", clock.now())
    listing = xlsx.sheet(activity, queries.figures(activity.id), maker=maker)
    return give(activity, listing, "figures", "xlsx", action="fair.export")
