"""Alliance. 联盟"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="alliance",
    label_zh="联盟",
    label_en="Alliance",
    icon="alliance",
)
