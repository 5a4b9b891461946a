"""Alliance. 联盟"""

from festival.kinds.alliance.details import AllianceDetails
from festival.seam import Kind

KIND = Kind(
    key="alliance",
    label_zh="联盟",
    label_en="Alliance",
    icon="alliance",
    details_model=AllianceDetails,
    detail_template="kinds/alliance/detail.html",
    roster_columns=("org_name", "job_title"),
)
