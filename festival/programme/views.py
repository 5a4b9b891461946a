"""The public programme: what there is, one activity, and what machines read of both. No cookie, nothing personal."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.lib import clock, qr
from festival.lib.access import public
from festival.lib.alike import alike
from festival.lib.i18n import HTML_LANG, LOCALES, locale
from festival.programme import jsonld, page, queries, render, wording
from festival.programme.asked import Asked, asked
from festival.programme.models import Activity, Festival
from festival.programme.rules import Move

bp = Blueprint("programme", __name__)


# -- the programme ----------------------------------------------------------------------------------------------------------


@bp.get("/")
@public
@alike
def home() -> ResponseReturnValue:
    """Show the programme: everything, or what a day, a track, "open now" or words leave of it."""
    festival = queries.current_festival()
    if festival is None:
        return render_template("programme/soon.html", festival=None, demo_ribbon=False)
    now = clock.now()
    activities = queries.programme(festival.id)
    tracks = [track for track in queries.tracks(festival.id) if any(activity.track_id == track.id for activity in activities)]
    wanted = asked(request.args, (track.key for track in tracks), festival.starts_on, festival.ends_on)
    everything = render.cards(activities, now)
    return render_template(
        "programme/home.html",
        festival=festival,
        asked=wanted,
        link=_linker(wanted),
        tracks=tracks,
        cards=_chosen(everything, wanted, now),
        total=len(everything),
        open_count=sum(card.standing.move == Move.SIGN_UP for card in everything),
        figures=_figures(festival),
        coming=render.coming(activities, now),
        rail=render.rail(activities, festival.starts_on, festival.ends_on, clock.local_day(now)),
        timetable=render.timetable(activities, max(clock.local_day(now), festival.starts_on), wanted.day),
        dots=[activity.track.key for activity in activities],
        near_day=render.near_day,
        near_day_named=render.near_day_named,
        is_before=clock.local_day(now) < festival.starts_on,
        is_after=clock.local_day(now) > festival.ends_on,
        document=_festival_document(festival, activities),
        demo_ribbon=queries.shows_invented(
            [activity.id for activity in activities], {activity.venue_id for activity in activities}, festival.id
        ),
    )


def _chosen(everything: list[render.Card], wanted: Asked, now: datetime) -> list[render.Card]:
    """Return the cards that the filters leave; those of a chosen day speak of that day."""
    left = [card for card in everything if wanted.track is None or card.activity.track.key == wanted.track]
    if wanted.q:
        left = [card for card in left if render.matches(card.activity, wanted.q)]
    if wanted.open:
        left = [card for card in left if card.standing.move == Move.SIGN_UP]
    return left if wanted.day is None else render.cards([card.activity for card in left], now, wanted.day)


def _linker(wanted: Asked) -> Callable[..., str]:
    """Return what makes the address of the same list with one filter changed."""

    def link(**changes: object) -> str:
        return url_for(".home", **wanted.but(**changes).parameters())

    return link


def _figures(festival: Festival) -> list[wording.FigureWords]:
    """Return the figures of the strip in their order."""
    by_key = {figure.key: figure for figure in festival.figures}
    return [wording.figure_words(by_key[key]) for key in wording.SHOWN_FIGURES if key in by_key]


# -- one activity -----------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>")
@public
@alike
def activity(slug: str) -> ResponseReturnValue:
    """Show one activity: when, where, for whom, what happens, places, and the one thing to do now."""
    return page.activity_page(queries.published(slug))


@bp.get("/activities/<slug:slug>/qr.svg")
@public
@alike
def activity_qr(slug: str) -> ResponseReturnValue:
    """Draw the address of an activity's page, for another phone or another browser to open."""
    address = page.in_both(url_for(".activity", slug=queries.published(slug).slug))[locale()]
    return Response(qr.svg(address), mimetype="image/svg+xml")


# -- what machines read -------------------------------------------------------------------------------------------------------


@bp.get("/sitemap.xml")
@public
def sitemap() -> ResponseReturnValue:
    """List every public page in both languages."""
    festival = queries.current_festival()
    pages = [(url_for(".home"), festival.updated_at if festival else None)]
    if festival is not None:
        pages += [
            (url_for(".activity", slug=shown.slug), max(shown.updated_at, shown.publish_at or shown.updated_at))
            for shown in queries.programme(festival.id)
        ]
    addresses = [(page.in_both(path), changed_at) for path, changed_at in pages]
    body = render_template(
        "programme/sitemap.xml", pages=addresses, languages=[(tongue, HTML_LANG[tongue]) for tongue in LOCALES]
    )
    return Response(body, mimetype="application/xml")


@bp.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Tell crawlers what is for everyone; calendars are."""
    return Response(
        render_template("programme/robots.txt", sitemap=page.in_both(url_for(".sitemap"))["zh"]), mimetype="text/plain"
    )


def _festival_document(festival: Festival, activities: list[Activity]) -> str:
    urls = {shown.slug: page.in_both(url_for(".activity", slug=shown.slug))[locale()] for shown in activities}
    home_url = page.in_both(url_for(".home"))[locale()]
    return jsonld.script(jsonld.festival_document(festival, activities, home_url, urls))
