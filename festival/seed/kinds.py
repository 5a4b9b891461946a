"""What kinds of activities load and let the demo's people do: the seam through which the seed asks them."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from festival.programme.kinds import Details
from festival.programme.models import Activity
from festival.seed.diary import Diary
from festival.seed.sowing import Sower

#: Brings a kind's own rows up to an activity's details, whose dates are moved already: ``(sower, activity, details)``. Called at
#: each load, after slots and pools: what organizers changed stays, which is what ``Sower.plant`` is for.
Sow: TypeAlias = Callable[[Sower, Activity, Details], None]
#: Makes a kind's part of the demo alive through its services: ``(activity, diary)``. It writes down what its people do and when
#: (``Diary.at``). Where the diary is the first, all sign-ups have just been made, the clock stands at ``diary.until``, and what
#: is done at once is what has been done by then.
Demo: TypeAlias = Callable[[Activity, Diary], None]

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


def enliven(activity: Activity, diary: Diary) -> None:
    """Let the demo's people do what an activity's kind offers beside signing up."""
    if activity.kind in _demo:
        _demo[activity.kind](activity, diary)
