"""Who may call a view. Every view says so, or the application does not start.

The marks that need to know people (``signed_in``, ``staff``) live in ``festival.accounts.access``; this module holds the
mark itself, those that need nobody, and the check.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from flask import Flask, abort, current_app
from flask.typing import ResponseReturnValue

View: TypeAlias = Callable[..., ResponseReturnValue]
V = TypeVar("V", bound=Callable[..., Any])


class Who(StrEnum):
    """Kinds of caller a view is made for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    DEMO = "demo"
    TOKEN = "token"  # noqa: S105  # the address itself carries the right (private calendar feed)


@dataclass(frozen=True, slots=True)
class Access:
    """The mark on a view: who may call it and, for staff, with which permission."""

    who: Who
    permission: str | None = None


def mark(view: V, access: Access) -> V:
    """Write the mark on a view (or on the wrapper that enforces it)."""
    view.access = access  # type: ignore[attr-defined]  # functions take attributes; typing has no word for it
    return view


def access_of(view: Callable[..., object]) -> Access | None:
    """Return a view's mark, or None when it carries none."""
    return getattr(view, "access", None)


def public(view: V) -> V:
    """Mark a view that anybody may call."""
    return mark(view, Access(Who.PUBLIC))


def by_token(view: V) -> V:
    """Mark a view whose address carries the right to read it; the view checks the token."""
    return mark(view, Access(Who.TOKEN))


def demo_only(view: View) -> View:
    """Mark and guard a view that exists in demo mode only; otherwise it is a 404."""

    def guarded(*args: object, **kwargs: object) -> ResponseReturnValue:
        if not current_app.config["DEMO"]:
            abort(404)
        return view(*args, **kwargs)

    guarded.__name__ = view.__name__
    guarded.__doc__ = view.__doc__
    return mark(guarded, Access(Who.DEMO))


class UnmarkedView(RuntimeError):  # noqa: N818  # stops the start
    """A view without an access mark."""


def check_marks(app: Flask) -> None:
    """Refuse to start when a view carries no access mark.

    :raises UnmarkedView: names the endpoints.
    """
    bare = sorted(name for name, view in app.view_functions.items() if access_of(view) is None)
    if bare:
        raise UnmarkedView(", ".join(bare))
