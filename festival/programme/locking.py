"""The lock under which everything about an activity's places is decided."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from festival.lib.db import db, in_transaction
from festival.lib.errors import NotFound
from festival.lib.prepared import Prepared
from festival.programme.models import Activity

_LOCKED = (
    select(Activity)
    .where(Activity.id == bindparam("activity_id"))
    .options(joinedload(Activity.festival))  # what the privacy notice names
    .with_for_update(key_share=True, of=Activity)
    .execution_options(populate_existing=True)
)
#: Locks an activity as ``lock_activity`` does; on PostgreSQL only, for questions that go there together with it.
TAKE = Prepared(select(Activity.id).where(Activity.id == bindparam("activity_id")).with_for_update(key_share=True))


def lock_activity(activity_id: int) -> Activity:
    """Lock an activity until commit and return it as it stands now. A person's row, if needed, is locked before.

    SQLite: ``transaction()`` holds the whole database already. PostgreSQL: FOR NO KEY UPDATE, which lets others insert rows
    that refer to it, unlike FOR UPDATE. Count in a later statement than this one: READ COMMITTED gives each its own snapshot.

    :raises NotFound: there is no such activity.
    """
    assert in_transaction(), "places change inside transaction() only"  # a bug, not an answer
    activity = db.session.scalar(_LOCKED, {"activity_id": activity_id})
    if activity is None:
        raise NotFound
    return activity
