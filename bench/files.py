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
from festival.programme.models import Activity, Slot
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
    """What one file cost: CPU in seconds, bytes of the file, and bytes of memory it took at most while it was made."""

    name: str
    seconds: float
    size: int
    peak: int


def crowd(rows: int) -> Activity:
    """Return an activity with so many sign-ups, each with a number, a name and two answers."""
    activity = make_activity(slug=f"files-{rows}", capacity=None)
    for key, label in (("employer", "工作单位/学校"), ("title", "职务")):
        make_question(activity, key, label_zh=label, label_en=label)
    pool, at = pool_of(activity), clock.wall()
    with transaction():
        slot = db.session.get_one(Slot, pool.slot_id)
        first = (db.session.query(db.func.max(Account.id)).scalar() or 0) + 1
        first_sign_up = (db.session.query(db.func.max(SignUp.id)).scalar() or 0) + 1
        people, addresses, made, answers = [], [], [], []
        for number in range(rows):
            person, sign_up = first + number, first_sign_up + number
            name = _SURNAMES[number % 20] + _GIVEN[number // 20 % 21] + _GIVEN[number // 420 % 21]
            people.append({"id": person, "kind": AccountKind.PERSON, "name": name, "locale": "zh", "created_at": at})
            addresses.append(
                {"account_id": person, "channel": Channel.MOBILE, "value": f"1370{rows % 10}{number:06d}", "verified_at": at}
            )
            joined = at + timedelta(seconds=number)
            made.append(
                {
                    "id": sign_up, "activity_id": activity.id, "slot_id": slot.id, "session_id": slot.id, "pool_id": pool.id,
                    "person_id": person, "claim": f"activity:{activity.id}", "code": tokens.new_code(), "digits": f"{number:08d}",
                    "party_size": 1 + number % 2, "state": State.CONFIRMED if number % 3 else State.WAITLISTED, "name": name,
                    "search_text": name_key(name), "joined_at": joined, "signed_up_at": joined, "state_at": joined,
                    "updated_at": at,
                }
            )  # fmt: skip
            answers += [
                {"sign_up_id": sign_up, "question_key": key, "plain": f"{words}{number % 97}"}
                for key, words in (("employer", "天津市河西区设计院"), ("title", "工程师"))
            ]
        for table, values in ((Account, people), (Address, addresses), (SignUp, made), (Answer, answers)):
            db.session.execute(insert(table), values)
    return activity


def costs(app: Flask, rows: int = ROWS) -> list[Cost]:
    """Return what each file costs."""
    slug = crowd(rows).slug
    desk = Browser(app).sign_in(make_staff())
    db.session.rollback()
    return [_cost(desk, name, f"/manage/activities/{slug}/{name}") for name in ("roster.csv", "roster.xlsx", "sign-in-sheet")]


def _cost(desk: Browser, name: str, path: str) -> Cost:
    taken, size = [], 0
    for _ in range(ROUNDS):
        begun = time.process_time()
        answer = desk.get(path)
        taken.append(time.process_time() - begun)
        assert answer.status == 200, answer.words
        size = len(answer.response.data)
    tracemalloc.start()
    desk.get(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Cost(name, statistics.median(taken), size, peak)
