"""Mixer. 联谊"""

from festival.kinds.mixer.details import MixerDetails
from festival.programme.kinds import details_of
from festival.programme.models import Activity, Slot
from festival.seam import Kind


def _check_in(activity: Activity, _slot: Slot, language: str) -> list[str]:
    """Return the first part of the afternoon, which lies before the start."""
    details = details_of(activity)
    if not isinstance(details, MixerDetails):
        return []
    first = details.agenda[0]
    return [f"{first.starts:%H:%M} {first.title.en if language == 'en' else first.title.zh}"]


KIND = Kind(
    key="mixer",
    label_zh="联谊",
    label_en="Mixer",
    icon="mixer",
    details_model=MixerDetails,
    detail_template="kinds/mixer/detail.html",
    calendar_lines=_check_in,
    roster_columns=("gender", "birth_year", "education", "employer"),
)
