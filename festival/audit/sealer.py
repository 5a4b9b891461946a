"""The job that seals the audit trail three times a minute."""

from festival.audit.chain import seal_due
from festival.jobs.rules import Job

JOB = Job("audit.seal", seal_due, cron="* * * * * */20")
