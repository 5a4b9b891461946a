"""Settings from the environment, and what stops the start."""

import base64
import os
import re
import secrets
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import config
from festival.lib.settings import SettingsError
from tests.database import ROOT

DEMO = {"FESTIVAL_DEMO": "1"}


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    """A sound environment for real life."""
    return {
        "FESTIVAL_DATA": str(tmp_path / "data"),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "CALENDAR_KEY": secrets.token_urlsafe(48),
        "DATA_KEYS": secrets.token_urlsafe(32),
        "BASE_URL": "https://festival.example",
    }


def test_real_life_starts_with_safe_defaults(environ, tmp_path):
    settings = config.load(environ)

    assert (settings.demo, settings.dates, settings.frozen_now, settings.ratelimit_enabled) == (False, "original", None, True)
    assert (settings.demo_people, settings.demo_staff_password, settings.trusted_proxies) == (False, "", 0)
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.database_url == f"sqlite:///{tmp_path}/data/festival.sqlite3"


@pytest.mark.parametrize("name", ["SECRET_KEY", "CALENDAR_KEY", "DATA_KEYS", "BASE_URL"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_real_life_needs_its_secrets_and_its_address(environ, name, value):
    environ.pop(name)
    if value is not None:
        environ[name] = value

    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        config.load(environ)


@pytest.mark.parametrize("name", ["SECRET_KEY", "CALENDAR_KEY"])
@pytest.mark.parametrize(
    "weak", ["short-but-random-9f8a", "a" * 64, "abababababababababababababababababab", "change-me-please-change-me-please-1234"]
)
def test_a_guessable_secret_stops_the_start_and_is_not_repeated(environ, name, weak):
    with pytest.raises(SettingsError, match=f"^{name} is too easy to guess") as refused:
        config.load(environ | {name: weak})

    assert weak not in str(refused.value)


def test_one_value_for_two_secrets_stops_the_start(environ):
    with pytest.raises(SettingsError, match="are the same"):
        config.load(environ | {"CALENDAR_KEY": environ["SECRET_KEY"]})


@pytest.mark.parametrize(
    ("name", "value"), [("FESTIVAL_NOW", "2023-06-16T10:00:00+08:00"), ("FESTIVAL_DATES", "rolling"), ("RATELIMIT_ENABLED", "0")]
)
def test_what_only_a_demo_may_stops_the_start_of_real_life(environ, name, value):
    with pytest.raises(SettingsError, match=f"^{name}"):
        config.load(environ | {name: value})

    assert config.load(environ | DEMO | {name: value}).demo


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "http"), ("PORT", "-1"), ("TRUSTED_PROXIES", "-1"), ("FESTIVAL_DEMO", "maybe"),
        ("BASE_URL", "festival.example"), ("BASE_URL", "ftp://festival.example"), ("BASE_URL", "https://x.example?a=1"),
        ("FESTIVAL_DATES", "+209"), ("FESTIVAL_NOW", "2023-06-16T10:00:00"), ("FESTIVAL_NOW", "tomorrow"),
        ("DATABASE_URL", "mysql://host/name"), ("DATABASE_URL", "sqlite://"), ("DATABASE_URL", "nonsense"),
        ("DATA_KEYS", "dG9vIHNob3J0"), ("MAIL_BACKEND", "pigeon"), ("MAIL_BACKEND", "smtp"), ("SMS_BACKEND", "http"),
        ("SMS_BACKEND", "aliyun"), ("SMS_TEMPLATES", "/no/such/file"), ("SMS_TEMPLATES", "Makefile"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_named_in_one_line(environ, name, value):
    with pytest.raises(SettingsError, match=f"^{name}") as refused:
        config.load(environ | {name: value})

    assert "\n" not in str(refused.value)


def test_aliyuns_templates_are_read_from_a_file_in_their_order(environ, tmp_path):
    file = tmp_path / "templates.yaml"
    file.write_text("- {code: SMS_1, text: '验证码${code}，5分钟内有效。'}\n- code: SMS_2\n  text: 您已成功报名“${title}”。\n")
    given = environ | {"SMS_BACKEND": "aliyun", "SMS_KEY": "k", "SMS_SECRET": "s", "SMS_TEMPLATES": str(file)}

    assert [(one.code, one.text) for one in config.load(given).sms.templates] == [
        ("SMS_1", "验证码${code}，5分钟内有效。"),
        ("SMS_2", "您已成功报名“${title}”。"),
    ]
    file.write_text("- {code: SMS_1, text: '${a}和${a}'}\n")
    with pytest.raises(SettingsError, match="SMS_1 names a variable twice"):
        config.load(given)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_always_gets_our_driver(environ, scheme):
    settings = config.load(environ | {"DATABASE_URL": f"{scheme}://user:pass@host:5433/name?sslmode=require"})

    assert settings.database_url == "postgresql+psycopg://user:pass@host:5433/name?sslmode=require"


def test_a_relative_sqlite_path_starts_in_the_data_folder(environ, tmp_path):
    assert config.load(environ | {"DATABASE_URL": "sqlite:///x.db"}).database_url == f"sqlite:///{tmp_path}/data/x.db"


def test_the_first_data_key_encrypts_and_all_are_kept(environ):
    new, old = (base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() for _ in range(2))

    assert config.load(environ | {"DATA_KEYS": f"{new}, {old}"}).data_keys == (new, old)


def test_secrets_do_not_show_in_the_settings_text(environ):
    shown = repr(config.load(environ | {"DATABASE_URL": "postgresql://user:hunter2@host/name"}))

    assert [
        value for value in (environ["SECRET_KEY"], environ["CALENDAR_KEY"], environ["DATA_KEYS"], "hunter2") if value in shown
    ] == []


# -- the demo ---------------------------------------------------------------------------------------------------------------


def test_the_demo_makes_its_keys_once_and_for_its_owner_alone(tmp_path):
    environ = DEMO | {"FESTIVAL_DATA": str(tmp_path / "data")}

    first, second = config.load(environ), config.load(environ)

    assert first == second
    assert min(map(len, (first.secret_key, first.calendar_key, first.demo_staff_password))) >= 16
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()}
    assert modes == {"demo-keys.json": 0o600, "demo-staff-password.txt": 0o600}


def test_the_demo_has_rolling_dates_people_and_a_chosen_password(tmp_path):
    settings = config.load(DEMO | {"FESTIVAL_DATA": str(tmp_path), "DEMO_STAFF_PASSWORD": "chosen"})

    assert (settings.dates, settings.demo_people, settings.demo_staff_password) == ("rolling", True, "chosen")
    assert settings.base_url == "http://127.0.0.1:8000"


def test_the_demos_clock_can_stand_still(tmp_path):
    settings = config.load(DEMO | {"FESTIVAL_DATA": str(tmp_path), "FESTIVAL_NOW": "2023-06-16T10:00:00+08:00"})

    assert settings.frozen_now == datetime(2023, 6, 16, 2, tzinfo=UTC)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "festival.example"])
