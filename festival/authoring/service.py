"""An activity's life as its authors lead it: made, copied, published, taken back, deleted. Call inside ``transaction()``."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from festival.accounts.models import Account, RoleGrant
from festival.accounts.rules import Role
from festival.audit.service import record
from festival.authoring import copying, queries, rules
from festival.authoring.copying import Target
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Draft
from festival.calendars import removed
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.programme import service as programme
from festival.programme.locking import lock_activity
from festival.programme.models import (
    Access,
    Activity,
    ActivityStatus,
    Mode,
    Pool,
    Provenance,
    Question,
    QuestionOption,
    Slot,
    Venue,
)
from festival.programme.service import Span
from festival.seed.sowing import forget_gone, note_gone

#: The same form sent again within so long makes no second draft.
SAME_DRAFT = timedelta(minutes=10)
#: The one session and the one pool that an activity begins with.
MAIN = "main"


def _stamp() -> datetime:
    return clock.wall().replace(microsecond=0)


# -- venues ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VenueWords:
    """A place as organizers describe it. Coordinates are WGS-84, both or neither."""

    name_zh: str
    name_en: str
    address_zh: str = ""
    address_en: str = ""
    transit_zh: str = ""
    transit_en: str = ""
    lat: float | None = None
    lon: float | None = None


_VENUE_FIELDS = ("name_zh", "name_en", "address_zh", "address_en", "transit_zh", "transit_en", "lat", "lon")


def add_venue(festival_id: int, words: VenueWords, *, actor_id: int) -> Venue:
    """Return a new venue of an edition; one of the same name in Chinese is it already."""
    known = db.session.scalar(select(Venue).where(Venue.festival_id == festival_id, Venue.name_zh == words.name_zh))
    if known is not None:
        return known
    key = rules.free_slug(rules.slug_from(words.name_en) or "venue", queries.venue_keys(festival_id))
    made = Venue(
        festival_id=festival_id,
        key=key,
        updated_at=_stamp(),
        **{name: getattr(words, name) for name in _VENUE_FIELDS},
    )
    db.session.add(made)
    db.session.flush()
    record("venue.make", "venue", made.id, actor_id=actor_id, changes=key)
    return made


def edit_venue(venue_id: int, words: VenueWords, *, actor_id: int) -> tuple[str, ...]:
    """Change what a venue says of itself; calendars of all that is held there move forward. Returns the fields changed."""
    venue = db.session.get_one(Venue, venue_id)
    changed = tuple(name for name in _VENUE_FIELDS if getattr(venue, name) != getattr(words, name))
    for name in changed:
        setattr(venue, name, getattr(words, name))
    if {"lat", "lon"} & set(changed):
        venue.point_quality = "approx"
    if changed:
        record("venue.edit", "venue", venue.id, actor_id=actor_id, changes=", ".join(changed))
        programme.touch_venue(venue)
    return changed


# -- making ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """What an activity begins with: one session with one pool. ``capacity`` None is unlimited."""

    kind: str
    track_id: int
    #: None: ``venue`` is new.
    venue_id: int | None
    venue: VenueWords | None
    title_zh: str
    title_en: str
    short_title_zh: str
    short_title_en: str
    #: Empty: made from the English title.
    slug: str
    span: Span
    mode: Mode
    capacity: int | None


def create_activity(festival_id: int, asked: NewActivity, *, actor_id: int) -> Activity:
    """Return a new draft. The same form sent twice gives the same draft.

    :raises AuthoringRefused: the address is taken, or there is no such track or venue.
    """
    at = _stamp()
    if twin := _twin(festival_id, asked, at):
        return twin
    taken = queries.slugs()
    if asked.slug and (asked.slug in taken or asked.slug in rules.RESERVED):
        raise AuthoringRefused(AuthoringReason.SLUG_TAKEN)
    if queries.track(festival_id, asked.track_id) is None:
        raise AuthoringRefused(AuthoringReason.UNKNOWN)
    made = Activity(
        id=queries.unused_id(),
        festival_id=festival_id,
        track_id=asked.track_id,
        venue_id=_venue_of(festival_id, asked, actor_id),
        slug=asked.slug or rules.free_slug(rules.slug_from(asked.title_en) or "activity", taken),
        kind=asked.kind,
        mode=asked.mode,
        status=ActivityStatus.DRAFT,
        position=queries.last_position(festival_id) + 1,
        title_zh=asked.title_zh,
        title_en=asked.title_en,
        short_title_zh=asked.short_title_zh,
        short_title_en=asked.short_title_en,
        starts_at=asked.span.starts_at,
        ends_at=asked.span.ends_at,
        created_at=at,
        updated_at=at,
    )
    db.session.add(made)
    db.session.flush()
    slot = Slot(**slot_values(made, key=MAIN, span=asked.span, at=at))
    db.session.add(slot)
    db.session.flush()
    db.session.add(Pool(slot_id=slot.id, key=MAIN, position=1, capacity=asked.capacity, access=access_of(asked.mode)))
    db.session.flush()
    record("activity.make", "activity", made.id, actor_id=actor_id, activity_id=made.id, changes=made.slug)
    return made


def _twin(festival_id: int, asked: NewActivity, at: datetime) -> Activity | None:
    """Return the draft that the same form made a moment ago."""
    return db.session.scalar(
        select(Activity).where(
            Activity.festival_id == festival_id,
            Activity.status == ActivityStatus.DRAFT,
            Activity.title_zh == asked.title_zh,
            Activity.title_en == asked.title_en,
            Activity.kind == asked.kind,
            Activity.starts_at == asked.span.starts_at,
            Activity.created_at > at - SAME_DRAFT,
        ),
    )


def _venue_of(festival_id: int, asked: NewActivity, actor_id: int) -> int:
    if asked.venue is not None:
        return add_venue(festival_id, asked.venue, actor_id=actor_id).id
    if asked.venue_id is None or queries.venue(festival_id, asked.venue_id) is None:
        raise AuthoringRefused(AuthoringReason.UNKNOWN)
    return asked.venue_id


def access_of(mode: Mode) -> Access:
    """Return how a pool's places are given where the activity's mode says it; a desk's sessions are open."""
    return Access.OPEN if mode == Mode.TICKET else Access(mode.value)


