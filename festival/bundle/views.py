"""一次报多项: choose, fill in once, and read one answer for each."""

from dataclasses import dataclass
from datetime import datetime
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
from festival.bundle import queries, service
from festival.bundle.answer import answer_of
from festival.bundle.clashes import Clashes, clashes_of
from festival.bundle.forms import BundleForm, as_sent, empty
from festival.lib import clock, limits, tokens
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.errors import Busy, NotFound
from festival.lib.i18n import _, locale
from festival.programme import queries as programme
from festival.programme import render
from festival.programme.kinds import kind_of
from festival.programme.models import Festival
from festival.programme.render import Card
from festival.programme.rules import Move, Status
from festival.signups import queries as signups
from festival.signups import signing, ticket, timeline, wording
from festival.signups.models import SignUp
from festival.signups.rules import CLAIMING
from festival.signups.service import Once
from festival.signups.sheet import Sheet, sheet_of

bp = Blueprint("bundle", __name__)

#: More activities than this are nobody's choice.
_MOST = 20


# -- choosing ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One activity that can be chosen."""

    card: Card
    #: What the person holds of it already; then it is not chosen but opened.
    held: SignUp | None
    #: What else of the person's is too close to it in time.
    clash: str


@bp.get("/sign-up")
@public
def choose() -> ResponseReturnValue:
    """Show what can be signed up for now, to choose several of it."""
    return _choose_page(request.args.getlist("activity"))


def _choose_page(chosen: list[str], refusal: str = "") -> str:
    festival = programme.current_festival()
    if festival is None:
        raise NotFound
    return render_template(
        "bundle/choose.html",
        festival=festival,
        choices=_choices(festival, clock.now()),
        chosen=set(chosen),
        refusal=refusal,
        unlisted=True,
        section="/",
    )


def _choices(festival: Festival, now: datetime) -> list[Choice]:
    person = current_person()
    mine = signups.of_person(person.id) if person else []
    held = {sign_up.activity_id: sign_up for sign_up in mine if sign_up.state in CLAIMING}
    cards = render.cards(programme.programme(festival.id), now)
    return [
        Choice(
            card,
            None if card.kind.claims_per_session else held.get(card.activity.id),
            "" if card.kind.claims_per_session else _clash(card, mine, now),
        )
        for card in cards
        if card.standing.move != Move.NONE or (card.standing.status == Status.INVITATION_ONLY and card.activity.has_invitations)
    ]


def _clash(card: Card, mine: list[SignUp], now: datetime) -> str:
    if len(card.activity.slots) > 1:
        return ""  # said beside each slot, where one is chosen
    stop = timeline.stop_at(card.session, card.venue)
    others = [sign_up for sign_up in mine if sign_up.activity_id != card.activity.id]
    return next(iter(timeline.told_clashes(stop, others, now)), "")


# -- filling in --------------------------------------------------------------------------------------------------------------


@bp.get("/sign-up/form")
@public
def new() -> ResponseReturnValue:
    """Show one form for all that was chosen."""
    sheets = _sheets(request.args.getlist("activity"))
    if not sheets:
        return _choose_page([], _("请至少选择一项活动。")), 422
    access.browser()  # the cookie that the form's key is bound to
    form = empty(sheets, tokens.new_token())
    if not form.open_parts and not form.coded_parts:
        return _choose_page([], _("您选择的活动都已报名，或现在不能报名。请另选。")), 409
    clashes = _clashes(form)
    form.who["told"].data = _told(clashes)
    return _page(form, clashes)


@bp.post("/sign-up/form")
@public
@limits.tries
@limits.invitations
def create() -> ResponseReturnValue:
    """Sign up for each, a visitor with address and code in the same form; or send that code; or say first what clashes.

    A code of an invitation that opens something is answered with the page that shows it.
    """
    form = _as_sent()
    if form is None:
        return _choose_page([], _("您选择的活动现在不能报名。请另选。")), 409
    if before := _answered_before(form):
        return before
    if not form.open_parts and not form.coded_parts:
        return _choose_page([], _("您选择的活动都已报名，或现在不能报名。请另选。")), 409
    if form.who.is_visitor and "send-code" in request.form:
        return _send_code(form)
    if form.opens_more:
        return _page(form, _clashes(form))
    _ask_for_code(form)
    if "use-invitation" in request.form or not form.open_parts or not form.validate():
        return _page(form, _clashes(form)), 422
    clashes = _clashes(form)
    if clashes.chosen and form.who["told"].data != _told(clashes):
        form.who["told"].data = _told(clashes)
        return _page(form, clashes, must_know=True), 409
    return _sign_up(form)


def _ask_for_code(form: BundleForm) -> None:
    """Say beside the field whose button was pressed that no code stands there; where nothing else is chosen, beside each."""
    pressed = request.form.get("use-invitation", "")
    if not pressed and form.open_parts:
        return
    for part in form.parts:
        is_meant = part.sheet.activity.slug == pressed if pressed else part.needs_code
        if is_meant and part.sheet.takes_codes and not part.sheet.invitation.wrong:
            part.form.complain("invitation", _("请填写邀请码"))


def _sheets(slugs: list[str]) -> list[Sheet]:
    """Return the sheets of the public activities among what was chosen, by time; a slug that is none counts for nothing."""
    sheets = []
    for slug in list(dict.fromkeys(slugs))[:_MOST]:
        try:
            sheet = sheet_of(slug, current_person(), request.form.get(f"{slug}-invitation", ""))
        except NotFound:
            continue
        if sheet.invitation.is_unknown:
            limits.note_guess()
        sheets.append(sheet)
    return sorted(sheets, key=lambda sheet: (sheet.activity.starts_at, sheet.activity.id))


