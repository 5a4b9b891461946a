"""A process that works on jobs until it is killed: ``python -m tests.jobs.worker``.

It reads one JSON line: ``database_url`` and ``folder``. It knows one job, ``tests.mark``, which writes a row and stops
before its transaction ends: it prints ``in the middle`` and waits.
"""

import json
import sys
import threading
from pathlib import Path

from festival.app import create_app
from festival.jobs import runner
from tests.application import make_settings
from tests.jobs.acts import marking


def main() -> None:
    """Work."""
    plan = json.loads(sys.stdin.readline())

    def stop() -> None:
        print("in the middle", flush=True)
        sys.stdin.readline()

    app = create_app(make_settings(plan["database_url"], Path(plan["folder"])))
    app.extensions["jobs"] = (marking(stop),)
    runner.run(app, threading.Event())


if __name__ == "__main__":
    main()
