"""The organizers' area: one parent blueprint under ``/manage`` with one guard for whatever hangs below it."""

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, current_staff
from festival.lib.access import Who, access_of


def new_area() -> Blueprint:
    """Return a fresh parent blueprint; the composition root hangs each slice's ``manage.bp`` below it."""
    area = Blueprint("manage", __name__, url_prefix="/manage")
    area.before_request(_require_staff)
    return area


def _require_staff() -> ResponseReturnValue | None:
    """Let staff through, and anybody to the views marked public (signing in)."""
    view = current_app.view_functions[request.endpoint or ""]
    mark = access_of(view)
    if mark is not None and mark.who == Who.PUBLIC:
        return None
    if current_staff() is not None:
        return None
    if current_person() is not None:
        abort(403)
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("manage.accounts.sign_in", next=here), 303)
