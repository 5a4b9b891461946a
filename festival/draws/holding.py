"""What draws hold about a person: the number under which a sign-up took part."""

from sqlalchemy import select, update

from festival.accounts.personal import Holding, Rows, rows
from festival.draws.models import DrawEntry
from festival.lib.db import db
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    return {"draw_entry": rows(DrawEntry, DrawEntry.sign_up_id.in_(ids))}


def _erase(account_id: int) -> None:
    """Cut the thread from number to person; the published list stays whole and can still be verified."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    db.session.execute(update(DrawEntry).where(DrawEntry.sign_up_id.in_(ids)).values(sign_up_id=None))


HOLDING = Holding(tables=frozenset({"draw_entry"}), export=_export, erase=_erase)
