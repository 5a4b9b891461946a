"""What organizers see of a fair's applications: how many, never whose, and no CV."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from festival.accounts.access import staff
from festival.accounts.rules import Permission
from festival.kinds.job_fair.seekers import queries
from festival.lib.errors import NotFound
from festival.roster.scoped import activity_within

bp = Blueprint("applications", __name__)


@bp.get("/activities/<slug:slug>/applications")
@staff(Permission.STATISTICS)
def figures(slug: str) -> ResponseReturnValue:
    """Show what applications have come to, for the fair and by employer."""
    activity = activity_within(slug, Permission.STATISTICS)
    if activity.kind != "job_fair":
        raise NotFound
    employers = queries.employers_of(activity.id)
    by_employer = queries.figures_by_employer(activity.id)
    return render_template(
        "kinds/job_fair/manage/applications.html",
        activity=activity,
        figures=queries.figures(activity.id),
        rows=[(employer, by_employer.get(employer.id, queries.Figures())) for employer in employers],
    )
