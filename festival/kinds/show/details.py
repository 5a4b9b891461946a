"""What readers see of a show: when places are released."""

from pydantic import AwareDatetime, Field, model_validator

from festival.lib.documents import Part
from festival.programme.kinds import Details


class Batch(Part):
    """A share of the places, released at once."""

    at: AwareDatetime
    #: Of all places.
    percent: int = Field(ge=1, le=100)


class ShowDetails(Details):
    """The batches. Doors, backup date and when the weather is decided on stand on the slot."""

    batches: tuple[Batch, ...] = ()

    @model_validator(mode="after")
    def _releases_everything(self) -> "ShowDetails":
        total = sum(batch.percent for batch in self.batches)
        if self.batches and total != 100:  # noqa: PLR2004  # percent
            raise ValueError(f"the batches add up to {total} percent")
        return self
