"""What kinds of activities load and let the demo's people do: the seam through which the seed asks them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from festival.programme.kinds import Details
from festival.programme.models import Activity
from festival.seed.sowing import Sower

#: Brings a kind's own rows up to an activity's details, whose dates are moved already: ``(sower, activity, details)``. Called at
#: each load, after slots and pools: what organizers changed stays, which is what ``Sower.plant`` is for.
Sow: TypeAlias = Callable[[Sower, Activity, Details], None]
#: Makes a kind's part of the demo alive through its services, all sign-ups made: ``(activity, until)``. The festival's clock
#: stands at ``until``; ``clock.frozen_at`` sets it earlier for a while.
Demo: TypeAlias = Callable[[Activity, datetime], None]

_sow: dict[str, Sow] = {}
_demo: dict[str, Demo] = {}


def register(*, sow: Mapping[str, Sow], demo: Mapping[str, Demo]) -> None:
    """Make known, by kind, who loads and who enlivens; called once by the composition root."""
    _sow.clear()
    _sow.update(sow)
    _demo.clear()
    _demo.update(demo)


def sow(sower: Sower, activity: Activity, details: Details) -> None:
    """Let an activity's kind load what it keeps in tables of its own."""
    if activity.kind in _sow:
        _sow[activity.kind](sower, activity, details)


def enliven(activity: Activity, until: datetime) -> None:
    """Let the demo's people do what an activity's kind offers beside signing up."""
    if activity.kind in _demo:
        _demo[activity.kind](activity, until)
