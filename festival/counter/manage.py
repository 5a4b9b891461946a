"""Organizers' pages of the counter: the form, the answer in large words, the slip, and withdrawing for somebody."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict

from festival.accounts.access import browser, may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.counter import queries, service
from festival.counter.forms import CounterForm
from festival.counter.slip import slip_of
from festival.lib import clock, limits, tokens
from festival.lib.db import transaction
from festival.lib.errors import Busy, NotFound
from festival.lib.i18n import _, _n, locale
from festival.lib.qr import svg
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups import queries as signups
from festival.signups import ticket, timeline, wording
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, Reason, SignUpRefused, State
from festival.signups.sheet import Sheet, sheet_of
from festival.signups.signing import once_of

bp = Blueprint("counter", __name__)

#: Refusals that stand beside a field: the form can be mended.
_BESIDE = {
    Reason.INVITATION_ENDED: "invitation",
    Reason.PARTY_TOO_LARGE: "party_size",
    Reason.UNKNOWN_POOL: "slot",
    Reason.NOTICE_CHANGED: "consent",
}


def _activity(slug: str) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return programme.managed(slug, scope(the_staff(), Permission.COUNTER, Activity.id.expression))


# -- signing somebody up -------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/counter")
@staff(Permission.COUNTER)
@limits.invitations
def new(slug: str) -> ResponseReturnValue:
    """Show the form, empty for the next person; or why nobody can be signed up now. A code may come in the address."""
    activity = _activity(slug)
    if not activity.is_public_at(clock.now()):
        return _closed(activity, None)
    sheet = _sheet(slug, request.args.get("invitation", ""))
    if sheet.openings.reason is not None:
        return _closed(activity, sheet.openings.reason, sheet)
    browser()  # the cookie that the form's key is bound to
    return _page(sheet, CounterForm(sheet, key=tokens.new_token()))


@bp.post("/activities/<slug:slug>/counter")
@staff(Permission.COUNTER)
@limits.invitations
def create(slug: str) -> ResponseReturnValue:
    """Sign somebody up; the same form sent twice gives the same answer."""
    activity = _activity(slug)
    if not activity.is_public_at(clock.now()):
        return _closed(activity, None)
    sheet, form = _again(slug)
    if form.opens_more:
        return _page(sheet, form)
    if "use-invitation" in request.form and not sheet.invitation.pool:
        if not sheet.invitation.wrong:
            form.complain("invitation", _("请填写邀请码"))
        return _page(sheet, form), 422
    if not form.validate():
        return _page(sheet, form), 422
    activity_id, kind, actor_id = activity.id, sheet.kind, the_staff().id
    asked = form.value(once_of(form))
    try:
        with transaction():
            made = service.sign_up(activity_id, asked, kind=kind, actor_id=actor_id, locale=locale())
            sign_up_id = made.id
    except SignUpRefused as refused:
        return _refused(slug, refused.reason)
    except Busy:
        sheet, form = _again(slug)
        return _page(sheet, form, is_busy=True), 503, {"Retry-After": "3"}
    return redirect(url_for(".answer", slug=slug, sign_up_id=sign_up_id), 303)


def _sheet(slug: str, code: str) -> Sheet:
    sheet = sheet_of(slug, None, code)
    if sheet.invitation.is_unknown:
        limits.note_guess()
    return sheet


def _again(slug: str) -> tuple[Sheet, CounterForm]:
    """Read the sheet afresh, with the form as it was sent."""
    sheet = _sheet(slug, request.form.get("invitation", ""))
    return sheet, CounterForm(sheet, sent=CombinedMultiDict([request.files, request.form]))


def _refused(slug: str, reason: Reason) -> ResponseReturnValue:
    """Say no: beside the field that can be mended, over the form while there is a choice, else alone."""
    sheet, form = _again(slug)
    if reason in _BESIDE and _BESIDE[reason] in form:
        form.complain(_BESIDE[reason], str(wording.REASON_WORDS[reason]))
        form.show_current_notice()
        return _page(sheet, form), 422
    if sheet.openings.reason is not None:
        return _closed(sheet.activity, reason, sheet)
    return _page(sheet, form, refusal=reason), 409


def _page(sheet: Sheet, form: CounterForm, *, refusal: Reason | None = None, is_busy: bool = False) -> str:
    return render_template(
        "manage/counter/new.html",
        activity=sheet.activity,
        sheet=sheet,
        form=form,
        clashes={},
        told_before=_told_before(sheet),
        unit_word=wording.unit_words(sheet.unit),
        open_day=sheet.open_day(str(form["slot"].data or "")),
        refusal=wording.refusal(refusal, sheet.activity, sheet.now) if refusal else None,
        is_busy=is_busy,
        is_answer=request.method == "POST",
        data_result=wording.result_of(refusal) if refusal else None,
    )


def _told_before(sheet: Sheet) -> str:
    """Say what a newcomer would get, where there is nothing to choose; nobody promises here that a message will follow."""
    if sheet.only_slot is None:
        return ""
    return next((sheet.said_of(pool) for pool in sheet.only_slot.pools if pool.is_choosable), "")


def _closed(activity: Activity, reason: Reason | None, sheet: Sheet | None = None) -> ResponseReturnValue:
    """Say why nobody can be signed up for an activity now, and ask for a code where one would help.

    :param reason: None: it is not published yet.
    """
    refusal = wording.refusal(reason, activity, clock.now()) if reason else None
    page = render_template(
        "manage/counter/closed.html",
        activity=activity,
        refusal=refusal,
        invitation=sheet.invitation if sheet and reason == Reason.INVITATION_ONLY and sheet.takes_codes else None,
        data_result=refusal.result if refusal else "not-open",
    )
    return page, 409


@bp.get("/activities/<slug:slug>/counter/notice")
@staff(Permission.COUNTER)
def notice(slug: str) -> ResponseReturnValue:
    """Give the privacy notice as a page to print, in both languages: for the person to read before agreeing."""
    activity = _activity(slug)
    if not activity.is_public_at(clock.now()):
        raise NotFound
    return render_template("manage/counter/notice.html", activity=activity, notice=sheet_of(slug, None).notice)


# -- the answer and the slip ---------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/counter/<id:sign_up_id>")
@staff(Permission.COUNTER)
def answer(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Say in huge words what became of it; from here the slip is printed, also again, and the sign-up withdrawn."""
    return _answer_page(queries.made(_activity(slug).id, sign_up_id))


