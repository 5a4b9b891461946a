"""Commands: the worker, and what became of jobs."""

import json
import signal
import threading

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from festival.jobs import runner, standing
from festival.lib.db import db, transaction

jobs_cli = AppGroup("jobs", help="What is done after the answer, or when its time has come.")


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # each job has a context of its own
    return app


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@with_appcontext
def worker_command(*, once: bool) -> None:
    """Deliver messages, and do what time makes due, until stopped: the process beside a server of several workers.

    SIGTERM and Ctrl-C end it after what it is doing. On PostgreSQL several share the work, on as many machines as you like; on
    SQLite one works and the others stand by.
    """
    app = _app()
    db.session.rollback()
    if once:
        runner.drain(app)
        return
    stopping = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda _signal, _frame: stopping.set())
    click.echo("The worker runs.")
    runner.run(app, stopping)
    click.echo("The worker has stopped.")


@jobs_cli.command("show")
def show() -> None:
    """Say how the queues stand, and which jobs failed for good."""
    found = standing.figures()
    click.echo(f"{found.waiting} waiting, {found.running} running, {found.failed} failed")
    click.echo("Somebody works on them." if found.is_worked else "NOBODY works on them: start flask worker.")
    for one in standing.dead_letters():
        click.echo(f"failed: {one.id} {one.name} {json.dumps(dict(one.args), ensure_ascii=False)} after {one.tries} tries")


@jobs_cli.command("again")
def again() -> None:
    """Try everything once more that failed for good."""
    with transaction():
        count = standing.try_again()
    click.echo(f"Jobs tried again: {count}")
