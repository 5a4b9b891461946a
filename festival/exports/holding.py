"""What is held about people in lists that are being prepared: for a quarter of an hour, sealed."""

from sqlalchemy import delete

from festival.accounts.personal import Holding, Moment, Purge, Rows, rows
from festival.exports import preparing
from festival.exports.models import PreparedList
from festival.lib.db import db
from festival.lib.i18n import _l


def _export(account_id: int) -> Rows:
    return {
        "prepared_list": rows(
            PreparedList, PreparedList.account_id == account_id, without=("code", "request", "content", "headers")
        )
    }


def _erase(_account_id: int) -> None:
    """Drop every list that is ready or being made: nobody looks into them for who stands there, and each can be made anew."""
    db.session.execute(delete(PreparedList))


def _old(_moment: Moment, _limit: int) -> int:
    return preparing.clean()


HOLDING = Holding(
    tables=frozenset({"prepared_list"}),
    export=_export,
    erase=_erase,
    purges=(Purge("prepared_lists", _l("备好待下载的名单"), _l("15 分钟"), _old),),
)
