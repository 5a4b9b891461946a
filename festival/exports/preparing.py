"""Long lists are made beside the request: the page that waits says how far it is, with or without script.

The work is the very request for the file, made once more on the reader's behalf in a thread: the same rights are asked, the same
row is written to the audit trail. What comes of it lies sealed in the data folder for a quarter of an hour, whichever process of
the server is asked next; nothing of it is in the database.
"""

import io
import json
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask

from festival.lib import clock, sealing, tokens
from festival.lib.log import log
from festival.lib.settings import Settings

#: From so many rows on a list is made beside the request.
LONG = 5_000
#: Rows between two looks at how far it is.
STEP = 250
#: Seconds that a file is kept, and after which a job that says nothing has died.
KEPT, SILENT = 15 * 60, 60
#: Lists made at the same time by one process; others wait their turn.
_AT_ONCE = threading.Semaphore(2)
#: Told how many rows have gone by, inside a job.
_listener: ContextVar["Job | None"] = ContextVar("preparing", default=None)


@dataclass(frozen=True, slots=True)
class State:
    """How far a list is."""

    what: str
    activity_id: int
    account_id: int
    #: Rows that it will have, about.
    total: int
    done: int = 0
    #: ``working``, ``ready`` or ``failed``.
    stage: str = "working"
    #: The headers of the file, once it is ready.
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def percent(self) -> int:
        """How much is done; a file that is being closed is not ready."""
        return 100 if self.stage == "ready" else min(99, 100 * self.done // max(1, self.total))


class Job:
    """One list on its way: a state that any process can read, and a sealed file in the end."""

    def __init__(self, folder: Path, code: str, state: State) -> None:
        self._folder, self._code, self.state = folder, code, state
        self._write()

    def note(self, done: int) -> None:
        """Say how many rows have gone by."""
        self._become(done=done)

    def finish(self, content: bytes, headers: Mapping[str, str]) -> None:
        """Put the file down."""
        path = _file(self._folder, self._code)
        path.touch(mode=0o600)
        path.write_bytes(sealing.seal(content, f"export:{self._code}"))
        kept = tuple((name, headers[name]) for name in ("Content-Type", "Content-Disposition"))
        self._become(stage="ready", headers=kept)

    def fail(self) -> None:
        """Say that nothing comes of it."""
        self._become(stage="failed")

    def _become(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self._write()

    def _write(self) -> None:
        draft = _path(self._folder, self._code).with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self.state)), encoding="utf-8")
        draft.replace(_path(self._folder, self._code))  # nobody reads half a state


def note(done: int) -> None:
    """Tell whoever waits how many rows have gone by; outside a job nobody waits."""
    job = _listener.get()
    if job is not None and done % STEP == 0:
        job.note(done)


def finished(done: int) -> None:
    """Tell whoever waits how many rows there are."""
    job = _listener.get()
    if job is not None:
        job.note(done)


def begin(app: Flask, state: State, environ: Mapping[str, Any]) -> str:
    """Begin to make a list; return the code by which it is asked for.

    :param environ: the WSGI environment of a request for its file.
    """
    folder = _folder(app)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    clean(app)
    code = tokens.new_code()
    job = Job(folder, code, state)
    threading.Thread(target=_run, args=(app, job, dict(environ)), name="export", daemon=True).start()
    return code


def _run(app: Flask, job: Job, environ: dict[str, Any]) -> None:
    with _AT_ONCE:
        _listener.set(job)  # the thread's own context
        try:
            with app.request_context({**environ, "wsgi.input": io.BytesIO()}):
                response = app.full_dispatch_request()
                response.direct_passthrough = False
                content = response.get_data()
                response.close()
                if response.status_code == HTTPStatus.OK:
                    job.finish(content, dict(response.headers))
                else:
                    job.fail()
        except Exception:  # noqa: BLE001  # whoever waits must hear of it, whatever it was
            log.exception("list not prepared", what=job.state.what)
            job.fail()


def state_of(app: Flask, code: str, activity_id: int, account_id: int) -> State | None:
    """Return how far a list is; None: there is none, it is over, or it is somebody else's."""
    path = _path(_folder(app), code)
    try:
        age = clock.wall().timestamp() - path.stat().st_mtime
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    state = State(**read | {"headers": tuple((name, value) for name, value in read["headers"])})
    if age > KEPT or (state.activity_id, state.account_id) != (activity_id, account_id):
        return None
    return replace(state, stage="failed") if state.stage == "working" and age > SILENT and state.done else state


def content_of(app: Flask, code: str) -> bytes | None:
    """Return a list that is ready; None: it is over."""
    try:
        return sealing.unseal(_file(_folder(app), code).read_bytes(), f"export:{code}")
    except (OSError, sealing.SealBroken):
        return None


def clean(app: Flask) -> None:
    """Delete what is older than a quarter of an hour."""
    for path in _folder(app).glob("*"):
        try:
            if clock.wall().timestamp() - path.stat().st_mtime > KEPT:
                path.unlink()
        except OSError:
            continue  # another process was first


def start(app: Flask) -> None:
    """Have the built-in server delete old files beside it."""
    app.extensions.setdefault("background", []).append(run)


def run(app: Flask, stopping: threading.Event) -> None:
    """Delete old files each minute until the event is set."""
    while not stopping.wait(60):
        clean(app)


def _folder(app: Flask) -> Path:
    settings: Settings = app.extensions["settings"]
    return settings.data_folder / "exports"


def _path(folder: Path, code: str) -> Path:
    return folder / f"{code}.json"


def _file(folder: Path, code: str) -> Path:
    return folder / f"{code}.sealed"
