"""An employer's desk: what its recruiters see and do. Everything is reached through the recruiter's own row."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from festival.accounts.access import signed_in, the_person
from festival.kinds.job_fair.employers import plan, queries, rules, service, wording
from festival.kinds.job_fair.employers.forms import (
    ApplicationForm,
    BoothForm,
    FigureForm,
    PlainForm,
    PositionForm,
    RecruiterForm,
    ids_of,
)
from festival.kinds.job_fair.employers.models import Employer
from festival.kinds.job_fair.employers.notice import notice_of
from festival.kinds.job_fair.employers.rules import EmployerState, FairRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.i18n import _, _n

bp = Blueprint("fair_desk", __name__)


def _mine(employer_id: int) -> Employer:
    return queries.recruited(employer_id, the_person().id)


def _no(refused: FairRefused, employer_id: int, where: str = ".show") -> ResponseReturnValue:
    """Say why something was not done, on the page it was asked from."""
    flash(str(wording.REASONS[refused.reason]), "warn")
    return redirect(url_for(where, employer_id=employer_id), 303)


@bp.get("/employer-desk")
@signed_in
def index() -> ResponseReturnValue:
    """List the employers one recruits for."""
    return render_template(
        "kinds/job_fair/employers/desks.html",
        employers=queries.recruited_by(the_person().id),
        states=wording.STATES,
        unlisted=True,
    )


@bp.get("/employer-desk/<id:employer_id>")
@signed_in
def show(employer_id: int) -> ResponseReturnValue:
    """Show how far an employer is, and what it can do now."""
    return _desk_page(_mine(employer_id), RecruiterForm(formdata=None))


def _desk_page(employer: Employer, form: RecruiterForm, refusal: str = "") -> str:
    activity = employer.activity
    details = queries.details(activity)
    now = clock.now()
    return render_template(
        "kinds/job_fair/employers/desk.html",
        employer=employer,
        activity=activity,
        festival=activity.festival,
        details=details,
        papers=queries.papers(employer.id),
        readiness=queries.readiness(employer),
        recruiters=[one for one in employer.recruiters if one.removed_at is None],
        me=queries.recruiter_of(employer.id, the_person().id),
        entered=queries.entered(employer.id),
        figures=rules.BY_EMPLOYERS if now >= activity.starts_at else (),
        arrive_by=service.arrive_by(activity, details),
        limit=service.cancel_limit(activity, details),
        is_over=now >= activity.ends_at,
        has_earlier=bool(queries.earlier_positions(employer)) if employer.state == EmployerState.APPROVED else False,
        is_offered=queries.is_offered,
        words=wording,
        form=form,
        plain=PlainForm(formdata=None),
        refusal=refusal,
        data_result=str(employer.state),
        unlisted=True,
    )


# -- the application ---------------------------------------------------------------------------------------------------------


@bp.get("/employer-desk/<id:employer_id>/application")
@signed_in
def application(employer_id: int) -> ResponseReturnValue:
    """Show the application to change it, while nobody has decided on it."""
    employer = _mine(employer_id)
    if EmployerState.APPLIED not in rules.BY_EMPLOYER[employer.state]:
        return redirect(url_for(".show", employer_id=employer_id), 303)
    return _application_page(employer, ApplicationForm.of(employer, queries.papers(employer_id), notice_of(employer.activity)))


@bp.post("/employer-desk/<id:employer_id>/application")
@signed_in
def change(employer_id: int) -> ResponseReturnValue:
    """Hand the application in again."""
    employer = _mine(employer_id)
    sent: MultiDict[str, Any] = CombinedMultiDict([request.files, request.form])
    form = ApplicationForm(notice_of(employer.activity), is_visitor=False, kept=queries.papers(employer_id), formdata=sent)
    if not form.validate():
        return _application_page(employer, form), 422
    person_id = the_person().id
    try:
        with transaction():
            service.change(employer_id, person_id, form.value(), form.papers(), revision=form.revision_seen())
    except FairRefused as refused:
        return _application_page(_mine(employer_id), form, str(wording.REASONS[refused.reason])), 409
    flash(_("已提交，审核结果将通知您。"), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)


def _application_page(employer: Employer, form: ApplicationForm, refusal: str = "") -> str:
    return render_template(
        "kinds/job_fair/employers/application.html",
        employer=employer,
        activity=employer.activity,
        festival=employer.activity.festival,
        papers=queries.papers(employer.id),
        form=form,
        refusal=refusal,
        words=wording,
        unlisted=True,
    )


@bp.post("/employer-desk/<id:employer_id>/withdraw")
@signed_in
def withdraw(employer_id: int) -> ResponseReturnValue:
    """Cancel the employer's part in the fair."""
    _mine(employer_id)
    person_id = the_person().id
    try:
        with transaction():
            service.withdraw(employer_id, person_id)
    except FairRefused as refused:
        return _no(refused, employer_id)
    return redirect(url_for(".show", employer_id=employer_id), 303)


