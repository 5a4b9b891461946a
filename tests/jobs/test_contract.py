"""What every engine keeps: the same tests on SQLite's threads and on PostgreSQL's procrastinate."""

import json
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from festival.jobs import rules, runner, standing
from festival.jobs.rules import Job
from festival.jobs.service import enqueue
from festival.lib import clock
from festival.lib.db import db, rehearsal, transaction
from tests.database import ROOT
from tests.jobs.acts import MARK, drain, mark, marking, marks, only, put

AT_ONCE = timedelta(0)


class Trouble(Exception):  # noqa: N818
    """A job that fails."""


def test_a_job_runs_after_the_commit_and_never_when_it_is_undone(app):
    only(app, marking())
    with rehearsal():
        enqueue(db.session, MARK, label="undone")
    with transaction():
        enqueue(db.session, MARK, label="kept")
        assert waiting_elsewhere(app) == [0]

    drain(app)
    drain(app)

    assert (marks(), standing.figures().waiting) == (["kept"], 0)


def waiting_elsewhere(app):
    """Return how many jobs a worker sees, while a transaction is open here."""
    seen = []

    def look():
        with app.app_context():
            seen.append(standing.figures().waiting)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return seen


def test_a_job_waits_until_it_is_due(app):
    only(app, marking())
    put(label="later", due_at=clock.wall() + timedelta(hours=1))
    put(label="now", due_at=clock.wall() - timedelta(seconds=1))

    drain(app)

    assert marks() == ["now"]


def test_all_who_ask_for_the_same_are_served_by_one_run_of_each_thread_that_is_free(app):
    only(app, marking())
    for _ in range(6):
        put()
    with transaction():
        for _ in range(6):
            enqueue(db.session, MARK)
    assert standing.figures().waiting == 7
    put(label="another")

    drain(app)

    assert sorted({*marks()}) == ["", "another"]
    assert marks().count("") <= 2


def test_who_asks_while_it_runs_is_served_by_a_run_of_their_own(app):
    asked: list[bool] = []

    def ask_again() -> None:
        if not asked:
            asked.append(True)
            with transaction():
                enqueue(db.session, MARK)

    only(app, marking(ask_again))
    put()

    drain(app)
    drain(app)  # what was asked for after the first look at the queue

    assert marks() == ["", ""]


def test_a_job_that_fails_is_tried_again_then_is_a_dead_letter_and_can_be_tried_once_more(app):
    tries = []

    def fail(number: int) -> None:
        tries.append(number)
        if len(tries) < 4:
            raise Trouble

    only(app, Job(MARK, fail, waits=(AT_ONCE, AT_ONCE)))
    put(number=7)
    for _ in range(3):
        drain(app)

    assert tries == [7, 7, 7]
    (dead,) = standing.dead_letters()
    assert (dead.name, dead.args, dead.tries, standing.figures().failed) == (MARK, {"number": 7}, 3, 1)
    shown = app.test_cli_runner().invoke(args=["jobs", "show"]).output.splitlines()
    assert shown[-1] == f'failed: {dead.id} {MARK} {{"number": 7}} after 3 tries'

    assert app.test_cli_runner().invoke(args=["jobs", "again"]).output.splitlines()[-1] == "Jobs tried again: 1"
    drain(app)
    assert (len(tries), standing.figures().failed) == (4, 0)


def test_a_failed_job_does_not_come_before_its_time(app):
    tries = []

    def fail() -> None:
        tries.append(1)
        raise Trouble

    only(app, Job(MARK, fail))
    put()
    for _ in range(2):
        drain(app)

    assert (len(tries), standing.dead_letters()) == (1, [])


def test_a_job_that_nobody_knows_holds_up_no_other(app):
    only(app, marking())
    put("tests.unknown", label="x")
    put(label="known")

    drain(app)

    assert (marks(), [one.name for one in standing.dead_letters()]) == (["known"], ["tests.unknown"])


def test_many_workers_run_each_job_once(app):
    labels = [f"{n:02d}" for n in range(12)]
    only(app, marking())
    with transaction():
        for label in labels:
            enqueue(db.session, MARK, label=label)

    workers = [threading.Thread(target=drain, args=(app,)) for _ in range(3)]
    db.session.rollback()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(marks()) == labels


def test_a_round_is_run_once_however_many_workers_there_are_and_the_next_one_when_its_time_comes(app):
    def round_() -> None:
        with transaction():
            mark("round")

    only(app, Job(MARK, round_, cron="* * * * *"))
    if clock.wall().second > 55:
        time.sleep(61 - clock.wall().second)  # no minute ends in the middle of it
    for _ in range(3):
        drain(app)

    assert marks() == ["round"]
    at = datetime(2023, 6, 17, 2, 0, 30, tzinfo=UTC)
    assert rules.round_due("* * * * *", at) == datetime(2023, 6, 17, 2, 0, tzinfo=UTC)
    assert rules.round_due("*/20 * * * *", at + timedelta(minutes=15)) is None  # missed by more than ten minutes


