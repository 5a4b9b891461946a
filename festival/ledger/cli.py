"""Commands for whoever keeps the books."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext

from festival.ledger import doctor
from festival.ledger.doctor import Finding


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
