"""Reading people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, bindparam, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from festival.accounts import rules
from festival.accounts.models import (
    Account,
    AccountKind,
    Address,
    CodeChallenge,
    Consent,
    PrivacyNotice,
    RecoveryCode,
    RoleGrant,
    SignInSession,
    StaffLink,
)
from festival.lib import clock, tokens
from festival.lib.db import Model, db
from festival.lib.prepared import Prepared, glance

# Every page of somebody signed in asks it: built once, since building a statement costs three times what asking the database
# does. Roles are read when they are needed: an attendee has none.
_SESSION = (
    select(SignInSession)
    .join(SignInSession.account)
    .where(
        SignInSession.key_digest == bindparam("key_digest"),
        SignInSession.ended_at.is_(None),
        Account.disabled_at.is_(None),
        Account.erased_at.is_(None),
    )
    .options(contains_eager(SignInSession.account))
)


_WHO = Prepared(
    select(SignInSession.id, SignInSession.created_at, SignInSession.last_seen_at, Account.id.label("account_id"), Account.kind)
    .join(SignInSession.account)
    .where(
        SignInSession.key_digest == bindparam("key_digest"),
        SignInSession.ended_at.is_(None),
        Account.disabled_at.is_(None),
        Account.erased_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is signed in under a key, no more than that."""

    session_id: int
    account_id: int
    kind: AccountKind
    last_seen_at: datetime


def visit_of(key: str) -> Visit | None:
    """Return who is signed in under a key; None as ``session_of``."""
    row = glance(_WHO, {"key_digest": tokens.digest(key)})
    if row is None:
        return None
    is_staff = row.kind == AccountKind.STAFF
    if not rules.session_lives(is_staff=is_staff, created_at=row.created_at, last_seen_at=row.last_seen_at, now=clock.wall()):
        return None
    return Visit(row.id, row.account_id, row.kind, row.last_seen_at)


def session_of(key: str) -> SignInSession | None:
    """Return the session under a key with its account; None when it ended, timed out or the account is closed."""
    found = db.session.scalar(_SESSION, {"key_digest": tokens.digest(key)})
    if found is None or not is_alive(found, clock.wall()):
        return None
    return found


def account_of_session(key: str) -> Account | None:
    """Return the account signed in under a session key; None as ``session_of``."""
    found = session_of(key)
    return found.account if found else None


def is_alive(session: SignInSession, now: datetime) -> bool:
    """Tell whether a session that nobody ended has not timed out either."""
    return rules.session_lives(
        is_staff=session.account.kind == AccountKind.STAFF,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        now=now,
        is_gate=session.is_gate,
    )


def sessions_of(account_id: int) -> list[SignInSession]:
    """Return where an account is signed in now, most recently used first."""
    now = clock.wall()
    rows = db.session.scalars(
        select(SignInSession)
        .where(SignInSession.account_id == account_id, SignInSession.ended_at.is_(None))
        .options(joinedload(SignInSession.account))
        .order_by(SignInSession.last_seen_at.desc(), SignInSession.id.desc()),
    )
    return [row for row in rows if is_alive(row, now)]


def sessions_by_account(account_ids: Sequence[int]) -> dict[int, int]:
    """Return in how many browsers each account is signed in now."""
    now = clock.wall()
    rows = db.session.scalars(
        select(SignInSession)
        .where(SignInSession.account_id.in_(account_ids), SignInSession.ended_at.is_(None))
        .options(joinedload(SignInSession.account)),
    )
    return dict(Counter(row.account_id for row in rows if is_alive(row, now)))


def person_at(address: str) -> Account | None:
    """Return the person who owns an address in its normal form."""
    return db.session.scalar(
        select(Account)
        .join(Address, Address.account_id == Account.id)
        .where(Address.value == address, Account.kind == AccountKind.PERSON, Account.erased_at.is_(None)),
    )


def addresses_of(account_id: int) -> Sequence[Address]:
    """Return how a person is reached, oldest first."""
    return db.session.scalars(select(Address).where(Address.account_id == account_id).order_by(Address.id)).all()


