"""Press conference. 新闻发布会"""

from festival.kinds.press.details import PressDetails
from festival.seam import Kind

KIND = Kind(
    key="press",
    label_zh="新闻发布会",
    label_en="Press conference",
    icon="press",
    details_model=PressDetails,
    detail_template="kinds/press/detail.html",
    roster_columns=("media_name", "equipment"),
)
