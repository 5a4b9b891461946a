"""What a fair holds about those who look for work: CVs, who got them, applications, interviews, numbers at booths."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, delete, select, update

from festival.accounts.models import Account
from festival.accounts.personal import Holding, Moment, Purge, Row, Rows, first, plain, rows
from festival.kinds.job_fair.seekers import cvs, service
from festival.kinds.job_fair.seekers.models import (
    Application,
    ApplicationNote,
    ApplicationStep,
    BoothNumber,
    CvAccess,
    CvVersion,
    Interview,
    InterviewOffer,
)
from festival.kinds.job_fair.seekers.rules import HELD, LIVE, Turn
from festival.lib.db import database_now, db
from festival.lib.i18n import _l
from festival.programme.models import Activity, ActivityStatus, Slot

#: Days after the fair, or after a CV was uploaded that went to nobody.
RETAIN_DAYS = 180


def _mine(account_id: int) -> Select[int]:
    return select(Application.id).where(Application.person_id == account_id)


def _export(account_id: int) -> Rows:
    """Return a seeker's CVs with their files, applications with what became of them, and who got which CV.

    Of a recruiter's notes it says that there are some: what an employer thinks of an applicant is the employer's own.
    """
    ids = _mine(account_id)
    versions = db.session.scalars(select(CvVersion).where(CvVersion.person_id == account_id).order_by(CvVersion.id)).all()
    own = select(CvVersion.id).where(CvVersion.person_id == account_id)
    return {
        "cv_version": [_version(one) for one in versions],
        "job_application": rows(Application, Application.person_id == account_id),
        "job_application_step": rows(ApplicationStep, ApplicationStep.application_id.in_(ids)),
        "job_application_note": rows(ApplicationNote, ApplicationNote.application_id.in_(ids), without=("author_id", "sealed")),
        "cv_access": rows(CvAccess, CvAccess.cv_id.in_(own), without=("reader_id",)),
        "interview_offer": rows(InterviewOffer, InterviewOffer.application_id.in_(ids)),
        "interview": rows(Interview, Interview.person_id == account_id),
        "booth_number": rows(BoothNumber, BoothNumber.person_id == account_id),
    }


def _version(one: CvVersion) -> Row:
    """Return a version of a CV with its file; deleted: without."""
    content = None if one.sealed is None else plain(cvs.own(one.person_id, one.id).content)
    return {
        "id": one.id,
        "number": one.number,
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "uploaded_at": plain(one.uploaded_at),
        "deleted_at": plain(one.deleted_at),
        "content_base64": content,
    }


def _erase(account_id: int) -> None:
    """Take back what employers still have in hand, then forget who it was; what became of it stays, so that the figures do."""
    now = database_now()
    live = db.session.scalars(
        select(Application.id)
        .join(Activity, Activity.id == Application.activity_id)
        .where(Application.person_id == account_id, Application.state.in_(LIVE), Activity.ends_at > now)
        .order_by(Application.activity_id, Application.id),
    ).all()
    for application_id in live:
        service.withdraw(account_id, application_id)
    db.session.flush()
    cvs.drop(db.session.scalars(select(CvVersion.id).where(CvVersion.person_id == account_id)).all())
    ids = _mine(account_id)
    for table in (ApplicationNote, CvAccess, InterviewOffer):
        db.session.execute(delete(table).where(table.application_id.in_(ids)))
    db.session.execute(update(Application).where(Application.person_id == account_id).values(name=""))
    db.session.execute(
        update(BoothNumber).where(BoothNumber.person_id == account_id, BoothNumber.state.in_(HELD)).values(state=Turn.LEFT),
    )


# -- what is kept for a time only --------------------------------------------------------------------------------------------


def _over(moment: Moment) -> Select[int]:
    """Return the fairs of which nothing about anybody need be kept any more."""
    return select(Activity.id).where(
        Activity.ends_at < moment.festival - timedelta(days=RETAIN_DAYS),
        Activity.status != ActivityStatus.POSTPONED,
    )


def _still_needs(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that an account has an application at a fair that is not long over."""
    ahead = Application.activity_id.not_in(_over(moment)) & Application.state.in_(LIVE)
    return select(Application.id).where(Application.person_id == Account.id, ahead).correlate(Account).exists()


def _old_cvs(moment: Moment, limit: int) -> int:
    """Delete the files of versions that no fair still needs."""
    needed = select(Application.cv_id).where(Application.activity_id.not_in(_over(moment)))
    ids = first(
        CvVersion,
        limit,
        CvVersion.deleted_at.is_(None),
        CvVersion.uploaded_at < moment.festival - timedelta(days=RETAIN_DAYS),
        CvVersion.id.not_in(needed),
    )
    if ids:
        cvs.drop(ids)
    return len(ids)


def _old_names(moment: Moment, limit: int) -> int:
    ids = first(Application, limit, Application.activity_id.in_(_over(moment)), Application.name != "")
    db.session.execute(update(Application).where(Application.id.in_(ids)).values(name=""))
    return len(ids)


def _old_notes(moment: Moment, limit: int) -> int:
    return _delete(ApplicationNote, moment, limit)


def _old_accesses(moment: Moment, limit: int) -> int:
    return _delete(CvAccess, moment, limit)


def _delete(table: type[ApplicationNote | CvAccess], moment: Moment, limit: int) -> int:
    due = select(Application.id).where(Application.activity_id.in_(_over(moment)))
    ids = first(table, limit, table.application_id.in_(due))
    db.session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)


def _old_numbers(moment: Moment, limit: int) -> int:
    days = select(Slot.id).where(Slot.activity_id.in_(_over(moment)))
    ids = first(BoothNumber, limit, BoothNumber.session_id.in_(days))
    db.session.execute(delete(BoothNumber).where(BoothNumber.id.in_(ids)))
    return len(ids)


PURGES = (
    Purge("cvs", _l("简历"), _l("上传后 180 天；投递过的，到招聘会结束后 180 天"), _old_cvs),
    Purge("application_names", _l("投递时的姓名"), _l("招聘会结束后 180 天"), _old_names),
    Purge("application_notes", _l("用人单位的内部备注"), _l("招聘会结束后 180 天"), _old_notes),
    Purge("cv_accesses", _l("简历的打开记录"), _l("招聘会结束后 180 天"), _old_accesses),
    Purge("booth_numbers", _l("展位排队号"), _l("招聘会结束后 180 天"), _old_numbers),
)

HOLDING = Holding(
    tables=frozenset(
        {
            "cv_version",
            "job_application",
            "job_application_step",
            "job_application_note",
            "cv_access",
            "interview_offer",
            "interview",
            "booth_number",
        },
    ),
    export=_export,
    erase=_erase,
    purges=PURGES,
    still_needs=_still_needs,
)
