"""Feeds over HTTP: headers, conditional requests, compression, and what a poll costs."""

import gzip
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text
from werkzeug.http import http_date

from festival.app import create_app
from festival.calendars import service
from festival.calendars.rules import Client
from festival.lib import clock, log
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Festival
from festival.programme.service import touch_activity
from tests.application import closed
from tests.builders import make_person, make_sign_up
from tests.calendars.programme import NOW, events, fixed_forum, private_path, read, summaries

PROGRAMME, TRACK, FILE = "/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics"
PUBLIC = [PROGRAMME, TRACK, FILE, *(f"/en{path}" for path in (PROGRAMME, TRACK, FILE))]
HEADERS = {
    "Content-Type": "text/calendar; charset=utf-8",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
CACHED = "public, max-age=300, stale-while-revalidate=3600, stale-if-error=604800"


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


@pytest.fixture
def forum():
    return fixed_forum()


@pytest.fixture
def private(app, forum):
    person = make_person()
    make_sign_up(forum, person=person)
    return private_path(app, person)


def retitle(title: str) -> None:
    with transaction():
        activity = db.session.query(Activity).filter_by(slug="forum").one()
        activity.title_zh = title
        touch_activity(activity)


@contextmanager
def statements():
    """Collect the statements sent to the database inside the block."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        if statement.split()[0] not in {"BEGIN", "COMMIT", "ROLLBACK"}:
            sent.append(statement)

    sqlalchemy_event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sqlalchemy_event.remove(db.engine, "before_cursor_execute", note)


# -- headers ------------------------------------------------------------------------------------------------------------------


def test_a_public_feed_comes_with_these_headers(app, client, forum):
    for path in PUBLIC:
        answer = client.get(path)

        told = {name: answer.headers.get(name) for name in (*HEADERS, "Access-Control-Allow-Origin", "Cache-Control")}
        assert answer.status_code == 200
        assert told == HEADERS | {"Access-Control-Allow-Origin": "*", "Cache-Control": CACHED}, path
        assert answer.get_etag()[1] is True  # weak: gzip and plain share it
        assert len(answer.get_etag()[0]) == 32
        assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
        assert "Set-Cookie" not in answer.headers


def test_a_private_feed_comes_with_these_headers(app, client, private):
    answer = client.get(private)

    told = {name: answer.headers.get(name) for name in (*HEADERS, "Access-Control-Allow-Origin", "Cache-Control")}
    assert told == HEADERS | {"Access-Control-Allow-Origin": None, "Cache-Control": "private, max-age=300, must-revalidate"}
    assert answer.headers.getlist("Vary") == ["Accept-Encoding"]
    assert "Set-Cookie" not in answer.headers


def test_a_signed_in_reader_gets_the_same_public_bytes_and_no_cookie(app, client, forum):
    before = client.get(PROGRAMME)
    with client.session_transaction() as session:
        session["sign_in"] = "somebody"
    after = client.get(PROGRAMME)

    assert (after.data, after.headers["Cache-Control"], after.headers.get("Set-Cookie")) == (before.data, CACHED, None)


def test_the_file_of_an_activity_has_a_name_in_both_languages(app, client, forum):
    with transaction():
        row = db.session.get_one(Activity, forum.id)
        row.short_title_zh, row.short_title_en = "高峰/论坛", "Forum: day one"

    assert client.get(FILE).headers["Content-Disposition"] == (
        "attachment; filename=activity-forum.ics;"
        " filename*=UTF-8''%E6%B2%B3%E8%A5%BF%E4%BA%BA%E6%89%8D%E8%8A%82_%E9%AB%98%E5%B3%B0_%E8%AE%BA%E5%9D%9B.ics"
    )
    assert client.get(f"/en{FILE}").headers["Content-Disposition"] == (
        "attachment; filename=activity-forum.ics; filename*=UTF-8''Hexi%20Talent%20Festival%20-%20Forum_day_one.ics"
    )
    assert client.get(PROGRAMME).headers["Content-Disposition"] == "inline"


def test_a_feed_can_only_be_read(app, client, forum, private):
    for method in (client.post, client.put, client.delete, client.patch):
        assert [method(path).status_code for path in (*PUBLIC, private)] == [405] * 7


def test_the_address_alone_decides_what_is_sent(app, client, forum):
    plain = client.get(PROGRAMME)
    asked = client.get(PROGRAMME, headers={"Accept": "text/html", "Accept-Language": "en", "Authorization": "Bearer x"})

    assert asked.data == plain.data
    assert client.get(f"/en{PROGRAMME}").data != plain.data


# -- conditional requests -----------------------------------------------------------------------------------------------------


def test_who_has_it_already_is_told_so(app, client, forum, private):
    for path in (*PUBLIC, private):
        etag = client.get(path).headers["ETag"]
        answer = client.get(path, headers={"If-None-Match": f'"other", {etag}'})

        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", etag), path
        assert answer.headers["Cache-Control"]
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "Content-Type" not in answer.headers


def test_a_strong_or_starred_match_counts_too(app, client, forum):
    etag = client.get(PROGRAMME).headers["ETag"]

    assert client.get(PROGRAMME, headers={"If-None-Match": etag.removeprefix("W/")}).status_code == 304
    assert client.get(PROGRAMME, headers={"If-None-Match": "*"}).status_code == 304


def test_the_time_of_the_last_change_is_compared_where_there_is_no_etag(app, client, forum):
    modified = client.get(PROGRAMME).last_modified

    def since(seconds: int, **more: str) -> int:
        asked = http_date(modified + timedelta(seconds=seconds))
        return client.get(PROGRAMME, headers={"If-Modified-Since": asked, **more}).status_code

    assert (since(0), since(60), since(-1)) == (304, 304, 200)
    assert since(0, **{"If-None-Match": '"other"'}) == 200  # the ETag decides


def test_a_head_request_tells_the_same_without_the_bytes(app, client, forum, private):
    for path in (PROGRAMME, FILE, private):
        got, asked = client.get(path), client.head(path)

        assert (asked.status_code, asked.data) == (200, b"")
        kept = ("ETag", "Last-Modified", "Content-Type", "Content-Length", "Cache-Control", "Content-Disposition")
        assert [asked.headers[name] for name in kept] == [got.headers[name] for name in kept]
        assert client.head(path, headers={"If-None-Match": got.headers["ETag"]}).status_code == 304


def test_a_change_gives_a_new_etag_and_a_later_time_even_within_a_second(app, client, forum):
    seen = [client.get(PROGRAMME)]
    for title in ("甲", "乙", "丙"):
        retitle(title)
        seen.append(client.get(PROGRAMME, headers={"If-None-Match": seen[-1].headers["ETag"]}))

    assert [answer.status_code for answer in seen] == [200] * 4
    assert len({answer.headers["ETag"] for answer in seen}) == 4
    times = [answer.last_modified for answer in seen]
    assert times == sorted(set(times))


def test_a_change_that_a_feed_does_not_show_leaves_its_etag_and_time(app, client, forum):
    before = client.get(PROGRAMME)
    with transaction():
        db.session.query(Festival).one().calendar_version += 1

    after = client.get(PROGRAMME)
    assert [after.headers[name] for name in ("ETag", "Last-Modified")] == [
        before.headers[name] for name in ("ETag", "Last-Modified")
    ]


def test_going_back_to_earlier_words_does_not_bring_back_an_earlier_time(app, client, forum):
    seen = [client.get(PROGRAMME).last_modified]
    for title in ("另一个题目", "河西人才高峰论坛"):
        retitle(title)
        seen.append(client.get(PROGRAMME).last_modified)

    assert seen == sorted(set(seen))


# -- compression --------------------------------------------------------------------------------------------------------------


def test_gzip_is_sent_to_who_takes_it(app, client, forum, private):
    for path, accepted in product(
        (PROGRAMME, private),
        ("gzip", "br, gzip;q=0.5", "deflate, gzip;q=1.0, *;q=0.5", "*"),
    ):
        plain = client.get(path)
        zipped = client.get(path, headers={"Accept-Encoding": accepted})

        assert zipped.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(zipped.data) == plain.data
        assert zipped.headers["Content-Length"] == str(len(zipped.data))
        assert zipped.headers["ETag"] == plain.headers["ETag"]
        assert zipped.headers.getlist("Vary") == ["Accept-Encoding"]


def test_plain_bytes_are_sent_to_who_does_not(app, client, forum):
    for accepted in ("", "identity", "br", "gzip;q=0", "*;q=0, identity"):
        answer = client.get(PROGRAMME, headers={"Accept-Encoding": accepted})

        assert "Content-Encoding" not in answer.headers, accepted
        assert answer.data.startswith(b"BEGIN:VCALENDAR\r\n")


# -- cost, several workers, failure ---------------------------------------------------------------------------------------------


def test_a_poll_costs_one_query_and_its_bytes_a_second(app, client, forum, private):
    for path in (PROGRAMME, TRACK, private):
        etag = client.get(path).headers["ETag"]
        with statements() as unchanged:
            assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        with statements() as whole:
            assert client.get(path, headers={"Accept-Encoding": "gzip"}).status_code == 200

        assert (len(unchanged), len(whole)) == (1, 2), path


def test_another_server_gives_the_same_etag_and_time(app, settings, forum, client):
    first = client.get(PROGRAMME)
    other = create_app(settings)
    clock.freeze(NOW)
    with closed(other):
        second = other.test_client().get(PROGRAMME)

    kept = ("ETag", "Last-Modified")
    assert second.data == first.data
    assert [second.headers[name] for name in kept] == [first.headers[name] for name in kept]


def test_another_address_of_the_site_builds_every_feed_again(app, settings, forum, client, private):
    before = client.get(PROGRAMME).text
    client.get(private)
    moved = create_app(replace(settings, base_url="https://festival.example"))
    clock.freeze(NOW)
    with closed(moved):
        there = moved.test_client()
        after = there.get(PROGRAMME).text
        own = there.get(private).text

    assert "URL:https://festival.example/activities/forum" in after
    assert before.replace("http://localhost", "https://festival.example").replace("\r\n ", "") == after.replace("\r\n ", "")
    assert "http://localhost" not in own


@contextmanager
def without_venues():
    """Take away a table that every feed is built from."""
    with transaction():
        db.session.execute(text("ALTER TABLE venue RENAME TO venue_away"))
    yield
    with transaction():
        db.session.execute(text("ALTER TABLE venue_away RENAME TO venue"))


def test_a_feed_that_cannot_be_built_again_is_served_as_it_was(app, client, forum, private):
    before = [client.get(path) for path in (PROGRAMME, private)]
    retitle("新的题目")
    with without_venues():
        during = [client.get(path) for path in (PROGRAMME, private)]
        unchanged = client.get(PROGRAMME, headers={"If-None-Match": before[0].headers["ETag"]})
        never_built = client.get(f"/en{PROGRAMME}")

    assert [(answer.status_code, answer.data) for answer in during] == [(200, answer.data) for answer in before]
    assert unchanged.status_code == 304
    assert never_built.status_code >= 500
    assert summaries(read(client, PROGRAMME)) == ["新的题目"]


def test_a_poll_does_not_fail_when_its_reading_cannot_be_kept(app, client, private):
    with transaction():
        service.note_reading(make_person().id, Client.OTHER, clock.wall())
        db.session.execute(text("CREATE UNIQUE INDEX one_of_each ON feed_reading (client)"))

    assert len(events(read(client, private))) == 1


def test_a_token_is_in_no_log_line(app, client, private, capfd):
    log.set_up()  # writes to what capfd reads
    with transaction():
        service.note_reading(make_person().id, Client.OTHER, clock.wall())
        db.session.execute(text("CREATE UNIQUE INDEX one_of_each ON feed_reading (client)"))
    read(client, private)
    retitle("新的题目")
    with without_venues():
        read(client, private)
        assert client.get(f"/en{private}").status_code >= 500

    logged = capfd.readouterr()
    token = private.removeprefix("/cal/u/").removesuffix(".ics")
    assert "reading of a private feed not kept" in logged.err
    assert "calendar feed served stale" in logged.err
    assert token not in logged.err + logged.out


def test_a_broken_key_of_values_at_rest_only_costs_a_new_build(app, settings, client, private):
    before = client.get(private)
    renewed = create_app(replace(settings, data_keys=("A" * 43,)))
    clock.freeze(NOW)
    with closed(renewed):
        after = renewed.test_client().get(private)

    assert (after.data, after.headers["ETag"], after.last_modified) == (before.data, before.headers["ETag"], before.last_modified)
