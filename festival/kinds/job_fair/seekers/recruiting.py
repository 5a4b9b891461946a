"""Pages of recruiters: the applications made to their own employer, interviews, and the queue at the booth."""

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.kinds.job_fair.employers.models import Employer, Recruiter
from festival.kinds.job_fair.seekers import cvs, numbers, queries, render, rules, service, wording
from festival.kinds.job_fair.seekers.forms import InviteForm, NoteForm
from festival.kinds.job_fair.seekers.models import Application
from festival.kinds.job_fair.seekers.rules import JobRefused, Reason, Side, State
from festival.kinds.job_fair.seekers.views import as_file
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import loc

bp = Blueprint("recruiting", __name__, url_prefix="/recruiting")

#: What the inbox may be narrowed to, in the order of its chips.
SHOWN = (
    State.SUBMITTED,
    State.VIEWED,
    State.SHORTLISTED,
    State.INVITED,
    State.ACCEPTED,
    State.INTENT,
    State.DECLINED,
    State.NOT_SELECTED,
)


@bp.get("")
@signed_in
def home() -> ResponseReturnValue:
    """Show the employers that one recruits for; of one alone, its applications."""
    found = queries.recruits_for(the_person().id)
    if len(found) == 1:
        return redirect(url_for(".inbox", employer_id=found[0].id), 303)
    return render_template("kinds/job_fair/recruiting/home.html", employers=found, unlisted=True, section="/me")


