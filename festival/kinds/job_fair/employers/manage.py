"""Organizers: who applies, the hall on the day, and reports of positions."""

import io
from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.audit.service import record
from festival.kinds.job_fair.employers import plan, queries, rules, service, wording
from festival.kinds.job_fair.employers.forms import PlainForm, ReasonForm, RecruiterForm, ReviewForm, ids_of
from festival.kinds.job_fair.employers.models import Employer
from festival.kinds.job_fair.employers.papers import content_of
from festival.kinds.job_fair.employers.rules import BoothState, EmployerState, FairRefused, Paper
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.errors import NotFound
from festival.lib.i18n import _, loc
from festival.lib.names import masked
from festival.programme.models import Activity, ActivityStatus

bp = Blueprint("fair", __name__)


def _fair(slug: str, permission: Permission) -> Activity:
    return queries.managed_fair(slug, scope(the_staff(), permission, Activity.id.expression))


def _act(act: Callable[[], object], done: str, address: str) -> ResponseReturnValue:
    """Do one thing in a transaction and go on to a page, which says what was done or why not."""
    try:
        with transaction():
            act()
    except FairRefused as refused:
        flash(str(wording.REASONS[refused.reason]), "warn")
    else:
        flash(done, "ok")
    return redirect(address, 303)


# -- who applies -------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/employers")
@staff(Permission.ACTIVITY_READ)
def employers(slug: str) -> ResponseReturnValue:
    """List a fair's employers; those to review first."""
    activity = _fair(slug, Permission.ACTIVITY_READ)
    wanted = request.args.get("state", "")
    shown = [one for one in EmployerState if one == wanted]
    return render_template(
        "kinds/job_fair/manage/employers.html",
        activity=activity,
        rows=sorted(queries.employers(activity.id, shown), key=lambda one: list(EmployerState).index(one.state)),
        counts=queries.counts(activity.id),
        shown=shown[0] if shown else None,
        words=wording,
        readiness=queries.readiness,
    )


@bp.get("/activities/<slug:slug>/employers/<id:employer_id>")
@staff(Permission.ACTIVITY_READ)
def employer(slug: str, employer_id: int) -> ResponseReturnValue:
    """Show one employer: what it says, its papers, positions and recruiters, and what can be decided."""
    activity = _fair(slug, Permission.ACTIVITY_READ)
    found = queries.employer_of(activity.id, employer_id)
    form = ReviewForm(formdata=None, data={"revision": found.revision})
    return _employer_page(activity, found, form)


def _employer_page(
    activity: Activity, found: Employer, form: ReviewForm, *, recruiter: RecruiterForm | None = None, reveal: bool = False
) -> str:
    person = the_staff()
    in_full = may(person, Permission.ROSTER_READ, activity.id)
    return render_template(
        "kinds/job_fair/manage/employer.html",
        activity=activity,
        employer=found,
        contact=found.contact_name if in_full else masked(found.contact_name),
        named=lambda name: name if in_full else masked(name),
        recruiters=[one for one in found.recruiters if one.removed_at is None],
        papers=queries.papers(found.id),
        readiness=queries.readiness(found),
        form=form,
        recruiter_form=recruiter or RecruiterForm(formdata=None),
        reason=ReasonForm(formdata=None),
        plain=PlainForm(formdata=None),
        reveal=reveal,
        may_review=may(person, Permission.REVIEW, activity.id),
        may_edit=may(person, Permission.ACTIVITY_EDIT, activity.id),
        may_reveal=may(person, Permission.CONTACT_REVEAL, activity.id),
        words=wording,
    )


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/review")
@staff(Permission.REVIEW)
def review(slug: str, employer_id: int) -> ResponseReturnValue:
    """Approve an application, return it, or reject it."""
    activity = _fair(slug, Permission.REVIEW)
    found = queries.employer_of(activity.id, employer_id)
    form = ReviewForm()
    decision = form.decision()
    if not form.validate() or decision is None:
        return _employer_page(activity, found, form), 422
    note, named, revision, actor_id = form.note.data or "", form.mend.data or [], form.revision_seen(), the_staff().id
    return _act(
        lambda: service.review(employer_id, decision, actor_id, revision=revision, note=note, fields=named),
        _("审核结果已保存，并已通知用人单位。"),
        url_for(".employers", slug=slug),
    )


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/papers/<slug:paper>")
@staff(Permission.REVIEW)
def paper(slug: str, employer_id: int, paper: str) -> ResponseReturnValue:
    """Give a paper to who reviews it; each time is written down."""
    activity = _fair(slug, Permission.REVIEW)
    found = queries.employer_of(activity.id, employer_id)
    wanted = next((one for key, one in queries.papers(found.id).items() if key == paper), None)
    if wanted is None or paper not in set(Paper):
        raise NotFound
    content, kept_as, content_type = content_of(wanted), wanted.name, wanted.content_type
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        record("employer.paper", "employer", employer_id, actor_id=actor_id, activity_id=activity_id, changes=paper)
    ending = kept_as.rpartition(".")[2]
    return download(
        io.BytesIO(content), name=kept_as, plain_name=f"employer-{employer_id}-{paper}.{ending}", content_type=content_type
    )


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/contact")
@staff(Permission.CONTACT_REVEAL)
def contact(slug: str, employer_id: int) -> ResponseReturnValue:
    """Show how an employer's people are reached; why is written down."""
    activity = _fair(slug, Permission.CONTACT_REVEAL)
    queries.employer_of(activity.id, employer_id)
    form = ReasonForm()
    if not form.validate():
        flash(_("请写明原因。"), "warn")
        return redirect(url_for(".employer", slug=slug, employer_id=employer_id), 303)
    activity_id, actor_id, why = activity.id, the_staff().id, form.words.data or ""
    with transaction():
        record("employer.contact", "employer", employer_id, actor_id=actor_id, activity_id=activity_id, reason=why)
    activity = _fair(slug, Permission.CONTACT_REVEAL)
    found = queries.employer_of(activity.id, employer_id)
    return _employer_page(activity, found, ReviewForm(formdata=None, data={"revision": found.revision}), reveal=True)


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/withdraw")
@staff(Permission.ACTIVITY_EDIT)
def withdraw(slug: str, employer_id: int) -> ResponseReturnValue:
    """Cancel an employer's part in the fair, with a reason."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    queries.employer_of(activity.id, employer_id)
    form, address = ReasonForm(), url_for(".employer", slug=slug, employer_id=employer_id)
    if not form.validate():
        flash(_("请写明原因。"), "warn")
        return redirect(address, 303)
    actor_id, why = the_staff().id, form.words.data or ""
    return _act(
        lambda: service.withdraw(employer_id, actor_id, reason=why, by_staff=True), _("已取消该单位参会，展位已空出。"), address
    )


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/recruiters")
@staff(Permission.ACTIVITY_EDIT)
def name_recruiter(slug: str, employer_id: int) -> ResponseReturnValue:
    """Name a recruiter for an employer that has none that can sign in."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    found = queries.employer_of(activity.id, employer_id)
    form = RecruiterForm()
    if not form.validate():
        return _employer_page(activity, found, ReviewForm(formdata=None, data={"revision": found.revision}), recruiter=form), 422
    actor_id, address, name = the_staff().id, form.value(), form.name.data or ""
    return _act(
        lambda: service.name_recruiter(employer_id, address, name, actor_id),
        _("已添加招聘者，对方登录后即可查看。"),
        url_for(".employer", slug=slug, employer_id=employer_id),
    )


