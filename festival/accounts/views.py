"""Signing in and out as somebody who attends."""

from flask import Blueprint, Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from festival.accounts import queries, service
from festival.accounts.access import browser, current_key, current_person, enter, leave, note_visit
from festival.accounts.forms import AddressForm, CodeForm
from festival.accounts.rules import CodeReason, NotAnAddress, device_word, limit_reached, read_address
from festival.accounts.service import CodeRefused, CodeRejected
from festival.accounts.wording import code_words
from festival.lib import clock, limits
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.i18n import locale
from festival.lib.urls import onward

bp = Blueprint("accounts", __name__)
bp.after_app_request(note_visit)

#: Where the cookie keeps the address that a code was sent to, until it is typed.
_PENDING = "pending"


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask where the code shall be sent; ``again``: of somebody who is signed in and shall prove it afresh."""
    if current_person() is not None and "again" not in request.args:
        return redirect(_onward(), 303)
    return _page(AddressForm(formdata=None))


@bp.post("/sign-in")
@public
@limits.codes
def send_code() -> ResponseReturnValue:
    """Send a code and go on to where it is typed."""
    form = AddressForm()
    if not form.validate():
        return _page(form), 422
    with transaction():
        sent = service.request_code(form.value().value, locale())
    if isinstance(sent, CodeRefused) and sent.reason != CodeReason.TOO_SOON:
        return _too_many(form, sent)
    session[_PENDING] = form.value().value
    browser()  # made now, so that the code is bound to it when it is typed
    return redirect(url_for(".code", next=request.args.get("next")), 303)


@bp.get("/sign-in/code")
@public
def code() -> ResponseReturnValue:
    """Ask for the code."""
    if not _pending():
        return redirect(url_for(".sign_in", next=request.args.get("next")), 303)
    return _code_page(CodeForm(formdata=None))


@bp.post("/sign-in/code")
@public
@limits.tries
def enter_code() -> ResponseReturnValue:
    """Sign in with the code, or say what is wrong with it."""
    address, form = _pending(), CodeForm()
    if not address:
        return redirect(url_for(".sign_in", next=request.args.get("next")), 303)
    with transaction():
        outcome = service.redeem(address, form.code.data or "", browser=browser())
        key = None
        if not isinstance(outcome, CodeRejected):
            key = service.begin_session(outcome.account, device_word(request.user_agent.string), instead_of=current_key())
    if isinstance(outcome, CodeRejected):
        form.code.errors = [code_words(outcome)]
        return _code_page(form), 422
    assert key is not None
    enter(key)
    return redirect(_onward(), 303)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this browser out; its pages go with it."""
    key = leave()
    if key:
        with transaction():
            service.end_session(key)
    response = redirect(url_for(".sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'  # not "storage": it keeps how somebody likes to read
    return response


def _pending() -> str:
    """Return the address that a code was sent to from this browser; empty when there is none."""
    address = session.get(_PENDING)
    return address if isinstance(address, str) else ""


def _onward() -> str:
    """Return where to go after signing in: where the visitor came from, else my festival."""
    return onward(request.args.get("next"), "/me")


def _page(form: AddressForm, refusal: str = "") -> str:
    return render_template("accounts/sign-in.html", form=form, refusal=refusal, unlisted=True)


def _too_many(form: AddressForm, refused: CodeRefused) -> Response:
    response = Response(_page(form, code_words(refused)), 429)
    response.headers["Retry-After"] = str(refused.retry_after)
    return response


def _code_page(form: CodeForm) -> str:
    address = read_address(_pending())
    assert not isinstance(address, NotAnAddress)
    now = clock.wall()
    reached = limit_reached(queries.sent_within_a_day(address.value, now), now)
    return render_template(
        "accounts/code.html",
        form=form,
        address=address,
        wait=reached.retry_after if reached else 0,
        next=request.args.get("next"),
        unlisted=True,
    )
