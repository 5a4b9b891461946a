"""Which letters a person got. A letter itself stays when they are forgotten, as others got it too."""

from sqlalchemy import Select, delete, select

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.letters.models import Letter, LetterActivity, LetterCopy
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.signups.models import SignUp
from festival.signups.retention import sign_ups_over


def _export(account_id: int) -> Rows:
    copies = LetterCopy.sign_up_id.in_(_sign_ups_of(account_id))
    mine = select(LetterCopy.letter_id).where(copies)
    return {
        "letter_copy": rows(LetterCopy, copies),
        "letter": rows(
            Letter,
            Letter.id.in_(mine),
            without=("author_id", "stopped_by_id", "urgent_reason", "states", "readers", "key"),
        ),
        "letter_activity": rows(LetterActivity, LetterActivity.letter_id.in_(mine)),
    }


def _erase(account_id: int) -> None:
    _drop(_sign_ups_of(account_id))


def _consent_withdrawn(consent: Consent) -> None:
    """Without the notice there is no sign-up either, and nobody to write to."""
    if consent.sign_up_id is not None and consent.question_key is None:
        _drop(select(SignUp.id).where(SignUp.id == consent.sign_up_id))


def _sign_ups_of(account_id: int) -> Select[int]:
    return select(SignUp.id).where(SignUp.person_id == account_id)


def _drop(ids: Select[int]) -> None:
    db.session.execute(delete(LetterCopy).where(LetterCopy.sign_up_id.in_(ids)))


def _old_letters(moment: Moment, limit: int) -> int:
    ids = first(LetterCopy, limit, LetterCopy.sign_up_id.in_(sign_ups_over(moment)))
    db.session.execute(delete(LetterCopy).where(LetterCopy.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"letter_copy", "letter", "letter_activity"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(Purge("letters", _l("群发消息的收件记录"), _l("活动结束后 180 天"), _old_letters),),
)
