"""Feeds as HTTP answers: validators, compression, and the headers that calendar clients and search engines heed."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote

from flask import Response, request

from festival.calendars.queries import Content, Stored
from festival.lib.i18n import _

#: Clients ask again after five minutes at the earliest; a proxy may help itself for a week when we cannot be reached.
SHARED = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=604800"
OWN = "private, max-age=300, must-revalidate"
#: What no file system takes in a name.
_UNFIT = re.compile(r'[\\/:*?"<>|\s]+')


def feed_answer(stored: Stored, cache_control: str, read: Callable[[bool], Content]) -> Response:
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


def attachment(slug: str, title: str) -> str:
    """Return how a file is to be named; the plain name is for old clients, for a header holds ASCII only."""
    name = _("河西人才节_%(title)s.ics", title=_UNFIT.sub("_", title))
    return f"attachment; filename=activity-{slug}.ics; filename*=UTF-8''{quote(name, safe='')}"


def no_feed(status: HTTPStatus) -> Response:
    """Return why there is no such private feed. 410 makes clients stop asking; after 404 they go on showing what they have."""
    words = _("此日历地址已停用。请登录后在“日历订阅”页面取得新地址。") if status == HTTPStatus.GONE else _("没有这个日历。")
    answer = Response(words, status, content_type="text/plain; charset=utf-8")
    answer.headers.update(
        {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"},
    )
    return answer
