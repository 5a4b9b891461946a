"""What every test may ask for.

``app`` is a fresh application on a fresh, migrated database, once on SQLite and once on PostgreSQL, inside an app context.
``client`` and ``visitor`` talk to it; each of their requests runs in a context of its own, as on a server.
"""

import gc
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.serving import make_server

from festival.app import create_app
from festival.lib import clock
from festival.lib.settings import Settings
from tests import database as databases
from tests import routing
from tests.application import closed, letting_go, make_settings, migrate
from tests.calendars import libical
from tests.web import Browser

hypothesis.settings.register_profile("festival", deadline=None)
hypothesis.settings.load_profile("festival")
routing.remember()
# The collector looks through all that lives each time so many objects were made: for an application that a test makes anew, and
# what stays for good (modules, mappers, the tests themselves), that was a third of the run. It comes rarely now, and after the
# tests are found it leaves out what was there by then.
gc.set_threshold(100_000, 20, 20)

DIALECTS = ("sqlite", "postgresql")
#: Templates that another test has compiled, by their text: compiling them anew for each test took a tenth of the run.
_TEMPLATES = FileSystemBytecodeCache()
_RUN = pytest.StashKey[Path]()

#: What some tests need of this machine, by their mark: its name, how it is required, how it is installed.
NEEDS = {
    "browser": ("Chromium", "REQUIRE_BROWSER", "chromium fonts-noto-cjk", "pages"),
    "office": ("LibreOffice", "REQUIRE_OFFICE", "libreoffice-calc-nogui", "files for spreadsheet programs"),
    "libical": ("libical", "REQUIRE_LIBICAL", "libical3", "calendars read by libical"),
}


# -- the run ----------------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DIALECTS, help="run the tests on this database only (both are the rule)")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # this process is no worker of pytest-xdist: the run is its own
        config.stash[_RUN] = databases.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        databases.end_run(config.stash[_RUN])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _keep_one_database(config, items)
    _skip_what_cannot_run(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # what is frozen is never let go: a library would say at the end that it leaks


def _keep_one_database(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests on the database that was not asked for."""
    wanted = config.getoption("--database")
    dropped = [item for item in items if wanted and _dialect_of(item) not in {None, wanted}]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


def _dialect_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("dialect") if callspec else None


def chromium() -> str | None:
    """Return the browser of this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def soffice() -> str | None:
    """Return the spreadsheet program of this machine."""
    return next(filter(None, map(shutil.which, ("soffice", "libreoffice"))), None)


def _skip_what_cannot_run(items: list[pytest.Item]) -> None:
    """Skip tests whose program is not here, loudly; where it is required (``.ci/run``), refuse to go on."""
    for mark, is_here in (("browser", chromium()), ("office", soffice()), ("libical", libical.library())):
        needing = [item for item in items if item.get_closest_marker(mark)]
        if is_here or not needing:
            continue
        name, required, packages, _what = NEEDS[mark]
        if os.environ.get(required) == "1":
            raise pytest.UsageError(f"{required}=1, but there is no {name}. On Debian: sudo apt install {packages}")
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=f"no {name} on this machine"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, _required, packages, what in NEEDS.values():
        skipped = sum(
            1
            for report in terminalreporter.stats.get("skipped", [])
            if isinstance(report.longrepr, tuple) and f"no {name} " in report.longrepr[2]
        )
        if skipped:
            terminalreporter.write_line(
                f"NO {name.upper()}: {skipped} tests of {what} were skipped. On Debian: sudo apt install {packages}",
                red=True,
                bold=True,
            )


# -- databases ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """The database's name: every test that needs one runs on each."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[databases.Postgresql]:
    """The PostgreSQL of this run, started when first asked for."""
    server = databases.Postgresql()
    yield server
    server.close()


@pytest.fixture
def database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh, migrated database."""
    if dialect == "sqlite":
        given = databases.migrated_sqlite(tmp_path, migrate)
    else:
        server: databases.Postgresql = request.getfixturevalue("postgresql")
        given = server.migrated(migrate)
    with given as address:
        yield address


@pytest.fixture
def empty_database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a fresh database without any table."""
    if dialect == "sqlite":
        given = databases.blank_sqlite(tmp_path)
    else:
        server: databases.Postgresql = request.getfixturevalue("postgresql")
        given = server.blank()
    with given as address:
        yield address


# -- the application ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Settings of a demo without limits per IP address. Change one with ``dataclasses.replace`` and ``create_app``."""
    return make_settings(database, tmp_path)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a fresh database, in an app context."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = _TEMPLATES
    with closed(app), app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A plain client: one cookie jar, each request in a context of its own."""
    return app.test_client()


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """Somebody at a browser, not signed in. ``Browser(app)`` makes another one."""
    return Browser(app)


@pytest.fixture
def frozen() -> Iterator[Callable[[datetime], None]]:
    """Stop the festival's clock, for requests and threads too: ``frozen(datetime(2023, 6, 16, 10, tzinfo=clock.ZONE))``."""
    yield clock.freeze
    clock.freeze(None)
    clock.run_ahead(timedelta(0))


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application on a real port, served by threads of this process: ``http://127.0.0.1:<port>``."""
    server = make_server("127.0.0.1", 0, letting_go(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="server")
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(10)
    server.server_close()
