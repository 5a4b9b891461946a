"""Exhibition. 风采展"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="exhibition",
    label_zh="风采展",
    label_en="Exhibition",
    icon="exhibition",
    claims_per_session=True,
)
