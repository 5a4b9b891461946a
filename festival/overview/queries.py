"""Reading what the overview shows; each function asks one question, however many activities there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Date, and_, case, cast, func, select

from festival.lib import clock
from festival.lib.db import db, is_postgresql
from festival.outbox.models import Message, MessageState
from festival.signups import queries as signups
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sign-ups that wait for a word of staff."""

    #: Under review, and never asked for more.
    to_review: int = 0
    #: They answered what the review asked.
    replies: int = 0
    #: They said why they did not come.
    appeals: int = 0


def waiting(activity_ids: Sequence[int]) -> dict[int, Waiting]:
    """Return what waits for staff, by activity; where nothing does is left out."""
    pending = and_(SignUp.state == State.PENDING, SignUp.asked_at.is_(None))
    appealed = signups.waits_for_an_answer()
    rows = db.session.execute(
        select(
            SignUp.activity_id,
            func.count(case((and_(pending, SignUp.reply == ""), 1))).label("to_review"),
            func.count(case((and_(pending, SignUp.reply != ""), 1))).label("replies"),
            func.count(case((appealed, 1))).label("appeals"),
        )
        .where(SignUp.activity_id.in_(activity_ids), SignUp.state.in_((State.PENDING, State.NO_SHOW)))
        .group_by(SignUp.activity_id),
    )
    return {row.activity_id: Waiting(row.to_review, row.replies, row.appeals) for row in rows}


def failed_messages(within: ColumnElement[bool]) -> int:
    """Return how many messages inside a scope could not be delivered."""
    return db.session.execute(select(func.count(Message.id)).where(within, Message.state == MessageState.FAILED)).scalar_one()


def message_activity() -> ColumnElement[int]:
    """Return what activity a message is about, 0 for none: the column of a scope."""
    return func.coalesce(Message.activity_id, 0)


def _local_day() -> ColumnElement[object]:
    """Return the festival's day of a sign-up, as the database reckons it: UTC+8 all year."""
    if is_postgresql():
        return cast(func.timezone(str(clock.ZONE), SignUp.signed_up_at), Date)
    return func.date(SignUp.signed_up_at, "+8 hours")


def by_day(activity_ids: Sequence[int]) -> dict[tuple[date, int], int]:
    """Return how many sign-ups were made on each day for each pool, whatever became of them."""
    day = _local_day().label("day")
    rows = db.session.execute(
        select(day, SignUp.pool_id, func.count(SignUp.id).label("made"))
        .where(SignUp.activity_id.in_(activity_ids))
        .group_by("day", SignUp.pool_id),
    )
    return {(_date(row.day), row.pool_id): row.made for row in rows}


def _date(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
