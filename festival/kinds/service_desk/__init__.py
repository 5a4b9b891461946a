"""Service desk. 服务直通车"""

from festival.kinds.service_desk.details import ServiceDeskDetails
from festival.lib.i18n import _, speaking
from festival.programme.kinds import details_of
from festival.programme.models import Activity, Slot
from festival.seam import Kind


def _appointment(activity: Activity, slot: Slot, language: str) -> list[str]:
    """Return how long one appointment takes."""
    details = details_of(activity)
    minutes = details.minutes_of(slot.key) if isinstance(details, ServiceDeskDetails) else None
    if minutes is None:
        return []
    with speaking("en" if language == "en" else "zh"):
        return [_("每次 %(n)s 分钟", n=minutes)]


KIND = Kind(
    key="service_desk",
    label_zh="服务直通车",
    label_en="Service desk",
    icon="service_desk",
    details_model=ServiceDeskDetails,
    detail_template="kinds/service_desk/detail.html",
    claims_per_session=True,
    calendar_lines=_appointment,
    roster_columns=("org_name",),
)
