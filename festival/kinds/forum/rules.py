"""What an agenda may be, what changed in it, and who stayed long enough. Pure: plain values in, a verdict out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from festival.lib.errors import Refused


class SessionType(StrEnum):
    """What kind of item of the agenda it is."""

    OPENING = "opening"
    KEYNOTE = "keynote"
    PANEL = "panel"
    #: A break-out: held beside others, with places of its own.
    PARALLEL = "parallel"
    MATCHING = "matching"
    BREAK = "break"
    CLOSING = "closing"


class Audience(StrEnum):
    """Who may open a material."""

    EVERYBODY = "everybody"
    #: Those who have a place in the forum.
    ATTENDEES = "attendees"


class ForumReason(StrEnum):
    """Why something about a forum is refused; ``wording.py`` has the words."""

    CLASHES = "clashes"
    NOTHING_CHANGED = "nothing_changed"
    CHANGED_MEANWHILE = "changed_meanwhile"
    IN_USE = "in_use"
    SAME_NAME = "same_name"
    NOT_SEEN = "not_seen"
    NOT_LEFT = "not_left"
    TOO_SHORT = "too_short"
    NOT_OVER = "not_over"
    NO_HOURS = "no_hours"
    REVOKED = "revoked"
    TOO_MANY = "too_many"


class ForumRefused(Refused):
    """An expected "no"; ``reason`` is a ``ForumReason``."""

    reason: ForumReason


@dataclass(frozen=True, slots=True)
class Planned:
    """One item of an agenda. Minutes are counted from the start of its day, so that a day that moves takes its agenda along."""

    key: str
    day_id: int
    starts: int
    ends: int
    type: SessionType
    room_id: int
    speaker_ids: tuple[int, ...]
    title_zh: str
    title_en: str
    summary_zh: str = ""
    summary_en: str = ""
    #: A break-out's own places, in persons; None: it has none of its own.
    seats: int | None = None

    def overlaps(self, other: "Planned") -> bool:
        """Tell whether two items are on at the same time."""
        return self.day_id == other.day_id and self.starts < other.ends and other.starts < self.ends


# -- clashes ---------------------------------------------------------------------------------------------------------------------


class ClashKind(StrEnum):
    """What is wrong with a plan."""

    ROOM = "room"
    SPEAKER = "speaker"
    #: It lies outside the hours of its day.
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two items that cannot both be (``about``: the room or the speaker), or one that lies outside its day."""

    kind: ClashKind
    first: Planned
    second: Planned | None = None
    about: int = 0


def clashes(plan: Sequence[Planned], day_lengths: Mapping[int, int]) -> list[Clash]:
    """Return what keeps an agenda from being published, by time.

    :param day_lengths: minutes of each day, by its id.
    """
    found: list[Clash] = []
    ordered = sorted(plan, key=lambda item: (item.day_id, item.starts, item.key))
    for index, item in enumerate(ordered):
        if item.ends > day_lengths.get(item.day_id, 0):
            found.append(Clash(ClashKind.OUTSIDE, item))
        for other in ordered[index + 1 :]:
            if not item.overlaps(other):
                continue
            if item.room_id == other.room_id:
                found.append(Clash(ClashKind.ROOM, item, other, item.room_id))
            both = [one for one in item.speaker_ids if one in other.speaker_ids]
            found += [Clash(ClashKind.SPEAKER, item, other, speaker_id) for speaker_id in both]
    return found


# -- what changed ----------------------------------------------------------------------------------------------------------------


class ChangeKind(StrEnum):
    """What became of an item between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    ROOM = "room"
    SPEAKERS = "speakers"
    TITLE = "title"
    SEATS = "seats"
    TEXT = "text"


#: Changes after which somebody who comes to an item would stand before a closed door.
DISPLACING = frozenset({ChangeKind.REMOVED, ChangeKind.MOVED, ChangeKind.ROOM})


@dataclass(frozen=True, slots=True)
class Change:
    """How one item differs."""

    kind: ChangeKind
    #: None: it was not there.
    before: Planned | None
    #: None: it is not there any more.
    after: Planned | None

    @property
    def key(self) -> str:
        """The item."""
        one = self.after or self.before
        assert one is not None  # one of them is
        return one.key


def changes(before: Iterable[Planned], after: Iterable[Planned]) -> list[Change]:
    """Return how an agenda differs from an older one, item by item in the order of time; what is gone comes last."""
    was = {item.key: item for item in before}
    now = sorted(after, key=lambda item: (item.day_id, item.starts, item.key))
    found = [change for item in now for change in _differences(was.get(item.key), item)]
    kept = {item.key for item in now}
    gone = sorted((item for key, item in was.items() if key not in kept), key=lambda item: (item.day_id, item.starts, item.key))
    return found + [Change(ChangeKind.REMOVED, item, None) for item in gone]


def _differences(was: Planned | None, now: Planned) -> list[Change]:
    if was is None:
        return [Change(ChangeKind.ADDED, None, now)]
    differs = {
        ChangeKind.MOVED: (was.day_id, was.starts, was.ends) != (now.day_id, now.starts, now.ends),
        ChangeKind.ROOM: was.room_id != now.room_id,
        ChangeKind.SPEAKERS: was.speaker_ids != now.speaker_ids,
        ChangeKind.TITLE: (was.title_zh, was.title_en) != (now.title_zh, now.title_en),
        ChangeKind.SEATS: was.seats != now.seats,
        ChangeKind.TEXT: (was.summary_zh, was.summary_en, was.type) != (now.summary_zh, now.summary_en, now.type),
    }
    return [Change(kind, was, now) for kind, is_so in differs.items() if is_so]


def displaced(found: Iterable[Change]) -> frozenset[str]:
    """Return the items whose people must be told."""
    return frozenset(change.key for change in found if change.kind in DISPLACING)


# -- who stayed ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passage:
    """Somebody went through the door: ``inside`` are the persons of the party who are inside after it."""

    at: datetime
    inside: int


@dataclass(frozen=True, slots=True)
class Stay:
    """How long somebody was there. Minutes."""

    minutes: int
    #: Somebody was let in at all.
    was_seen: bool
    #: The last scan says that they left; who never left the door's books stayed nobody knows how long.
    has_left: bool


def stay(passages: Sequence[Passage], starts_at: datetime, ends_at: datetime) -> Stay:
    """Return how long somebody was inside between two instants, by the scans in order: who goes out over lunch comes in again."""
    seconds = 0.0
    for one, following in pairwise(passages):
        if one.inside > 0:
            first, last = max(one.at, starts_at), min(following.at, ends_at)
            seconds += max(0.0, (last - first).total_seconds())
    was_seen = any(one.inside > 0 for one in passages)
    return Stay(int(seconds // 60), was_seen, has_left=was_seen and passages[-1].inside == 0)


def hours_refusal(stayed: Stay, whole: int, least_percent: int) -> ForumReason | None:
    """Return why no hours are certified; None: they are.

    :param whole: minutes from the start of the forum to its end.
    :param least_percent: of them that one must have been there.
    """
    if not stayed.was_seen:
        return ForumReason.NOT_SEEN
    if not stayed.has_left:
        return ForumReason.NOT_LEFT
    return ForumReason.TOO_SHORT if stayed.minutes * 100 < whole * least_percent else None
