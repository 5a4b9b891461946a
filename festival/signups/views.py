"""Signing up, the ticket, changing one's mind, and my festival."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import CombinedMultiDict, MultiDict

from festival.accounts import access
from festival.accounts import service as accounts
from festival.accounts.access import current_person, signed_in, the_person
from festival.accounts.rules import AddressProblem, CodeReason
from festival.accounts.service import CodeRefused, CodeRejected, CodeSent
from festival.accounts.wording import code_words
from festival.lib import clock, limits, tokens
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.errors import Busy, NotFound
from festival.lib.i18n import _, locale
from festival.lib.qr import svg
from festival.outbox.queries import unread
from festival.programme import structure
from festival.programme.kinds import kind_of
from festival.signups import absences, companions, moving, qr, queries, service, signing, ticket, timeline, wording
from festival.signups.forms import AppealForm, SignUpForm
from festival.signups.mine import appointments, ways
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, Reason, SignUpRefused, State
from festival.signups.service import StructureChanged
from festival.signups.sheet import Sheet, clashes, empty_form, form_kept, sent_form, sheet_of
from festival.signups.signing import Signed
from festival.signups.tapped import tapped

bp = Blueprint("signups", __name__)

_LONGEST_NUMBER = 10
#: Buttons of the form that do something else than sign up.
_LOOK_CLOSER = {"send-code", "use-invitation"}
#: Refusals that stand beside a field: the form can be mended.
_BESIDE = {Reason.PARTY_TOO_LARGE: "party_size", Reason.UNKNOWN_POOL: "slot", Reason.NOTICE_CHANGED: "consent"}


# -- signing up --------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/sign-up")
@public
@limits.invitations
def new(slug: str) -> ResponseReturnValue:
    """Show the form; or why there is none; or the place that is held already. An invitation's code may come in the address."""
    sheet = _sheet(slug, request.args.get("invitation", ""))
    if sheet.held_now is not None:
        return _go_on(Signed(sheet.held_now.code, already=True))
    if sheet.openings.reason is not None:
        return _closed(sheet, sheet.openings.reason)
    access.browser()  # the cookie that the form's key is bound to
    return _page(sheet, empty_form(sheet, tokens.new_token(), request.args.get("slot", "")))


@bp.post("/activities/<slug:slug>/sign-up")
@public
@limits.tries
@limits.invitations
def create(slug: str) -> ResponseReturnValue:
    """Sign up, a visitor with address and code in the same form; or send that code; or show what an invitation opens."""
    return _at_once(slug) or _create(slug)


def _create(slug: str) -> ResponseReturnValue:
    """Do what ``create`` says, with everything read afresh that the page would show."""
    sheet = _sheet(slug, request.form.get("invitation", ""))
    form = sent_form(sheet, _sent())
    before = signing.answered_before(sheet.activity.id, form, signing.once_of(form))
    if before is not None:
        return _go_on(before)
    if sheet.held_now is not None:
        return _go_on(Signed(sheet.held_now.code, already=True))
    if sheet.openings.reason is not None:
        return _closed(sheet, sheet.openings.reason)
    if form.is_visitor and "send-code" in request.form:
        return _send_code(sheet, form)
    if form.opens_more:
        return _page(sheet, form)
    if "use-invitation" in request.form and not sheet.invitation.pool:
        if not sheet.invitation.wrong:
            form.complain("invitation", _("请填写邀请码"))
        return _page(sheet, form), 422
    if not form.validate():
        return _page(sheet, form), 422
    return _sign_up(sheet, form)


def _at_once(slug: str) -> ResponseReturnValue | None:
    """Sign somebody up who is signed in and whose form is in order, judged by what this process keeps of the activity.

    It is what nearly all who press the button get, and reads next to nothing before the lock. None: look closer.
    """
    if _LOOK_CLOSER & request.form.keys() or request.form.get("invitation"):
        return None
    person_id = access.person_id()
    if person_id is None:
        return None
    known = structure.public(slug)
    form = form_kept(known, _sent())
    if not form.validate():
        return None
    asked = replace(form.value(signing.once_of(form)), structure=known.version)
    try:
        with transaction():
            outcome = signing.sign_in_and_up(known.activity.id, form, asked, kind_of(known.activity), person_id)
    except StructureChanged:
        structure.forget(known)
        return None
    except SignUpRefused as refused:
        return _refused(slug, refused)
    except Busy:
        return _busy(slug)
    assert isinstance(outcome, Signed)  # no code was asked for
    return _go_on(outcome)


