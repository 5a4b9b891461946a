"""Every address: who may call it, what it takes, and that a form needs its token."""

import re

import pytest
from flask import Blueprint, Flask
from werkzeug.routing import BaseConverter, Rule

import festival.app
from festival.app import create_app
from festival.lib.access import Access, UnmarkedView, Who, access_of
from festival.lib.db import MAX_ID
from tests.builders import make_person
from tests.web import Browser

#: A value that each of our converters takes.
EXAMPLES = {"IdConverter": 1, "SlugConverter": "example", "CodeConverter": "a" * 26, "FeedTokenConverter": "a" * 43}
#: Part of an address between slashes, with its parameters replaced by ``x``: kebab-case, a file ending allowed.
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?")
#: Served by Flask itself; its path is no parameter of ours.
STATIC = {"static"}


def own_rules(app: Flask) -> list[Rule]:
    """Return every rule that is served by a view of ours."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[-1] not in STATIC]


def methods_of(rule: Rule) -> list[str]:
    """Return the methods of a rule that are calls of their own."""
    return sorted((rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"})


def who_may(app: Flask, rule: Rule) -> Access:
    """Return the mark on the view of a rule."""
    mark = access_of(app.view_functions[rule.endpoint])
    assert mark is not None
    return mark


def example_of(name: str, converter: BaseConverter) -> object:
    """Return a value that the converter takes."""
    kind = type(converter).__name__
    if kind == "AnyConverter":
        return min(converter.items)  # type: ignore[attr-defined]  # werkzeug's own
    return EXAMPLES.get(kind, getattr(converter, "example", name))


def path_of(app: Flask, rule: Rule, **given: object) -> str:
    """Return an address that the rule serves, from this host's root."""
    values = {name: example_of(name, converter) for name, converter in rule._converters.items()} | given
    path = rule.build(values, append_unknown=False)
    assert path is not None, f"{rule} takes no {values}"
    return path[1]


def test_a_view_without_an_access_mark_stops_the_start(settings, monkeypatch):
    bare = Blueprint("bare", __name__)
    bare.add_url_rule("/bare", view_func=lambda: "")
    monkeypatch.setattr(festival.app, "PUBLIC_BLUEPRINTS", (*festival.app.PUBLIC_BLUEPRINTS, bare))

    with pytest.raises(UnmarkedView, match="bare"):
        create_app(settings)


def test_every_view_carries_an_access_mark(app):
    assert [name for name, view in app.view_functions.items() if access_of(view) is None] == []


def test_every_view_of_the_organizers_area_names_a_permission_or_is_public(app):
    unnamed = []
    for rule in own_rules(app):
        mark = who_may(app, rule)
        if rule.rule.startswith("/manage") and (mark.who, mark.permission) != (Who.PUBLIC, None):
            unnamed += [] if mark.who == Who.STAFF and mark.permission else [rule.rule]

    assert unnamed == []


def closed_calls(app: Flask) -> list[tuple[str, str]]:
    """Return method and path of every call that only staff may make."""
    return [
        (method, path_of(app, rule))
        for rule in own_rules(app)
        if rule.rule.startswith("/manage") and who_may(app, rule).who != Who.PUBLIC
        for method in methods_of(rule)
    ]


def test_the_organizers_area_sends_a_visitor_to_sign_in(app, client):
    app.config["WTF_CSRF_ENABLED"] = False  # so that the guard answers, not the missing token

    answers = {call: client.open(call[1], method=call[0]) for call in closed_calls(app)}

    let_in = [
        call
        for call, answer in answers.items()
        if answer.status_code not in {302, 303} or "/manage/sign-in" not in answer.headers["Location"]
    ]
    assert let_in == []


def test_the_organizers_area_refuses_an_attendee(app):
    app.config["WTF_CSRF_ENABLED"] = False
    attendee = Browser(app).sign_in(make_person())

    statuses = {call: attendee.client.open(call[1], method=call[0]).status_code for call in closed_calls(app)}

    assert {call: status for call, status in statuses.items() if status != 403} == {}


def test_a_form_without_its_token_is_refused_with_a_page_to_read(app, visitor):
    answers = {rule.rule: visitor.post(path_of(app, rule)) for rule in own_rules(app) if "POST" in methods_of(rule)}

    assert {path: page.status for path, page in answers.items() if page.status != 400} == {}
    assert [path for path, page in answers.items() if not page.html.select_one("main h1")] == []


def test_no_view_is_exempt_from_form_tokens(app):
    csrf = app.extensions["csrf"]

    assert (csrf._exempt_views, csrf._exempt_blueprints) == (set(), set())


def test_addresses_are_in_kebab_case(app):
    odd = []
    for rule in own_rules(app):
        parts = re.sub(r"<[^>]+>", "x", rule.rule).strip("/").split("/")
        odd += [rule.rule for part in parts if part and not KEBAB.fullmatch(part)]

    assert odd == []


def test_every_parameter_of_an_address_has_a_bounded_type(app):
    loose = [
        (rule.rule, name)
        for rule in own_rules(app)
        for name, converter in rule._converters.items()
        if not type(converter).__module__.startswith("festival.") and type(converter).__name__ != "AnyConverter"
    ]

    assert loose == []


@pytest.mark.parametrize("number", [0, MAX_ID + 1, 2**63, 10**40])
def test_a_number_that_no_row_can_have_is_not_found(app, client, number):
    found = []
    for rule in own_rules(app):
        for name, converter in rule._converters.items():
            if type(converter).__name__ == "IdConverter" and "GET" in methods_of(rule):
                path = path_of(app, rule, **{name: 1234567}).replace("1234567", str(number))
                found += [path] if client.get(path).status_code != 404 else []

    assert found == []
