"""An activity with places by invitation, as these tests need it."""

from festival.lib.db import db, transaction
from festival.programme.kinds import kind_of
from festival.programme.models import Access, Activity, Mode, Pool
from festival.signups import service as signups
from festival.signups.models import Invitation, SignUp
from festival.signups.service import SignUpRequest
from tests.builders import make_activity, make_person, pool_of


def make_forum(*, slug: str = "forum", capacity: int | None = 10, pools: int = 2, **more) -> tuple[Activity, Pool]:
    """Return an activity with an open pool and one by invitation, and the latter."""
    activity = make_activity(slug=slug, capacity=capacity, pools=pools, **more)
    with transaction():
        db.session.get_one(Pool, pool_of(activity, 1).id).access = Access.INVITATION
    db.session.refresh(activity)
    return activity, pool_of(activity, 1)


def make_closed_circle(**more) -> tuple[Activity, Pool]:
    """Return an activity that is by invitation altogether, and its pool."""
    activity = make_activity(slug="alliance", mode=Mode.INVITATION, **more)
    return activity, pool_of(activity)


def come(invitation: Invitation, person=None) -> SignUp:
    """Sign somebody up with an invitation, as a view does."""
    person = person or make_person()
    activity = db.session.get_one(Activity, invitation.activity_id)
    asked = SignUpRequest(pool_id=invitation.pool_id, invitation=invitation.code)
    with transaction():
        return signups.sign_up(activity.id, person.id, asked, kind=kind_of(activity))
