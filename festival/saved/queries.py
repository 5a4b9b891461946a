"""Reading what people keep for later."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Access, Activity, ActivityStatus, Festival, Slot, SlotStatus
from festival.programme.queries import is_public
from festival.saved import rules
from festival.saved.models import SavedActivity
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, Window
from festival.signups.service import window_of


def one(account_id: int, activity_id: int) -> SavedActivity | None:
    """Return what a person keeps of an activity; None: nothing."""
    return db.session.scalar(
        select(SavedActivity).where(SavedActivity.account_id == account_id, SavedActivity.activity_id == activity_id),
    )


def of_person(account_id: int) -> list[SavedActivity]:
    """Return what a person keeps of the activities that readers may see, by time; always the same few queries."""
    return list(
        db.session.scalars(
            select(SavedActivity)
            .join(Activity, Activity.id == SavedActivity.activity_id)
            .join(Festival, Festival.id == Activity.festival_id)
            .where(SavedActivity.account_id == account_id, is_public(clock.now()), Festival.is_preparing.is_(False))
            .order_by(Activity.starts_at, Activity.id)
            .options(
                joinedload(SavedActivity.activity).options(
                    joinedload(Activity.track),
                    joinedload(Activity.venue),
                    selectinload(Activity.slots).options(selectinload(Slot.pools), joinedload(Slot.venue)),
                ),
            ),
        ),
    )


def last_saved_at(account_id: int) -> datetime | None:
    """Return when a person last kept an activity; None: they keep none."""
    return db.session.scalar(select(func.max(SavedActivity.saved_at)).where(SavedActivity.account_id == account_id))


def signed_up(account_id: int, activity_id: int) -> bool:
    """Tell whether a person has a live sign-up for an activity: then its opening is no news."""
    live = select(SignUp.id).where(SignUp.person_id == account_id, SignUp.activity_id == activity_id, SignUp.state.in_(LIVE))
    return bool(db.session.scalar(select(live.exists())))


# -- when sign-up opens -------------------------------------------------------------------------------------------------------


def opening(activity: Activity, now: datetime) -> datetime | None:
    """Return when sign-up for an activity opens; None: it is open or over, by invitation, or nobody can say."""
    return rules.opening(_windows(activity), now)


def is_open(activity: Activity, now: datetime) -> bool:
    """Tell whether an activity takes place and something of it can be signed up for now."""
    return activity.status == ActivityStatus.PUBLISHED and rules.is_open(_windows(activity), now)


def _windows(activity: Activity) -> Iterator[Window]:
    """Yield the window of each slot with places that are not by invitation."""
    for slot in activity.slots:
        if slot.status == SlotStatus.SCHEDULED and any(pool.access != Access.INVITATION for pool in slot.open_pools):
            yield window_of(activity, slot)


def to_follow(now: datetime) -> list[int]:
    """Return the activities whose sign-up has opened and somebody has still to hear so; and those that were put off since."""
    found = db.session.scalars(
        select(Activity)
        .where(
            is_public(now),
            Activity.status == ActivityStatus.PUBLISHED,
            Activity.ends_at > now,
            exists().where(SavedActivity.activity_id == Activity.id, SavedActivity.wants_word.is_(True)),
        )
        .options(selectinload(Activity.slots).selectinload(Slot.pools)),
    ).all()
    untold = _with_rows(SavedActivity.wants_word.is_(True), SavedActivity.told_at.is_(None))
    told = _with_rows(SavedActivity.told_at.is_not(None))
    return [
        activity.id
        for activity in found
        if (activity.id in untold and is_open(activity, now)) or (activity.id in told and opening(activity, now) is not None)
    ]


def _with_rows(*conditions: ColumnElement[bool]) -> set[int]:
    return set(db.session.scalars(select(SavedActivity.activity_id).where(*conditions).distinct()))


def to_tell(activity_id: int) -> list[SavedActivity]:
    """Return who has still to hear that sign-up for an activity is open; those who have signed up know."""
    live = select(SignUp.person_id).where(SignUp.activity_id == activity_id, SignUp.state.in_(LIVE))
    return list(
        db.session.scalars(
            select(SavedActivity)
            .where(
                SavedActivity.activity_id == activity_id,
                SavedActivity.wants_word.is_(True),
                SavedActivity.told_at.is_(None),
                SavedActivity.account_id.not_in(live),
            )
            .order_by(SavedActivity.id)
            .execution_options(populate_existing=True),
        ),
    )
