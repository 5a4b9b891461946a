"""What is held about a person of the activities they keep for later."""

from datetime import timedelta

from sqlalchemy import delete, select

from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.programme.models import Activity
from festival.saved.models import SavedActivity

#: Days after an activity's end that it stays among what somebody keeps.
_DAYS = 180


def _export(account_id: int) -> Rows:
    return {"saved_activity": rows(SavedActivity, SavedActivity.account_id == account_id)}


def _erase(account_id: int) -> None:
    db.session.execute(delete(SavedActivity).where(SavedActivity.account_id == account_id))


def _over(moment: Moment, limit: int) -> int:
    over = select(Activity.id).where(Activity.ends_at < moment.festival - timedelta(days=_DAYS))
    ids = first(SavedActivity, limit, SavedActivity.activity_id.in_(over))
    db.session.execute(delete(SavedActivity).where(SavedActivity.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"saved_activity"}),
    export=_export,
    erase=_erase,
    purges=(Purge("saved", _l("收藏的活动"), _l("活动结束后 180 天"), _over),),
)
