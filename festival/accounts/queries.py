"""Reading people."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from festival.accounts.models import Account, SignInSession
from festival.lib import tokens
from festival.lib.db import db


def account_of_session(key: str) -> Account | None:
    """Return the account signed in under a session key; None when the session ended or the account is closed."""
    return db.session.scalar(
        select(Account)
        .join(SignInSession, SignInSession.account_id == Account.id)
        .where(
            SignInSession.key_digest == tokens.digest(key),
            SignInSession.ended_at.is_(None),
            Account.disabled_at.is_(None),
            Account.erased_at.is_(None),
        )
        .options(selectinload(Account.roles)),
    )
