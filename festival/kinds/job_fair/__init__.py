"""Job fair. 招聘会"""

from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import holding as employers_holding
from festival.kinds.job_fair.employers import models as employers_models
from festival.kinds.job_fair.employers.sowing import sow
from festival.seam import Kind

KIND = Kind(
    key="job_fair",
    label_zh="招聘会",
    label_en="Job fair",
    icon="job_fair",
    details_model=JobFairDetails,
    detail_template="kinds/job_fair/detail.html",
    roster_columns=("school", "major", "grad_year", "education", "intent"),
    models=(employers_models,),
    holding=employers_holding.HOLDING,
    sow=sow,
)
