"""What readers see of a show beside its zones: how large it is."""

from pydantic import PositiveInt

from festival.programme.kinds import Details


class ShowDetails(Details):
    """The size of the show. Doors, backup date and when the weather is decided on stand on the slot, batches on the pools."""

    drones: PositiveInt
