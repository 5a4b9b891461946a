"""Who somebody is, for words about changes."""

from collections.abc import Iterable

from sqlalchemy import select

from festival.accounts.models import Account
from festival.lib.db import db


def staff_names(account_ids: Iterable[int]) -> dict[int, str]:
    """Return the names that staff sign in with, by account."""
    wanted = select(Account.id, Account.staff_name).where(Account.id.in_(set(account_ids)))
    return {row.id: row.staff_name or "" for row in db.session.execute(wanted)}
