"""What a list of 10,000 sign-ups costs to take away: seconds of this process's CPU, and the memory it takes at most."""

import statistics
import time
import tracemalloc
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import insert

from festival.accounts.models import Account, AccountKind, Address
from festival.accounts.rules import Channel
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.lib.names import name_key
from festival.programme.models import Activity
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_question, make_staff, pool_of
from tests.web import Browser

ROWS = 10_000
ROUNDS = 3
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚"


@dataclass(frozen=True)
class Cost:
    """What one file cost: CPU in seconds, bytes of the file, and bytes of memory it took at most, for all rows and a quarter."""

    name: str
    seconds: float
    size: int
    peak: int
    quarter: int


def crowd(rows: int) -> Activity:
    """Return an activity with so many sign-ups, each with a number, a name and two answers."""
    activity = make_activity(slug=f"files-{rows}", capacity=None)
    for key, label in (("employer", "工作单位/学校"), ("title", "职务")):
        make_question(activity, key, label_zh=label, label_en=label)
    pool, at = pool_of(activity), clock.wall()
    names = [_SURNAMES[n % 20] + _GIVEN[n // 20 % 21] + _GIVEN[n // 420 % 21] for n in range(rows)]
    same = {
        "activity_id": activity.id, "slot_id": pool.slot_id, "session_id": pool.slot_id, "pool_id": pool.id,
        "claim": f"activity:{activity.id}", "state_at": at, "updated_at": at,
    }  # fmt: skip
    with transaction():
        people = _inserted(Account, [{"kind": AccountKind.PERSON, "name": name, "created_at": at} for name in names])
        numbers = [
            {"account_id": person, "channel": Channel.MOBILE, "value": f"137{person:08d}", "verified_at": at} for person in people
        ]
        db.session.execute(insert(Address), numbers)
        sign_ups = _inserted(
            SignUp,
            [
                same | {
                    "person_id": person, "name": name, "search_text": name_key(name), "code": tokens.new_code(),
                    "digits": f"{person:08d}", "party_size": 1 + person % 2,
                    "state": State.CONFIRMED if person % 3 else State.WAITLISTED,
                    "joined_at": at + timedelta(seconds=number), "signed_up_at": at + timedelta(seconds=number),
                }
                for number, (person, name) in enumerate(zip(people, names, strict=True))
            ],
        )  # fmt: skip
        answers = [
            {"sign_up_id": sign_up, "question_key": key, "plain": f"{words}{sign_up % 97}"}
            for sign_up in sign_ups
            for key, words in (("employer", "天津市河西区设计院"), ("title", "工程师"))
        ]
        db.session.execute(insert(Answer), answers)
    return activity


def _inserted(table: type[Account | SignUp], rows: list[dict[str, object]]) -> list[int]:
    """Insert rows, and return their ids in the same order."""
    return list(db.session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))


def costs(app: Flask, rows: int = ROWS) -> list[Cost]:
    """Return what each file costs."""
    small, slug = crowd(rows // 4).slug, crowd(rows).slug
    desk = Browser(app).sign_in(make_staff())
    db.session.rollback()
    return [_cost(desk, name, small, slug) for name in ("roster.csv", "roster.xlsx", "sign-in-sheet")]


def _cost(desk: Browser, name: str, small: str, slug: str) -> Cost:
    path, taken, size = f"/manage/activities/{slug}/{name}", [], 0
    for _ in range(ROUNDS):
        begun = time.process_time()
        answer = desk.get(path)
        taken.append(time.process_time() - begun)
        assert answer.status == 200, answer.words
        size = len(answer.response.data)
    quarter = _peak(desk, f"/manage/activities/{small}/{name}")
    return Cost(name, statistics.median(taken), size, _peak(desk, path), quarter)


def _peak(desk: Browser, path: str) -> int:
    """Return the bytes of memory that making a file takes at most, the file itself included."""
    tracemalloc.start()
    desk.get(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
