"""Press conference. 新闻发布会"""

from festival.kinds.press.details import PressDetails
from festival.lib.i18n import _l
from festival.seam import Kind

KIND = Kind(
    key="press",
    label_zh="新闻发布会",
    label_en="Press conference",
    icon="press",
    details_model=PressDetails,
    time_words={
        "questions.opens_at": _l("提问征集开始"),
        "questions.closes_at": _l("提问征集截止"),
    },
    detail_template="kinds/press/detail.html",
    roster_columns=("media_name", "equipment"),
)
