"""Commands for whoever keeps the books."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from festival.ledger import doctor
from festival.ledger.doctor import Finding
from festival.lib import backup, revisions
from festival.lib.backup import BackupRefused
from festival.lib.db import database_url, db
from festival.lib.settings import Settings
from festival.programme.models import Festival


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Say it to a program.")
@with_appcontext
def doctor_command(*, as_json: bool) -> None:
    """Recompute everything from the rows and say where the database disagrees. Reads only; ends with 1 if it does."""
    findings = doctor.examine()
    is_sound = not any(finding.faults for finding in findings)
    if as_json:
        click.echo(json.dumps({"sound": is_sound, "checks": [asdict(finding) for finding in findings]}, indent=2))
    else:
        say(findings)
    sys.exit(0 if is_sound else 1)


def say(findings: list[Finding]) -> None:
    """Print what was looked at, then each disagreement in a line of its own."""
    for finding in findings:
        verdict = f"{len(finding.faults)} disagreements" if finding.faults else "sound"
        click.echo(f"{finding.name:<11} {finding.count:>7} {finding.unit}: {verdict}")
        for note in finding.notes:
            click.echo(f"  note: {note}")
        for fault in finding.faults:
            click.echo(f"  DISAGREES: {fault}")
    faults = sum(len(finding.faults) for finding in findings)
    click.echo(f"{faults} disagreements." if faults else "The database agrees with itself.")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup_command(file: Path) -> None:
    """Copy the whole database into FILE, while it is in use. Keep the keys of .env apart from it."""
    try:
        backup.save(database_url(), file, _settings().pg_bin)
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"{file}: {file.stat().st_size:,} bytes.")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Also where the database holds something: all of it goes.")
@with_appcontext
def restore_command(file: Path, *, replace: bool) -> None:
    """Bring the database back from FILE, then have the doctor look at it. Stop the servers first."""
    try:
        revision = _refuse_what_is_not_ours(file)
        if not replace and not backup.is_empty(database_url()):
            raise BackupRefused("the database of DATABASE_URL holds tables; --replace drops them all.")  # noqa: TRY301  # one way out
        db.session.remove()
        db.engine.dispose()
        backup.restore(database_url(), file, _settings().pg_bin)
    except BackupRefused as refused:
        raise click.ClickException(str(refused)) from refused
    click.echo(f"Restored from {file}, at revision {revision}.")
    if revision != revisions.known()[0]:
        click.echo("It is of an older release: flask db upgrade, then flask doctor.")
        return
    findings = doctor.examine()
    say(findings)
    sys.exit(1 if any(finding.faults for finding in findings) else 0)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _revision(file: Path) -> str:
    """Return the revision a backup stands at.

    :raises BackupRefused: it has none, or one that this release does not know.
    """
    found = backup.column(file, "alembic_version", "version_num", _settings().pg_bin)
    if len(found) != 1:
        raise BackupRefused(f"{file} is no backup of ours: it says no revision.")
    if found[0] not in revisions.known():
        raise BackupRefused(f"{file} stands at revision {found[0]}, which this release does not know: it is of a newer one.")
    return found[0]


def _refuse_what_is_not_ours(file: Path) -> str:
    """Return a backup's revision, when it may be restored here.

    :raises BackupRefused: it is not ours, of a newer release, or a demo's where this is real life, or the other way round.
    """
    revision = _revision(file)
    stamps = {stamp in {"1", "t"} for stamp in backup.column(file, Festival.__tablename__, "is_demo", _settings().pg_bin)}
    if stamps - {_settings().demo}:
        raise BackupRefused(
            "it is a real festival's backup; the demo needs a database of its own."
            if _settings().demo
            else "it is a demo's backup; real life needs a database of its own."
        )
    return revision
