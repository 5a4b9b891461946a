"""Alliance. 联盟"""

from festival.kinds.alliance.details import AllianceDetails
from festival.lib.i18n import _l
from festival.seam import Kind

KIND = Kind(
    key="alliance",
    label_zh="联盟",
    label_en="Alliance",
    icon="alliance",
    details_model=AllianceDetails,
    time_words={
        "application.opens_at": _l("入会申请开始"),
        "application.closes_at": _l("入会申请截止"),
    },
    detail_template="kinds/alliance/detail.html",
    roster_columns=("org_name", "job_title"),
)
