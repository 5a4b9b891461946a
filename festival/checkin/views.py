"""What a check-in code opens: the ticket for its owner, the door for who checks in. Nobody else learns that it exists."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, current_staff, may
from festival.accounts.rules import Permission
from festival.lib.access import public
from festival.lib.errors import NotFound
from festival.lib.pages import path_to
from festival.signups import queries
from festival.signups.models import SignUp

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
        return _door(sign_up)
    raise NotFound


def _door(sign_up: SignUp) -> ResponseReturnValue:
    """Lead to the check-in of the activity, or say that it is not there yet."""
    desk = path_to("/manage/activities/<slug>/check-in", slug=sign_up.activity.slug)
    if desk is not None:
        return redirect(f"{desk}?code={sign_up.code}", 303)
    return render_template("checkin/later.html", activity=sign_up.activity, unlisted=True)
