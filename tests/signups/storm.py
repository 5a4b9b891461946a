"""Storms: server processes of the real application on one database, and browsers in other processes against them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from festival.accounts.access import BROWSER_KEY, SESSION_KEY
from festival.accounts.models import Account, AccountKind, SignInSession
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.lib.settings import Settings
from tests.database import ROOT

CLIENT = Path(__file__).with_name("storm_client.py")
#: Seconds for a server to start, or for a storm to end, on a busy machine.
PATIENCE = 120
#: The built-in server as it is, but for the patience of its writers.
SERVER = f"""
import runpy
from festival.lib import db
db.LOCK_SECONDS = {PATIENCE}
runpy.run_path("wsgi.py", run_name="__main__")
"""
Plan = dict[str, Any]
_FIRED = re.compile(r"^festival_guard_fired_total\{.*\} (\S+)$", re.MULTILINE)


# -- the servers ----------------------------------------------------------------------------------------------------------------


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Servers:
    """Several processes of the built-in server on one database, each on a port of its own.

    Their writers wait longer for one another than in real life (PATIENCE seconds): a storm asks whether the answers are right,
    also on a machine so busy that real life would have answered 503 and asked to press again.
    """

    def __init__(self, settings: Settings, folder: Path, count: int = 2) -> None:
        self._settings = settings
        self._folder = folder
        self.ports = [free_port() for _ in range(count)]
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start every process and wait until all of them answer."""
        for number, port in enumerate(self.ports):
            with (self._folder / f"server-{number}.log").open("ab") as log:
                self._running.append(
                    subprocess.Popen(
                        [sys.executable, "-c", SERVER], cwd=ROOT, env=self._environment(port), stdout=log, stderr=log
                    )
                )
        for port in self.ports:
            self._wait_for(port)

    def _environment(self, port: int) -> dict[str, str]:
        settings = self._settings
        return os.environ | {
            "FESTIVAL_DEMO": "1",
            "FESTIVAL_DATA": str(self._folder),
            "DATABASE_URL": settings.database_url,
            "SECRET_KEY": settings.secret_key,
            "CALENDAR_KEY": settings.calendar_key,
            "DATA_KEYS": ",".join(settings.data_keys),
            "RATELIMIT_ENABLED": "0",
            "PORT": str(port),
            "BASE_URL": f"http://127.0.0.1:{port}",
        }

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert all(server.poll() is None for server in self._running), self.logs()[-3000:]
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
            time.sleep(0.05)
        raise TimeoutError(self.logs()[-3000:])

    def kill(self) -> None:
        """End every process at once, as a power cut or the kernel would: kill -9."""
        for server in self._running:
            server.send_signal(signal.SIGKILL)
        for server in self._running:
            server.wait(PATIENCE)
        self._running.clear()

    def logs(self) -> str:
        """Return what the processes printed."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("server-*.log")))

    def guards_fired(self) -> int:
        """Return how often a guard of the database had to refuse what the code above it let through."""
        fired = 0
        for port in self.ports:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                fired += sum(int(float(count)) for count in _FIRED.findall(answer.read().decode()))
        return fired


# -- the browsers ---------------------------------------------------------------------------------------------------------------


def signed_in(app: Flask, count: int) -> list[tuple[int, str]]:
    """Return so many people, signed in: each account's id, and the cookie of its browser. Needs an app context."""
    at = clock.wall()
    keys = [tokens.new_token() for _ in range(count)]
    with transaction():
        people = [Account(kind=AccountKind.PERSON, name="", created_at=at) for _ in keys]
        db.session.add_all(people)
        db.session.flush()
        db.session.add_all(
            SignInSession(account_id=person.id, key_digest=tokens.digest(key), created_at=at, last_seen_at=at)
            for person, key in zip(people, keys, strict=True)
        )
        ids = [person.id for person in people]
    return [(person_id, new_cookie(app, {SESSION_KEY: key})) for person_id, key in zip(ids, keys, strict=True)]


