"""Calendar feeds, and the page that offers them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, signed_in, the_person
from festival.accounts.models import Account
from festival.calendars import feeds, queries, service
from festival.calendars.addresses import (
    Offer,
    Site,
    Subscriber,
    offer,
    private_path,
    programme_path,
    read_token,
    token_of,
    track_path,
)
from festival.calendars.answers import OWN, SHARED, attachment, feed_answer, no_feed
from festival.calendars.queries import PrivatePoll, Stored
from festival.calendars.rules import ALARM_HOURS, READING_EVERY, Client, alarms_read, client_of, device_of, is_wechat
from festival.calendars.wording import ALARMS, CLIENTS
from festival.lib import clock, qr
from festival.lib.access import by_token, public
from festival.lib.alike import alike
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, loc, locale
from festival.lib.log import log
from festival.lib.settings import Settings
from festival.programme.models import Festival, Track
from festival.programme.queries import current_festival

bp = Blueprint("calendars", __name__)

# -- the page -----------------------------------------------------------------------------------------------------------------


@bp.get("/calendar")
@public
def page() -> ResponseReturnValue:
    """Show every way to have the festival in one's own calendar."""
    person = _reader()
    festival = current_festival()
    site = _site()
    user_agent = request.user_agent.string
    answer = Response(
        render_template(
            "calendars/page.html",
            programme=_offer_of_programme(festival, site),
            tracks=[] if festival is None else [(track, _offer_of_track(track, site)) for track in queries.tracks(festival.id)],
            mine=None if person is None else _mine(person, site),
            festival=festival,
            is_wechat=is_wechat(user_agent),
            device=device_of(user_agent),
            is_saved="saved" in request.args,
        ),
    )
    answer.vary.update(("Cookie", "User-Agent"))
    return answer


@bp.get("/calendar/qr.svg")
@public
@alike
def page_qr() -> ResponseReturnValue:
    """Draw the address of this page, for another phone or another browser to open."""
    return Response(qr.svg(_site().address("/calendar")), mimetype="image/svg+xml")


@bp.post("/calendar/address")
@signed_in
def renew_address() -> ResponseReturnValue:
    """Give a person's feed a new address; the old one ends at once."""
    with transaction():
        service.renew_address(the_person().id)
    return redirect(url_for(".page", _anchor="mine"), 303)


@bp.post("/calendar/choices")
@signed_in
def choose() -> ResponseReturnValue:
    """Say how long before each start a person's feed rings, and whether it shows when sign-up opens."""
    ticked = set(request.form.getlist("alarms"))
    with transaction():
        service.choose(
            the_person().id,
            [hours for hours in ALARM_HOURS if str(hours) in ticked],
            shows_openings="openings" in request.form,
        )
    return redirect(url_for(".page", saved=1, _anchor="mine"), 303)


def _reader() -> Account | None:
    """Return who reads. Without a cookie nobody looks at the session, and the page stays public."""
    return current_person() if current_app.config["SESSION_COOKIE_NAME"] in request.cookies else None


def _offer_of_programme(festival: Festival | None, site: Site) -> Offer | None:
    return None if festival is None else offer(loc(festival, "title"), site.address(programme_path()))


def _offer_of_track(track: Track, site: Site) -> Offer:
    return offer(loc(track, "title"), site.address(track_path(track.key)))


@dataclass(frozen=True, slots=True)
class Mine:
    """What a person is shown of their own feed."""

    offer: Offer
    #: Each alarm there is to choose: hours, its words, and whether it rings.
    alarms: list[tuple[int, str, bool]]
    shows_openings: bool
    #: Who has read it, the latest first: name of the client and how long ago.
    readings: list[tuple[str, timedelta]]


def _mine(person: Account, site: Site) -> Mine:
    settings: Settings = current_app.extensions["settings"]
    token = token_of(Subscriber(person.id, person.calendar_key_version), settings.calendar_key)
    chosen = queries.choice(person.id)
    ringing = alarms_read(None if chosen is None else chosen.alarm_hours)
    wall = clock.wall()
    return Mine(
        offer=offer(_("我的河西人才节"), site.address(private_path(token))),
        alarms=[(hours, str(ALARMS[hours]), hours in ringing) for hours in ALARM_HOURS],
        shows_openings=chosen is None or chosen.shows_openings,
        readings=[(str(CLIENTS[Client(reading.client)]), wall - reading.read_at) for reading in queries.readings(person.id)],
    )


