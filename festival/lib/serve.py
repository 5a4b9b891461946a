"""The built-in server: waitress, which idle or slow clients do not stop."""

import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable

from flask import Flask
from waitress import create_server
from waitress.server import BaseWSGIServer, MultiSocketServer

from festival.lib.settings import Settings

#: Requests answered at the same time; further ones queue.
THREADS = 8
#: Open connections, idle ones included.
CONNECTIONS = 1000
#: Seconds a background job gets to end.
PATIENCE = 10

#: A job that runs beside the server until the event is set. Whoever has one appends it to ``app.extensions["background"]``.
Background = Callable[[Flask, threading.Event], None]


def serve(app: Flask, settings: Settings) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit status."""
    try:
        server = _listen(app, settings)
    except OSError as error:
        print(_cannot_listen(error, settings), file=sys.stderr)
        return 1
    threads = server.task_dispatcher
    app.extensions["is_crowded"] = lambda: bool(threads.queue) or threads.active_count > 0  # somebody waits for an answer
    stopping = threading.Event()
    jobs = [
        threading.Thread(target=job, args=(app, stopping), name=getattr(job, "__name__", "background"))
        for job in app.extensions.get("background", [])
    ]
    for job in jobs:
        job.start()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, _stop)
    print(_where_to_go(settings), flush=True)
    try:
        server.run()  # returns on SystemExit, after the running requests
    finally:
        stopping.set()
        for job in jobs:
            job.join(PATIENCE)
    print("Stopped.", flush=True)
    return 0


def _listen(app: Flask, settings: Settings) -> BaseWSGIServer | MultiSocketServer:
    """Bind the address.

    :raises OSError: it is taken, or not ours.
    """
    return create_server(
        app,
        host=settings.host,
        port=settings.port,
        threads=THREADS,
        connection_limit=CONNECTIONS,
        asyncore_use_poll=True,
        ident=None,  # no Server header
        # The application believes X-Forwarded-* of so many proxies as it is told (TRUSTED_PROXIES); with none, nobody's.
        clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
    )


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit


def _cannot_listen(error: OSError, settings: Settings) -> str:
    """Say in one line why the server cannot listen, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {settings.port} is in use. Stop what runs there, or choose another: PORT={settings.port + 1} make run"
    if error.errno in {errno.EADDRNOTAVAIL, errno.EACCES} or isinstance(error, socket.gaierror):
        return f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another HOST or PORT."
    raise error


def _where_to_go(settings: Settings) -> str:
    """Return the lines that greet the person who started the server."""
    at = settings.base_url
    lines = [
        "",
        f"  首届河西人才节   {at}/",
        f"  In English      {at}/en/",
        f"  Organizers      {at}/manage/sign-in",
    ]
    if settings.demo:
        lines += [
            "                  name: admin, organizer, organizer-forum, reviewer, steward or auditor",
            f"                  password of each: {settings.demo_staff_password}",
            f"  Messages sent   {at}/demo/messages   (sign-in codes too; demo mode)",
            f"  Demo guide      {at}/demo   (move to the mixer, the fair, the evening of the show …)",
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops the server.", ""])
