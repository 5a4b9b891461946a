"""Press conference. 新闻发布会"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="press",
    label_zh="新闻发布会",
    label_en="Press conference",
    icon="press",
)
