"""Seeing more of a person than a list shows, which is recorded. Call inside ``transaction()``."""

from sqlalchemy import select

from festival.accounts.models import Address
from festival.audit.service import record
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.signups.models import SignUp


def reveal_contact(activity_id: int, sign_up_id: int, reason: str, *, actor_id: int) -> list[str]:
    """Return the mobile numbers and mail addresses of the person behind a sign-up, and record who asked and why.

    :raises NotFound: the activity has no such sign-up.
    """
    person_id = db.session.scalar(select(SignUp.person_id).where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id))
    if person_id is None:
        raise NotFound
    record(
        "contact.reveal",
        "sign_up",
        sign_up_id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=reason,
        changes="contact",
    )
    return list(db.session.scalars(select(Address.value).where(Address.account_id == person_id).order_by(Address.id)))
