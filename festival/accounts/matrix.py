"""Who may open which page, written for the documents from the marks on the views themselves: ``flask staff matrix``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from festival.accounts.rules import FESTIVAL_WIDE, PERMISSIONS, Permission, Role
from festival.lib.access import Access, Who, access_of

FILE = Path(__file__).parents[2] / "docs" / "roles.md"

_CONVERTER = re.compile(r"<(?:[^:<>]+:)?(\w+)>")
_CALLS = ("GET", "POST")

_PAGE = """# Roles: who may open which page

Made from the code by `make roles`; a test keeps this page equal to it, and another calls every address as each of those below.
A role is held for the whole festival or for one activity. Whoever holds it for one activity finds the pages of that one only:
everything outside is 404, as if it did not exist. What is marked `*` concerns the whole festival and opens only to a role held
for all of it. Nobody may change or delete the audit trail: there is no such permission, and the database refuses it.

## What each role may do

| Permission | {heads} |
|---|{lines}|
{permissions}

## The organizers' area

| Address | | What it does | Permission | {heads} |
|---|---|---|---|{lines}|
{pages}

## Everybody else's pages

| Address | | What it does | Open to |
|---|---|---|---|
{public}
"""
_OPEN_TO = {
    Who.PUBLIC: "everybody",
    Who.SIGNED_IN: "attendees, each their own",
    Who.TOKEN: "whoever has the secret address",
    Who.DEMO: "everybody, in the demo only",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a view: its address, method, mark and the first sentence of what it says of itself."""

    address: str
    method: str
    access: Access
    what: str


def calls(app: Flask) -> list[Call]:
    """Return every call that the application answers, by address."""
    return sorted(_calls(app), key=lambda call: (call.address, call.method))


def _calls(app: Flask) -> Iterator[Call]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        access = access_of(view)
        assert access is not None, rule.endpoint
        said = " ".join((view.__doc__ or "").strip().split("\n\n")[0].split()).replace("|", "/")
        for method in _methods(rule):
            yield Call(_CONVERTER.sub(r"<\1>", rule.rule), method, access, said)


def _methods(rule: Rule) -> list[str]:
    return [method for method in _CALLS if method in (rule.methods or set())]


def page(app: Flask) -> str:
    """Return the document as the application has it."""
    found = calls(app)
    inside = [call for call in found if call.access.permission is not None]
    outside = [call for call in found if call.access.permission is None]
    return _PAGE.format(
        heads=" | ".join(Role),
        lines="|".join(":-:" for _role in Role),
        permissions="\n".join(f"| {_name(permission)} | {_marks(permission)} |" for permission in Permission),
        pages="\n".join(_staffs_line(call) for call in inside),
        public="\n".join(f"| `{call.address}` | {call.method} | {call.what} | {_OPEN_TO[call.access.who]} |" for call in outside),
    )


def _staffs_line(call: Call) -> str:
    permission = Permission(call.access.permission or "")
    return f"| `{call.address}` | {call.method} | {call.what} | {_name(permission)} | {_marks(permission)} |"


def _name(permission: Permission) -> str:
    return f"`{permission.value}`{' *' if permission in FESTIVAL_WIDE else ''}"


def _marks(permission: Permission) -> str:
    return " | ".join("yes" if permission in PERMISSIONS[role] else "" for role in Role)