# -- feeds ------------------------------------------------------------------------------------------------------------------


@bp.get("/cal/programme.ics")
@public
@alike
def programme() -> ResponseReturnValue:
    """Serve the whole programme."""
    return _public_feed(feeds.PROGRAMME)


@bp.get("/cal/track/<slug:key>.ics")
@public
@alike
def track(key: str) -> ResponseReturnValue:
    """Serve one track."""
    return _public_feed(feeds.track_key(key))


@bp.get("/activities/<slug:slug>/calendar.ics")
@public
@alike
def activity(slug: str) -> ResponseReturnValue:
    """Serve one activity's times as a file to import."""
    answer = _public_feed(feeds.download_key(slug))
    if answer.status_code == HTTPStatus.OK:
        answer.headers["Content-Disposition"] = attachment(slug, queries.short_title(slug, locale()))
    return answer


@bp.get("/cal/u/<feed:token>.ics")
@by_token
def private(token: str) -> ResponseReturnValue:
    """Serve what a person has signed up for."""
    settings: Settings = current_app.extensions["settings"]
    subscriber = read_token(token, settings.calendar_key)
    if subscriber is None:
        return no_feed(HTTPStatus.NOT_FOUND)
    client = client_of(request.user_agent.string)
    poll = queries.private_poll(subscriber.account_id, locale(), client)
    if poll is None or poll.key_version != subscriber.version:
        return no_feed(HTTPStatus.GONE)
    stored = _fresh_private(subscriber, poll, token)
    answer = feed_answer(
        stored,
        OWN,
        lambda is_zipped: feeds.open_private(
            queries.content(stored.id, is_zipped=is_zipped),
            subscriber.account_id,
            _site(),
        ),
    )
    _note(subscriber, client, poll)
    return answer


def _public_feed(key: str) -> Response:
    site, now = _site(), clock.now()
    poll = queries.poll(key, site.locale)
    stored = poll.stored
    if stored is None or not feeds.is_fresh(poll, site, now):
        stored = _renewed(
            stored,
            renew=lambda: feeds.renew_public(key, site, now),
            read=lambda: queries.poll(key, site.locale).stored,
        )
    answer = feed_answer(stored, SHARED, lambda is_zipped: queries.content(stored.id, is_zipped=is_zipped))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _fresh_private(subscriber: Subscriber, poll: PrivatePoll, token: str) -> Stored:
    site, now = _site(), clock.now()
    if poll.stored is not None and feeds.is_fresh_for(poll, site, now):
        return poll.stored

    def read() -> Stored | None:
        again = queries.private_poll(subscriber.account_id, site.locale)
        return None if again is None else again.stored

    return _renewed(poll.stored, renew=lambda: feeds.renew_private(subscriber.account_id, token, site, now), read=read)


def _renewed(stored: Stored | None, *, renew: Callable[[], None], read: Callable[[], Stored | None]) -> Stored:
    """Build a feed again and return it. When that fails, the old one is better than an error, which clients punish."""
    try:
        with transaction():
            renew()
    except NotFound:
        raise
    except Exception:
        if stored is None:
            raise
        log.exception("calendar feed served stale", feed=stored.id)
        return stored
    fresh = read()
    if fresh is None:
        raise NotFound  # forgotten in this very moment
    return fresh


def _site() -> Site:
    return Site(current_app.config["BASE_URL"], locale())


def _note(subscriber: Subscriber, client: Client, poll: PrivatePoll) -> None:
    """Keep who read a private feed, now and then; a poll never fails for it."""
    at = clock.wall()
    if poll.read_at is not None and at - poll.read_at < READING_EVERY:
        return
    try:
        with transaction():
            service.note_reading(subscriber.account_id, client, at)
    except Exception:  # noqa: BLE001  # whatever it is: the feed is ready to be sent
        log.exception("reading of a private feed not kept", account=subscriber.account_id)
