"""The job that delivers messages. It only says that something is due: which messages, their rows say (``delivery``).

Beside the built-in server it gives way to people: while one of them waits for an answer, each message but a one-time code waits
a moment.
"""

import time
from collections.abc import Callable

from flask import Flask, current_app

from festival.jobs.rules import Job
from festival.outbox.delivery import deliver_due, is_any_due
from festival.outbox.rules import DELIVER

#: Seconds at most that one message lets requests go first, and between two looks whether somebody still waits.
GIVES_WAY, LOOKS = 0.2, 0.01


def deliver() -> int:
    """Deliver what is due."""
    app: Flask = current_app
    return deliver_due(before_each=_way_given(app.extensions.get("is_crowded")))


#: Which messages are due, their rows say; a one-time code asks for it, since somebody waits.
JOB = Job(DELIVER, deliver, is_due=is_any_due)


def _way_given(is_crowded: Callable[[], bool] | None) -> Callable[[], None] | None:
    """Return what waits while people wait for answers, though never long; None: there is no server beside it to ask."""
    if is_crowded is None:
        return None

    def give_way() -> None:
        until = time.monotonic() + GIVES_WAY
        while is_crowded() and time.monotonic() < until:
            time.sleep(LOOKS)

    return give_way
