"""Somebody at a browser: opens pages, follows links, fills in forms. Form protection (CSRF) stays on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from festival.accounts.access import SESSION_KEY
from festival.accounts.models import Account, SignInSession
from festival.lib import clock, tokens
from festival.lib.db import db, transaction

#: What a form holds. None leaves a field out; a list sends it several times; a file is ``(BytesIO, name)``.
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """One answer."""

    path: str
    response: TestResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def text(self) -> str:
        """The body as it was sent."""
        return self.response.get_data(as_text=True)

    @cached_property
    def html(self) -> BeautifulSoup:
        """The body, to ask with CSS selectors: ``page.html.select_one("main h1")``."""
        return BeautifulSoup(self.text, "html.parser")

    @property
    def words(self) -> str:
        """What a reader sees in ``<main>``, white space made single."""
        return " ".join((self.html.select_one("main") or self.html).get_text(" ").split())

    @property
    def result(self) -> str | None:
        """The ``data-result`` of a result page or a refusal."""
        found = self.html.select_one("[data-result]")
        return str(found["data-result"]) if found else None

    @property
    def location(self) -> str:
        """Where a redirect leads, as a path."""
        assert 300 <= self.status < 400, f"{self.path} is no redirect: {self.status} {self.words[:300]}"
        parts = urlsplit(urljoin(self.path, self.response.headers["Location"]))
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def link(self, words: str) -> str:
        """Return the address of the first link whose words contain these."""
        for a in self.html.select("a[href]"):
            if words in a.get_text(" "):
                return urljoin(self.path, str(a["href"]))
        raise AssertionError(f"no link {words!r} on {self.path}")


class Browser:
    """One browser with its cookies. An answer of 500 fails the test at once."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def sign_in(self, account: Account) -> "Browser":
        """Be signed in as a person or as staff, without going through the forms. Needs an app context."""
        key, at = tokens.new_token(), clock.wall()
        with transaction():
            db.session.add(
                SignInSession(account_id=account.id, key_digest=tokens.digest(key), created_at=at, last_seen_at=at),
            )
        with self.client.session_transaction() as cookie:
            cookie[SESSION_KEY] = key
        return self

    def get(self, path: str, **request: Any) -> Page:
        """Open a page; redirects are not followed."""
        return self._page(path, self.client.get(path, **request))

    def follow(self, page: Page) -> Page:
        """Go where a redirect leads, to the end."""
        while 300 <= page.status < 400:
            page = self.get(page.location)
        return page

    def post_form(
        self, page: Page | str, fields: Fields | None = None, *, action: str | None = None, button: str | None = None, **more: Any
    ) -> Page:
        """Fill in the form of a page and send it as a browser would, hidden fields and its token included.

        :param page: a page, or the path of one to open first.
        :param fields: what is typed or chosen; names with ``-`` need this, others may be keywords.
        :param action: the form's address, where a page has several; else the first in ``<main>`` with all the fields.
        :param button: the name of the button pressed; None presses Enter.
        """
        if isinstance(page, str):
            page = self.get(page)
        given = {**(fields or {}), **more}
        form = _form_of(page, given, action)
        sent = _filled(form, given)
        if button is not None:
            pressed = form.select_one(f'button[name="{button}"], input[type="submit"][name="{button}"]')
            assert pressed is not None, f"no button {button!r} in the form on {page.path}"
            sent.add(button, str(pressed.get("value", "")))
        target = urljoin(page.path, str(form.get("action") or page.path))
        content_type = "multipart/form-data" if form.get("enctype") == "multipart/form-data" else None
        return self._page(target, self.client.post(target, data=sent, content_type=content_type))

    def post(self, path: str, **fields: Any) -> Page:
        """Post without any form, and so without its token."""
        return self._page(path, self.client.post(path, data=fields))

    @staticmethod
    def _page(path: str, response: TestResponse) -> Page:
        page = Page(path, response)
        assert page.status != 500, f"{path} broke; see the log"
        return page


def _form_of(page: Page, given: Fields, action: str | None) -> Tag:
    """Return the form that is meant."""
    forms = list(page.html.select("main form[method=post]") or page.html.select("form[method=post]"))
    if action is not None:
        forms = [form for form in page.html.select("form[method=post]") if urljoin(page.path, str(form.get("action"))) == action]
    for form in forms:
        if given.keys() <= _names(form):
            return form
    seen = [(form.get("action"), sorted(_names(form))) for form in page.html.select("form[method=post]")]
    raise AssertionError(f"{page.path} ({page.status}) has no form {action or ''} with {sorted(given)}; its forms: {seen}")


def _names(form: Tag) -> set[str]:
    return {str(field["name"]) for field in form.select("[name]")}


def _filled(form: Tag, given: Fields) -> MultiDict[str, Any]:
    """Return what a browser sends: what stands in the form, changed by what is given."""
    sent: MultiDict[str, Any] = MultiDict()
    for field in form.select("input[name], select[name], textarea[name]"):
        name = str(field["name"])
        if name not in given and not field.has_attr("disabled"):
            for value in _standing(field):
                sent.add(name, value)
    for name, value in given.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                sent.add(name, one)
    return sent


def _standing(field: Tag) -> list[str]:
    """Return the values a field sends when nobody touches it."""
    if field.name == "textarea":
        return [field.get_text().removeprefix("\n")]
    if field.name == "select":
        options = list(field.select("option[selected]"))
        if not options and not field.has_attr("multiple"):
            options = list(field.select("option:not([disabled])"))[:1]
        return [str(option.get("value", option.get_text())) for option in options]
    kind = str(field.get("type", "text"))
    if kind in {"submit", "button", "image", "reset", "file"}:
        return []
    if kind in {"checkbox", "radio"}:
        return [str(field.get("value", "on"))] if field.has_attr("checked") else []
    return [str(field.get("value", ""))]
