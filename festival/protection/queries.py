"""Reading what is held about one person, who saw it, what was purged, and what is published about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from festival.accounts.models import Account, AccountKind, Address, PrivacyNotice
from festival.accounts.queries import person_at
from festival.accounts.rules import NotAnAddress, read_address
from festival.audit.models import AuditEntry
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, ActivityStatus, Festival, Question
from festival.protection.models import PurgeRun
from festival.signups.models import Answer, SignUp

#: Entries shown of who saw a person's data.
MOST_SEEN = 50
#: Acts of the trail by which somebody saw or took what leads to a person, as LIKE reads them.
_SEEN = ("%.reveal", "%.read", "%.find", "%.export", "%.download")


# -- one person ------------------------------------------------------------------------------------------------------------------


def find(typed: str) -> Account | None:
    """Return the person who owns exactly this number or mail address, or holds exactly this ticket code."""
    address = read_address(typed)
    if not isinstance(address, NotAnAddress):
        return person_at(address.value)
    return db.session.scalar(
        select(Account)
        .join(SignUp, SignUp.person_id == Account.id)
        .where(SignUp.code == typed.strip().lower(), Account.erased_at.is_(None)),
    )


def person(account_id: int) -> Account:
    """Return a person who is not forgotten.

    :raises NotFound: there is none.
    """
    found = db.session.get(Account, account_id, options=[selectinload(Account.addresses)])
    if found is None or found.kind != AccountKind.PERSON or found.erased_at is not None:
        raise NotFound
    return found


def sign_ups(account_id: int) -> Sequence[SignUp]:
    """Return a person's sign-ups, newest first."""
    return db.session.scalars(
        select(SignUp)
        .where(SignUp.person_id == account_id)
        .options(joinedload(SignUp.activity), joinedload(SignUp.slot))
        .order_by(SignUp.signed_up_at.desc(), SignUp.id.desc()),
    ).all()


@dataclass(frozen=True, slots=True)
class Written:
    """An answer in a person's own words that anybody of the organizers may read, with what was asked."""

    id: int
    question_key: str
    plain: str
    label_zh: str
    label_en: str


def written_answers(sign_up_id: int) -> list[Written]:
    """Return the answers of a sign-up that are free text and not sealed, in the order of the questions."""
    rows = db.session.execute(
        select(Answer.id, Answer.question_key, Answer.plain, Question.label_zh, Question.label_en)
        .join(SignUp, SignUp.id == Answer.sign_up_id)
        .join(Question, and_(Question.activity_id == SignUp.activity_id, Question.key == Answer.question_key))
        .where(Answer.sign_up_id == sign_up_id, Answer.plain.is_not(None), Question.type.in_(("text", "textarea")))
        .order_by(Question.position, Question.id),
    )
    return [Written(row.id, row.question_key, row.plain or "", row.label_zh, row.label_en) for row in rows]


def seen_by(account_id: int) -> Sequence[Row[AuditEntry, str | None]]:
    """Return who of the staff saw or took this one person's data, newest first; lists of many people are not among it."""
    own = select(SignUp.id).where(SignUp.person_id == account_id)
    return db.session.execute(
        select(AuditEntry, Account.staff_name)
        .outerjoin(Account, Account.id == AuditEntry.actor_id)
        .where(
            or_(*(AuditEntry.action.like(pattern) for pattern in _SEEN)),
            or_(
                and_(AuditEntry.subject == "account", AuditEntry.subject_id == account_id),
                and_(AuditEntry.subject == "sign_up", AuditEntry.subject_id.in_(own)),
            ),
        )
        .order_by(AuditEntry.id.desc())
        .limit(MOST_SEEN),
    ).all()


# -- whom a breach concerns ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Affected:
    """Somebody whose data got out, and how they are reached."""

    account_id: int
    contacts: tuple[str, ...]
    locale: str
    #: The acts of the trail by which it may have got out; empty where everybody is meant.
    acts: tuple[str, ...]


