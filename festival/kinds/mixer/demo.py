"""What the demo's people do with a mixer before its day: some wish no pictures, some have named somebody they know."""

from datetime import datetime

from sqlalchemy import select

from festival.kinds.mixer import service
from festival.lib.db import db
from festival.programme.models import Activity
from festival.signups.models import SignUp
from festival.signups.rules import State

#: One in so many.
_SHY, _ACQUAINTED = 9, 14


def enliven(activity: Activity, _until: datetime) -> None:
    """Let those with a place say what they wish; numbers and tables come at the door, which the demo's moment lies before."""
    placed = db.session.scalars(
        select(SignUp).where(SignUp.activity_id == activity.id, SignUp.state == State.CONFIRMED).order_by(SignUp.id)
    ).all()
    for turn, sign_up in enumerate(placed):
        if turn % _SHY == 0:
            service.prefer(sign_up, no_photo=True)
        if turn % _ACQUAINTED == 1:
            service.know(sign_up, placed[-turn].digits)
    db.session.flush()
