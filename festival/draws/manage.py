"""The organizers' side of a draw: freeze, enter the seed, void."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.draws import queries, service, wording
from festival.draws.forms import FreezeForm, SeedForm, VoidForm
from festival.draws.models import Draw
from festival.draws.rules import DrawRefused
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.programme import queries as programme
from festival.programme.models import Activity, Slot
from festival.signups.service import bookable_slots

bp = Blueprint("draws", __name__)


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.REVIEW, Activity.id.expression))


def _slot(activity: Activity, slot_id: int) -> Slot:
    slot = next((one for one in bookable_slots(activity.id) if one.id == slot_id), None)
    if slot is None:
        raise NotFound
    return slot


def _draw(activity: Activity, draw_id: int) -> Draw:
    draw = db.session.scalar(select(Draw).where(Draw.id == draw_id, Draw.activity_id == activity.id))
    if draw is None:
        raise NotFound
    return draw


def _page(activity: Activity, forms: dict[str, object] | None = None, refusal: DrawRefused | None = None) -> str:
    """Return the page of an activity's draws; ``forms`` holds the one that was sent and did not do."""
    given = forms or {}
    slots = [
        {
            "slot": slot,
            "entrants": len(queries.entrants(slot.id)),
            "pending": queries.still_pending(slot.id),
            "draw": queries.standing(slot.id),
        }
        for slot in bookable_slots(activity.id)
    ]
    return render_template(
        "manage/draws/draw.html",
        activity=activity,
        slots=slots,
        draws=queries.draws_of(activity.id),
        freeze_form=given.get("freeze") or FreezeForm(formdata=None),
        seed_form=given.get("seed") or SeedForm(formdata=None),
        void_form=given.get("void") or VoidForm(formdata=None),
        refusal=wording.REFUSALS[refusal.reason] if refusal else None,
        data_result=refusal.reason.value.replace("_", "-") if refusal else None,
        states=wording.STATES,
        at=clock.now(),
    )


@bp.get("/activities/<slug:slug>/draw")
@staff(Permission.REVIEW)
def show(slug: str) -> ResponseReturnValue:
    """Show how an activity's draws stand, and the one step that can be taken now."""
    return _page(_activity(slug))


@bp.post("/activities/<slug:slug>/draw/<id:slot_id>/freeze")
@staff(Permission.REVIEW)
def freeze(slug: str, slot_id: int) -> ResponseReturnValue:
    """Freeze and publish the entrants."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    form = FreezeForm()
    if not form.validate():
        return _page(activity, {"freeze": form}), 422
    try:
        with transaction():
            service.freeze(slot.id, form.value(), actor_id=the_staff().id)
    except DrawRefused as refused:
        return _page(_activity(slug), {"freeze": form}, refused), 409
    flash(_("名单已冻结，校验值已公开。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/activities/<slug:slug>/draw/<id:draw_id>/seed")
@staff(Permission.REVIEW)
def seed(slug: str, draw_id: int) -> ResponseReturnValue:
    """Enter the seed and draw."""
    activity = _activity(slug)
    drawing = _draw(activity, draw_id)
    form = SeedForm()
    if not form.validate():
        return _page(activity, {"seed": form}), 422
    try:
        with transaction():
            service.draw(drawing.id, form.seed.data or "", actor_id=the_staff().id)
    except DrawRefused as refused:
        return _page(_activity(slug), {"seed": form}, refused), 409
    flash(_("抽签完成，结果已公开，并通知每一位报名人。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)


@bp.post("/activities/<slug:slug>/draw/<id:draw_id>/void")
@staff(Permission.REVIEW)
def void(slug: str, draw_id: int) -> ResponseReturnValue:
    """Declare a draw void, with a reason that everybody reads."""
    activity = _activity(slug)
    drawing = _draw(activity, draw_id)
    form = VoidForm()
    if not form.validate():
        return _page(activity, {"void": form}), 422
    try:
        with transaction():
            service.void(drawing.id, form.reason_zh.data or "", form.reason_en.data or "", actor_id=the_staff().id)
    except DrawRefused as refused:
        return _page(_activity(slug), {"void": form}, refused), 409
    flash(_("已作废，原因已公开。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)
