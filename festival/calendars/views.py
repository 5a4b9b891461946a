"""Calendar feeds, and the page that offers them."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from festival.calendars import feeds, queries, service
from festival.calendars.addresses import Site, Subscriber, read_token
from festival.calendars.queries import Content, PrivatePoll, Stored
from festival.calendars.rules import READING_EVERY, Client, client_of
from festival.lib import clock
from festival.lib.access import by_token, public
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, locale
from festival.lib.log import log
from festival.lib.settings import Settings

bp = Blueprint("calendars", __name__)

#: Clients ask again after five minutes at the earliest; a proxy may help itself for a week when we cannot be reached.
_SHARED = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=604800"
_OWN = "private, max-age=300, must-revalidate"
#: What no file system takes in a name.
_UNFIT = re.compile(r'[\\/:*?"<>|\s]+')


# -- feeds ------------------------------------------------------------------------------------------------------------------


@bp.get("/cal/programme.ics")
@public
def programme() -> ResponseReturnValue:
    """Serve the whole programme."""
    return _public_feed(feeds.PROGRAMME)


@bp.get("/cal/track/<slug:key>.ics")
@public
def track(key: str) -> ResponseReturnValue:
    """Serve one track."""
    return _public_feed(feeds.track_key(key))


@bp.get("/activities/<slug:slug>/calendar.ics")
@public
def activity(slug: str) -> ResponseReturnValue:
    """Serve one activity's times as a file to import."""
    answer = _public_feed(feeds.download_key(slug))
    if answer.status_code == HTTPStatus.OK:
        answer.headers["Content-Disposition"] = _attachment(slug)
    return answer


@bp.get("/cal/u/<feed:token>.ics")
@by_token
def private(token: str) -> ResponseReturnValue:
    """Serve what a person has signed up for."""
    settings: Settings = current_app.extensions["settings"]
    subscriber = read_token(token, settings.calendar_key)
    if subscriber is None:
        return _gone(HTTPStatus.NOT_FOUND)
    client = client_of(request.user_agent.string)
    poll = queries.private_poll(subscriber.account_id, locale(), client)
    if poll is None or poll.key_version != subscriber.version:
        return _gone(HTTPStatus.GONE)
    stored = _fresh_private(subscriber, poll, token)
    answer = _answer(
        stored,
        _OWN,
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
    answer = _answer(stored, _SHARED, lambda is_zipped: queries.content(stored.id, is_zipped=is_zipped))
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


# -- HTTP ---------------------------------------------------------------------------------------------------------------------


def _answer(stored: Stored, cache_control: str, read: Callable[[bool], Content]) -> Response:
    """Return a feed, or 304 where the client has it already.

    :param read: fetches the bytes (as gzip: True), only when they are sent.
    """
    answer = Response(content_type="text/calendar; charset=utf-8")
    answer.headers.update(
        {
            "Cache-Control": cache_control,
            "Vary": "Accept-Encoding",
            "Content-Disposition": "inline",
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex, nofollow",
            "Referrer-Policy": "no-referrer",
        },
    )
    answer.set_etag(stored.etag, weak=True)
    answer.last_modified = stored.modified_at
    answer.make_conditional(request)
    if answer.status_code == HTTPStatus.OK:
        is_zipped = request.accept_encodings["gzip"] > 0
        content = read(is_zipped)
        answer.set_etag(content.etag, weak=True)
        answer.last_modified = content.modified_at
        answer.data = content.body
        if is_zipped:
            answer.content_encoding = "gzip"
    return answer


def _attachment(slug: str) -> str:
    """Return how a file is to be named; the plain name is for old clients, for a header holds ASCII only."""
    title = _UNFIT.sub("_", queries.short_title(slug, locale()))
    name = _("河西人才节_%(title)s.ics", title=title)
    return f"attachment; filename=activity-{slug}.ics; filename*=UTF-8''{quote(name, safe='')}"


def _gone(status: HTTPStatus) -> Response:
    """Return why there is no such private feed. 410 makes clients stop asking; after 404 they go on showing what they have."""
    words = _("此日历地址已停用。请登录后在“日历订阅”页面取得新地址。") if status == HTTPStatus.GONE else _("没有这个日历。")
    answer = Response(words, status, content_type="text/plain; charset=utf-8")
    answer.headers.update(
        {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"},
    )
    return answer


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
