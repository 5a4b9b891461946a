"""Reads the settings from the environment and ``.env``. What would be unsafe in production stops the start with one line."""

import base64
import binascii
import ipaddress
import json
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import yaml
from dotenv import dotenv_values
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from festival.lib.settings import Footer, Mail, MailBackend, Settings, SettingsError, Sms, SmsBackend, SmsTemplate

ROOT = Path(__file__).resolve().parent
#: A secret shorter than this, or with fewer different characters, can be guessed.
SECRET_LENGTH = 32
SECRET_VARIETY = 10
#: Words that stand in examples where a secret should be.
PLACEHOLDERS = ("change", "replace", "example", "placeholder", "secret-key", "your-", "insecure", "password", "dev-key", "xxxx")
DATES = re.compile(r"rolling|original|[+-]\d{1,4}w")
MAX_PORT = 65535
#: Where mail servers speak TLS from the first byte on (RFC 8314).
IMPLICIT_TLS_PORT = 465
#: How Aliyun's templates name what differs.
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
#: No letter or digit that is mistaken for another when read out.
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
NEW_SECRET = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'  # noqa: S105  # a command, not a secret
NEW_DATA_KEY = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'

Choice = TypeVar("Choice", bound=StrEnum)


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process.

    :param environ: None reads the environment and ``.env`` beside this file; the environment wins.
    :raises SettingsError: something is missing, unsafe or does not parse.
    """
    given = _Given(_environment() if environ is None else environ)
    demo = given.flag("FESTIVAL_DEMO", default=False)
    folder = _data_folder(given)
    keys = _Keys.made_once(folder) if demo else _Keys()
    host = given.text("HOST", "127.0.0.1")
    port = given.number("PORT", 8000, most=MAX_PORT)
    settings = Settings(
        data_folder=folder,
        database_url=_database_url(given, folder),
        secret_key=given.text("SECRET_KEY", keys.secret_key),
        calendar_key=given.text("CALENDAR_KEY", keys.calendar_key),
        data_keys=_data_keys(given.text("DATA_KEYS", keys.data_key)),
        base_url=_base_url(given.text("BASE_URL", f"http://{_in_url(host)}:{port}" if demo else "")),
        pg_bin=given.text("FESTIVAL_PG_BIN"),
        host=host,
        port=port,
        demo=demo,
        demo_public=given.flag("FESTIVAL_DEMO_PUBLIC", default=False),
        demo_people=demo and given.flag("FESTIVAL_DEMO_PEOPLE", default=True),
        demo_staff_password=(given.text("DEMO_STAFF_PASSWORD") or _staff_password(folder)) if demo else "",
        dates=_dates(given.text("FESTIVAL_DATES", "rolling" if demo else "original")),
        frozen_now=_instant(given.text("FESTIVAL_NOW")),
        ratelimit_enabled=given.flag("RATELIMIT_ENABLED", default=True),
        ratelimit_storage_uri=given.text("RATELIMIT_STORAGE_URI", "memory://"),
        trusted_proxies=given.number("TRUSTED_PROXIES", 0, least=0, most=10),
        mail=_mail(given),
        sms=_sms(given),
        footer=_footer(given),
    )
    if demo:
        _refuse_unsafe_demo(settings)
    else:
        _refuse_unsafe(settings)
    return settings


class _Given:
    """The environment as typed values. Blank counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str, default: str = "") -> str:
        return self._environ.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name).lower()
        if value in {"1", "true", "yes", "on"}:
            return True
        if value in {"0", "false", "no", "off"}:
            return False
        if value:
            raise SettingsError(f"{name} is {value!r}; it must be 1 or 0.")
        return default

    def number(self, name: str, default: int, *, least: int = 1, most: int) -> int:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"[0-9]{1,6}", value) or not least <= int(value) <= most:
            raise SettingsError(f"{name} is {value!r}; it must be a whole number from {least} to {most}.")
        return int(value)

    def one_of(self, name: str, choices: type[Choice], default: Choice) -> Choice:
        value = self.text(name)
        if not value:
            return default
        try:
            return choices(value.lower())
        except ValueError:
            raise SettingsError(f"{name} is {value!r}; it must be one of {', '.join(choices)}.") from None


def _environment() -> dict[str, str]:
    """Return the environment over ``.env``."""
    stored = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    return stored | dict(os.environ)


# -- single values ----------------------------------------------------------------------------------------------------------


