"""Reading the programme."""

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, ActivityStatus, Festival, Slot

#: What readers may see: everything an organizer has published, also when it was postponed or cancelled since.
PUBLIC_STATUSES = (ActivityStatus.PUBLISHED, ActivityStatus.POSTPONED, ActivityStatus.CANCELLED)


def current_festival() -> Festival | None:
    """Return the newest edition; None before the first seed."""
    return db.session.scalar(
        select(Festival).order_by(Festival.starts_on.desc()).limit(1).options(selectinload(Festival.figures)),
    )


def published(slug: str) -> Activity:
    """Return a public activity of the current edition, with slots, pools and questions.

    :raises NotFound: there is none, or it is a draft.
    """
    festival = current_festival()
    activity = festival and db.session.scalar(
        select(Activity)
        .where(Activity.festival_id == festival.id, Activity.slug == slug, Activity.status.in_(PUBLIC_STATUSES))
        .options(selectinload(Activity.slots).selectinload(Slot.pools), selectinload(Activity.questions)),
    )
    if activity is None:
        raise NotFound
    return activity
