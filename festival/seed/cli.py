"""Commands that load the programme."""

from datetime import datetime
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.log import quiet
from festival.lib.settings import Settings
from festival.outbox.delivery import deliver_due
from festival.seed import beginning, moments, moving
from festival.seed.files import FOLDER, ProgrammeRefused, read
from festival.seed.service import SeedRefused, empty
from festival.seed.sowing import Report

seed_cli = AppGroup("seed", help="The festival's programme.")
demo_cli = AppGroup("demo", help="The demonstration.")


@seed_cli.command("load")
@click.option("--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=FOLDER, help="Other files.")
def load_command(folder: Path) -> None:
    """Load the programme, or bring it up to its files. What organizers changed stays."""
    load_programme(folder)


@demo_cli.command("moments")
def moments_command() -> None:
    """List the moments that the demo can be moved to."""
    _refuse_outside_a_demo()
    click.echo(f"It is {_stamp(clock.now())} in the demo.")
    for one in moments.upcoming(clock.now()):
        click.echo(f"{one.moment.key:16} {_stamp(one.at)}  {one.moment.title}{'' if one.is_ahead else '  (past)'}")


@demo_cli.command("at")
@click.argument("moment")
def at_command(moment: str) -> None:
    """Move the demo to a moment ahead: its people do until then what they would, and its clock runs on from there."""
    _refuse_outside_a_demo()
    found = next((one for one in moments.upcoming(clock.now()) if one.moment.key == moment), None)
    if found is None:
        raise click.ClickException("There is no such moment; flask demo moments lists them.")
    if not found.is_ahead:
        raise click.ClickException("That moment is past. Time goes forward only; flask demo reset begins anew.")
    moving.move_to(found.at, click.echo)
    click.echo(f"It is {_stamp(clock.now())} in the demo.")


def _stamp(at: datetime) -> str:
    return f"{clock.local(at):%Y-%m-%d %H:%M}"


def _refuse_outside_a_demo() -> None:
    """Refuse, and look what time it is in the demo.

    :raises ClickException: this is no demo.
    """
    settings: Settings = current_app.extensions["settings"]
    if not settings.demo:
        raise click.ClickException("This is not a demo (FESTIVAL_DEMO=1).")
    moving.follow()


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
    moving.follow()
    click.echo("The demo's database is empty.")
    load_programme()


def load_programme(folder: Path = FOLDER) -> Report:
    """Load a folder's programme in one transaction and print what that did; in a demo its people come, once, and live on.

    :raises ClickException: the files or the database do not allow it; nothing was written.
    """
    settings: Settings = current_app.extensions["settings"]
    try:
        programme = read(folder)
        report = beginning.load_programme(programme, settings)
    except ProgrammeRefused as refused:
        raise click.ClickException(f"The programme was not loaded; nothing was written.\n{refused}") from refused
    except SeedRefused as refused:
        raise click.ClickException(str(refused)) from refused
    for line in _said(report):
        click.echo(line)
    if settings.demo_people:
        beginning.let_people_come(programme, click.echo)
        moving.let_time_pass()  # else the server would begin with a hundred lines of it, behind which its greeting is lost
        with quiet():
            deliver_due()
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
