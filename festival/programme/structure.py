"""What an activity is made of, kept by each process: texts, times, rules, slots, pools, questions.

It changes rarely and is read with every sign-up. What is kept carries the version it was read under; triggers of the database
give another one with every change, whoever makes it. Nothing is decided on a structure whose version was not read under the lock.

How many places there are and how many are taken is no structure: those columns are not loaded, so that nobody can ever decide
about a place by what was kept.
"""

import threading
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import BindParameter, Engine, ScalarSelect, bindparam, cast, func, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from festival.lib import clock
from festival.lib.db import Big, db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, ActivityVersion, Pool, Question, Slot
from festival.programme.queries import published_id

#: Rows of ``activity_version`` that every activity depends on: festivals, venues, tracks.
_SHARED = (0, -1, -2)
_SUM = cast(func.sum(ActivityVersion.n), Big).label("version")
_WHOLE = (
    select(Activity)
    .where(Activity.id == bindparam("activity_id"))
    .options(
        joinedload(Activity.festival),
        joinedload(Activity.venue),
        joinedload(Activity.track),
        *(
            selectinload(slots).options(
                defer(Slot.heads),
                joinedload(Slot.venue),
                selectinload(Slot.pools).options(
                    defer(Pool.capacity), defer(Pool.borrowed), defer(Pool.taken), defer(Pool.waiting)
                ),
            )
            for slots in (Activity.slots, Activity.extras)
        ),
        selectinload(Activity.questions).selectinload(Question.options),
    )
)


@dataclass(frozen=True, slots=True)
class Structure:
    """An activity with everything it is made of, read at one moment. Its rows belong to no session; nobody changes them."""

    version: int
    activity: Activity
    #: What slices above make of it and keep with it: it is good as long as this is.
    made: dict[Any, Any] = field(default_factory=dict, compare=False)


#: Of many who ask at the moment when nothing is kept, one reads, and the others wait for that.
_reading = threading.Lock()
_kept: "WeakKeyDictionary[Engine, dict[int, Structure]]" = WeakKeyDictionary()


def version_of(activity_id: int | None = None) -> ScalarSelect[int]:
    """Return an activity's version as a column of a larger question; None: of the bind parameter ``activity_id``."""
    whose: BindParameter[int] = bindparam("activity_id", activity_id, required=activity_id is None)
    return select(_SUM).where(ActivityVersion.activity_id.in_([whose, *_SHARED])).scalar_subquery()


_VERSION = select(version_of().label("version"))


def kept(activity_id: int) -> Structure:
    """Return an activity as this process last read it. Compare its version before anything rests on it.

    :raises NotFound: there is no such activity.
    """
    found = _of_this_database().get(activity_id)
    if found is not None:
        return found
    with _reading:
        return _of_this_database().get(activity_id) or read(activity_id)


def public(slug: str) -> Structure:
    """Return a public activity by its address, as this process last read it if it did.

    :raises NotFound: there is none.
    """
    now = clock.now()
    for one in list(_of_this_database().values()):
        if one.activity.slug == slug and one.activity.is_public_at(now):
            return one
    return kept(published_id(slug))


def forget(known: Structure) -> None:
    """Read an activity anew when it is asked for next, unless somebody has since this was read."""
    every = _of_this_database()
    if every.get(known.activity.id) is known:
        every.pop(known.activity.id, None)


def read(activity_id: int) -> Structure:
    """Read an activity anew, as the running transaction sees it, and keep it.

    :raises NotFound: there is no such activity.
    """
    while True:
        before = _version_now(activity_id)
        with Session(db.session.connection(), join_transaction_mode="rollback_only", autoflush=False) as own:
            activity = own.scalar(_WHOLE, {"activity_id": activity_id})
            own.expunge_all()
        if activity is None:
            _of_this_database().pop(activity_id, None)
            raise NotFound
        found = Structure(before, activity)
        if _version_now(activity_id) == before:  # else it changed while it was read
            _of_this_database()[activity_id] = found
            return found


def _version_now(activity_id: int) -> int:
    return db.session.execute(_VERSION, {"activity_id": activity_id}).scalar_one()


def _of_this_database() -> dict[int, Structure]:
    engine = db.engine
    found = _kept.get(engine)
    return _kept.setdefault(engine, {}) if found is None else found
