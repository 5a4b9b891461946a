"""The demo's guide: what time it is in the demo, which moments it can be moved to, whom one may be. In demo mode only."""

import threading

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.lib import clock
from festival.lib.access import demo_only
from festival.lib.errors import NotFound
from festival.lib.format import moment
from festival.lib.i18n import _
from festival.lib.settings import Settings
from festival.seed import beginning, cast, moments, moving

bp = Blueprint("demo", __name__)
#: One move at a time.
_moving = threading.Lock()


@bp.get("/demo")
@demo_only
def guide() -> ResponseReturnValue:
    """Show the moments of the demo, and who can be played."""
    return _page()


def _page() -> Response:
    now = clock.now()
    upcoming = moments.upcoming(now)
    past = [one for one in upcoming if not one.is_ahead]
    body = render_template(
        "seed/guide.html",
        moments=upcoming,
        reached=past[-1].moment.key if past and clock.ahead() else "",
        first_ahead=next((one.moment.key for one in upcoming if one.is_ahead), ""),
        people=cast.people(),
        unlisted=True,
    )
    return Response(body, headers={"Cache-Control": "no-store"})


@bp.post("/demo/moments/<slug:key>")
@demo_only
def move(key: str) -> ResponseReturnValue:
    """Move the demo to a moment ahead, and back to the guide; at one that is past nothing happens."""
    found = next((one for one in moments.upcoming(clock.now()) if one.moment.key == key), None)
    if found is None:
        raise NotFound
    if not found.is_ahead:
        flash(_("这一刻已经过去。时间只能向前；需要回到开头时，请重新开始演示。"), "warn")
    elif not _moving.acquire(blocking=False):
        flash(_("演示正在前往另一刻，请稍候片刻再看。"), "warn")
    else:
        try:
            moving.move_to(found.at)
        finally:
            _moving.release()
        flash(_("现在是演示时间 %(time)s。时间从这里继续走。", time=moment(clock.now())), "ok")
    return redirect(url_for(".guide"), 303)


@bp.post("/demo/beginning")
@demo_only
def begin_anew() -> ResponseReturnValue:
    """Empty the demo and let it begin anew; everybody is signed out by that."""
    settings: Settings = current_app.extensions["settings"]
    if not _moving.acquire(blocking=False):
        flash(_("演示正在前往另一刻，请稍候片刻再看。"), "warn")
    else:
        try:
            beginning.begin_anew(settings)
        finally:
            _moving.release()
        flash(_("演示已重新开始，现在是真实时间。之前的登录已失效。"), "ok")
    return redirect(url_for(".guide"), 303)
