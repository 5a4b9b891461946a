"""Seeing more of a person than a list shows: with a reason, and recorded. Call inside ``transaction()``."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select

from festival.accounts.models import Address
from festival.audit.service import record
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.signups import answers
from festival.signups.models import Answer, SignUp

#: What stands for numbers and mail addresses among the fields to reveal; the others are keys of questions.
CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is otherwise masked of one sign-up, shown once."""

    #: Mobile numbers and mail addresses, the oldest first; None: they were not asked for.
    contacts: list[str] | None = None
    #: Answers in clear, by question key.
    answers: dict[str, str] = field(default_factory=dict)


def reveal(activity_id: int, sign_up_id: int, fields: Collection[str], reason: str, *, actor_id: int) -> Revealed:
    """Return fields of one sign-up in clear, and record who asked for which, and why.

    :param fields: ``contact``, and keys of the questions whose answers are wanted.
    :raises NotFound: the activity has no such sign-up.
    """
    person_id = db.session.scalar(select(SignUp.person_id).where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id))
    if person_id is None:
        raise NotFound
    record(
        "contact.reveal" if CONTACT in fields else "answer.reveal",
        "sign_up",
        sign_up_id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=reason,
        changes=", ".join(sorted(fields, key=lambda one: (one != CONTACT, one))),
    )
    given = db.session.scalars(
        select(Answer).where(Answer.sign_up_id == sign_up_id, Answer.question_key.in_(list(fields))).order_by(Answer.id),
    )
    contacts = select(Address.value).where(Address.account_id == person_id).order_by(Address.id)
    return Revealed(
        list(db.session.scalars(contacts)) if CONTACT in fields else None,
        {one.question_key: answers.read(one) for one in given},
    )