def affected(
    since: datetime, until: datetime, *, activity_id: int | None, actor_id: int | None, is_everybody: bool
) -> list[Affected]:
    """Return whom a breach concerns: whose data staff saw or took in that time, by the audit trail.

    :param activity_id: of this activity alone; None: of any.
    :param actor_id: what this member of staff saw or took; None: any.
    :param is_everybody: all who had signed up by the end of that time, whatever the trail says (the database itself got out).
    """
    acts: dict[int, set[str]] = {}
    if is_everybody:
        for id_ in _signed_up(until, activity_id):
            acts.setdefault(id_, set())
    else:
        for id_, action in _acts(since, until, activity_id=activity_id, actor_id=actor_id):
            acts.setdefault(id_, set()).add(action)
    rows = db.session.execute(
        select(Account.id, Account.locale, Address.value)
        .outerjoin(Address, Address.account_id == Account.id)
        .where(Account.kind == AccountKind.PERSON, Account.erased_at.is_(None))
        .order_by(Account.id, Address.id),
    )
    people: dict[int, tuple[str, list[str]]] = {}
    for row in rows:
        if row.id in acts:
            contacts = people.setdefault(row.id, (row.locale, []))[1]
            contacts += [row.value] if row.value else []
    return [Affected(id_, tuple(contacts), locale, tuple(sorted(acts[id_]))) for id_, (locale, contacts) in people.items()]


def _signed_up(until: datetime, activity_id: int | None) -> Sequence[int]:
    where: list[ColumnElement[bool]] = [SignUp.signed_up_at <= until]
    if activity_id is not None:
        where.append(SignUp.activity_id == activity_id)
    return db.session.scalars(select(SignUp.person_id).where(*where).distinct()).all()


def _acts(since: datetime, until: datetime, *, activity_id: int | None, actor_id: int | None) -> list[tuple[int, str]]:
    """Return the people behind each act: of one row, or of a whole list as it was then."""
    where = [AuditEntry.at >= since, AuditEntry.at <= until, or_(*(AuditEntry.action.like(pattern) for pattern in _SEEN))]
    if actor_id is not None:
        where.append(AuditEntry.actor_id == actor_id)
    if activity_id is not None:
        where.append(or_(AuditEntry.activity_id == activity_id, AuditEntry.subject == "account"))
    found: list[tuple[int, str]] = []
    for entry in db.session.scalars(select(AuditEntry).where(*where).order_by(AuditEntry.id)).all():
        found += [(id_, entry.action) for id_ in _behind(entry, activity_id)]
    return found


def _behind(entry: AuditEntry, activity_id: int | None) -> Sequence[int]:
    if entry.subject == "sign_up":
        return db.session.scalars(select(SignUp.person_id).where(SignUp.id == entry.subject_id)).all()
    if entry.subject == "account":
        own = select(SignUp.id).where(SignUp.person_id == entry.subject_id, SignUp.activity_id == activity_id).limit(1)
        return [entry.subject_id] if activity_id is None or db.session.scalar(own) is not None else []
    if entry.activity_id is not None:
        return _signed_up(entry.at, entry.activity_id)
    return []


# -- purges ----------------------------------------------------------------------------------------------------------------------


def unfinished() -> PurgeRun | None:
    """Return the purge that was interrupted."""
    return db.session.scalar(select(PurgeRun).where(PurgeRun.finished_at.is_(None)).order_by(PurgeRun.id).limit(1))


def last_purges(limit: int) -> Sequence[PurgeRun]:
    """Return the newest purges with their counts, newest first."""
    return db.session.scalars(
        select(PurgeRun).options(selectinload(PurgeRun.counts)).order_by(PurgeRun.id.desc()).limit(limit),
    ).all()


# -- what everybody may read -----------------------------------------------------------------------------------------------------


def published(festival: Festival) -> list[tuple[Activity, dict[str, datetime]]]:
    """Return the activities that everybody sees, with the versions of their notices that people agreed to and since when."""
    activities = db.session.scalars(
        select(Activity)
        .where(Activity.festival_id == festival.id, Activity.status != ActivityStatus.DRAFT)
        .options(selectinload(Activity.questions), joinedload(Activity.festival))
        .order_by(Activity.position, Activity.id),
    ).all()
    rows = db.session.execute(
        select(PrivacyNotice.activity_id, PrivacyNotice.version, func.min(PrivacyNotice.created_at))
        .where(PrivacyNotice.activity_id.in_([activity.id for activity in activities]))
        .group_by(PrivacyNotice.activity_id, PrivacyNotice.version),
    )
    since: dict[int, dict[str, datetime]] = {}
    for activity_id, version, at in rows:
        since.setdefault(activity_id, {})[version] = at
    return [(activity, since.get(activity.id, {})) for activity in activities]
