"""Signing up from a browser: the code of a visitor, the sign-up and the session, all or nothing; and the same answer twice."""

from dataclasses import dataclass

from flask import request

from festival.accounts import access
from festival.accounts import queries as people
from festival.accounts import service as accounts
from festival.accounts.models import Account
from festival.accounts.rules import Reachable, device_word, read_address
from festival.accounts.service import CodeRejected
from festival.lib import tokens
from festival.lib.db import transaction
from festival.programme.kinds import ActivityKind
from festival.signups import service
from festival.signups.forms import SignUpForm
from festival.signups.service import AlreadySignedUp, Once, SignUpRequest


@dataclass(frozen=True, slots=True)
class Signed:
    """Where somebody who signed up goes on. ``key``: of the session just begun; empty where there was one."""

    code: str
    already: bool
    key: str = ""


def once_of(form: SignUpForm) -> Once | None:
    """Return the form's idempotency key bound to this browser, as it is kept; None where the form carries none."""
    return Once(tokens.digest(access.browser()), tokens.digest(form.key)) if form.key else None


def answered_before(activity_id: int, form: SignUpForm, once: Once | None) -> Signed | None:
    """Return what the same form of the same browser was answered with a moment ago; None: nothing.

    A visitor whose first answer was lost on the way has no session yet, so it begins now: this browser proved the address
    with that very form. One that was signed out since must sign in again.
    """
    if once is None:
        return None
    try:
        made, already = service.answered(once), False
    except AlreadySignedUp as held:
        made, already = held.sign_up, True
    if made is None or made.activity_id != activity_id:
        return None
    code = made.code
    key = go_on_as(made.person_id, form["address"].data if form.is_visitor else "")
    return None if key is None else Signed(code, already, key)


def go_on_as(owner_id: int, typed: str | None) -> str | None:
    """Let a browser that got an answer before go on as the one whom it was given to.

    :param typed: the address that a visitor's form carries.
    :returns: the key of the session that begins now; empty where there is one; None: the answer was somebody else's.
    """
    person = access.current_person()
    if person is not None:
        return "" if person.id == owner_id else None
    owner = _owner_of(typed)
    if owner is None or owner.id != owner_id or access.current_key() is not None:
        return None
    with transaction():
        return accounts.begin_session(owner, device())


def _owner_of(typed: str | None) -> Account | None:
    """Return whose address was typed."""
    address = read_address(typed or "")
    return people.person_at(address.value) if isinstance(address, Reachable) else None


def device() -> str:
    """Return a word for the device that asks."""
    return device_word(request.user_agent.string)


def sign_in_and_up(
    activity_id: int, form: SignUpForm, asked: SignUpRequest, kind: ActivityKind, person_id: int | None
) -> Signed | CodeRejected:
    """Sign a person up, a visitor with the code that came; inside ``transaction()``.

    A wrong code is an outcome, so that the try is counted. A refused sign-up is an exception: it undoes the use of the code.

    :param person_id: None: a visitor, whose address and code the form carries.
    :raises SignUpRefused: as the engine says.
    """
    if person_id is not None:
        return _sign_up(activity_id, person_id, asked, kind)
    outcome = accounts.redeem(form["address"].data or "", form["code"].data or "", browser=access.browser())
    if isinstance(outcome, CodeRejected):
        return outcome
    signed = _sign_up(activity_id, outcome.account.id, asked, kind)
    key = accounts.begin_session(outcome.account, device(), instead_of=access.current_key())
    return Signed(signed.code, signed.already, key)


def _sign_up(activity_id: int, person_id: int, asked: SignUpRequest, kind: ActivityKind) -> Signed:
    """Return where to go on. Who holds a place already goes to it, and the key is remembered: that is no refusal."""
    try:
        made = service.make(activity_id, person_id, asked, kind=kind)
    except AlreadySignedUp as held:
        return Signed(held.sign_up.code, already=True)
    return Signed(made.code, already=False)
