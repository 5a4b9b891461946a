"""Those who come without a sign-up: the counter's form at the door, a place by live numbers, let in at once, a slip to print."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from festival.accounts.access import browser, staff
from festival.accounts.rules import Permission
from festival.checkin import door, service
from festival.counter.forms import CounterForm
from festival.lib import clock, tokens
from festival.lib.db import transaction
from festival.lib.errors import Busy
from festival.lib.i18n import _, locale
from festival.programme.models import Activity
from festival.signups import wording
from festival.signups.rules import Reason, SignUpRefused
from festival.signups.sheet import Sheet, sheet_of
from festival.signups.signing import once_of

bp = Blueprint("walkin", __name__)

#: Refusals that stand beside a field: the form can be mended.
_BESIDE = {Reason.PARTY_TOO_LARGE: "party_size", Reason.UNKNOWN_POOL: "slot", Reason.NOTICE_CHANGED: "consent"}


@bp.get("/activities/<slug:slug>/check-in/walk-in")
@staff(Permission.COUNTER)
def new(slug: str) -> ResponseReturnValue:
    """Show the form with what is free now; or why nobody can come without a sign-up."""
    activity = door.activity_of(slug, Permission.COUNTER)
    sheet = sheet_of(slug, None, at_the_door=True)
    if sheet.openings.reason is not None:
        return _closed(activity, sheet.openings.reason)
    browser()  # the cookie that the form's key is bound to
    return _page(sheet, CounterForm(sheet, key=tokens.new_token()))


@bp.post("/activities/<slug:slug>/check-in/walk-in")
@staff(Permission.COUNTER)
def create(slug: str) -> ResponseReturnValue:
    """Sign somebody up and let them in; the same form sent twice gives the same answer."""
    activity_id = door.activity_of(slug, Permission.COUNTER).id
    sheet, form = _sent(slug)
    if not form.validate():
        return _page(sheet, form), 422
    kind, asked, where = sheet.kind, form.value(once_of(form)), door.where_of(activity_id)
    try:
        with transaction():
            scan_id = service.walk_in(activity_id, asked, where, kind=kind, locale=locale()).id
    except SignUpRefused as refused:
        return _refused(slug, refused.reason)
    except Busy:
        sheet, form = _sent(slug)
        return _page(sheet, form, is_busy=True), 503, {"Retry-After": "3"}
    return redirect(url_for("manage.door.show", slug=slug, scan=scan_id), 303)


@bp.post("/activities/<slug:slug>/check-in/sign-ups/<id:sign_up_id>/place")
@staff(Permission.COUNTER)
def place(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Give a free place to somebody on the list who stands at the door, and let them in."""
    activity_id = door.activity_of(slug, Permission.COUNTER).id
    where = door.where_of(activity_id)
    try:
        with transaction():
            scan_id = service.place(activity_id, sign_up_id, where).id
    except SignUpRefused as refused:
        is_full = refused.reason in {Reason.FULL, Reason.CEILING}
        words = _("没有空位，或者候补名单还在自动递补。") if is_full else str(wording.REASON_WORDS[refused.reason])
        flash(words, "stop")
        return redirect(url_for("manage.door.show", slug=slug), 303)
    return redirect(url_for("manage.door.show", slug=slug, scan=scan_id), 303)


def _sent(slug: str) -> tuple[Sheet, CounterForm]:
    sheet = sheet_of(slug, None, at_the_door=True)
    return sheet, CounterForm(sheet, sent=CombinedMultiDict([request.files, request.form]))


def _refused(slug: str, reason: Reason) -> ResponseReturnValue:
    """Say no: beside the field that can be mended, over the form while there is a choice, else alone."""
    sheet, form = _sent(slug)
    if reason in _BESIDE:
        form.complain(_BESIDE[reason], str(wording.REASON_WORDS[reason]))
        form.show_current_notice()
        return _page(sheet, form), 422
    if sheet.openings.reason is not None:
        return _closed(sheet.activity, reason)
    return _page(sheet, form, refusal=reason), 409


def _page(sheet: Sheet, form: CounterForm, *, refusal: Reason | None = None, is_busy: bool = False) -> str:
    return render_template(
        "manage/counter/new.html",
        activity=sheet.activity,
        sheet=sheet,
        form=form,
        at_the_door=True,
        clashes={},
        told_before="",
        unit_word=wording.unit_words(sheet.unit),
        open_day=sheet.open_day(str(form["slot"].data or "")),
        refusal=wording.refusal(refusal, sheet.activity, sheet.now) if refusal else None,
        is_busy=is_busy,
        is_answer=request.method == "POST",
        data_result=wording.result_of(refusal) if refusal else None,
    )


def _closed(activity: Activity, reason: Reason) -> ResponseReturnValue:
    refusal = wording.refusal(reason, activity, clock.now())
    page = render_template(
        "manage/counter/closed.html",
        activity=activity,
        refusal=refusal,
        at_the_door=True,
        data_result=refusal.result,
    )
    return page, 409