# -- the booth ---------------------------------------------------------------------------------------------------------------


@bp.get("/employer-desk/<id:employer_id>/booth")
@signed_in
def booth(employer_id: int) -> ResponseReturnValue:
    """Show the plan to choose a booth on."""
    return _booth_page(_mine(employer_id), BoothForm(formdata=None))


@bp.post("/employer-desk/<id:employer_id>/booth")
@signed_in
def choose(employer_id: int) -> ResponseReturnValue:
    """Take a booth."""
    employer = _mine(employer_id)
    form = BoothForm()
    if not form.validate():
        return _booth_page(employer, form), 422
    person_id = the_person().id
    try:
        with transaction():
            label = service.choose_booth(employer_id, form.value(), person_id).label
    except FairRefused as refused:
        return _booth_page(_mine(employer_id), form, str(wording.REASONS[refused.reason])), 409
    flash(_("展位 %(booth)s 已为贵单位保留。", booth=label), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)


@bp.post("/employer-desk/<id:employer_id>/wait")
@signed_in
def wait(employer_id: int) -> ResponseReturnValue:
    """Wait for a booth that may be released."""
    _mine(employer_id)
    person_id = the_person().id
    try:
        with transaction():
            service.wait_for_booth(employer_id, person_id)
    except FairRefused as refused:
        return _no(refused, employer_id)
    return redirect(url_for(".show", employer_id=employer_id), 303)


def _booth_page(employer: Employer, form: BoothForm, refusal: str = "") -> str:
    hall = plan.drawn(queries.booths(employer.activity_id))
    return render_template(
        "kinds/job_fair/employers/booth.html",
        employer=employer,
        activity=employer.activity,
        festival=employer.activity.festival,
        plan=hall,
        free=sum(row.free for row in hall.rows),
        form=form,
        refusal=refusal,
        may_choose=employer.state == EmployerState.APPROVED and clock.now() < employer.activity.ends_at,
        unlisted=True,
    )


# -- positions ---------------------------------------------------------------------------------------------------------------


@bp.get("/employer-desk/<id:employer_id>/positions/new")
@signed_in
def new_position(employer_id: int) -> ResponseReturnValue:
    """Ask for a position."""
    return _position_page(_mine(employer_id), PositionForm(formdata=None))


@bp.post("/employer-desk/<id:employer_id>/positions/new")
@signed_in
def add_position(employer_id: int) -> ResponseReturnValue:
    """Enter a position."""
    return _save(employer_id, None)


@bp.get("/employer-desk/<id:employer_id>/positions/<id:position_id>")
@signed_in
def position(employer_id: int, position_id: int) -> ResponseReturnValue:
    """Show a position to change it."""
    employer = _mine(employer_id)
    return _position_page(employer, PositionForm.of(queries.position_of(employer_id, position_id)), position_id)


@bp.post("/employer-desk/<id:employer_id>/positions/<id:position_id>")
@signed_in
def edit_position(employer_id: int, position_id: int) -> ResponseReturnValue:
    """Change a position."""
    return _save(employer_id, position_id)