def slot_values(
    activity: Activity, *, key: str, span: Span, at: datetime, parent_id: int | None = None, **more: object
) -> dict[str, Any]:
    """Return what a slot begins with: a UID of its own, and nothing has changed in it yet."""
    return {
        "activity_id": activity.id,
        "parent_id": parent_id,
        "key": key,
        "uid": str(uuid.uuid4()),
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "created_at": at,
        "updated_at": at,
        **more,
    }


@dataclass(frozen=True, slots=True)
class Clone:
    """How a copy of an activity differs from it."""

    title_zh: str
    title_en: str
    #: Empty: made from the original's.
    slug: str
    #: By how many weeks its dates are moved; may be negative.
    weeks: int


def clone_activity(activity_id: int, asked: Clone, *, actor_id: int) -> Activity:
    """Return a draft like an activity, in the same edition: no people, no sign-ups, no invitations.

    Who may edit one activity only, may edit the copy too.

    :raises AuthoringRefused: the address is taken.
    """
    lock_activity(activity_id)
    source = queries.whole_activity(activity_id)
    taken = queries.slugs()
    if asked.slug and (asked.slug in taken or asked.slug in rules.RESERVED):
        raise AuthoringRefused(AuthoringReason.SLUG_TAKEN)
    tracks, venues = _itself(source)
    made = copying.copy_activity(
        source,
        Target(source.festival_id, tracks, venues, asked.weeks, _stamp()),
        slug=asked.slug or rules.free_slug(source.slug, taken),
        title_zh=asked.title_zh,
        title_en=asked.title_en,
        position=queries.last_position(source.festival_id) + 1,
    )
    record("activity.clone", "activity", made.id, actor_id=actor_id, activity_id=made.id, changes=f"{source.slug} -> {made.slug}")
    _let_edit(made, source, actor_id)
    return made


