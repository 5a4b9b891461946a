"""Forum. 论坛"""

from festival.kinds.forum.details import ForumDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="forum",
    label_zh="论坛",
    label_en="Forum",
    icon="forum",
    details_model=ForumDetails,
    detail_template="kinds/forum/detail.html",
    roster_columns=("employer", "job_title", "title_level", "credit"),
)
