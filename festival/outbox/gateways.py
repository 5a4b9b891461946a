"""The ways out: console, file, SMTP, signed HTTP or Aliyun for text messages, and the demo's mailbox.

Each sends one parcel or raises ``Undelivered``. They are called outside any write transaction and give up after ``PATIENCE``.
"""

import hashlib
import hmac
import json
import secrets
import smtplib
import ssl
import sys
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Protocol

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.settings import Mail, MailBackend, Settings, Sms, SmsBackend
from festival.outbox.aliyun import AliyunSms
from festival.outbox.models import DemoMail
from festival.outbox.posting import Undelivered, post, within
from festival.outbox.rules import Attachment, Medium, Parcel

#: Seconds a gateway may take.
PATIENCE = 10
#: What a calendar object is called where it hangs on a mail as a file.
INVITE_NAME = "invite.ics"
#: Who mails come from where the settings name nobody: what a folder or the demo keeps.
NOBODY = "festival@localhost"


class Gateway(Protocol):
    """A way out for parcels of one medium."""

    #: A real telephone rings at the other end: quiet hours hold.
    rings: bool

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Send one parcel.

        :raises Undelivered: it did not leave.
        """


def gateways(settings: Settings) -> Mapping[Medium, Gateway]:
    """Return the ways out that the settings ask for; the demo has one, its mailbox."""
    if settings.demo:
        mailbox = DemoMailbox()
        return {Medium.SMS: mailbox, Medium.MAIL: mailbox}
    return {Medium.SMS: _sms(settings), Medium.MAIL: _mail(settings)}


def _sms(settings: Settings) -> Gateway:
    if settings.sms.backend is SmsBackend.HTTP:
        return HttpSms(settings.sms)
    if settings.sms.backend is SmsBackend.ALIYUN:
        return AliyunSms(settings.sms, PATIENCE)
    if settings.sms.backend is SmsBackend.FILE:
        return FileGateway(settings.data_folder / "outbox", rings=True)
    return ConsoleGateway(rings=True)


def _mail(settings: Settings) -> Gateway:
    if settings.mail.backend is MailBackend.SMTP:
        return SmtpMail(settings.mail)
    if settings.mail.backend is MailBackend.FILE:
        return FileGateway(settings.data_folder / "outbox", rings=False)
    return ConsoleGateway(rings=False)


class ConsoleGateway:
    """Prints each message: for somebody who tries the system without any gateway."""

    def __init__(self, *, rings: bool) -> None:
        self.rings = rings

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Print it to standard output, not to the log: the log keeps no words and no addresses."""
        sys.stdout.write(f"[{parcel.medium} {message_id} {kind}] {parcel.to}: {parcel.text}\n")
        sys.stdout.flush()


class FileGateway:
    """Writes each message into a folder of its owner's: mails as .eml, text messages as .json."""

    def __init__(self, folder: Path, *, rings: bool) -> None:
        self._folder = folder
        self.rings = rings

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Write one file; a repeated message writes the same one again."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stem = self._folder / f"{message_id:08d}-{kind}-{parcel.medium}"
        try:
            if parcel.medium is Medium.MAIL:
                stem.with_suffix(".eml").write_bytes(letter(parcel, NOBODY, message_id).as_bytes())
            else:
                line = {"to": parcel.to, "text": parcel.text}
                stem.with_suffix(".json").write_text(json.dumps(line, ensure_ascii=False), encoding="utf-8")
        except OSError as error:
            raise Undelivered(type(error).__name__) from error


