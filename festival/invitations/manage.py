"""Organizers' pages of invitations: who is invited, new links from a list, codes for several, and taking one back.

They ask for ``ACTIVITY_EDIT``: an invitation gives places away past every queue, and the pages name the invited in full. That is
for those who answer for the activity, not for a reviewer, who sees masked names and judges only who has applied.
"""

import tempfile

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.invitations import queries, service, wording, xlsx
from festival.invitations.forms import CodeForm, GuestsForm, PoolForm, RevokeForm
from festival.invitations.queries import Row
from festival.invitations.rules import Guests, InvitationReason, InvitationRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.i18n import _, _n
from festival.lib.settings import Settings
from festival.lib.spreadsheet import XLSX_TYPE
from festival.lib.text import clean_line, search_key
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups.rules import read_code

bp = Blueprint("invitations", __name__)

#: Lines of one sort that the preview names; of more it says how many.
NAMED = 20
_BESIDE = {InvitationReason.UNKNOWN_POOL: "pool_id", InvitationReason.EXPIRES_IN_PAST: "expires_at"}
#: A page number that somebody may ask for.
_MOST_DIGITS = 5


def _activity(slug: str, permission: Permission = Permission.ACTIVITY_EDIT) -> Activity:
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))


def _address_of(row: Row) -> str:
    """Return the whole address that an invitation is sent out as: without a language, readers choose."""
    settings: Settings = current_app.extensions["settings"]
    return f"{settings.base_url}/invited/{row.invitation.code}"