def newest_challenge(address: str) -> CodeChallenge | None:
    """Return the code that was sent last to an address: the only one that counts."""
    return db.session.scalar(
        select(CodeChallenge).where(CodeChallenge.address == address).order_by(CodeChallenge.id.desc()).limit(1),
    )


def sent_within_a_day(address: str, now: datetime) -> Sequence[datetime]:
    """Return when codes were sent to an address within the last day."""
    return db.session.scalars(
        select(CodeChallenge.sent_at).where(CodeChallenge.address == address, CodeChallenge.sent_at > now - timedelta(days=1)),
    ).all()


def consents_of(account_id: int) -> list[tuple[Consent, PrivacyNotice]]:
    """Return what a person agreed to, newest first, each with the notice as it was shown."""
    rows = db.session.execute(
        select(Consent, PrivacyNotice)
        .join(PrivacyNotice, PrivacyNotice.id == Consent.notice_id)
        .where(Consent.account_id == account_id)
        .order_by(Consent.given_at.desc(), Consent.id),
    )
    return [(consent, notice) for consent, notice in rows]


def staff_named(name: str) -> Account | None:
    """Return the staff member of a name, roles included."""
    return db.session.scalar(
        select(Account).where(Account.kind == AccountKind.STAFF, Account.staff_name == name).options(selectinload(Account.roles)),
    )


def all_staff() -> Sequence[Account]:
    """Return every staff member by name, roles included."""
    return db.session.scalars(
        select(Account)
        .where(Account.kind == AccountKind.STAFF)
        .options(selectinload(Account.roles))
        .order_by(Account.staff_name),
    ).all()


def live_link(token: str, now: datetime) -> StaffLink | None:
    """Return the one-time link of a token; None when it was used, is over, or never was."""
    return db.session.scalar(
        select(StaffLink).where(
            StaffLink.token_digest == tokens.digest(token),
            StaffLink.used_at.is_(None),
            StaffLink.expires_at > now,
        ),
    )


def recovery_codes_left(account_id: int) -> int:
    """Return how many recovery codes a staff member has not used yet."""
    return db.session.execute(
        select(func.count(RecoveryCode.id)).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None)),
    ).scalar_one()


def needs_second_factor(account: Account) -> bool:
    """Tell whether a staff member holds a role that asks for a second factor outside the demo."""
    return any(rules.Role(grant.role) in rules.SECOND_FACTOR_ROLES for grant in account.roles)


# -- activities: accounts lie below them and know their table as their foreign keys do, by name ---------------------------------


def _activities() -> Table:
    return Model.metadata.tables["activity"]


def activity_id_of(slug: str) -> int | None:
    """Return the newest activity of a slug, for a role that is held for one activity only."""
    activity = _activities()
    return db.session.scalar(
        select(activity.c.id).where(activity.c.slug == slug).order_by(activity.c.id.desc()).limit(1),
    )


def activity_titles(locale: str, ids: Sequence[int]) -> dict[int, str]:
    """Return the short titles of activities in a language."""
    activity = _activities()
    title = activity.c.short_title_en if locale == "en" else activity.c.short_title_zh
    rows = db.session.execute(select(activity.c.id, title, activity.c.short_title_zh).where(activity.c.id.in_(ids)))
    return {id_: in_locale or chinese for id_, in_locale, chinese in rows}


def activity_choices(locale: str) -> list[tuple[int, str]]:
    """Return every activity with its short title in a language, in the order of the programme, the newest festival first."""
    activity = _activities()
    ids = db.session.scalars(
        select(activity.c.id).order_by(activity.c.festival_id.desc(), activity.c.position, activity.c.id)
    ).all()
    titles = activity_titles(locale, ids)
    return [(id_, titles[id_]) for id_ in ids]


def roles_of(account_id: int) -> Sequence[RoleGrant]:
    """Return the roles of a staff member."""
    return db.session.scalars(select(RoleGrant).where(RoleGrant.account_id == account_id).order_by(RoleGrant.id)).all()
