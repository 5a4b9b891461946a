"""Organizers' pages of an activity's words, time and place, and of its slots one by one.

They stand in this slice because saving them tells those who signed up: whoever moves people sees first whom.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, Form, SelectField

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.fields import InstantField
from festival.lib.format import stamp
from festival.lib.i18n import _, _n
from festival.plans import pooling, queries, service, steps
from festival.plans import preview as looking
from festival.plans.preview import Preview
from festival.plans.service import Saved
from festival.programme import queries as programme
from festival.programme.forms import ActivityForm, SlotForm, sessions_of
from festival.programme.models import Activity, Slot, Venue
from festival.programme.service import PlanReason, PlanRefused
from festival.programme.wording import REFUSALS
from festival.signups.rules import Stop

bp = Blueprint("plans", __name__)
bp.register_blueprint(steps.bp)
bp.register_blueprint(pooling.bp)


def _activity(slug: str) -> Activity:
    """Return an activity that the caller may edit; any other does not exist."""
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


# -- the activity -----------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/edit")
@staff(Permission.ACTIVITY_EDIT)
def edit(slug: str) -> ResponseReturnValue:
    """Show an activity's words, time and place, to be changed."""
    activity = _activity(slug)
    return _edit_page(activity, _activity_form(activity))


@bp.post("/activities/<slug:slug>/edit")
@staff(Permission.ACTIVITY_EDIT)
def save(slug: str) -> ResponseReturnValue:
    """Save an activity, or show first how its description will look and who will be told."""
    activity = _activity(slug)
    form = _activity_form(activity)
    if not form.validate():
        return _edit_page(activity, form), 422
    seen = _look_at_edit(activity, form)
    if "preview" in request.form or _must_look(seen):
        return _edit_page(activity, form, seen=seen, is_preview=True)
    actor_id = the_staff().id
    try:
        with transaction():
            saved = service.edit_activity(activity.id, form.value(), seen=form.seen_at(), actor_id=actor_id)
    except PlanRefused as refused:
        return _edit_page(_activity(slug), form, refused=refused), 409
    _say(saved, seen)
    return redirect(url_for(".edit", slug=slug), 303)


def _activity_form(activity: Activity) -> ActivityForm:
    return ActivityForm.for_activity(activity, programme.venues(activity.festival_id))


def _edit_page(
    activity: Activity,
    form: ActivityForm,
    *,
    seen: Preview | None = None,
    is_preview: bool = False,
    refused: PlanRefused | None = None,
) -> str:
    theirs: dict[str, str] = {}
    if refused is not None and refused.reason == PlanReason.CHANGED_MEANWHILE:
        theirs = _what_others_saved(form, _stored(activity))
        form.seen.data = activity.updated_at.isoformat()
    return render_template(
        "manage/plans/edit.html",
        activity=activity,
        form=form,
        theirs=theirs,
        sessions=sessions_of(activity),
        is_preview=is_preview,
        seen=seen,
        refusals=[REFUSALS[refused.reason]] if refused else [],
        data_result="preview" if is_preview else "changed-meanwhile" if theirs else None,
    )


def _stored(activity: Activity) -> Form:
    """Return the form as it would be shown to somebody who opens it now."""
    return ActivityForm.for_activity(activity, programme.venues(activity.festival_id), is_fresh=True)


def _what_others_saved(form: Form, stored: Form) -> dict[str, str]:
    """Return, by field, what stands in the database where it differs from what was typed."""
    return {
        field.name: _shown(stored[field.name])
        for field in form
        if field.name in stored and field.name not in {"seen", "csrf_token"} and field.data != stored[field.name].data
    }


def _shown(field: Field) -> str:
    """Return a field's value as its reader sees it."""
    if isinstance(field, SelectField):
        return next((str(label) for value, label, *_rest in field.iter_choices() if value == str(field.data)), "")
    if isinstance(field, InstantField):
        return stamp(field.data) if field.data else ""
    return str(field.data or "")


# -- whom it concerns -------------------------------------------------------------------------------------------------------


def _look_at_edit(activity: Activity, form: ActivityForm) -> Preview | None:
    """Return what saving would mean for people; None where nobody has to go elsewhere."""
    asked = form.value()
    venue = _venue_asked(activity, asked.venue_id)
    return _look(activity, looking.after_edit(activity, asked.span, venue) if venue else {})


def _look_at_slot(activity: Activity, slot: Slot, form: SlotForm) -> Preview | None:
    asked = form.value()
    venue = _venue_asked(activity, asked.venue_id or activity.venue_id)
    return _look(activity, looking.after_slot_edit(activity, slot, asked.span, venue) if venue else {})


