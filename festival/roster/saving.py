"""What a member of staff keeps of a roster: views under a name, and chosen columns. Writing: inside ``transaction()``."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.db import db, put
from festival.lib.errors import NotFound
from festival.roster.models import ChosenColumns, SavedView
from festival.roster.rules import DeskReason, DeskRefused

#: Views that one member of staff keeps of one activity.
MOST_VIEWS = 30


@dataclass(frozen=True, slots=True)
class ViewLine:
    """A saved view as the page lists it."""

    id: int
    name: str
    query: str
    is_shared: bool
    is_mine: bool
    #: What its owner signs in with.
    owner: str


def views(activity_id: int, reader_id: int) -> list[ViewLine]:
    """Return one's own views of an activity's roster and those that colleagues share, one's own first."""
    rows = db.session.execute(
        select(SavedView, Account.staff_name)
        .join(Account, Account.id == SavedView.owner_id)
        .where(SavedView.activity_id == activity_id, or_(SavedView.owner_id == reader_id, SavedView.is_shared.is_(True)))
        .order_by(SavedView.owner_id != reader_id, SavedView.name, SavedView.id),
    )
    return [
        ViewLine(view.id, view.name, view.query, view.is_shared, view.owner_id == reader_id, staff_name or "")
        for view, staff_name in rows
    ]


def save_view(activity_id: int, name: str, query: str, *, is_shared: bool, owner_id: int) -> None:
    """Keep a view under a name; one's own of that name is overwritten.

    :param query: the parameters of its address, without words that were searched.
    :raises DeskRefused: one keeps as many as one may.
    """
    mine = select(SavedView.name).where(SavedView.activity_id == activity_id, SavedView.owner_id == owner_id)
    names = set(db.session.scalars(mine))
    if name not in names and len(names) >= MOST_VIEWS:
        raise DeskRefused(DeskReason.TOO_MANY_VIEWS)
    put(
        SavedView,
        {
            "activity_id": activity_id,
            "owner_id": owner_id,
            "name": name,
            "query": query,
            "is_shared": is_shared,
            "created_at": clock.wall(),
        },
        key=("activity_id", "owner_id", "name"),
    )


def delete_view(activity_id: int, view_id: int, *, owner_id: int) -> None:
    """Delete one's own view.

    :raises NotFound: there is none, or it is a colleague's.
    """
    gone = db.session.scalar(
        delete(SavedView)
        .where(SavedView.id == view_id, SavedView.activity_id == activity_id, SavedView.owner_id == owner_id)
        .returning(SavedView.id),
    )
    if gone is None:
        raise NotFound


def chosen_columns(activity_id: int, account_id: int) -> list[str] | None:
    """Return the columns that a member of staff has chosen for an activity's roster; None: the usual ones."""
    found = db.session.get(ChosenColumns, (activity_id, account_id))
    return None if found is None else found.columns.split(",")


def choose_columns(activity_id: int, account_id: int, keys: Sequence[str] | None) -> None:
    """Remember which columns somebody wants; None: the usual ones again. Nobody else's page changes."""
    if keys is None:
        db.session.execute(
            delete(ChosenColumns).where(ChosenColumns.activity_id == activity_id, ChosenColumns.account_id == account_id),
        )
        return
    put(
        ChosenColumns,
        {"activity_id": activity_id, "account_id": account_id, "columns": ",".join(keys)},
        key=("activity_id", "account_id"),
    )
