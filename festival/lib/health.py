"""Is the process alive, can it work, and its figures: for load balancers and those who run it."""

import ipaddress
from collections.abc import Callable

from flask import Blueprint, Flask, Response, abort, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from festival.lib.access import public
from festival.lib.db import db

bp = Blueprint("health", __name__)

_PLAIN = "text/plain; charset=utf-8"


def add(app: Flask, *, lines: Callable[[], list[str]], measure: Callable[[], None]) -> None:
    """Have a slice tell how it does.

    :param lines: gives what ``/readyz`` says below its verdict: numbers, never anything about anybody.
    :param measure: brings its figures up to date before ``/metrics`` gives them.
    """
    app.extensions.setdefault("health", []).append((lines, measure))


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Say that the process answers; touches nothing."""
    return Response("ok\n", content_type=_PLAIN)


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Say whether the database answers and is migrated, 503 when not; below it, how old the queues are."""
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        told = [line for lines, _measure in current_app.extensions.get("health", []) for line in lines()]
    except SQLAlchemyError:
        db.session.rollback()
        return Response("database unavailable\n", 503, content_type=_PLAIN)
    return Response("\n".join(["ready", *told, ""]), content_type=_PLAIN)


@bp.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    """Give this process's figures, to callers on the same machine only; a 404 to anybody else and through any proxy."""
    if "X-Forwarded-For" in request.headers or not _is_local(request.remote_addr):
        abort(404)
    try:
        for _lines, measure in current_app.extensions.get("health", []):
            measure()
    except SQLAlchemyError:
        db.session.rollback()  # what is counted in this process is given all the same
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _is_local(address: str | None) -> bool:
    """Tell whether an address is of this machine."""
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
