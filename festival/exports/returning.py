"""Organizers' pages of the roster that comes back: the file to fill in, the difference it makes, and saving it."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.exports import queries, service, wording, xlsx
from festival.exports.forms import ReturnForm
from festival.exports.giving import give
from festival.exports.printed import Maker
from festival.exports.returned import Difference, Edited, Line, ReturnRefused
from festival.exports.standing import standing_of
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.i18n import _n
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.roster import queries as rosters
from festival.roster.render import columns
from festival.signups.rules import LIVE

bp = Blueprint("returning", __name__)

#: Rows of one sort that the page shows; of more it says how many.
SHOWN = 200


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ROSTER_EXPORT, Activity.id.expression))


@bp.get("/activities/<slug:slug>/exports/to-edit.xlsx")
@staff(Permission.ROSTER_EXPORT)
def to_edit(slug: str) -> ResponseReturnValue:
    """Give the roster to fill in: whoever is not out already."""
    activity, now = _activity(slug), clock.now()
    rows = rosters.every(activity.id, [question.key for question in columns(activity)[:1]], now)
    live = (row for row in rows if row.state in LIVE)
    pairs = queries.beside(live, lambda some: standing_of(activity, [row.id for row in some]))
    maker = Maker(the_staff().staff_name or "", now)
    return give(activity, xlsx.file_to_edit(activity, pairs, maker=maker), "roster-to-edit", "xlsx")


@bp.get("/activities/<slug:slug>/exports/return")
@staff(Permission.ROSTER_EXPORT)
def ask(slug: str) -> ResponseReturnValue:
    """Show where the file is chosen."""
    return _page(_activity(slug), ReturnForm(formdata=None))


@bp.post("/activities/<slug:slug>/exports/return")
@staff(Permission.ROSTER_EXPORT)
def take_back(slug: str) -> ResponseReturnValue:
    """Show what a file would change; saved it is at the second press, from what was shown."""
    activity, form = _activity(slug), ReturnForm()
    is_new_file = bool(form.file.data and form.file.data.filename)
    lines = form.lines()
    if lines is None:
        return _page(activity, form), 422
    if is_new_file or not form.shown.data:
        return _shown(activity, form, lines)
    return _save(activity, form, lines)


def _save(activity: Activity, form: ReturnForm, lines: list[Line]) -> ResponseReturnValue:
    member = the_staff()
    if any(Edited.REVIEW in line.edits for line in lines) and not may(member, Permission.REVIEW, activity.id):
        abort(403)
    slug, actor_id, activity_id = activity.slug, member.id, activity.id
    try:
        with transaction():
            saved = service.save(activity_id, lines, form.shown.data or "", actor_id=actor_id)
    except ReturnRefused as refused:
        return _shown(_activity(slug), form, lines, refused), 409
    number = sum(saved.cells.values())
    flash(_n("已保存 %(num)s 处改动。", "已保存 %(num)s 处改动。", number), "ok")
    return redirect(url_for(".ask", slug=slug), 303)


def _shown(activity: Activity, form: ReturnForm, lines: list[Line], refused: ReturnRefused | None = None) -> str:
    """Show the difference, and keep the changed rows in the form: nothing of them is stored."""
    seen = service.difference(activity, lines)
    form.edits.data, form.shown.data = form.kept(lines), service.digest_of(seen)
    return _page(activity, form, seen, refused)


def _page(activity: Activity, form: ReturnForm, seen: Difference | None = None, refused: ReturnRefused | None = None) -> str:
    return render_template(
        "manage/exports/return.html",
        activity=activity,
        form=form,
        seen=seen,
        refused=str(wording.RETURN_REFUSALS[refused.reason]) if refused else "",
        left=refused.left if refused else {},
        shown=SHOWN,
        head_of=wording.head_of,
        touched_words=wording.touched_words,
        line_words=wording.LINE_PROBLEMS,
        why_left=wording.why_left,
        data_result="preview" if seen else None,
    )
