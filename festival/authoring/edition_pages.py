"""Organizers' pages of the festival's editions: which there are, next year's copy, and its opening."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.authoring import editions, queries, wording
from festival.authoring.edition_forms import NextEditionForm
from festival.authoring.editions import EditionPreview
from festival.authoring.rules import AuthoringReason, AuthoringRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.programme import queries as programme
from festival.programme.models import Activity, Festival

bp = Blueprint("editions", __name__)


def _edition(festival_id: int) -> Festival:
    """Return an edition; for who organizes single activities only, there is none."""
    _require()
    return queries.edition(festival_id)


def _require() -> None:
    if not may(the_staff(), Permission.ACTIVITY_EDIT, None):
        raise NotFound


@bp.get("/editions")
@staff(Permission.ACTIVITY_EDIT)
def index() -> ResponseReturnValue:
    """List the editions."""
    _require()
    current = programme.current_festival()
    return render_template("manage/authoring/editions.html", editions=queries.editions(), current_id=current.id if current else 0)


@bp.get("/editions/<id:festival_id>")
@staff(Permission.ACTIVITY_EDIT)
def show(festival_id: int) -> ResponseReturnValue:
    """Show the activities of an edition, and open it where it is being prepared."""
    return _show_page(_edition(festival_id))


def _show_page(festival: Festival, refused: AuthoringRefused | None = None) -> str:
    within = scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression)
    return render_template(
        "manage/authoring/edition.html",
        festival=festival,
        activities=programme.managed_in(festival.id, within),
        now=clock.now(),
        refusals=[str(wording.REFUSALS[refused.reason])] if refused else [],
    )


@bp.post("/editions/<id:festival_id>/publish")
@staff(Permission.ACTIVITY_EDIT)
def publish(festival_id: int) -> ResponseReturnValue:
    """Open an edition: it is the current one from now on."""
    _edition(festival_id)
    actor_id = the_staff().id
    try:
        with transaction():
            editions.publish_edition(festival_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _show_page(_edition(festival_id), refused), 409
    flash(_("已公开，首页、日程和日历订阅现在显示这一届；往届活动的网址仍可打开。"), "ok")
    return redirect(url_for(".show", festival_id=festival_id), 303)


@bp.get("/editions/<id:festival_id>/clone")
@staff(Permission.ACTIVITY_EDIT)
def clone(festival_id: int) -> ResponseReturnValue:
    """Show how next year's edition will differ."""
    festival = _edition(festival_id)
    return _clone_page(festival, NextEditionForm.for_edition(festival))


@bp.post("/editions/<id:festival_id>/clone")
@staff(Permission.ACTIVITY_EDIT)
def make(festival_id: int) -> ResponseReturnValue:
    """Show every date of the copy; once that was looked at, make it."""
    festival = _edition(festival_id)
    form = NextEditionForm.for_edition(festival)
    if not form.validate():
        return _clone_page(festival, form), 422
    asked, seen, actor_id = form.value(), request.form.get("sure", ""), the_staff().id
    if not seen:
        return _clone_page(festival, form, editions.preview(festival, asked.weeks))
    try:
        with transaction():
            made = editions.clone_festival(festival_id, asked, seen=seen, actor_id=actor_id).id
    except AuthoringRefused as refused:
        festival = _edition(festival_id)
        again = editions.preview(festival, asked.weeks) if refused.reason == AuthoringReason.CHANGED_MEANWHILE else None
        return _clone_page(festival, form, again, refused), 409
    flash(_("已复制，全部活动都是草稿。读者看到的仍是当前这一届，直到您公开新的一届。"), "ok")
    return redirect(url_for(".show", festival_id=made), 303)


def _clone_page(
    festival: Festival,
    form: NextEditionForm,
    seen: EditionPreview | None = None,
    refused: AuthoringRefused | None = None,
) -> str:
    return render_template(
        "manage/authoring/clone-festival.html",
        festival=festival,
        form=form,
        seen=seen,
        collision_words=wording.COLLISIONS,
        refusals=[str(wording.REFUSALS[refused.reason])] if refused else [],
        data_result="preview" if seen else None,
    )
