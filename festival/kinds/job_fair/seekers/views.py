"""Pages of those who look for work: positions, one's CV, one's applications, numbers at booths."""

import io
from datetime import datetime
from hashlib import sha256

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, signed_in, the_person
from festival.kinds.job_fair.employers.models import Employer, Position
from festival.kinds.job_fair.employers.rules import Education, Industry
from festival.kinds.job_fair.seekers import cvs, numbers, queries, render, rules, service, wording
from festival.kinds.job_fair.seekers.asked import BY_DAY, PAYS, PER_PAGE, asked
from festival.kinds.job_fair.seekers.forms import ApplyForm, CvForm, TimeForm
from festival.kinds.job_fair.seekers.models import Application
from festival.kinds.job_fair.seekers.rules import JobRefused, Reason, State
from festival.lib import clock
from festival.lib.access import public
from festival.lib.alike import alike
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.errors import NotFound
from festival.lib.i18n import locale
from festival.lib.uploads import Upload
from festival.programme import queries as programme
from festival.programme.models import Activity

bp = Blueprint("jobs", __name__)


# -- positions ---------------------------------------------------------------------------------------------------------------


@bp.get("/jobs")
@public
@alike
def search() -> ResponseReturnValue:
    """Show the positions of the festival's fairs, or what words, industry, education and pay leave of them."""
    now = clock.now()
    wanted = asked(request.args)
    everything = queries.shown_positions(fair.id for fair in _fairs())
    found = [position for position in everything if wanted.takes(position)]
    last = max(1, -(-len(found) // PER_PAGE))
    page = min(wanted.page, last)
    return render_template(
        "kinds/job_fair/jobs.html",
        asked=wanted,
        positions=found[(page - 1) * PER_PAGE : page * PER_PAGE],
        count=len(found),
        total=len(everything),
        openings=sum(position.openings for position in found),
        page=page,
        last=last,
        industries=list(Industry),
        educations=list(Education),
        pays=PAYS,
        by_day=BY_DAY,
        fairs=_fairs(),
        now=now,
        section="/jobs",
        unlisted=wanted.is_narrow,
    )


def _fairs() -> list[Activity]:
    festival = programme.current_festival()
    if festival is None:
        return []
    return [one for one in programme.programme(festival.id) if one.kind == "job_fair"]


@bp.get("/jobs/<id:position_id>")
@public
def position(position_id: int) -> ResponseReturnValue:
    """Show one position: what it is, who offers it, and the way to apply."""
    return _position_page(_shown(position_id))


def _shown(position_id: int) -> Position:
    """Return a position that readers may see.

    :raises NotFound: there is none.
    """
    found = queries.shown_position(position_id, clock.now())
    if found is None:
        raise NotFound
    return found


def _position_page(shown: Position) -> str:
    person = current_person()
    return render_template(
        "kinds/job_fair/position.html",
        position=shown,
        employer=shown.employer,
        activity=shown.employer.activity,
        booth=queries.booth_of(shown.employer_id),
        mine=queries.applied(person.id, shown.id) if person else None,
        words=wording,
        takes=queries.takes_applications(shown.employer.activity, clock.now()) and shown.state == "open",
        section="/jobs",
    )


@bp.get("/jobs/employers/<id:employer_id>")
@public
def employer(employer_id: int) -> ResponseReturnValue:
    """Show one employer: its positions and booth, and on the day of the fair how its queue stands."""
    return _employer_page(_shown_employer(employer_id))


def _shown_employer(employer_id: int) -> Employer:
    """Return an employer that readers may see.

    :raises NotFound: there is none.
    """
    found = queries.shown_employer(employer_id, clock.now())
    if found is None:
        raise NotFound
    return found


def _employer_page(shown: Employer, refusal: Reason | None = None) -> str:
    person, now = current_person(), clock.now()
    session = queries.session_on(shown.activity_id, now)
    queue = queries.queues([shown.id], [session.id]).get(shown.id) if session else None
    mine = [one for one in render.standings(person.id, now) if one.held.employer_id == shown.id] if person else []
    return render_template(
        "kinds/job_fair/employer.html",
        employer=shown,
        activity=shown.activity,
        booth=queries.booth_of(shown.id),
        positions=[one for one in queries.shown_positions([shown.activity_id]) if one.employer_id == shown.id],
        gives_numbers=session is not None,
        queue=queue or queries.Queue((), ()),
        mine=mine[0] if mine else None,
        refusal=wording.refusal(refusal) if refusal else "",
        data_result=refusal.replace("_", "-") if refusal else None,
        section="/jobs",
    )


# -- applying ----------------------------------------------------------------------------------------------------------------


@bp.get("/jobs/<id:position_id>/apply")
@signed_in
def apply(position_id: int) -> ResponseReturnValue:
    """Show the form to apply; who has done so already sees that application."""
    shown = _shown(position_id)
    before = queries.applied(the_person().id, shown.id)
    if before is not None:
        return redirect(url_for(".application", application_id=before.id), 303)
    return _apply_page(shown, _apply_form())


@bp.post("/jobs/<id:position_id>/apply")
@signed_in
def send(position_id: int) -> ResponseReturnValue:
    """Apply. A second press of the button shows what the first one did."""
    form, person_id = _apply_form(), the_person().id
    if not form.validate():
        shown = _shown(position_id)
        if queries.applied(person_id, position_id) is not None:
            return redirect(url_for(".apply", position_id=position_id), 303)
        return _apply_page(shown, form), 422
    try:
        with transaction():
            application_id = service.apply(person_id, position_id, form.value()).id
    except JobRefused as refused:
        return _apply_page(_shown(position_id), form, refused.reason), 409
    return redirect(url_for(".application", application_id=application_id), 303)


def _apply_form() -> ApplyForm:
    person = the_person()
    return ApplyForm.of(queries.cvs(person.id), person.name)


def _apply_page(shown: Position, form: ApplyForm, refusal: Reason | None = None) -> str:
    return render_template(
        "kinds/job_fair/apply.html",
        position=shown,
        employer=shown.employer,
        activity=shown.employer.activity,
        form=form,
        has_cv=bool(form.cv.choices),
        refusal=wording.refusal(refusal) if refusal else "",
        data_result=refusal.replace("_", "-") if refusal else None,
        unlisted=True,
        section="/jobs",
    )


# -- one's CV ----------------------------------------------------------------------------------------------------------------


@bp.get("/me/cv")
@signed_in
def cv() -> ResponseReturnValue:
    """Show the versions of one's CV, and who got which."""
    return _cv_page(CvForm(formdata=None))


@bp.post("/me/cv")
@signed_in
def keep_cv() -> ResponseReturnValue:
    """Keep a file as the newest version, and go on to the position that it was uploaded for."""
    form, person_id = CvForm(), the_person().id
    if not form.validate():
        return _cv_page(form), 422
    upload = form.value()
    try:
        with transaction():
            cvs.keep(person_id, upload)
    except JobRefused as refused:
        return _cv_page(form, refused.reason), 409
    position_id = _wanted_position()
    if position_id is not None:
        return redirect(url_for(".apply", position_id=position_id), 303)
    return redirect(url_for(".cv"), 303)


def _wanted_position() -> int | None:
    """Return the position that somebody means to apply for; None: none that they can see."""
    typed = request.args.get("position", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):  # noqa: PLR2004  # ids have nine digits for long
        return None
    found = queries.shown_position(int(typed), clock.now())
    return found.id if found else None


def _cv_page(form: CvForm, refusal: Reason | None = None) -> str:
    person = the_person()
    return render_template(
        "kinds/job_fair/cv.html",
        form=form,
        versions=queries.cvs(person.id),
        accesses=queries.accesses(person.id),
        used=queries.used_cvs(person.id),
        position_id=_wanted_position(),
        refusal=wording.refusal(refusal) if refusal else "",
        unlisted=True,
        section="/me",
    )


@bp.get("/me/cv/<id:cv_id>")
@signed_in
def own_cv(cv_id: int) -> ResponseReturnValue:
    """Give a version of one's CV back to its owner."""
    return as_file(upload := cvs.own(the_person().id, cv_id), upload.name)


def as_file(upload: Upload, name: str) -> Response:
    """Return a CV as a file to keep; no browser opens it as a page of ours."""
    ending = upload.name.rsplit(".", 1)[-1]
    return download(io.BytesIO(upload.content), name=name, plain_name=f"cv.{ending}", content_type=upload.content_type)


@bp.post("/me/cv/<id:cv_id>/delete")
@signed_in
def delete_cv(cv_id: int) -> ResponseReturnValue:
    """Delete a version for good, from employers' sight too."""
    person_id = the_person().id
    with transaction():
        cvs.delete(person_id, cv_id)
    return redirect(url_for(".cv"), 303)


# -- one's applications ------------------------------------------------------------------------------------------------------


@bp.get("/me/applications")
@signed_in
def applications() -> ResponseReturnValue:
    """Show one's applications, the newest change first, and one's interviews by time."""
    person = the_person()
    found = queries.of_person(person.id)
    return render_template(
        "kinds/job_fair/applications.html",
        applications=found,
        interviews=queries.interviews_of(person.id),
        live=sum(one.state in rules.LIVE for one in found),
        most=rules.MOST_APPLICATIONS,
        numbers=render.standings(person.id, clock.now()),
        words=wording,
        when=render.interview_words,
        unlisted=True,
        section="/me",
    )


@bp.get("/me/applications/<id:application_id>")
@signed_in
def application(application_id: int) -> ResponseReturnValue:
    """Show one application: its state, what comes next, its history, and the times to choose from."""
    return _application_page(application_id)


def _own(application_id: int) -> Application:
    """Return one of one's own applications.

    :raises NotFound: it is none of one's own.
    """
    found = queries.own(the_person().id, application_id)
    if found is None:
        raise NotFound
    return found


def _application_page(application_id: int, refusal: Reason | None = None) -> str:
    shown, now = _own(application_id), clock.now()
    may_choose = shown.state in {State.INVITED, State.ACCEPTED}
    return render_template(
        "kinds/job_fair/application.html",
        application=shown,
        employer=shown.employer,
        position=shown.position,
        activity=shown.employer.activity,
        booth=queries.booth_of(shown.employer_id),
        interview=queries.standing_interview(shown.id),
        steps=queries.steps(shown.id),
        accesses=[one for one in queries.accesses(shown.person_id) if one.application_id == shown.id],
        days=render.times_for_seeker(shown, now) if may_choose else [],
        may_withdraw=rules.may(shown.state, rules.Side.SEEKER, State.WITHDRAWN),
        may_decline=rules.may(shown.state, rules.Side.SEEKER, State.DECLINED),
        warning=_warning(shown, now),
        has_entry=bool(queries.entries(shown.person_id, shown.activity_id)),
        words=wording,
        when=render.interview_words,
        refusal=wording.refusal(refusal) if refusal else "",
        data_result=(refusal or shown.state).replace("_", "-"),
        unlisted=True,
        section="/me",
    )


def _warning(shown: Application, now: datetime) -> str:
    """Say why somebody can hardly keep the time they have booked: the fair, their entry or something else has moved since."""
    held, timetable = queries.standing_interview(shown.id), service.timetable_of(shown.employer.activity)
    if held is None or timetable is None or held.starts_at <= now:
        return ""
    reason = service.time_refusal(shown, held.session, held.minute, timetable, now)
    return wording.refusal(reason) if reason and reason != Reason.MOST_INTERVIEWS else ""


@bp.post("/me/applications/<id:application_id>/interview")
@signed_in
def book(application_id: int) -> ResponseReturnValue:
    """Take a time for an interview, or another one instead."""
    person_id, form = the_person().id, TimeForm()
    chair = form.value() if form.validate() else None
    if chair is None:
        return _application_page(application_id, Reason.SLOT_UNKNOWN), 422
    try:
        with transaction():
            service.book(person_id, application_id, chair)
    except JobRefused as refused:
        return _application_page(application_id, refused.reason), 409
    return redirect(url_for(".application", application_id=application_id), 303)


@bp.post("/me/applications/<id:application_id>/interview/give-back")
@signed_in
def give_back(application_id: int) -> ResponseReturnValue:
    """Give a booked time back; the invitation stands."""
    return _done(application_id, service.give_back)


@bp.post("/me/applications/<id:application_id>/decline")
@signed_in
def decline(application_id: int) -> ResponseReturnValue:
    """Say that one does not come to an interview."""
    return _done(application_id, service.decline)


@bp.post("/me/applications/<id:application_id>/withdraw")
@signed_in
def withdraw(application_id: int) -> ResponseReturnValue:
    """Take an application back."""
    return _done(application_id, service.withdraw)


def _done(application_id: int, act: service.OwnAct) -> ResponseReturnValue:
    person_id = the_person().id
    try:
        with transaction():
            act(person_id, application_id)
    except JobRefused as refused:
        return _application_page(application_id, refused.reason), 409
    return redirect(url_for(".application", application_id=application_id), 303)


# -- numbers at booths -------------------------------------------------------------------------------------------------------


@bp.post("/jobs/employers/<id:employer_id>/numbers")
@signed_in
def take_number(employer_id: int) -> ResponseReturnValue:
    """Take a number at a booth."""
    person_id = the_person().id
    try:
        with transaction():
            numbers.take(person_id, employer_id)
    except JobRefused as refused:
        return _employer_page(_shown_employer(employer_id), refused.reason), 409
    return redirect(url_for(".my_numbers"), 303)


@bp.get("/me/numbers")
@signed_in
def my_numbers() -> ResponseReturnValue:
    """Show how one's numbers stand; the page asks again by itself."""
    return render_template(
        "kinds/job_fair/numbers.html",
        standings=render.standings(the_person().id, clock.now()),
        fairs=_fairs(),
        unlisted=True,
        section="/me",
    )


@bp.get("/me/numbers/now")
@signed_in
def numbers_now() -> ResponseReturnValue:
    """Give the numbers' part of that page alone, for asking again and again: unchanged, it is not sent anew."""
    held = render.standings(the_person().id, clock.now())
    response = Response(render_template("kinds/job_fair/standings.html", standings=held))
    response.headers["Cache-Control"] = "private, no-cache"
    stands = [(one.held.id, one.held.state, one.ahead, one.booth) for one in held]  # not the body: its token says the second
    response.set_etag(sha256(repr((locale(), stands)).encode()).hexdigest()[:32])
    return response.make_conditional(request)


@bp.post("/me/numbers/<id:number_id>/leave")
@signed_in
def leave_number(number_id: int) -> ResponseReturnValue:
    """Give a number back."""
    person_id = the_person().id
    with transaction():
        numbers.leave(person_id, number_id)
    return redirect(url_for(".my_numbers"), 303)
