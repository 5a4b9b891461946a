"""Who did not come: recorded by staff after the end, explained by the person, excused by staff. Inside ``transaction()``."""

from collections.abc import Sequence

from sqlalchemy import select

from festival.audit.service import record
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.programme.locking import lock_activity
from festival.signups import fairness, queries, waitlist
from festival.signups.models import SignUp
from festival.signups.rules import DEFERRED, LIVE
from festival.signups.service import lock


def record_all(activity_id: int, sign_up_ids: Sequence[int], *, actor_id: int) -> list[SignUp]:
    """Record that these did not come, of those who are confirmed and of whom nobody was let in; return whom.

    Who is not in that state any more is left out: they came meanwhile, or gave the place back. So is who held a place in
    what was called off or put off: there was nothing to come to.
    """
    locked = lock(activity_id)
    found = db.session.scalars(
        select(SignUp)
        .where(SignUp.id.in_(sign_up_ids), *queries.not_seen(activity_id, locked.now))
        .order_by(SignUp.id)
        .execution_options(populate_existing=True),
    )
    absent = list(found)
    for sign_up in absent:
        fairness.record_no_show(sign_up, locked.now, actor_id=actor_id)
    if absent:
        record(
            "activity.no_shows",
            "activity",
            activity_id,
            actor_id=actor_id,
            activity_id=activity_id,
            changes=f"no_show {len(absent)}",
        )
    return absent


def appeal(sign_up_id: int, words: str) -> SignUp:
    """Keep what a person says to being recorded as absent.

    :raises NotFound: there is no such sign-up.
    :raises SignUpRefused: there is nothing to appeal against, or they have said it before.
    """
    sign_up = _locked(sign_up_id)
    fairness.appeal(sign_up, words)
    return sign_up


def decline(sign_up_id: int, words: str, *, actor_id: int) -> SignUp:
    """Answer what a person says to an absence without excusing it; they are told, and read the words on their ticket.

    :raises NotFound: there is no such sign-up.
    :raises SignUpRefused: nobody said anything, it is excused, or it has been answered.
    """
    sign_up = _locked(sign_up_id)
    fairness.decline(sign_up, words, actor_id=actor_id)
    return sign_up


def excuse(sign_up_id: int, reason: str, *, actor_id: int, is_one_of_many: bool = False) -> list[SignUp]:
    """Excuse an absence, and give the person's other sign-ups their turn back that waited because of it; return who moved up.

    The person is locked first, then every activity concerned in the order of ids, as everywhere.

    :param is_one_of_many: the caller records the act once for all.
    :raises NotFound: there is no such sign-up.
    :raises SignUpRefused: there is no absence, or it is excused already.
    """
    seen = db.session.get(SignUp, sign_up_id)
    if seen is None:
        raise NotFound
    waiting = select(SignUp.activity_id).where(
        SignUp.person_id == seen.person_id,
        SignUp.state.in_(LIVE),
        SignUp.priority >= DEFERRED,
    )
    person_id, activity_ids = seen.person_id, sorted({seen.activity_id, *db.session.scalars(waiting)})
    lock(activity_ids[0], person_id)
    activities = [lock_activity(activity_id) for activity_id in activity_ids]
    now = database_now()
    sign_up = db.session.get_one(SignUp, sign_up_id, populate_existing=True)
    fairness.excuse(sign_up, None if is_one_of_many else reason, actor_id=actor_id)
    served: list[SignUp] = []
    if fairness.standing_of(person_id, activities[0], now).is_deferred:
        return served
    for other in fairness.deferred_of(person_id, activity_ids):
        other.priority = 0
        waitlist.touch(other)
    db.session.flush()
    for activity in activities:
        waitlist.lapse(activity, now)
        served += waitlist.serve(activity, now, why=f"excused:{sign_up_id}")
    return served


def _locked(sign_up_id: int) -> SignUp:
    row = db.session.execute(select(SignUp.activity_id, SignUp.person_id).where(SignUp.id == sign_up_id)).one_or_none()
    if row is None:
        raise NotFound
    lock(row.activity_id, row.person_id)
    return db.session.get_one(SignUp, sign_up_id, populate_existing=True)
