"""The organizers' page of an activity's rules: how places are given, approved numbers, batches, the reserve. 报名规则"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, RadioField

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.format import span
from festival.lib.i18n import _, _n, loc
from festival.programme import queries as programme
from festival.programme.models import Activity, Festival, Pool, PoolBatch, Slot, SlotStatus
from festival.programme.service import PlanRefused
from festival.programme.wording import REFUSALS
from festival.signups import fairness, queries, regulating
from festival.signups.models import SignUp
from festival.signups.regulating import RuleReason, RuleRefused, may_be_reserve
from festival.signups.rulebook_forms import BatchForm, CeilingForm, FestivalRulesForm, ReserveForm, RulesForm
from festival.signups.standing import CEILING_WARNINGS
from festival.signups.wording import RULE_REFUSALS

bp = Blueprint("rulebook", __name__)

#: Which field of the batch's form a refusal stands beside; any other stands beside the pool.
_BATCH_FIELDS = {
    RuleReason.NOT_AHEAD: "batch_at",
    RuleReason.AFTER_THE_END: "batch_at",
    RuleReason.SAME_TIME: "batch_at",
    RuleReason.TOO_MANY: "batch_places",
    RuleReason.UNSAFE: "batch_places",
}


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch as the page lists it."""

    batch: PoolBatch
    pool: str


@dataclass(frozen=True, slots=True)
class ReserveLine:
    """A reserve as the page lists it. Counts are persons."""

    pool: Pool
    name: str
    lent: int


def _activity(slug: str) -> Activity:
    """Return an activity whose places the caller may regulate; any other does not exist."""
    return programme.managed(slug, scope(the_staff(), Permission.CAPACITY_EDIT, Activity.id.expression))


@bp.get("/settings")
@staff(Permission.SETTINGS_EDIT)
def festival_rules() -> ResponseReturnValue:
    """Show what holds for the whole festival, to be changed."""
    return _festival_page(FestivalRulesForm(obj=_festival()))


@bp.post("/settings")
@staff(Permission.SETTINGS_EDIT)
def set_festival_rules() -> ResponseReturnValue:
    """Set what holds for the whole festival."""
    form = FestivalRulesForm()
    if not form.validate():
        return _festival_page(form), 422
    festival_id, actor_id = _festival().id, the_staff().id
    with transaction():
        is_changed = regulating.set_festival_rules(festival_id, form.value(), actor_id=actor_id)
    flash(_("已保存。") if is_changed else _("没有改动。"), "ok")
    return redirect(url_for(".festival_rules"), 303)


def _festival() -> Festival:
    """Return the current edition.

    :raises NotFound: nothing was seeded yet.
    """
    found = programme.current_festival()
    if found is None:
        raise NotFound
    return found


def _festival_page(form: FestivalRulesForm) -> str:
    return render_template("manage/signups/settings.html", form=form)


@bp.get("/activities/<slug:slug>/rules")
@staff(Permission.CAPACITY_EDIT)
def rules(slug: str) -> ResponseReturnValue:
    """Show an activity's rules, to be changed."""
    return _Page(_activity(slug)).render()


@bp.post("/activities/<slug:slug>/rules")
@staff(Permission.CAPACITY_EDIT)
def set_rules(slug: str) -> ResponseReturnValue:
    """Set how an activity gives its places; whom the new rules let in moves up at once."""
    activity = _activity(slug)
    form = RulesForm.for_activity(activity)
    if not form.validate():
        return _Page(activity, rules=form).render(), 422
    asked, activity_id, actor_id = form.value(activity), activity.id, the_staff().id
    try:
        with transaction():
            change = regulating.set_rules(activity_id, asked, seen=form.seen_at(), actor_id=actor_id)
    except PlanRefused as refused:
        activity = _activity(slug)
        theirs = _what_others_saved(form, RulesForm.for_activity(activity, is_fresh=True))
        form.seen.data = activity.updated_at.isoformat()
        page = _Page(activity, rules=form, theirs=theirs, refusals=[str(REFUSALS[refused.reason])])
        return page.render("changed-meanwhile"), 409
    _say(_("报名规则已保存。") if change.is_changed else _("没有改动。"), change.promoted)
    return redirect(url_for(".rules", slug=slug), 303)


def _what_others_saved(form: RulesForm, stored: RulesForm) -> dict[str, str]:
    """Return, by field, what stands in the database where it differs from what was typed."""
    return {
        field.name: _shown(field)
        for field in stored
        if field.name not in {"seen", "csrf_token"} and field.name in form and form[field.name].data != field.data
    }


def _shown(field: Field) -> str:
    if isinstance(field, RadioField):
        return next((str(label) for value, label, *_rest in field.iter_choices() if value == field.data), "")
    return "" if field.data is None else str(field.data)


