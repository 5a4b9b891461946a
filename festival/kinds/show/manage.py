"""Organizers' pages of a show: the board of the evening, deciding, and the ground."""

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.kinds.show import live, queries, rules, service, wording
from festival.kinds.show.forms import DecisionForm, EntranceForm, GoForm, PlanForm, ZoneForm, form_of
from festival.kinds.show.models import Area, ShowDecision
from festival.kinds.show.rules import Decision, Reason, ShowRefused, ZoneReason, ZoneRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _l, _n
from festival.plans import preview
from festival.plans import queries as planned
from festival.plans import service as plans
from festival.plans.preview import Preview
from festival.plans.rules import Step, StepRefused
from festival.plans.wording import REFUSALS as STEP_REFUSALS
from festival.programme import queries as programme
from festival.programme.kinds import OrganizerLink
from festival.programme.models import Activity, Pool, Slot
from festival.programme.service import PlanRefused, Span

bp = Blueprint("show", __name__)
KEY = "show"
#: Where organizers find these pages.
LINKS = (
    OrganizerLink(_l("当晚看板与决定"), "/manage/activities/<slug>/show", Permission.ACTIVITY_READ),
    OrganizerLink(_l("观看区、入口与预案"), "/manage/activities/<slug>/show/ground", Permission.ACTIVITY_EDIT),
)
#: How long a hold is proposed to last.
_WAIT = timedelta(minutes=30)
#: What people are told by a change of plan.
_MESSAGES = {Step.CANCEL: "activity_cancelled", Step.POSTPONE: "activity_postponed", Step.BACKUP: "activity_changed"}


def _activity(slug: str, permission: Permission) -> Activity:
    """Return a show within the caller's scope; outside it, or of another kind, there is none."""
    activity = programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))
    if activity.kind != KEY:
        raise NotFound
    return activity


def _evening(activity: Activity) -> Slot:
    slot = queries.evening(activity)
    if slot is None:
        raise NotFound
    return slot


# -- the board ----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/show")
@staff(Permission.ACTIVITY_READ)
def board(slug: str) -> ResponseReturnValue:
    """Show how the evening stands: zones with heads, gates, the approved number, what was decided and can be."""
    activity = _activity(slug, Permission.ACTIVITY_READ)
    slot = _evening(activity)
    sessions = [one.id for one in activity.slots if one.parent_id is None]
    return render_template(
        "kinds/show/manage/board.html",
        activity=activity,
        slot=slot,
        decisions=queries.decisions(sessions),
        decision_words=wording.decision_words,
        open_to_it=[what for what in Decision if _refusal(activity, slot, what) == ""],
        names=wording.DECISIONS,
        may_decide=may(the_staff(), Permission.ACTIVITY_EDIT, activity.id),
        owed_by=live.is_owed(activity, slot, queries.last_decision(slot.id), clock.now()),
        **_numbers(activity, slot),
    )


def _numbers(activity: Activity, slot: Slot) -> dict[str, object]:
    shown = live.shown(activity, fresh=True)
    counted = queries.gate_counts(activity.id, slot)
    assert shown is not None  # it has a time
    ceiling = slot.approved_ceiling
    heads = shown.inside + shown.staff
    return {
        "show": shown,
        "gates": [(entrance, counted.get(entrance.gate_id)) for entrance in shown.entrances],
        "heads": heads,
        "warning": next((percent for percent in (95, 80) if ceiling and heads * 100 >= ceiling * percent), 0),
        "planned": sum(number or 0 for number in queries.planned(slot.id).values()),
    }


@bp.get("/activities/<slug:slug>/show/numbers")
@staff(Permission.ACTIVITY_READ)
def numbers(slug: str) -> ResponseReturnValue:
    """Give the live numbers of the board alone, as it asks for them again and again."""
    activity = _activity(slug, Permission.ACTIVITY_READ)
    slot = _evening(activity)
    response = Response(
        render_template("kinds/show/manage/numbers.html", activity=activity, slot=slot, **_numbers(activity, slot)),
        mimetype="text/html",
    )
    response.add_etag()
    response.make_conditional(request)
    return response