def test_the_demo_stays_on_this_machine_unless_told_otherwise(tmp_path, host):
    environ = DEMO | {"FESTIVAL_DATA": str(tmp_path), "HOST": host}

    with pytest.raises(SettingsError, match="FESTIVAL_DEMO_PUBLIC=1"):
        config.load(environ)
    assert config.load(environ | {"FESTIVAL_DEMO_PUBLIC": "1"}).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_the_demo_may_listen_on_any_loopback_address(tmp_path, host):
    assert config.load(DEMO | {"FESTIVAL_DATA": str(tmp_path), "HOST": host}).host == host


# -- the start --------------------------------------------------------------------------------------------------------------


def start(environ: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project with nothing but these settings."""
    plain = {"PATH": os.environ["PATH"], "FLASK_APP": "wsgi"}
    return subprocess.run(command, cwd=ROOT, env=plain | environ, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command", [("wsgi.py",), ("-m", "flask", "db", "upgrade")])
def test_an_unsafe_setting_stops_the_start_with_one_line(environ, command):
    ended = start(environ | {"SECRET_KEY": "change-me"}, sys.executable, *command)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("The festival cannot start: SECRET_KEY is too easy to guess.")
    assert ended.stderr.count("\n") == 1


@pytest.mark.slow
def test_real_life_refuses_a_demos_database_and_the_demo_a_real_one(environ, tmp_path):
    def seeded(settings: dict[str, str]) -> None:
        for command in (("db", "upgrade"), ("seed", "load")):
            ended = start(settings, sys.executable, "-m", "flask", *command)
            assert ended.returncode == 0, ended.stderr

    demo = DEMO | {"FESTIVAL_DATA": str(tmp_path / "demo"), "FESTIVAL_DEMO_PEOPLE": "0"}
    seeded(demo)
    seeded(environ)

    stopped = start(environ | {"DATABASE_URL": f"sqlite:///{tmp_path}/demo/festival.sqlite3"}, sys.executable, "wsgi.py")
    assert (stopped.returncode, stopped.stderr.count("\n")) == (2, 1)
    assert "is a demo's database" in stopped.stderr
    stopped = start(demo | {"DATABASE_URL": f"sqlite:///{tmp_path}/data/festival.sqlite3"}, sys.executable, "wsgi.py")
    assert (stopped.returncode, stopped.stderr.count("\n")) == (2, 1)
    assert "is a real festival's database" in stopped.stderr


def test_every_setting_of_the_example_is_read_and_none_is_missing():
    listed = {line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line and line[0] != "#"}
    code = Path(config.__file__).read_text()

    assert {name for name in listed if f'"{name}"' not in code} == set()
    assert set(config_names(code)) == listed


def config_names(code: str) -> list[str]:
    """Return the names of settings that ``config.py`` reads."""
    return re.findall(r'given\.\w+\(\s*"([A-Z_]+)"', code)
