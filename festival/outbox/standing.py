"""How many messages wait and how long, told to whoever runs the festival."""

from flask import Flask
from prometheus_client import Gauge
from sqlalchemy import func, select

from festival.lib import clock, health
from festival.lib.db import db
from festival.outbox.models import Message, MessageState

_MESSAGES = Gauge("festival_messages", "Messages by state: due (should have left), later, failed (for good)", ["state"])
_OLDEST = Gauge("festival_messages_oldest_seconds", "How long the message that is due longest has waited; 0 where none waits")


def init_app(app: Flask) -> None:
    """Have ``/readyz`` and ``/metrics`` tell how messages stand."""
    health.add(app, lines=_lines, measure=_measure)


def _figures() -> dict[str, int]:
    """Return counts by state, and the age in seconds of the oldest that is due."""
    now = clock.wall()
    is_owed = Message.state == MessageState.OWED
    counted = select(
        func.count().filter(is_owed, Message.due_at <= now).label("due"),
        func.count().filter(is_owed, Message.due_at > now).label("later"),
        func.count().filter(Message.state == MessageState.FAILED).label("failed"),
        func.min(Message.due_at).filter(is_owed).label("oldest"),
    ).where(Message.state.in_([MessageState.OWED, MessageState.FAILED]))
    row = db.session.execute(counted).one()
    age = max(0, int((now - row.oldest).total_seconds())) if row.oldest else 0
    return {"due": row.due, "later": row.later, "failed": row.failed, "oldest": age}


def _lines() -> list[str]:
    found = _figures()
    return ["messages: {due} due, the oldest for {oldest} s, {later} later, {failed} failed".format_map(found)]


def _measure() -> None:
    found = _figures()
    for state in ("due", "later", "failed"):
        _MESSAGES.labels(state).set(found[state])
    _OLDEST.set(found["oldest"])
