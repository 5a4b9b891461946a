"""Making invitations and taking them back. Called inside ``transaction()``; never commits. The engine decides what one opens."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from festival.audit.service import record
from festival.invitations import queries
from festival.invitations.rules import (
    LABEL_DAYS,
    Guests,
    InvitationReason,
    InvitationRefused,
    read_guests,
)
from festival.lib import tokens
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.programme.locking import lock_activity
from festival.programme.models import Access, Activity, Pool, Slot
from festival.signups.models import Invitation


def preview(activity_id: int, pool_id: int, text: str) -> Guests:
    """Return what a list would do, as things stand now; nothing is written.

    :raises InvitationRefused: the activity has no such pool by invitation.
    """
    _pool(activity_id, pool_id)
    return read_guests(text, queries.invited_names(pool_id, database_now()))


def invite(
    activity_id: int,
    pool_id: int,
    text: str,
    expires_at: datetime | None,
    *,
    actor_id: int,
    shown: int | None = None,
) -> list[Invitation]:
    """Make a personal link for each new name of a list; all other lines are left out.

    :param expires_at: None: as long as one can sign up.
    :param shown: how many new names the list was shown with; None: it was not shown.
    :raises NotFound: there is no such activity.
    :raises InvitationRefused: no such pool by invitation, an expiry that has passed, no new name, or others than were shown.
    """
    now = _begin(activity_id, pool_id, expires_at)
    guests = read_guests(text, queries.invited_names(pool_id, now))
    if not guests.new:
        raise InvitationRefused(InvitationReason.NOTHING_NEW)
    if shown is not None and shown != len(guests.new):
        raise InvitationRefused(InvitationReason.CHANGED)
    made = [
        Invitation(
            activity_id=activity_id,
            pool_id=pool_id,
            code=tokens.new_code(),
            label=line.label,
            uses_max=1,
            expires_at=expires_at,
            created_at=now,
            created_by_id=actor_id,
        )
        for line in guests.new
    ]
    db.session.add_all(made)
    db.session.flush()
    record("invitation.make", "pool", pool_id, actor_id=actor_id, activity_id=activity_id, changes=f"links:{len(made)}")
    return made


def make_code(
    activity_id: int,
    pool_id: int,
    label: str,
    uses_max: int,
    expires_at: datetime | None,
    *,
    actor_id: int,
) -> Invitation:
    """Make a code to type that several may use, each for one sign-up.

    :param label: what it is for, in the organizers' words; readers never see it.
    :raises NotFound: there is no such activity.
    :raises InvitationRefused: no such pool by invitation, or an expiry that has passed.
    """
    now = _begin(activity_id, pool_id, expires_at)
    made = Invitation(
        activity_id=activity_id,
        pool_id=pool_id,
        code=tokens.new_typed_code(),
        label=label,
        uses_max=uses_max,
        expires_at=expires_at,
        created_at=now,
        created_by_id=actor_id,
    )
    db.session.add(made)
    db.session.flush()
    record("invitation.make_code", "invitation", made.id, actor_id=actor_id, activity_id=activity_id, changes=f"uses:{uses_max}")
    return made


def revoke(activity_id: int, invitation_id: int, *, actor_id: int) -> None:
    """Take an invitation back: nobody more gets in by it, and who did keeps the place. Doing it twice changes nothing.

    :raises NotFound: the activity has no such invitation.
    """
    lock_activity(activity_id)
    found = db.session.scalar(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.activity_id == activity_id)
        .execution_options(populate_existing=True),
    )
    if found is None:
        raise NotFound
    if found.revoked_at is None:
        found.revoked_at = database_now()
        record("invitation.revoke", "invitation", invitation_id, actor_id=actor_id, activity_id=activity_id)


def record_export(activity_id: int, links: int, *, actor_id: int) -> None:
    """Record that somebody took the list of links away."""
    record("invitation.export", "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=f"links:{links}")


def forget_names(now: datetime) -> int:
    """Empty the names of invitations to what ended ``LABEL_DAYS`` ago; return how many that were. What was used still counts."""
    over = select(Activity.id).where(Activity.ends_at < now - timedelta(days=LABEL_DAYS))
    named = list(db.session.scalars(select(Invitation.id).where(Invitation.label != "", Invitation.activity_id.in_(over))))
    for start in range(0, len(named), 500):
        db.session.execute(update(Invitation).where(Invitation.id.in_(named[start : start + 500])).values(label=""))
    return len(named)


def _begin(activity_id: int, pool_id: int, expires_at: datetime | None) -> datetime:
    """Lock the activity, so that no other list is saved at the same time, and return now."""
    lock_activity(activity_id)
    now = database_now()
    _pool(activity_id, pool_id)
    if expires_at is not None and expires_at <= now:
        raise InvitationRefused(InvitationReason.EXPIRES_IN_PAST)
    return now


def _pool(activity_id: int, pool_id: int) -> None:
    found = db.session.scalar(
        select(Pool.id)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Pool.id == pool_id, Slot.activity_id == activity_id, Pool.access == Access.INVITATION, Pool.is_closed.is_(False)),
    )
    if found is None:
        raise InvitationRefused(InvitationReason.UNKNOWN_POOL)
