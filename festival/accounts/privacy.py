"""隐私与我的信息: how one signs in, where one is signed in, what one agreed to, one's data, and being forgotten."""

import json
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from festival.accounts import personal, queries, service
from festival.accounts.access import browser, current_key, current_session, is_fresh, leave, signed_in, the_person
from festival.accounts.forms import CodeForm, ForgetForm, LanguageForm, NewAddressForm
from festival.accounts.models import Account, Consent, PrivacyNotice
from festival.accounts.rules import AddressProblem, CodeReason, NotAnAddress, read_address
from festival.accounts.service import CodeRefused, CodeRejected
from festival.accounts.wording import address_words, code_words
from festival.lib import clock, limits
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import locale

bp = Blueprint("privacy", __name__)

#: Where the cookie keeps the address that is being added, until its code is typed.
_ADDING = "adding"


@dataclass(frozen=True, slots=True)
class Agreed:
    """One consent in the list, with the notice as it was shown and the activity's short title."""

    consent: Consent
    notice: PrivacyNotice
    title: str


@bp.get("/me/privacy")
@signed_in
def show() -> ResponseReturnValue:
    """Show all of it on one page."""
    return _page(the_person())


def _page(person: Account, form: NewAddressForm | None = None, refusal: str = "") -> str:
    consents = queries.consents_of(person.id)
    titles = queries.activity_titles(locale(), [consent.activity_id for consent, _notice in consents])
    return render_template(
        "accounts/privacy.html",
        person=person,
        form=form or NewAddressForm(formdata=None),
        refusal=refusal,
        language=LanguageForm(formdata=None, language=person.locale),
        sessions=queries.sessions_of(person.id),
        this_session=current_session(),
        agreed=[Agreed(consent, notice, titles.get(consent.activity_id, "")) for consent, notice in consents],
        unlisted=True,
    )


# -- how one signs in ------------------------------------------------------------------------------------------------------------


@bp.post("/me/privacy/address")
@signed_in
@limits.codes
def send_code() -> ResponseReturnValue:
    """Send a code to the number or mail address that shall be added."""
    if not is_fresh():
        return _again()
    form = NewAddressForm()
    if not form.validate():
        return _page(the_person(), form), 422
    with transaction():
        sent = service.request_code(form.value().value, locale())
    if isinstance(sent, CodeRefused) and sent.reason != CodeReason.TOO_SOON:
        return _page(the_person(), form, code_words(sent)), 429
    session[_ADDING] = form.value().value
    return redirect(url_for(".code"), 303)


@bp.get("/me/privacy/address/code")
@signed_in
def code() -> ResponseReturnValue:
    """Ask for the code."""
    return _code_page(CodeForm(formdata=None)) if session.get(_ADDING) else redirect(url_for(".show"), 303)


@bp.post("/me/privacy/address/code")
@signed_in
@limits.tries
def add_address() -> ResponseReturnValue:
    """Add the address, or say what is wrong with the code."""
    typed, form = session.get(_ADDING), CodeForm()
    if not is_fresh() or not isinstance(typed, str):
        return _again()
    with transaction():
        outcome = service.add_address(the_person(), typed, form.code.data or "", browser=browser())
    if isinstance(outcome, CodeRejected):
        form.code.errors = [code_words(outcome)]
        return _code_page(form), 422
    session.pop(_ADDING)
    return redirect(url_for(".show"), 303)


@bp.post("/me/privacy/address/<id:address_id>/remove")
@signed_in
def remove_address(address_id: int) -> ResponseReturnValue:
    """Take an address away; the last one stays."""
    if not is_fresh():
        return _again()
    with transaction():
        refused = service.remove_address(the_person(), address_id)
    if refused is not None:
        return _page(the_person(), refusal=address_words(NotAnAddress(AddressProblem.LAST))), 409
    return redirect(url_for(".show"), 303)


def _again() -> Response:
    """Ask for a fresh code first: whoever picked up a telephone must not change how its owner signs in."""
    return redirect(url_for("accounts.sign_in", again=1, next="/me/privacy"), 303)  # type: ignore[return-value]  # it is one


def _code_page(form: CodeForm) -> str:
    address = read_address(str(session[_ADDING]))
    return render_template("accounts/add-address.html", form=form, address=address, unlisted=True)


# -- language and sessions -------------------------------------------------------------------------------------------------------


@bp.post("/me/privacy/language")
@signed_in
def choose_language() -> ResponseReturnValue:
    """Choose the language of messages."""
    form = LanguageForm()
    if not form.validate():
        return _page(the_person()), 422
    with transaction():
        service.set_locale(the_person(), form.value())
    return redirect(url_for(".show"), 303)


@bp.post("/me/privacy/sessions/<id:session_id>/end")
@signed_in
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one browser out."""
    with transaction():
        person = the_person()
        if not service.end_one_session(person, session_id, actor_id=person.id):
            raise NotFound
    return redirect(url_for(".show"), 303)


@bp.post("/me/privacy/sessions/end-others")
@signed_in
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    with transaction():
        person = the_person()
        service.end_all_sessions(person, actor_id=person.id, but=current_key())
    return redirect(url_for(".show"), 303)


# -- consent, data, being forgotten ----------------------------------------------------------------------------------------------


@bp.post("/me/privacy/consents/<id:consent_id>/withdraw")
@signed_in
def withdraw_consent(consent_id: int) -> ResponseReturnValue:
    """Withdraw a consent; what it allowed is deleted with it."""
    with transaction():
        service.withdraw_consent(the_person(), consent_id)
    return redirect(url_for(".show"), 303)


@bp.get("/me/data.json")
@signed_in
def data() -> ResponseReturnValue:
    """Hand over everything that is held about the reader."""
    person = the_person()
    whole = {"exported_at": clock.wall().isoformat(), **personal.export(person.id)}
    response = Response(json.dumps(whole, ensure_ascii=False, indent=1), content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@bp.get("/me/privacy/delete")
@signed_in
def ask_to_forget() -> ResponseReturnValue:
    """Say what deleting the account means, and ask."""
    return render_template("accounts/delete.html", form=ForgetForm(formdata=None), unlisted=True)


@bp.post("/me/privacy/delete")
@signed_in
def forget() -> ResponseReturnValue:
    """Forget the person and sign the browser out."""
    form = ForgetForm()
    if not is_fresh():
        return _again()
    if not form.validate():
        return render_template("accounts/delete.html", form=form, unlisted=True), 422
    with transaction():
        service.erase(the_person())
    leave()
    response = redirect(url_for(".forgotten"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.get("/forgotten")
@public
def forgotten() -> ResponseReturnValue:
    """Say that the account is deleted."""
    return render_template("accounts/forgotten.html", unlisted=True)