def test_a_round_that_fails_leaves_nothing_behind(app):
    def fail() -> None:
        raise Trouble

    only(app, Job(MARK, fail, cron="* * * * *"))
    drain(app)

    found = standing.figures()
    assert (found.waiting, found.running, found.failed) == (0, 0, 0)


def test_a_job_whose_rows_are_due_is_run_though_nobody_asked_for_it(app):
    def sent() -> None:
        with transaction():
            mark("sent")

    only(app, Job(MARK, sent, is_due=lambda: not marks()))
    for _ in range(3):
        drain(app)

    assert (marks(), standing.figures().waiting) == (["sent"], 0)


def test_rows_that_become_due_while_a_worker_waits_are_seen(app):
    owed, stopping, done = threading.Event(), threading.Event(), threading.Event()

    def send() -> None:
        with transaction():
            mark("sent")
        owed.clear()
        done.set()

    only(app, Job(MARK, send, is_due=owed.is_set))
    worker = threading.Thread(target=runner.run, args=(app, stopping))
    worker.start()
    owed.set()
    was_done = done.wait(10)
    stopping.set()
    worker.join(10)

    assert (was_done, worker.is_alive(), {*marks()}) == (True, False, {"sent"})


def test_a_failed_job_whose_rows_stay_due_leaves_nothing_behind(app):
    def fail() -> None:
        raise Trouble

    only(app, Job(MARK, fail, is_due=lambda: True))
    for _ in range(2):
        drain(app)

    found = standing.figures()
    assert (found.waiting, found.running, found.failed) == (0, 0, 0)


def test_a_job_whose_worker_is_killed_in_the_middle_is_begun_again_and_done_once(app, settings, tmp_path):
    put(label="killed")
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.worker"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(json.dumps({"database_url": settings.database_url, "folder": str(tmp_path)}) + "\n")
        worker.stdin.flush()
        assert worker.stdout.readline() == "in the middle\n"
        db.session.rollback()
        assert (standing.figures().running > 0, standing.is_worked(), marks()) == (True, True, [])
    finally:
        worker.kill()
        worker.communicate()
    only(app, marking())
    time.sleep(0.4)
    drain(app)

    assert (marks(), standing.figures().running, standing.dead_letters()) == (["killed"], 0, [])


def test_a_job_that_kills_its_workers_is_given_up(app, dialect):
    only(app, marking())
    put(label="deadly")
    begun = {
        "sqlite": f"UPDATE job SET state = 'doing', tries = {rules.BEGUN}",
        "postgresql": f"UPDATE procrastinate_jobs SET status = 'doing', attempts = {rules.BEGUN - 1}",
    }[dialect]
    with transaction():
        db.session.execute(text(begun))

    drain(app)

    assert (marks(), [one.args for one in standing.dead_letters()]) == ([], [{"label": "deadly"}])


def test_a_worker_that_is_told_to_stop_finishes_what_it_does_and_begins_nothing_new(app):
    stopping, begun = threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        stopping.wait(5)

    only(app, marking(slowly))
    worker = threading.Thread(target=runner.run, args=(app, stopping))
    worker.start()
    put(label="first")
    assert begun.wait(10)
    db.session.rollback()
    stopping.set()
    worker.join(10)
    put(label="second")

    assert (marks(), worker.is_alive()) == (["first"], False)
    assert standing.figures().waiting == 1


def test_whoever_runs_it_sees_the_queue_and_whether_anybody_works(app, client):
    only(app, Job(MARK, lambda: None))
    put()
    put("tests.other", due_at=clock.wall() - timedelta(seconds=90))

    ready = client.get("/readyz")
    assert (ready.status_code, ready.text.splitlines()[0]) == (200, "ready")
    assert ready.text.splitlines()[1].startswith("jobs: 2 waiting, the oldest for 9")
    assert ready.text.splitlines()[1].endswith("s, 0 running, 0 failed; NOBODY WORKS ON THEM: start flask worker")
    figures = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line.startswith("festival_jobs"))
    assert {name: int(float(value)) for name, value in figures.items() if "oldest" not in name} == {
        'festival_jobs{state="waiting"}': 2,
        'festival_jobs{state="running"}': 0,
        'festival_jobs{state="failed"}': 0,
        "festival_jobs_worked": 0,
    }
    assert 89 < float(figures["festival_jobs_oldest_seconds"]) < 99
