"""Many clients at once, as a process of its own: ``python -m bench.load``.

It reads one JSON line: ``port`` and ``clients``, each a list of requests as they go over the wire. Every client has one
connection (a new one behind each answer that ends it) and sends its requests one after the other; all begin at the same
moment. It prints one JSON line: the seconds from the first request to the last answer, and of each request status and
milliseconds.
"""

import json
import socket
import sys
import threading
import time

#: An answer without a body, whatever its length says.
UNCHANGED = 304


def exchange(connection: socket.socket, request: bytes) -> int:
    """Send one request and read its answer to the end; return the status."""
    connection.sendall(request)
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += _more(connection)
    head, body = seen.split(b"\r\n\r\n", 1)
    status = int(head.split(b" ", 2)[1])
    lengths = (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    left = (0 if status == UNCHANGED else next(lengths)) - len(body)
    while left > 0:
        left -= len(_more(connection))
    return status


def _connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _more(connection: socket.socket) -> bytes:
    read = connection.recv(65536)
    if not read:
        raise ConnectionError
    return read


def run(port: int, clients: list[list[bytes]]) -> tuple[float, list[tuple[int, float]]]:
    """Let the clients send their requests; return the seconds it took, and of each request status and milliseconds."""
    start = threading.Barrier(len(clients) + 1)
    answered: list[tuple[int, float]] = []

    def client(requests: list[bytes]) -> None:
        connection = _connected(port)
        start.wait()
        for request in requests:
            sent = time.perf_counter()
            status = exchange(connection, request)
            if status == UNCHANGED:  # the server closes behind it
                connection.close()
                connection = _connected(port)
            answered.append((status, (time.perf_counter() - sent) * 1000))
        connection.close()

    threads = [threading.Thread(target=client, args=(requests,)) for requests in clients]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, answered


if __name__ == "__main__":
    plan = json.loads(sys.stdin.readline())
    print(json.dumps(run(plan["port"], [[request.encode() for request in client] for client in plan["clients"]])))
