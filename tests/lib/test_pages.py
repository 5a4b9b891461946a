"""What the layouts ask about pages, the error pages, and how static files are sent."""

import gzip
import re

import pytest
from flask import render_template
from sqlalchemy import event

from festival.lib.db import db
from festival.lib.pages import is_here, path_to
from tests.builders import make_activity


@pytest.mark.parametrize(
    ("here", "address", "values", "expected"),
    [
        ("/", "/", {}, "/"),
        ("/", "/activities/<slug>", {"slug": "forum"}, "/activities/forum"),
        ("/en/", "/activities/<slug>", {"slug": "forum"}, "/en/activities/forum"),
        ("/", "/nowhere", {}, None),
    ],
)
def test_a_menu_finds_only_pages_that_exist(app, here, address, values, expected):
    environ = {"SCRIPT_NAME": "/en"} if here.startswith("/en") else {}
    with app.test_request_context("/", environ_overrides=environ):
        assert path_to(address, **values) == expected


@pytest.mark.parametrize(
    ("path", "exact", "expected"),
    [
        ("/activities/forum", False, True),
        ("/activities", False, True),
        ("/activities", True, False),
        ("/act", False, False),
        ("/", False, False),
        (None, False, False),
    ],
)
def test_a_menu_knows_where_the_reader_is(app, path, exact, expected):
    with app.test_request_context("/activities/forum"):
        assert is_here(path, exact=exact) is expected


@pytest.mark.parametrize("name", ["any", "csrf", "400", "401", "403", "404", "405", "409", "413", "415", "429", "500", "503"])
@pytest.mark.parametrize("language", ["", "/en"])
def test_an_error_page_says_what_to_do_in_both_languages(app, name, language):
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": language, "festival.locale": language[1:] or "zh"}):
        page = render_template(f"errors/{name}.html", status=503)

    heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert heading is not None
    assert bool(re.search("[\u4e00-\u9fff]", heading[1])) is (language == "")
    assert f'href="{language}/"' in page


def test_an_error_page_reads_no_database(app):
    statements = []

    def note(*arguments):
        statements.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", note)
    answer = app.test_client().get("/nowhere")
    event.remove(db.engine, "before_cursor_execute", note)

    assert (answer.status_code, statements) == (404, [])


def test_static_files_are_sent_compressed_and_kept_for_ever(visitor):
    make_activity()
    style = visitor.get("/").html.select_one("link[rel=stylesheet]")["href"]

    answer = visitor.get(style, headers={"Accept-Encoding": "gzip"}).response

    assert (answer.headers["Content-Encoding"], "immutable" in answer.headers["Cache-Control"]) == ("gzip", True)
    assert gzip.decompress(answer.data) == visitor.get(style).response.data
