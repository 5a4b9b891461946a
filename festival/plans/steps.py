"""Organizers' pages that call an activity or a slot off, postpone it, take it up again, or hold it on its backup date."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.plans import preview, queries, service, wording
from festival.plans.forms import PlainStepForm, StepForm
from festival.plans.preview import Preview
from festival.plans.rules import Step, StepReason, StepRefused
from festival.plans.service import Done
from festival.programme import queries as programme
from festival.programme.models import Activity, Slot
from festival.programme.service import PlanRefused, Span

bp = Blueprint("steps", __name__)
#: Slots with a single pool that the page offers to split.
_FEW = 8


@dataclass(frozen=True, slots=True)
class Line:
    """An activity or a slot, and what can be done to it now. ``slot`` None: the whole activity."""

    slot: Slot | None
    steps: list[Step]


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


def _slot(activity: Activity, slot_id: int) -> Slot:
    found = next((slot for slot in activity.slots if slot.id == slot_id), None)
    if found is None:
        raise NotFound
    return found


@bp.get("/activities/<slug:slug>/plan")
@staff(Permission.ACTIVITY_EDIT)
def plan(slug: str) -> ResponseReturnValue:
    """Show how the plan stands, and every step that can be taken."""
    activity, now = _activity(slug), clock.now()
    sessions = [slot for slot in activity.slots if slot.parent_id is None]
    shown = [slot for slot in activity.slots if slot.ends_at > now or slot.status != "scheduled"]
    return render_template(
        "manage/plans/plan.html",
        activity=activity,
        whole=Line(None, _steps(activity, None, now)),
        lines=[Line(slot, _steps(activity, slot, now)) for slot in shown],
        several=len(activity.slots) > 1,
        only=sessions[0] if len(sessions) == 1 else None,
        answers=queries.answers(activity.id),
        step_words=wording.STEP_WORDS,
        pooled=_pooled(activity, now) if may(the_staff(), Permission.CAPACITY_EDIT, activity.id) else [],
    )


def _pooled(activity: Activity, now: datetime) -> list[Slot]:
    """Return the slots whose pools can be merged or split; of very many only those that have several."""
    ahead = [slot for slot in activity.slots if slot.starts_at > now and slot.open_pools]
    several = [slot for slot in ahead if len(slot.open_pools) > 1]
    return several or ahead[:_FEW]


def _steps(activity: Activity, slot: Slot | None, now: datetime) -> list[Step]:
    """Return the steps that can be taken now; one of a slot that its whole activity offers as well stands there alone."""
    open_to_it = [step for step in Step if service.refusal(activity, activity.slots, slot, step, now) is None]
    is_only = slot is not None and len(activity.slots) == 1
    return [step for step in open_to_it if step == Step.BACKUP or not is_only]


@bp.get("/activities/<slug:slug>/plan/<any(cancel,postpone,resume):step>")
@staff(Permission.ACTIVITY_EDIT)
def look(slug: str, step: str) -> ResponseReturnValue:
    """Show whom a step concerns, and ask for the reason."""
    return _page(_activity(slug), None, Step(step), _form(Step(step)))


@bp.post("/activities/<slug:slug>/plan/<any(cancel,postpone,resume):step>")
@staff(Permission.ACTIVITY_EDIT)
def take(slug: str, step: str) -> ResponseReturnValue:
    """Take a step with the whole activity; everybody is told."""
    return _take(_activity(slug), None, Step(step))


@bp.get("/activities/<slug:slug>/slots/<id:slot_id>/plan/<any(cancel,postpone,resume,backup):step>")
@staff(Permission.ACTIVITY_EDIT)
def look_at_slot(slug: str, slot_id: int, step: str) -> ResponseReturnValue:
    """Show whom a step with one slot concerns, and ask for the reason."""
    activity = _activity(slug)
    return _page(activity, _slot(activity, slot_id), Step(step), _form(Step(step)))


@bp.post("/activities/<slug:slug>/slots/<id:slot_id>/plan/<any(cancel,postpone,resume,backup):step>")
@staff(Permission.ACTIVITY_EDIT)
def take_with_slot(slug: str, slot_id: int, step: str) -> ResponseReturnValue:
    """Take a step with one slot and what belongs to it; everybody is told."""
    activity = _activity(slug)
    return _take(activity, _slot(activity, slot_id), Step(step))


def _form(step: Step) -> StepForm | PlainStepForm:
    return PlainStepForm() if step == Step.RESUME else StepForm()


def _take(activity: Activity, slot: Slot | None, step: Step) -> ResponseReturnValue:
    form = _form(step)
    if not form.validate():
        return _page(activity, slot, step, form), 422
    slug, activity_id, slot_id, actor_id = activity.slug, activity.id, slot.id if slot else None, the_staff().id
    try:
        with transaction():
            done = service.take_step(activity_id, slot_id, step, form.value(), actor_id=actor_id)
    except StepRefused as refused:
        return _again(slug, slot_id, step, form, refused.reason)
    except PlanRefused:
        return _again(slug, slot_id, step, form, StepReason.NO_BACKUP)
    _say(step, done)
    return redirect(url_for(".plan", slug=slug), 303)


def _again(
    slug: str,
    slot_id: int | None,
    step: Step,
    form: StepForm | PlainStepForm,
    reason: StepReason,
) -> ResponseReturnValue:
    activity = _activity(slug)
    return _page(activity, _slot(activity, slot_id) if slot_id else None, step, form, reason), 409


def _page(
    activity: Activity,
    slot: Slot | None,
    step: Step,
    form: StepForm | PlainStepForm,
    reason: StepReason | None = None,
) -> str:
    now = clock.now()
    reason = reason or service.refusal(activity, activity.slots, slot, step, now)
    return render_template(
        "manage/plans/step.html",
        activity=activity,
        slot=slot,
        step=step,
        form=form,
        heading=wording.STEP_WORDS[step],
        explained=wording.STEP_EXPLAINED[step],
        done_word=wording.STEP_DONE[step],
        seen=None if reason else _look(activity, slot, step, now),
        refusal=wording.REFUSALS[reason] if reason else "",
        data_result=reason.value.replace("_", "-") if reason else "preview",
    )


def _look(activity: Activity, slot: Slot | None, step: Step, now: datetime) -> Preview:
    """Return whom a step concerns; one that moves people says who gets a clash."""
    if step == Step.BACKUP and slot is not None and slot.backup_starts_at is not None:
        to = slot.backup_starts_at
        new = preview.after_slot_edit(
            activity, slot, Span(to, to + (slot.ends_at - slot.starts_at)), slot.venue or activity.venue
        )
        member = the_staff()
        return preview.preview(activity, new, lambda one: may(member, Permission.ROSTER_READ, one), now)
    ids = [one.id for one in service.concerned(activity, activity.all_slots, slot, step, now)]
    return preview.only_told(activity, ids, queries.told(ids))


def _say(step: Step, done: Done) -> None:
    flash(str(wording.STEP_SAID[step]), "ok")
    if done.told:
        flash(_n("已通知 %(num)s 个报名的本人。", "已通知 %(num)s 个报名的本人。", done.told), "ok")
    if done.served:
        flash(_("其中 %(n)s 个得到名额或待确认的名额。", n=done.served), "ok")
