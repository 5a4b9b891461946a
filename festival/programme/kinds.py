"""The seam for activity kinds: what generic slices ask of one, each answer with a default that suits a plain talk.

Generic slices never name a kind. ``festival.app`` hands the list of ``festival.kinds`` to ``register``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Blueprint
from flask_babel import LazyString
from pydantic import BaseModel, ConfigDict

from festival.accounts.rules import Permission
from festival.programme.models import Activity, Slot


class Details(BaseModel):
    """What readers see of a kind's own matters. Unknown keys are refused, so that nothing of the programme is dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class HallSize:
    """How large a kind's details say the hall is."""

    rows: int
    per_row: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who asks for a place, as a kind judges them inside the transaction, the activity locked."""

    activity: Activity
    slot: Slot
    person_id: int
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Move:
    """A session moves in time, or is to."""

    #: When it begins before that.
    starts_at: datetime
    step: timedelta
    now: datetime


@dataclass(frozen=True, slots=True)
class OrganizerLink:
    """A page of a kind's own that organizers reach from the page of an activity."""

    label: LazyString
    #: The rule of its address, with ``<slug>``: ``/manage/activities/<slug>/agenda``.
    rule: str
    permission: Permission


def per_activity(activity_id: int, _slot_id: int, _session_id: int) -> str:
    """Return the claim of who may hold one place in the whole activity."""
    return f"activity:{activity_id}"


def per_session(_activity_id: int, _slot_id: int, session_id: int) -> str:
    """Return the claim of who may hold one place in each session (day)."""
    return f"slot:{session_id}"


def _no_values(_activity: Activity) -> Mapping[str, object]:
    return {}


def _no_hall(_details: Details) -> HallSize | None:
    return None


def _no_lines(_activity: Activity, _slot: Slot, _locale: str) -> list[str]:
    return []


def _no_most(_pool_id: int, _without: frozenset[int]) -> int | None:
    return None


def _nothing_moves(_activity: Activity, _slot: Slot, _step: timedelta) -> None:
    """Leave a plain talk alone: it has no times of its own."""


def _no_more(_before: Details, moved: Details, _move: Move) -> Details:
    """Leave everything else as it was set."""
    return moved


def _nothing_along(_activity: Activity, _move: Move) -> list[str]:
    return []


def _nobody_else(_activity: Activity) -> list[str]:
    return []


def _tells_nobody(_activity: Activity) -> None:
    """Leave it at those who signed up."""


def _no_gates(_activity: Activity, _gate_id: int) -> None:
    return None


def _not_copied(_source: Activity, _made: Activity) -> None:
    """Leave a copy as it is."""


def _no_refusal(_candidate: Candidate) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class ActivityKind:
    """One kind of activity. 活动类型"""

    key: str
    label_zh: str
    label_en: str
    #: A symbol of the sprite.
    icon: str
    #: The kind's own validated document in ``Activity.details``.
    details_model: type[Details] = Details
    #: Included on the activity's page with ``details``, ``activity`` and ``page_values``; None: nothing of its own.
    detail_template: str | None = None
    #: What its part of the activity's page needs beside ``details``; with any, the part stands also where those are none.
    page_values: Callable[[Activity], Mapping[str, object]] = _no_values
    #: True: somebody who holds a place may ask for another one (another day, a break-out); False: one per activity.
    claims_per_session: bool = False
    #: What one person may hold once, as text, of an activity, a slot and its session; None: by ``claims_per_session``.
    claims: Callable[[int, int, int], str] | None = None
    #: What it does when a session moves in time, in the same transaction: for times in tables of its own. Instants in its details
    #: move along by themselves (``moving``). It is told the session as it is now, and by how much it has moved.
    session_moved: Callable[[Activity, Slot, timedelta], None] = _nothing_moves
    #: Until when one signs up for it, and gives a place back, moves along with its only session; else that stays as it was set.
    window_follows: bool = False
    #: What else of its details moves along with its only session, beside instants within that: ``(before, moved so far, move)``.
    details_follow: Callable[[Details, Details, Move], Details] = _no_more
    #: What the times in its details are called, by the names of the fields that lead to each: ``registration.closes_at``.
    time_words: Mapping[str, LazyString] = field(default_factory=dict)
    #: What it takes along when its only session moves, in sentences for whoever decides on it: how it is, and how it will be.
    moves_along: Callable[[Activity, Move], list[str]] = _nothing_along
    #: Whom it tells of a change of plan beside those who signed up, in sentences for whoever decides on it.
    also_told: Callable[[Activity], list[str]] = _nobody_else
    #: Tells them, in the same transaction: the time or place changed, or it was called off or taken up again.
    plan_changed: Callable[[Activity], None] = _tells_nobody
    #: Lines a calendar entry adds to its description, in a language.
    calendar_lines: Callable[[Activity, Slot, str], list[str]] = _no_lines
    #: Why it takes somebody not, in words the person reads, judged inside the transaction; None: it does.
    refusal: Callable[[Candidate], str | None] = _no_refusal
    #: The most places that a pool may ever have, later batches included, without some others of its slot; None: any number.
    most_in: Callable[[int, frozenset[int]], int | None] = _no_most
    #: What it does when a gate of its door is closed, or opened again, in the same transaction.
    gate_changed: Callable[[Activity, int], None] = _no_gates
    #: Copies its own rows when an activity is copied, slots and pools first: ``(source, copy)``. What people did stays behind.
    copied: Callable[[Activity, Activity], None] = _not_copied
    #: The hall its details speak of, to begin a seat map with; None: they speak of none.
    hall: Callable[[Details], HallSize | None] = _no_hall
    #: Question keys shown as columns of the roster, in this order, after the fixed ones.
    roster_columns: tuple[str, ...] = ()
    #: Public pages of its own.
    blueprints: tuple[Blueprint, ...] = field(default=())
    #: Pages of its own in the organizers' area, and how they are reached from the page of an activity.
    manage_blueprints: tuple[Blueprint, ...] = field(default=())
    organizer_links: tuple[OrganizerLink, ...] = ()

    def claim_of(self, activity_id: int, slot_id: int, session_id: int) -> str:
        """Return what a person who has a place in a slot may hold once."""
        named = self.claims or (per_session if self.claims_per_session else per_activity)
        return named(activity_id, slot_id, session_id)


_kinds: dict[str, ActivityKind] = {}


def register(kinds: Iterable[ActivityKind]) -> None:
    """Make the kinds known; called once by the composition root."""
    _kinds.clear()
    _kinds.update((kind.key, kind) for kind in kinds)


def kind_of(activity: Activity) -> ActivityKind:
    """Return an activity's kind.

    :raises KeyError: the database names a kind that this release does not have.
    """
    return _kinds[activity.kind]


def details_of(activity: Activity) -> Details | None:
    """Return what readers see of an activity's kind; None while nothing was entered (an activity made by hand)."""
    if activity.details in {"", "{}"}:
        return None
    return kind_of(activity).details_model.model_validate_json(activity.details)


def all_kinds() -> list[ActivityKind]:
    """Return every kind, in the order they were registered."""
    return list(_kinds.values())
