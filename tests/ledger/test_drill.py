"""The drill: a backup while people sign up, brought back elsewhere, holds everything that was answered before it began."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from festival.app import create_app
from festival.lib import db as database_settings
from festival.lib.db import db
from festival.signups.models import SignUp
from tests.application import closed
from tests.builders import make_activity, make_festival
from tests.signups.storm import PATIENCE, Answer, Plan, Servers, signed_in, storm

pytestmark = [pytest.mark.storm, pytest.mark.slow]

BROWSERS = 48


def plans(servers: Servers, slug: str, cookies: list[str]) -> list[Plan]:
    """Return browsers that sign up, every third of which withdraws again."""
    sign_up = {"act": "sign_up", "path": f"/activities/{slug}/sign-up", "fields": {"consent": "1", "party_size": "1"}}
    withdraw = {"act": "withdraw", "path": "/sign-ups/{code}"}
    return [
        {
            "name": f"browser-{number}",
            "ports": servers.ports,
            "cookie": cookie,
            "acts": [sign_up, withdraw] if number % 3 == 0 else [sign_up],
        }
        for number, cookie in enumerate(cookies)
    ]


def as_answered(answers: list[Answer]) -> dict[str, set[str]]:
    """Return what the browsers were told of each sign-up: its code, and what was done with it."""
    told: dict[str, set[str]] = {}
    for answer in answers:
        told.setdefault(answer.code, set()).add(answer.act)
    return told


def test_everything_answered_before_a_backup_in_mid_storm_began_is_there_when_it_is_restored_elsewhere(
    settings, empty_database, tmp_path, monkeypatch
):
    monkeypatch.setattr(database_settings, "LOCK_SECONDS", PATIENCE)
    file = tmp_path / "drill.backup"
    app = create_app(settings)
    servers = Servers(settings, tmp_path, count=1)
    with closed(app), app.app_context():
        make_festival()
        slug = make_activity(capacity=20).slug
        people = signed_in(app, BROWSERS)
        servers.start()
        try:
            with storm(plans(servers, slug, [cookie for _, cookie in people]), processes=2) as load:
                load.wait_for_answers(12)
                answered = load.answered
                made = app.test_cli_runner().invoke(args=["backup", str(file)])
                load.end()
        finally:
            servers.kill()
        total = len(load.answered)
    elsewhere = create_app(replace(settings, database_url=empty_database))
    with closed(elsewhere), elsewhere.app_context():
        restored = elsewhere.test_cli_runner().invoke(args=["restore", str(file)])
        kept = {row.code: row.state.value for row in db.session.scalars(select(SignUp))}
        judged = elsewhere.test_cli_runner().invoke(args=["doctor"])

    assert (made.exit_code, restored.exit_code, judged.exit_code) == (0, 0, 0), made.output + restored.output + judged.output
    assert 12 <= len(answered) < total  # others were answered while it was made, and after
    before = as_answered(answered)
    assert before.keys() <= kept.keys()
    assert {kept[code] for code, acts in before.items() if "withdraw" in acts} <= {"withdrawn"}
