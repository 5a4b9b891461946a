"""Commands that load the programme."""

from datetime import timedelta
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from festival.accounts.staff import ensure_demo_staff
from festival.lib.db import transaction
from festival.lib.settings import Settings
from festival.seed import queries
from festival.seed.demo import is_populated, populate
from festival.seed.document import Programme
from festival.seed.files import FOLDER, ProgrammeRefused, read
from festival.seed.service import SeedRefused, empty, load
from festival.seed.sowing import Report

seed_cli = AppGroup("seed", help="The festival's programme.")
demo_cli = AppGroup("demo", help="The demonstration.")


@seed_cli.command("load")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=FOLDER, help="Other files.")
def load_command(folder: Path) -> None:
    """Load the programme, or bring it up to its files. What organizers changed stays."""
    load_programme(folder)


@demo_cli.command("reset")
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_command(yes: bool) -> None:  # noqa: FBT001  # click passes it by name
    """Empty the demo's database and load programme and people anew, with new dates."""
    settings: Settings = current_app.extensions["settings"]
    if not settings.demo:
        raise click.ClickException("This is not a demo (FESTIVAL_DEMO=1): nothing was emptied.")
    if not yes:
        click.confirm("Everything in the demo's database will be lost. Go on?", abort=True)
    try:
        with transaction():
            empty()
    except SeedRefused as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo("The demo's database is empty.")
    load_programme()


def load_programme(folder: Path = FOLDER) -> Report:
    """Load a folder's programme in one transaction and print what that did.

    :raises ClickException: the files or the database do not allow it; nothing was written.
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        programme = read(folder)
        with transaction():
            report = load(programme, dates=settings.dates, demo=settings.demo)
            if settings.demo:
                ensure_demo_staff(settings.demo_staff_password)
    except ProgrammeRefused as refused:
        raise click.ClickException(f"The programme was not loaded; nothing was written.\n{refused}") from refused
    except SeedRefused as refused:
        raise click.ClickException(str(refused)) from refused
    for line in _said(report):
        click.echo(line)
    if settings.demo_people:
        _invite_people(programme)
    return report


def _invite_people(programme: Programme) -> None:
    """Let the demo's people sign up, once."""
    festival = queries.festival_of(programme.festival.slug)
    if festival is None or is_populated(festival):
        return
    click.echo("The demo's people sign up (half a minute, once) …")
    with transaction():
        festival = queries.festival_of(programme.festival.slug)
        assert festival is not None
        made = populate(festival, programme.festival.demo_now + timedelta(weeks=festival.shift_weeks), click.echo)
    click.echo(f"The demo's people have signed up {made} times.")


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
