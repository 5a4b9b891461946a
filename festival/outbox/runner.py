"""The embedded runner: a thread beside the built-in server that delivers messages, within half a second or when it is woken.

It gives way to people: while requests queue for a thread, each message but a one-time code waits a moment.

Behind several processes (gunicorn) none of them runs it; there ``flask outbox deliver`` does the same as a process of its own.
"""

import threading
import time
from collections.abc import Callable

from flask import Flask

from festival.lib.db import db
from festival.lib.errors import Busy
from festival.lib.log import log
from festival.outbox.delivery import deliver_due

#: Seconds between two looks at the outbox when nobody calls.
POLL = 0.5
#: Seconds at most that one message lets requests go first, and between two looks whether they still queue.
GIVES_WAY, LOOKS = 0.2, 0.01

_called = threading.Event()


def wake() -> None:
    """Have the runner of this process look at once: somebody waits for a code. Call it after the commit."""
    _called.set()


def start(app: Flask) -> None:
    """Have the built-in server run the runner beside it (``festival.lib.serve``)."""
    app.extensions.setdefault("background", []).append(run)


def run(app: Flask, stopping: threading.Event) -> None:
    """Deliver until the event is set."""
    while not stopping.is_set():
        _called.clear()
        deliver_once(app)
        _called.wait(POLL)


def deliver_once(app: Flask) -> int:
    """Deliver what is due in an app context of its own; a failure is logged and the next round tries again."""
    with app.app_context():
        try:
            return deliver_due(before_each=_way_given(app.extensions.get("is_crowded")))
        except Busy:
            log.info("outbox waits: the database is busy")
        except Exception:  # noqa: BLE001  # the thread must outlive whatever one round meets
            db.session.rollback()
            log.exception("outbox round failed")
    return 0


def _way_given(is_crowded: Callable[[], bool] | None) -> Callable[[], None] | None:
    """Return what waits while requests queue, though never long; None: there is no server beside it to ask."""
    if is_crowded is None:
        return None

    def give_way() -> None:
        until = time.monotonic() + GIVES_WAY
        while is_crowded() and time.monotonic() < until:
            time.sleep(LOOKS)

    return give_way
