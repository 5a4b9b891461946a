"""Organizers' pages: a new activity, a copy, what it is, its publication, and the venues of an edition."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.authoring import edition_pages, queries, question_pages, rules, service, slot_pages, wording
from festival.authoring.forms import BasicsForm, CloneForm, NewActivityForm, ScheduleForm, VenueForm
from festival.authoring.rules import AuthoringReason, AuthoringRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.format import moment
from festival.lib.i18n import _, loc
from festival.programme import queries as programme
from festival.programme.models import Activity, ActivityStatus, Festival, Venue

bp = Blueprint("authoring", __name__)
bp.register_blueprint(slot_pages.bp)
bp.register_blueprint(question_pages.bp)
bp.register_blueprint(edition_pages.bp)


def activity_of(slug: str) -> Activity:
    """Return an activity that the caller may edit; any other does not exist."""
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


def require_whole_festival() -> None:
    """Let only those on who organize the festival as a whole: for anybody else the page does not exist.

    :raises NotFound: the caller organizes single activities only.
    """
    if not may(the_staff(), Permission.ACTIVITY_EDIT, None):
        raise NotFound


def edition_asked() -> Festival:
    """Return the edition that the address names, else the current one.

    :raises NotFound: there is none.
    """
    edition_id = request.args.get("edition", type=int)
    found = programme.current_festival() if edition_id is None else queries.edition(edition_id)
    if found is None:
        raise NotFound
    return found


# -- making ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/new")
@staff(Permission.ACTIVITY_EDIT)
def new() -> ResponseReturnValue:
    """Show the form of a new activity."""
    require_whole_festival()
    festival = edition_asked()
    return _new_page(festival, _new_form(festival))


@bp.post("/activities/new")
@staff(Permission.ACTIVITY_EDIT)
def create() -> ResponseReturnValue:
    """Make a draft and go on to its words."""
    require_whole_festival()
    festival = edition_asked()
    form = _new_form(festival)
    if not form.validate():
        return _new_page(festival, form), 422
    festival_id, actor_id = festival.id, the_staff().id
    try:
        with transaction():
            slug = service.create_activity(festival_id, form.value(), actor_id=actor_id).slug
    except AuthoringRefused as refused:
        return _new_page(edition_asked(), form, refused), 409
    flash(_("草稿已建立，只有工作人员看得到。请补充介绍和问题，预览后再发布。"), "ok")
    return redirect(url_for("manage.plans.edit", slug=slug), 303)


def _new_form(festival: Festival) -> NewActivityForm:
    return NewActivityForm.for_edition(programme.tracks(festival.id), programme.venues(festival.id))


def _new_page(festival: Festival, form: NewActivityForm, refused: AuthoringRefused | None = None) -> str:
    if refused is not None and refused.reason == AuthoringReason.SLUG_TAKEN:
        form.slug.errors = [*form.slug.errors, wording.REFUSALS[refused.reason]]
        refused = None
    return render_template("manage/authoring/new.html", festival=festival, form=form, refusals=_refusals(refused))


def _refusals(refused: AuthoringRefused | None) -> list[str]:
    return [str(wording.REFUSALS[refused.reason])] if refused else []


@bp.get("/activities/<slug:slug>/clone")
@staff(Permission.ACTIVITY_EDIT)
def clone(slug: str) -> ResponseReturnValue:
    """Show how a copy will differ."""
    activity = activity_of(slug)
    return _clone_page(activity, CloneForm.for_activity(activity))


@bp.post("/activities/<slug:slug>/clone")
@staff(Permission.ACTIVITY_EDIT)
def make_clone(slug: str) -> ResponseReturnValue:
    """Make a copy as a draft."""
    activity = activity_of(slug)
    form = CloneForm.for_activity(activity)
    if not form.validate():
        return _clone_page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            made = service.clone_activity(activity_id, form.value(), actor_id=actor_id).slug
    except AuthoringRefused as refused:
        form.slug.errors = [*form.slug.errors, wording.REFUSALS[refused.reason]]
        return _clone_page(activity_of(slug), form), 409
    flash(_("已复制为草稿：场次、名额、规则和问题照旧；没有复制报名、邀请和名单。"), "ok")
    return redirect(url_for(".publication", slug=made), 303)


def _clone_page(activity: Activity, form: CloneForm) -> str:
    return render_template("manage/authoring/clone.html", activity=activity, form=form)


# -- what it is ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/basics")
@staff(Permission.ACTIVITY_EDIT)
def basics(slug: str) -> ResponseReturnValue:
    """Show an activity's address, kind, thread and way of giving places, to be changed."""
    activity = activity_of(slug)
    return _basics_page(activity, _basics_form(activity))


