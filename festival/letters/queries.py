"""Reading whom a letter would reach, which letters there were, and how far each has got."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from festival.accounts.models import Account, Address
from festival.accounts.rules import Channel
from festival.letters.models import Letter, LetterActivity, LetterCopy
from festival.letters.rules import Progress
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.outbox.models import Message, MessageState
from festival.programme.models import Activity
from festival.roster import queries as roster
from festival.roster.rules import Wanted
from festival.signups.models import SignUp
from festival.signups.rules import State

#: Letters on one page, and failed copies that are named.
PER_PAGE, _NAMED = 20, 50


@dataclass(frozen=True, slots=True)
class Source:
    """Sign-ups of one activity to write to: some that were ticked, or all that a view of its roster shows."""

    activity_id: int
    view: Wanted = field(default_factory=Wanted)
    picked: tuple[int, ...] = ()
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who would get a letter, and the sign-up for which."""

    sign_up_id: int
    person_id: int
    activity_id: int
    state: State
    locale: str


@dataclass(slots=True)
class Audience:
    """Whom a letter would reach, and whom not."""

    readers: list[Reader] = field(default_factory=list)
    #: Sign-ups by state, chosen or not.
    found: Counter[State] = field(default_factory=Counter)
    #: Sign-ups in a state that was chosen, whose person has no address or no account any more.
    unreachable: int = 0
    #: Sign-ups of somebody who gets it already.
    repeated: int = 0
    #: People who get a text message, and people who get a mail: some get both.
    by_sms: int = 0
    by_mail: int = 0


def audience(sources: Sequence[Source], states: Iterable[State], now: datetime) -> Audience:
    """Return whom a letter reaches: each person once, for their earliest sign-up among the sources in their order.

    :param states: whom it is for, as states are judged by time.
    """
    chosen, result = frozenset(states), Audience()
    reached: set[int] = set()
    for source in sources:
        where = _where(source, now)
        channels = _channels(where)
        for row in db.session.execute(
            select(SignUp.id, SignUp.person_id, roster.stands(now).label("stands"), Account.locale, Account.erased_at)
            .join(Account, Account.id == SignUp.person_id)
            .where(*where)
            .order_by(SignUp.signed_up_at, SignUp.id),
        ):
            state = State(row.stands)
            result.found[state] += 1
            if state not in chosen:
                continue
            has = channels.get(row.person_id, frozenset())
            if row.erased_at is not None or not has:
                result.unreachable += 1
            elif row.person_id in reached:
                result.repeated += 1
            else:
                reached.add(row.person_id)
                result.readers.append(Reader(row.id, row.person_id, source.activity_id, state, row.locale))
                result.by_sms += Channel.MOBILE in has
                result.by_mail += Channel.MAIL in has
    return result


def _where(source: Source, now: datetime) -> list[ColumnElement[bool]]:
    if source.picked:
        return [SignUp.activity_id == source.activity_id, SignUp.id.in_(source.picked)]
    return roster.conditions(source.activity_id, source.view, now, by_name=source.by_name)


def _channels(where: Sequence[ColumnElement[bool]]) -> dict[int, frozenset[Channel]]:
    """Return how the people of sign-ups can be written to; who cannot is left out."""
    people = select(SignUp.person_id).where(*where)
    rows = db.session.execute(
        select(Address.account_id, Address.channel).where(Address.account_id.in_(people)).distinct(),
    )
    found: dict[int, set[Channel]] = {}
    for row in rows:
        found.setdefault(row.account_id, set()).add(Channel(row.channel))
    return {account_id: frozenset(channels) for account_id, channels in found.items()}


def by_key(key: str) -> Letter | None:
    """Return the letter that somebody's form has sent already; None: it has sent none."""
    return db.session.scalar(select(Letter).where(Letter.key == key))


# -- letters there were ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A letter in a list: who sent what to how many, and how far it has got."""

    letter: Letter
    author: str
    #: Short titles of its activities, Chinese and English.
    activities: list[tuple[str, str]]
    progress: Progress


@dataclass(frozen=True, slots=True)
class Page:
    """One page of letters, newest first."""

    lines: list[Line]
    number: int
    last: int
    total: int


