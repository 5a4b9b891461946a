"""Mail over real TLS with a password: by STARTTLS and from the first byte on. What nobody vouches for is refused."""

import ssl
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from festival.lib import clock
from festival.lib.settings import Mail, MailBackend
from festival.outbox.gateways import SmtpMail
from festival.outbox.posting import Undelivered
from tests.outbox.inbox import SENDER, Inbox, free_port
from tests.outbox.test_gateways import LETTER


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for localhost, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = clock.wall()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return file


@pytest.fixture(params=["starttls", "implicit"])
def server(request, certificate):
    """A mail server that takes mail over TLS and with the right password only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    is_implicit = request.param == "implicit"
    inbox = Inbox(free_port())
    controller = Controller(
        inbox, hostname="127.0.0.1", port=inbox.port, auth_required=True, authenticator=knows,
        ssl_context=context if is_implicit else None, tls_context=None if is_implicit else context,
        require_starttls=not is_implicit, auth_require_tls=not is_implicit,
    )  # fmt: skip
    controller.start()
    yield inbox, is_implicit
    controller.stop()


def knows(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"hexi", b"s3cret"), handled=False)


def send(server, password="s3cret"):
    inbox, is_implicit = server
    mail = Mail(
        backend=MailBackend.SMTP, server="localhost", port=inbox.port, username="hexi", password=password,
        sender=SENDER, use_ssl=is_implicit,
    )  # fmt: skip
    SmtpMail(mail, 5).send(LETTER, kind="code", message_id=7)


# aiosmtpd does not see that a connection which began with TLS is safe.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_mail_leaves_over_tls_with_the_right_password_alone(server, certificate, monkeypatch):
    with pytest.raises(Undelivered, match="SSLCertVerificationError"):
        send(server)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(Undelivered, match="SMTPAuthenticationError"):
        send(server, "another")
    send(server)

    assert [to for _sender, to, _content in server[0].arrived] == [["li@example.com"]]
