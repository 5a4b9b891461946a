"""Changes of plan in words."""

from datetime import timedelta

from festival.lib.format import lasting
from festival.lib.i18n import _
from festival.signups.rules import Clash


def clash_words(how: Clash) -> str:
    """Say how two times are in each other's way."""
    if how.overlap_minutes:
        return _("时间重叠 %(time)s", time=_minutes(how.overlap_minutes))
    return _("间隔 %(gap)s，路上约需 %(way)s", gap=_minutes(how.gap_minutes), way=_minutes(how.travel_minutes))


def _minutes(minutes: int) -> str:
    return lasting(timedelta(minutes=minutes)) if minutes else _("0 分钟")