def _mine(employer_id: int) -> Recruiter:
    """Return oneself as a recruiter of an employer.

    :raises NotFound: one is not.
    """
    found = queries.recruiter(the_person().id, employer_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/<id:employer_id>")
@signed_in
def inbox(employer_id: int) -> ResponseReturnValue:
    """Show the applications to one's employer, or those in one state."""
    employer = _mine(employer_id).employer
    state = next((one for one in SHOWN if one == request.args.get("state")), None)
    counts = queries.counts(employer_id)
    return render_template(
        "kinds/job_fair/recruiting/inbox.html",
        employer=employer,
        applications=queries.inbox(the_person().id, employer_id, [state] if state else SHOWN),
        counts=[(one, counts.get(one, 0)) for one in SHOWN],
        total=sum(counts.get(one, 0) for one in SHOWN),
        state=state,
        **_frame(employer),
    )


def _frame(employer: Employer) -> dict[str, object]:
    """Return what every page of a recruiter needs."""
    return {
        "activity": employer.activity,
        "words": wording,
        "when": render.interview_words,
        "unlisted": True,
        "section": "/me",
    }


# -- one application ---------------------------------------------------------------------------------------------------------


@bp.get("/applications/<id:application_id>")
@signed_in
def application(application_id: int) -> ResponseReturnValue:
    """Show one application. Reading it changes nothing; getting the CV is what its seeker is told of."""
    return _page(application_id)


def _readable(application_id: int) -> Application:
    """Return an application to one of one's own employer's recruiters.

    :raises NotFound: it is not, or it was withdrawn.
    """
    found = queries.readable(the_person().id, application_id)
    if found is None:
        raise NotFound
    return found


def _page(application_id: int, refusal: Reason | None = None, *, note: NoteForm | None = None) -> str:
    shown = _readable(application_id)
    return render_template(
        "kinds/job_fair/recruiting/application.html",
        application=shown,
        employer=shown.employer,
        position=shown.position,
        interview=queries.standing_interview(shown.id),
        steps=queries.steps(shown.id),
        notes=queries.notes(shown.id),
        note=note or NoteForm(formdata=None),
        offered={chair.value for chair in queries.offered(shown.id)},
        days=render.times_to_offer(shown, clock.now()) if _may(shown, State.INVITED) else [],
        may={state: _may(shown, state) for state in State},
        states=State,
        refusal=wording.refusal(refusal) if refusal else "",
        data_result=(refusal or shown.state).replace("_", "-"),
        **_frame(shown.employer),
    )


def _may(shown: Application, state: State) -> bool:
    return rules.may(shown.state, Side.EMPLOYER, state)


@bp.post("/applications/<id:application_id>/cv")
@signed_in
def cv(application_id: int) -> ResponseReturnValue:
    """Give the CV that an application was made with, and write down who got it. It is a POST: nothing fetches it beforehand."""
    reader_id = the_person().id
    with transaction():
        upload = cvs.hand_over(reader_id, application_id)
        shown = _readable(application_id)
        name = f"{shown.name}_{loc(shown.position, 'title')}.{upload.name.rsplit('.', 1)[-1]}"
    return as_file(upload, name)


@bp.post("/applications/<id:application_id>/shortlist")
@signed_in
def shortlist(application_id: int) -> ResponseReturnValue:
    """Put it on the shortlist."""
    return _act(application_id, service.shortlist)


@bp.post("/applications/<id:application_id>/not-selected")
@signed_in
def not_selected(application_id: int) -> ResponseReturnValue:
    """Tell the seeker that they were not selected."""
    return _act(application_id, service.turn_down)


@bp.post("/applications/<id:application_id>/intent")
@signed_in
def intent(application_id: int) -> ResponseReturnValue:
    """Note that both sides mean to sign."""
    return _act(application_id, service.mark_intent)


@bp.post("/applications/<id:application_id>/signed")
@signed_in
def signed(application_id: int) -> ResponseReturnValue:
    """Note that a contract was signed at the fair, or that it was not after all."""
    is_signed = request.form.get("signed") == "1"
    return _act(application_id, lambda reader_id, of: service.mark_signed(reader_id, of, signed=is_signed))


def _act(application_id: int, act: Callable[[int, int], object]) -> ResponseReturnValue:
    reader_id = the_person().id
    try:
        with transaction():
            act(reader_id, application_id)
    except JobRefused as refused:
        return _page(application_id, refused.reason), 409
    return redirect(url_for(".application", application_id=application_id), 303)


@bp.post("/applications/<id:application_id>/invitation")
@signed_in
def invite(application_id: int) -> ResponseReturnValue:
    """Invite to an interview, at the times ticked or at any free one."""
    sent, reader_id = InviteForm(), the_person().id
    chairs = sent.times_sent()
    if chairs is None:
        return _page(application_id, Reason.SLOT_UNKNOWN), 422
    try:
        with transaction():
            service.invite(reader_id, application_id, chairs)
    except JobRefused as refused:
        return _page(application_id, refused.reason), 409
    return redirect(url_for(".application", application_id=application_id), 303)


@bp.post("/applications/<id:application_id>/notes")
@signed_in
def add_note(application_id: int) -> ResponseReturnValue:
    """Note something for one's colleagues."""
    form, reader_id = NoteForm(), the_person().id
    if not form.validate():
        return _page(application_id, note=form), 422
    words = form.value()
    with transaction():
        service.note(reader_id, application_id, words)
    return redirect(url_for(".application", application_id=application_id, _anchor="notes"), 303)


# -- the day -----------------------------------------------------------------------------------------------------------------


@bp.get("/<id:employer_id>/interviews")
@signed_in
def interviews(employer_id: int) -> ResponseReturnValue:
    """Show the interviews of one's employer by time."""
    employer = _mine(employer_id).employer
    return render_template(
        "kinds/job_fair/recruiting/interviews.html",
        employer=employer,
        interviews=queries.interviews_with(employer_id),
        **_frame(employer),
    )


@bp.get("/<id:employer_id>/queue")
@signed_in
def queue(employer_id: int) -> ResponseReturnValue:
    """Show the queue at the booth, and whom one is seeing."""
    recruiter, now = _mine(employer_id), clock.now()
    session = queries.session_on(recruiter.employer.activity_id, now)
    standing = queries.queues([employer_id], [session.id]).get(employer_id) if session else None
    return render_template(
        "kinds/job_fair/recruiting/queue.html",
        employer=recruiter.employer,
        is_the_day=session is not None,
        current=queries.called_by(recruiter.id, session.id) if session else None,
        queue=standing or queries.Queue((), ()),
        **_frame(recruiter.employer),
    )


@bp.post("/<id:employer_id>/queue/next")
@signed_in
def call_next(employer_id: int) -> ResponseReturnValue:
    """Call the next number; pressed twice, it calls one."""
    reader_id, typed = the_person().id, request.form.get("seen", "")
    seen = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0  # noqa: PLR2004  # ids have nine digits for long
    with transaction():
        numbers.call_next(reader_id, employer_id, seen=seen, missed=request.form.get("missed") == "1")
    return redirect(url_for(".queue", employer_id=employer_id), 303)
