"""Service desk. 服务直通车"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="service_desk",
    label_zh="服务直通车",
    label_en="Service desk",
    icon="service_desk",
    claims_per_session=True,
)
