"""Whether a person was asked to confirm, and what they answered."""

from sqlalchemy import Select, delete, select

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.reconfirm.models import Reconfirmation, ReconfirmationAnswer
from festival.signups.models import SignUp
from festival.signups.retention import sign_ups_over


def _export(account_id: int) -> Rows:
    mine = ReconfirmationAnswer.sign_up_id.in_(select(SignUp.id).where(SignUp.person_id == account_id))
    asked = Reconfirmation.id.in_(select(ReconfirmationAnswer.reconfirmation_id).where(mine))
    return {
        "reconfirmation_answer": rows(ReconfirmationAnswer, mine),
        "reconfirmation": rows(Reconfirmation, asked, without=("author_id", "asked", "released")),
    }


def _erase(account_id: int) -> None:
    """Forget what they answered. The question itself stays, as others were asked too."""
    _drop(select(SignUp.id).where(SignUp.person_id == account_id))


def _consent_withdrawn(consent: Consent) -> None:
    """Without the notice there is no sign-up either, and nothing to have answered."""
    if consent.sign_up_id is not None and consent.question_key is None:
        _drop(select(SignUp.id).where(SignUp.id == consent.sign_up_id))


def _drop(ids: Select[int]) -> None:
    db.session.execute(delete(ReconfirmationAnswer).where(ReconfirmationAnswer.sign_up_id.in_(ids)))


def _old_answers(moment: Moment, limit: int) -> int:
    """Drop what people answered; how many were asked and gave their place back stands with the question."""
    ids = first(ReconfirmationAnswer, limit, ReconfirmationAnswer.sign_up_id.in_(sign_ups_over(moment)))
    db.session.execute(delete(ReconfirmationAnswer).where(ReconfirmationAnswer.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"reconfirmation", "reconfirmation_answer"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(Purge("reconfirmations", _l("再次确认的答复"), _l("活动结束后 180 天"), _old_answers),),
)
