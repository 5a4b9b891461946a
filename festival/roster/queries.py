"""Reading who signed up for an activity, a page at a time or all of it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, literal, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from festival.accounts.models import Account, Address, Consent
from festival.accounts.rules import Channel
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.lib.text import search_key
from festival.lib.tokens import CODE_LENGTH
from festival.programme.models import Pool, Question, Sensitivity, Slot
from festival.reconfirm import queries as reconfirm
from festival.reviews.models import Review
from festival.roster.models import Note, SignUpTag, Tag
from festival.roster.rules import (
    AGREED,
    AGREED_TO,
    CHOICES,
    EXPECTED,
    NOTHING,
    ORDER,
    OWN_COLUMN,
    WITHDRAWN,
    Arrival,
    Coming,
    Field,
    Filter,
    Sort,
    Wanted,
)
from festival.signups.models import Answer, AnswerFile, SignUp, Source
from festival.signups.queries import not_extra
from festival.signups.rules import State
from festival.signups.unanswered import has_unanswered

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
    #: Ids of the tags it carries, in the order of their labels.
    tag_ids: tuple[int, ...] = ()
    #: How many notes staff have written beside it.
    notes: int = 0


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


def ids(activity_id: int, wanted: Wanted, now: datetime, *, by_name: bool) -> list[int]:
    """Return the sign-ups of a view, all of its pages, the earliest first."""
    where = conditions(activity_id, wanted, now, by_name=by_name)
    return list(db.session.scalars(select(SignUp.id).where(*where).order_by(SignUp.signed_up_at, SignUp.id)))


def among(activity_id: int, picked: Sequence[int]) -> list[int]:
    """Return those of some sign-ups that are of an activity, the earliest first."""
    chosen = select(SignUp.id).where(SignUp.activity_id == activity_id, SignUp.id.in_(picked))
    return list(db.session.scalars(chosen.order_by(SignUp.signed_up_at, SignUp.id)))


def some(activity_id: int, sign_up_ids: Sequence[int], now: datetime) -> dict[int, Row]:
    """Return rows of an activity by sign-up, without answers."""
    rows = _rows([SignUp.activity_id == activity_id, SignUp.id.in_(sign_up_ids)], None, (), now)
    return {row.id: row for row in rows}


def expected(activity_id: int, now: datetime, slot_id: int | None, keys: Sequence[str]) -> Iterator[Row]:
    """Yield those who are expected to come (to one slot, or to all), as they are printed."""
    where = [SignUp.activity_id == activity_id, stands(now).in_([state.value for state in EXPECTED])]
    where.append(not_extra() if slot_id is None else SignUp.slot_id == slot_id)
    return _all(where, Sort.PLACE, keys, now)


# -- what is asked for --------------------------------------------------------------------------------------------------------


def conditions(activity_id: int, wanted: Wanted, now: datetime, *, by_name: bool) -> list[ColumnElement[bool]]:
    """Return what a row must fulfil to be in a view."""
    where: list[ColumnElement[bool]] = [SignUp.activity_id == activity_id]
    if not any(one.name == Field.SLOT and not one.is_not for one in wanted.filters):
        where.append(not_extra())  # the same people once more
    for one in wanted.filters:
        condition = _condition(activity_id, one, now)
        where.append(not_(condition) if one.is_not else condition)
    if wanted.words:
        where.append(or_(*_found_by(activity_id, wanted.words, by_name=by_name)))
    return where


def _condition(activity_id: int, one: Filter, now: datetime) -> ColumnElement[bool]:
    """Return what a filter asks of a row, not turned round. Ids of other activities find nothing."""
    match one.name:
        case Field.STATE:
            return stands(now).in_(one.values)
        case Field.POOL:
            return SignUp.pool_id.in_(one.ids)
        case Field.SLOT:
            return or_(SignUp.slot_id.in_(one.ids), SignUp.session_id.in_(one.ids))
        case Field.ARRIVED | Field.CONSENT | Field.COMING:
            return or_(*map(_EITHER[Field(one.name)], one.values))
        case Field.TAG:
            return _has_some(one, SignUpTag.tag_id, SignUpTag.sign_up_id == SignUp.id)
        case Field.REVIEWER:
            return _has_some(one, Review.actor_id, Review.sign_up_id == SignUp.id)
    return has_unanswered() if one.name == Field.LATER else _has_chosen(activity_id, one.question_key or "", one.values)


_COMING: dict[Coming, Callable[[], ColumnElement[bool]]] = {
    Coming.YES: reconfirm.is_coming,
    Coming.OPEN: reconfirm.is_open,
    Coming.NOT_ASKED: lambda: not_(reconfirm.was_asked()),
}
_ARRIVED: dict[Arrival, ColumnElement[bool]] = {
    Arrival.YES: SignUp.arrived > 0,
    Arrival.PART: and_(SignUp.arrived > 0, SignUp.arrived < SignUp.party_size),
    Arrival.NO: SignUp.arrived == 0,
}


def _has_some(one: Filter, column: InstrumentedAttribute[int], *theirs: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return that a row has one of several ids beside it or, where "none" is a value, nothing at all."""
    has = exists().where(*theirs, column.in_(one.ids))
    return or_(has, not_(exists().where(*theirs))) if NOTHING in one.values else has


