"""Commands that load the programme."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from festival.lib.db import transaction
from festival.lib.settings import Settings
from festival.seed.files import FOLDER, ProgrammeRefused, read
from festival.seed.service import SeedRefused, load
from festival.seed.sowing import Report

seed_cli = AppGroup("seed", help="The festival's programme.")
demo_cli = AppGroup("demo", help="The demonstration.")


@seed_cli.command("load")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=FOLDER, help="Other files.")
def load_command(folder: Path) -> None:
    """Load the programme, or bring it up to its files. What organizers changed stays."""
    load_programme(folder)


def load_programme(folder: Path = FOLDER) -> Report:
    """Load a folder's programme in one transaction and print what that did.

    :raises ClickException: the files or the database do not allow it; nothing was written.
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        programme = read(folder)
        with transaction():
            report = load(programme, dates=settings.dates, demo=settings.demo)
    except ProgrammeRefused as refused:
        raise click.ClickException(f"The programme was not loaded; nothing was written.\n{refused}") from refused
    except SeedRefused as refused:
        raise click.ClickException(str(refused)) from refused
    for line in _said(report):
        click.echo(line)
    return report


def _said(report: Report) -> list[str]:
    lines = [f"Note: {warning}" for warning in report.warnings]
    lines += [f"Left as it is: {kept}" for kept in report.kept]
    if report.is_quiet:
        return [*lines, "The programme is as in its files: nothing to change."]
    lines += [f"Changed: {changed}" for changed in report.changed]
    lines += [f"Removed: {removed}" for removed in report.removed]
    if report.made:
        lines.append(f"Loaded: {', '.join(f'{count} {table}' for table, count in report.made.items())}.")
    return lines
