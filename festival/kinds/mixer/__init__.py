"""Mixer. 联谊"""

from festival.programme.kinds import ActivityKind

KIND = ActivityKind(
    key="mixer",
    label_zh="联谊",
    label_en="Mixer",
    icon="mixer",
)
