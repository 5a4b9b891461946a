"""What the door holds about a person: when their code was scanned. It says nothing but ids, times and numbers, and stays."""

from sqlalchemy import select

from festival.accounts.personal import Holding, Rows, rows
from festival.checkin.models import Scan
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    own = select(SignUp.id).where(SignUp.person_id == account_id)
    return {"scan": rows(Scan, Scan.sign_up_id.in_(own), without=("actor_id", "device", "nonce"))}


def _erase(_account_id: int) -> None:
    """Keep the rows: they are append-only, and once the sign-up is nobody's they are, too."""


HOLDING = Holding(tables=frozenset({"scan"}), export=_export, erase=_erase)
