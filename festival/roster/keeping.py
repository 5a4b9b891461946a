"""What a member of staff keeps of a roster: views under a name, and chosen columns."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib.db import transaction
from festival.lib.i18n import _
from festival.roster import beside, columns, render, saving
from festival.roster.forms import ColumnsForm, ViewForm, address_of, view_at
from festival.roster.rules import DeskRefused, Wanted
from festival.roster.scoped import activity_within
from festival.roster.wording import REFUSALS

bp = Blueprint("kept", __name__)


@bp.post("/activities/<slug:slug>/roster/views")
@staff(Permission.ROSTER_MASKED)
def save(slug: str) -> ResponseReturnValue:
    """Keep the view that is shown, under a name; what was searched is not kept."""
    activity_id, owner_id = activity_within(slug, Permission.ROSTER_MASKED).id, the_staff().id
    form = ViewForm()
    view = view_at(form.view.data or "")
    if not form.validate():
        flash(" ".join(str(words) for field in form for words in field.errors), "warn")
        return _back(slug, view)
    kept = view.without_words()
    try:
        with transaction():
            saving.save_view(
                activity_id, form.name.data or "", address_of(kept), is_shared=form.is_shared.data is True, owner_id=owner_id
            )
    except DeskRefused as refused:
        flash(str(REFUSALS[refused.reason]), "warn")
    else:
        flash(_("视图已保存。搜索的词不保存，它可能是人名。") if view.words else _("视图已保存。"), "ok")
    return _back(slug, kept)


@bp.post("/activities/<slug:slug>/roster/views/<id:view_id>/delete")
@staff(Permission.ROSTER_MASKED)
def delete(slug: str, view_id: int) -> ResponseReturnValue:
    """Delete one's own view."""
    activity_id, owner_id = activity_within(slug, Permission.ROSTER_MASKED).id, the_staff().id
    with transaction():
        saving.delete_view(activity_id, view_id, owner_id=owner_id)
    flash(_("视图已删除。"), "ok")
    return _back(slug, view_at(request.form.get("view", "")))


@bp.post("/activities/<slug:slug>/roster/columns")
@staff(Permission.ROSTER_MASKED)
def choose_columns(slug: str) -> ResponseReturnValue:
    """Remember which columns the caller wants to see of this activity's roster."""
    activity, member = activity_within(slug, Permission.ROSTER_MASKED), the_staff()
    every = columns.available(
        activity,
        render.Places(activity),
        has_tags=bool(beside.tags(activity.id)),
        by_name=may(member, Permission.ROSTER_READ, activity.id),
    )
    form, activity_id, member_id = ColumnsForm.of(every, None), activity.id, member.id
    if not form.validate():
        flash(_("列有变动，请再选一次。"), "warn")
    else:
        with transaction():
            saving.choose_columns(activity_id, member_id, None if form.is_usual() else form.columns.data or [])
    return _back(slug, view_at(request.form.get("view", "")))


def _back(slug: str, view: Wanted) -> ResponseReturnValue:
    here, query = url_for("manage.roster.roster", slug=slug), address_of(view)
    return redirect(f"{here}?{query}" if query else here, 303)