def _has_consented(value: str) -> ColumnElement[bool]:
    theirs = Consent.sign_up_id == SignUp.id
    if value == WITHDRAWN:
        return exists().where(theirs, Consent.withdrawn_at.is_not(None))
    to = Consent.question_key.is_(None) if value == AGREED else Consent.question_key == value.removeprefix(AGREED_TO)
    return exists().where(theirs, to, Consent.withdrawn_at.is_(None))


#: Filters of which each value is a condition of its own.
_EITHER: dict[Field, Callable[[str], ColumnElement[bool]]] = {
    Field.ARRIVED: lambda value: _ARRIVED[Arrival(value)],
    Field.COMING: lambda value: _COMING[Coming(value)](),
    Field.CONSENT: _has_consented,
}


def _has_chosen(activity_id: int, key: str, values: Sequence[str]) -> ColumnElement[bool]:
    """Return that one of several options was chosen. Of what is no choice, or sealed, nothing is told."""
    theirs = and_(Answer.sign_up_id == SignUp.id, Answer.question_key == key)
    is_choice = exists().where(
        Question.activity_id == activity_id,
        Question.key == key,
        Question.type.in_(CHOICES),
        Question.sensitivity != Sensitivity.SENSITIVE,
    )
    among = literal(",").concat(func.coalesce(Answer.plain, "")).concat(",")
    ways: list[ColumnElement[bool]] = [
        exists().where(theirs, among.contains(f",{value},", autoescape=True)) for value in values if value != NOTHING
    ]
    if NOTHING in values:
        ways.append(not_(exists().where(theirs)))
    return and_(is_choice, or_(*ways))


def _found_by(activity_id: int, words: str, *, by_name: bool) -> list[ColumnElement[bool]]:
    """Return the ways in which words may name a sign-up: name and its sound, organisation, check-in digits, code, phone end.

    Who sees names masked does not find by them either: a search that hits would tell the name.
    """
    key = search_key(words)
    ways: list[ColumnElement[bool]] = [SignUp.digits == key]
    if by_name:
        ways.append(SignUp.search_text.contains(key, autoescape=True))
    if key.isascii() and key.isdigit():
        ways.append(SignUp.digits.startswith(key, autoescape=True))
        # Who sees a number masked sees its last four digits, and is told no more of it.
        if len(key) == _PHONE_END or (by_name and len(key) > _PHONE_END):
            ways.append(_has_address(Address.value.endswith(key, autoescape=True)))
    elif "@" in key:
        if by_name:
            ways.append(_has_address(Address.value == key))
    else:
        ways.append(_has_answered(activity_id, words))
    if _CODE.fullmatch(key):
        ways.append(SignUp.code.startswith(key, autoescape=True))
    return ways


def _has_address(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Address.account_id == SignUp.person_id, condition)


def _has_answered(activity_id: int, words: str) -> ColumnElement[bool]:
    """Only what stands in the list can be searched, a line of text. What is sealed or masked is not found, nor meant to be."""
    lines = select(Question.key).where(
        Question.activity_id == activity_id,
        Question.type == "text",
        Question.key.not_in(OWN_COLUMN),
        Question.sensitivity != Sensitivity.SENSITIVE,
    )
    return exists().where(
        Answer.sign_up_id == SignUp.id,
        Answer.question_key.in_(lines.scalar_subquery()),
        Answer.plain.icontains(words, autoescape=True),
    )


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
        Sort.ARRIVED: [SignUp.first_in_at.is_(None), SignUp.first_in_at.desc(), SignUp.search_text.asc()],
        Sort.PARTY: [SignUp.party_size.desc(), SignUp.search_text.asc()],
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
    ids = [row.id for row in found]
    answers, tags, notes = _answers(ids, keys), tag_ids(ids), _notes(ids)
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
            is_from_counter=row.source in {Source.COUNTER, Source.WALK_IN},
            answers=answers.get(row.id, {}),
            tag_ids=tags.get(row.id, ()),
            notes=notes.get(row.id, 0),
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


def tag_ids(sign_up_ids: Sequence[int]) -> dict[int, tuple[int, ...]]:
    """Return the tags of sign-ups by sign-up, in the order of their labels; who has none is left out."""
    found: dict[int, tuple[int, ...]] = {}
    for row in db.session.execute(
        select(SignUpTag.sign_up_id, SignUpTag.tag_id)
        .join(Tag, Tag.id == SignUpTag.tag_id)
        .where(SignUpTag.sign_up_id.in_(sign_up_ids))
        .order_by(Tag.label, Tag.id),
    ):
        found[row.sign_up_id] = (*found.get(row.sign_up_id, ()), row.tag_id)
    return found


def _notes(sign_up_ids: Sequence[int]) -> dict[int, int]:
    """Return how many notes stand beside each sign-up; who has none is left out."""
    rows = db.session.execute(
        select(Note.sign_up_id, func.count(Note.id)).where(Note.sign_up_id.in_(sign_up_ids)).group_by(Note.sign_up_id),
    )
    return {row[0]: row[1] for row in rows}


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


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A member of staff who has decided on sign-ups of an activity."""

    id: int
    name: str


def reviewers(activity_id: int) -> list[Reviewer]:
    """Return who has decided on sign-ups of an activity, by name."""
    rows = db.session.execute(
        select(Account.id, Account.staff_name)
        .where(
            Account.id.in_(
                select(Review.actor_id).join(SignUp, SignUp.id == Review.sign_up_id).where(SignUp.activity_id == activity_id),
            ),
        )
        .order_by(Account.staff_name),
    )
    return [Reviewer(row.id, row.staff_name or "") for row in rows]