@bp.get("/activities/<slug:slug>/invitations")
@staff(Permission.ACTIVITY_EDIT)
def index(slug: str) -> ResponseReturnValue:
    """Show who is invited: newest first, searched by name or code."""
    activity, now = _activity(slug), clock.now()
    words = clean_line(request.args.get("q", ""))[:60]
    code = read_code(words)
    wanted = code if queries.count(activity.id, code) and code and not queries.count(activity.id, words) else words
    total = queries.count(activity.id, wanted)
    last = max(1, -(-total // queries.PAGE))
    asked = request.args.get("page", "1")
    number = min(last, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else 1
    return render_template(
        "manage/invitations/index.html",
        activity=activity,
        pools=queries.pools(activity, now),
        rows=queries.page(activity.id, wanted, number, now),
        address_of=_address_of,
        typed_code=wording.typed_code,
        pool_words=wording.pool_words,
        state_words=wording.state_words,
        words=words,
        total=total,
        number=number,
        last=last,
        may_export=may(the_staff(), Permission.ROSTER_EXPORT, activity.id),
        may_see_roster=may(the_staff(), Permission.ROSTER_READ, activity.id),
    )


@bp.get("/activities/<slug:slug>/invitations.xlsx")
@staff(Permission.ROSTER_EXPORT)
def links_xlsx(slug: str) -> ResponseReturnValue:
    """Give the links and codes to send out, as an Excel file."""
    activity, now = _activity(slug, Permission.ROSTER_EXPORT), clock.now()
    file = tempfile.SpooledTemporaryFile(max_size=1024 * 1024)  # noqa: SIM115  # the answer closes it
    rows = queries.every(activity.id, now)
    number = xlsx.write_links(file, activity, rows, _address_of, made_by=the_staff().staff_name or "", at=now)
    name, activity_id, actor_id = xlsx.file_name(activity, now), activity.id, the_staff().id
    with transaction():
        service.record_export(activity_id, number, actor_id=actor_id)
    return download(file, name=name, plain_name="invitations.xlsx", content_type=XLSX_TYPE)


# -- links for a list of guests -------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/invitations/guests")
@staff(Permission.ACTIVITY_EDIT)
def guests(slug: str) -> ResponseReturnValue:
    """Show where a list is pasted, or a file chosen."""
    activity = _activity(slug)
    return _guests_page(activity, GuestsForm.for_activity(activity))


@bp.post("/activities/<slug:slug>/invitations/guests")
@staff(Permission.ACTIVITY_EDIT)
def invite(slug: str) -> ResponseReturnValue:
    """Show what a list would do; made it is at the second press, from the list that was shown."""
    activity = _activity(slug)
    form = GuestsForm.for_activity(activity)
    assert isinstance(form, GuestsForm)
    if not form.validate():
        return _guests_page(activity, form), 422
    is_new_file = form.file.data is not None
    form.take_file()
    activity_id, pool_id, names, until = activity.id, form.pool_id.data, form.names.data or "", form.until()
    try:
        if "save" not in request.form or is_new_file:
            return _guests_page(activity, form, service.preview(activity_id, pool_id, names))
        actor_id = the_staff().id
        with transaction():
            made = len(service.invite(activity_id, pool_id, names, until, actor_id=actor_id, shown=_shown()))
    except InvitationRefused as refused:
        return _guests_refused(slug, refused.reason)
    flash(_n("已生成 %(num)s 个邀请链接。", "已生成 %(num)s 个邀请链接。", made), "ok")
    return redirect(url_for(".index", slug=slug), 303)


def _shown() -> int | None:
    """Return how many new names the preview told of; None: it told of none."""
    typed = request.form.get("shown", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= _MOST_DIGITS else None


def _guests_refused(slug: str, reason: InvitationReason) -> ResponseReturnValue:
    activity = _activity(slug)
    form = GuestsForm.for_activity(activity)
    assert isinstance(form, GuestsForm)
    form.validate()
    if reason == InvitationReason.CHANGED:
        flash(str(wording.REFUSALS[reason]), "warn")
        return _guests_page(activity, form, service.preview(activity.id, form.pool_id.data, form.names.data or "")), 409
    field = form[_BESIDE.get(reason, "names")]
    field.errors = [str(wording.REFUSALS[reason])]
    return _guests_page(activity, form), 409


def _guests_page(activity: Activity, form: PoolForm, seen: Guests | None = None) -> str:
    inviters = queries.inviters(form.pool_id.data, clock.now()) if seen else {}
    return render_template(
        "manage/invitations/guests.html",
        activity=activity,
        form=form,
        seen=seen,
        named=NAMED,
        line_words=wording.line_words,
        invited_by=lambda label: wording.inviter_words(inviters.get(search_key(label))),
        data_result="preview" if seen else None,
    )


# -- a code for several ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/invitations/code")
@staff(Permission.ACTIVITY_EDIT)
def code(slug: str) -> ResponseReturnValue:
    """Show what a code needs."""
    activity = _activity(slug)
    return render_template("manage/invitations/code.html", activity=activity, form=CodeForm.for_activity(activity))


@bp.post("/activities/<slug:slug>/invitations/code")
@staff(Permission.ACTIVITY_EDIT)
def make_code(slug: str) -> ResponseReturnValue:
    """Make a code."""
    activity = _activity(slug)
    form = CodeForm.for_activity(activity)
    assert isinstance(form, CodeForm)
    if not form.validate():
        return render_template("manage/invitations/code.html", activity=activity, form=form), 422
    activity_id, actor_id, uses = activity.id, the_staff().id, form.uses_max.data or 1
    try:
        with transaction():
            made = service.make_code(
                activity_id, form.pool_id.data, form.label.data or "", uses, form.until(), actor_id=actor_id
            ).code
    except InvitationRefused as refused:
        form[_BESIDE.get(refused.reason, "label")].errors = [str(wording.REFUSALS[refused.reason])]
        return render_template("manage/invitations/code.html", activity=_activity(slug), form=form), 409
    flash(_("邀请码已生成：%(code)s", code=wording.typed_code(made)), "ok")
    return redirect(url_for(".index", slug=slug), 303)


# -- taking one back ------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/invitations/<id:invitation_id>/revoke")
@staff(Permission.ACTIVITY_EDIT)
def ask_revoke(slug: str, invitation_id: int) -> ResponseReturnValue:
    """Ask whether it shall be taken back, and say what that means."""
    activity = _activity(slug)
    return render_template(
        "manage/invitations/revoke.html",
        activity=activity,
        row=queries.one(activity.id, invitation_id, clock.now()),
        typed_code=wording.typed_code,
        form=RevokeForm(formdata=None),
    )


@bp.post("/activities/<slug:slug>/invitations/<id:invitation_id>/revoke")
@staff(Permission.ACTIVITY_EDIT)
def revoke(slug: str, invitation_id: int) -> ResponseReturnValue:
    """Take it back."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    with transaction():
        service.revoke(activity_id, invitation_id, actor_id=actor_id)
    flash(_("邀请已收回。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)
