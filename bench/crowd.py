"""Many clients at once: sign-ups and pages of the festival beside a one-file application and the bare transaction."""

import json
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from bench import one_file, one_stack
from festival.lib import tokens
from festival.lib.db import db
from festival.outbox.models import Message, MessageState
from festival.programme.models import Activity
from tests.builders import make_activity, make_question
from tests.database import ROOT
from tests.signups.storm import Plan, Servers, free_port, signed_in
from tests.signups.storm_client import Browser

CLIENTS = (1, 16, 64)
ROUNDS = 3
#: Sign-ups of one round, by the number of clients: each client has ten of them and more, so that what only the first ones pay is
#: not what is measured.
SIGN_UPS = {1: 60, 16: 320, 64: 640}
#: Page views of one round.
VIEWS = 2_000
SPREAD = 9


@dataclass(frozen=True)
class Pace:
    """How a crowd was served: answers a second, and milliseconds for one; medians over the rounds."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Person:
    """Somebody signed in who has the form open: cookie and fields."""

    cookie: str
    fields: dict[str, str]


def pace_of(rounds: list[tuple[float, list[float]]]) -> Pace:
    """Return the medians of several rounds, each the seconds it took and the milliseconds of every answer."""
    return Pace(
        rate=statistics.median(len(taken) / seconds for seconds, taken in rounds),
        p50=statistics.median(statistics.median(taken) for _, taken in rounds),
        p99=statistics.median(statistics.quantiles(taken, n=100, method="inclusive")[98] for _, taken in rounds),
    )


# -- the requests -------------------------------------------------------------------------------------------------------------


def get(path: str, cookie: str = "") -> str:
    """Return a request for a page, a visitor's where there is no cookie, as it goes over the wire."""
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *([f"Cookie: {cookie}"] if cookie else [])]) + "\r\n\r\n"


def post(path: str, fields: dict[str, str], cookie: str = "") -> str:
    """Return a form as it goes over the wire."""
    body = urllib.parse.urlencode(fields)
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/x-www-form-urlencoded"]
    head += [f"Content-Length: {len(body)}", *([f"Cookie: {cookie}"] if cookie else [])]
    return "\r\n".join(head) + f"\r\n\r\n{body}"


def new_activities(count: int, capacity: int) -> list[str]:
    """Return the addresses of new activities with two questions; their words are the same, and so are their notices."""
    made = [make_activity(capacity=capacity) for _ in range(count)]
    for activity in made:
        make_question(activity, "company", label_zh="单位", label_en="Company")
        make_question(activity, "title", label_zh="职务", label_en="Title")
    return [activity.slug for activity in made]


def open_forms(app: Flask, ports: list[int], activity: Activity | str, count: int) -> list[Person]:
    """Have so many people, signed in, open the form of an activity, and keep it."""
    slug = activity if isinstance(activity, str) else activity.slug
    path = f"/activities/{slug}/sign-up"
    answers = {"consent": "1", "party_size": "1", "q-company": "河西科技", "q-title": "工程师"}
    people = []
    for _, cookie in signed_in(app, count):
        plan: Plan = {"name": "", "ports": ports, "cookie": cookie, "acts": []}
        browser = Browser(plan, Barrier(1))
        _, body = browser.form({"act": "sign_up", "path": path, "fields": answers})
        fields = dict(urllib.parse.parse_qsl(body))
        people.append(Person(browser.cookie, {name: fields[name] for name in fields.keys() - {"slot", "pool"}}))
    return people


def open_page(port: int, person: Person, slugs: list[str]) -> None:
    """Have somebody open the forms of these activities, as everybody who signs up has."""
    load(port, [get(f"/activities/{slug}/sign-up", person.cookie) for slug in slugs], 1, 200)


def sign_up_of(person: Person, slug: str) -> str:
    """Return the request by which somebody signs up; the key of the form is a new one each time."""
    return post(f"/activities/{slug}/sign-up", person.fields | {"idempotency_key": tokens.new_token()}, person.cookie)


# -- the load -----------------------------------------------------------------------------------------------------------------


def shared_out(requests: list[str], clients: int) -> list[list[str]]:
    """Share requests out over so many clients."""
    return [requests[number::clients] for number in range(clients)]


def load(port: int, requests: list[str], clients: int, expected: int) -> tuple[float, list[float]]:
    """Have a process send the requests from so many clients; return the seconds it took and the milliseconds of each."""
    plan = json.dumps({"port": port, "clients": shared_out(requests, clients)})
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], cwd=ROOT, input=f"{plan}\n", capture_output=True, text=True, check=True
    )
    seconds, answers = json.loads(done.stdout)
    assert {status for status, _ in answers} == {expected}, answers[:3]
    return seconds, [taken for _, taken in answers]


