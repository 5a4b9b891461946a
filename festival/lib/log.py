"""Logs: one event per line, ids and never names, numbers, addresses or tokens."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

#: The private feed's token and codes are secrets in an address: never in a log line.
_SECRET_PATHS = re.compile(r"(/cal/u/|/c/|/sign-ups/|/invited/|/manage/welcome/)[A-Za-z0-9_.-]+")


def redact(path: str) -> str:
    """Return a path as it may stand in a log: secrets replaced by ``…``."""
    return _SECRET_PATHS.sub(r"\1…", path)


def set_up(*, debug: bool = False) -> None:
    """Send structlog and the standard library's logging to standard error, one line per event."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    for chatty in ("alembic", "procrastinate"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False) if debug else structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Log nothing below a warning inside the block: a demo's thousands of sign-ups are no news."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=before)


log = structlog.get_logger()