@bp.post("/activities/<slug:slug>/basics")
@staff(Permission.ACTIVITY_EDIT)
def set_basics(slug: str) -> ResponseReturnValue:
    """Change what an activity is."""
    activity = activity_of(slug)
    form = _basics_form(activity)
    if not form.validate():
        return _basics_page(activity, form), 422
    activity_id, asked, actor_id = activity.id, form.value(), the_staff().id
    try:
        with transaction():
            changed = service.set_basics(activity_id, asked, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _basics_page(activity_of(slug), form, refused), 409
    flash(_("已保存。") if changed else _("没有改动。"), "ok")
    return redirect(url_for(".basics", slug=asked.slug if "slug" in changed else slug), 303)


def _basics_form(activity: Activity) -> BasicsForm:
    return BasicsForm.for_activity(
        activity,
        programme.tracks(activity.festival_id),
        is_draft=activity.status == ActivityStatus.DRAFT,
        has_sign_ups=queries.has_sign_ups(activity.id),
    )


def _basics_page(activity: Activity, form: BasicsForm, refused: AuthoringRefused | None = None) -> str:
    return render_template("manage/authoring/basics.html", activity=activity, form=form, refusals=_refusals(refused))


# -- publication ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/publication")
@staff(Permission.ACTIVITY_EDIT)
def publication(slug: str) -> ResponseReturnValue:
    """Show whether readers see an activity, what is missing, and what can be done."""
    activity = activity_of(slug)
    return _publication_page(activity, ScheduleForm(obj=activity))


@bp.post("/activities/<slug:slug>/publication/publish")
@staff(Permission.ACTIVITY_EDIT)
def publish(slug: str) -> ResponseReturnValue:
    """Publish at once."""
    activity_id, actor_id = activity_of(slug).id, the_staff().id
    try:
        with transaction():
            service.publish(activity_id, None, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _publication_refused(slug, refused)
    flash(_("已发布，公开页面、日程和日历订阅随之更新。"), "ok")
    return redirect(url_for(".publication", slug=slug), 303)


@bp.post("/activities/<slug:slug>/publication/schedule")
@staff(Permission.ACTIVITY_EDIT)
def schedule(slug: str) -> ResponseReturnValue:
    """Publish from an instant on."""
    activity = activity_of(slug)
    form = ScheduleForm(obj=activity)
    if not form.validate():
        return _publication_page(activity, form), 422
    activity_id, actor_id, publish_at = activity.id, the_staff().id, form.publish_at.data
    assert publish_at is not None
    try:
        with transaction():
            service.publish(activity_id, publish_at, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _publication_refused(slug, refused)
    flash(_("将在 %(at)s 自动公开。", at=moment(publish_at)), "ok")
    return redirect(url_for(".publication", slug=slug), 303)


@bp.post("/activities/<slug:slug>/publication/unpublish")
@staff(Permission.ACTIVITY_EDIT)
def unpublish(slug: str) -> ResponseReturnValue:
    """Take back what nobody has signed up for."""
    activity_id, actor_id = activity_of(slug).id, the_staff().id
    try:
        with transaction():
            service.unpublish(activity_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _publication_refused(slug, refused)
    flash(_("已撤回为草稿，公开页面和日历订阅不再显示。"), "ok")
    return redirect(url_for(".publication", slug=slug), 303)


@bp.post("/activities/<slug:slug>/delete")
@staff(Permission.ACTIVITY_EDIT)
def delete(slug: str) -> ResponseReturnValue:
    """Delete a draft that nobody ever signed up for."""
    activity = activity_of(slug)
    if request.form.get("sure") != "1":
        return render_template("manage/authoring/delete.html", activity=activity)
    title, activity_id, actor_id = loc(activity, "title"), activity.id, the_staff().id
    try:
        with transaction():
            service.delete_activity(activity_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _publication_refused(slug, refused)
    flash(_("草稿“%(title)s”已删除。", title=title), "ok")
    return redirect(url_for("manage.signups.activities"), 303)


def _publication_refused(slug: str, refused: AuthoringRefused) -> ResponseReturnValue:
    activity = activity_of(slug)
    return _publication_page(activity, ScheduleForm(obj=activity), refused), 409


def _publication_page(activity: Activity, form: ScheduleForm, refused: AuthoringRefused | None = None) -> str:
    now = clock.now()
    draft = service.draft_of(activity)
    is_published = activity.status == ActivityStatus.PUBLISHED
    return render_template(
        "manage/authoring/publication.html",
        activity=activity,
        form=form,
        checks=wording.checks(activity, now),
        is_public=activity.is_public_at(now),
        is_scheduled=is_published and activity.publish_at is not None and activity.publish_at > now,
        blocked=_words_of(rules.publish_refusal(draft, now, None)),
        may_unpublish=rules.unpublish_refusal(is_published=is_published, has_sign_ups=draft.has_sign_ups) is None,
        may_delete=rules.delete_refusal(is_draft=draft.is_draft, has_sign_ups=draft.has_sign_ups) is None,
        has_sign_ups=draft.has_sign_ups,
        refusals=_refusals(refused),
    )


def _words_of(reason: AuthoringReason | None) -> str:
    return str(wording.REFUSALS[reason]) if reason else ""


# -- venues ---------------------------------------------------------------------------------------------------------


@bp.get("/venues")
@staff(Permission.ACTIVITY_EDIT)
def venues() -> ResponseReturnValue:
    """List the venues of an edition."""
    require_whole_festival()
    festival = edition_asked()
    return render_template(
        "manage/authoring/venues.html",
        festival=festival,
        venues=programme.venues(festival.id),
        uses=queries.venue_uses(festival.id),
    )


@bp.get("/venues/new")
@staff(Permission.ACTIVITY_EDIT)
def new_venue() -> ResponseReturnValue:
    """Show the form of a new venue."""
    require_whole_festival()
    return _venue_page(edition_asked(), VenueForm())


@bp.post("/venues/new")
@staff(Permission.ACTIVITY_EDIT)
def add_venue() -> ResponseReturnValue:
    """Add a venue."""
    require_whole_festival()
    festival, form = edition_asked(), VenueForm()
    if not form.validate():
        return _venue_page(festival, form), 422
    festival_id, actor_id = festival.id, the_staff().id
    with transaction():
        service.add_venue(festival_id, form.value(), actor_id=actor_id)
    flash(_("地点已保存，编辑活动时可以选择。"), "ok")
    return redirect(url_for(".venues", edition=festival_id), 303)


@bp.get("/venues/<id:venue_id>")
@staff(Permission.ACTIVITY_EDIT)
def edit_venue(venue_id: int) -> ResponseReturnValue:
    """Show a venue, to be changed."""
    require_whole_festival()
    festival, venue = _venue(venue_id)
    return _venue_page(festival, VenueForm(obj=venue), venue)


@bp.post("/venues/<id:venue_id>")
@staff(Permission.ACTIVITY_EDIT)
def save_venue(venue_id: int) -> ResponseReturnValue:
    """Change a venue; calendars of all that is held there follow."""
    require_whole_festival()
    festival, venue = _venue(venue_id)
    form = VenueForm(obj=venue)
    if not form.validate():
        return _venue_page(festival, form, venue), 422
    festival_id, actor_id = festival.id, the_staff().id
    with transaction():
        changed = service.edit_venue(venue_id, form.value(), actor_id=actor_id)
    flash(_("地点已保存，公开页面和日历订阅随之更新。") if changed else _("没有改动。"), "ok")
    return redirect(url_for(".venues", edition=festival_id), 303)


def _venue(venue_id: int) -> tuple[Festival, Venue]:
    found = queries.venue_of(venue_id)
    return queries.edition(found.festival_id), found


def _venue_page(festival: Festival, form: VenueForm, venue: Venue | None = None) -> str:
    return render_template("manage/authoring/venue.html", festival=festival, form=form, venue=venue)