def _itself(source: Activity) -> tuple[dict[int, int], dict[int, int]]:
    venues = {source.venue_id, *(slot.venue_id for slot in source.slots if slot.venue_id is not None)}
    return {source.track_id: source.track_id}, {venue_id: venue_id for venue_id in venues}


def _let_edit(made: Activity, source: Activity, actor_id: int) -> None:
    """Give somebody who is the organizer of the original alone the same right to its copy."""
    roles = db.session.get_one(Account, actor_id).roles
    if any(grant.activity_id is None and grant.role in {Role.ORGANIZER, Role.ADMINISTRATOR} for grant in roles):
        return
    if any(grant.activity_id == source.id and grant.role == Role.ORGANIZER for grant in roles):
        db.session.add(RoleGrant(account_id=actor_id, role=Role.ORGANIZER.value, activity_id=made.id))
        changes = f"organizer {made.slug}"
        record("staff.grant", "account", actor_id, actor_id=actor_id, activity_id=made.id, changes=changes)


# -- settings of the whole ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Basics:
    """What an activity is: its address, kind, thread and way of giving places. None: as it stands."""

    track_id: int
    slug: str | None = None
    kind: str | None = None
    mode: Mode | None = None


def set_basics(activity_id: int, asked: Basics, *, actor_id: int) -> tuple[str, ...]:
    """Change what an activity is. Returns the fields changed.

    Address and kind are fixed once it is published, the way of giving places once somebody has signed up.

    :raises AuthoringRefused: that is so, the address is taken, or there is no such track.
    """
    activity = lock_activity(activity_id)
    if queries.track(activity.festival_id, asked.track_id) is None:
        raise AuthoringRefused(AuthoringReason.UNKNOWN)
    wanted = {"track_id": asked.track_id, "slug": asked.slug, "kind": asked.kind, "mode": asked.mode}
    changed = tuple(name for name, value in wanted.items() if value is not None and getattr(activity, name) != value)
    if {"slug", "kind"} & set(changed) and activity.status != ActivityStatus.DRAFT:
        raise AuthoringRefused(AuthoringReason.NOT_A_DRAFT)
    if {"kind", "mode"} & set(changed) and queries.has_sign_ups(activity.id):
        raise AuthoringRefused(AuthoringReason.HAS_SIGN_UPS)
    if "slug" in changed and (asked.slug in queries.slugs() or asked.slug in rules.RESERVED):
        raise AuthoringRefused(AuthoringReason.SLUG_TAKEN)
    before = {name: getattr(activity, name) for name in changed}
    for name in changed:
        setattr(activity, name, wanted[name])
    if "kind" in changed:
        activity.details = "{}"  # what another kind said means nothing to this one
    if "mode" in changed:
        _give_places(activity, Mode(before["mode"]))
    if changed:
        words = ", ".join(f"{name} {before[name]} -> {wanted[name]}" if name != "track_id" else "track" for name in changed)
        record("activity.basics", "activity", activity.id, actor_id=actor_id, activity_id=activity.id, changes=words)
        programme.touch_activity(activity)
        programme.touch_form(activity)
    return changed


def _give_places(activity: Activity, before: Mode) -> None:
    """Let every pool that followed the activity's way follow the new one."""
    for slot in queries.slots_of(activity.id):
        for pool in slot.pools:
            if pool.access == access_of(before):
                pool.access = access_of(activity.mode)


# -- publication ---------------------------------------------------------------------------------------------------------


def draft_of(activity: Activity) -> Draft:
    """Return what publication is judged by."""
    return Draft(
        is_draft=activity.status == ActivityStatus.DRAFT,
        has_sign_ups=queries.has_sign_ups(activity.id),
        last_end=queries.last_end(activity.id),
        has_pools=activity.mode == Mode.TICKET or queries.pools_of(activity.id) > 0,
    )