# -- deciding -----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/show/<any(go,hold,postpone,cancel):what>")
@staff(Permission.ACTIVITY_EDIT)
def look(slug: str, what: str) -> ResponseReturnValue:
    """Show whom a decision concerns and what they will read, and ask for the reason."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    slot = _evening(activity)
    last = queries.last_decision(slot.id)
    return _page(activity, slot, Decision(what), _form(Decision(what), activity, slot, last))


def _form(what: Decision, activity: Activity, slot: Slot, last: ShowDecision | None) -> GoForm | DecisionForm:
    now = clock.local(max(clock.now(), queries.doors_at(slot) - _WAIT))
    until = min((now + _WAIT).replace(minute=(now + _WAIT).minute // 5 * 5, second=0, microsecond=0), clock.local(slot.ends_at))
    about = service.about(what, activity, slot, clock.now())
    return form_of(what, seen=last.id if last is not None else 0, about=about, until=until)


@bp.post("/activities/<slug:slug>/show/<any(go,hold,postpone,cancel):what>")
@staff(Permission.ACTIVITY_EDIT)
def decide(slug: str, what: str) -> ResponseReturnValue:
    """Decide: everybody concerned is told, and the decision stands on the public page."""
    activity, wanted = _activity(slug, Permission.ACTIVITY_EDIT), Decision(what)
    slot = _evening(activity)
    form = form_of(wanted)
    if not form.validate():
        return _page(activity, slot, wanted, form), 422
    slot_id, actor_id = slot.id, the_staff().id
    try:
        with transaction():
            on = form.about.data or ""
            told = service.decide(slot_id, form.value(wanted), seen=form.seen_id(), on=on, actor_id=actor_id).told
    except ShowRefused as refused:
        return _again(slug, wanted, form, refused.reason)
    except StepRefused as refused:
        return _refused(slug, wanted, form, str(STEP_REFUSALS[refused.reason]))
    except PlanRefused:
        return _refused(slug, wanted, form, _("备用日期不能用了，请先在场次页面修改。"))
    live.forget()
    flash(_("已决定：%(what)s。公开页面随之更新。", what=str(wording.DECISIONS[wanted])), "ok")
    if told:
        flash(_n("已通知 %(num)s 个报名的本人。", "已通知 %(num)s 个报名的本人。", told), "ok")
    return redirect(url_for(".board", slug=slug), 303)


def _again(slug: str, what: Decision, form: GoForm | DecisionForm, reason: Reason) -> ResponseReturnValue:
    """Say no: beside the hour where that is wrong, else above, with what others decided meanwhile; what was typed stays."""
    words = str(wording.REFUSALS[reason])
    if reason in {Reason.NOT_AHEAD, Reason.TOO_LATE} and "until" in form:
        form["until"].errors = [words]
        activity = _activity(slug, Permission.ACTIVITY_EDIT)
        return _page(activity, _evening(activity), what, form), 422
    return _refused(slug, what, form, words)


def _refused(slug: str, what: Decision, form: GoForm | DecisionForm, words: str) -> ResponseReturnValue:
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    slot = _evening(activity)
    last = queries.last_decision(slot.id)
    form.seen.data = str(last.id if last is not None else 0)
    form.about.data = service.about(what, activity, slot, clock.now())
    return _page(activity, slot, what, form, refused=words), 409


def _page(activity: Activity, slot: Slot, what: Decision, form: GoForm | DecisionForm, *, refused: str = "") -> str:
    now = clock.now()
    step = service.step_of(what, activity, slot, now)
    moved_to = slot.backup_starts_at if step is not None and step[0] == Step.BACKUP else None
    cannot = _refusal(activity, slot, what)
    last = queries.last_decision(slot.id)
    return render_template(
        "kinds/show/manage/decide.html",
        activity=activity,
        slot=slot,
        what=what,
        form=form,
        heading=wording.DECISIONS[what],
        explained=wording.EXPLAINED[what],
        done_word=wording.DONE[what],
        moved_to=moved_to,
        seen=None if cannot else _concerned(activity, slot, step),
        prepared=wording.prepared(what, activity, slot, kind=_MESSAGES[step[0]] if step else "", moved_to=moved_to),
        last=last,
        decision_words=wording.decision_words,
        reasons={cause.value: wording.why_of(cause) for cause in wording.CAUSES if cause != rules.Cause.OTHER},
        plan=queries.plan(activity.id),
        refused=refused or cannot,
        cannot=bool(cannot),
        data_result="refused" if refused or cannot else "preview",
    )


def _refusal(activity: Activity, slot: Slot, what: Decision) -> str:
    """Return why something cannot be decided now, in words; empty: it can."""
    now = clock.now()
    step = service.step_of(what, activity, slot, now)
    if step is None:
        reason = rules.refusal(what, service.standing(activity, slot, queries.last_decision(slot.id)), now)
        return str(wording.REFUSALS[reason]) if reason else ""
    whose = slot if step[1] is not None else None
    refusal = plans.refusal(activity, activity.slots, whose, step[0], now)
    return str(STEP_REFUSALS[refusal]) if refusal else ""


def _concerned(activity: Activity, slot: Slot, step: tuple[Step, int | None] | None) -> Preview:
    """Return who is told, and of a move who gets a clash by it."""
    if step is not None and step[0] == Step.BACKUP and slot.backup_starts_at is not None:
        to = slot.backup_starts_at
        new = preview.after_slot_edit(
            activity, slot, Span(to, to + (slot.ends_at - slot.starts_at)), slot.venue or activity.venue
        )
        member = the_staff()
        return preview.preview(activity, new, lambda one: may(member, Permission.ROSTER_READ, one), clock.now())
    return preview.only_told(activity, [slot.id], planned.told([slot.id]))


# -- the ground ---------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/show/ground")
@staff(Permission.ACTIVITY_EDIT)
def ground(slug: str) -> ResponseReturnValue:
    """Show the ground and the weather plan, to be changed."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    return _ground_page(activity, PlanForm.of(queries.plan(activity.id)))


