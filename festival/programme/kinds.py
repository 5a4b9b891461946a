"""The seam for activity kinds: what generic slices ask of one, each answer with a default that suits a plain talk.

Generic slices never name a kind. ``festival.app`` hands the list of ``festival.kinds`` to ``register``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from flask import Blueprint
from pydantic import BaseModel, ConfigDict

from festival.programme.models import Activity, Slot


class Details(BaseModel):
    """What readers see of a kind's own matters. Unknown keys are refused, so that nothing of the programme is dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class HallSize:
    """How large a kind's details say the hall is."""

    rows: int
    per_row: int


def _no_hall(_details: Details) -> HallSize | None:
    return None


def _no_lines(_activity: Activity, _slot: Slot, _locale: str) -> list[str]:
    return []


def _no_refusal(_activity: Activity, _answers: Mapping[str, str]) -> str | None:
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
    #: Included on the activity's page with ``details`` and ``activity``; None: nothing of its own.
    detail_template: str | None = None
    #: True: one place per person and session (day); False: one per activity.
    claims_per_session: bool = False
    #: Lines a calendar entry adds to its description, in a language.
    calendar_lines: Callable[[Activity, Slot, str], list[str]] = _no_lines
    #: A refusal of its own (a reason key its wording knows), judged inside the transaction; None: none.
    refusal: Callable[[Activity, Mapping[str, str]], str | None] = _no_refusal
    #: The hall its details speak of, to begin a seat map with; None: they speak of none.
    hall: Callable[[Details], HallSize | None] = _no_hall
    #: Question keys shown as columns of the roster, in this order, after the fixed ones.
    roster_columns: tuple[str, ...] = ()
    blueprints: tuple[Blueprint, ...] = field(default=())


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
