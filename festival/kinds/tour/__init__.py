"""Bus tour. 专线游"""

from festival.kinds.tour.details import TourDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="tour",
    label_zh="专线游",
    label_en="Bus tour",
    icon="tour",
    details_model=TourDetails,
    detail_template="kinds/tour/detail.html",
)
