"""Organizers' pages of a long list that is being made: how far it is, and the file."""

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.exports import preparing, queries
from festival.exports.forms import EmptyForm, part_asked
from festival.exports.models import Stage
from festival.lib.db import transaction
from festival.programme import queries as programme
from festival.programme.models import Activity

bp = Blueprint("waiting", __name__)

#: Lists that may be long, and the views that give them.
VIEWS = {
    "roster.xlsx": "manage.exports.roster_xlsx",
    "roster.csv": "manage.exports.roster_csv",
    "sign-in-sheet.xlsx": "manage.exports.sign_in_sheet",
    "sign-in-sheet.csv": "manage.exports.sign_in_sheet_csv",
}
#: Seconds until the page asks again by itself.
AGAIN = 2


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ROSTER_EXPORT, Activity.id.expression))


@bp.post("/activities/<slug:slug>/exports/prepare")
@staff(Permission.ROSTER_EXPORT)
def prepare(slug: str) -> ResponseReturnValue:
    """Begin to make a long list, and go where it is waited for."""
    activity, form = _activity(slug), EmptyForm()
    what = request.form.get("what", "")
    if not form.validate() or what not in VIEWS:
        abort(400)
    part = part_asked(activity, request.args)
    state = preparing.State(
        what, activity.id, the_staff().id, queries.rows_of(activity.id, part.slot, expected=what.startswith("sign-in"))
    )
    path = url_for(VIEWS[what], slug=slug, **part.parameters)
    asked = _request_for(path)
    with transaction():
        code = preparing.begin(state, asked)
    return redirect(url_for(".progress", slug=slug, code=code), 303)


def _request_for(path: str) -> dict[str, str]:
    """Return this reader's request, made a GET of another path on this site."""
    kept = {name: value for name, value in request.environ.items() if isinstance(value, str)}
    where, _mark, query = path.removeprefix(request.root_path).partition("?")
    body = {"CONTENT_LENGTH": "0", "CONTENT_TYPE": "", "REQUEST_METHOD": "GET"}
    return kept | body | {"PATH_INFO": where, "QUERY_STRING": query, "wsgi.url_scheme": request.scheme}


@bp.get("/activities/<slug:slug>/exports/prepared/<code:code>")
@staff(Permission.ROSTER_EXPORT)
def progress(slug: str, code: str) -> ResponseReturnValue:
    """Show how far a list is; until it is ready the page comes again by itself."""
    activity = _activity(slug)
    state = preparing.state_of(code, activity.id, the_staff().id)
    stage = state.stage if state else "over"
    page = render_template("manage/exports/waiting.html", activity=activity, state=state, code=code, data_result=stage)
    answer = Response(page, status=200 if state else 410)
    if stage == "working":
        answer.headers["Refresh"] = str(AGAIN)
    return answer


@bp.get("/activities/<slug:slug>/exports/prepared/<code:code>/file")
@staff(Permission.ROSTER_EXPORT)
def take(slug: str, code: str) -> ResponseReturnValue:
    """Give the list; it is kept a while, in case the way breaks off."""
    activity = _activity(slug)
    state = preparing.state_of(code, activity.id, the_staff().id)
    content = preparing.content_of(code) if state and state.stage is Stage.READY else None
    if state is None or content is None:
        return redirect(url_for(".progress", slug=slug, code=code), 303)
    return Response(content, headers={**dict(state.headers), "Cache-Control": "no-store"})
