"""Reading what bundles were answered with."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from festival.bundle.models import Bundle, BundleVerdict
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, Slot
from festival.signups.models import SignUp


def answered_before(browser: str, key: str, since: datetime) -> Bundle | None:
    """Return what a form's key was answered with in this browser, if that was after ``since``."""
    return db.session.scalar(select(Bundle).where(Bundle.browser == browser, Bundle.key == key, Bundle.at > since))


def owned(code: str, person_id: int) -> Bundle:
    """Return a person's own bundle with its verdicts, their activities and sign-ups.

    :raises NotFound: there is none, or it is somebody else's.
    """
    verdicts = selectinload(Bundle.verdicts)
    found = db.session.scalar(
        select(Bundle)
        .where(Bundle.code == code, Bundle.person_id == person_id)
        .options(
            verdicts.joinedload(BundleVerdict.activity).options(
                joinedload(Activity.venue), joinedload(Activity.track), selectinload(Activity.slots)
            ),
            verdicts.joinedload(BundleVerdict.sign_up).options(
                joinedload(SignUp.slot).joinedload(Slot.venue), joinedload(SignUp.pool)
            ),
        ),
    )
    if found is None:
        raise NotFound
    return found