def new_cookie(app: Flask, more: dict[str, object]) -> str:
    """Return the cookie of a browser that has opened a form before."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # the default interface has it
    assert isinstance(serializer, URLSafeTimedSerializer)
    content = {BROWSER_KEY: tokens.new_token(), "_permanent": True} | more
    return f"{app.config['SESSION_COOKIE_NAME']}={serializer.dumps(content)}"


@dataclass(frozen=True)
class Answer:
    """What one browser was told of one act. Times are of the machine's monotonic clock, in seconds."""

    name: str
    number: int
    act: str
    status: int | str
    location: str = ""
    code: str = ""
    sent: float = 0
    answered: float = 0
    why: str = ""


@dataclass
class Storm:
    """A storm while it runs."""

    _clients: list[subprocess.Popen[str]]
    answers: list[Answer] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _said: dict[str, int] = field(default_factory=lambda: {"ready": 0, "done": 0})

    def _read(self, client: subprocess.Popen[str]) -> None:
        assert client.stdout is not None
        for line in client.stdout:
            with self._changed:
                if line.strip() in self._said:
                    self._said[line.strip()] += 1
                else:
                    self.answers.append(Answer(**json.loads(line)))
                self._changed.notify_all()

    def _wait_for(self, what: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._said[what] == len(self._clients), PATIENCE), (
                f"never {what}: {self.answers}"
            )

    def _tell(self, line: str) -> None:
        for client in self._clients:
            assert client.stdin is not None
            client.stdin.write(f"{line}\n")
            client.stdin.flush()

    def begin(self, plans: list[Plan]) -> None:
        """Share the browsers out over the processes, have each fetch its form, and start them all at once."""
        for number, client in enumerate(self._clients):
            self._readers.append(threading.Thread(target=self._read, args=(client,)))
            self._readers[-1].start()
            assert client.stdin is not None
            client.stdin.write(json.dumps(plans[number :: len(self._clients)]) + "\n")
            client.stdin.flush()
        self._wait_for("ready")
        self._tell("go")

    def wait_for_answers(self, count: int) -> None:
        """Return when so many answers have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answered) >= count, PATIENCE), self.answers

    def wait_until_still(self, count: int) -> None:
        """Return when so many acts are answered or broken off: after a fault, when every browser stands still."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.answers) >= count, PATIENCE), self.answers

    def go_on(self) -> None:
        """Let the browsers go on after a fault."""
        self._tell("on")

    def end(self) -> None:
        """Wait until every browser has done all its acts."""
        self._wait_for("done")

    @property
    def answered(self) -> list[Answer]:
        """The acts that were answered, in the order of their answers."""
        return sorted((one for one in self.answers if one.status != "unknown"), key=lambda one: one.answered)

    @property
    def unknown(self) -> list[Answer]:
        """The acts of which nobody knows, because the connection broke."""
        return [one for one in self.answers if one.status == "unknown"]

    def statuses(self) -> dict[str, list[int | str]]:
        """Return the statuses that each kind of act was answered with, each once."""
        found: dict[str, set[int | str]] = {}
        for one in self.answered:
            found.setdefault(one.act, set()).add(one.status)
        return {act: sorted(statuses, key=str) for act, statuses in sorted(found.items())}


@contextmanager
def storm(plans: list[Plan], processes: int = 4) -> Iterator[Storm]:
    """Have browsers in several processes do their acts; ends them all at the end of the block."""
    clients = [
        subprocess.Popen([sys.executable, str(CLIENT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    running = Storm(clients)
    try:
        running.begin(plans)
        yield running
    finally:
        for client in clients:
            client.kill()
        for reader in running._readers:
            reader.join(10)
        for client in clients:
            with client:
                pass


def overtaken(answers: Iterable[Answer], rank: dict[str, int]) -> list[tuple[str, str]]:
    """Return pairs of sign-ups (by code) where one was sent after the other had been answered and still stands before it."""
    done = sorted(answers, key=lambda one: one.answered)
    return [
        (earlier.code, later.code)
        for earlier in done
        for later in done
        if earlier.answered < later.sent and rank[earlier.code] > rank[later.code]
    ]
