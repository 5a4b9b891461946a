"""Organizers' pages that add slots by a rule or one by one, and remove them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.authoring import rules, slots, wording
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Series, SeriesProblem
from festival.authoring.series_forms import NewSlotForm, SeriesForm
from festival.authoring.slots import SeriesPreview
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.programme import queries as programme
from festival.programme.models import Activity, Slot

bp = Blueprint("slots", __name__)

#: Beside which field of the form a problem of the rule stands.
_BESIDE = {
    SeriesProblem.ENDS_BEFORE_START: "last",
    SeriesProblem.TOO_LONG: "last",
    SeriesProblem.NO_WEEKDAY: "weekdays",
    SeriesProblem.NO_DAY: "weekdays",
    SeriesProblem.NO_TIME: "starts",
    SeriesProblem.OVERLAP: "starts",
    SeriesProblem.PAST_MIDNIGHT: "length_minutes",
    SeriesProblem.TOO_MANY: "last",
}


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


@bp.get("/activities/<slug:slug>/slots/series")
@staff(Permission.ACTIVITY_EDIT)
def series(slug: str) -> ResponseReturnValue:
    """Show the form of a rule for slots."""
    activity = _activity(slug)
    return _series_page(activity, SeriesForm.for_activity(activity))


@bp.post("/activities/<slug:slug>/slots/series")
@staff(Permission.ACTIVITY_EDIT)
def add_series(slug: str) -> ResponseReturnValue:
    """Show every slot that a rule makes; once that was looked at, save them."""
    activity = _activity(slug)
    form = SeriesForm.for_activity(activity)
    if not form.validate():
        return _series_page(activity, form), 422
    rule, pools, replaces = form.series(), form.plans(), bool(form.replaces.data)
    if problem := rules.series_problem(rule):
        _complain(form[_BESIDE[problem]], str(wording.SERIES_PROBLEMS[problem]))
        return _series_page(activity, form), 422
    seen = request.form.get("sure", "")
    if not seen:
        return _series_page(activity, form, slots.preview(activity, rule, pools, replaces=replaces))
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            added = slots.add_series(activity_id, rule, pools, replaces=replaces, seen=seen, actor_id=actor_id)
    except AuthoringRefused as refused:
        activity = _activity(slug)
        is_stale = refused.reason == AuthoringReason.CHANGED_MEANWHILE
        again = slots.preview(activity, rule, pools, replaces=replaces) if is_stale else None
        return _series_page(activity, form, again, refused), 409
    flash(_("已添加 %(days)s 天、%(slots)s 个可报名的场次。", days=added.days, slots=added.slots), "ok")
    return redirect(url_for("manage.plans.slots", slug=slug), 303)


def _complain(field: Field, words: str) -> None:
    field.errors = [*field.errors, words]


def _series_page(
    activity: Activity,
    form: SeriesForm,
    seen: SeriesPreview | None = None,
    refused: AuthoringRefused | None = None,
) -> str:
    rule: Series | None = form.series() if seen else None
    return render_template(
        "manage/authoring/series.html",
        activity=activity,
        form=form,
        seen=seen,
        rule=rule,
        collision_words=wording.COLLISIONS,
        refusals=[str(wording.REFUSALS[refused.reason])] if refused else [],
        data_result="preview" if seen else None,
    )


@bp.get("/activities/<slug:slug>/slots/new")
@staff(Permission.ACTIVITY_EDIT)
def new(slug: str) -> ResponseReturnValue:
    """Show the form of one more slot."""
    activity = _activity(slug)
    return _new_page(activity, _new_form(activity))


@bp.post("/activities/<slug:slug>/slots/new")
@staff(Permission.ACTIVITY_EDIT)
def add(slug: str) -> ResponseReturnValue:
    """Add one slot."""
    activity = _activity(slug)
    form = _new_form(activity)
    if not form.validate():
        return _new_page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            made = slots.add_slot(activity_id, form.value(), actor_id=actor_id).id
    except AuthoringRefused as refused:
        return _new_page(_activity(slug), form, refused), 409
    flash(_("场次已添加。"), "ok")
    return redirect(url_for("manage.plans.slots", slug=slug, _anchor=f"slot-{made}"), 303)


def _new_form(activity: Activity) -> NewSlotForm:
    return NewSlotForm.for_activity(activity, programme.venues(activity.festival_id))


def _new_page(activity: Activity, form: NewSlotForm, refused: AuthoringRefused | None = None) -> str:
    refusals = [str(wording.REFUSALS[refused.reason])] if refused else []
    return render_template("manage/authoring/new-slot.html", activity=activity, form=form, refusals=refusals)


@bp.post("/activities/<slug:slug>/slots/<id:slot_id>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove(slug: str, slot_id: int) -> ResponseReturnValue:
    """Ask, then remove a slot that nobody ever signed up for."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    if request.form.get("sure") != "1":
        return _remove_page(activity, slot)
    activity_id, actor_id = activity.id, the_staff().id
    try:
        with transaction():
            slots.remove_slot(activity_id, slot_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        activity = _activity(slug)
        return _remove_page(activity, _slot(activity, slot_id), refused), 409
    flash(_("场次已删除，公开页面和日历订阅随之更新。"), "ok")
    return redirect(url_for("manage.plans.slots", slug=slug), 303)


def _slot(activity: Activity, slot_id: int) -> Slot:
    found = next((slot for slot in activity.slots if slot.id == slot_id), None)
    if found is None:
        raise NotFound
    return found


def _remove_page(activity: Activity, slot: Slot, refused: AuthoringRefused | None = None) -> str:
    return render_template(
        "manage/authoring/remove-slot.html",
        activity=activity,
        slot=slot,
        along=[child for child in activity.slots if child.parent_id == slot.id],
        refusals=[str(wording.REFUSALS[refused.reason])] if refused else [],
    )
