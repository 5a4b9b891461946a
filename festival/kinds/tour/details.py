"""What readers see of a tour: its lines and their stops."""

from itertools import pairwise

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, ValidationInfo, model_validator

from festival.lib.documents import Part, Words
from festival.programme.details import PoolKey, VenueNamed, known
from festival.programme.kinds import Details


class Stop(Part):
    """Where a bus halts. At the first stop people get on, at the last they get off."""

    venue: VenueNamed
    arrives_at: AwareDatetime
    departs_at: AwareDatetime
    title: Words

    @model_validator(mode="after")
    def _leaves_after_arriving(self) -> "Stop":
        if self.departs_at < self.arrives_at:
            raise ValueError("it departs before it arrives")
        return self


class Line(Part):
    """One bus: the pool of that key are its passengers."""

    pool: PoolKey
    seats: PositiveInt
    #: Seats for the guide and the organizers.
    staff: NonNegativeInt
    plate: Words
    stops: tuple[Stop, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _has_a_seat_for_everyone(self, info: ValidationInfo) -> "Line":
        names = known(info)
        places = names.pools.get(self.pool) if names else None
        if places is not None and places != self.seats - self.staff:
            raise ValueError(f"{self.seats} seats less {self.staff} for staff are not the pool's {places} places")
        return self

    @model_validator(mode="after")
    def _runs_forwards(self) -> "Line":
        for stop, following in pairwise(self.stops):
            if following.arrives_at < stop.departs_at:
                raise ValueError(f"it reaches {following.title.en!r} before it leaves {stop.title.en!r}")
        return self


class TourDetails(Details):
    """The lines of a tour."""

    lines: tuple[Line, ...] = Field(min_length=1)
