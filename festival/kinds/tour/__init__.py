"""Bus tour. 专线游"""

from festival.kinds.tour.details import TourDetails
from festival.lib.format import clock_time
from festival.lib.i18n import _, _l, speaking
from festival.programme.kinds import details_of
from festival.programme.models import Activity, Slot
from festival.seam import Kind


def _departures(activity: Activity, slot: Slot, language: str) -> list[str]:
    """Return from where and when each line leaves."""
    details = details_of(activity)
    if not isinstance(details, TourDetails):
        return []
    names = {pool.key: getattr(pool, f"label_{language}") for pool in slot.pools}
    closed = {pool.key for pool in slot.pools if pool.is_closed}  # its bus was merged into another
    with speaking("en" if language == "en" else "zh"):
        return [
            _(
                "%(line)s：%(place)s %(time)s 发车",
                line=names.get(line.pool, line.pool),
                place=line.stops[0].venue.name,
                time=clock_time(line.stops[0].departs_at),
            )
            for line in details.lines
            if line.pool not in closed
        ]


KIND = Kind(
    key="tour",
    label_zh="专线游",
    label_en="Bus tour",
    icon="tour",
    details_model=TourDetails,
    time_words={
        "lines.stops.arrives_at": _l("各站到达时间"),
        "lines.stops.departs_at": _l("各站发车时间"),
    },
    detail_template="kinds/tour/detail.html",
    calendar_lines=_departures,
    roster_columns=("employer",),
)
