"""What can be set from outside, as one frozen value. ``config.load()`` makes it; ``create_app()`` takes it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class SettingsError(Exception):
    """A setting is missing, unsafe or does not parse. The message is one line for the person who starts the server."""


class MailBackend(StrEnum):
    """Where mail goes."""

    SMTP = "smtp"
    CONSOLE = "console"
    FILE = "file"


class SmsBackend(StrEnum):
    """Where text messages go."""

    CONSOLE = "console"
    FILE = "file"
    HTTP = "http"
    ALIYUN = "aliyun"


@dataclass(frozen=True, slots=True)
class SmsTemplate:
    """A template that Aliyun has approved: its code, and its words with variables such as ``${title}``."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """The way mail leaves. ``use_tls`` is STARTTLS, ``use_ssl`` TLS from the first byte on, as on port 465."""

    backend: MailBackend = MailBackend.CONSOLE
    server: str = ""
    port: int = 587
    username: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = True
    use_ssl: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """The way text messages leave. ``url``, ``key`` and ``secret`` belong to the HTTP gateway and to Aliyun."""

    backend: SmsBackend = SmsBackend.CONSOLE
    url: str = ""
    key: str = ""
    secret: str = field(default="", repr=False)
    #: Aliyun only: tried in this order.
    templates: tuple[SmsTemplate, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What a government site shows at its foot. An empty item hides."""

    #: ICP备案号
    icp_number: str = ""
    #: 公安备案号
    police_number: str = ""
    #: 网站标识码
    site_code: str = ""
    #: 主管单位
    supervisor: str = ""
    #: 我为政府网站找错
    find_error_url: str = ""
    #: Whom people turn to about their data and about accessibility: a number, a mail address, or both.
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the application is told from outside. Secrets stay out of its ``repr``."""

    #: Folder for the database, uploads, logs and, in the demo, the keys. Exists.
    data_folder: Path
    #: A SQLAlchemy address, always with our driver: ``sqlite:///…`` or ``postgresql+psycopg://…``.
    database_url: str = field(repr=False)
    #: Signs cookies and forms.
    secret_key: str = field(repr=False)
    #: Signs the addresses of private calendar feeds.
    calendar_key: str = field(repr=False)
    #: 32-byte keys in base64url for values at rest: the first encrypts, all decrypt.
    data_keys: tuple[str, ...] = field(repr=False)
    #: What absolute addresses begin with, such as ``https://festival.example``; no slash at its end.
    base_url: str
    #: Folder of PostgreSQL's programs, for backups; empty: wherever PATH says.
    pg_bin: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = False
    #: Whether the demo may listen on an address that others can reach.
    demo_public: bool = False
    #: Whether the demo is filled with its invented people.
    demo_people: bool = False
    #: The password of all staff accounts in the demo; empty outside it.
    demo_staff_password: str = field(default="", repr=False)
    #: ``original``, ``rolling``, or a shift in whole weeks such as ``+209w``.
    dates: str = "original"
    #: Where the festival's clock stands still (demo and tests), aware; None lets it run.
    frozen_now: datetime | None = None
    #: Limits per IP address. Limits per person and address always hold.
    ratelimit_enabled: bool = True
    ratelimit_storage_uri: str = "memory://"
    #: How many proxies in front of us are ours: that many X-Forwarded-* values are believed.
    trusted_proxies: int = 0
    mail: Mail = field(default_factory=Mail)
    sms: Sms = field(default_factory=Sms)
    footer: Footer = field(default_factory=Footer)
    #: Tests only: Flask's TESTING, and errors fly.
    testing: bool = False
