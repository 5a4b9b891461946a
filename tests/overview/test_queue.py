"""Staff read on their first page when nobody works in the background, or not fast enough."""

import threading
import time
from datetime import timedelta

from festival.jobs import runner, standing
from festival.jobs.service import enqueue
from festival.lib import clock
from festival.lib.db import db, transaction
from tests.builders import make_staff
from tests.web import Browser


def told(staff: Browser) -> list[str]:
    return [str(one["data-queue"]) for one in staff.get("/manage/").html.find_all("p", attrs={"data-queue": True})]


def test_staff_read_when_nobody_works_and_when_the_oldest_job_has_waited_too_long(app):
    staff = Browser(app).sign_in(make_staff())
    app.extensions["jobs"] = ()
    stopping = threading.Event()
    worker = threading.Thread(target=runner.run, args=(app, stopping))

    before = told(staff)
    worker.start()
    try:
        until = time.monotonic() + 10
        while not standing.is_worked() and time.monotonic() < until:
            db.session.rollback()
            time.sleep(0.02)
        worked = told(staff)
        with transaction():
            enqueue(db.session, "nobodys.job", due_at=clock.wall() - timedelta(minutes=6))
        late = told(staff)
    finally:
        stopping.set()
        worker.join(10)

    assert (before, worked, late) == (["nobody"], [], ["late"])
