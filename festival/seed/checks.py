"""What only several values together can tell: that what is named exists, that times follow each other, that places add up."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from pydantic import ValidationError

from festival.lib import clock
from festival.programme.details import Known
from festival.programme.kinds import ActivityKind, Details
from festival.seed.document import ActivityEntry, Programme, is_asked
from festival.seed.files import Problem, ProgrammeRefused, problems_in


def refuse_contradictions(programme: Programme, kinds: Mapping[str, ActivityKind]) -> dict[str, Details]:
    """Return each activity's validated details, by slug.

    :raises ProgrammeRefused: the files contradict each other or themselves.
    """
    problems = list(_twice(programme))
    details: dict[str, Details] = {}
    for activity in programme.activities:
        file = f"activities/{activity.slug}.yaml"
        problems += [Problem(file, path, reason) for path, reason in _problems_of(activity, programme, kinds)]
        kind = kinds.get(activity.kind)
        if kind is None:
            continue
        try:
            details[activity.slug] = kind.details_model.model_validate_json(
                json.dumps(activity.details, default=str),
                context=_known(activity, programme),
            )
        except ValidationError as error:
            problems += problems_in(error, file, activity.details, "details")
    if problems:
        raise ProgrammeRefused(problems)
    return details


Found = Iterator[tuple[str, str]]


def _problems_of(activity: ActivityEntry, programme: Programme, kinds: Mapping[str, ActivityKind]) -> Found:
    """Yield where and what is wrong in one activity."""
    yield from _unknown(activity, programme, kinds)
    yield from _questions(activity, programme)
    yield from _span(activity, programme)
    yield from _window(activity)
    yield from _pools(activity)
    yield from _entries(activity)
    yield from _open_days(activity)
    yield from _sessions(activity)
    yield from _places(activity)
    yield from _batches(activity)


def _twice(programme: Programme) -> Iterator[Problem]:
    for file, what, keys in (
        ("tracks.yaml", "track", [track.key for track in programme.tracks]),
        ("venues.yaml", "venue", [venue.key for venue in programme.venues]),
        ("festival.yaml", "figure", [figure.key for figure in programme.festival.figures]),
        ("activities", "slug", [activity.slug for activity in programme.activities]),
        ("activities", "position", [str(activity.position) for activity in programme.activities]),
    ):
        for key in _repeated(keys):
            yield Problem(file, "", f"{what} {key!r} is there twice")
    for key, question in programme.questions.items():
        partner = programme.questions.get(question.consent_with) if question.consent_with else None
        if question.consent_with and (partner is None or partner.sensitivity != "sensitive"):
            yield Problem("questions.yaml", f"{key}.consent_with", f"{question.consent_with!r} is no sensitive question")


def _unknown(activity: ActivityEntry, programme: Programme, kinds: Mapping[str, ActivityKind]) -> Found:
    venues = {venue.key for venue in programme.venues}
    if activity.kind not in kinds:
        yield "kind", f"there is no kind {activity.kind!r}; there are {', '.join(kinds)}"
    if activity.track not in {track.key for track in programme.tracks}:
        yield "track", f"there is no track {activity.track!r}"
    if activity.venue not in venues:
        yield "venue", f"there is no venue {activity.venue!r}"
    for session in activity.sessions:
        if session.venue is not None and session.venue not in venues:
            yield f"sessions[{session.key}].venue", f"there is no venue {session.venue!r}"


def _questions(activity: ActivityEntry, programme: Programme) -> Found:
    for key in _repeated(activity.questions):
        yield "questions", f"{key!r} is there twice"
    for key in activity.questions:
        question = programme.questions.get(key)
        if question is None:
            yield "questions", f"there is no question {key!r}"
        elif question.consent_with and question.consent_with not in activity.questions:
            yield "questions", f"{key!r} is consented to together with {question.consent_with!r}, which is not asked"
        elif question.type == "party" and question.maximum != activity.sign_up.party_max:
            yield "sign_up.party_max", f"is {activity.sign_up.party_max}, but {key!r} allows {question.maximum}"
    for pool in activity.pools:
        if pool.quota is None:
            continue
        path = f"pools[{pool.key}].quota"
        asked = programme.questions.get(pool.quota.question)
        if asked is None or pool.quota.question not in activity.questions or not is_asked(asked):
            yield f"{path}.question", f"{pool.quota.question!r} is not asked"
        elif pool.quota.answer not in {option.key for option in asked.options}:
            yield f"{path}.answer", f"{pool.quota.question!r} has no option {pool.quota.answer!r}"


def _span(activity: ActivityEntry, programme: Programme) -> Found:
    festival = programme.festival
    if activity.ends_at <= activity.starts_at:
        yield "ends_at", "is not after starts_at"
    days = (clock.local_day(activity.starts_at), clock.local_day(activity.ends_at))
    if days[0] < festival.starts_on or days[1] > festival.ends_on:
        yield "starts_at", f"the activity leaves the festival's days, {festival.starts_on} to {festival.ends_on}"
    if activity.doors_at is not None and activity.doors_at > activity.starts_at:
        yield "doors_at", "is after starts_at"
    if activity.backup_starts_at is not None and activity.backup_starts_at <= activity.starts_at:
        yield "backup_starts_at", "is not after starts_at"
    if activity.decision_at is not None and activity.decision_at >= activity.starts_at:
        yield "decision_at", "is not before starts_at"
    if not (activity.pools or activity.entries):
        for name in ("doors_at", "backup_starts_at", "decision_at", "approved_ceiling", "capacity"):
            if getattr(activity, name) is not None:
                yield name, "belongs to an activity with a single session"


def _window(activity: ActivityEntry) -> Found:
    asked = activity.sign_up
    for earlier, later in (
        ("opens_at", "closes_at"),
        ("closes_at", "result_at"),
        ("result_at", "confirm_until"),
    ):
        before, after = getattr(asked, earlier), getattr(asked, later)
        if before is not None and after is not None and after <= before:
            yield f"sign_up.{later}", f"is not after {earlier}"
    for name in ("closes_at", "cancel_until", "confirm_until"):
        at: datetime | None = getattr(asked, name)
        if at is not None and at > activity.ends_at:
            yield f"sign_up.{name}", "is after the activity has ended"
    if activity.mode == "ballot" and asked.result_at is None:
        yield "sign_up.result_at", "is missing: a ballot says when it is drawn"


def _pools(activity: ActivityEntry) -> Found:
    for key in _repeated(pool.key for pool in activity.pools):
        yield "pools", f"{key!r} is there twice"
    limit = activity.sign_up.waitlist_limit
    for pool in activity.pools:
        if limit is not None and pool.waitlist_limit is not None and pool.waitlist_limit > limit:
            yield f"pools[{pool.key}].waitlist_limit", f"is more than the activity's {limit}"
        if len(activity.pools) > 1 and pool.label is None:
            yield f"pools[{pool.key}].label", "is missing: there are several pools to choose from"


def _entries(activity: ActivityEntry) -> Found:
    first, last = clock.local(activity.starts_at), clock.local(activity.ends_at)
    if activity.entries and first.date() != last.date():
        yield "entries", "belong to an activity of one day"
    for number, entry in enumerate(activity.entries, start=1):
        if entry.ends <= entry.starts:
            yield f"entries[{number}].ends", "is not after starts"
        if entry.starts < first.time() or entry.ends > last.time():
            yield f"entries[{number}]", "is outside the activity's hours"
    yield from _overlaps("entries", [(entry.starts, entry.ends) for entry in activity.entries])


def _open_days(activity: ActivityEntry) -> Found:
    days = activity.open_days
    if days is None:
        return
    if days.closes <= days.opens:
        yield "open_days.closes", "is not after opens"
    if _repeated(days.weekdays):
        yield "open_days.weekdays", "a day is there twice"
    length = timedelta(minutes=days.entries.length_minutes)
    spans = [(start, _later(start, length)) for start in days.entries.starts]
    for start, end in spans:
        if start < days.opens or end is None or end > days.closes:
            yield "open_days.entries.starts", f"the entry at {start:%H:%M} is outside the opening hours"
    yield from _overlaps("open_days.entries.starts", [(start, end) for start, end in spans if end is not None])


def _sessions(activity: ActivityEntry) -> Found:
    for key in _repeated(session.key for session in activity.sessions):
        yield "sessions", f"{key!r} is there twice"
    for session in activity.sessions:
        path = f"sessions[{session.key}]"
        if session.ends_at <= session.starts_at:
            yield f"{path}.ends_at", "is not after starts_at"
        if session.starts_at < activity.starts_at or session.ends_at > activity.ends_at:
            yield path, "is outside the activity's time"


def _places(activity: ActivityEntry) -> Found:
    """Compare what is said once (capacity, ceiling) with what the pools or entries add up to."""
    taken = [pool.capacity for pool in activity.pools] + [entry.capacity for entry in activity.entries]
    if not taken:
        return
    if None in taken:
        if activity.capacity is not None or activity.approved_ceiling is not None:
            yield "pools", "a pool without limit cannot keep a capacity or an approved ceiling"
        return
    total = sum(persons for persons in taken if persons is not None)
    if activity.capacity is not None and total != activity.capacity:
        yield "capacity", f"is {activity.capacity}, but the places add up to {total}"
    if activity.approved_ceiling is not None and total > activity.approved_ceiling:
        yield "approved_ceiling", f"is {activity.approved_ceiling}, but the places add up to {total}"


def _batches(activity: ActivityEntry) -> Found:
    """Compare the batches with the whole, and their times with each other."""
    batches = activity.sign_up.released_in_batches
    if not batches:
        return
    total = sum(batch.percent for batch in batches)
    if total != 100:  # noqa: PLR2004  # percent
        yield "sign_up.released_in_batches", f"add up to {total} percent"
    times = [batch.at for batch in batches]
    if sorted(set(times)) != times:
        yield "sign_up.released_in_batches", "are not in the order of their times"
    if any(pool.capacity is None for pool in activity.pools):
        yield "sign_up.released_in_batches", "need pools that have a number"


def _known(activity: ActivityEntry, programme: Programme) -> Known:
    return Known(
        venues={venue.key: venue.name for venue in programme.venues},
        questions={key: question.label for key, question in programme.questions.items()},
        pools={pool.key: pool.capacity for pool in activity.pools},
        sessions=frozenset(session.key for session in activity.sessions),
    )


def _overlaps(path: str, spans: list[tuple[time, time]]) -> Found:
    spans = sorted(spans)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            yield path, f"the one at {start:%H:%M} begins before the one before it ends"


def _later(at: time, by: timedelta) -> time | None:
    """Return a clock time later on the same day; None past midnight."""
    moved = datetime.combine(date.min, at) + by
    return moved.time() if moved.date() == date.min else None


def _repeated(keys: Iterable[str]) -> list[str]:
    seen = list(keys)
    return sorted({key for key in seen if seen.count(key) > 1})