@bp.post("/activities/<slug:slug>/show/ground")
@staff(Permission.ACTIVITY_EDIT)
def set_plan(slug: str) -> ResponseReturnValue:
    """Set what readers are told of weather, transit and the sky."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    form = PlanForm.of(queries.plan(activity.id))
    if not form.validate():
        return _ground_page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        is_changed = service.set_plan(activity_id, form.value(), actor_id=actor_id)
    flash(_("已保存。") if is_changed else _("没有改动。"), "ok")
    return redirect(url_for(".ground", slug=slug), 303)


def _ground_page(activity: Activity, form: PlanForm) -> str:
    slot = _evening(activity)
    by_pool = {area.pool_id: area for area in queries.areas(activity.id)}
    return render_template(
        "kinds/show/manage/ground.html",
        activity=activity,
        slot=slot,
        form=form,
        show=live.shown(activity, fresh=True),
        pools=[(pool, by_pool.get(pool.id)) for pool in slot.open_pools],
        places=queries.planned(slot.id),
    )


@bp.get("/activities/<slug:slug>/show/zones/<id:pool_id>")
@staff(Permission.ACTIVITY_EDIT)
def zone(slug: str, pool_id: int) -> ResponseReturnValue:
    """Show one zone with its entrances, to be changed."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    pool, area = _zone(activity, pool_id)
    return _zone_page(activity, pool, area, ZoneForm.of(area), EntranceForm(formdata=None))


@bp.post("/activities/<slug:slug>/show/zones/<id:pool_id>")
@staff(Permission.ACTIVITY_EDIT)
def set_zone(slug: str, pool_id: int) -> ResponseReturnValue:
    """Set a zone's safety number and where it lies."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    pool, area = _zone(activity, pool_id)
    form = ZoneForm.of(area)
    if not form.validate():
        return _zone_page(activity, pool, area, form, EntranceForm(formdata=None)), 422
    actor_id = the_staff().id
    try:
        with transaction():
            service.set_zone(pool_id, form.value(), actor_id=actor_id)
    except ZoneRefused as refused:
        activity = _activity(slug, Permission.ACTIVITY_EDIT)
        pool, area = _zone(activity, pool_id)
        wrong = form.staff if refused.reason == ZoneReason.MORE_HEADS else form.safety_limit
        wrong.errors = [str(wording.ZONE_REFUSALS[refused.reason])]
        return _zone_page(activity, pool, area, form, EntranceForm(formdata=None)), 422
    flash(_("已保存。"), "ok")
    return redirect(url_for(".zone", slug=slug, pool_id=pool_id), 303)


@bp.post("/activities/<slug:slug>/show/zones/<id:pool_id>/entrances")
@staff(Permission.ACTIVITY_EDIT)
def set_entrance(slug: str, pool_id: int) -> ResponseReturnValue:
    """Open an entrance to a zone, or move it."""
    activity = _activity(slug, Permission.ACTIVITY_EDIT)
    pool, area = _zone(activity, pool_id)
    if area is None:
        raise NotFound
    form = EntranceForm()
    if not form.validate():
        return _zone_page(activity, pool, area, ZoneForm.of(area), form), 422
    area_id, actor_id = area.id, the_staff().id
    with transaction():
        service.set_entrance(area_id, form.value(), actor_id=actor_id)
    flash(_("已保存。"), "ok")
    return redirect(url_for(".zone", slug=slug, pool_id=pool_id), 303)


def _zone(activity: Activity, pool_id: int) -> tuple[Pool, Area | None]:
    pool = next((one for one in _evening(activity).open_pools if one.id == pool_id), None)
    if pool is None:
        raise NotFound
    return pool, next((area for area in queries.areas(activity.id) if area.pool_id == pool_id), None)


def _zone_page(activity: Activity, pool: Pool, area: Area | None, form: ZoneForm, entrance: EntranceForm) -> str:
    return render_template(
        "kinds/show/manage/zone.html",
        activity=activity,
        pool=pool,
        area=area,
        form=form,
        entrance=entrance,
        places=queries.planned(pool.slot_id).get(pool.id),
    )
