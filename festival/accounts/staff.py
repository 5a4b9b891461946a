"""Staff: passwords, lock-out, the second factor, one-time links, roles. Functions that write are called inside ``transaction()``.

What takes long (hashing) happens outside; what is decided (locked or not, tries) inside, on the row as it is then.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from festival.accounts import queries, rules
from festival.accounts.models import Account, AccountKind, RecoveryCode, RoleGrant, StaffLink
from festival.accounts.rules import Role, StaffReason
from festival.accounts.service import end_all_sessions, lock_account
from festival.audit.service import record
from festival.lib import clock, keys, passwords, sealing, tokens
from festival.lib.db import db
from festival.lib.errors import NotFound, Refused
from festival.lib.text import clean_line
from festival.outbox.service import owe


class StaffRefused(Refused):
    """Staff were not let in, or a password was not taken; ``reason`` is a ``StaffReason``."""

    reason: StaffReason


# -- name and password ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """A password that was compared outside the transaction. ``account_id`` 0: no such name. ``fresh_hash``: to be stored."""

    account_id: int
    is_right: bool
    fresh_hash: str | None = None


def check_password(name: str, password: str) -> Checked:
    """Compare a password. Unknown names, names without a password and closed ones take as long as a wrong one."""
    account = queries.staff_named(clean_line(name).lower())
    stored = account.password_hash if account else None
    right = passwords.is_right(stored, password)
    fresh = passwords.hashed(password) if right and stored and passwords.is_outdated(stored) else None
    return Checked(account.id if account else 0, right, fresh)


def admit(checked: Checked) -> Account | None:
    """Judge a compared password on the row as it is now; None: not let in, and nobody is told why.

    Five failures lock the name for 15 minutes, also for the right password. The try is committed with the transaction.
    """
    now = clock.wall()
    account = db.session.scalar(
        select(Account).where(Account.id == checked.account_id).with_for_update().execution_options(populate_existing=True),
    )
    is_open = account is not None and account.disabled_at is None and not _is_locked(account, now)
    if account is None or not is_open or not checked.is_right:
        _count_failure(account if is_open else None, now)
        record("staff.refused", "account", checked.account_id, actor_id=None)
        return None
    account.failed_tries = 0
    account.locked_until = None
    if checked.fresh_hash:
        account.password_hash = checked.fresh_hash
    return account


def _is_locked(account: Account, now: datetime) -> bool:
    return account.locked_until is not None and account.locked_until > now


def _count_failure(account: Account | None, now: datetime) -> None:
    """Count a wrong password; while a name is locked nothing is counted, so that nobody can lock it for good."""
    if account is None:
        return
    account.failed_tries += 1
    if account.failed_tries >= rules.STAFF_TRIES:
        account.failed_tries = 0
        account.locked_until = now + rules.STAFF_LOCKED
        record("staff.locked", "account", account.id, actor_id=None)


# -- the second factor ---------------------------------------------------------------------------------------------------------


def new_second_factor() -> str:
    """Return a fresh secret for an authenticator (base32, 160 bits); nothing is stored yet."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def otp_uri(account: Account, secret: str, issuer: str) -> str:
    """Return what the QR code for an authenticator holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.staff_name or "", issuer_name=issuer)


def set_second_factor(account: Account, secret: str, otp: str) -> list[str] | None:
    """Set a second factor that was proven by a number of it; return recovery codes to be shown once, None: wrong number."""
    step = _step_of(secret, otp)
    if step is None:
        return None
    account.totp_sealed = sealing.seal(secret.encode(), f"totp:{account.id}")
    account.totp_step = step
    record("staff.second_factor", "account", account.id, actor_id=account.id)
    return _new_recovery_codes(account)


def _new_recovery_codes(account: Account) -> list[str]:
    for old in db.session.scalars(select(RecoveryCode).where(RecoveryCode.account_id == account.id)).all():
        db.session.delete(old)
    db.session.flush()
    codes = [f"{tokens.new_code()[:5]}-{tokens.new_code()[:5]}" for _ in range(rules.RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(account_id=account.id, digest=_recovery_digest(account, code)) for code in codes)
    return codes


def _recovery_digest(account: Account, code: str) -> str:
    return tokens.digest(f"recovery:{account.id}:{code.lower().replace('-', '')}")


def pass_second_factor(account: Account, typed: str) -> bool:
    """Take a number of the authenticator, or a recovery code, each once; a wrong one counts as a wrong password."""
    now = clock.wall()
    db.session.refresh(account, with_for_update=True)
    if account.totp_sealed is None or account.disabled_at is not None or _is_locked(account, now):
        return False
    typed = clean_line(typed)
    if _takes_number(account, typed) or _takes_recovery_code(account, typed):
        account.failed_tries = 0
        return True
    _count_failure(account, now)
    record("staff.second_factor_refused", "account", account.id, actor_id=None)
    return False


def _takes_number(account: Account, typed: str) -> bool:
    assert account.totp_sealed is not None
    secret = sealing.unseal(account.totp_sealed, f"totp:{account.id}").decode()
    step = _step_of(secret, typed)
    if step is None or (account.totp_step is not None and step <= account.totp_step):  # a number works once
        return False
    account.totp_step = step
    return True


def _step_of(secret: str, typed: str) -> int | None:
    """Return the time step whose number was typed: now, or one step to either side; None: no such number."""
    number = rules.read_code(typed)
    if number is None:
        return None
    totp = pyotp.TOTP(secret)
    step = totp.timecode(clock.wall())
    return next((at for at in (step, step - 1, step + 1) if tokens.same(totp.generate_otp(at), number)), None)


def _takes_recovery_code(account: Account, typed: str) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.digest == _recovery_digest(account, typed),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.wall())
        .returning(RecoveryCode.id),
    ).first()
    if used is None:
        return False
    record("staff.recovery_code", "account", account.id, actor_id=account.id)
    return True


# -- who is staff --------------------------------------------------------------------------------------------------------------


class StaffError(ValueError):
    """A name or role that cannot be; the message is one line for whoever typed it."""


def invite(name: str, role: Role, activity_id: int | None, *, contact: str | None, actor_id: int) -> Account:
    """Make a staff member with one role; ``new_link`` lets them in.

    :param contact: their own number or mail address in its normal form.
    :raises StaffRefused: the name is none, or somebody has it.
    """
    if not rules.STAFF_NAME.fullmatch(name) or len(name) > 64:  # noqa: PLR2004  # the column's width
        raise StaffRefused(StaffReason.NAME_SHAPE)
    if queries.staff_named(name) is not None:
        raise StaffRefused(StaffReason.NAME_TAKEN)
    account = Account(kind=AccountKind.STAFF, staff_name=name, name=name, contact=contact, created_at=clock.wall())
    db.session.add(account)
    try:
        db.session.flush()
    except IntegrityError as error:  # another administrator took the name at the same moment
        raise StaffRefused(StaffReason.NAME_TAKEN) from error
    record("staff.made", "account", account.id, actor_id=actor_id)
    grant(account, role, activity_id, actor_id=actor_id)
    return account


def add_staff(name: str, role: Role, *, activity_slug: str | None = None, actor_id: int | None = None) -> str:
    """Make a staff member, or give one another role; return the token of a one-time link that sets the password.

    :raises StaffError: the name is none, or there is no such activity.
    """
    if not rules.STAFF_NAME.fullmatch(name) or len(name) > 64:  # noqa: PLR2004  # the column's width
        raise StaffError(f"{name!r} is not a name for staff: small letters, digits and hyphens, beginning with a letter.")
    activity_id = None
    if activity_slug is not None:
        activity_id = queries.activity_id_of(activity_slug)
        if activity_id is None:
            raise StaffError(f"There is no activity {activity_slug!r}.")
    account = queries.staff_named(name)
    if account is None:
        account = Account(kind=AccountKind.STAFF, staff_name=name, name=name, created_at=clock.wall())
        db.session.add(account)
        db.session.flush()
    grant(account, role, activity_id, actor_id=actor_id)
    return new_link(account, actor_id=actor_id)


def grant(account: Account, role: Role, activity_id: int | None, *, actor_id: int | None) -> None:
    """Give a staff member a role, for the festival (None) or one activity; a role held already stays as it is."""
    lock_account(account.id)
    held = {(one.role, one.activity_id) for one in queries.roles_of(account.id)}
    if (role.value, activity_id) in held:
        return
    db.session.add(RoleGrant(account_id=account.id, role=role.value, activity_id=activity_id))
    db.session.flush()
    record("staff.grant", "account", account.id, actor_id=actor_id, activity_id=activity_id, changes=f"role {role.value}")


def take(account: Account, grant_id: int, *, actor_id: int) -> None:
    """Take a role from a staff member; gone at the next request.

    :raises NotFound: it is none of theirs.
    :raises StaffRefused: nobody takes the administrator's role from themselves, so that one is always left.
    """
    held = db.session.get(RoleGrant, grant_id)
    if held is None or held.account_id != account.id:
        raise NotFound
    if held.role == Role.ADMINISTRATOR and held.activity_id is None:
        if account.id == actor_id:
            raise StaffRefused(StaffReason.ONESELF)
        _keep_one_administrator(but=account.id)
    record("staff.take_role", "account", account.id, actor_id=actor_id, activity_id=held.activity_id, changes=f"role {held.role}")
    db.session.delete(held)
    db.session.flush()


def _keep_one_administrator(*, but: int) -> None:
    """Hold the administrators' roles, so that two cannot remove each other at the same moment.

    :raises StaffRefused: there is no other who can sign in.
    """
    others = db.session.scalars(
        select(RoleGrant.account_id)
        .where(RoleGrant.role == Role.ADMINISTRATOR.value, RoleGrant.activity_id.is_(None))
        .order_by(RoleGrant.id)
        .with_for_update(),
    ).all()
    left = select(Account.id).where(Account.id.in_(others), Account.id != but, Account.disabled_at.is_(None)).limit(1)
    if db.session.scalar(left) is None:
        raise StaffRefused(StaffReason.LAST_ADMINISTRATOR)


def reset_second_factor(account: Account, *, actor_id: int) -> None:
    """Forget a member's authenticator and recovery codes, for the day both are lost, and sign them out everywhere.

    Whoever needs a second factor sets up a new one at the next sign-in.
    """
    account.totp_sealed = None
    account.totp_step = None
    for code in db.session.scalars(select(RecoveryCode).where(RecoveryCode.account_id == account.id)).all():
        db.session.delete(code)
    end_all_sessions(account, actor_id=actor_id)
    record("staff.second_factor_reset", "account", account.id, actor_id=actor_id)


def set_contact(account: Account, contact: str | None, *, actor_id: int) -> bool:
    """Set how a staff member is reached (normal form; None: not at all); False: as before."""
    if account.contact == contact:
        return False
    account.contact = contact
    record("staff.contact", "account", account.id, actor_id=actor_id, changes="contact")
    return True


def new_link(account: Account, *, actor_id: int | None, by_mail: bool = False) -> str:
    """Return the token of a link with which a staff member sets a password once, within a day; older links end.

    :param by_mail: owe it to the member's mail address as well.
    """
    now = clock.wall()
    db.session.execute(
        update(StaffLink).where(StaffLink.account_id == account.id, StaffLink.used_at.is_(None)).values(used_at=now),
    )
    link = StaffLink(account_id=account.id, token_digest=tokens.new_token(), expires_at=now + rules.STAFF_LINK_LASTS)
    db.session.add(link)
    db.session.flush()
    token = token_of(link)
    link.token_digest = tokens.digest(token)
    record("staff.link", "account", account.id, actor_id=actor_id)
    if by_mail:
        owe("staff_link", "staff_link", link.id, account_id=account.id)
    return token


def token_of(link: StaffLink) -> str:
    """Return the token of a link: made from its row and our key, so that a mail can be written without storing it anywhere."""
    about = f"{link.id}\n{link.account_id}\n{link.expires_at.timestamp():.6f}"
    made = hmac.digest(keys.derived("staff link"), about.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def set_password_by_link(token: str, password_hash: str) -> Account:
    """Set a password with a one-time link; every session of the account ends, and so does a lock-out.

    :raises StaffRefused: the link was used or is over.
    """
    now = clock.wall()
    account_id = db.session.execute(
        update(StaffLink)
        .where(StaffLink.token_digest == tokens.digest(token), StaffLink.used_at.is_(None), StaffLink.expires_at > now)
        .values(used_at=now)
        .returning(StaffLink.account_id),
    ).scalar()
    account = db.session.get(Account, account_id) if account_id is not None else None
    if account is None or account.disabled_at is not None:
        raise StaffRefused(StaffReason.LINK_DEAD)
    account.password_hash = password_hash
    account.failed_tries = 0
    account.locked_until = None
    end_all_sessions(account, actor_id=account.id)
    record("staff.password", "account", account.id, actor_id=account.id)
    return account


def disable(account: Account, *, actor_id: int | None) -> None:
    """Let a staff member in no more, from this moment on."""
    account.disabled_at = clock.wall()
    end_all_sessions(account, actor_id=actor_id)
    record("staff.disable", "account", account.id, actor_id=actor_id)


def enable(account: Account, *, actor_id: int | None) -> None:
    """Let a disabled staff member in again."""
    account.disabled_at = None
    record("staff.enable", "account", account.id, actor_id=actor_id)


# -- the demo ------------------------------------------------------------------------------------------------------------------

#: Name -> role, and the activity it is held for.
DEMO_STAFF: dict[str, tuple[Role, str | None]] = {
    "admin": (Role.ADMINISTRATOR, None),
    "organizer": (Role.ORGANIZER, None),
    "organizer-forum": (Role.ORGANIZER, "forum"),
    "reviewer": (Role.REVIEWER, None),
    "steward": (Role.STEWARD, None),
    "auditor": (Role.AUDITOR, None),
}


def ensure_demo_staff(password: str) -> None:
    """Make the demo's staff, each with this password; again and again leaves what is right as it is.

    Call it in demo mode only, after the programme was loaded: one of them belongs to one activity. It hashes inside the
    transaction, which nothing else waits for when a demo starts.
    """
    found = {account.staff_name: account for account in queries.all_staff()}
    known = {account.password_hash for name, account in found.items() if name in DEMO_STAFF}
    is_known = len(known) == 1 and passwords.is_right(next(iter(known)), password)
    password_hash = next(iter(known)) if is_known else passwords.hashed(password)
    for name, (role, slug) in DEMO_STAFF.items():
        activity_id = queries.activity_id_of(slug) if slug else None
        if slug and activity_id is None:
            continue
        account = found.get(name) or Account(kind=AccountKind.STAFF, staff_name=name, name=name, created_at=clock.wall())
        account.password_hash = password_hash
        db.session.add(account)
        db.session.flush()
        grant(account, role, activity_id, actor_id=None)
