"""Forum. 论坛"""

from festival.kinds.forum.details import ForumDetails
from festival.programme.kinds import Details, HallSize
from festival.seam import Kind


def _hall(details: Details) -> HallSize | None:
    """Return the size of the plenary hall."""
    return HallSize(details.seat_map.rows, details.seat_map.seats_per_row) if isinstance(details, ForumDetails) else None


KIND = Kind(
    key="forum",
    label_zh="论坛",
    label_en="Forum",
    icon="forum",
    details_model=ForumDetails,
    detail_template="kinds/forum/detail.html",
    hall=_hall,
    roster_columns=("employer", "job_title", "title_level", "credit"),
)