def _say(words: str, promoted: list[SignUp] | None = None) -> None:
    """Say what was saved, and who moved up."""
    flash(words, "ok")
    if promoted:
        told = "已从候补名单递补 %(num)s 个报名，并通知本人。"
        flash(_n(told, told, len(promoted)), "ok")


# -- the approved number ------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/slots/<id:slot_id>/ceiling")
@staff(Permission.CAPACITY_EDIT)
def set_ceiling(slug: str, slot_id: int) -> ResponseReturnValue:
    """Set the approved number of a session. Where more are there already, first say what it means and ask."""
    activity = _activity(slug)
    session = next((slot for slot in activity.slots if slot.id == slot_id and slot.parent_id is None), None)
    if session is None:
        raise NotFound
    form = CeilingForm.for_session(session)
    if not form.validate():
        return _Page(activity, ceiling=form, about=slot_id).render(), 422
    over_seen, actor_id = request.form.get("over", 0, type=int), the_staff().id
    try:
        with transaction():
            change = regulating.set_ceiling(slot_id, form.approved_ceiling.data, over_seen=over_seen, actor_id=actor_id)
    except RuleRefused:
        return _Page(_activity(slug), ceiling=form, about=slot_id, is_preview=True).render("preview")
    _say(_("核准人数已保存。") if change.is_changed else _("没有改动。"), change.promoted)
    return redirect(url_for(".rules", slug=slug, _anchor="ceilings"), 303)


# -- batches ------------------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/batches")
@staff(Permission.CAPACITY_EDIT)
def add_batch(slug: str) -> ResponseReturnValue:
    """Give a pool more places at a later time."""
    activity = _activity(slug)
    form = BatchForm.for_pools(_limited(activity))
    if not form.validate():
        return _Page(activity, batch=form).render(), 422
    pool_id, places, actor_id = int(form.batch_pool.data), form.batch_places.data, the_staff().id
    assert places is not None
    try:
        with transaction():
            regulating.add_batch(pool_id, form.at(), places, actor_id=actor_id)
    except RuleRefused as refused:
        field = form[_BATCH_FIELDS.get(refused.reason, "batch_pool")]
        field.errors = [str(RULE_REFUSALS[refused.reason])]
        return _Page(_activity(slug), batch=form).render(_result(refused)), 409
    _say(_("已保存。到时系统自动放出这批名额，先给候补的人。"))
    return redirect(url_for(".rules", slug=slug, _anchor="batches"), 303)


@bp.post("/activities/<slug:slug>/batches/<id:batch_id>/remove")
@staff(Permission.CAPACITY_EDIT)
def remove_batch(slug: str, batch_id: int) -> ResponseReturnValue:
    """Take back a batch that is still to come."""
    activity = _activity(slug)
    if batch_id not in {batch.id for batch in queries.batches_of(activity.id)}:
        raise NotFound
    actor_id = the_staff().id
    try:
        with transaction():
            stranded = regulating.remove_batch(batch_id, actor_id=actor_id)
    except RuleRefused as refused:
        return _Page(_activity(slug), refusals=[str(RULE_REFUSALS[refused.reason])]).render(_result(refused)), 409
    _say(_("已撤销这批名额。"))
    if stranded:
        words = _n(
            "有 %(num)s 组候补的人数多于这里最多能有的名额，后面的人也要等。请联系本人减少人数，或允许人数少的先递补。",
            "有 %(num)s 组候补的人数多于这里最多能有的名额，后面的人也要等。请联系本人减少人数，或允许人数少的先递补。",
            stranded,
        )
        flash(words, "warn")
    return redirect(url_for(".rules", slug=slug, _anchor="batches"), 303)


# -- the reserve --------------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/reserve")
@staff(Permission.CAPACITY_EDIT)
def make_reserve(slug: str) -> ResponseReturnValue:
    """Make a pool the reserve of its slot."""
    activity = _activity(slug)
    form = ReserveForm.for_pools(_lendable(activity))
    if not form.validate():
        return _Page(activity, reserve=form).render(), 422
    pool_id, actor_id = int(form.reserve_pool.data), the_staff().id
    try:
        with transaction():
            promoted = regulating.make_reserve(pool_id, actor_id=actor_id)
    except RuleRefused as refused:
        form.reserve_pool.errors = [str(RULE_REFUSALS[refused.reason])]
        return _Page(_activity(slug), reserve=form).render(_result(refused)), 409
    _say(_("已设为机动名额：不再单独报名，同一场次的其他名额池不够时由它补足。"), promoted)
    return redirect(url_for(".rules", slug=slug, _anchor="reserves"), 303)


