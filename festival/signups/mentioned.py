"""Finds the names of people in what staff write, so that the audit trail, which nobody can change, does not keep them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, literal, or_, select

from festival.accounts.models import Account, AccountKind
from festival.lib.db import db, is_postgresql
from festival.signups.models import SignUp

#: One character is no name by itself: it stands in too many other words.
_SHORTEST = 2


def names_in(text: str, activity_id: int | None, subject: str, subject_id: int) -> Sequence[str]:
    """Return the names of people concerned that stand in a text: of who signed up there, or of the row's own person."""
    concerned: ColumnElement[bool]
    if activity_id is not None:
        concerned = SignUp.activity_id == activity_id
    elif subject == "sign_up":
        concerned = SignUp.id == subject_id
    elif subject == "account":
        concerned = Account.id == subject_id
    else:
        return ()
    with db.session.no_autoflush:  # it only reads, in the middle of somebody's writing
        found = db.session.execute(
            select(SignUp.name, Account.name)
            .select_from(Account)
            .outerjoin(SignUp, SignUp.person_id == Account.id)
            .where(
                concerned,
                Account.kind == AccountKind.PERSON,
                or_(_stands_in(SignUp.name, text), _stands_in(Account.name, text)),
            ),
        )
        return sorted({name for row in found for name in row if name and len(name) >= _SHORTEST and name in text})


def _stands_in(name: ColumnElement[str] | object, text: str) -> ColumnElement[bool]:
    position = func.strpos if is_postgresql() else func.instr
    return (func.length(name) >= _SHORTEST) & (position(literal(text), name) > 0)
