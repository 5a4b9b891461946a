"""Keeping activities for later, and telling when their sign-up opens. Call inside ``transaction()``."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.outbox.service import owe_each
from festival.programme.models import Activity
from festival.saved import queries
from festival.saved.models import SavedActivity
from festival.signups.service import lock
from festival.signups.sweep import OwnSweep


def save(account_id: int, activity_id: int, *, wants_word: bool) -> SavedActivity:
    """Keep an activity for a person, or change whether they want to hear when its sign-up opens.

    :raises NotFound: the person was forgotten at this very moment.
    """
    theirs = select(Account.id).where(Account.id == account_id, Account.erased_at.is_(None))
    if db.session.scalar(theirs.with_for_update(key_share=True)) is None:
        raise NotFound
    saved = queries.one(account_id, activity_id)
    if saved is None:
        before, at = queries.last_saved_at(account_id), clock.wall()
        saved = SavedActivity(
            account_id=account_id,
            activity_id=activity_id,
            saved_at=at if before is None else max(at, before + timedelta(microseconds=1)),
            wants_word=wants_word,
        )
        db.session.add(saved)
    saved.wants_word = wants_word
    db.session.flush()
    return saved


def forget(account_id: int, activity_id: int) -> None:
    """Keep an activity no longer; harmless when it is not kept."""
    db.session.execute(
        delete(SavedActivity).where(SavedActivity.account_id == account_id, SavedActivity.activity_id == activity_id)
    )


def follow_opening(activity_id: int) -> int:
    """Owe a message to each who wants to hear that sign-up for an activity has opened; return how many.

    One per opening: whoever was told hears of it again only after it was put off.
    """
    now = lock(activity_id).now
    activity = db.session.get_one(Activity, activity_id)
    if not activity.is_public_at(now):
        return 0
    if queries.opening(activity, now) is not None:
        _expect_again(activity_id)
        return 0
    if not queries.is_open(activity, now):
        return 0
    waiting = queries.to_tell(activity_id)
    owe_each("saved_opened", "saved_activity", {one.id: one.account_id for one in waiting}, activity_id=activity_id)
    at = clock.wall()
    for saved in waiting:
        saved.told_at = at
    return len(waiting)


def _expect_again(activity_id: int) -> None:
    db.session.execute(
        update(SavedActivity)
        .where(SavedActivity.activity_id == activity_id, SavedActivity.told_at.is_not(None))
        .values(told_at=None)
    )


def _due() -> list[int]:
    return queries.to_follow(database_now())


#: Looked for each minute: what has opened, and what was put off after it had.
SWEEP: OwnSweep = (_due, follow_opening)
