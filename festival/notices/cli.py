"""Commands that deliver messages."""

import signal
import threading

import click
from flask import current_app
from flask.cli import AppGroup

from festival.notices.reminders import remind_due
from festival.outbox import runner
from festival.outbox.delivery import deliver_due

outbox_cli = AppGroup("outbox", help="Messages owed.")


@outbox_cli.command("remind")
def remind() -> None:
    """Owe the reminders that are due.

    The built-in server does it each minute; behind several server processes, have it run by a timer.
    """
    click.echo(f"Reminders owed: {remind_due()}")


@outbox_cli.command("deliver")
@click.option("--once", is_flag=True, help="Deliver what is due now, say how many, and end.")
def deliver(*, once: bool) -> None:
    """Deliver messages until stopped: the process beside a server of several workers."""
    if once:
        click.echo(f"Messages settled: {deliver_due()}")
        return
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        runner.wake()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # each round opens a context of its own
    runner.run(app, stopping)
