"""What the system holds about a person: read it, take it away, forget it. The seam between slices.

Each slice that keeps something about people hands the composition root one ``Holding``; accounts know no slice above them.
A test walks the foreign keys and fails when a table that leads to an account belongs to no holding.
"""

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from flask_babel import LazyString
from sqlalchemy import ColumnElement, false, inspect, or_, select

from festival.accounts.models import Consent
from festival.lib.db import Model, db

#: A row as JSON holds it.
Row: TypeAlias = dict[str, object]
#: Table -> rows.
Rows: TypeAlias = dict[str, list[Row]]


def _nothing(_consent: Consent) -> None:
    return None


def _nothing_to_hold(_account_id: int, _activity_id: int | None) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Moment:
    """When a purge is done: by the festival's time, which a demo may freeze, and by the real one."""

    festival: datetime
    wall: datetime


@dataclass(frozen=True, slots=True)
class Purge:
    """Something that is kept for a time only."""

    #: Names it in the report of a purge; stays as it is.
    key: str
    #: What it is, and how long it is kept, in words.
    what: LazyString
    kept: LazyString
    #: Deletes or empties at most so many of what is due at a moment, inside ``transaction()``; 0: nothing is left.
    batch: Callable[[Moment, int], int]


@dataclass(frozen=True, slots=True)
class Holding:
    """What one slice holds about people. Its functions run inside ``transaction()``, its reading outside as well."""

    #: Tables whose rows lead to a person and that ``export`` shows.
    tables: frozenset[str]
    #: A person's rows by table, readable, secrets left out.
    export: Callable[[int], Rows]
    #: Forgets a person: what counts stays, whoever it was goes.
    erase: Callable[[int], None]
    #: Locks what an account's forgetting touches (of one activity; None: of all) before any slice touches anything: the account's
    #: own row is held already.
    hold: Callable[[int, int | None], None] = _nothing_to_hold
    #: What follows when a consent was withdrawn (its row says so already).
    consent_withdrawn: Callable[[Consent], None] = _nothing
    #: What of it is kept for a time only.
    purges: tuple[Purge, ...] = ()
    #: The condition, of a row of ``Account``, that somebody is still needed although nothing else keeps them; None: nobody is.
    still_needs: Callable[[Moment], ColumnElement[bool]] | None = None


def joined(*parts: Holding) -> Holding:
    """Return several holdings as one, uppermost first: of a slice that is made of parts."""

    def export(account_id: int) -> Rows:
        return {table: found for part in parts for table, found in part.export(account_id).items()}

    def erase(account_id: int) -> None:
        for part in parts:
            part.erase(account_id)

    def hold(account_id: int, activity_id: int | None) -> None:
        for part in parts:
            part.hold(account_id, activity_id)

    def consent_withdrawn(consent: Consent) -> None:
        for part in parts:
            part.consent_withdrawn(consent)

    needs = [part.still_needs for part in parts if part.still_needs is not None]

    def still_needs(moment: Moment) -> ColumnElement[bool]:
        return or_(false(), *(need(moment) for need in needs))

    return Holding(
        tables=frozenset().union(*(part.tables for part in parts)),
        export=export,
        erase=erase,
        hold=hold,
        consent_withdrawn=consent_withdrawn,
        purges=tuple(purge for part in parts for purge in part.purges),
        still_needs=still_needs if needs else None,
    )


_holdings: list[Holding] = []


def register(holdings: Iterable[Holding]) -> None:
    """Make the holdings known, uppermost slice first; called once by the composition root."""
    _holdings[:] = holdings


def holdings() -> Sequence[Holding]:
    """Return the holdings, uppermost slice first: the order of forgetting."""
    return tuple(_holdings)


def purges() -> Sequence[Purge]:
    """Return all that is kept for a time only, in the order in which it is purged."""
    return tuple(purge for holding in _holdings for purge in holding.purges)


def still_needed(moment: Moment) -> ColumnElement[bool]:
    """Return the condition, of a row of ``Account``, that a slice above the sign-ups still needs somebody."""
    return or_(false(), *(holding.still_needs(moment) for holding in _holdings if holding.still_needs is not None))


def first(table: type[Model], limit: int, *conditions: ColumnElement[bool]) -> list[int]:
    """Return the ids of at most so many rows, oldest first: what one batch of a purge deals with."""
    key: ColumnElement[int] = inspect(table).primary_key[0]
    return list(db.session.scalars(select(key).where(*conditions).order_by(key).limit(limit)))


def hold(account_id: int, activity_id: int | None = None) -> None:
    """Lock what forgetting a person touches; of one activity, or (None) of all."""
    for holding in _holdings:
        holding.hold(account_id, activity_id)


def export(account_id: int) -> Rows:
    """Return everything that is held about a person, by table."""
    found: Rows = {}
    for holding in reversed(_holdings):
        found |= holding.export(account_id)
    return found


def rows(model: type[Model], *conditions: ColumnElement[bool], without: Iterable[str] = ()) -> list[Row]:
    """Return rows of a table as JSON holds them: instants ISO with their zone, bytes in base64.

    :param without: columns that are secrets, or nobody's business.
    """
    left_out = set(without)
    columns = [column for column in inspect(model).columns if column.name not in left_out]
    found = db.session.execute(select(*columns).where(*conditions).order_by(*inspect(model).primary_key))
    return [{column.name: plain(value) for column, value in zip(columns, row, strict=True)} for row in found]


def plain(value: object) -> object:
    """Return a column's value as JSON holds it."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case str():
            return str(value)
    return value
