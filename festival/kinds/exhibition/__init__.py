"""Exhibition. 风采展"""

from festival.kinds.exhibition.details import ExhibitionDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="exhibition",
    label_zh="风采展",
    label_en="Exhibition",
    icon="exhibition",
    details_model=ExhibitionDetails,
    detail_template="kinds/exhibition/detail.html",
    claims_per_session=True,
)