def _answer_page(sign_up: SignUp, refused: Reason | None = None) -> str:
    now = clock.now()
    state = wording.state_shown(sign_up, now)
    position = signups.position(sign_up) if state == State.WAITLISTED else 0
    return render_template(
        "manage/counter/answer.html",
        activity=sign_up.activity,
        sign_up=sign_up,
        venue=timeline.venue_of(sign_up),
        state=state,
        state_word=wording.state_words(sign_up, now, position),
        shows_pool=signups.has_several_pools(sign_up.slot_id),
        same_name=queries.of_the_same_name(sign_up),
        by_name=may(the_staff(), Permission.ROSTER_READ, sign_up.activity_id),
        may_withdraw=state in LIVE and now < sign_up.slot.ends_at,
        leave_word=wording.leave_words(state)[0],
        may_forget=sign_up.person.erased_at is None and not sign_up.person.addresses,
        refused=wording.REASON_WORDS[refused] if refused else None,
        data_result=wording.result_of(refused) if refused else state.value.replace("_", "-"),
    )


@bp.get("/activities/<slug:slug>/counter/<id:sign_up_id>/slip")
@staff(Permission.COUNTER)
def slip(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Give the slip as a page to print."""
    sign_up = queries.made(_activity(slug).id, sign_up_id)
    response = Response(
        render_template("manage/counter/slip.html", slip=slip_of(sign_up, clock.now()), activity=sign_up.activity)
    )
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.get("/activities/<slug:slug>/counter/<id:sign_up_id>/qr.svg")
@staff(Permission.COUNTER)
def qr_svg(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Give the check-in code of a slip as a picture; only where it opens the door."""
    sign_up = queries.made(_activity(slug).id, sign_up_id)
    if sign_up.state not in ticket.WITH_TICKET:
        raise NotFound
    response = Response(svg(ticket.check_in_address(sign_up)), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.post("/activities/<slug:slug>/counter/<id:sign_up_id>/confirm")
@staff(Permission.COUNTER)
def confirm(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Take an offered place for the person, whom no message could tell of it."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    try:
        with transaction():
            service.confirm(activity_id, sign_up_id, actor_id=actor_id)
    except SignUpRefused as refused:
        return _answer_page(queries.made(activity_id, sign_up_id), refused.reason), 409
    return redirect(url_for(".answer", slug=slug, sign_up_id=sign_up_id), 303)


@bp.post("/activities/<slug:slug>/counter/<id:sign_up_id>/withdraw")
@staff(Permission.COUNTER)
def withdraw(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Withdraw it for the person; whoever waits moves up in the same transaction."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    try:
        with transaction():
            moved_up = len(service.withdraw(activity_id, sign_up_id, actor_id=actor_id))
    except SignUpRefused as refused:
        return _answer_page(queries.made(activity_id, sign_up_id), refused.reason), 409
    flash(_("已代为取消。"), "ok")
    if moved_up:
        flash(
            _n("已从候补名单递补 %(num)s 个报名，并通知本人。", "已从候补名单递补 %(num)s 个报名，并通知本人。", moved_up),
            "ok",
        )
    return redirect(url_for(".answer", slug=slug, sign_up_id=sign_up_id), 303)


@bp.post("/activities/<slug:slug>/counter/<id:sign_up_id>/forget")
@staff(Permission.COUNTER)
def forget(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Forget the person, who asks for it at the counter; what is live is withdrawn with it."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    with transaction():
        service.forget(activity_id, sign_up_id, actor_id=actor_id)
    flash(_("已清除此人的个人信息，只保留人数。"), "ok")
    return redirect(url_for(".answer", slug=slug, sign_up_id=sign_up_id), 303)
