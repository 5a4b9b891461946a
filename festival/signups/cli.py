"""Commands that do what time alone makes due."""

import click
from flask.cli import AppGroup

from festival.signups.sweep import sweep_due

signups_cli = AppGroup("signups", help="Sign-ups.")


@signups_cli.command("sweep")
def sweep() -> None:
    """Let overdue offers lapse and give free places to those who wait. The worker does it each minute."""
    click.echo(f"{sweep_due()} moved up.")