def _as_sent() -> BundleForm | None:
    """Return the form as it was sent; None where nothing of it can be found."""
    sent: MultiDict[str, Any] = CombinedMultiDict([request.files, request.form])
    sheets = _sheets(request.form.getlist("activity"))
    return as_sent(sheets, sent) if sheets else None


def _again() -> BundleForm:
    """Read everything afresh after a transaction, with the form as it was sent.

    :raises NotFound: nothing of it is public any more.
    """
    form = _as_sent()
    if form is None:
        raise NotFound
    return form


def _once(form: BundleForm) -> Once:
    """Return the form's idempotency key bound to this browser; a form without one is a form of its own."""
    return Once(tokens.digest(access.browser()), tokens.digest(form.who.key or tokens.new_token()))


def _answered_before(form: BundleForm) -> ResponseReturnValue | None:
    """Lead to what the same form of the same browser was answered with a moment ago; None: nothing."""
    before = service.answered(_once(form)) if form.who.key else None
    if before is None:
        return None
    code = before.code
    key = signing.go_on_as(before.person_id, form.who["address"].data if form.who.is_visitor else "")
    return None if key is None else _go_on(code, key)


def _go_on(code: str, key: str) -> Response:
    """Lead to the answer, signed in; the cookie is written after the commit."""
    if key:
        access.enter(key, keeps_forms=True)
    return redirect(url_for(".answer", code=code), 303)  # type: ignore[return-value]  # it is one


def _sign_up(form: BundleForm) -> ResponseReturnValue:
    person = current_person()
    person_id = person.id if person else None
    wishes, once = [part.wish() for part in form.parts], _once(form)
    typed = (form.who["address"].data or "", form.who["code"].data or "") if form.who.is_visitor else ("", "")
    try:
        with transaction():
            outcome = _in_one(person_id, typed, wishes, once)
    except Busy:
        again = _again()
        response = Response(_page(again, _clashes(again), is_busy=True), 503)
        response.headers["Retry-After"] = "3"
        return response
    if isinstance(outcome, CodeRejected):
        return _code_rejected(outcome)
    return _go_on(*outcome)


def _in_one(
    person_id: int | None, typed: tuple[str, str], wishes: list[service.Wish], once: Once
) -> tuple[str, str] | CodeRejected:
    """Sign in, if need be, and up, all or nothing; return the answer's code and the key of the session begun, if one was.

    A wrong code is an outcome, so that the try is counted.
    """
    if person_id is not None:
        return service.sign_up(person_id, wishes, once).code, ""
    outcome = accounts.redeem(*typed, browser=access.browser())
    if isinstance(outcome, CodeRejected):
        return outcome
    code = service.sign_up(outcome.account.id, wishes, once).code
    return code, accounts.begin_session(outcome.account, signing.device(), instead_of=access.current_key())


def _code_rejected(rejected: CodeRejected) -> ResponseReturnValue:
    """Say what is wrong with the code, unless the twin of this request has used it just now."""
    form = _again()
    if before := _answered_before(form):
        return before
    form.who.complain("address" if isinstance(rejected.reason, AddressProblem) else "code", code_words(rejected))
    return _page(form, _clashes(form)), 422


def _send_code(form: BundleForm) -> ResponseReturnValue:
    """Send a code to the address; everything else stays as it was filled in."""
    if not form.who["address"].validate(form.who):
        return _page(form, _clashes(form)), 422
    with limits.codes, transaction():
        sent = accounts.request_code(form.who["address"].data, locale())
    form = _again()
    if isinstance(sent, CodeSent) or sent.reason == CodeReason.TOO_SOON:  # one that went out a moment ago is still good
        return _page(form, _clashes(form), sent=sent)
    form.who.complain("address", code_words(sent))
    if isinstance(sent.reason, AddressProblem):
        return _page(form, _clashes(form)), 422
    response = Response(_page(form, _clashes(form)), 429)
    response.headers["Retry-After"] = str(sent.retry_after)
    return response


def _clashes(form: BundleForm) -> Clashes:
    person = current_person()
    return clashes_of(form, signups.of_person(person.id) if person else [], clock.now())


def _told(clashes: Clashes) -> str:
    """Return what stands in the form for the clashes that its page says; empty for none."""
    return tokens.digest("\n".join(clashes.chosen)) if clashes.chosen else ""


def _page(
    form: BundleForm,
    clashes: Clashes,
    *,
    sent: CodeSent | CodeRefused | None = None,
    must_know: bool = False,
    is_busy: bool = False,
) -> str:
    person = current_person()
    return render_template(
        "bundle/form.html",
        form=form,
        clashes=clashes,
        festival=form.parts[0].sheet.activity.festival,
        wrong=form.wrong(),
        must_know=must_know,
        sent=sent,
        sent_words=code_words(sent) if isinstance(sent, CodeRefused) else "",
        is_busy=is_busy,
        is_answer=request.method == "POST",
        address=ticket.address_of(person) if person else "",
        unit_words=wording.unit_words,
        refusal_of=lambda part: wording.refusal(part.closed, part.sheet.activity, part.sheet.now),
        data_result="overlap" if must_know else None,
        unlisted=True,
        section="/",
    )


# -- the answer --------------------------------------------------------------------------------------------------------------


@bp.get("/sign-up/<code:code>")
@signed_in
def answer(code: str) -> ResponseReturnValue:
    """Show what became of each activity, with the way to its ticket; or why not, and what to do."""
    bundle = queries.owned(code, the_person().id)
    return render_template(
        "bundle/answer.html",
        answer=answer_of(bundle, clock.now()),
        kind_of=kind_of,
        address=ticket.address_of(the_person()),
        data_result="bundle",
        unlisted=True,
        section="/me",
    )