def publish(activity_id: int, publish_at: datetime | None, *, actor_id: int) -> Activity:
    """Publish an activity: at once (None), or so that readers see it from an instant on, whether or not any job runs then.

    :raises AuthoringRefused: nothing of it lies ahead or can be signed up for, the time has passed, or it stands published with
        sign-ups.
    """
    activity = lock_activity(activity_id)
    now = database_now()
    if activity.status == ActivityStatus.PUBLISHED and activity.is_public_at(now) and publish_at is None:
        return activity  # pressed twice
    if activity.status not in {ActivityStatus.DRAFT, ActivityStatus.PUBLISHED}:
        raise AuthoringRefused(AuthoringReason.NOT_A_DRAFT)
    if reason := rules.publish_refusal(draft_of(activity), now, publish_at):
        raise AuthoringRefused(reason)
    action = "publish" if publish_at is None else "schedule"
    was_public = activity.is_public_at(now)
    programme.set_publication(activity, ActivityStatus.PUBLISHED, publish_at, action=action, actor_id=actor_id)
    if was_public and not activity.is_public_at(now):
        removed.bury(activity, queries.slots_of(activity_id), now)
    return activity


def unpublish(activity_id: int, *, actor_id: int) -> Activity:
    """Make a published activity that nobody has signed up for a draft again.

    :raises AuthoringRefused: somebody has, or it is not published.
    """
    activity = lock_activity(activity_id)
    if activity.status == ActivityStatus.DRAFT:
        return activity  # pressed twice
    is_published = activity.status == ActivityStatus.PUBLISHED
    if reason := rules.unpublish_refusal(is_published=is_published, has_sign_ups=queries.has_sign_ups(activity.id)):
        raise AuthoringRefused(reason)
    now = database_now()
    was_public = activity.is_public_at(now)
    programme.set_publication(activity, ActivityStatus.DRAFT, None, action="unpublish", actor_id=actor_id)
    if was_public:
        removed.bury(activity, queries.slots_of(activity_id), now)
    return activity


def delete_activity(activity_id: int, *, actor_id: int) -> None:
    """Delete a draft that nobody ever signed up for, with its slots, pools and questions. The log keeps that it was there.

    :raises AuthoringRefused: it is published, or somebody has signed up.
    """
    activity = lock_activity(activity_id)
    is_draft = activity.status == ActivityStatus.DRAFT
    if reason := rules.delete_refusal(is_draft=is_draft, has_sign_ups=queries.has_sign_ups(activity.id)):
        raise AuthoringRefused(reason)
    slug, festival_id = activity.slug, activity.festival_id
    slots = queries.slots_of(activity_id)
    pools = list(db.session.scalars(select(Pool.id).join(Slot, Slot.id == Pool.slot_id).where(Slot.activity_id == activity_id)))
    questions = queries.questions(activity_id)
    note_gone(Activity, [activity_id], owner_id=festival_id, keys={activity_id: slug})
    note_gone(Slot, [slot.id for slot in slots], owner_id=activity_id)
    note_gone(Pool, pools, owner_id=0)
    forget_questions(questions)
    for model in (Slot, Question):
        forget_gone(model, activity_id)
    db.session.execute(delete(Provenance).where(Provenance.subject == "activity", Provenance.subject_id == activity_id))
    # The database takes along what belongs to it.
    db.session.execute(delete(Activity).where(Activity.id == activity_id), execution_options={"synchronize_session": False})
    db.session.expire_all()
    record("activity.delete", "activity", activity_id, actor_id=actor_id, changes=slug)


def forget_questions(questions: list[Question]) -> None:
    """Forget what questions and their options were planted with: they go along with what is remembered."""
    note_gone(Question, [question.id for question in questions], owner_id=0)
    note_gone(QuestionOption, [option.id for question in questions for option in question.options], owner_id=0)
