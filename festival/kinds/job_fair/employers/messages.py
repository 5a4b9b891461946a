"""What employers, and those who reported a position, are told."""

from collections.abc import Callable

from festival.kinds.job_fair.employers import queries, wording
from festival.kinds.job_fair.employers.models import Employer, Position, PositionReport
from festival.kinds.job_fair.employers.rules import EmployerState, ReportState
from festival.lib.db import db
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.wording import Words
from festival.outbox.texts import fitted
from festival.programme.models import Activity


def _desk(employer: Employer, short: Callable[..., str], *parts: str, more: str = "") -> Told:
    """Return a message about an employer. ``short`` puts ``parts`` into a sentence; ``more`` stands where there is room."""
    return Told(
        Words(fitted(short, *parts), short(*parts) + more),
        loc(db.session.get_one(Activity, employer.activity_id), "short_title"),
        f"/employer-desk/{employer.id}",
    )


def _employer(employer_id: int, reader_id: int, *states: EmployerState) -> Employer | None:
    """Return the employer if it is still so, and its reader still recruits for it."""
    employer = db.session.get(Employer, employer_id)
    if employer is None or (states and employer.state not in states):
        return None
    return employer if reader_id in queries.readers(employer_id) else None


def _applied(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.APPLIED)
    if employer is None:
        return None
    return _desk(employer, lambda name: _("“%(name)s”的参会报名已提交，审核结果将短信通知。", name=name), loc(employer, "name"))


def _approved(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.APPROVED)
    if employer is None:
        return None
    return _desk(
        employer, lambda name: _("“%(name)s”参会审核已通过，请登录选择展位、填写岗位。", name=name), loc(employer, "name")
    )


def _returned(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.RETURNED)
    if employer is None:
        return None
    fields = _("、").join(str(wording.FIELDS[one]) for one in employer.review_fields.split(",") if one in wording.FIELDS)
    return _desk(
        employer,
        lambda fields, name: _("“%(name)s”的参会报名需修改：%(fields)s。请登录补充后再次提交。", name=name, fields=fields),
        fields,
        loc(employer, "name"),
        more=" " + _("说明：%(note)s", note=employer.review_note),
    )


def _rejected(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.REJECTED)
    if employer is None:
        return None
    return _desk(
        employer,
        lambda reason, name: _("很抱歉，“%(name)s”的参会报名未通过审核，原因：%(reason)s。", name=name, reason=reason),
        employer.review_note,
        loc(employer, "name"),
    )


def _withdrawn(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.WITHDRAWN)
    if employer is None:
        return None
    return _desk(employer, lambda name: _("“%(name)s”已取消参加招聘会，展位不再保留。", name=name), loc(employer, "name"))


def _released(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.APPROVED)
    if employer is None or employer.missed_at is None:
        return None
    return _desk(
        employer, lambda name: _("“%(name)s”未按时到场，展位已收回。如已到场请联系现场服务台。", name=name), loc(employer, "name")
    )


def _given(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id, EmployerState.APPROVED)
    if employer is None or employer.booth is None:
        return None
    label = employer.booth.label
    return _desk(
        employer,
        lambda name: _("“%(name)s”已安排到展位%(booth)s，请尽快到场布展。", name=name, booth=label),
        loc(employer, "name"),
    )


def _named(employer_id: int, reader_id: int) -> Told | None:
    employer = _employer(employer_id, reader_id)
    if employer is None:
        return None
    return _desk(employer, lambda name: _("您已成为“%(name)s”的招聘者，登录后即可查看。", name=name), loc(employer, "name"))


def _hidden(position_id: int, reader_id: int) -> Told | None:
    position = db.session.get(Position, position_id)
    if position is None or position.hidden_at is None:
        return None
    employer = _employer(position.employer_id, reader_id)
    if employer is None:
        return None
    return _desk(
        employer,
        lambda reason, title: _("岗位“%(title)s”已被主办方下架，原因：%(reason)s。", title=title, reason=reason),
        position.hidden_why,
        loc(position, "title"),
    )


def _decided(report_id: int, reader_id: int) -> Told | None:
    report = db.session.get(PositionReport, report_id)
    if report is None or report.reporter_id != reader_id or report.state == ReportState.OPEN:
        return None
    title = loc(report.position, "title")
    fair = db.session.get_one(Activity, report.position.employer.activity_id)

    def short(title: str) -> str:
        if report.state == ReportState.UPHELD:
            return _("感谢举报，经核实，岗位“%(title)s”已下架。", title=title)
        return _("感谢举报，经核实，岗位“%(title)s”未发现问题。", title=title)

    return Told(
        Words(fitted(short, title), short(title)), loc(fair, "short_title"), f"/jobs/employers/{report.position.employer_id}"
    )


MESSAGES = (
    OwnMessage("employer_applied", _l("参会报名已提交"), _applied),
    OwnMessage("employer_approved", _l("参会审核已通过"), _approved),
    OwnMessage("employer_returned", _l("参会报名需修改"), _returned),
    OwnMessage("employer_rejected", _l("参会审核未通过"), _rejected),
    OwnMessage("employer_withdrawn", _l("已取消参加招聘会"), _withdrawn),
    OwnMessage("employer_released", _l("展位已收回"), _released, is_urgent=True),
    OwnMessage("employer_given", _l("展位已安排"), _given, is_urgent=True),
    OwnMessage("recruiter_named", _l("您已成为招聘者"), _named),
    OwnMessage("position_hidden", _l("岗位已下架"), _hidden),
    OwnMessage("report_decided", _l("岗位举报已处理"), _decided),
)