@bp.post("/activities/<slug:slug>/pools/<id:pool_id>/reserve/end")
@staff(Permission.CAPACITY_EDIT)
def end_reserve(slug: str, pool_id: int) -> ResponseReturnValue:
    """Let a reserve take sign-ups of its own again."""
    activity = _activity(slug)
    if pool_id not in {pool.id for slot in activity.slots for pool in slot.open_pools if pool.is_flex}:
        raise NotFound
    actor_id = the_staff().id
    try:
        with transaction():
            regulating.end_reserve(pool_id, actor_id=actor_id)
    except RuleRefused as refused:
        return _Page(_activity(slug), refusals=[str(RULE_REFUSALS[refused.reason])]).render(_result(refused)), 409
    _say(_("已改为普通名额池，可以报名。"))
    return redirect(url_for(".rules", slug=slug, _anchor="reserves"), 303)


# -- the page -----------------------------------------------------------------------------------------------------------------


def _result(refused: RuleRefused) -> str:
    return refused.reason.value.replace("_", "-")


def _ahead(activity: Activity, now: datetime) -> list[Slot]:
    return [slot for slot in activity.slots if slot.ends_at > now and slot.status != SlotStatus.CANCELLED]


def _name(slot: Slot, pool: Pool) -> str:
    """Return what names a pool among all of an activity: its slot's time, and its own label."""
    label = loc(pool, "label") or loc(slot, "label")
    return f"{span(slot.starts_at, slot.ends_at)} · {label}" if label else span(slot.starts_at, slot.ends_at)


def _limited(activity: Activity) -> list[tuple[Pool, str]]:
    """Return the pools that may get a batch, each with its name."""
    slots = _ahead(activity, clock.now())
    return [(pool, _name(slot, pool)) for slot in slots for pool in slot.open_pools if pool.capacity is not None]


def _lendable(activity: Activity) -> list[tuple[Pool, str]]:
    """Return the pools that may be a reserve, each with its name: of slots with several and no reserve yet."""
    return [
        (pool, _name(slot, pool))
        for slot in _ahead(activity, clock.now())
        if len(slot.open_pools) > 1 and not any(pool.is_flex for pool in slot.open_pools)
        for pool in slot.open_pools
        if may_be_reserve(pool)
    ]


@dataclass(frozen=True, slots=True)
class _Page:
    """The page with the form that came back, if one did; the others are shown as things stand."""

    activity: Activity
    rules: RulesForm | None = None
    theirs: dict[str, str] | None = None
    ceiling: CeilingForm | None = None
    batch: BatchForm | None = None
    reserve: ReserveForm | None = None
    #: The session that ``ceiling`` is of, and whether the page asks before it is lowered.
    about: int | None = None
    is_preview: bool = False
    refusals: list[str] | None = None

    def render(self, data_result: str | None = None) -> str:
        """Return the page."""
        activity, now = self.activity, clock.now()
        limited, lendable = _limited(activity), _lendable(activity)
        named = {pool.id: _name(slot, pool) for slot in activity.slots for pool in slot.pools}
        sessions = [slot for slot in _ahead(activity, now) if slot.parent_id is None]
        return render_template(
            "manage/signups/rules.html",
            activity=activity,
            form=self.rules or RulesForm.for_activity(activity, is_fresh=True),
            theirs=self.theirs or {},
            asks_organisation=any(question.key == fairness.ORGANISATION for question in activity.questions),
            sessions=sessions,
            ceilings={
                slot.id: self.ceiling if self.ceiling and slot.id == self.about else CeilingForm.for_session(slot, is_fresh=True)
                for slot in sessions
            },
            warnings={slot.id: _percent(slot) for slot in sessions},
            about=self.about,
            is_preview=self.is_preview,
            batch_form=self.batch or BatchForm.for_pools(limited, is_fresh=True),
            batches=[BatchLine(batch, named[batch.pool_id]) for batch in queries.batches_of(activity.id)],
            has_limited=bool(limited),
            reserve_form=self.reserve or ReserveForm.for_pools(lendable, is_fresh=True),
            reserves=[
                ReserveLine(pool, named[pool.id], sum(other.borrowed for other in slot.open_pools))
                for slot in activity.slots
                for pool in slot.open_pools
                if pool.is_flex
            ],
            has_lendable=bool(lendable),
            refusals=self.refusals or [],
            data_result=data_result,
        )


def _percent(session: Slot) -> int | None:
    """Return the share of the approved number that is used, from the first warning on."""
    if not session.approved_ceiling:
        return None
    percent = 100 * session.heads // session.approved_ceiling
    return percent if percent >= min(CEILING_WARNINGS) else None