def _sheet(slug: str, code: str) -> Sheet:
    sheet = sheet_of(slug, current_person(), code)
    if sheet.invitation.is_unknown:
        limits.note_guess()
    return sheet


def _sent() -> MultiDict[str, Any]:
    return CombinedMultiDict([request.files, request.form])


def _go_on(signed: Signed) -> ResponseReturnValue:
    """Lead to the ticket, signed in; the cookie is written after the commit."""
    if signed.key:
        access.enter(signed.key, keeps_forms=True)
    return redirect(url_for(".show", code=signed.code, already=1 if signed.already else None), 303)


def _sign_up(sheet: Sheet, form: SignUpForm) -> ResponseReturnValue:
    slug, activity_id, kind = sheet.activity.slug, sheet.activity.id, sheet.kind
    person_id = sheet.person.id if sheet.person else None
    asked = form.value(signing.once_of(form))
    try:
        with transaction():
            outcome = signing.sign_in_and_up(activity_id, form, asked, kind, person_id)
    except SignUpRefused as refused:
        return _refused(slug, refused)
    except Busy:
        return _busy(slug)
    if isinstance(outcome, CodeRejected):
        return _code_rejected(slug, outcome)
    return _go_on(outcome)


def _again(slug: str) -> tuple[Sheet, SignUpForm]:
    """Read the sheet afresh after a transaction, with the form as it was sent."""
    sheet = sheet_of(slug, current_person(), request.form.get("invitation", ""))
    return sheet, sent_form(sheet, _sent())


def _code_rejected(slug: str, rejected: CodeRejected) -> ResponseReturnValue:
    """Say what is wrong with the code, unless the twin of this request has used it just now."""
    sheet, form = _again(slug)
    twin = signing.answered_before(sheet.activity.id, form, signing.once_of(form))
    if twin is not None:
        return _go_on(twin)
    form.complain("address" if isinstance(rejected.reason, AddressProblem) else "code", code_words(rejected))
    return _page(sheet, form), 422


def _refused(slug: str, refused: SignUpRefused) -> ResponseReturnValue:
    """Say no: beside the field that can be mended, over the form while there is a choice, else on a page of its own."""
    sheet, form = _again(slug)
    reason = refused.reason
    if reason == Reason.INVITATION_ENDED and sheet.openings.reason is None:
        if not form["invitation"].errors:
            form.complain("invitation", str(wording.REASON_WORDS[reason]))
        return _page(sheet, form), 409
    beside = _BESIDE.get(reason)
    if beside is not None:
        form.complain(beside, str(wording.REASON_WORDS[reason]))
        form.show_current_notice()
        return _page(sheet, form), 422
    if sheet.openings.reason is not None:
        return _closed(sheet, reason)
    return _page(sheet, form, refused=refused), 409


def _busy(slug: str) -> ResponseReturnValue:
    """Nothing was written: the form comes back as it was, and its key makes pressing again safe."""
    sheet, form = _again(slug)
    response = Response(_page(sheet, form, is_busy=True), 503)
    response.headers["Retry-After"] = "3"
    return response


def _send_code(sheet: Sheet, form: SignUpForm) -> ResponseReturnValue:
    """Send a code to the address; everything else stays as it was filled in."""
    if not form["address"].validate(form):
        return _page(sheet, form), 422
    with limits.codes, transaction():
        sent = accounts.request_code(form["address"].data, locale())
    sheet, form = _again(sheet.activity.slug)
    if isinstance(sent, CodeSent):
        return _page(sheet, form, sent=sent)
    return _code_refused(sheet, form, sent)


def _code_refused(sheet: Sheet, form: SignUpForm, refused: CodeRefused) -> ResponseReturnValue:
    """Say why no code was sent. One that went out less than a minute ago is still good: that is no error."""
    if refused.reason == CodeReason.TOO_SOON:
        return _page(sheet, form, sent=refused)
    form.complain("address", code_words(refused))
    if isinstance(refused.reason, AddressProblem):
        return _page(sheet, form), 422
    response = Response(_page(sheet, form), 429)
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _page(
    sheet: Sheet,
    form: SignUpForm,
    *,
    refused: SignUpRefused | None = None,
    sent: CodeSent | CodeRefused | None = None,
    is_busy: bool = False,
) -> str:
    others = queries.of_person(sheet.person.id) if sheet.person else []
    return render_template(
        "signups/sign-up.html",
        sheet=sheet,
        activity=sheet.activity,
        festival=sheet.activity.festival,
        form=form,
        refusal=wording.refusal(refused.reason, sheet.activity, sheet.now, refused.words, refused.path) if refused else None,
        data_result=wording.result_of(refused.reason) if refused else None,
        sent=sent,
        sent_words=code_words(sent) if isinstance(sent, CodeRefused) else "",
        is_busy=is_busy,
        unit_word=wording.unit_words(sheet.unit),
        address=ticket.address_of(sheet.person) if sheet.person else "",
        is_answer=request.method == "POST",
        clashes=clashes(sheet, others),
        open_day=sheet.open_day(str(form["slot"].data or "")),
        unlisted=True,
        section="/",
    )


