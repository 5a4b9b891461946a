"""What invitations hold about a person: the name under which somebody was invited."""

from sqlalchemy import func, select, update

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, rows
from festival.invitations.service import forget_names
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.lib.tokens import CODE_LENGTH
from festival.signups.models import Invitation, SignUp

_PERSONAL = func.length(Invitation.code) == CODE_LENGTH


def _export(account_id: int) -> Rows:
    """Return the invitations that a person used; whom a code for several is meant for is not about them."""
    ids = select(SignUp.invitation_id).where(SignUp.person_id == account_id, SignUp.invitation_id.is_not(None))
    return {"invitation": rows(Invitation, Invitation.id.in_(ids), _PERSONAL, without=("created_by_id",))}


def _erase(account_id: int) -> None:
    """Empty the name of the links that a person used; the row stays, so that what was used counts."""
    ids = select(SignUp.invitation_id).where(SignUp.person_id == account_id, SignUp.invitation_id.is_not(None))
    db.session.execute(update(Invitation).where(Invitation.id.in_(ids), _PERSONAL).values(label=""))


def _consent_withdrawn(consent: Consent) -> None:
    """Without the notice there is no sign-up, and no name that led to it."""
    if consent.sign_up_id is None or consent.question_key is not None:
        return
    ids = select(SignUp.invitation_id).where(SignUp.id == consent.sign_up_id, SignUp.invitation_id.is_not(None))
    db.session.execute(update(Invitation).where(Invitation.id.in_(ids), _PERSONAL).values(label=""))


def _labels(moment: Moment, _limit: int) -> int:
    return forget_names(moment.festival)


HOLDING = Holding(
    tables=frozenset({"invitation"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(Purge("invitations", _l("受邀者的姓名"), _l("活动结束后 30 天"), _labels),),
)
