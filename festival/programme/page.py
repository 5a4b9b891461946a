"""The page of one activity, as readers see it; staff see the same beforehand, marked as a preview."""

from datetime import datetime

from flask import current_app, render_template, request, url_for

from festival.lib import clock
from festival.lib.i18n import Locale, locale
from festival.lib.pages import path_to
from festival.lib.settings import Settings
from festival.programme import jsonld, queries, render, wording
from festival.programme.kinds import details_of, kind_of
from festival.programme.models import Activity
from festival.programme.rules import Move, Status


def activity_page(shown: Activity, *, is_preview: bool = False) -> str:
    """Return the public page of an activity.

    :param is_preview: staff look at it before anybody else: it says so, and its action leads nowhere yet.
    """
    now = clock.now()
    standing = render.standing(shown, now)
    sign_up = path_to("/activities/<slug>/sign-up", slug=shown.slug)
    venues = {render.venue_of(shown, slot).id for slot in render.sessions(shown)} | {shown.venue_id}
    return render_template(
        "programme/activity.html",
        festival=shown.festival,
        activity=shown,
        kind=kind_of(shown),
        details=details_of(shown),
        page_values=kind_of(shown).page_values(shown),
        standing=standing,
        sessions=render.sessions(shown),
        venue_of=render.venue_of,
        entries=render.entries(shown, now),
        by_invitation=render.by_invitation(shown),
        releases=queries.releases(shown.id),
        is_booked_by_time=render.is_booked_by_time(shown),
        action=_action(shown, standing, now, None if is_preview else sign_up),
        address=in_both(url_for("programme.activity", slug=shown.slug))[locale()],
        document=_document(shown, standing, sign_up),
        demo_ribbon=queries.shows_invented([shown.id], venues),
        is_preview=is_preview,
        unlisted=is_preview,
    )


def _action(shown: Activity, standing: render.Standing, now: datetime, sign_up: str | None) -> dict[str, str]:
    """Return the one action: where it leads (empty: nowhere now), what it says, and why."""
    by_time = render.is_booked_by_time(shown)
    return {
        "href": _leads_to(shown, standing, sign_up) or "",
        "word": wording.action_word(standing.status, standing.move, by_time=by_time),
        "why": wording.reason_under(shown, standing.status, standing.facts, standing.move, now),
    }


def _leads_to(shown: Activity, standing: render.Standing, sign_up: str | None) -> str | None:
    """Return the address of the one action: the form, or the record of a draw whose result is out; None: nowhere now."""
    if standing.move != Move.NONE:
        return sign_up
    if standing.status == Status.RESULT_PUBLISHED:
        return path_to("/activities/<slug>/draw", slug=shown.slug)
    return None


def in_both(path: str) -> dict[Locale, str]:
    """Return a path of this page's language as absolute addresses in both."""
    settings: Settings = current_app.extensions["settings"]
    plain = path.removeprefix(request.root_path)
    return {"zh": f"{settings.base_url}{plain}", "en": f"{settings.base_url}/en{plain}"}


def _document(shown: Activity, standing: render.Standing, sign_up: str | None) -> str:
    here = in_both(url_for("programme.activity", slug=shown.slug))[locale()]
    return jsonld.script(jsonld.activity_document(shown, standing, here, in_both(sign_up)[locale()] if sign_up else None))