# -- the hall ----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/floor-plan")
@staff(Permission.ACTIVITY_READ)
def floor_plan(slug: str) -> ResponseReturnValue:
    """Show the hall: who stands where, how far each is, who is late, and who waits for a booth."""
    activity = _fair(slug, Permission.ACTIVITY_READ)
    details = queries.details(activity)
    booths = queries.booths(activity.id)
    rows = [(one, queries.readiness(one)) for one in queries.public_employers(activity.id)]
    return render_template(
        "kinds/job_fair/manage/floor-plan.html",
        activity=activity,
        plan=plan.drawn(booths),
        rows=rows,
        ready=[one.booth.id for one, readiness in rows if one.booth and readiness.is_ready],
        waiting=queries.waiting(activity.id),
        open_booths=sorted((one for one in booths if one.employer_id is None), key=lambda one: one.state == BoothState.FREE),
        is_the_day=rules.is_the_day(activity.starts_at, clock.now()),
        arrive_by=service.arrive_by(activity, details),
        is_late=clock.now() >= service.arrive_by(activity, details) and details.registration.release_if_late,
        may_edit=may(the_staff(), Permission.ACTIVITY_EDIT, activity.id),
        may_check_in=may(the_staff(), Permission.CHECK_IN, activity.id),
        plain=PlainForm(formdata=None),
        words=wording,
    )


