"""Commands that do by hand what the worker does by itself."""

import click
from flask.cli import AppGroup

from festival.notices.reminders import remind_due
from festival.outbox.delivery import deliver_due

outbox_cli = AppGroup("outbox", help="Messages owed.")


@outbox_cli.command("remind")
def remind() -> None:
    """Owe the reminders that are due. The worker does it each minute."""
    click.echo(f"Reminders owed: {remind_due()}")


@outbox_cli.command("deliver")
def deliver() -> None:
    """Deliver what is due now, and say how many. The worker does it by itself."""
    click.echo(f"Messages settled: {deliver_due()}")
