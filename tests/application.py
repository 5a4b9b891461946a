"""The application as tests make it."""

import contextvars
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import flask_migrate
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from festival.app import create_app
from festival.lib.db import db
from festival.lib.settings import Settings
from tests.database import ROOT, pg_bin, run_folder

#: The staff password of every test's demo.
STAFF_PASSWORD = "Hexi-test-2023"


class FreshClient(FlaskClient):
    """A client whose requests each run in a context of their own.

    Flask's own shares ``g`` and the session with an app context that is open in the test, and hides wrong permissions.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Make one request; its body is read before its context ends."""
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)


def make_settings(database_url: str, folder: Path, **changes: Any) -> Settings:
    """Return a demo's settings for tests; ``changes`` are fields of ``Settings``."""
    plain: dict[str, Any] = {
        "data_folder": folder,
        "database_url": database_url,
        "secret_key": secrets.token_urlsafe(48),
        "calendar_key": secrets.token_urlsafe(48),
        "data_keys": (secrets.token_urlsafe(32),),
        "base_url": "http://localhost",
        "pg_bin": pg_bin(),
        "demo": True,
        "demo_staff_password": STAFF_PASSWORD,
        "ratelimit_enabled": False,
        "testing": True,
    }
    return Settings(**plain | changes)


@contextmanager
def closed(app: Flask) -> Iterator[None]:
    """Leave no connection of an application open after the block."""
    app.test_client_class = FreshClient
    try:
        yield
    finally:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()


def migrate(database_url: str) -> None:
    """Bring a database to the newest schema."""
    app = create_app(make_settings(database_url, run_folder()))
    with closed(app), app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))


def letting_go(app: WSGIApplication) -> WSGIApplication:
    """Return the application with answers that are closed even where the server forgets to.

    Werkzeug's server does not close an answer when the browser hangs up while the server looks for the rest of the request;
    a static file then stayed open until the garbage collector complained. A generator that is thrown away ends itself.
    """

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        parts = app(environ, start_response)
        try:
            yield from parts
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer
