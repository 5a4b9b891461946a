"""What the page of a fair shows of its employers."""

from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import queries, service, wording
from festival.lib import clock
from festival.programme.kinds import details_of
from festival.programme.models import Activity


def page_values(activity: Activity) -> dict[str, object]:
    """Return a fair's employers with what they offer, as they stand now; nothing while nobody has entered what the fair is."""
    details = details_of(activity)
    if not isinstance(details, JobFairDetails):
        return {}
    found = queries.public_employers(activity.id)
    offered = [one for employer in found for one in employer.positions if queries.is_offered(one)]
    return {
        "employers": found,
        "position_count": len(offered),
        "opening_count": sum(one.openings for one in offered),
        "is_offered": queries.is_offered,
        "arrive_by": service.arrive_by(activity, details),
        "may_apply": service.window(details).reason_at(clock.now()) is None,
        "words": wording,
    }
