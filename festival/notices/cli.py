"""Commands that deliver messages."""

from flask.cli import AppGroup

outbox_cli = AppGroup("outbox", help="Messages owed.")
