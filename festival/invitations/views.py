"""What an invitation's link or code opens. Reading it signs nobody in and changes nothing."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person
from festival.invitations import queries, wording
from festival.invitations.forms import TypedCodeForm
from festival.lib import clock, limits
from festival.lib.access import public
from festival.lib.errors import NotFound
from festival.lib.names import masked
from festival.lib.tokens import CODE_LENGTH
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups import wording as signups
from festival.signups.models import Invitation
from festival.signups.queries import invited
from festival.signups.rules import InvitationEnd, Reason, read_code
from festival.signups.sheet import Sheet, sheet_of

bp = Blueprint("invitations", __name__)

_STATUSES = {None: 404, InvitationEnd.REVOKED: 410, InvitationEnd.EXPIRED: 410, InvitationEnd.USED_UP: 409}


@bp.get("/invited")
@public
def typed() -> ResponseReturnValue:
    """Show where a code is typed."""
    return render_template("invitations/typed.html", form=TypedCodeForm(formdata=None), unlisted=True)


@bp.post("/invited")
@public
@limits.invitations
def find() -> ResponseReturnValue:
    """Lead on to what a code opens."""
    form = TypedCodeForm()
    found = _found(read_code(form.invitation.data or "")) if form.validate() else None
    if found is None:
        if not form.errors:
            limits.note_guess()
            form.invitation.errors = [str(signups.INVITATION_WORDS[None])]
        return render_template("invitations/typed.html", form=form, unlisted=True), 422
    return redirect(url_for(".show", code=found[0].code), 303)


@bp.get("/invited/<invitation:code>")
@public
@limits.invitations
def show(code: str) -> ResponseReturnValue:
    """Show what somebody is invited to, and lead to the form; who used the invitation finds the ticket."""
    found = _found(read_code(code))
    if found is None:
        limits.note_guess()
        return _ended(None, None)
    invitation, activity = found
    person, now = current_person(), clock.now()
    mine = queries.used_by(invitation.id, person.id) if person else None
    if mine is not None:
        return redirect(url_for("signups.show", code=mine.code), 303)
    if end := invited(invitation).end_at(now):
        return _ended(end, activity)
    return _page(invitation, sheet_of(activity.slug, person, invitation.code))


def _found(code: str) -> tuple[Invitation, Activity] | None:
    """Return an invitation with its activity; None: unknown, or to what is not public (any more)."""
    found = queries.by_code(code) if code else None
    if found is None:
        return None
    try:
        return found[0], programme.published(found[1])
    except NotFound:  # of an earlier edition
        return None


def _page(invitation: Invitation, sheet: Sheet) -> ResponseReturnValue:
    slot = next(opening for opening in sheet.openings.slots if opening.slot.id == invitation.pool.slot_id)
    opening = next(one for one in slot.pools if one.pool.id == invitation.pool_id)
    reason = _reason(sheet, slot.reason if slot.reason not in {Reason.FULL, Reason.CEILING} else None)
    if reason is None and isinstance(opening.verdict, Reason):
        reason = opening.verdict
    refusal = signups.refusal(reason, sheet.activity, sheet.now) if reason else None
    page = render_template(
        "invitations/show.html",
        activity=sheet.activity,
        festival=sheet.activity.festival,
        kind=sheet.kind,
        slot=slot.slot,
        pool=invitation.pool,
        invitation=invitation,
        guest=masked(invitation.label) if len(invitation.code) == CODE_LENGTH else "",
        said=sheet.said_of(opening),
        refusal=refusal,
        data_result=refusal.result if refusal else "invited",
        unlisted=True,
        section="/",
    )
    return page, 409 if refusal else 200


def _reason(sheet: Sheet, of_slot: Reason | None) -> Reason | None:
    """Return why the invited cannot sign up now: the activity's own reason before the slot's."""
    whole = {Reason.CANCELLED, Reason.POSTPONED}
    return sheet.openings.reason if sheet.openings.reason in whole else of_slot


def _ended(end: InvitationEnd | None, activity: Activity | None) -> ResponseReturnValue:
    page = render_template(
        "invitations/ended.html",
        title=str(wording.TITLES[end]),
        words=str(signups.INVITATION_WORDS[end]),
        activity=activity,
        is_used_up=end == InvitationEnd.USED_UP,
        data_result="unknown-code" if end is None else end.value.replace("_", "-"),
        unlisted=True,
        section="/",
    )
    return page, _STATUSES[end]
