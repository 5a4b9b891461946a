"""A mail server on this machine that keeps what arrives."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller

from festival.lib.settings import Mail, MailBackend
from festival.outbox.gateways import SmtpMail

SENDER = "河西人才节 <no-reply@hexi.example>"


class Inbox:
    """What arrives by SMTP; refuses the first ``failures``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrived: list[tuple[str, list[str], bytes]] = []
        self.failures = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        if self.failures:
            self.failures -= 1
            return "451 4.3.0 try again later"
        self.arrived.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def open_inbox() -> Iterator[Inbox]:
    """Open a mail server until the block ends."""
    inbox = Inbox(free_port())
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    controller.start()
    yield inbox
    controller.stop()


def mailer(port: int) -> SmtpMail:
    """Return a way out to such a server."""
    return SmtpMail(Mail(backend=MailBackend.SMTP, server="127.0.0.1", port=port, use_tls=False, sender=SENDER))
