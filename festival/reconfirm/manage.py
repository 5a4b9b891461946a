"""Organizers' page of asking people whether they are still coming: whom, when, what silence leads to, and what they said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import rehearsal, transaction
from festival.lib.format import span
from festival.lib.i18n import _, loc
from festival.programme import queries as programme
from festival.programme.models import Activity, Slot
from festival.reconfirm import queries, service
from festival.reconfirm.forms import ReconfirmForm
from festival.reconfirm.queries import Reach
from festival.reconfirm.rules import Plan, ReconfirmReason, ReconfirmRefused
from festival.reconfirm.wording import REFUSALS
from festival.signups.waitlist import cutoff

bp = Blueprint("reconfirm", __name__)

#: What is proposed: so long before the first start, at this hour.
_BEFORE, _HOUR = timedelta(days=3), 10


@dataclass(frozen=True, slots=True)
class _Preview:
    """What asking would mean."""

    plan: Plan
    reach: Reach
    fingerprint: str


@bp.get("/activities/<slug:slug>/reconfirm")
@staff(Permission.ACTIVITY_EDIT)
def index(slug: str) -> ResponseReturnValue:
    """Show who was asked and what they said, and ask what to do."""
    activity = _activity(slug)
    return _page(activity, _form(activity))


@bp.post("/activities/<slug:slug>/reconfirm")
@staff(Permission.ACTIVITY_EDIT)
def plan(slug: str) -> ResponseReturnValue:
    """Show whom it reaches and what silence leads to; do it once that has been seen."""
    activity = _activity(slug)
    form = _form(activity)
    if not form.validate():
        return _page(activity, form), 422
    activity_id, actor_id, asked, slot_ids = activity.id, the_staff().id, form.plan(), form.slot_ids()
    try:
        if seen := request.form.get("sure"):
            with transaction():
                service.plan(activity_id, slot_ids, asked, seen=seen, actor_id=actor_id)
            flash(_("已发出询问。") if asked.ask_at is None else _("已安排，到时自动询问。"), "ok")
            return redirect(url_for(".index", slug=slug), 303)
        with rehearsal():
            service.plan(activity_id, slot_ids, asked, actor_id=actor_id)
    except ReconfirmRefused as refused:
        again = _activity(slug)
        is_new = refused.reason == ReconfirmReason.CHANGED
        preview = _preview(asked, slot_ids) if is_new else None
        return _page(again, form, preview=preview, refused=refused.reason), 409
    return _page(_activity(slug), form, preview=_preview(asked, slot_ids))


def _preview(asked: Plan, slot_ids: list[int]) -> _Preview:
    return _Preview(asked, queries.reach(slot_ids), service.fingerprint(slot_ids, asked))


@bp.post("/activities/<slug:slug>/reconfirm/<id:reconfirmation_id>/cancel")
@staff(Permission.ACTIVITY_EDIT)
def cancel(slug: str, reconfirmation_id: int) -> ResponseReturnValue:
    """Take a question back."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    with transaction():
        service.cancel(activity_id, reconfirmation_id, actor_id=actor_id)
    flash(_("已取消这次询问，没有人会因此失去名额。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


def _form(activity: Activity) -> ReconfirmForm:
    slots = queries.slots_ahead(activity.id, clock.now())
    return ReconfirmForm.of([(slot.id, _slot_words(slot)) for slot in slots], ask_at=_proposed(slots))


def _slot_words(slot: Slot) -> str:
    return f"{loc(slot, 'label')} {span(slot.starts_at, slot.ends_at)}".strip()


def _proposed(slots: list[Slot]) -> datetime | None:
    """Return when to ask unless somebody says otherwise: a morning some days before the first start, if that lies ahead."""
    if not slots:
        return None
    morning = (clock.local(slots[0].starts_at) - _BEFORE).replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    return morning if morning > clock.now() else None


def _page(
    activity: Activity,
    form: ReconfirmForm,
    *,
    preview: _Preview | None = None,
    refused: ReconfirmReason | None = None,
) -> str:
    cutoffs: Mapping[int, datetime] = {slot.id: cutoff(activity, slot) for slot in activity.slots}
    return render_template(
        "manage/reconfirm/index.html",
        activity=activity,
        form=form,
        rounds=queries.rounds(activity.id),
        slot_words=_slot_words,
        first_cutoff=min((cutoffs[one] for one in form.slot_ids() if one in cutoffs), default=None),
        preview=preview,
        refused=REFUSALS[refused] if refused else None,
        data_result="preview" if preview else None,
    )
