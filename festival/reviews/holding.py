"""What reviews hold about a person: what was decided on their sign-ups, and the words they read."""

from sqlalchemy import select, update

from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.reviews.models import Review
from festival.signups.models import SignUp
from festival.signups.retention import sign_ups_over


def _export(account_id: int) -> Rows:
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    return {"review": rows(Review, Review.sign_up_id.in_(ids), without=("actor_id",))}


def _erase(account_id: int) -> None:
    """Keep what was decided; its words may speak of the person."""
    ids = select(SignUp.id).where(SignUp.person_id == account_id)
    db.session.execute(update(Review).where(Review.sign_up_id.in_(ids)).values(words=""))


def _words(moment: Moment, limit: int) -> int:
    """Empty the words of decisions about what is long over; a decision itself says nothing about anybody."""
    ids = first(Review, limit, Review.sign_up_id.in_(sign_ups_over(moment)), Review.words != "")
    db.session.execute(update(Review).where(Review.id.in_(ids)).values(words=""))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"review"}),
    export=_export,
    erase=_erase,
    purges=(Purge("reviews", _l("审核意见"), _l("活动结束后 180 天"), _words),),
)
