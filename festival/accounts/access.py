"""Who is asking, and what they may: the marks ``signed_in`` and ``staff``, and the scope of a staff member."""

from collections.abc import Callable
from functools import wraps

from flask import abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, false, true

from festival.accounts import queries
from festival.accounts.models import Account, AccountKind
from festival.accounts.rules import PERMISSIONS, Permission, Role
from festival.lib.access import Access, View, Who, mark

#: Where the cookie keeps the random key of the signed-in session.
SESSION_KEY = "sign_in"


def current_account() -> Account | None:
    """Return whoever is signed in, person or staff; None for a visitor."""
    if "account" not in g:
        key = session.get(SESSION_KEY)
        g.account = queries.account_of_session(key) if isinstance(key, str) else None
    account: Account | None = g.account
    return account


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


def holds(member: Account, permission: Permission) -> bool:
    """Tell whether a staff member holds a permission for anything at all."""
    return any(permission in PERMISSIONS[Role(grant.role)] for grant in member.roles)


def may(member: Account, permission: Permission, activity_id: int | None) -> bool:
    """Tell whether a staff member holds a permission for one activity (None: for the festival as a whole)."""
    return any(
        permission in PERMISSIONS[Role(grant.role)] and grant.activity_id in {None, activity_id} for grant in member.roles
    )


def scope(member: Account, permission: Permission, activity_id_column: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that keeps a query inside what a staff member may touch: what is outside is a 404."""
    ids: list[int] = []
    for grant in member.roles:
        if permission not in PERMISSIONS[Role(grant.role)]:
            continue
        if grant.activity_id is None:
            return true()
        ids.append(grant.activity_id)
    return activity_id_column.in_(ids) if ids else false()
