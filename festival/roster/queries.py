"""Reading who signed up for an activity, a page at a time or all of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, not_, or_, select

from festival.accounts.models import Address
from festival.accounts.rules import Channel
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.text import search_key
from festival.lib.tokens import CODE_LENGTH
from festival.programme.models import Pool, Slot
from festival.roster.rules import EXPECTED, ORDER, Field, Sort, Wanted
from festival.signups.models import Answer, AnswerFile, SignUp, Source
from festival.signups.rules import State

#: Rows on one page.
PAGE = 50
#: Rows read at once when all are wanted: memory stays flat.
_CHUNK = 500
#: A telephone number is found by so many of its last digits, or more.
_PHONE_END = 4
#: A code is found by so many of its first characters, or more.
_CODE_START = 6
_CODE = re.compile(rf"[a-z2-7]{{{_CODE_START},{CODE_LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Row:
    """One sign-up as the database has it. Nothing in it is masked: it goes through ``render`` before anybody reads it."""

    id: int
    code: str
    digits: str
    #: An offer past its deadline is expired.
    state: State
    #: The review asked for more information.
    is_asked: bool
    #: Staff excused that nobody came.
    is_excused: bool
    #: Its place on the list, 1 is next; None where it does not wait, or was not looked up.
    position: int | None
    party_size: int
    arrived: int
    name: str
    #: The mobile number or mail address to reach the person; empty when there is none any more.
    contact: str
    pool_id: int
    slot_id: int
    signed_up_at: datetime
    checked_in_at: datetime | None
    #: It was made at the counter, by staff.
    is_from_counter: bool
    #: By question key: what was answered in clear; None stands for an answer that is sealed.
    answers: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a roster."""

    rows: list[Row]
    number: int
    total: int
    #: Persons in all rows of all pages.
    persons: int


def stands(now: datetime) -> ColumnElement[str]:
    """Return the state as it is judged by time."""
    lapsed = and_(SignUp.state == State.OFFERED, SignUp.offered_until <= now)
    return case((lapsed, State.EXPIRED.value), else_=cast(SignUp.state, String))


