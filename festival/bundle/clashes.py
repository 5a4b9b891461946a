"""What of a bundle is in the way of what: of each other, and of what the person holds. Said before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from festival.bundle.forms import BundleForm, Part
from festival.lib.i18n import loc
from festival.programme.models import Slot
from festival.signups import rules, sheet, timeline
from festival.signups.models import SignUp
from festival.signups.openings import SlotOpening
from festival.signups.rules import Stop


@dataclass(frozen=True, slots=True)
class Clashes:
    """Sentences about what is too close in time."""

    #: Between what is chosen already, and with what is held: on top of the page.
    chosen: tuple[str, ...]
    #: By slot id, for those that can still be chosen instead.
    by_slot: dict[int, str]


def clashes_of(form: BundleForm, others: Sequence[SignUp], now: datetime) -> Clashes:
    """Return what is in the way of what as the form stands.

    :param others: everything that the person holds.
    """
    fixed = [(part, slot) for part in form.open_parts if (slot := _slot(part)) is not None]
    chosen: list[str] = []
    for part, slot in fixed:
        chosen += timeline.clashes_with(loc(part.sheet.activity, "short_title"), _stop(part, slot), others, now)
    for (one, its), (other, others_) in combinations(fixed, 2):
        found = rules.clash(_stop(one, its), _stop(other, others_))
        if found is not None:
            chosen.append(timeline.between(*_titles(one, other), found))
    return Clashes(tuple(dict.fromkeys(chosen)), _by_slot(form, fixed, others))


def _slot(part: Part) -> Slot | None:
    """Return the slot that is chosen, or the only one; None while there is a choice."""
    if part.sheet.only_slot is not None:
        return part.sheet.only_slot.slot
    slot_id = part.form.chosen_slot_id
    return next((opening.slot for opening in part.sheet.openings.listed if opening.slot.id == slot_id), None)


def _stop(part: Part, slot: Slot) -> Stop:
    return timeline.stop_at(slot, slot.venue or part.sheet.activity.venue)


def _titles(one: Part, other: Part) -> tuple[str, str]:
    return loc(one.sheet.activity, "short_title"), loc(other.sheet.activity, "short_title")


def _by_slot(form: BundleForm, fixed: Sequence[tuple[Part, Slot]], others: Sequence[SignUp]) -> dict[int, str]:
    found: dict[int, str] = {}
    said = {slot.id for _part, slot in fixed}  # on top, with all that they clash with
    for part in form.open_parts:
        if part.sheet.only_slot is not None:
            continue  # said on top
        found |= sheet.clashes(part.sheet, others)
        for opening in part.sheet.openings.listed:
            words = _with_fixed(part, opening, fixed)
            if words:
                found.setdefault(opening.slot.id, words)
    return {slot_id: words for slot_id, words in found.items() if slot_id not in said}


def _with_fixed(part: Part, opening: SlotOpening, fixed: Sequence[tuple[Part, Slot]]) -> str:
    for other, slot in fixed:
        found = None if other is part else rules.clash(_stop(part, opening.slot), _stop(other, slot))
        if found is not None:
            return timeline.between(*_titles(part, other), found)
    return ""
