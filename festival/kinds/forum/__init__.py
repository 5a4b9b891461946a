"""Forum. 论坛"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="forum",
    label_zh="论坛",
    label_en="Forum",
    icon="forum",
)
