"""Job fair. 招聘会"""

from festival.accounts.personal import joined
from festival.accounts.rules import Permission
from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import demo as employers_demo
from festival.kinds.job_fair.employers import desk as employers_desk
from festival.kinds.job_fair.employers import following as employers_following
from festival.kinds.job_fair.employers import holding as employers_holding
from festival.kinds.job_fair.employers import manage as employers_manage
from festival.kinds.job_fair.employers import messages as employers_messages
from festival.kinds.job_fair.employers import models as employers_models
from festival.kinds.job_fair.employers import moving as employers_moving
from festival.kinds.job_fair.employers import render as employers_render
from festival.kinds.job_fair.employers import service as employers_service
from festival.kinds.job_fair.employers import views as employers_views
from festival.kinds.job_fair.employers import wording as employers_wording
from festival.kinds.job_fair.employers.sowing import sow
from festival.kinds.job_fair.figures import manage as figures_manage
from festival.kinds.job_fair.seekers import demo, following, manage, queries, recruiting, render, service, views, wording
from festival.kinds.job_fair.seekers import holding as seekers_holding
from festival.kinds.job_fair.seekers import models as seekers_models
from festival.lib.i18n import _l
from festival.programme.kinds import OrganizerLink
from festival.programme.models import Activity
from festival.seam import Kind
from festival.seed.diary import Diary
from festival.signups.mine import Appointments
from festival.signups.ticket import Panel


def _enliven(activity: Activity, diary: Diary) -> None:
    """Let employers come first, then those who apply to them."""
    employers_demo.enliven(activity, diary)
    demo.enliven(activity, diary)


employers_following.register(left=service.employer_left, unnamed=service.recruiter_left, hidden=service.position_hidden)

KIND = Kind(
    key="job_fair",
    label_zh="招聘会",
    label_en="Job fair",
    icon="job_fair",
    details_model=JobFairDetails,
    time_words={
        "registration.opens_at": _l("用人单位报名开始"),
        "registration.closes_at": _l("用人单位报名截止"),
        "registration.arrive_by": _l("用人单位到场时限"),
        "interviews.opens": _l("面试开始"),
        "interviews.closes": _l("面试结束"),
    },
    detail_template="kinds/job_fair/detail.html",
    page_values=employers_render.page_values,
    window_follows=True,
    details_follow=employers_moving.details_follow,
    moves_along=employers_moving.moves_along,
    also_told=employers_moving.also_told,
    plan_changed=employers_service.plan_changed,
    session_moved=service.session_moved,
    copied=employers_service.copy_booths,
    roster_columns=("school", "major", "grad_year", "education", "intent"),
    models=(employers_models, seekers_models),
    holding=joined(seekers_holding.HOLDING, employers_holding.HOLDING),
    blueprints=(employers_views.bp, employers_desk.bp, views.bp, recruiting.bp),
    manage_blueprints=(employers_manage.bp, manage.bp, figures_manage.bp),
    organizer_links=(
        OrganizerLink(_l("参会用人单位"), "/manage/activities/<slug>/employers", Permission.ACTIVITY_READ),
        OrganizerLink(_l("展位与到场"), "/manage/activities/<slug>/floor-plan", Permission.ACTIVITY_READ),
        OrganizerLink(_l("用人单位签到"), "/manage/activities/<slug>/employers/arrivals", Permission.CHECK_IN),
        OrganizerLink(_l("投递与面试"), "/manage/activities/<slug>/applications", Permission.STATISTICS),
        OrganizerLink(_l("岗位举报"), "/manage/activities/<slug>/position-reports", Permission.ACTIVITY_EDIT),
        OrganizerLink(_l("招聘会数据"), "/manage/activities/<slug>/figures", Permission.STATISTICS),
    ),
    followers=(following.follow,),
    panels=(Panel("kinds/job_fair/ticket.html", render.panel),),
    messages=(*employers_messages.MESSAGES, *wording.MESSAGES),
    audit_words=employers_wording.AUDIT,
    private_lines=render.calendar_lines,
    appointments=Appointments(of=render.appointments, among=render.appointments_among, are_any=queries.keeps_any()),
    ways=render.ways,
    sow=sow,
    demo=_enliven,
)
