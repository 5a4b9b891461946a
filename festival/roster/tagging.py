"""Organizers' pages of an activity's tags."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import staff, the_staff
from festival.accounts.rules import Permission
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.programme.models import Activity
from festival.roster import beside
from festival.roster.forms import TagForm, TagsForm
from festival.roster.rules import DeskRefused
from festival.roster.scoped import activity_within
from festival.roster.wording import REFUSALS

bp = Blueprint("tags", __name__)


@bp.get("/activities/<slug:slug>/roster/tags")
@staff(Permission.ROSTER_READ)
def index(slug: str) -> ResponseReturnValue:
    """Show an activity's tags, and how often each is used."""
    return _page(activity_within(slug, Permission.ROSTER_READ), TagForm(formdata=None))


@bp.post("/activities/<slug:slug>/roster/tags")
@staff(Permission.ROSTER_READ)
def make(slug: str) -> ResponseReturnValue:
    """Make a tag."""
    activity, form = activity_within(slug, Permission.ROSTER_READ), TagForm()
    if not form.validate():
        return _page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            beside.make_tag(activity_id, *form.value(), actor_id=actor_id)
    except DeskRefused as refused:
        form.label.errors = [str(REFUSALS[refused.reason])]
        return _page(activity_within(slug, Permission.ROSTER_READ), form), 409
    return _back(slug, _("已添加标签。"))


@bp.get("/activities/<slug:slug>/roster/tags/<id:tag_id>")
@staff(Permission.ROSTER_READ)
def edit(slug: str, tag_id: int) -> ResponseReturnValue:
    """Show a tag, to be changed or deleted."""
    activity = activity_within(slug, Permission.ROSTER_READ)
    return _tag_page(activity, tag_id)


@bp.post("/activities/<slug:slug>/roster/tags/<id:tag_id>")
@staff(Permission.ROSTER_READ)
def save(slug: str, tag_id: int) -> ResponseReturnValue:
    """Change a tag's word or colour."""
    activity, form = activity_within(slug, Permission.ROSTER_READ), TagForm()
    if not form.validate():
        return _tag_page(activity, tag_id, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            beside.edit_tag(activity_id, tag_id, *form.value(), actor_id=actor_id)
    except DeskRefused as refused:
        form.label.errors = [str(REFUSALS[refused.reason])]
        return _tag_page(activity_within(slug, Permission.ROSTER_READ), tag_id, form), 409
    return _back(slug, _("已保存。"))


@bp.post("/activities/<slug:slug>/roster/tags/<id:tag_id>/delete")
@staff(Permission.ROSTER_READ)
def delete(slug: str, tag_id: int) -> ResponseReturnValue:
    """Delete a tag, from every sign-up too."""
    activity_id, actor_id = activity_within(slug, Permission.ROSTER_READ).id, the_staff().id
    with transaction():
        used = beside.delete_tag(activity_id, tag_id, actor_id=actor_id)
    return _back(slug, _n("标签已删除，并从 %(num)s 个报名上取下。", "标签已删除，并从 %(num)s 个报名上取下。", used))


@bp.post("/activities/<slug:slug>/roster/<id:sign_up_id>/tags")
@staff(Permission.ROSTER_READ)
def put_on(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Let a sign-up carry the tags that are ticked."""
    activity = activity_within(slug, Permission.ROSTER_READ)
    form = TagsForm.of(beside.tags(activity.id), ())
    if not form.validate():
        flash(_("标签刚才有改动，请再试一次。"), "warn")
        return back_to(slug, sign_up_id, "tags")
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        beside.set_tags(activity_id, sign_up_id, form.value(), actor_id=actor_id)
    return back_to(slug, sign_up_id, "tags")


def back_to(slug: str, sign_up_id: int, anchor: str) -> ResponseReturnValue:
    """Return to the page of one sign-up."""
    return redirect(url_for("manage.roster.sign_up", slug=slug, sign_up_id=sign_up_id, _anchor=anchor), 303)


def _back(slug: str, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for(".index", slug=slug), 303)


def _page(activity: Activity, form: TagForm) -> str:
    return render_template("manage/roster/tags.html", activity=activity, tags=beside.tag_counts(activity.id), form=form)


def _tag_page(activity: Activity, tag_id: int, form: TagForm | None = None) -> str:
    found = next((one for one in beside.tag_counts(activity.id) if one.tag.id == tag_id), None)
    if found is None:
        raise NotFound
    form = form or TagForm(formdata=None, obj=found.tag)
    return render_template("manage/roster/tag.html", activity=activity, found=found, form=form)
