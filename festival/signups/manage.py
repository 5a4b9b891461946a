"""Organizers' pages about places: how activities stand, and how many places a pool has."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.programme import queries as programme
from festival.programme.forms import CapacityForm
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Pool, Slot
from festival.programme.render import standing as public_standing
from festival.signups import rulebook, service
from festival.signups.rules import SignUpRefused
from festival.signups.service import CapacityChange
from festival.signups.standing import ActivityStanding, PoolStanding, stand
from festival.signups.wording import REASON_WORDS

bp = Blueprint("signups", __name__)
bp.register_blueprint(rulebook.bp)


def _within(permission: Permission) -> list[Activity]:
    return programme.all_managed(scope(the_staff(), permission, Activity.id.expression))


def _standings(now: datetime) -> list[ActivityStanding]:
    """Return how the caller's activities stand: what lies ahead by time, then what is over."""
    standings = stand(_within(Permission.ACTIVITY_READ), now, with_news=True)
    return sorted(standings, key=lambda one: one.activity.ends_at <= now)


@bp.get("/activities")
@staff(Permission.ACTIVITY_READ)
def activities() -> ResponseReturnValue:
    """List the caller's activities by time, with how each stands."""
    now = clock.now()
    standings = _standings(now)
    return render_template(
        "manage/signups/activities.html",
        standings=standings,
        words={one.activity.id: public_standing(one.activity, now) for one in standings},
    )


@bp.get("/activities/<slug:slug>/")
@staff(Permission.ACTIVITY_READ)
def activity(slug: str) -> ResponseReturnValue:
    """Show how one activity stands: its pools, its list, its ceiling, its window."""
    found = programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_READ, Activity.id.expression))
    return _activity_page(found)


def _activity_page(found: Activity) -> str:
    now = clock.now()
    [standing] = stand([found], now)
    return render_template(
        "manage/signups/activity.html",
        activity=found,
        standing=standing,
        words=public_standing(found, now),
        may_edit=may(the_staff(), Permission.ACTIVITY_EDIT, found.id),
        may_set_capacity=may(the_staff(), Permission.CAPACITY_EDIT, found.id),
        may_see_roster=may(the_staff(), Permission.ROSTER_MASKED, found.id),
        links=[link for link in kind_of(found).organizer_links if may(the_staff(), link.permission, found.id)],
    )


@bp.post("/pools/<id:pool_id>/capacity")
@staff(Permission.CAPACITY_EDIT)
def set_capacity(pool_id: int) -> ResponseReturnValue:
    """Change how many places a pool has. Where that is fewer than are held, first say what it means and ask."""
    standing, pool = _pool(pool_id)
    form = CapacityForm()
    form.is_reserve = pool.pool.is_flex
    if not form.validate():
        return _capacity_page(standing, pool, form), 422
    capacity, over = form.value(), form.chosen()
    too_many = 0 if capacity is None else pool.counts.held - capacity
    if too_many > 0 and over is None:
        return _capacity_page(standing, pool, form, too_many)
    slug, actor_id = standing.activity.slug, the_staff().id
    try:
        with transaction():
            change = service.set_capacity(pool_id, capacity, over or "keep", actor_id=actor_id)
    except SignUpRefused as refused:
        standing, pool = _pool(pool_id)
        form.capacity.errors = [str(REASON_WORDS[refused.reason])]
        return _capacity_page(standing, pool, form), 422
    for words in _outcome(change):
        flash(words, "ok")
    return redirect(url_for(".activity", slug=slug, _anchor=f"pool-{pool_id}"), 303)


def _pool(pool_id: int) -> tuple[ActivityStanding, PoolStanding]:
    """Return a pool within the caller's scope, and its activity.

    :raises NotFound: there is none, or none within the scope.
    """
    within = scope(the_staff(), Permission.CAPACITY_EDIT, Activity.id.expression)
    slug = db.session.scalar(
        select(Activity.slug)
        .join(Slot, Slot.activity_id == Activity.id)
        .join(Pool, Pool.slot_id == Slot.id)
        .where(Pool.id == pool_id, within),
    )
    if slug is None:
        raise NotFound
    [standing] = stand([programme.managed(slug, within)], clock.now())
    found = next((pool for slot in standing.slots for pool in slot.pools if pool.pool.id == pool_id), None)
    if found is None:  # of an earlier edition whose slug lives on
        raise NotFound
    return standing, found


def _capacity_page(standing: ActivityStanding, pool: PoolStanding, form: CapacityForm, too_many: int = 0) -> str:
    return render_template(
        "manage/signups/capacity.html",
        activity=standing.activity,
        pool=pool,
        form=form,
        too_many=too_many,
        data_result="preview" if too_many else None,
    )


def _outcome(change: CapacityChange) -> list[str]:
    """Say what a change of capacity did."""
    if change.before == change.after and not change.moved and not change.promoted:
        return [_("没有改动。")]
    words = [_("名额已保存。")]
    if change.promoted:
        words.append(
            _n(
                "已从候补名单递补 %(num)s 个报名，并通知本人。",
                "已从候补名单递补 %(num)s 个报名，并通知本人。",
                len(change.promoted),
            )
        )
    if change.moved:
        words.append(
            _n(
                "已把 %(num)s 个报名移到候补名单最前面，并通知本人。",
                "已把 %(num)s 个报名移到候补名单最前面，并通知本人。",
                len(change.moved),
            )
        )
    if change.over:
        words.append(_n("现超出 %(num)s 人，所有人的名额都保留。", "现超出 %(num)s 人，所有人的名额都保留。", change.over))
    return words
