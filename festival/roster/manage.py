"""Organizers' pages of the roster: who is coming, and one sign-up. Lists to take away: ``festival.exports``."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.pages import path_to
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.roster import queries, render, service
from festival.roster.forms import RevealForm, wanted
from festival.roster.rules import Field, Sort, last_page
from festival.signups.rules import State
from festival.signups.standing import stand
from festival.signups.wording import STATE_WORDS

bp = Blueprint("roster", __name__)


def _activity(slug: str, permission: Permission) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))


@bp.get("/activities/<slug:slug>/roster")
@staff(Permission.ROSTER_MASKED)
def roster(slug: str) -> ResponseReturnValue:
    """Show who signed up: a page of it, searched, filtered and sorted as the address says."""
    activity = _activity(slug, Permission.ROSTER_MASKED)
    member, now = the_staff(), clock.now()
    by_name = may(member, Permission.ROSTER_READ, activity.id)
    view = wanted(request.args)
    asked = render.columns(activity)
    found = queries.page(activity.id, view, [question.key for question in asked], now, by_name=by_name)
    places = render.Places(activity)
    [standing] = stand([activity], now)
    return render_template(
        "manage/roster/roster.html",
        activity=activity,
        standing=standing,
        view=view,
        found=found,
        lines=[render.line(row, places, asked, by_name=by_name) for row in found.rows],
        last=last_page(found.total, queries.PAGE),
        asked=asked,
        places=places,
        by_name=by_name,
        may_reveal=may(member, Permission.CONTACT_REVEAL, activity.id),
        may_export=may(member, Permission.ROSTER_EXPORT, activity.id),
        states=[(state.value, STATE_WORDS[state]) for state in State],
        sorts=list(Sort),
        Field=Field,
    )


# -- one sign-up --------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/roster/<id:sign_up_id>")
@staff(Permission.ROSTER_MASKED)
def sign_up(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show one sign-up, its contact masked."""
    activity = _activity(slug, Permission.ROSTER_MASKED)
    return _sign_up_page(activity, sign_up_id, RevealForm(formdata=None))


@bp.post("/activities/<slug:slug>/roster/<id:sign_up_id>/contact")
@staff(Permission.CONTACT_REVEAL)
def reveal(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show how one person is reached, to somebody who says why. It is shown once: no address leads to it."""
    activity = _activity(slug, Permission.CONTACT_REVEAL)
    form = RevealForm()
    if not form.validate():
        return _sign_up_page(activity, sign_up_id, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        contacts = service.reveal_contact(activity_id, sign_up_id, form.reason.data or "", actor_id=actor_id)
    return _sign_up_page(_activity(slug, Permission.CONTACT_REVEAL), sign_up_id, form, contacts)


def _sign_up_page(activity: Activity, sign_up_id: int, form: RevealForm, contacts: list[str] | None = None) -> str:
    member = the_staff()
    asked = render.answered(activity)
    row = queries.one(activity.id, sign_up_id, [question.key for question in asked], clock.now())
    return render_template(
        "manage/roster/sign_up.html",
        activity=activity,
        line=render.line(row, render.Places(activity), asked, by_name=may(member, Permission.ROSTER_READ, activity.id)),
        asked=asked,
        form=form,
        contacts=contacts,
        may_reveal=may(member, Permission.CONTACT_REVEAL, activity.id),
        counter=path_to("/manage/activities/<slug>/counter/<sign_up_id>", slug=activity.slug, sign_up_id=sign_up_id)
        if row.is_from_counter and may(member, Permission.COUNTER, activity.id)
        else None,
        data_result="revealed" if contacts is not None else None,
    )