def letters(within: ColumnElement[bool], number: int) -> Page:
    """Return a page (1 is first) of the letters for an activity within the caller's scope, newest first.

    :param within: a condition on ``LetterActivity``.
    """
    ids = select(LetterActivity.letter_id).where(within)
    total = db.session.execute(select(func.count(Letter.id)).where(Letter.id.in_(ids))).scalar_one()
    last = max(1, -(-total // PER_PAGE))
    number = min(number, last)
    rows = db.session.execute(
        select(Letter, Account.staff_name)
        .join(Account, Account.id == Letter.author_id)
        .where(Letter.id.in_(ids))
        .order_by(Letter.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE),
    ).all()
    shown = [row[0].id for row in rows]
    named, got = activities_of(shown), progress(shown)
    lines = [Line(letter, name or "", named.get(letter.id, []), got.get(letter.id, Progress())) for letter, name in rows]
    return Page(lines, number, last, total)


def letter(within: ColumnElement[bool], letter_id: int) -> Letter:
    """Return a letter for an activity within the caller's scope.

    :raises NotFound: outside it there is none.
    """
    ids = select(LetterActivity.letter_id).where(within)
    found = db.session.scalar(select(Letter).where(Letter.id == letter_id, Letter.id.in_(ids)))
    if found is None:
        raise NotFound
    return found


def activity_ids(letter_id: int) -> list[int]:
    """Return the activities that a letter is for."""
    return list(db.session.scalars(select(LetterActivity.activity_id).where(LetterActivity.letter_id == letter_id)))


def activities_of(letter_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return the short titles of the activities that letters are for, by letter."""
    found: dict[int, list[tuple[str, str]]] = {}
    for row in db.session.execute(
        select(LetterActivity.letter_id, Activity.short_title_zh, Activity.short_title_en)
        .join(Activity, Activity.id == LetterActivity.activity_id)
        .where(LetterActivity.letter_id.in_(letter_ids))
        .order_by(Activity.starts_at, Activity.id),
    ):
        found.setdefault(row[0], []).append((row[1], row[2]))
    return found


def author(account_id: int) -> str:
    """Return the name that a member of staff signs in with; empty where there is none any more."""
    return db.session.scalar(select(Account.staff_name).where(Account.id == account_id)) or ""


# -- how far they have got ------------------------------------------------------------------------------------------------------


def owed_for(letter_id: int) -> list[ColumnElement[bool]]:
    """Return what a message of a letter fulfils."""
    copies = select(LetterCopy.id).where(LetterCopy.letter_id == letter_id)
    return [Message.kind == "letter", Message.subject == "letter_copy", Message.subject_id.in_(copies)]


def progress(letter_ids: Sequence[int]) -> dict[int, Progress]:
    """Return how far letters have got, by letter; one whose copies are forgotten is left out."""
    was_tried = case((Message.tries > 0, 1), else_=0)
    rows = db.session.execute(
        select(LetterCopy.letter_id, Message.state, was_tried.label("tried"), func.count(Message.id).label("n"))
        .join(
            Message,
            (Message.subject_id == LetterCopy.id) & (Message.kind == "letter") & (Message.subject == "letter_copy"),
        )
        .where(LetterCopy.letter_id.in_(letter_ids))
        .group_by(LetterCopy.letter_id, Message.state, was_tried),
    )
    counted: dict[int, Counter[str]] = {}
    for row in rows:
        retrying = row.state == MessageState.OWED and row.tried
        counted.setdefault(row.letter_id, Counter())["retrying" if retrying else row.state.value] += row.n
    return {
        letter_id: Progress(
            sent=by["sent"],
            waiting=by["owed"],
            retrying=by["retrying"],
            failed=by["failed"],
            dropped=by["dropped"],
        )
        for letter_id, by in counted.items()
    }


def not_reached(letter_id: int, within: ColumnElement[bool]) -> list[tuple[int, int, str]]:
    """Return sign-ups that a letter failed to reach, the first of them: id, activity, name as given.

    :param within: a condition on ``SignUp.activity_id``, so that nobody reads names outside their scope.
    """
    rows = db.session.execute(
        select(SignUp.id, SignUp.activity_id, SignUp.name)
        .join(LetterCopy, LetterCopy.sign_up_id == SignUp.id)
        .join(
            Message,
            (Message.subject_id == LetterCopy.id) & (Message.kind == "letter") & (Message.subject == "letter_copy"),
        )
        .where(LetterCopy.letter_id == letter_id, Message.state == MessageState.FAILED, within)
        .order_by(SignUp.id)
        .limit(_NAMED),
    )
    return [(row[0], row[1], row[2]) for row in rows]
