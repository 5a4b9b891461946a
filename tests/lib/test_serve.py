"""The built-in server: says where to go, stops cleanly, and says plainly why it cannot start."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.database import ROOT


@pytest.fixture
def taken_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_in_use_is_said_in_one_line(taken_port, tmp_path):
    environ = os.environ | {"FESTIVAL_DEMO": "1", "FESTIVAL_DATA": str(tmp_path), "PORT": str(taken_port)}
    ended = subprocess.run([sys.executable, "wsgi.py"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert (
        ended.stderr == f"Port {taken_port} is in use. Stop what runs there, or choose another: PORT={taken_port + 1} make run\n"
    )


def test_pages_can_be_tested_on_a_real_port(address):
    with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
        assert answer.status == 200


def answers(address: str) -> bool:
    """Wait until an address answers with 200."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.1)
    return False


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_server_says_where_to_go_and_stops_when_told(database, tmp_path, ending):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = os.environ | {
        "FESTIVAL_DEMO": "1",
        "FESTIVAL_DATA": str(tmp_path),
        "DATABASE_URL": database,
        "PORT": str(port),
        "DEMO_STAFF_PASSWORD": "chosen-by-the-test",
    }
    server = subprocess.Popen([sys.executable, "wsgi.py"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    assert answers(f"http://127.0.0.1:{port}/healthz")

    server.send_signal(ending)
    said, _ = server.communicate(timeout=60)

    assert server.returncode == 0
    assert f"http://127.0.0.1:{port}/manage/sign-in" in said
    assert "chosen-by-the-test" in said
    assert said.endswith("Stopped.\n")
