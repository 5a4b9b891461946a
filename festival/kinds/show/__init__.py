"""Light show. 灯光秀"""

from festival.kinds.show.details import ShowDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="show",
    label_zh="灯光秀",
    label_en="Light show",
    icon="show",
    details_model=ShowDetails,
    detail_template="kinds/show/detail.html",
)
