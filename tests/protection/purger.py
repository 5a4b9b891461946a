"""A process that purges and stops in the middle of a transaction: ``python -m tests.protection.purger``.

It reads one JSON line: ``database_url``, ``folder`` and ``batches``. When so many batches have cleared something, the last not
committed yet, it says ``in the middle`` and waits to be killed.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from sqlalchemy import event

from festival.accounts import personal
from festival.accounts.personal import Moment, Purge
from festival.app import create_app
from festival.lib.db import db
from festival.protection import purging
from tests.application import make_settings


def main() -> None:
    """Purge until the given commit."""
    plan = json.loads(sys.stdin.readline())
    app = create_app(make_settings(plan["database_url"], Path(plan["folder"])))
    done: list[int] = []

    def counted(one: Purge) -> Purge:
        def batch(moment: Moment, limit: int) -> int:
            number = one.batch(moment, limit)
            done.extend([number] if number else [])
            return number

        return replace(one, batch=batch)

    def stop(_session: object) -> None:
        if len(done) == plan["batches"]:
            print("in the middle", flush=True)
            sys.stdin.readline()

    every = [counted(one) for one in personal.purges()]
    personal.purges = lambda: tuple(every)
    purging.BATCH = 2
    with app.app_context():
        event.listen(db.session, "before_commit", stop)
        purging.purge()
    print("done", flush=True)


if __name__ == "__main__":
    main()
