"""Reading the review queue."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from festival.lib.db import db
from festival.lib.text import search_key
from festival.programme.models import Activity
from festival.reviews.models import Review
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue is shown. None or empty: not limited by it."""

    #: ``new``: nobody asked yet; ``asked``: the person has not answered; ``answered``: back in the queue.
    stage: str | None = None
    pool_id: int | None = None
    words: str = ""


def queue(activity_id: int, shown: QueueFilter, *, limit: int, offset: int) -> list[SignUp]:
    """Return the sign-ups of an activity that wait for a decision, oldest first; those asked and not answered yet, last."""
    chosen = (
        select(SignUp)
        .where(*_conditions(activity_id, shown))
        .order_by(SignUp.asked_at.is_not(None), SignUp.joined_at, SignUp.id)
        .limit(limit)
        .offset(offset)
        .options(joinedload(SignUp.pool), joinedload(SignUp.slot), selectinload(SignUp.answers))
    )
    return list(db.session.scalars(chosen))


def count(activity_id: int, shown: QueueFilter) -> int:
    """Return how many sign-ups ``queue`` would show on all its pages."""
    return db.session.execute(select(func.count(SignUp.id)).where(*_conditions(activity_id, shown))).scalar_one()


def _conditions(activity_id: int, shown: QueueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [SignUp.activity_id == activity_id, SignUp.state == State.PENDING]
    if shown.stage == "new":
        conditions += [SignUp.asked_at.is_(None), SignUp.reply == ""]
    elif shown.stage == "asked":
        conditions.append(SignUp.asked_at.is_not(None))
    elif shown.stage == "answered":
        conditions += [SignUp.asked_at.is_(None), SignUp.reply != ""]
    if shown.pool_id is not None:
        conditions.append(SignUp.pool_id == shown.pool_id)
    if shown.words:
        conditions.append(SignUp.name.contains(search_key(shown.words), autoescape=True))
    return conditions


def waiting_by_activity(scope: ColumnElement[bool]) -> dict[int, int]:
    """Return how many sign-ups wait for a decision (not for the person's answer), by activity, inside a scope."""
    rows = db.session.execute(
        select(SignUp.activity_id, func.count(SignUp.id))
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(scope, SignUp.state == State.PENDING, SignUp.asked_at.is_(None))
        .group_by(SignUp.activity_id),
    )
    return {row[0]: row[1] for row in rows}


def history(sign_up_ids: Iterable[int]) -> dict[int, list[Review]]:
    """Return the decisions on sign-ups so far, oldest first, by sign-up."""
    found: dict[int, list[Review]] = {}
    for review in db.session.scalars(select(Review).where(Review.sign_up_id.in_(list(sign_up_ids))).order_by(Review.id)):
        found.setdefault(review.sign_up_id, []).append(review)
    return found
