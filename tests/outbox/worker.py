"""A worker that is killed between a gateway's answer and its own commit: ``python -m tests.outbox.worker``.

It reads one JSON line: ``database_url``, ``folder`` and ``port`` of a mail server. It delivers what is due and kills itself (the
system's own SIGKILL: nothing is tidied up) the moment the server has taken a mail.
"""

import json
import os
import signal
import sys
from pathlib import Path

from festival.app import create_app
from festival.outbox.delivery import deliver_due
from festival.outbox.rules import Medium, Parcel
from tests.application import make_settings
from tests.outbox.inbox import mailer


class Killed:
    """A way out that does not survive its first mail."""

    rings = False

    def __init__(self, port: int) -> None:
        self._mail = mailer(port)

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Send one mail, and die."""
        self._mail.send(parcel, kind=kind, message_id=message_id)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Deliver until the first mail has left."""
    plan = json.loads(sys.stdin.readline())
    app = create_app(make_settings(plan["database_url"], Path(plan["folder"])))
    app.extensions["gateways"] = {Medium.MAIL: Killed(plan["port"])}
    with app.app_context():
        deliver_due()


if __name__ == "__main__":
    main()
