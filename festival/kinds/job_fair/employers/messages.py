"""What employers, and those who reported a position, are told."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from festival.kinds.job_fair.employers import queries, wording
from festival.kinds.job_fair.employers.models import Employer, Position, PositionReport
from festival.kinds.job_fair.employers.rules import LIVE, EmployerState, ReportState, Standing
from festival.lib.db import db
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.rules import Placeholder
from festival.notices.wording import Values, Words, further, said
from festival.outbox.texts import fitted, fitted_or
from festival.programme.models import Activity, Slot

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

EMPLOYER = Placeholder("employer", "单位", "employer")
POSITION = Placeholder("position", "岗位", "position")
BOOTH = Placeholder("booth", "展位", "booth")
_FIELDS = Placeholder("fields", "需修改", "fields")
_NOTE = Placeholder("note", "说明", "note")
_REASON = Placeholder("note", "原因", "reason")
_OUTCOME = Placeholder("outcome", "结论", "outcome")

TO_EMPLOYERS = _l("发给用人单位")
_TO_REPORTERS = _l("发给举报岗位的人")


# -- what there is to tell ---------------------------------------------------------------------------------------------------


def _values(employer: Employer) -> Values:
    fields = [str(wording.FIELDS[one]) for one in employer.review_fields.split(",") if one in wording.FIELDS]
    return {
        "employer": loc(employer, "name"),
        "fields": _("、").join(fields),
        "note": employer.review_note.strip().rstrip("。."),
        "booth": employer.booth.label if employer.booth else "",
    }


def _desk(employer: Employer, more: Values) -> Told:
    fair = db.session.get_one(Activity, employer.activity_id)
    return Told(fair, f"/employer-desk/{employer.id}", {**_values(employer), **more})


def _any(_employer: Employer) -> bool:
    return True


def _teller(*states: EmployerState, holds: Callable[[Employer], bool] = _any) -> Callable[[int, int], Told | None]:
    """Return what tells of an employer as long as it is so, and its reader still recruits for it. No states: in any."""

    def tell(employer_id: int, reader_id: int) -> Told | None:
        employer = db.session.get(Employer, employer_id)
        if employer is None or (states and employer.state not in states) or not holds(employer):
            return None
        return _desk(employer, {}) if reader_id in queries.readers(employer_id) else None

    return tell


def _teller_of_plan(standing: Standing) -> Callable[[int, int], Told | None]:
    """Return what tells how the fair of an employer stands, as long as it stands so."""

    def tell(employer_id: int, reader_id: int) -> Told | None:
        employer = db.session.get(Employer, employer_id)
        if employer is None or employer.state not in LIVE or reader_id not in queries.readers(employer_id):
            return None
        fair = db.session.get_one(Activity, employer.activity_id)
        session = queries.first_session(fair)
        if queries.standing(fair, session) != standing:
            return None
        why = loc(fair, "plan_reason") or loc(session, "plan_reason")
        values = {**_values(employer), "note": why.strip().rstrip("。.")}
        return Told(fair, f"/employer-desk/{employer.id}", values, session)

    return tell


def _hidden(position_id: int, reader_id: int) -> Told | None:
    position = db.session.get(Position, position_id)
    if position is None or position.hidden_at is None or reader_id not in queries.readers(position.employer_id):
        return None
    employer = db.session.get_one(Employer, position.employer_id)
    return _desk(employer, {"position": loc(position, "title"), "note": position.hidden_why.strip().rstrip("。.")})


def _decided(report_id: int, reader_id: int) -> Told | None:
    report = db.session.get(PositionReport, report_id)
    if report is None or report.reporter_id != reader_id or report.state == ReportState.OPEN:
        return None
    employer = report.position.employer
    fair = db.session.get_one(Activity, employer.activity_id)
    outcome = _("已下架") if report.state == ReportState.UPHELD else _("没有发现问题")
    values = {**_values(employer), "position": loc(report.position, "title"), "outcome": outcome}
    return Told(fair, f"/jobs/employers/{employer.id}", values)


def example(activity: Activity, _slot: Slot) -> Values:
    """Return an employer of a fair and a position it offers, as readers see them, or such as there might be."""
    employer = queries.any_approved(activity.id)
    position = next(iter(employer.positions), None) if employer else None
    return {
        "employer": loc(employer, "name") if employer else _("云帆科技"),
        "position": loc(position, "title") if position else _("数据分析师"),
        "booth": (employer.booth.label if employer and employer.booth else "") or "A01",
        "fields": _("、").join((str(wording.FIELDS["uscc"]), str(wording.FIELDS["contact_name"]))),
        "note": _("与营业执照不一致"),
        "outcome": _("已下架"),
    }


def _plan_example(activity: Activity, slot: Slot) -> Values:
    """Return the same, with a reason why a fair is put off or called off."""
    return {**example(activity, slot), "note": _("场馆临时检修")}


# -- our words ---------------------------------------------------------------------------------------------------------------


def _applied(values: Values) -> Words:
    return said(lambda name: _("“%(name)s”的参会报名已提交，审核结果将通知您。", name=name), values["employer"])


def _approved(values: Values) -> Words:
    return said(
        lambda name: _("“%(name)s”参会审核已通过，请登录选择展位、填写岗位。", name=name),
        values["employer"],
        long=_("“%(name)s”的参会审核已通过，请登录选择展位、填写岗位。", name=values["employer"]),
    )


def _returned(values: Values) -> Words:
    def short(fields: str, name: str) -> str:
        return _("“%(name)s”的参会报名需修改：%(fields)s。请登录修改后再次提交。", name=name, fields=fields)

    def shorter(name: str) -> str:
        return _("“%(name)s”的参会报名需修改，请登录查看、修改后再次提交。", name=name)

    name, fields = values["employer"], values["fields"]
    long = _("“%(name)s”的参会报名需修改，请登录修改后再次提交。", name=name)
    further_on = (
        _("需修改：%(fields)s。", fields=fields) if fields else "",
        _("说明：%(note)s。", note=values["note"]) if values["note"] else "",
    )
    return Words(
        fitted_or(short, shorter, fields, name) if fields else fitted(shorter, name),
        long + "".join(further(one) for one in further_on if one),
    )


def _rejected(values: Values) -> Words:
    def short(reason: str, name: str) -> str:
        return _("很抱歉，“%(name)s”的参会报名未通过审核，原因：%(reason)s。", name=name, reason=reason)

    def shorter(name: str) -> str:
        return _("很抱歉，“%(name)s”的参会报名未通过审核，原因请登录查看。", name=name)

    return Words(fitted_or(short, shorter, values["note"], values["employer"]), short(values["note"], values["employer"]))


def _withdrawn(values: Values) -> Words:
    return said(lambda name: _("“%(name)s”已取消参加招聘会，展位不再保留。", name=name), values["employer"])


def _released(values: Values) -> Words:
    return said(
        lambda name: _("“%(name)s”未按时到场，展位已收回。已到场请联系服务台。", name=name),
        values["employer"],
        long=_("“%(name)s”未按时到场，展位已收回。如已到场，请联系现场服务台。", name=values["employer"]),
    )


def _given(values: Values) -> Words:
    return said(
        lambda name: _("“%(name)s”已安排到展位%(booth)s，请尽快到场布展。", name=name, booth=values["booth"]), values["employer"]
    )


def _time(values: Values) -> Words:
    def short(place: str, title: str) -> str:
        return _("“%(title)s”现为%(time)s在%(place)s举行，请按此参会。", title=title, time=values["time"], place=place)

    def shorter(title: str) -> str:
        return _("“%(title)s”现定于%(time)s举行，地点请登录查看。", title=title, time=values["time"])

    return Words(
        fitted_or(short, shorter, values["place"], values["title"]),
        _(
            "“%(title)s”现定于%(time)s在%(place)s举行，请按此参会。",
            title=values["title"],
            time=values["span"],
            place=values["place"],
        ),
    )


def _postponed(values: Values) -> Words:
    return said(lambda title: _("“%(title)s”延期，新的时间另行通知。", title=title), values["title"], more=_because(values))


def _cancelled(values: Values) -> Words:
    return said(lambda title: _("“%(title)s”取消举行，请勿到场布展。", title=title), values["title"], more=_because(values))


def _because(values: Values) -> str:
    return further(_("原因：%(reason)s。", reason=values["note"])) if values["note"] else ""


def _named(values: Values) -> Words:
    return said(lambda name: _("您已成为“%(name)s”的招聘者，登录后即可查看。", name=name), values["employer"])


def _hidden_words(values: Values) -> Words:
    def short(reason: str, title: str) -> str:
        return _("岗位“%(title)s”已被主办方下架，原因：%(reason)s。", title=title, reason=reason)

    def shorter(title: str) -> str:
        return _("岗位“%(title)s”已被主办方下架，原因请登录查看。", title=title)

    return Words(fitted_or(short, shorter, values["note"], values["position"]), short(values["note"], values["position"]))


def _decided_words(values: Values) -> Words:
    return said(
        lambda title: _("感谢举报。经核实，岗位“%(title)s”%(outcome)s。", title=title, outcome=values["outcome"]),
        values["position"],
    )


def _message(
    kind: str,
    heading: "LazyString",
    tell: Callable[[int, int], Told | None],
    words: Callable[[Values], Words],
    *more: Placeholder,
    tried: Callable[[Activity, Slot], Values] = example,
    is_urgent: bool = False,
) -> OwnMessage:
    return OwnMessage(kind, heading, tell, words, (EMPLOYER, *more), tried, TO_EMPLOYERS, is_urgent=is_urgent)


def _plan_message(standing: Standing, heading: "LazyString", words: Callable[[Values], Words], *more: Placeholder) -> OwnMessage:
    """Return what people read when the plan of a fair has changed, as long as it stands so; a telephone may ring for it."""
    tell = _teller_of_plan(standing)
    return _message(f"employer_{standing}", heading, tell, words, *more, tried=_plan_example, is_urgent=True)


MESSAGES = (
    _message("employer_applied", _l("参会报名已提交"), _teller(EmployerState.APPLIED), _applied),
    _message("employer_approved", _l("参会审核已通过"), _teller(EmployerState.APPROVED), _approved),
    _message("employer_returned", _l("参会报名需修改"), _teller(EmployerState.RETURNED), _returned, _FIELDS, _NOTE),
    _message("employer_rejected", _l("参会审核未通过"), _teller(EmployerState.REJECTED), _rejected, _REASON),
    _message("employer_withdrawn", _l("已取消参加招聘会"), _teller(EmployerState.WITHDRAWN), _withdrawn),
    _message(
        "employer_released",
        _l("展位已收回"),
        _teller(EmployerState.APPROVED, holds=lambda employer: employer.missed_at is not None),
        _released,
        is_urgent=True,
    ),
    _message(
        "employer_given",
        _l("展位已安排"),
        _teller(EmployerState.APPROVED, holds=lambda employer: employer.booth is not None),
        _given,
        BOOTH,
        is_urgent=True,
    ),
    _plan_message(Standing.ON, _l("招聘会时间地点"), _time),
    _plan_message(Standing.POSTPONED, _l("招聘会延期"), _postponed, _REASON),
    _plan_message(Standing.CANCELLED, _l("招聘会取消"), _cancelled, _REASON),
    _message("recruiter_named", _l("您已成为招聘者"), _teller(), _named),
    _message("position_hidden", _l("岗位已下架"), _hidden, _hidden_words, POSITION, _REASON),
    OwnMessage(
        "report_decided",
        _l("岗位举报已处理"),
        _decided,
        _decided_words,
        (EMPLOYER, POSITION, _OUTCOME),
        example,
        _TO_REPORTERS,
    ),
)
