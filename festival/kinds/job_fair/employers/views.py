"""What everybody sees of a fair's employers, how employers apply, and how a position is reported."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from festival.accounts import access
from festival.accounts import service as accounts
from festival.accounts.access import current_person, signed_in, the_person
from festival.accounts.rules import AddressProblem, CodeReason, device_word
from festival.accounts.service import CodeRefused, CodeRejected, CodeSent
from festival.accounts.wording import code_words
from festival.kinds.job_fair.employers import plan, queries, service, wording
from festival.kinds.job_fair.employers.forms import ApplicationForm, ReportForm
from festival.kinds.job_fair.employers.notice import notice_of
from festival.kinds.job_fair.employers.rules import FairRefused, Reason
from festival.lib import clock, limits
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.i18n import locale
from festival.programme.models import Activity

bp = Blueprint("fair_employers", __name__)

#: Refusals that stand beside a field.
_BESIDE = {Reason.ALREADY: "uscc", Reason.BARRED: "uscc"}


# -- for everybody -----------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/employers")
@public
def index(slug: str) -> ResponseReturnValue:
    """Show the hall with its booths, and who stands where."""
    activity = queries.fair(slug)
    details = queries.details(activity)
    return render_template(
        "kinds/job_fair/employers/index.html",
        activity=activity,
        festival=activity.festival,
        details=details,
        employers=queries.public_employers(activity.id),
        plan=plan.drawn(queries.booths(activity.id)),
        industries=wording.INDUSTRIES,
        offered_by=queries.offered_by,
        may_apply=service.window(details).reason_at(clock.now()) is None,
        section="/",
    )


# -- applying ----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/employers/apply")
@public
def new(slug: str) -> ResponseReturnValue:
    """Show the form for employers, or why there is none."""
    activity = queries.fair(slug)
    if reason := service.window(queries.details(activity)).reason_at(clock.now()):
        return _closed(activity, reason)
    access.browser()
    return _page(activity, ApplicationForm(notice_of(activity), is_visitor=current_person() is None, formdata=None))


@bp.post("/activities/<slug:slug>/employers/apply")
@public
@limits.tries
def apply(slug: str) -> ResponseReturnValue:
    """Hand an application in, a visitor with address and code in the same form; or send that code."""
    activity = queries.fair(slug)
    if reason := service.window(queries.details(activity)).reason_at(clock.now()):
        return _closed(activity, reason)
    form = _sent_form(activity)
    if "send-code" in request.form and form.address is not None:
        return _send_code(activity, form)
    if not form.validate():
        return _page(activity, form), 422
    return _apply(activity, form)


def _sent_form(activity: Activity) -> ApplicationForm:
    sent: MultiDict[str, Any] = CombinedMultiDict([request.files, request.form])
    return ApplicationForm(notice_of(activity), is_visitor=current_person() is None, formdata=sent)


def _apply(activity: Activity, form: ApplicationForm) -> ResponseReturnValue:
    person = current_person()
    person_id = person.id if person else None
    slug, activity_id = activity.slug, activity.id
    key, employer_id, rejected = "", 0, None
    try:
        with transaction():
            if person_id is None:
                outcome = accounts.redeem(form.address.data or "", form.code.data or "", browser=access.browser())
                if isinstance(outcome, CodeRejected):
                    rejected = outcome
                else:
                    person_id = outcome.account.id
                    key = accounts.begin_session(
                        outcome.account, device_word(request.user_agent.string), instead_of=access.current_key()
                    )
            if person_id is not None:
                employer_id = service.apply(activity_id, person_id, form.value(), form.papers()).id
    except FairRefused as refused:
        return _refused(slug, refused.reason, person_id)
    if rejected is not None:
        return _code_rejected(slug, rejected)
    if key:
        access.enter(key, keeps_forms=True)
    return redirect(url_for("fair_desk.show", employer_id=employer_id), 303)


def _again(slug: str) -> tuple[Activity, ApplicationForm]:
    """Read the fair afresh after a transaction, with the form as it was sent."""
    activity = queries.fair(slug)
    return activity, _sent_form(activity)


def _refused(slug: str, reason: Reason, person_id: int | None) -> ResponseReturnValue:
    """Say no: beside the field where it can be mended. Who pressed twice is led to what the first press made."""
    activity, form = _again(slug)
    if reason == Reason.ALREADY and person_id is not None and current_person() is not None:
        made = queries.live_of(activity.id, form.uscc.normal())
        if made is not None and made.applicant_id == person_id:
            return redirect(url_for("fair_desk.show", employer_id=made.id), 303)
    beside = _BESIDE.get(reason)
    if beside is None:
        return _closed(activity, reason)
    form.complain(beside, str(wording.REASONS[reason]))
    return _page(activity, form), 409


def _code_rejected(slug: str, rejected: CodeRejected) -> ResponseReturnValue:
    activity, form = _again(slug)
    form.complain("address" if isinstance(rejected.reason, AddressProblem) else "code", code_words(rejected))
    return _page(activity, form), 422


def _send_code(activity: Activity, form: ApplicationForm) -> ResponseReturnValue:
    """Send a code to the address; everything else stays as it was filled in."""
    if not form.address.validate(form):
        return _page(activity, form), 422
    slug = activity.slug
    with limits.codes, transaction():
        sent = accounts.request_code(form.address.data or "", locale())
    activity, form = _again(slug)
    if isinstance(sent, CodeSent) or sent.reason == CodeReason.TOO_SOON:
        return _page(activity, form, sent=sent)
    form.complain("address", code_words(sent))
    if isinstance(sent.reason, AddressProblem):
        return _page(activity, form), 422
    response = Response(_page(activity, form), 429)
    response.headers["Retry-After"] = str(sent.retry_after)
    return response


def _page(activity: Activity, form: ApplicationForm, *, sent: CodeSent | CodeRefused | None = None) -> str:
    return render_template(
        "kinds/job_fair/employers/apply.html",
        activity=activity,
        festival=activity.festival,
        details=queries.details(activity),
        form=form,
        sent=sent,
        sent_words=code_words(sent) if isinstance(sent, CodeRefused) else "",
        unlisted=True,
        section="/",
    )


def _closed(activity: Activity, reason: Reason) -> ResponseReturnValue:
    page = render_template(
        "kinds/job_fair/employers/closed.html",
        activity=activity,
        festival=activity.festival,
        details=queries.details(activity),
        words=wording.REASONS[reason],
        data_result=str(reason).replace("_", "-"),
        unlisted=True,
        section="/",
    )
    return page, 409


# -- reporting ---------------------------------------------------------------------------------------------------------------


@bp.get("/jobs/<id:position_id>/report")
@signed_in
def new_report(position_id: int) -> ResponseReturnValue:
    """Ask what is wrong with a position; or say that the report is in."""
    return _report_page(position_id, ReportForm(formdata=None), is_done="done" in request.args)


@bp.post("/jobs/<id:position_id>/report")
@signed_in
def report(position_id: int) -> ResponseReturnValue:
    """Report a position to the organizers."""
    queries.offered_position(position_id, clock.now())
    form = ReportForm()
    if not form.validate():
        return _report_page(position_id, form), 422
    person_id = the_person().id
    try:
        with transaction():
            service.report(position_id, person_id, form.value(), form.words.data or "")
    except FairRefused as refused:
        return _report_page(position_id, form, refusal=str(wording.REASONS[refused.reason])), 409
    return redirect(url_for(".new_report", position_id=position_id, done=1), 303)


def _report_page(position_id: int, form: ReportForm, *, refusal: str = "", is_done: bool = False) -> str:
    position = queries.offered_position(position_id, clock.now())
    activity = position.employer.activity
    return render_template(
        "kinds/job_fair/employers/report.html",
        activity=activity,
        festival=activity.festival,
        position=position,
        form=form,
        refusal=refusal,
        is_done=is_done,
        unlisted=True,
        section="/jobs",
    )
