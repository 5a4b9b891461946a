"""Measures on SQLite and on PostgreSQL, side by side in one run, and prints the tables; ``--write``: into the README."""

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from bench import alone, crowd, feeds, files, gates, grown
from festival.app import create_app
from festival.lib import db as database
from festival.lib.log import quiet
from tests import database as databases
from tests.application import closed, make_settings, migrate
from tests.builders import make_festival
from tests.signups.storm import PATIENCE, Servers

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures: written by `make bench write=1` -->\n", "<!-- end of the figures -->\n"
#: As a festival runs it: every commit is on the disk before it is answered.
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


class Report:
    """Lines that are printed at once and kept."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str = "") -> None:
        print(line, flush=True)
        self.lines.append(line)

    def table(self, title: str, *columns: str) -> None:
        self.say(f"\n### {title}\n")
        self.row(*columns)
        self.row(*("---" for _ in columns))

    def row(self, *cells: object) -> None:
        self.say(f"| {' | '.join(str(cell) for cell in cells)} |")


@contextmanager
def places(dialects: list[str]) -> Iterator[Iterator[tuple[str, Flask, crowd.Place]]]:
    """Give, one database after the other: its name, the application in this process, and a server with the same database."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def each() -> Iterator[tuple[str, Flask, crowd.Place]]:
            for dialect in dialects:
                with ExitStack() as inner:
                    here = folder / dialect
                    here.mkdir()
                    if dialect == "SQLite":
                        address = inner.enter_context(databases.migrated_sqlite(here, migrate))
                        other = databases.sqlite_url(here / "one-file.sqlite3")
                    else:
                        server = databases.OwnPostgresql(**DURABLE)
                        inner.callback(server.stop)
                        address = server.address
                        migrate(address)
                        other = address.replace("postgresql+psycopg", "postgresql")
                    settings = make_settings(address, here)
                    app = create_app(settings)
                    inner.enter_context(closed(app))
                    inner.enter_context(app.app_context())
                    make_festival()
                    yield dialect, app, crowd.Place(app, Servers(settings, here, count=1), other)

        yield each()


def measure(report: Report, dialect: str, app: Flask, place: crowd.Place) -> None:
    """Measure everything on one database."""
    report.say(f"\n## {dialect}")
    rows = alone.measure(app)
    page_size = alone.page_size(app)
    place.servers.start()
    crowd.one_file.make_tables(place.one_file_address)
    try:
        with (
            crowd.one_file_server(place.one_file_address, page_size) as one_port,
            crowd.one_stack_server(place.one_file_address) as stack_port,
        ):
            report.table(
                "Sign-ups, many at once: the festival / the least with the same packages / the one file / the bare transaction",
                "For", "Clients", "per second", "of the same packages", "of the one file", "median, ms", "99th percentile, ms",
            )  # fmt: skip
            for word, clients, paces in crowd.sign_ups(place, one_port, stack_port):
                ours = paces["festival"].rate
                report.row(
                    word, clients, " / ".join(f"{pace.rate:.0f}" for pace in paces.values()),
                    f"{ours / paces['same packages'].rate:.0%}", f"{ours / paces['one file'].rate:.0%}",
                    " / ".join(f"{pace.p50:.1f}" for pace in paces.values()),
                    " / ".join(f"{pace.p99:.0f}" for pace in paces.values()),
                )  # fmt: skip
            report.table(
                f"The page of an activity, {page_size // 1000} kB, beside a bare page of that size",
                "Clients", "per second", "of the bare page", "99th percentile, ms",
            )  # fmt: skip
            for clients, paces in crowd.pages(place, "page", one_port):
                ours, theirs = paces["festival"], paces["one file"]
                rate = f"{ours.rate:.0f} / {theirs.rate:.0f}"
                report.row(clients, rate, f"{ours.rate / theirs.rate:.0%}", f"{ours.p99:.0f} / {theirs.p99:.0f}")
            report.table(
                "An unchanged poll of the programme's calendar (304) beside a bare 304",
                "Clients", "per second", "of the bare answer", "99th percentile, ms",
            )  # fmt: skip
            for clients, paces in feeds.polls(place, one_port):
                ours, theirs = paces["festival"], paces["bare"]
                rate = f"{ours.rate:.0f} / {theirs.rate:.0f}"
                report.row(clients, rate, f"{ours.rate / theirs.rate:.0%}", f"{ours.p99:.0f} / {theirs.p99:.0f}")
        report.table(
            f"Scans at the door of one activity, {gates.GATES} gates at once", "per second", "median, ms", "99th percentile, ms"
        )
        pace = gates.scans(place)
        report.row(f"{pace.rate:.0f}", f"{pace.p50:.1f}", f"{pace.p99:.0f}")
        report.table("The next sign-up, when so many have signed up for the same activity", "Sign-ups there", "ms")
        for size, taken in grown.costs(place):
            report.row(f"{size:,}", f"{taken:.1f}")
    finally:
        place.servers.kill()
    report.table(
        f"A list of {files.ROWS:,} sign-ups taken away (goal: CSV 0.5 s, Excel 2 s of CPU)",
        "File", "CPU, s", "bytes", "memory at most, MB", "for a quarter of the rows, MB",
    )  # fmt: skip
    for cost in files.costs(app):
        report.row(cost.name, f"{cost.seconds:.2f}", f"{cost.size:,}", f"{cost.peak / 1e6:.1f}", f"{cost.quarter / 1e6:.1f}")
    report.table("One visitor alone, in one process", "What", "ms", "a bare Flask answer of that size, ms")
    for name, taken, least in rows:
        report.row(name, f"{taken:.1f}", "" if least is None else f"{least:.2f}")
    cold, warm = feeds.thousand(app)
    report.row(f"calendar of {feeds.SLOTS:,} slots, built from nothing", f"{cold:.0f}", "")
    report.row(f"calendar of {feeds.SLOTS:,} slots, given again", f"{warm:.2f}", "")


def write(lines: list[str]) -> None:
    """Put the figures into the README."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n" + "\n".join(lines).strip() + f"\n\n{END}{after}")


def main() -> None:
    """Measure on both databases."""
    options = argparse.ArgumentParser(prog="make bench")
    options.add_argument("--write", action="store_true", help="write the figures into bench/README.md")
    options.add_argument("--database", choices=["SQLite", "PostgreSQL"], help="measure on this one only")
    given = options.parse_args()
    report, begun = Report(), time.monotonic()
    database.LOCK_SECONDS = PATIENCE  # what fills the tables waits for the server, which delivers messages meanwhile
    run = databases.begin_run()
    try:
        with quiet(), places([given.database] if given.database else ["SQLite", "PostgreSQL"]) as each:
            report.say(f"Python {platform.python_version()}, {platform.system()}; medians of {crowd.ROUNDS} rounds.")
            for dialect, app, place in each:
                measure(report, dialect, app, place)
    finally:
        databases.end_run(run)
    report.say(f"\nMeasured in {time.monotonic() - begun:.0f} seconds.")
    if given.write:
        write(report.lines)


if __name__ == "__main__":
    main()
