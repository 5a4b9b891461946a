"""What a fair's employers hold about people: who applied for one, who recruits for it, who reported a position."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, or_, select, update

from festival.accounts.models import Account, Address, Consent
from festival.accounts.personal import Holding, Moment, Purge, Row, Rows, first, plain, rows
from festival.kinds.job_fair.employers import following
from festival.kinds.job_fair.employers.models import (
    Booth,
    Employer,
    EmployerPaper,
    FairFigure,
    Position,
    PositionReport,
    Recruiter,
)
from festival.kinds.job_fair.employers.papers import content_of
from festival.kinds.job_fair.employers.rules import LIVE, RETAIN_DAYS, EmployerState, Paper
from festival.lib.db import database_now, db
from festival.lib.i18n import _l
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus


def _applied_by(account_id: int) -> Select[int]:
    return select(Employer.id).where(Employer.applicant_id == account_id)


def _recruits(account_id: int) -> Select[int]:
    """Return the rows that name a person as a recruiter, by account or by an address that is theirs."""
    own = select(Address.value).where(Address.account_id == account_id)
    named = Recruiter.account_id.is_(None) & Recruiter.address.in_(own)
    return select(Recruiter.id).where((Recruiter.account_id == account_id) | named)


def _export(account_id: int) -> Rows:
    """Return the employers somebody applied for with their papers, and themselves as a recruiter; nobody else."""
    ids = _applied_by(account_id)
    papers = db.session.scalars(select(EmployerPaper).where(EmployerPaper.employer_id.in_(ids)).order_by(EmployerPaper.id))
    return {
        "employer": rows(Employer, Employer.id.in_(ids), without=("reviewer_id",)),
        "employer_paper": [_paper(one) for one in papers],
        "booth": rows(Booth, Booth.employer_id.in_(ids)),
        "position": rows(Position, Position.employer_id.in_(ids)),
        "recruiter": rows(Recruiter, Recruiter.id.in_(_recruits(account_id))),
        "position_report": rows(PositionReport, PositionReport.reporter_id == account_id, without=("decided_by_id",)),
        "fair_figure": rows(FairFigure, FairFigure.employer_id.in_(ids), without=("entered_by_id",)),
    }


def _paper(one: EmployerPaper) -> Row:
    return {
        "employer_id": one.employer_id,
        "paper": str(one.paper),
        "name": one.name,
        "content_type": one.content_type,
        "size": one.size,
        "uploaded_at": plain(one.uploaded_at),
        "content_base64": plain(content_of(one)),
    }


def _erase(account_id: int) -> None:
    """Forget who it was. An employer that was let in stays, as others rely on it; one that waits for a review is withdrawn."""
    _forget(_applied_by(account_id), _recruits(account_id))
    db.session.execute(
        update(PositionReport).where(PositionReport.reporter_id == account_id).values(reporter_id=None, words=""),
    )


def _consent_withdrawn(consent: Consent) -> None:
    """Forget who applied for employers of one fair, and their way to the desk: what they agreed to is taken back."""
    if consent.sign_up_id is not None or consent.question_key is not None:
        return
    here = select(Employer.id).where(Employer.activity_id == consent.activity_id)
    _forget(
        _applied_by(consent.account_id).where(Employer.activity_id == consent.activity_id),
        _recruits(consent.account_id).where(Recruiter.employer_id.in_(here)),
    )


def _forget(applied: Select[int], recruiting: Select[int]) -> None:
    """Empty employers of who applied for them, and rows of recruiters of who it was."""
    now = database_now()
    waiting = applied.where(Employer.state.in_((EmployerState.APPLIED, EmployerState.RETURNED)))
    left = list(db.session.scalars(waiting))
    ids = list(db.session.scalars(applied))
    db.session.execute(
        update(Employer).where(Employer.id.in_(left)).values(state=EmployerState.WITHDRAWN, state_at=now),
    )
    db.session.execute(delete(EmployerPaper).where(EmployerPaper.employer_id.in_(left)))
    db.session.execute(
        delete(EmployerPaper).where(EmployerPaper.employer_id.in_(ids), EmployerPaper.paper == Paper.MANDATE),
    )
    db.session.execute(update(Employer).where(Employer.id.in_(ids)).values(contact_name="", review_note=""))
    recruits = list(db.session.scalars(recruiting))
    db.session.execute(
        update(Recruiter).where(Recruiter.id.in_(recruits), Recruiter.removed_at.is_(None)).values(removed_at=now),
    )
    db.session.execute(update(Recruiter).where(Recruiter.id.in_(recruits)).values(name="", address=""))
    _tell_unnamed(recruits, now)


def _tell_unnamed(recruiter_ids: list[int], now: datetime) -> None:
    """Let what hangs on recruiters follow, fair by fair in the order of their locks."""
    named = db.session.execute(
        select(Recruiter.id, Employer.activity_id)
        .join(Employer, Employer.id == Recruiter.employer_id)
        .where(Recruiter.id.in_(recruiter_ids))
        .order_by(Employer.activity_id, Recruiter.id),
    ).all()
    for recruiter_id, activity_id in named:
        lock_activity(activity_id)
        following.tell_unnamed(recruiter_id, now)


def _over(moment: Moment) -> Select[int]:
    """Return the employers of fairs that are long over."""
    return (
        select(Employer.id)
        .join(Activity, Activity.id == Employer.activity_id)
        .where(Activity.ends_at < moment.festival - timedelta(days=RETAIN_DAYS), Activity.status != ActivityStatus.POSTPONED)
    )


def _still_needs(moment: Moment) -> ColumnElement[bool]:
    """Return the condition that an account applied or recruits for an employer of a fair that is not long over."""
    ahead = Employer.id.not_in(_over(moment)) & Employer.state.in_(LIVE)
    own = select(Address.value).where(Address.account_id == Account.id).correlate(Account)
    named = (Recruiter.account_id == Account.id) | (Recruiter.account_id.is_(None) & Recruiter.address.in_(own))
    recruits = select(Recruiter.id).join(Employer, Employer.id == Recruiter.employer_id)
    return or_(
        select(Employer.id).where(Employer.applicant_id == Account.id, ahead).correlate(Account).exists(),
        recruits.where(named, Recruiter.removed_at.is_(None), ahead).correlate(Account).exists(),
    )


def _old_papers(moment: Moment, limit: int) -> int:
    ids = first(EmployerPaper, limit, EmployerPaper.employer_id.in_(_over(moment)))
    db.session.execute(delete(EmployerPaper).where(EmployerPaper.id.in_(ids)))
    return len(ids)


def _old_contacts(moment: Moment, limit: int) -> int:
    """Empty the names of contacts and what reviewers wrote to them, then who recruited; the employer itself is no person."""
    written = (Employer.contact_name != "") | (Employer.review_note != "")
    ids = first(Employer, limit, Employer.id.in_(_over(moment)), written)
    db.session.execute(update(Employer).where(Employer.id.in_(ids)).values(contact_name="", review_note=""))
    named = first(Recruiter, limit, Recruiter.employer_id.in_(_over(moment)), Recruiter.address != "")
    db.session.execute(
        update(Recruiter).where(Recruiter.id.in_(named), Recruiter.removed_at.is_(None)).values(removed_at=moment.festival),
    )
    db.session.execute(update(Recruiter).where(Recruiter.id.in_(named)).values(name="", address=""))
    return len(ids) + len(named)


def _old_reports(moment: Moment, limit: int) -> int:
    over = select(Position.id).where(Position.employer_id.in_(_over(moment)))
    told = (PositionReport.words != "") | PositionReport.reporter_id.is_not(None)
    ids = first(PositionReport, limit, PositionReport.position_id.in_(over), told)
    db.session.execute(update(PositionReport).where(PositionReport.id.in_(ids)).values(words="", reporter_id=None))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"employer", "employer_paper", "booth", "position", "recruiter", "position_report", "fair_figure"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    still_needs=_still_needs,
    purges=(
        Purge("employer_papers", _l("用人单位的材料"), _l("招聘会结束后 180 天"), _old_papers),
        Purge("employer_contacts", _l("用人单位联系人与招聘者"), _l("招聘会结束后 180 天"), _old_contacts),
        Purge("position_reports", _l("岗位举报"), _l("招聘会结束后 180 天"), _old_reports),
    ),
)