def letter(parcel: Parcel, sender: str, message_id: int) -> EmailMessage:
    """Return a parcel as a mail: plain text, HTML and a calendar object beside it, attachments. No header takes a line break.

    A calendar object stands there twice, as mail programs want it: as an alternative with its method, which Outlook and
    Apple Mail act on, and as a file for those that do not (RFC 6047 2.4).

    The same message has the same Message-ID at each try, so that a mailbox can tell a repetition.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = parcel.to
    mail["Subject"] = parcel.subject
    mail["Date"] = formatdate(clock.wall().timestamp(), usegmt=True)
    domain = sender.rpartition("@")[2].strip("> ") or "localhost"
    same = hashlib.sha256(f"{message_id} {parcel.to}".encode()).hexdigest()[:24]
    mail["Message-ID"] = make_msgid(same, domain) if not message_id else f"<{same}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(parcel.text)
    if parcel.html:
        mail.add_alternative(parcel.html, subtype="html")
    if parcel.invite is not None:
        words = parcel.invite.content
        mail.add_alternative(words, subtype="calendar", cte="base64", params={"method": parcel.invite.method})
        mail.add_attachment(words.encode(), maintype="application", subtype="ics", filename=INVITE_NAME)
    for attachment in parcel.attachments:
        _main, _slash, subtype = attachment.content_type.partition(";")[0].partition("/")
        mail.add_attachment(attachment.content, subtype=subtype or "plain", filename=attachment.name)
    return mail


def _files(parcel: Parcel) -> tuple[Attachment, ...]:
    """Return what hangs on a mail, the calendar object too."""
    if parcel.invite is None:
        return parcel.attachments
    content_type = f"text/calendar; charset=utf-8; method={parcel.invite.method}"
    return (*parcel.attachments, Attachment(INVITE_NAME, content_type, parcel.invite.content))


class SmtpMail:
    """Hands mail to an SMTP server: TLS from the first byte on, or by STARTTLS; certificates are checked."""

    rings = False

    def __init__(self, settings: Mail, patience: float = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:  # noqa: ARG002  # the port's signature
        """Send one mail in a connection of its own."""
        settings, is_taken = self._settings, False
        try:
            with self._connected() as server, within(self._patience, lambda: server.sock):
                if settings.use_tls and not settings.use_ssl:
                    server.starttls(context=ssl.create_default_context())
                if settings.username:
                    server.login(settings.username, settings.password)
                server.send_message(letter(parcel, settings.sender, message_id))
                is_taken = True
        except (OSError, smtplib.SMTPException) as error:
            if not is_taken:  # a server that took the mail and then stumbles over the farewell has it all the same
                raise Undelivered(type(error).__name__) from error

    def _connected(self) -> smtplib.SMTP:
        server, port, patience = self._settings.server, self._settings.port, self._patience
        if self._settings.use_ssl:
            return smtplib.SMTP_SSL(server, port, timeout=patience, context=ssl.create_default_context())
        return smtplib.SMTP(server, port, timeout=patience)


class HttpSms:
    """Posts text messages as signed JSON: ``X-Signature`` is HMAC-SHA256 over time, nonce and body, one per line.

    ``docs/sms-gateway.md`` says what the other side must do.
    """

    rings = True

    def __init__(self, settings: Sms, patience: float = PATIENCE) -> None:
        self._settings = settings
        self._patience = patience

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Post one text message; any answer but 2xx is a failure. Redirects are not followed."""
        body = json.dumps(
            {"to": parcel.to, "text": parcel.text, "kind": kind, "reference": str(message_id)},
            ensure_ascii=False,
        ).encode()
        status, _body = post(self._settings.url, body, self._headers(body), self._patience)
        if status // 100 != 2:  # noqa: PLR2004  # success, in HTTP
            raise Undelivered(f"status {status}")

    def _headers(self, body: bytes) -> dict[str, str]:
        at, nonce = str(int(clock.wall().timestamp())), secrets.token_hex(16)
        signed = hmac.digest(self._settings.secret.encode(), f"{at}\n{nonce}\n".encode() + body, hashlib.sha256).hex()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "X-Key": self._settings.key,
            "X-Timestamp": at,
            "X-Nonce": nonce,
            "X-Signature": signed,
        }


class DemoMailbox:
    """Keeps what would have been sent where ``/demo/messages`` shows it. Nothing leaves, so nothing rings."""

    rings = False

    def send(self, parcel: Parcel, *, kind: str, message_id: int) -> None:
        """Write one row, in a transaction of its own."""
        attached = [{"name": one.name, "content_type": one.content_type, "content": one.content} for one in _files(parcel)]
        with transaction():
            db.session.add(
                DemoMail(
                    message_id=message_id,
                    to=parcel.to,
                    channel=parcel.medium.value,
                    kind=kind,
                    text=parcel.text,
                    created_at=clock.wall(),
                    attachments=json.dumps(attached, ensure_ascii=False),
                ),
            )
