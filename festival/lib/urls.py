"""Converters for addresses, each bounding what it takes so that no address can be a number no database holds; and ``onward``."""

import re

from flask import Flask, request
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from festival.lib.db import MAX_ID
from festival.lib.i18n import root_path

#: A path and its query on this site: one slash, then neither a second slash nor a backslash; nothing unprintable, no white space.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*")


class IdConverter(IntegerConverter):
    """A row id: 1 to 2**31 - 1, at most ten digits."""

    regex = r"[1-9]\d{0,9}"

    def to_python(self, value: str) -> int:
        """Return the id; out of range is a 404."""
        number = int(value)
        if number > MAX_ID:
            raise ValidationError
        return number


class SlugConverter(BaseConverter):
    """A slug in kebab-case, 64 characters at most."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"
    part_isolating = True

    def to_python(self, value: str) -> str:
        """Return the slug; too long is a 404."""
        if len(value) > 64:  # noqa: PLR2004  # the column's width
            raise ValidationError
        return value


class CodeConverter(BaseConverter):
    """A sign-up's code (``lib.tokens.new_code``)."""

    regex = r"[a-z2-7]{26}"
    part_isolating = True


class InvitationConverter(BaseConverter):
    """An invitation's code, however it was copied: 64 letters, digits and hyphens at most; an unknown one has its own page."""

    regex = r"[A-Za-z0-9-]{1,64}"
    part_isolating = True
    #: One of its values, for whoever walks the addresses.
    example = "a" * 26


class FeedTokenConverter(BaseConverter):
    """A private feed's token: base64url, 32 to 128 characters."""

    regex = r"[A-Za-z0-9_-]{32,128}"
    part_isolating = True


def register(app: Flask) -> None:
    """Teach an application our converters: ``id``, ``slug``, ``code``, ``feed``, ``invitation``."""
    app.url_map.converters.update(
        id=IdConverter,
        slug=SlugConverter,
        code=CodeConverter,
        feed=FeedTokenConverter,
        invitation=InvitationConverter,
    )


def onward(asked: str | None, default: str) -> str:
    """Return where to go on after signing in: the path that was asked for if it is one of this site, else the default.

    A path without a language goes on in the language of the page.
    """
    path = asked if asked and _LOCAL.fullmatch(asked) else default
    in_a_language = path == "/en" or path.startswith(("/en/", "/en?"))
    return (root_path() if in_a_language else request.root_path) + path