def raw_load(address: str, calls: list[int], clients: int) -> tuple[float, list[float]]:
    """Run the bare transaction from so many threads of this process, for these pools; return as ``load``."""
    sign_up = one_file.raw(address)
    start, taken = Barrier(clients + 1), list[float]()

    def client(pools: list[int]) -> None:
        start.wait()
        for pool_id in pools:
            begun = time.perf_counter()
            assert sign_up(pool_id, "somebody")
            taken.append((time.perf_counter() - begun) * 1000)

    threads = [threading.Thread(target=client, args=(calls[number::clients],)) for number in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun, taken


def one_file_server(address: str, size: int) -> AbstractContextManager[int]:
    """Have the one-file application run for the block; gives its port."""
    return _serving(Path(one_file.__file__), address, str(size), path="/page")


def one_stack_server(address: str) -> AbstractContextManager[int]:
    """Likewise the one that does the same with the festival's packages."""
    return _serving(Path(one_stack.__file__), address, path="/form")


@contextmanager
def _serving(program: Path, *arguments: str, path: str) -> Iterator[int]:
    port = free_port()
    server = subprocess.Popen([sys.executable, str(program), str(port), *arguments], cwd=ROOT)
    try:
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.wait()


# -- what is measured ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where it is measured: the festival's server and the application in this process, both on one database."""

    app: Flask
    servers: Servers
    one_file_address: str


def tokens_of(port: int, count: int) -> list[tuple[str, str]]:
    """Return cookie and form token of so many visitors of the application with the festival's packages."""
    found = []
    for _ in range(count):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/form", timeout=5) as answer:
            found.append((answer.headers["Set-Cookie"].split(";")[0], answer.read().decode()))
    return found


def sign_ups(place: Place, one_port: int, stack_port: int) -> Iterator[tuple[str, int, dict[str, Pace]]]:
    """Measure sign-ups: yields hot or spread, the clients, and the paces of the festival and of the three beside it."""
    port = place.servers.ports[0]
    visitors = tokens_of(stack_port, max(SIGN_UPS.values()))
    people = open_forms(place.app, [port], new_activities(1, 10)[0], max(SIGN_UPS.values()))
    for count, word in ((1, "one activity"), (SPREAD, "nine activities")):
        for clients in CLIENTS:
            total = SIGN_UPS[clients]
            rounds: dict[str, list[tuple[float, list[float]]]] = {"festival": [], "same packages": [], "one file": [], "bare": []}
            for _ in range(ROUNDS):
                slugs = new_activities(count, total // 2 // count + 1)
                open_page(port, people[0], slugs)
                ours = [sign_up_of(person, slugs[number % count]) for number, person in enumerate(people[:total])]
                pools = [number % count + 1 for number in range(total)]
                theirs = [post(f"/sign-up/{pool}", {"person": f"somebody-{number}"}) for number, pool in enumerate(pools)]
                rounds["festival"].append(load(port, ours, clients, 303))
                stacked = [
                    post(f"/sign-up/{pool}", {"person": f"somebody-{number}", "csrf_token": token}, cookie)
                    for number, (pool, (cookie, token)) in enumerate(zip(pools, visitors, strict=False))
                ]
                rounds["same packages"].append(load(stack_port, stacked, clients, 303))
                rounds["one file"].append(load(one_port, theirs, clients, 303))
                rounds["bare"].append(raw_load(place.one_file_address, pools, clients))
            yield word, clients, {name: pace_of(measured) for name, measured in rounds.items()}


def pages(place: Place, slug: str, one_port: int) -> Iterator[tuple[int, dict[str, Pace]]]:
    """Measure the page of an activity beside a bare page of the same size: yields the clients and both paces."""
    while db.session.scalar(select(Message.id).where(Message.state == MessageState.OWED).limit(1)):
        db.session.rollback()
        time.sleep(0.2)  # what the sign-ups caused is still being sent
    db.session.rollback()
    for clients in CLIENTS:
        rounds: dict[str, list[tuple[float, list[float]]]] = {"festival": [], "one file": []}
        for _ in range(ROUNDS):
            rounds["festival"].append(load(place.servers.ports[0], [get(f"/activities/{slug}")] * VIEWS, clients, 200))
            rounds["one file"].append(load(one_port, [get("/page")] * VIEWS, clients, 200))
        yield clients, {name: pace_of(measured) for name, measured in rounds.items()}