def _venue_asked(activity: Activity, venue_id: int) -> Venue | None:
    return next((venue for venue in programme.venues(activity.festival_id) if venue.id == venue_id), None)


def _look(activity: Activity, new: dict[int, Stop]) -> Preview | None:
    member = the_staff()
    if not new:
        return None
    return looking.preview(activity, new, lambda activity_id: may(member, Permission.ROSTER_READ, activity_id), clock.now())


def _must_look(seen: Preview | None) -> bool:
    """Tell whether people would be sent elsewhere by something other than what the organizer has just looked at."""
    return seen is not None and seen.is_news and request.form.get("sure") != seen.fingerprint


# -- its slots --------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/slots")
@staff(Permission.ACTIVITY_EDIT)
def slots(slug: str) -> ResponseReturnValue:
    """List an activity's sessions with what belongs to each."""
    activity = _activity(slug)
    children: dict[int, list[Slot]] = {}
    for slot in activity.slots:
        if slot.parent_id is not None:
            children.setdefault(slot.parent_id, []).append(slot)
    return render_template(
        "manage/plans/slots.html",
        activity=activity,
        sessions=sessions_of(activity),
        children=children,
    )


@bp.get("/activities/<slug:slug>/slots/<id:slot_id>")
@staff(Permission.ACTIVITY_EDIT)
def edit_slot(slug: str, slot_id: int) -> ResponseReturnValue:
    """Show one slot's time, place and name, to be changed."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    return _slot_page(activity, slot, _slot_form(slot, activity))


@bp.post("/activities/<slug:slug>/slots/<id:slot_id>")
@staff(Permission.ACTIVITY_EDIT)
def save_slot(slug: str, slot_id: int) -> ResponseReturnValue:
    """Save one slot; those who hold a place in it are told."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    form = _slot_form(slot, activity)
    if not form.validate():
        return _slot_page(activity, slot, form), 422
    seen = _look_at_slot(activity, slot, form)
    if _must_look(seen):
        return _slot_page(activity, slot, form, seen=seen)
    actor_id = the_staff().id
    try:
        with transaction():
            saved = service.edit_slot(activity.id, slot_id, form.value(), seen=form.seen_at(), actor_id=actor_id)
    except PlanRefused as refused:
        activity = _activity(slug)
        return _slot_page(activity, _slot(activity, slot_id), form, refused), 409
    _say(saved, seen)
    return redirect(url_for(".slots", slug=slug, _anchor=f"slot-{slot_id}"), 303)


def _slot(activity: Activity, slot_id: int) -> Slot:
    found = next((slot for slot in activity.slots if slot.id == slot_id), None)
    if found is None:
        raise NotFound
    return found


def _slot_form(slot: Slot, activity: Activity) -> SlotForm:
    return SlotForm.for_slot(slot, activity, programme.venues(activity.festival_id))


def _slot_page(
    activity: Activity,
    slot: Slot,
    form: SlotForm,
    refused: PlanRefused | None = None,
    *,
    seen: Preview | None = None,
) -> str:
    theirs: dict[str, str] = {}
    if refused is not None and refused.reason == PlanReason.CHANGED_MEANWHILE:
        theirs = _what_others_saved(
            form,
            SlotForm.for_slot(slot, activity, programme.venues(activity.festival_id), is_fresh=True),
        )
        form.seen.data = slot.updated_at.isoformat()
    along = [child for child in activity.all_slots if child.parent_id == slot.id]
    return render_template(
        "manage/plans/slot.html",
        activity=activity,
        slot=slot,
        form=form,
        theirs=theirs,
        along=along,
        told=queries.told([slot.id, *(child.id for child in along)]).total,
        seen=seen,
        refusals=[REFUSALS[refused.reason]] if refused else [],
        data_result="preview" if seen else "changed-meanwhile" if theirs else None,
    )


def _say(saved: Saved, seen: Preview | None) -> None:
    """Say what was saved, who is told, and what stayed as it was."""
    if not saved.change.fields:
        flash(_("没有改动。"), "ok")
        return
    flash(_("已保存，公开页面和日历订阅随之更新。"), "ok")
    if saved.told:
        flash(
            _n("时间或地点有变，将通知 %(num)s 个报名的本人。", "时间或地点有变，将通知 %(num)s 个报名的本人。", saved.told), "ok"
        )
    if seen is not None and seen.stays:
        flash(_("以下时间没有随之改变，请核对是否仍合适：%(times)s", times=_("；").join(seen.stays)), "warn")
