"""Commands that load the programme."""

from flask.cli import AppGroup

seed_cli = AppGroup("seed", help="The festival's programme.")