def _on_the_plan(slug: str, employer_id: int) -> str:
    """Return where one goes on after an act on the plan; the employer is one of the fair's, and the fair in scope."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    queries.employer_of(activity.id, employer_id)
    return url_for(".floor_plan", slug=slug) + f"#employer-{employer_id}"


@bp.get("/activities/<slug:slug>/employers/arrivals")
@staff(Permission.CHECK_IN)
def arrivals(slug: str) -> ResponseReturnValue:
    """Show to whoever stands in the hall which employers are at their booths, to be noted on a telephone; ``q`` finds one."""
    activity = _held(slug)
    typed = request.args.get("q", "")[:100]
    every = [(one, queries.readiness(one)) for one in queries.public_employers(activity.id) if one.booth is not None]
    rows = [(one, ready) for one, ready in every if plan.is_meant(one, typed)]
    details = queries.details(activity)
    return render_template(
        "kinds/job_fair/manage/arrivals.html",
        activity=activity,
        rows=sorted(rows, key=lambda row: row[1].has_arrived),
        typed=typed,
        arrived=sum(ready.has_arrived for _one, ready in every),
        booths=len(every),
        is_the_day=rules.is_the_day(activity.starts_at, clock.now()),
        arrive_by=service.arrive_by(activity, details),
        is_late=clock.now() >= service.arrive_by(activity, details),
        may_read=may(the_staff(), Permission.ACTIVITY_READ, activity.id),
    )


def _held(slug: str) -> Activity:
    """Return a fair that the caller checks people in to; a draft is nobody's to see there."""
    activity = _fair(slug, Permission.CHECK_IN)
    if activity.status == ActivityStatus.DRAFT:
        raise NotFound
    return activity


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/arrival")
@staff(Permission.CHECK_IN)
def arrival(slug: str, employer_id: int) -> ResponseReturnValue:
    """Write that an employer's people are at their booth, or that this was a mistake; go on where the button stood."""
    activity = _held(slug)
    found = queries.employer_of(activity.id, employer_id)
    who = f"{found.booth.label if found.booth else ''} {loc(found, 'name')}".strip()
    is_on_plan = "plan" in request.form and may(the_staff(), Permission.ACTIVITY_READ, activity.id)
    typed = request.form.get("q", "")[:100] or None
    here, actor_id = request.form.get("here") != "no", the_staff().id
    if is_on_plan:
        address = url_for(".floor_plan", slug=slug, _anchor=f"employer-{employer_id}")
    else:  # who goes through the list goes on where it begins
        address = url_for(".arrivals", slug=slug, q=typed)
    done = _("已记录到场：%(who)s", who=who) if here else _("已撤销到场记录：%(who)s", who=who)
    return _act(lambda: service.arrive(employer_id, actor_id, here=here), done, address)


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/release")
@staff(Permission.ACTIVITY_EDIT)
def release(slug: str, employer_id: int) -> ResponseReturnValue:
    """Take the booth of an employer that has not come."""
    address, actor_id = _on_the_plan(slug, employer_id), the_staff().id
    return _act(lambda: service.release(employer_id, actor_id), _("展位已收回，可安排给等候的单位。"), address)


@bp.post("/activities/<slug:slug>/employers/<id:employer_id>/booth")
@staff(Permission.ACTIVITY_EDIT)
def give(slug: str, employer_id: int) -> ResponseReturnValue:
    """Give a booth to an employer that has none: to the first that waits, or with a reason to another."""
    address, actor_id = _on_the_plan(slug, employer_id), the_staff().id
    booth_id = next(iter(ids_of([request.form.get("booth", "")])), 0)
    form = ReasonForm()
    why = (form.words.data or "") if form.validate() else ""
    return _act(lambda: service.give(booth_id, employer_id, actor_id, why=why), _("展位已安排，并已通知该单位。"), address)


# -- reports of positions ----------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/position-reports")
@staff(Permission.ACTIVITY_EDIT)
def reports(slug: str) -> ResponseReturnValue:
    """Show what was reported, and what became of it."""
    return _reports_page(_fair(slug, Permission.ACTIVITY_EDIT), ReasonForm(formdata=None))


def _reports_page(activity: Activity, form: ReasonForm, asked: int | None = None) -> str:
    return render_template(
        "kinds/job_fair/manage/reports.html",
        activity=activity,
        waiting=queries.reports(activity.id, is_open=True),
        decided=queries.reports(activity.id, is_open=False),
        form=form,
        asked=asked,
        words=wording,
    )


@bp.post("/activities/<slug:slug>/position-reports/<id:report_id>")
@staff(Permission.ACTIVITY_EDIT)
def decide_report(slug: str, report_id: int) -> ResponseReturnValue:
    """Hide the position, or find nothing; both with a reason."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    queries.report_of(activity.id, report_id)
    form = ReasonForm()
    if not form.validate():
        return _reports_page(activity, form, report_id), 422
    hide, why, activity_id, actor_id = request.form.get("decision") == "hide", form.words.data or "", activity.id, the_staff().id
    return _act(
        lambda: service.decide_report(activity_id, report_id, actor_id, hide=hide, words=why),
        _("岗位已下架。") if hide else _("已记录：未发现问题。"),
        url_for(".reports", slug=slug),
    )


@bp.post("/activities/<slug:slug>/positions/<id:position_id>/visibility")
@staff(Permission.ACTIVITY_EDIT)
def visibility(slug: str, position_id: int) -> ResponseReturnValue:
    """Take a position out of sight, with a reason, or bring it back."""
    activity = _fair(slug, Permission.ACTIVITY_EDIT)
    shown, form = request.form.get("shown") == "yes", ReasonForm()
    employer_id = queries.employer_id_of(activity.id, position_id)
    address = url_for(".employer", slug=slug, employer_id=employer_id)
    if not shown and not form.validate():
        flash(_("请写明原因。"), "warn")
        return redirect(address, 303)
    activity_id, actor_id, why = activity.id, the_staff().id, form.words.data or ""
    return _act(
        lambda: service.show_position(activity_id, position_id, actor_id, shown=shown, words="" if shown else why),
        _("岗位已恢复。") if shown else _("岗位已下架。"),
        address,
    )