def _closed(sheet: Sheet, reason: Reason) -> ResponseReturnValue:
    refusal = wording.refusal(reason, sheet.activity, sheet.now)
    page = render_template(
        "signups/refused.html",
        activity=sheet.activity,
        festival=sheet.activity.festival,
        kind=sheet.kind,
        refusal=refusal,
        invitation=sheet.invitation,
        takes_codes=sheet.takes_codes and reason == Reason.INVITATION_ONLY,
        data_result=refusal.result,
        unlisted=True,
        section="/",
    )
    return page, 409


# -- the ticket --------------------------------------------------------------------------------------------------------------


@bp.get("/sign-ups/<code:code>")
@signed_in
def show(code: str) -> ResponseReturnValue:
    """Show what became of a sign-up, and the ticket."""
    return ticket.page(queries.owned(code, the_person().id), the_person(), already="already" in request.args)


@bp.get("/sign-ups/<code:code>/qr.svg")
@signed_in
def qr_svg(code: str) -> ResponseReturnValue:
    """Give the check-in code as a picture that fits the page."""
    return _private(svg(ticket.check_in_address(_with_ticket(code))), "image/svg+xml")


@bp.get("/sign-ups/<code:code>/ticket.png")
@signed_in
def picture(code: str) -> ResponseReturnValue:
    """Give the check-in code as a picture to keep on the phone."""
    sign_up = _with_ticket(code)
    response = _private(qr.png(ticket.check_in_address(sign_up), sign_up.digits), "image/png")
    response.headers["Content-Disposition"] = f'attachment; filename="{sign_up.activity.slug}-{sign_up.digits}.png"'
    return response


def _with_ticket(code: str) -> SignUp:
    """Return an own sign-up whose code opens the door.

    :raises NotFound: there is none, or its code opens nothing.
    """
    sign_up = queries.owned(code, the_person().id)
    if sign_up.state not in ticket.WITH_TICKET:
        raise NotFound
    return sign_up


