"""Bus tour. 专线游"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="tour",
    label_zh="专线游",
    label_en="Bus tour",
    icon="tour",
)
