"""Service desk. 服务直通车"""

from festival.kinds.service_desk.details import ServiceDeskDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="service_desk",
    label_zh="服务直通车",
    label_en="Service desk",
    icon="service_desk",
    details_model=ServiceDeskDetails,
    detail_template="kinds/service_desk/detail.html",
    claims_per_session=True,
)
