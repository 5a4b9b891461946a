"""What reviews hold about a person: what was decided on their sign-ups, and the words they read."""

from sqlalchemy import select, update

from festival.accounts.personal import Holding, Rows, rows
from festival.lib.db import db
from festival.reviews.models import Review
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    return {"review": rows(Review, Review.sign_up_id.in_(ids), without=("actor_id",))}


def _erase(account_id: int) -> None:
    """Keep what was decided; its words may speak of the person."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    db.session.execute(update(Review).where(Review.sign_up_id.in_(ids)).values(words=""))


HOLDING = Holding(tables=frozenset({"review"}), export=_export, erase=_erase)
