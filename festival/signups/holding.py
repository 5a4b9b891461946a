"""What sign-ups hold about a person."""

from sqlalchemy import delete, select, update

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Row, Rows, plain, rows
from festival.lib.db import database_now, db
from festival.lib.sealing import unseal
from festival.programme.locking import lock_activity
from festival.programme.models import Question, Slot
from festival.signups import answers, service
from festival.signups.models import Answer, AnswerFile, IdempotentAnswer, LedgerEntry, SignUp
from festival.signups.notice import sensitive_groups
from festival.signups.retention import PURGES
from festival.signups.rules import LIVE

#: The columns of a sign-up that say who it was, emptied.
_NOBODY = {"name": "", "search_text": "", "reason": "", "reply": "", "appeal": "", "appeal_answer": ""}


def _export(account_id: int) -> Rows:
    """Return a person's sign-ups, sealed answers and files in clear."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    given = db.session.scalars(select(Answer).where(Answer.sign_up_id.in_(ids)).order_by(Answer.id)).all()
    files = db.session.scalars(select(AnswerFile).where(AnswerFile.sign_up_id.in_(ids)).order_by(AnswerFile.id)).all()
    return {
        "sign_up": rows(SignUp, SignUp.person_id == account_id),
        "answer": [{"sign_up_id": one.sign_up_id, "question_key": one.question_key, "value": answers.read(one)} for one in given],
        "answer_file": [_file(one) for one in files],
        "idempotent_answer": rows(
            IdempotentAnswer, IdempotentAnswer.sign_up_id.in_(ids), without=("browser", "key", "fingerprint")
        ),
        "seat_ledger": rows(LedgerEntry, LedgerEntry.sign_up_id.in_(ids), without=("actor_id",)),
    }


def _file(one: AnswerFile) -> Row:
    content = unseal(one.sealed, f"answer:{one.sign_up_id}:{one.question_key}")
    return {
        "sign_up_id": one.sign_up_id,
        "question_key": one.question_key,
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "uploaded_at": plain(one.uploaded_at),
        "content_base64": plain(content),
    }


def _hold(account_id: int, activity_id: int | None) -> None:
    """Lock the activities somebody signed up for, in their order: nobody decides on what is being forgotten."""
    theirs = select(SignUp.activity_id).where(SignUp.person_id == account_id).distinct().order_by(SignUp.activity_id)
    if activity_id is not None:
        theirs = theirs.where(SignUp.activity_id == activity_id)
    for one in db.session.scalars(theirs).all():
        lock_activity(one)


def _erase(account_id: int) -> None:
    """Withdraw what still holds or awaits a place, then forget who it was; rows and ledger stay, so that the counts do."""
    now = database_now()
    live = db.session.scalars(
        select(SignUp.id)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(SignUp.person_id == account_id, SignUp.state.in_(LIVE), Slot.ends_at > now)
        .order_by(SignUp.activity_id, SignUp.id),  # locks are taken in the order of the activities
    ).all()
    for sign_up_id in live:
        service.withdraw(sign_up_id, actor_id=account_id, even_late=True)
    db.session.flush()
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    for table in (Answer, AnswerFile, IdempotentAnswer):
        db.session.execute(delete(table).where(table.sign_up_id.in_(ids)))
    db.session.execute(update(SignUp).where(SignUp.person_id == account_id).values(**_NOBODY))


def _consent_withdrawn(consent: Consent) -> None:
    """Follow a withdrawn consent: the answers it allowed go; without the notice there is no sign-up either."""
    if consent.sign_up_id is None:
        return
    keys: list[str] | None = None
    if consent.question_key is not None:
        keys = _keys_of(consent.activity_id, consent.question_key)
    else:
        _withdraw_if_live(consent.sign_up_id, consent.account_id)
        db.session.flush()
        db.session.execute(update(SignUp).where(SignUp.id == consent.sign_up_id).values(**_NOBODY))
    for table in (Answer, AnswerFile):
        chosen = [table.sign_up_id == consent.sign_up_id]
        if keys is not None:
            chosen.append(table.question_key.in_(keys))
        db.session.execute(delete(table).where(*chosen))


def _keys_of(activity_id: int, key: str) -> list[str]:
    """Return the questions that a consent was for."""
    questions = db.session.scalars(select(Question).where(Question.activity_id == activity_id)).all()
    return [question.key for question in sensitive_groups(list(questions)).get(key, [])] or [key]


def _withdraw_if_live(sign_up_id: int, account_id: int) -> None:
    sign_up = db.session.get_one(SignUp, sign_up_id, populate_existing=True)
    slot = db.session.get_one(Slot, sign_up.slot_id)
    if sign_up.state in LIVE and slot.ends_at > database_now():
        service.withdraw(sign_up_id, actor_id=account_id, even_late=True)


HOLDING = Holding(
    tables=frozenset({"sign_up", "answer", "answer_file", "idempotent_answer", "seat_ledger"}),
    export=_export,
    erase=_erase,
    hold=_hold,
    consent_withdrawn=_consent_withdrawn,
    purges=PURGES,
)