def page(activity_id: int, wanted: Wanted, keys: Sequence[str], now: datetime, *, by_name: bool) -> Page:
    """Return one page of a roster; a page behind the last is the last.

    :param keys: the questions whose answers are wanted.
    :param by_name: the reader may see names, and so may search by them.
    """
    where = conditions(activity_id, wanted, now, by_name=by_name)
    total, persons = db.session.execute(
        select(func.count(SignUp.id), func.coalesce(func.sum(SignUp.party_size), 0)).where(*where),
    ).one()
    number = min(wanted.page, max(1, -(-total // PAGE)))
    rows = _rows(where, wanted.sort, keys, now, limit=PAGE, offset=(number - 1) * PAGE)
    return Page(_with_positions(activity_id, rows), number, total, int(persons))


def one(activity_id: int, sign_up_id: int, keys: Sequence[str], now: datetime) -> Row:
    """Return one sign-up of an activity.

    :raises NotFound: it has no such sign-up.
    """
    rows = _rows([SignUp.activity_id == activity_id, SignUp.id == sign_up_id], None, keys, now)
    if not rows:
        raise NotFound
    return _with_positions(activity_id, rows)[0]


def every(activity_id: int, keys: Sequence[str], now: datetime) -> Iterator[Row]:
    """Yield every sign-up ever made for an activity, oldest first."""
    return _all([SignUp.activity_id == activity_id], Sort.OLDEST, keys, now)


def filtered(activity_id: int, wanted: Wanted, keys: Sequence[str], now: datetime) -> Iterator[Row]:
    """Yield the sign-ups that a view shows, as they are printed."""
    where = conditions(activity_id, wanted, now, by_name=True)
    return _all(where, Sort.PLACE, keys, now)


def expected(activity_id: int, now: datetime, slot_id: int | None, keys: Sequence[str]) -> Iterator[Row]:
    """Yield those who are expected to come (to one slot, or to all), as they are printed."""
    where = [SignUp.activity_id == activity_id, stands(now).in_([state.value for state in EXPECTED])]
    if slot_id is not None:
        where.append(SignUp.slot_id == slot_id)
    return _all(where, Sort.PLACE, keys, now)


# -- what is asked for --------------------------------------------------------------------------------------------------------


def conditions(activity_id: int, wanted: Wanted, now: datetime, *, by_name: bool) -> list[ColumnElement[bool]]:
    """Return what a row must fulfil to be in a view."""
    where: list[ColumnElement[bool]] = [SignUp.activity_id == activity_id]
    filters: dict[Field, ColumnElement[bool]] = {}
    if wanted.state is not None:
        filters[Field.STATE] = stands(now) == wanted.state.value
    if wanted.pool_id is not None:
        filters[Field.POOL] = SignUp.pool_id == wanted.pool_id
    if wanted.slot_id is not None:
        filters[Field.SLOT] = or_(SignUp.slot_id == wanted.slot_id, SignUp.session_id == wanted.slot_id)
    if wanted.arrived:
        filters[Field.ARRIVED] = SignUp.arrived > 0
    where += [not_(condition) if field in wanted.negated else condition for field, condition in filters.items()]
    if wanted.words:
        where.append(or_(*_found_by(wanted.words, by_name=by_name)))
    return where


def _found_by(words: str, *, by_name: bool) -> list[ColumnElement[bool]]:
    """Return the ways in which words may name a sign-up: name and its sound, organisation, check-in digits, code, phone end.

    Who sees names masked does not find by them either: a search that hits would tell the name.
    """
    key = search_key(words)
    ways: list[ColumnElement[bool]] = [SignUp.digits == key]
    if by_name:
        ways.append(SignUp.search_text.contains(key, autoescape=True))
    if key.isascii() and key.isdigit():
        ways.append(SignUp.digits.startswith(key, autoescape=True))
        if len(key) >= _PHONE_END:
            ways.append(_has_address(Address.value.endswith(key, autoescape=True)))
    elif "@" in key:
        ways.append(_has_address(Address.value == key))
    else:
        ways.append(_has_answered(words))
    if _CODE.fullmatch(key):
        ways.append(SignUp.code.startswith(key, autoescape=True))
    return ways


def _has_address(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Address.account_id == SignUp.person_id, condition)


def _has_answered(words: str) -> ColumnElement[bool]:
    """What is sealed cannot be searched, and is not meant to be."""
    return exists().where(Answer.sign_up_id == SignUp.id, Answer.plain.icontains(words, autoescape=True))


def _ordered(statement: Select[*tuple[Any, ...]], sort: Sort | None, now: datetime) -> Select[*tuple[Any, ...]]:
    """Return a statement in an order; None leaves it in no order. Only the order of places looks at slots and pools."""
    if sort is None:
        return statement
    rank = case({state.value: number for number, state in enumerate(ORDER)}, value=stands(now), else_=len(ORDER))
    if sort == Sort.PLACE:
        return (
            statement.join(Slot, Slot.id == SignUp.slot_id)
            .join(Pool, Pool.id == SignUp.pool_id)
            .order_by(Slot.starts_at, Slot.id, Pool.position, rank, SignUp.search_text, SignUp.id)
        )
    by_sort: dict[Sort, list[ColumnElement[Any]]] = {
        Sort.STATE: [rank, SignUp.priority.asc(), SignUp.joined_at.asc()],
        Sort.NAME: [SignUp.search_text.asc()],
        Sort.NEWEST: [SignUp.signed_up_at.desc()],
        Sort.OLDEST: [SignUp.signed_up_at.asc()],
    }
    return statement.order_by(*by_sort[sort], SignUp.id)


# -- reading ------------------------------------------------------------------------------------------------------------------


def _all(
    where: Sequence[ColumnElement[bool]],
    sort: Sort | None,
    keys: Sequence[str],
    now: datetime,
) -> Iterator[Row]:
    """Yield all rows, some hundred at a time: first their ids in order, which are small."""
    ids = list(db.session.scalars(_ordered(select(SignUp.id).where(*where), sort, now)))
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        by_id = {row.id: row for row in _rows([SignUp.id.in_(chunk)], None, keys, now)}
        yield from (by_id[one_id] for one_id in chunk if one_id in by_id)


def _rows(
    where: Sequence[ColumnElement[bool]],
    sort: Sort | None,
    keys: Sequence[str],
    now: datetime,
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[Row]:
    statement = select(
        SignUp.id,
        SignUp.code,
        SignUp.digits,
        stands(now).label("stands"),
        SignUp.asked_at,
        SignUp.excused_at,
        SignUp.party_size,
        SignUp.arrived,
        SignUp.name,
        SignUp.person_id,
        SignUp.pool_id,
        SignUp.slot_id,
        SignUp.signed_up_at,
        SignUp.first_in_at,
        SignUp.source,
    ).where(*where)
    found = db.session.execute(_ordered(statement, sort, now).limit(limit).offset(offset or None)).all()
    contacts = _contacts([row.person_id for row in found])
    answers = _answers([row.id for row in found], keys)
    return [
        Row(
            id=row.id,
            code=row.code,
            digits=row.digits,
            state=State(row.stands),
            is_asked=row.asked_at is not None,
            is_excused=row.excused_at is not None,
            position=None,
            party_size=row.party_size,
            arrived=row.arrived,
            name=row.name,
            contact=contacts.get(row.person_id, ""),
            pool_id=row.pool_id,
            slot_id=row.slot_id,
            signed_up_at=row.signed_up_at,
            checked_in_at=row.first_in_at,
            is_from_counter=row.source == Source.COUNTER,
            answers=answers.get(row.id, {}),
        )
        for row in found
    ]


def _contacts(person_ids: Iterable[int]) -> dict[int, str]:
    """Return how each person is reached: by mobile number, else by mail; the oldest of several."""
    found = db.session.execute(
        select(Address.account_id, Address.value, Address.channel)
        .where(Address.account_id.in_(list(person_ids)))
        .order_by(Address.id),
    )
    contacts: dict[int, str] = {}
    for row in sorted(found, key=lambda row: row.channel != Channel.MOBILE):
        contacts.setdefault(row.account_id, row.value)
    return contacts


def _answers(sign_up_ids: Iterable[int], keys: Sequence[str]) -> dict[int, dict[str, str | None]]:
    """Return the answers to some questions by sign-up; of a file its name; of what is sealed only that it is there."""
    if not keys:
        return {}
    ids = list(sign_up_ids)
    found: dict[int, dict[str, str | None]] = {}
    for row in db.session.execute(
        select(Answer.sign_up_id, Answer.question_key, Answer.plain).where(
            Answer.sign_up_id.in_(ids), Answer.question_key.in_(keys)
        ),
    ):
        found.setdefault(row.sign_up_id, {})[row.question_key] = row.plain
    for row in db.session.execute(
        select(AnswerFile.sign_up_id, AnswerFile.question_key, AnswerFile.name).where(
            AnswerFile.sign_up_id.in_(ids),
            AnswerFile.question_key.in_(keys),
        ),
    ):
        found.setdefault(row.sign_up_id, {})[row.question_key] = row.name
    return found


def _with_positions(activity_id: int, rows: list[Row]) -> list[Row]:
    """Return the rows with their places on the list."""
    waiting = [row.id for row in rows if row.state == State.WAITLISTED]
    if not waiting:
        return rows
    turn = func.row_number().over(
        partition_by=SignUp.pool_id,
        order_by=(SignUp.priority, SignUp.joined_at, SignUp.id),
    )
    ranked = (
        select(SignUp.id, turn.label("turn"))
        .where(SignUp.activity_id == activity_id, SignUp.state == State.WAITLISTED)
        .subquery()
    )
    found = db.session.execute(select(ranked.c.id, ranked.c.turn).where(ranked.c.id.in_(waiting)))
    positions = {row.id: row.turn for row in found}
    return [replace(row, position=positions.get(row.id)) for row in rows]
