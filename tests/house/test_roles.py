"""Every page as seven people find it: a visitor, an attendee, and one of each role, the organizer of one activity only."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from festival.accounts import matrix
from festival.accounts.rules import FESTIVAL_WIDE, PERMISSIONS, Permission, Role
from festival.lib.access import Who
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.house.test_addresses import methods_of, own_rules, path_of, who_may
from tests.web import Browser

#: No row has it: a call that is let in finds nothing, and so does no harm.
NOTHING = 987_654_321
#: Guards ask no database; a thousand calls are enough once.
SQLITE_ONLY = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def open_forms(app: Flask) -> None:
    """Let guards answer rather than missing tokens."""
    app.config["WTF_CSRF_ENABLED"] = False


def kept_calls(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Yield every call of a view that is not open to everybody."""
    for rule in own_rules(app):
        if who_may(app, rule).who in {Who.STAFF, Who.SIGNED_IN}:
            yield from ((method, rule) for method in methods_of(rule) if method in {"GET", "POST"})


def filled(app: Flask, rule: Rule, number: int, **words: str) -> str:
    """Return an address of a rule with this number for every id, and these words where it has such parameters."""
    ids = {name: number for name, converter in rule._converters.items() if type(converter).__name__ == "IdConverter"}
    return path_of(app, rule, **ids, **{name: word for name, word in words.items() if name in rule._converters})


def answer(browser: Browser, method: str, path: str) -> str:
    """Return how somebody is answered: sent to sign in, refused, or let in."""
    got = browser.client.open(path, method=method)
    assert got.status_code < 500, f"{method} {path} broke"
    if got.status_code in {302, 303} and "/sign-in" in got.headers["Location"] and "again=1" not in got.headers["Location"]:
        return "sign in"  # "again" is asked of somebody who is in and shall prove it afresh
    return "refused" if got.status_code == 403 else "in"


@SQLITE_ONLY
def test_every_page_opens_to_whom_the_matrix_says_and_to_nobody_else(app, open_forms):
    mine = make_activity(slug="mine")
    people = {"visitor": Browser(app), "attendee": Browser(app).sign_in(make_person())}
    staff = {role: make_staff(role, activity=mine if role == Role.ORGANIZER else None) for role in Role}
    people |= {role.value: Browser(app).sign_in(member) for role, member in staff.items()}

    seen, said = {}, {}
    for method, rule in kept_calls(app):
        access = who_may(app, rule)
        path = filled(app, rule, NOTHING, slug="mine")
        for name, browser in people.items():
            call = (name, method, rule.rule)
            seen[call] = answer(browser, method, path)
            if access.who == Who.SIGNED_IN:
                said[call] = "in" if name == "attendee" else "sign in"
            elif name == "visitor":
                said[call] = "sign in"
            elif name == "attendee":
                said[call] = "refused" if rule.rule.startswith("/manage") else "sign in"
            else:
                permission = Permission(access.permission or "")
                is_let_in = permission in PERMISSIONS[Role(name)] and not (name == "organizer" and permission in FESTIVAL_WIDE)
                said[call] = "in" if is_let_in else "refused"

    assert {call: (seen[call], said[call]) for call in seen if seen[call] != said[call]} == {}
    assert len(seen) > 700


@SQLITE_ONLY
def test_what_lies_outside_an_organizers_activity_does_not_exist(app, open_forms):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="theirs")
    sign_up = make_sign_up(theirs)
    ids = {"pool_id": pool_of(theirs).id, "slot_id": pool_of(theirs).slot_id, "sign_up_id": sign_up.id}
    assert sign_up.activity_id != mine.id
    organizer = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=mine))

    found = {}
    for method, rule in kept_calls(app):
        access = who_may(app, rule)
        leads_to_a_row = any(type(each).__name__ in {"SlugConverter", "IdConverter"} for each in rule._converters.values())
        if access.permission not in PERMISSIONS[Role.ORGANIZER] or not leads_to_a_row:
            continue
        given = {name: value for name, value in ids.items() if name in rule._converters}
        slugs = ["theirs"] + (["mine"] if given else [])
        for slug in slugs if "slug" in rule._converters else [""]:
            path = path_of(app, rule, **given, **({"slug": slug} if slug else {}))
            found[method, path] = organizer.client.open(path, method=method).status_code

    assert {call: status for call, status in found.items() if status != 404} == {}
    assert len(found) > 60


def test_a_role_for_one_activity_opens_nothing_that_concerns_the_whole_festival(app):
    member = make_staff(Role.ADMINISTRATOR, activity=make_activity(slug="mine"))
    browser = Browser(app).sign_in(member)

    pages = ("/manage/staff", "/manage/audit", "/manage/settings", "/manage/activities/mine/")

    assert [browser.get(path).status for path in pages] == [403, 403, 403, 200]


@SQLITE_ONLY
def test_the_document_of_roles_is_what_the_code_says(app):
    assert matrix.FILE.read_text(encoding="utf-8") == matrix.page(app), "make roles writes it anew"
