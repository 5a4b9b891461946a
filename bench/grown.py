"""What a sign-up costs once very many have signed up for the same activity: written as bulk, with the triggers counting."""

import statistics
from collections.abc import Iterator

import sqlalchemy as sa

from bench.crowd import Place, load, new_activities, open_forms, sign_up_of
from festival.accounts.models import Account, AccountKind, Address
from festival.accounts.rules import Channel
from festival.lib import clock, tokens
from festival.lib.db import db, is_postgresql, transaction
from festival.lib.names import name_key
from festival.programme.models import Activity, Slot
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import pool_of

SIZES = (100, 1_000, 10_000, 100_000)
TRIES = 24
BATCH = 5_000
NAMES = [
    f"{surname}{given}" for surname in "李王张刘陈杨赵黄周吴" for given in ("伟", "美", "小宁", "晨曦", "建国", "雨欣", "子涵")
]


def costs(place: Place) -> Iterator[tuple[int, float]]:
    """Yield how many have signed up, half of them waiting, and the milliseconds of the next sign-up (median)."""
    [slug] = new_activities(1, SIZES[-1] // 2)
    people = open_forms(place.app, place.servers.ports, slug, TRIES * len(SIZES))
    there = 0
    for size in SIZES:
        grow(slug, there, size)
        there = size
        newcomers, people = people[:TRIES], people[TRIES:]
        _, taken = load(place.servers.ports[0], [sign_up_of(person, slug) for person in newcomers], 1, 303)
        yield size, statistics.median(taken)


def grow(slug: str, there: int, size: int, *, with_names: bool = False) -> None:
    """Bring an activity from so many sign-ups to so many, every second of them on the list.

    :param with_names: everybody has a name and a number, as on a roster; else they are nobody.
    """
    activity = db.session.scalars(sa.select(Activity).where(Activity.slug == slug)).one()
    pool, at = pool_of(activity), clock.wall()
    slot = db.session.get_one(Slot, pool.slot_id)
    same = {
        "activity_id": activity.id, "slot_id": slot.id, "session_id": slot.id, "pool_id": pool.id, "party_size": 1,
        "claim": f"activity:{activity.id}", "joined_at": at, "signed_up_at": at, "state_at": at, "updated_at": at,
    }  # fmt: skip
    for first in range(there, size, BATCH):
        numbers = range(first, min(first + BATCH, size))
        with transaction():
            pool.capacity = numbers.stop // 2  # always full, or the sweep would serve the list
            rows = [{"kind": AccountKind.PERSON, "created_at": at} for _ in numbers]
            ids = db.session.scalars(sa.insert(Account).returning(Account.id), rows).all()
            states = [State.CONFIRMED if number % 2 else State.WAITLISTED for number in numbers]
            called = [NAMES[number % len(NAMES)] if with_names else "" for number in numbers]
            db.session.execute(
                sa.insert(SignUp.__table__),  # type: ignore[arg-type]  # a table
                [
                    same
                    | {
                        "person_id": person_id,
                        "state": state,
                        "code": tokens.new_code(),
                        "digits": f"{8 if with_names else 9}{number:07d}",
                    }
                    | {"name": name, "search_text": name_key(name)}
                    for person_id, number, state, name in zip(ids, numbers, states, called, strict=True)
                ],
            )
            if with_names:
                addresses = [
                    {"account_id": one, "channel": Channel.MOBILE, "value": f"137{one:08d}", "verified_at": at} for one in ids
                ]
                db.session.execute(sa.insert(Address), addresses)
    settle()


def settle() -> None:
    """Do at once what PostgreSQL does by itself within minutes after so many rows: count them, and write them back.

    SQLite counts nothing by itself. Counted here, when there are two activities, it would believe ever after that there are two.
    """
    if not is_postgresql():
        return
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            connection.execute(sa.text(statement))
