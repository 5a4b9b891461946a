"""What bundles hold about a person."""

from datetime import timedelta

from sqlalchemy import delete, select

from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.bundle.models import Bundle, BundleVerdict
from festival.lib.db import db
from festival.lib.i18n import _l

#: Days that the answer to a bundle can be read; its sign-ups are not touched.
_DAYS = 90


def _export(account_id: int) -> Rows:
    own = select(Bundle.id).where(Bundle.person_id == account_id)
    return {
        "bundle": rows(Bundle, Bundle.person_id == account_id, without=("browser", "key")),
        "bundle_verdict": rows(BundleVerdict, BundleVerdict.bundle_id.in_(own)),
    }


def _erase(account_id: int) -> None:
    db.session.execute(delete(Bundle).where(Bundle.person_id == account_id))


def _old(moment: Moment, limit: int) -> int:
    ids = first(Bundle, limit, Bundle.at < moment.wall - timedelta(days=_DAYS))
    db.session.execute(delete(Bundle).where(Bundle.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"bundle", "bundle_verdict"}),
    export=_export,
    erase=_erase,
    purges=(Purge("bundles", _l("一次报多项的结果页"), _l("90 天"), _old),),
)
