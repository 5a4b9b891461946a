"""Job fair. 招聘会"""

from festival.accounts.personal import joined
from festival.accounts.rules import Permission
from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import holding as employers_holding
from festival.kinds.job_fair.employers import models as employers_models
from festival.kinds.job_fair.employers.sowing import sow
from festival.kinds.job_fair.seekers import demo, following, manage, recruiting, render, views, wording
from festival.kinds.job_fair.seekers import holding as seekers_holding
from festival.kinds.job_fair.seekers import models as seekers_models
from festival.lib.i18n import _l
from festival.programme.kinds import OrganizerLink
from festival.seam import Kind
from festival.signups.ticket import Panel

KIND = Kind(
    key="job_fair",
    label_zh="招聘会",
    label_en="Job fair",
    icon="job_fair",
    details_model=JobFairDetails,
    detail_template="kinds/job_fair/detail.html",
    roster_columns=("school", "major", "grad_year", "education", "intent"),
    models=(employers_models, seekers_models),
    holding=joined(seekers_holding.HOLDING, employers_holding.HOLDING),
    blueprints=(views.bp, recruiting.bp),
    manage_blueprints=(manage.bp,),
    organizer_links=(OrganizerLink(_l("投递与面试"), "/manage/activities/<slug>/applications", Permission.STATISTICS),),
    followers=(following.follow,),
    panels=(Panel("kinds/job_fair/ticket.html", render.panel),),
    messages=wording.MESSAGES,
    private_lines=render.calendar_lines,
    appointments=render.appointments,
    ways=render.ways,
    sow=sow,
    demo=demo.enliven,
)
