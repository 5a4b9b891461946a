"""Exhibition. 风采展"""

from festival.kinds.exhibition.details import ExhibitionDetails
from festival.lib.i18n import _, _l, speaking
from festival.programme.kinds import details_of
from festival.programme.models import Activity, Slot
from festival.programme.moving import clocks_follow
from festival.seam import Kind


def _last_entry(activity: Activity, slot: Slot, language: str) -> list[str]:
    """Return until when one is let in; a timed entry says its own time."""
    details = details_of(activity)
    if slot.parent_id is not None or not isinstance(details, ExhibitionDetails):
        return []
    with speaking("en" if language == "en" else "zh"):
        return [_("%(time)s 后停止入场", time=f"{details.last_entry:%H:%M}")]


KIND = Kind(
    key="exhibition",
    label_zh="风采展",
    label_en="Exhibition",
    icon="exhibition",
    details_model=ExhibitionDetails,
    details_follow=clocks_follow,
    time_words={
        "last_entry": _l("停止入场"),
    },
    detail_template="kinds/exhibition/detail.html",
    claims_per_session=True,
    calendar_lines=_last_entry,
)
