"""Commands about invitations."""

import click
from flask.cli import AppGroup

from festival.invitations import service
from festival.invitations.rules import LABEL_DAYS
from festival.lib.db import database_now, transaction

invitations_cli = AppGroup("invitations", help="Invitations.")


@invitations_cli.command("forget", help=f"Forget the names of those invited to what ended {LABEL_DAYS} days ago.")
def forget() -> None:
    """Empty the names; have it run nightly by a timer."""
    with transaction():
        number = service.forget_names(database_now())
    click.echo(f"{number} names forgotten.")
