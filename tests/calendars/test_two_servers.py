"""Two processes of the server give the same calendar: a client that meets another one each time learns nothing new."""

import urllib.request

from festival.lib.db import db
from tests.builders import make_activity
from tests.signups.storm import Servers


class OneSite(Servers):
    """Servers behind one address, as a load balancer's are."""

    def _environment(self, port: int) -> dict[str, str]:
        return super()._environment(port) | {"BASE_URL": "http://127.0.0.1"}


def test_two_server_processes_give_the_same_bytes_etag_and_last_modified(app, settings, tmp_path):
    make_activity(slug="forum")
    db.session.rollback()
    servers = OneSite(settings, tmp_path)
    servers.start()
    try:
        answers = []
        for port in (*servers.ports, servers.ports[0]):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/cal/programme.ics", timeout=30) as answer:
                answers.append((answer.headers["ETag"], answer.headers["Last-Modified"], answer.read()))
    finally:
        servers.kill()

    assert b"BEGIN:VEVENT" in answers[0][2]
    assert answers == [answers[0]] * 3
