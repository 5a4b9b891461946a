"""Who is asking, and what they may: the marks ``signed_in`` and ``staff``, and the scope of a staff member.

The cookie (signed, HttpOnly) holds a random key, new at each sign-in; the row under its digest says who it is and whether it
still holds. Ending the row signs that browser out at its next request.
"""

from collections.abc import Callable
from functools import wraps

from flask import Response, abort, g, has_request_context, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, false, true

from festival.accounts import queries, rules, service
from festival.accounts.models import Account, AccountKind, SignInSession
from festival.accounts.rules import FESTIVAL_WIDE, GATE_PERMISSIONS, PERMISSIONS, Permission, Role
from festival.lib import clock, tokens
from festival.lib.access import Access, View, Who, mark
from festival.lib.db import transaction
from festival.lib.errors import Busy
from festival.lib.log import log

#: Where the cookie keeps the random key of the signed-in session.
SESSION_KEY = "sign_in"
#: Where it keeps a secret of this browser: forms' idempotency keys and the second press of a button are bound to it.
BROWSER_KEY = "browser"
#: Where Flask-WTF keeps the secret of the forms' tokens.
_FORMS_KEY = "csrf_token"


def current_session() -> SignInSession | None:
    """Return the session of whoever is signed in; None for a visitor."""
    if "sign_in_session" not in g:
        key = current_key()
        found = queries.session_of(key) if key else None
        g.sign_in_session = found
        if found is not None:
            _note_visit(found)
    current: SignInSession | None = g.sign_in_session
    return current


def person_id() -> int | None:
    """Return the id of the signed-in attendee, and read nothing else of them; None for visitors and staff."""
    key = current_key()
    visit = queries.visit_of(key) if key else None
    if visit is None or visit.kind != AccountKind.PERSON:
        return None
    if rules.is_stale(is_staff=False, last_seen_at=visit.last_seen_at, now=clock.wall()):
        g.visit = visit.session_id
    return visit.account_id


def current_account() -> Account | None:
    """Return whoever is signed in, person or staff; None for a visitor."""
    current = current_session()
    return current.account if current else None


def _note_visit(current: SignInSession) -> None:
    """Remember to move ``last_seen_at`` after the request: not now, where a write would end the reader's transaction."""
    is_staff = current.account.kind == AccountKind.STAFF
    if rules.is_stale(is_staff=is_staff, last_seen_at=current.last_seen_at, now=clock.wall()):
        g.visit = current.id


def note_visit(response: Response) -> Response:
    """Move the session's ``last_seen_at``, at most every few minutes, and the cookie's own age with it."""
    visit = g.pop("visit", None)
    if visit is not None and session.get(SESSION_KEY):
        try:
            with transaction():
                service.touch_session(visit)
            session.modified = True
        except Busy:
            log.info("visit not noted", session=visit)  # the next request will
    return response


def browser() -> str:
    """Return the secret of this browser's own session, made at its first form."""
    secret = session.get(BROWSER_KEY)
    if not isinstance(secret, str):
        secret = session[BROWSER_KEY] = tokens.new_token()
    return secret


def current_key() -> str | None:
    """Return the key in this browser's cookie, whether or not it still opens anything."""
    key = session.get(SESSION_KEY)
    return key if isinstance(key, str) else None


def enter(key: str, *, is_staff: bool = False, keeps_forms: bool = False, is_gate: bool = False) -> None:
    """Put a fresh session's key into the cookie, after the transaction that began it; what the visitor's cookie held goes.

    :param is_gate: the cookie outlives the browser that a telephone puts to sleep; the row ends it.
    :param keeps_forms: forms already open in this browser stay good, so that a lost answer can be asked for again.
    """
    kept = {name: session[name] for name in (BROWSER_KEY, _FORMS_KEY) if keeps_forms and name in session}
    session.clear()
    session.update(kept)
    session[SESSION_KEY] = key
    session.permanent = is_gate or not is_staff
    _forget_who()


def leave() -> str | None:
    """Empty the cookie; return the key it held, for ``service.end_session``."""
    key = current_key()
    session.clear()
    _forget_who()
    return key


def is_fresh() -> bool:
    """Tell whether the sign-in is recent enough to change how one signs in; a device at the door never may."""
    current = current_session()
    return current is not None and not current.is_gate and clock.wall() - current.created_at < rules.FRESH


def _forget_who() -> None:
    """Look again: the rest of this request is somebody else's."""
    g.pop("sign_in_session", None)
    g.pop("visit", None)


def current_person() -> Account | None:
    """Return the signed-in attendee; None for visitors and staff."""
    account = current_account()
    return account if account is not None and account.kind == AccountKind.PERSON else None


def current_staff() -> Account | None:
    """Return the signed-in staff member; None for visitors and attendees."""
    account = current_account()
    return account if account is not None and account.kind == AccountKind.STAFF else None


def the_person() -> Account:
    """Return the attendee in a ``signed_in`` view."""
    person = current_person()
    if person is None:
        abort(403)
    return person


def the_staff() -> Account:
    """Return the staff member in a ``staff`` view."""
    member = current_staff()
    if member is None:
        abort(403)
    return member


def signed_in(view: View) -> View:
    """Mark a view for attendees; visitors are sent to sign in and come back."""

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        if current_person() is None:
            return redirect(url_for("accounts.sign_in", next=_here()), 303)
        return view(*args, **kwargs)

    return mark(guarded, Access(Who.SIGNED_IN))


def staff(permission: Permission) -> Callable[[View], View]:
    """Mark a view for staff who hold a permission somewhere; the view fetches its object through ``scope``."""

    def marked(view: View) -> View:
        @wraps(view)
        def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
            member = current_staff()
            if member is None:
                return redirect(url_for("manage.accounts.sign_in", next=_here()), 303)
            if not holds(member, permission):
                abort(403)
            return view(*args, **kwargs)

        return mark(guarded, Access(Who.STAFF, permission.value))

    return marked


def _here() -> str | None:
    """Return the path to come back to; only a GET can be repeated."""
    if request.method != "GET":
        return None
    return request.full_path.rstrip("?")


def is_gate() -> bool:
    """Tell whether this browser is a device at the door, which does nothing but check in."""
    if not has_request_context():
        return False
    current = current_session()
    return current is not None and current.is_gate


def _granted(role: str) -> frozenset[Permission]:
    """Return what a role gives in this browser."""
    granted = PERMISSIONS[Role(role)]
    return granted & GATE_PERMISSIONS if is_gate() else granted


def holds(member: Account, permission: Permission) -> bool:
    """Tell whether a staff member holds a permission for anything at all; what concerns the whole festival, for all of it."""
    if permission in FESTIVAL_WIDE:
        return may(member, permission, None)
    return any(permission in _granted(grant.role) for grant in member.roles)


def may(member: Account, permission: Permission, activity_id: int | None) -> bool:
    """Tell whether a staff member holds a permission for one activity (None: for the festival as a whole)."""
    return any(permission in _granted(grant.role) and grant.activity_id in {None, activity_id} for grant in member.roles)


def scope(member: Account, permission: Permission, activity_id_column: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that keeps a query inside what a staff member may touch: what is outside is a 404."""
    ids: list[int] = []
    for grant in member.roles:
        if permission not in _granted(grant.role):
            continue
        if grant.activity_id is None:
            return true()
        ids.append(grant.activity_id)
    return activity_id_column.in_(ids) if ids else false()