def _private(body: bytes, content_type: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = "private, no-store"
    return response


# -- changing one's mind -----------------------------------------------------------------------------------------------------


@bp.post("/sign-ups/<code:code>/withdraw")
@signed_in
def withdraw(code: str) -> ResponseReturnValue:
    """Give the place back, or leave the list; whoever waits moves up in the same transaction."""
    return tapped(code, service.withdraw)


@bp.post("/sign-ups/<code:code>/confirm")
@signed_in
def confirm(code: str) -> ResponseReturnValue:
    """Take an offered place."""
    return tapped(code, service.confirm)


@bp.get("/sign-ups/<code:code>/decline")
@signed_in
def decline(code: str) -> ResponseReturnValue:
    """Ask whether an offered place shall go to the next in line: where a message's link leads. Reading changes nothing."""
    sign_up = queries.owned(code, the_person().id)
    if wording.state_shown(sign_up, clock.now()) != State.OFFERED:
        return redirect(url_for(".show", code=code), 303)
    return render_template(
        "signups/decline.html",
        sign_up=sign_up,
        activity=sign_up.activity,
        deadline=wording.confirm_by(sign_up.offered_until, clock.now()) if sign_up.offered_until else "",
        unlisted=True,
        section="/me",
    )


@bp.get("/sign-ups/<code:code>/move")
@signed_in
def choose_move(code: str) -> ResponseReturnValue:
    """Show to which other slots and pools this party could move now."""
    sign_up = queries.owned(code, the_person().id)
    if not moving.targets(sign_up, clock.now()):
        return ticket.page(sign_up, the_person(), refused=Reason.STAYS), 409
    return ticket.move_page(sign_up)


@bp.post("/sign-ups/<code:code>/move")
@signed_in
def move(code: str) -> ResponseReturnValue:
    """Move to the chosen slot or pool; without room the place that is held stays."""
    sign_up = queries.owned(code, the_person().id)
    form = ticket.move_form(sign_up)
    if not form.validate():
        return ticket.move_page(sign_up, form), 422
    sign_up_id, pool_id, revision = sign_up.id, int(form["pool"].data), form["revision"].data
    try:
        with transaction():
            moving.move_to(sign_up_id, pool_id, revision=revision)
    except SignUpRefused as refused:
        sign_up = queries.owned(code, the_person().id)
        if refused.reason in {Reason.STAYS, Reason.TOO_LATE, Reason.NOT_LIVE}:
            return ticket.page(sign_up, the_person(), refused=refused.reason), 409
        return ticket.move_page(sign_up, ticket.move_form(sign_up), refused), 409
    return redirect(url_for(".show", code=code), 303)


@bp.post("/sign-ups/<code:code>/companions/<id:number>/withdraw")
@signed_in
def withdraw_companion(code: str, number: int) -> ResponseReturnValue:
    """Withdraw one named companion (the first is 1); the rest of the party stays."""
    revision = request.form.get("revision", "")
    seen = int(revision) if revision.isascii() and revision.isdigit() and len(revision) < _LONGEST_NUMBER else 0
    return tapped(code, lambda sign_up_id: companions.withdraw_one(sign_up_id, number - 1, revision=seen), anchor="answers")


@bp.post("/sign-ups/<code:code>/appeal")
@signed_in
def appeal(code: str) -> ResponseReturnValue:
    """Keep what the person says to not having come; the same words sent twice are one explanation."""
    sign_up, form = queries.owned(code, the_person().id), AppealForm()
    if not form.validate():
        return ticket.page(sign_up, the_person(), appeal=form), 422
    sign_up_id, words = sign_up.id, form.value()
    try:
        with transaction():
            absences.appeal(sign_up_id, words)
    except SignUpRefused as refused:
        kept = queries.owned(code, the_person().id)
        if kept.appeal != words:
            return ticket.page(kept, the_person(), refused=refused.reason), 409
    return redirect(url_for(".show", code=code, _anchor="absence"), 303)


@bp.get("/sign-ups/<code:code>/edit")
@signed_in
def edit(code: str) -> ResponseReturnValue:
    """Show what may be changed; a sealed text stays out of sight."""
    sign_up = queries.owned(code, the_person().id)
    if not ticket.may_edit(sign_up):
        return ticket.page(sign_up, the_person(), refused=Reason.TOO_LATE if sign_up.state in LIVE else Reason.NOT_LIVE), 409
    return ticket.edit_page(sign_up, ticket.edit_form(sign_up))


@bp.post("/sign-ups/<code:code>/edit")
@signed_in
def save(code: str) -> ResponseReturnValue:
    """Save a change; one that was made on an older state is told, and nothing typed is lost."""
    sign_up = queries.owned(code, the_person().id)
    form = ticket.edit_form(sign_up, _sent())
    if not form.validate():
        return ticket.edit_page(sign_up, form), 422
    sign_up_id, asked = sign_up.id, form.value()
    try:
        with transaction():
            service.edit(sign_up_id, asked)
    except SignUpRefused as refused:
        return _not_saved(code, refused.reason)
    return redirect(url_for(".show", code=code), 303)


def _not_saved(code: str, reason: Reason) -> ResponseReturnValue:
    sign_up = queries.owned(code, the_person().id)
    if not ticket.may_edit(sign_up):
        return ticket.page(sign_up, the_person(), refused=reason), 409
    form = ticket.edit_form(sign_up, _sent())
    form["revision"].data = sign_up.revision
    form["revision"].raw_data = None  # what was sent is out of date; pressing again saves
    if reason == Reason.PARTY_TOO_LARGE:
        form.complain("party_size", str(wording.REASON_WORDS[reason]))
        return ticket.edit_page(sign_up, form), 422
    return ticket.edit_page(sign_up, form, reason), 409


# -- my festival -------------------------------------------------------------------------------------------------------------


@bp.get("/me")
@signed_in
def mine() -> ResponseReturnValue:
    """Show everything the person is in, by day."""
    person, now = the_person(), clock.now()
    sign_ups = queries.of_person(person.id)
    pools = [sign_up.pool_id for sign_up in sign_ups if sign_up.state == State.WAITLISTED]
    return render_template(
        "signups/me.html",
        person=person,
        address=ticket.address_of(person),
        mine=timeline.my_festival(sign_ups, queries.positions(pools), now),
        appointments=appointments(person.id),
        ways=ways(person.id),
        unread=unread(person.id),
        unlisted=True,
    )
