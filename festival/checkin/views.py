"""What a check-in code opens: the ticket for its owner, the door for who checks in. Nobody else learns that it exists."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, current_staff, may
from festival.accounts.rules import Permission
from festival.lib.access import public
from festival.lib.errors import NotFound
from festival.signups import queries

bp = Blueprint("checkin", __name__)


@bp.get("/c/<code:code>")
@public
def scan(code: str) -> ResponseReturnValue:
    """Open what a QR holds. A visitor is asked to sign in, whether or not there is such a code."""
    person, member = current_person(), current_staff()
    if person is None and member is None:
        return redirect(url_for("accounts.sign_in", next=request.path), 303)
    sign_up = queries.by_code(code)
    if sign_up is None:
        raise NotFound
    if person is not None and sign_up.person_id == person.id:
        return redirect(url_for("signups.show", code=code), 303)
    if member is not None and may(member, Permission.CHECK_IN, sign_up.activity_id):
        return redirect(url_for("manage.door.show", slug=sign_up.activity.slug, code=code), 303)
    raise NotFound
