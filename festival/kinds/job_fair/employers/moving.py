"""What a fair takes along when it is moved, and who of the employers' people is told of a change of plan."""

from festival.kinds.job_fair.details import JobFairDetails, later_in_the_day
from festival.kinds.job_fair.employers import queries, service
from festival.lib.i18n import _, _n
from festival.plans.wording import moved_words, opening_words
from festival.programme.kinds import Details, Move, details_of
from festival.programme.models import Activity


def details_follow(before: Details, moved: Details, move: Move) -> Details:
    """Return a fair's details once it has moved."""
    assert isinstance(before, JobFairDetails)
    assert isinstance(moved, JobFairDetails)
    return moved.followed(before, move)


def moves_along(activity: Activity, move: Move) -> list[str]:
    """Say until when employers will apply and arrive, and when interviews will be."""
    details = details_of(activity)
    if not isinstance(details, JobFairDetails):
        return []
    words = opening_words(details.registration.window, move, _("用人单位报名开放"), _("用人单位报名截止"))
    arrive_by = service.arrive_by(activity, details)
    words.append(moved_words(_("用人单位最晚到场"), arrive_by, arrive_by + move.step))
    after = details.followed(details, move).interviews
    if later_in_the_day(move) and after != details.interviews:
        times = {"opens": details.interviews.opens, "closes": details.interviews.closes}
        words.append(
            _(
                "面试时间：%(opens)s–%(closes)s 改为 %(to_open)s–%(to_close)s，已约的面试随之移动",
                to_open=f"{after.opens:%H:%M}",
                to_close=f"{after.closes:%H:%M}",
                **{name: f"{at:%H:%M}" for name, at in times.items()},
            ),
        )
    return words


def also_told(activity: Activity) -> list[str]:
    """Say how many employers are told."""
    number = len(queries.taking_part(activity.id))
    return [_n("同时通知 %(num)s 家用人单位的招聘者。", "同时通知 %(num)s 家用人单位的招聘者。", number)] if number else []
