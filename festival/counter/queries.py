"""Reading what was signed up at the counter."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, Slot
from festival.signups.models import SignUp, Source
from festival.signups.rules import CLAIMING

#: Signed up by staff for somebody who stood there.
BY_STAFF = (Source.COUNTER, Source.WALK_IN)


def made(activity_id: int, sign_up_id: int) -> SignUp:
    """Return a sign-up of an activity that was made at the counter, with activity, slot and pool.

    :raises NotFound: the activity has no such sign-up, or the person made it.
    """
    found = db.session.scalar(
        select(SignUp)
        .where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id, SignUp.source.in_(BY_STAFF))
        .options(
            joinedload(SignUp.activity).joinedload(Activity.venue),
            joinedload(SignUp.activity).joinedload(Activity.track),
            joinedload(SignUp.slot).joinedload(Slot.venue),
            joinedload(SignUp.pool),
        ),
    )
    if found is None:
        raise NotFound
    return found


def of_the_same_name(sign_up: SignUp) -> int:
    """Return how many other live or used sign-ups of the activity carry the same name; 0 where there is no name."""
    if not sign_up.name:
        return 0
    return db.session.execute(
        select(func.count(SignUp.id)).where(
            SignUp.activity_id == sign_up.activity_id,
            SignUp.name == sign_up.name,
            SignUp.id != sign_up.id,
            SignUp.state.in_(CLAIMING),
        ),
    ).scalar_one()
