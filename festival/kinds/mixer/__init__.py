"""Mixer. 联谊"""

from festival.kinds.mixer.details import MixerDetails
from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="mixer",
    label_zh="联谊",
    label_en="Mixer",
    icon="mixer",
    details_model=MixerDetails,
    detail_template="kinds/mixer/detail.html",
)
