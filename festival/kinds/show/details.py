"""What the programme says of a show: how large it is, its ground, its weather plan. The ground and the plan go into tables."""

from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from festival.kinds.show.rules import HEIGHT, WIDTH
from festival.lib.documents import Part, Text, Words
from festival.programme.details import PoolKey
from festival.programme.kinds import Details

_X = Annotated[int, Field(ge=0, le=WIDTH)]
_Y = Annotated[int, Field(ge=0, le=HEIGHT)]
Corners = Annotated[tuple[tuple[_X, _Y], ...], Field(min_length=3)]


class Gate(Part):
    """An entrance of a zone."""

    label: Words
    at: tuple[_X, _Y]
    step_free: bool = False


class Zone(Part):
    """A viewing zone: the people of a pool, and how many are safe there with the staff who stand there."""

    pool: PoolKey
    mark: Words
    safety_limit: PositiveInt
    staff: NonNegativeInt
    wheelchair_places: NonNegativeInt = 0
    step_free: bool = False
    corners: Corners
    gates: tuple[Gate, ...] = ()

    @model_validator(mode="after")
    def _has_room_for_guests(self) -> "Zone":
        if self.staff >= self.safety_limit:
            raise ValueError("its staff leave no room for guests")
        return self


class Landmark(Part):
    """Water, a building, or where the drones fly."""

    key: Text
    role: Annotated[str, Field(pattern="^(water|building|stage)$")]
    label: Words
    corners: Corners


class Ground(Part):
    """The plan: every point in its own measure, 0 to 1000 across and 0 to 640 down."""

    zones: tuple[Zone, ...]
    landmarks: tuple[Landmark, ...] = ()


class NoFly(Part):
    """Where nobody flies anything of their own."""

    metres: PositiveInt
    words: tuple[Words, ...]


class ShowDetails(Details):
    """The size of the show, and what its tables begin with. Doors, backup date and decision time stand on the slot."""

    drones: PositiveInt
    ground: Ground | None = None
    #: The limits at which it waits, moves or ends.
    weather: tuple[Words, ...] = ()
    transit: tuple[Words, ...] = ()
    no_fly: NoFly | None = None
