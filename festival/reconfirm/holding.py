"""Whether a person was asked to confirm, and what they answered."""

from sqlalchemy import delete, select

from festival.accounts.personal import Holding, Rows, rows
from festival.lib.db import db
from festival.reconfirm.models import Reconfirmation, ReconfirmationAnswer
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    mine = ReconfirmationAnswer.sign_up_id.in_(select(SignUp.id).where(SignUp.person_id == account_id))
    asked = Reconfirmation.id.in_(select(ReconfirmationAnswer.reconfirmation_id).where(mine))
    return {
        "reconfirmation_answer": rows(ReconfirmationAnswer, mine),
        "reconfirmation": rows(Reconfirmation, asked, without=("author_id", "asked", "released")),
    }


def _erase(account_id: int) -> None:
    """Forget what they answered. The question itself stays, as others were asked too."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    db.session.execute(delete(ReconfirmationAnswer).where(ReconfirmationAnswer.sign_up_id.in_(ids)))


HOLDING = Holding(tables=frozenset({"reconfirmation", "reconfirmation_answer"}), export=_export, erase=_erase)