def _data_folder(given: _Given) -> Path:
    """Return the data folder, made if it was not there; readable by its owner alone."""
    folder = ROOT / Path(given.text("FESTIVAL_DATA", "instance")).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"FESTIVAL_DATA is {str(folder)!r}, which cannot be used as a folder: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"FESTIVAL_DATA is {str(folder)!r}, a folder that this user may not write to.")
    return folder


def _database_url(given: _Given, folder: Path) -> str:
    """Return the database's address with our driver in it; a relative SQLite path starts in the data folder."""
    text = given.text("DATABASE_URL")
    if not text:
        return f"sqlite:///{folder / 'festival.sqlite3'}"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "DATABASE_URL is not a database address such as postgresql://user:password@host/name or sqlite:////path/to/file."
        ) from None
    dialect = url.get_backend_name()
    if dialect in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if dialect == "sqlite" and url.database and url.database != ":memory:":
        return url.set(drivername="sqlite", database=str(folder / url.database)).render_as_string(hide_password=False)
    raise SettingsError(f"DATABASE_URL begins with {url.drivername!r}; it must be PostgreSQL, or SQLite with a file.")


def _data_keys(text: str) -> tuple[str, ...]:
    """Return the keys for values at rest; the first one encrypts."""
    keys = tuple(key for part in text.split(",") if (key := part.strip()))
    for at, key in enumerate(keys, start=1):
        try:
            plain = base64.b64decode(key + "=" * (-len(key) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            plain = b""
        if len(plain) != 32:  # noqa: PLR2004  # AES-256
            raise SettingsError(f"DATA_KEYS: key {at} is not 32 bytes in base64url. Make one with: {NEW_DATA_KEY}")
    return keys


def _base_url(text: str) -> str:
    """Return what absolute addresses begin with; empty when it is not set."""
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or "?" in text or "#" in text or "@" in text:
        raise SettingsError(f"BASE_URL is {text!r}; it must be the site's address, such as https://festival.example.")
    return text.rstrip("/")


def _dates(text: str) -> str:
    if not DATES.fullmatch(text):
        raise SettingsError(f"FESTIVAL_DATES is {text!r}; it must be rolling, original, or whole weeks such as +209w.")
    return text


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise SettingsError(f"FESTIVAL_NOW is {text!r}; it must be a time with its zone, such as 2023-06-16T10:00:00+08:00.")
    return instant


def _mail(given: _Given) -> Mail:
    port = given.number("MAIL_PORT", 587, most=MAX_PORT)
    mail = Mail(
        backend=given.one_of("MAIL_BACKEND", MailBackend, MailBackend.CONSOLE),
        server=given.text("MAIL_SERVER"),
        port=port,
        username=given.text("MAIL_USERNAME"),
        password=given.text("MAIL_PASSWORD"),
        use_tls=given.flag("MAIL_USE_TLS", default=True),
        use_ssl=given.flag("MAIL_USE_SSL", default=port == IMPLICIT_TLS_PORT),
        sender=given.text("MAIL_FROM"),
    )
    if mail.backend is MailBackend.SMTP and not (mail.server and mail.sender):
        raise SettingsError("MAIL_BACKEND is smtp; that needs MAIL_SERVER and MAIL_FROM.")
    return mail


def _sms(given: _Given) -> Sms:
    sms = Sms(
        backend=given.one_of("SMS_BACKEND", SmsBackend, SmsBackend.CONSOLE),
        url=given.text("SMS_URL"),
        key=given.text("SMS_KEY"),
        secret=given.text("SMS_SECRET"),
        templates=_sms_templates(given.text("SMS_TEMPLATES")),
    )
    if sms.backend is SmsBackend.HTTP and not (sms.url and sms.key and sms.secret):
        raise SettingsError("SMS_BACKEND is http; that needs SMS_URL, SMS_KEY and SMS_SECRET.")
    if sms.backend is SmsBackend.ALIYUN and not (sms.key and sms.secret and sms.templates):
        raise SettingsError("SMS_BACKEND is aliyun; that needs SMS_KEY, SMS_SECRET and SMS_TEMPLATES.")
    return sms


def _sms_templates(path: str) -> tuple[SmsTemplate, ...]:
    """Return the templates of a file: a YAML list of ``code`` and ``text``."""
    if not path:
        return ()
    file = ROOT / Path(path).expanduser()
    try:
        listed = yaml.safe_load(file.read_text(encoding="utf-8"))
        templates = tuple(SmsTemplate(code=str(one["code"]), text=str(one["text"]).strip()) for one in listed)
    except OSError as error:
        raise SettingsError(f"SMS_TEMPLATES is {path!r}, which cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        raise SettingsError(f"SMS_TEMPLATES: {path!r} is no list of templates with code and text.") from None
    for one in templates:
        names = _VARIABLE.findall(one.text)
        if len(names) != len(set(names)) or not all(name.isidentifier() for name in names):
            raise SettingsError(f"SMS_TEMPLATES: template {one.code} names a variable twice, or not as a word.")
    return templates


def _footer(given: _Given) -> Footer:
    return Footer(
        icp_number=given.text("ICP_NUMBER"),
        police_number=given.text("POLICE_NUMBER"),
        site_code=given.text("SITE_CODE"),
        supervisor=given.text("SUPERVISOR"),
        find_error_url=given.text("FIND_ERROR_URL"),
        contact=given.text("PRIVACY_CONTACT"),
    )


# -- what the demo makes for itself -----------------------------------------------------------------------------------------


class _Keys:
    """Keys that nobody has to think of: empty outside the demo, made once in its data folder."""

    def __init__(self, secret_key: str = "", calendar_key: str = "", data_key: str = "") -> None:
        self.secret_key = secret_key
        self.calendar_key = calendar_key
        self.data_key = data_key

    @classmethod
    def made_once(cls, folder: Path) -> "_Keys":
        """Return the demo's keys, made at its first start."""
        fresh = json.dumps(
            {
                "secret_key": secrets.token_urlsafe(48),
                "calendar_key": secrets.token_urlsafe(48),
                "data_key": secrets.token_urlsafe(32),
            },
        )
        path = folder / "demo-keys.json"
        try:
            kept = json.loads(_kept(path, fresh))
            return cls(kept["secret_key"], kept["calendar_key"], kept["data_key"])
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"{path} does not hold the demo's keys. Restore it, or delete the demo's data folder to begin anew."
            ) from error


def _staff_password(folder: Path) -> str:
    """Return the demo's staff password, made at its first start: four groups, easy to read out."""
    groups = ["".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4)]
    return _kept(folder / "demo-staff-password.txt", "-".join(groups)).strip()


def _kept(path: Path, fresh: str) -> str:
    """Return what a private file holds; the first process to ask writes it, and no reader sees it half written."""
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(fresh + "\n")
            with suppress(FileExistsError):  # another process was first: its value holds
                path.hardlink_to(draft)
        finally:
            Path(draft).unlink()
    return path.read_text(encoding="utf-8")


# -- what stops the start ---------------------------------------------------------------------------------------------------


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refuse_unsafe_demo(settings: Settings) -> None:
    """Keep the demo, where anyone can read anyone's codes, on this machine.

    :raises SettingsError: it would listen on an address that others can reach.
    """
    if not settings.demo_public and not _is_loopback(settings.host):
        raise SettingsError(
            f"HOST is {settings.host}: others could reach the demo and read everyone's codes. FESTIVAL_DEMO_PUBLIC=1 allows it."
        )


def _refuse_unsafe(settings: Settings) -> None:
    """Refuse what is fit for a demo only.

    :raises SettingsError: a secret is missing or weak, or a demo's setting is on.
    """
    _require_secret("SECRET_KEY", settings.secret_key)
    _require_secret("CALENDAR_KEY", settings.calendar_key)
    if settings.secret_key == settings.calendar_key:
        raise SettingsError("SECRET_KEY and CALENDAR_KEY are the same; each needs its own value.")
    if not settings.data_keys:
        raise SettingsError(f"DATA_KEYS is not set. Make one with: {NEW_DATA_KEY}")
    if not settings.base_url:
        raise SettingsError("BASE_URL is not set. It is the address people type, such as https://festival.example.")
    if settings.frozen_now is not None:
        raise SettingsError("FESTIVAL_NOW stops the festival's clock; that is for the demo (FESTIVAL_DEMO=1) only.")
    if settings.dates == "rolling":
        raise SettingsError("FESTIVAL_DATES=rolling invents the festival's dates; that is for the demo (FESTIVAL_DEMO=1) only.")
    if not settings.ratelimit_enabled:
        raise SettingsError("RATELIMIT_ENABLED=0 lifts the limits per IP address; that is for the demo (FESTIVAL_DEMO=1) only.")


def _require_secret(name: str, value: str) -> None:
    if not value:
        raise SettingsError(f"{name} is not set. Make one with: {NEW_SECRET}")
    guessable = len(value) < SECRET_LENGTH or len(set(value)) < SECRET_VARIETY
    if guessable or any(word in value.lower() for word in PLACEHOLDERS):
        raise SettingsError(f"{name} is too easy to guess. Make one with: {NEW_SECRET}")
