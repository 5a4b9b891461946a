"""One request to a gateway, which gets so many seconds in all and no more."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit


class Undelivered(Exception):  # noqa: N818  # may go well at the next try
    """The parcel did not leave. The words are for the log: no address, no text."""


@contextmanager
def within(seconds: float, line: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Break a line off when the block takes longer: a time-out of the socket begins anew with each byte that trickles in.

    :raises TimeoutError: it did.
    """
    is_broken = threading.Event()

    def break_off() -> None:
        is_broken.set()
        with suppress(OSError):
            if (found := line()) is not None:
                found.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, break_off)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if is_broken.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()


def post(url: str, body: bytes, headers: Mapping[str, str], patience: float) -> tuple[int, bytes]:
    """Post something; return status and body of the answer. Redirects are not followed.

    :param patience: seconds until the answer must be there.
    :raises Undelivered: there was none, or it came too late.
    """
    address = urlsplit(url)
    connect = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    try:
        with closing(connect(address.netloc, timeout=patience)) as connection, within(patience, lambda: connection.sock):
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(_MOST)
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(type(error).__name__) from error


#: Bytes of an answer that are read.
_MOST = 64 * 1024
