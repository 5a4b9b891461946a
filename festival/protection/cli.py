"""Commands about people's data."""

import csv
import io
from datetime import datetime, timedelta

import click
from flask.cli import AppGroup

from festival.accounts.queries import activity_id_of, staff_named
from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import transaction
from festival.protection import queries
from festival.protection.purging import purge

privacy_cli = AppGroup("privacy", help="People's data.")


@privacy_cli.command("purge")
def purge_command() -> None:
    """Delete whatever was kept long enough; the worker does it each night. Interrupted, the next one goes on."""
    run = purge(lambda key, number: click.echo(f"  {key}: {number}"))
    total = sum(count.number for count in run.counts)
    click.echo(f"Purge {run.id} is done: {total} rows cleared.")


@privacy_cli.command("affected")
@click.option("--since", required=True, help="2023-06-17, or 2023-06-17T14:00 (Beijing time).")
@click.option("--until", help="Likewise; a day is meant to its end. Without it: now.")
@click.option("--activity", "slug", help="Only data of this activity.")
@click.option("--staff", "staff_name", help="Only what this member of staff saw or took.")
@click.option("--everybody", is_flag=True, help="All who had signed up by then: the database itself, or a backup, got out.")
def affected_command(since: str, until: str | None, slug: str | None, staff_name: str | None, everybody: bool) -> None:  # noqa: FBT001  # click
    """List whom a breach concerns, as CSV: account, how they are reached, language, and which acts it was. It is recorded."""
    begin, end = _instant(since), _instant(until, is_end=True) if until else clock.wall()
    activity_id = activity_id_of(slug) if slug else None
    member = staff_named(staff_name) if staff_name else None
    if slug and activity_id is None:
        raise click.ClickException(f"There is no activity {slug!r}.")
    if staff_name and member is None:
        raise click.ClickException(f"There is no member of staff called {staff_name!r}.")
    found = queries.affected(begin, end, activity_id=activity_id, actor_id=member.id if member else None, is_everybody=everybody)
    with transaction():
        record(
            "privacy.affected",
            "activity",
            activity_id or 0,
            actor_id=None,
            activity_id=activity_id,
            changes=f"people={len(found)} since={begin.isoformat()} until={end.isoformat()}",
        )
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["account", "contact", "language", "acts"])
    for one in found:
        writer.writerow([one.account_id, " ".join(one.contacts), one.locale, " ".join(one.acts)])
    click.echo(file.getvalue(), nl=False)


def _instant(typed: str, *, is_end: bool = False) -> datetime:
    try:
        at = datetime.fromisoformat(typed)
    except ValueError as error:
        raise click.ClickException(f"{typed!r} is no day or time such as 2023-06-17 or 2023-06-17T14:00.") from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=clock.ZONE)
    return at + timedelta(days=1) if is_end and len(typed) == len("2023-06-17") else at
