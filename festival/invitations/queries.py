"""Reading invitations."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.text import search_key
from festival.lib.tokens import CODE_LENGTH
from festival.programme.models import Activity, Festival, Pool, Slot
from festival.programme.queries import is_public
from festival.signups.models import Invitation, SignUp
from festival.signups.queries import standing_of
from festival.signups.rules import CLAIMING, InvitationEnd, Invited

#: Invitations on one page of the list.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Row:
    """An invitation with how it stands."""

    invitation: Invitation
    invited: Invited
    #: Why it lets nobody in any more; None: it does.
    end: InvitationEnd | None
    #: The newest live or used sign-up made with it; None: there is none.
    sign_up_id: int | None

    @property
    def is_personal(self) -> bool:
        """Tell whether it is a link for one person, not a code to type."""
        return len(self.invitation.code) == CODE_LENGTH


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool by invitation, with what its invitations may still take. Persons but for the uses, which are sign-ups."""

    slot: Slot
    pool: Pool
    invitations: int
    #: Uses that are still to be had.
    open_uses: int


def by_code(code: str) -> tuple[Invitation, str] | None:
    """Return an invitation of a public activity by its code, with the activity's slug; None: there is none."""
    row = db.session.execute(
        select(Invitation, Activity.slug)
        .join(Activity, Activity.id == Invitation.activity_id)
        .join(Festival, Festival.id == Activity.festival_id)
        .where(Invitation.code == code, is_public(clock.now()), Festival.is_preparing.is_(False))
        .options(joinedload(Invitation.pool).joinedload(Pool.slot)),
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def used_by(invitation_id: int, person_id: int) -> SignUp | None:
    """Return the live or used sign-up that a person made with an invitation."""
    return db.session.scalar(
        select(SignUp).where(
            SignUp.invitation_id == invitation_id,
            SignUp.person_id == person_id,
            SignUp.state.in_(CLAIMING),
        ),
    )


def one(activity_id: int, invitation_id: int, now: datetime) -> Row:
    """Return an invitation of an activity.

    :raises NotFound: there is none.
    """
    found = _rows(now, Invitation.activity_id == activity_id, Invitation.id == invitation_id)
    if not found:
        raise NotFound
    return found[0]


def _matching(activity_id: int, words: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Invitation.activity_id == activity_id]
    if words:
        found.append(or_(Invitation.label.icontains(words, autoescape=True), Invitation.code == words))
    return found


def count(activity_id: int, words: str) -> int:
    """Return how many invitations of an activity match a name, or a code; empty: all."""
    return db.session.execute(select(func.count(Invitation.id)).where(*_matching(activity_id, words))).scalar_one()


def page(activity_id: int, words: str, number: int, now: datetime) -> list[Row]:
    """Return one page of an activity's invitations, newest first. ``number``: 1 is the first page."""
    return _rows(now, *_matching(activity_id, words), limit=PAGE, offset=(number - 1) * PAGE)


def every(activity_id: int, now: datetime) -> list[Row]:
    """Return all invitations of an activity, newest first."""
    return _rows(now, Invitation.activity_id == activity_id)


def _rows(now: datetime, *conditions: ColumnElement[bool], limit: int | None = None, offset: int = 0) -> list[Row]:
    made = select(func.count(SignUp.id)).where(SignUp.invitation_id == Invitation.id, SignUp.state.in_(CLAIMING))
    uses = made.correlate(Invitation).scalar_subquery()
    newest = made.with_only_columns(func.max(SignUp.id)).correlate(Invitation).scalar_subquery()
    found = db.session.execute(
        select(Invitation, uses, newest)
        .where(*conditions)
        .order_by(Invitation.id.desc())
        .limit(limit)
        .offset(offset)
        .options(joinedload(Invitation.pool).joinedload(Pool.slot)),
    )
    rows = []
    for invitation, used, sign_up_id in found:
        invited = standing_of(invitation, used)
        rows.append(Row(invitation, invited, invited.end_at(now), sign_up_id))
    return rows


def pools(activity: Activity, now: datetime) -> list[PoolRow]:
    """Return the pools by invitation of an activity (slots and pools loaded), with what was given out for them."""
    rows = every(activity.id, now) if activity.has_invitations else []
    found = []
    for slot in activity.slots:
        for pool in slot.open_pools:
            if pool.access != "invitation":
                continue
            good = [row for row in rows if row.invitation.pool_id == pool.id and row.end is None]
            open_uses = sum(row.invited.uses_max - row.invited.uses for row in good)
            found.append(PoolRow(slot, pool, len(good), open_uses))
    return found


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who made a link, and when; an empty name: the system."""

    by: str
    at: datetime


def inviters(pool_id: int, now: datetime) -> dict[str, Inviter]:
    """Return who made the links that ``invited_names`` tells of, by the name as it is compared; of several the newest."""
    rows = db.session.execute(
        select(Invitation.label, Invitation.created_at, Account.staff_name)
        .outerjoin(Account, Account.id == Invitation.created_by_id)
        .where(*_linked(pool_id, now))
        .order_by(Invitation.id),
    )
    return {search_key(row.label): Inviter(row.staff_name or "", row.created_at) for row in rows}


def _linked(pool_id: int, now: datetime) -> list[ColumnElement[bool]]:
    """Return what a personal link fulfils that was not taken back and has not expired."""
    return [
        Invitation.pool_id == pool_id,
        func.length(Invitation.code) == CODE_LENGTH,
        Invitation.label != "",
        Invitation.revoked_at.is_(None),
        or_(Invitation.expires_at.is_(None), Invitation.expires_at > now),
    ]


def invited_names(pool_id: int, now: datetime) -> list[str]:
    """Return the names that hold a personal link to a pool which was not taken back and has not expired."""
    return list(db.session.scalars(select(Invitation.label).where(*_linked(pool_id, now))))