def _save(employer_id: int, position_id: int | None) -> ResponseReturnValue:
    employer = _mine(employer_id)
    if position_id is not None:
        queries.position_of(employer_id, position_id)
    form = PositionForm()
    if not form.validate():
        return _position_page(employer, form, position_id), 422
    person_id = the_person().id
    try:
        with transaction():
            service.save_position(employer_id, position_id, form.value(), person_id)
    except FairRefused as refused:
        return _position_page(_mine(employer_id), form, position_id, str(wording.REASONS[refused.reason])), 409
    flash(_("岗位已保存。"), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)


def _position_page(employer: Employer, form: PositionForm, position_id: int | None = None, refusal: str = "") -> str:
    return render_template(
        "kinds/job_fair/employers/position.html",
        employer=employer,
        activity=employer.activity,
        festival=employer.activity.festival,
        position=None if position_id is None else queries.position_of(employer.id, position_id),
        form=form,
        refusal=refusal,
        unlisted=True,
    )


@bp.get("/employer-desk/<id:employer_id>/positions/earlier")
@signed_in
def earlier(employer_id: int) -> ResponseReturnValue:
    """Show what the employer offered at earlier fairs."""
    employer = _mine(employer_id)
    return render_template(
        "kinds/job_fair/employers/earlier.html",
        employer=employer,
        activity=employer.activity,
        festival=employer.activity.festival,
        positions=queries.earlier_positions(employer) if employer.state == EmployerState.APPROVED else [],
        words=wording,
        plain=PlainForm(formdata=None),
        unlisted=True,
    )


@bp.post("/employer-desk/<id:employer_id>/positions/earlier")
@signed_in
def reuse(employer_id: int) -> ResponseReturnValue:
    """Offer the positions ticked again."""
    _mine(employer_id)
    person_id = the_person().id
    try:
        with transaction():
            made = len(service.reuse_positions(employer_id, ids_of(request.form.getlist("pick")), person_id))
    except FairRefused as refused:
        return _no(refused, employer_id)
    flash(_n("已沿用 %(num)s 个岗位，可逐个修改。", "已沿用 %(num)s 个岗位，可逐个修改。", made), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)


# -- recruiters and figures --------------------------------------------------------------------------------------------------


@bp.post("/employer-desk/<id:employer_id>/recruiters")
@signed_in
def name_recruiter(employer_id: int) -> ResponseReturnValue:
    """Let somebody in."""
    employer = _mine(employer_id)
    form = RecruiterForm()
    if not form.validate():
        return _desk_page(employer, form), 422
    person_id = the_person().id
    try:
        with transaction():
            service.name_recruiter(employer_id, form.value(), form.name.data or "", person_id)
    except FairRefused as refused:
        return _desk_page(_mine(employer_id), form, str(wording.REASONS[refused.reason])), 409
    flash(_("已添加招聘者，对方登录后即可查看。"), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)


@bp.post("/employer-desk/<id:employer_id>/recruiters/<id:recruiter_id>/remove")
@signed_in
def remove_recruiter(employer_id: int, recruiter_id: int) -> ResponseReturnValue:
    """Take somebody's access away."""
    _mine(employer_id)
    person_id = the_person().id
    try:
        with transaction():
            service.remove_recruiter(employer_id, recruiter_id, person_id)
    except FairRefused as refused:
        return _no(refused, employer_id)
    flash(_("已移除招聘者。"), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/employer-desk/<id:employer_id>/figures")
@signed_in
def enter_figure(employer_id: int) -> ResponseReturnValue:
    """Enter one of the employer's own figures."""
    employer = _mine(employer_id)
    form = FigureForm()
    which = form.which(rules.BY_EMPLOYERS)
    if which is None or not form.validate() or clock.now() < employer.activity.starts_at:
        flash(_("请填写 %(least)s 到 %(most)s 之间的整数", least=0, most=rules.FIGURE_MOST), "warn")
        return redirect(url_for(".show", employer_id=employer_id), 303)
    activity_id, person_id = employer.activity_id, the_person().id
    with transaction():
        service.set_figure(activity_id, employer_id, which, form.value.data, person_id)
    flash(_("已保存。"), "ok")
    return redirect(url_for(".show", employer_id=employer_id), 303)
