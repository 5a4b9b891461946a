"""Commands about the audit trail."""

import re

import click
from flask.cli import AppGroup

from festival.audit.chain import Break, Verdict, seal_due, verify
from festival.lib.format import iso

audit_cli = AppGroup("audit", help="The audit trail.")

_HEAD = re.compile(r"(\d{1,9}):([0-9a-f]{64})")
_WORDS = {
    Break.MISSING: "entry number {number} is not there: it was removed.",
    Break.ALTERED: "entry number {number} (id {id}) is not what was sealed.",
    Break.FORGOTTEN: "the seal noted for number {number} is not in the chain: the chain was cut, or made anew.",
}


@audit_cli.command("seal")
def seal() -> None:
    """Number and seal what was recorded since the last time. The worker does it three times a minute."""
    click.echo(f"{seal_due()} entries sealed.")


@audit_cli.command("verify")
@click.option("--head", "noted", help="NUMBER:SEAL as an earlier run printed it: it must still stand in the chain.")
def verify_command(noted: str | None) -> None:
    """Walk along the chain; name the first link that does not hold, and end with 1 then."""
    wanted = _HEAD.fullmatch(noted) if noted is not None else None
    if noted is not None and wanted is None:
        raise click.ClickException("--head is NUMBER:SEAL, as this command prints it.")
    found = verify((int(wanted[1]), wanted[2]) if wanted else None)
    for line in report(found):
        click.echo(line)
    if found.broken is not None:
        raise SystemExit(1)


def report(found: Verdict) -> list[str]:
    """Return what a look along the chain saw, one line each."""
    lines = [f"{found.sealed} entries sealed, up to {found.number}:{found.seal}"]
    if found.unsealed:
        since = iso(found.oldest_unsealed_at) if found.oldest_unsealed_at else "?"
        lines.append(f"{found.unsealed} entries not sealed yet, the oldest of {since}")
    if found.broken is None:
        lines.append("Every link holds.")
    else:
        lines.append("BROKEN: " + _WORDS[found.broken].format(number=found.broken_number, id=found.broken_id))
    return lines
