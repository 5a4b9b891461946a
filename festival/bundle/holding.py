"""What bundles hold about a person."""

from sqlalchemy import delete, select

from festival.accounts.personal import Holding, Rows, rows
from festival.bundle.models import Bundle, BundleVerdict
from festival.lib.db import db


def _export(account_id: int) -> Rows:
    own = select(Bundle.id).where(Bundle.person_id == account_id)
    return {
        "bundle": rows(Bundle, Bundle.person_id == account_id, without=("browser", "key")),
        "bundle_verdict": rows(BundleVerdict, BundleVerdict.bundle_id.in_(own)),
    }


def _erase(account_id: int) -> None:
    db.session.execute(delete(Bundle).where(Bundle.person_id == account_id))


HOLDING = Holding(tables=frozenset({"bundle", "bundle_verdict"}), export=_export, erase=_erase)
