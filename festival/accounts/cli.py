"""Commands about staff."""

import click
from flask import current_app
from flask.cli import AppGroup

from festival.accounts import matrix, queries, staff
from festival.accounts.models import Account
from festival.accounts.rules import Role
from festival.lib.db import transaction

staff_cli = AppGroup("staff", help="Staff accounts.")


@staff_cli.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--activity", "slug", help="Slug of the one activity the role is held for; else the whole festival.")
def add(name: str, role: str, slug: str | None) -> None:
    """Make a member of staff, or give one another role; prints a one-time link that sets the password."""
    try:
        with transaction():
            token = staff.add_staff(name, Role(role), activity_slug=slug)
    except staff.StaffError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    _print_link(token)


@staff_cli.command("link")
@click.argument("name")
def link(name: str) -> None:
    """Print a new one-time link for a member of staff; older ones end."""
    with transaction():
        token = staff.new_link(_named(name), actor_id=None)
    _print_link(token)


@staff_cli.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Let a member of staff in no more."""
    with transaction():
        staff.disable(_named(name), actor_id=None)
    click.echo(f"{name} is signed out everywhere and cannot sign in.")


@staff_cli.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled member of staff in again."""
    with transaction():
        staff.enable(_named(name), actor_id=None)
    click.echo(f"{name} can sign in.")


@staff_cli.command("list")
def list_() -> None:
    """List staff: name, roles, and what stands in the way of signing in."""
    members = queries.all_staff()
    titles = queries.activity_titles("en", [grant.activity_id for one in members for grant in one.roles if grant.activity_id])
    for one in members:
        roles = [
            f"{grant.role} of {titles.get(grant.activity_id, '?')}" if grant.activity_id else grant.role for grant in one.roles
        ]
        notes = [] if one.password_hash else ["no password yet"]
        notes += ["disabled"] if one.disabled_at else []
        notes += ["second factor"] if one.totp_sealed else []
        click.echo("\t".join([one.staff_name or "", ", ".join(roles), ", ".join(notes)]))


@staff_cli.command("matrix")
def matrix_command() -> None:
    """Write docs/roles.md anew: who may open which page."""
    matrix.FILE.write_text(matrix.page(current_app), encoding="utf-8")
    click.echo(f"{matrix.FILE} is as the code is.")


def _named(name: str) -> Account:
    account = queries.staff_named(name)
    if account is None:
        raise click.ClickException(f"There is no member of staff called {name!r}.")
    return account


def _print_link(token: str) -> None:
    click.echo("Open this once, within 24 hours, to set the password:")
    click.echo(f"{current_app.config['BASE_URL']}/manage/welcome/{token}")
