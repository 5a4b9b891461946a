"""The embedded sealer: a thread beside the built-in server that seals the audit trail three times a minute."""

import threading

from flask import Flask

from festival.audit.chain import seal_due
from festival.lib.db import db
from festival.lib.errors import Busy
from festival.lib.log import log

#: Seconds between two rounds.
PERIOD = 20


def start(app: Flask) -> None:
    """Have the built-in server seal beside it (``festival.lib.serve``)."""
    app.extensions.setdefault("background", []).append(run)


def run(app: Flask, stopping: threading.Event) -> None:
    """Seal now and then until the event is set."""
    while True:
        seal_once(app)
        if stopping.wait(PERIOD):
            return


def seal_once(app: Flask) -> int:
    """Seal in an app context of its own; a failure is logged, and the next round tries again."""
    with app.app_context():
        try:
            return seal_due()
        except Busy:
            log.info("sealing waits: the database is busy")
        except Exception:  # noqa: BLE001  # the thread must outlive whatever one round meets
            db.session.rollback()
            log.exception("sealing failed")
    return 0
