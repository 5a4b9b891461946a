"""Organizers' pages that make one pool of two, or two of one: first the simulation, then the deed."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n, loc
from festival.plans import pools, queries, wording
from festival.plans.forms import MergeForm, SplitForm
from festival.plans.pools import Rearranged, Simulation
from festival.plans.rules import PoolReason, PoolsRefused
from festival.programme import queries as programme
from festival.programme.models import Activity, Pool, Slot
from festival.signups.rules import State, Waiting
from festival.signups.wording import STATE_WORDS

bp = Blueprint("pooling", __name__)

#: Parties that a page lists one by one; the rest are counted.
LISTED = 200


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party as the reader may see it."""

    name: str
    state_words: str
    party_size: int
    pool: str


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.CAPACITY_EDIT, Activity.id.expression))


def _slot(activity: Activity, slot_id: int) -> Slot:
    """Return a slot with at least two pools to choose from."""
    found = next((slot for slot in activity.slots if slot.id == slot_id), None)
    if found is None or len(found.open_pools) < 2:  # noqa: PLR2004  # two become one
        raise NotFound
    return found


def _pool(activity: Activity, pool_id: int) -> Pool:
    found = next((pool for slot in activity.slots for pool in slot.open_pools if pool.id == pool_id), None)
    if found is None:
        raise NotFound
    return found


# -- two become one ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/slots/<id:slot_id>/merge")
@staff(Permission.CAPACITY_EDIT)
def merge(slug: str, slot_id: int) -> ResponseReturnValue:
    """Ask which pools shall be one, and how many places it has."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    return _page("merge", activity, slot, MergeForm.for_slot(slot))


@bp.post("/activities/<slug:slug>/slots/<id:slot_id>/merge")
@staff(Permission.CAPACITY_EDIT)
def merge_now(slug: str, slot_id: int) -> ResponseReturnValue:
    """Show who could be kept and who not; the second press does it."""
    activity = _activity(slug)
    slot = _slot(activity, slot_id)
    form = MergeForm.for_slot(slot)
    if not form.validate():
        return _page("merge", activity, slot, form), 422
    asked, actor_id = form.value(), the_staff().id
    try:
        seen = pools.simulate_merge(asked, clock.now())
        if request.form.get("sure") != seen.fingerprint:
            return _page("merge", activity, slot, form, seen)
        done = _do(lambda: pools.merge(asked, seen=seen.fingerprint, actor_id=actor_id))
    except PoolsRefused as refused:
        activity = _activity(slug)
        return _page("merge", activity, _slot_again(activity, slot_id), form, refused=refused.reason), 409
    return _done(slug, done)


def _slot_again(activity: Activity, slot_id: int) -> Slot:
    """Return a slot whatever became of its pools meanwhile."""
    return next(slot for slot in activity.slots if slot.id == slot_id)


# -- one becomes two ----------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/pools/<id:pool_id>/split")
@staff(Permission.CAPACITY_EDIT)
def split(slug: str, pool_id: int) -> ResponseReturnValue:
    """Ask what both pools shall be called, and how many places each has."""
    activity = _activity(slug)
    pool = _pool(activity, pool_id)
    return _page("split", activity, pool.slot, SplitForm.for_pool(pool), pool=pool)


@bp.post("/activities/<slug:slug>/pools/<id:pool_id>/split")
@staff(Permission.CAPACITY_EDIT)
def split_now(slug: str, pool_id: int) -> ResponseReturnValue:
    """Show who would stay, go or wait; the second press does it."""
    activity = _activity(slug)
    pool = _pool(activity, pool_id)
    form = SplitForm.for_pool(pool)
    if not form.validate():
        return _page("split", activity, pool.slot, form, pool=pool), 422
    asked, actor_id = form.value(pool), the_staff().id
    try:
        seen = pools.simulate_split(asked, clock.now())
        if request.form.get("sure") != seen.fingerprint:
            return _page("split", activity, pool.slot, form, seen, pool=pool)
        done = _do(lambda: pools.split(asked, seen=seen.fingerprint, actor_id=actor_id))
    except PoolsRefused as refused:
        activity = _activity(slug)
        pool = _pool(activity, pool_id)
        return _page("split", activity, pool.slot, form, pool=pool, refused=refused.reason), 409
    return _done(slug, done)


# -- both ---------------------------------------------------------------------------------------------------------------------


def _do(what: Callable[[], Rearranged]) -> Rearranged:
    with transaction():
        return what()


def _page(
    what: str,
    activity: Activity,
    slot: Slot,
    form: MergeForm | SplitForm,
    seen: Simulation | None = None,
    *,
    pool: Pool | None = None,
    refused: PoolReason | None = None,
) -> str:
    shows_names = may(the_staff(), Permission.ROSTER_READ, activity.id)
    return render_template(
        f"manage/plans/{what}.html",
        activity=activity,
        slot=slot,
        pool=pool,
        form=form,
        seen=seen,
        lists={name: _lines(slot, parties, shows_names=shows_names) for name, parties in _parties(seen).items()},
        persons={name: sum(party.party_size for party in parties) for name, parties in _parties(seen).items()},
        listed=LISTED,
        refusals=[wording.POOL_REFUSALS[refused]] if refused else [],
        data_result="preview" if seen else refused.value.replace("_", "-") if refused else None,
    )


def _parties(seen: Simulation | None) -> dict[str, tuple[Waiting, ...]]:
    if seen is None:
        return {}
    return {"kept": seen.seating.kept, "moved": seen.seating.moved, "bumped": seen.seating.bumped}


def _lines(slot: Slot, parties: tuple[Waiting, ...], *, shows_names: bool) -> list[PartyLine]:
    shown = parties[:LISTED]
    found = queries.sign_ups(party.sign_up_id for party in shown)
    labels = {pool.id: loc(pool, "label") for pool in slot.pools}
    return [
        PartyLine(
            name=(found[party.sign_up_id].name if shows_names else "") or found[party.sign_up_id].digits,
            state_words=str(STATE_WORDS[State(found[party.sign_up_id].state)]),
            party_size=party.party_size,
            pool=labels.get(party.pool_id, ""),
        )
        for party in shown
    ]


def _done(slug: str, done: Rearranged) -> ResponseReturnValue:
    flash(_("名额池已调整，日历和公开页面随之更新。"), "ok")
    if done.bumped:
        flash(_n("%(num)s 个报名移到候补最前，已通知本人。", "%(num)s 个报名移到候补最前，已通知本人。", done.bumped), "warn")
    if done.promoted:
        flash(_n("从候补名单递补 %(num)s 个报名。", "从候补名单递补 %(num)s 个报名。", done.promoted), "ok")
    return redirect(url_for("manage.signups.activity", slug=slug), 303)
