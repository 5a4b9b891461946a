"""Signing up for several activities in one go. Called inside ``transaction()``; never commits.

Locks are taken in one order: the person, then all activities by id, before anything is decided. So two bundles with the same
activities, however they were chosen, never wait for each other in a circle. Then each activity gets its own verdict, in the order
asked for, from the engine that everybody else meets. Each runs in a savepoint: a refusal takes back what that one call wrote and
nothing else. What the engine does before it may refuse – overdue offers lapse, and those who wait move up – is done for every
activity before the first savepoint, so that no refusal undoes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from festival.bundle import queries
from festival.bundle.models import Bundle, BundleVerdict
from festival.lib import tokens
from festival.lib.db import database_now, db
from festival.programme.kinds import ActivityKind
from festival.signups import service as signups
from festival.signups import waitlist
from festival.signups.rules import Reason, SignUpRefused
from festival.signups.service import SAME_ANSWER, AlreadySignedUp, Once, SignUpRequest


@dataclass(frozen=True, slots=True)
class Wish:
    """One activity of a bundle. ``asked`` None: nothing can be asked for, because of ``closed`` or of what is held."""

    activity_id: int
    kind: ActivityKind
    asked: SignUpRequest | None
    #: Why the page had no form for it any more.
    closed: Reason | None = None
    #: The sign-up that the person holds already.
    held_id: int | None = None


def sign_up(person_id: int, wishes: Sequence[Wish], once: Once) -> Bundle:
    """Sign a person up for several activities; what can be is, and each of the others gets its reason.

    The same ``once`` within ten minutes gives the same bundle again.

    :param wishes: at least one, each of another activity, in the order in which they are decided.
    :raises NotFound: there is no such person or activity.
    """
    now = _lock(person_id, sorted(wish.activity_id for wish in wishes))
    before = queries.answered_before(once.browser, once.key, now - SAME_ANSWER)
    if before is not None and before.person_id == person_id:
        return before
    db.session.execute(delete(Bundle).where(Bundle.browser == once.browser, Bundle.key == once.key))
    bundle = Bundle(code=tokens.new_code(), person_id=person_id, browser=once.browser, key=once.key, at=now)
    db.session.add(bundle)
    db.session.flush()
    for position, wish in enumerate(wishes, start=1):
        db.session.add(_decide(bundle.id, position, person_id, wish))
    db.session.flush()
    return bundle


def answered(once: Once) -> Bundle | None:
    """Return the bundle that this form's key led to within the last ten minutes; for a retry whose code is used up."""
    return queries.answered_before(once.browser, once.key, database_now() - SAME_ANSWER)


def _lock(person_id: int, activity_ids: Sequence[int]) -> datetime:
    """Lock the person and all activities in one order, let overdue offers lapse in each; return the time after the last lock."""
    locked = [signups.lock(activity_ids[0], person_id), *(signups.lock(activity_id) for activity_id in activity_ids[1:])]
    now = locked[-1].now
    for one in locked:
        waitlist.lapse(one.activity, now)
    return now


def _decide(bundle_id: int, position: int, person_id: int, wish: Wish) -> BundleVerdict:
    """Return one activity's verdict; whatever it refuses is taken back to the savepoint."""
    verdict = BundleVerdict(bundle_id=bundle_id, position=position, activity_id=wish.activity_id)
    if wish.held_id is not None:
        verdict.sign_up_id, verdict.was_already = wish.held_id, True
    elif wish.asked is None:
        verdict.reason = wish.closed
    else:
        try:
            with db.session.begin_nested():
                verdict.sign_up_id = signups.sign_up(wish.activity_id, person_id, wish.asked, kind=wish.kind).id
        except AlreadySignedUp as held:
            verdict.sign_up_id, verdict.was_already = held.sign_up.id, True
        except SignUpRefused as refused:
            verdict.reason = refused.reason
    return verdict
