"""What employers and organizers do, inside ``transaction()`` with the fair's row locked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from festival.accounts import queries as people
from festival.accounts.models import Account, Address
from festival.accounts.rules import Reachable
from festival.audit.service import record
from festival.kinds.job_fair.details import JobFairDetails
from festival.kinds.job_fair.employers import following, notice, queries, rules
from festival.kinds.job_fair.employers.models import (
    Booth,
    Employer,
    EmployerPaper,
    FairFigure,
    Position,
    PositionReport,
    Recruiter,
)
from festival.kinds.job_fair.employers.papers import context_of
from festival.kinds.job_fair.employers.rules import (
    BoothState,
    Education,
    EmployerState,
    FairRefused,
    Figure,
    Industry,
    Paper,
    PayPer,
    PositionState,
    Reason,
    ReportReason,
    ReportState,
    Size,
)
from festival.lib import clock, sealing
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.uploads import Upload
from festival.outbox.service import owe
from festival.programme.locking import lock_activity
from festival.programme.models import Activity, ActivityStatus
from festival.signups.notice import consent_to


@dataclass(frozen=True, slots=True)
class Applied:
    """What an employer says of itself."""

    uscc: str
    name_zh: str
    name_en: str
    industry: Industry
    size: Size
    about: str
    contact_name: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What a position says. Pay in yuan before tax, three figures or a note."""

    title_zh: str
    title_en: str
    openings: int
    education: Education
    pay_min: int | None
    pay_max: int | None
    pay_per: PayPer | None
    pay_note_zh: str
    pay_note_en: str
    about: str
    state: PositionState


def arrive_by(activity: Activity, details: JobFairDetails) -> datetime:
    """Return when employers must be at their booths, on the day that the fair is on now."""
    return rules.on_the_day(details.registration.arrive_by, activity.starts_at)


@dataclass(frozen=True, slots=True)
class Fair:
    """A fair under lock, and the time read after the lock."""

    activity: Activity
    details: JobFairDetails
    now: datetime

    @property
    def arrival(self) -> rules.Arrival:
        """When employers must be at their booths."""
        return rules.Arrival(
            arrive_by(self.activity, self.details), self.details.registration.release_if_late, self.activity.ends_at
        )

    @property
    def is_on(self) -> bool:
        """Tell whether the fair is still to come, or goes on."""
        return self.activity.status in {ActivityStatus.PUBLISHED, ActivityStatus.POSTPONED} and self.now < self.activity.ends_at


def lock(activity_id: int) -> Fair:
    """Lock a fair until commit."""
    activity = lock_activity(activity_id)
    return Fair(activity, queries.details(activity), database_now())


def _locked(employer_id: int) -> tuple[Employer, Fair]:
    """Lock an employer's fair and return the employer as it stands, what this transaction did before included."""
    db.session.flush()
    activity_id = db.session.scalar(select(Employer.activity_id).where(Employer.id == employer_id))
    if activity_id is None:
        raise NotFound
    fair = lock(activity_id)
    return db.session.get_one(Employer, employer_id, populate_existing=True), fair


def _approved(employer_id: int) -> tuple[Employer, Fair]:
    employer, fair = _locked(employer_id)
    if not fair.is_on:
        raise FairRefused(Reason.OVER)
    if employer.state != EmployerState.APPROVED:
        raise FairRefused(Reason.NOT_APPROVED)
    return employer, fair


def _tell(employer: Employer, kind: str) -> None:
    """Owe a message to everybody who recruits for an employer."""
    for account_id in queries.readers(employer.id):
        owe(kind, "employer", employer.id, account_id=account_id, activity_id=employer.activity_id)


def _note(action: str, employer: Employer, actor_id: int, *, reason: str = "", changes: str = "") -> None:
    record(
        f"employer.{action}",
        "employer",
        employer.id,
        actor_id=actor_id,
        activity_id=employer.activity_id,
        reason=reason,
        changes=changes,
    )


def plan_changed(activity: Activity) -> None:
    """Tell the people of a fair's employers when and where it is now, or that it is not; the fair is locked."""
    kind = f"employer_{queries.standing(activity, queries.first_session(activity))}"
    for employer_id in queries.taking_part(activity.id):
        for account_id in queries.readers(employer_id):
            owe(kind, "employer", employer_id, account_id=account_id, activity_id=activity.id)


# -- applying ----------------------------------------------------------------------------------------------------------------


def window(details: JobFairDetails) -> rules.Window:
    """Return when employers may apply."""
    return rules.Window(details.registration.opens_at, details.registration.closes_at)


def apply(activity_id: int, person_id: int, asked: Applied, papers: Mapping[Paper, Upload]) -> Employer:
    """Hand an application in. Who does so has agreed to the notice for employers, and is the first recruiter.

    :raises FairRefused: outside the window, a legal entity that has a live application, or one that is barred.
    """
    fair = lock(activity_id)
    if fair.activity.status != ActivityStatus.PUBLISHED:
        raise FairRefused(Reason.OVER)
    if reason := window(fair.details).reason_at(fair.now):
        raise FairRefused(reason)
    _check_entity(activity_id, asked.uscc, fair.now)
    employer = Employer(
        activity_id=activity_id,
        **asdict(asked),
        state=EmployerState.APPLIED,
        state_at=fair.now,
        applicant_id=person_id,
        applied_at=fair.now,
    )
    db.session.add(employer)
    db.session.flush()
    _keep(employer, papers)
    address = people.addresses_of(person_id)[0]
    db.session.add(
        Recruiter(
            employer_id=employer.id,
            name=asked.contact_name,
            channel=address.channel,
            address=address.value,
            account_id=person_id,
            named_at=fair.now,
        ),
    )
    db.session.flush()
    consent_to(fair.activity, notice.notice_of(fair.activity), account_id=person_id)
    _tell(employer, "employer_applied")
    return employer


def _check_entity(activity_id: int, uscc: str, now: datetime) -> None:
    if queries.live_of(activity_id, uscc) is not None:
        raise FairRefused(Reason.ALREADY)
    if queries.is_barred_now(uscc, now):
        raise FairRefused(Reason.BARRED)


def _keep(employer: Employer, papers: Mapping[Paper, Upload]) -> None:
    """Seal the papers handed in; one of the same sort takes the place of the older."""
    known = queries.papers(employer.id)
    for paper, upload in papers.items():
        row = known.get(paper) or EmployerPaper(employer_id=employer.id, paper=paper)
        row.name, row.content_type, row.size = upload.name, upload.content_type, len(upload.content)
        row.sealed = sealing.seal(upload.content, context_of(employer.id, paper))
        row.uploaded_at = clock.wall()
        db.session.add(row)


def change(employer_id: int, person_id: int, asked: Applied, papers: Mapping[Paper, Upload], *, revision: int) -> Employer:
    """Change an application that is not decided, and hand it in again if it was returned; again one agrees to the notice.

    :param revision: the one the form was filled from.
    :raises FairRefused: decided meanwhile, changed by somebody else, or a code that is taken.
    """
    employer, fair = _locked(employer_id)
    if EmployerState.APPLIED not in rules.BY_EMPLOYER[employer.state]:
        raise FairRefused(Reason.STATE)
    if revision != employer.revision:
        raise FairRefused(Reason.STALE)
    if asked.uscc != employer.uscc:
        _check_entity(employer.activity_id, asked.uscc, fair.now)
    was = employer.state
    for name, value in asdict(asked).items():
        setattr(employer, name, value)
    _keep(employer, papers)
    employer.state, employer.revision = EmployerState.APPLIED, employer.revision + 1
    if was != EmployerState.APPLIED:
        employer.state_at, employer.review_fields = fair.now, ""
    consent_to(fair.activity, notice.notice_of(fair.activity), account_id=person_id)
    _note("change", employer, person_id)
    return employer


def cancel_limit(activity: Activity, details: JobFairDetails) -> datetime:
    """Return until when an employer may cancel by itself; swapped days of the State Council's notices are heeded."""
    opens_on = clock.local_day(activity.starts_at)
    days = details.registration.cancel_working_days_before
    swapped = queries.workdays(opens_on - timedelta(days=2 * days + 15), opens_on)
    return rules.cancel_until(opens_on, days, _workday_by(swapped))


def _workday_by(swapped: Mapping[date, bool]) -> Callable[[date], bool]:
    return lambda day: swapped.get(day, day.isoweekday() <= 5)  # noqa: PLR2004  # Monday to Friday


def withdraw(employer_id: int, actor_id: int, *, reason: str = "", by_staff: bool = False) -> Employer:
    """Cancel an employer's part in a fair; its booth is free at once.

    :param by_staff: even after the limit for employers.
    :raises FairRefused: too late, over, or in a state that does not allow it.
    """
    employer, fair = _locked(employer_id)
    if not fair.is_on:
        raise FairRefused(Reason.OVER)
    allowed = rules.BY_ORGANIZERS if by_staff else rules.BY_EMPLOYER
    if EmployerState.WITHDRAWN not in allowed[employer.state]:
        raise FairRefused(Reason.STATE)
    if not by_staff and employer.state == EmployerState.APPROVED and fair.now >= cancel_limit(fair.activity, fair.details):
        raise FairRefused(Reason.TOO_LATE)
    _leave_booth(employer, fair.now)
    _move(employer, EmployerState.WITHDRAWN, fair.now)
    employer.waiting_at = None
    following.tell_left(employer_id, fair.now)
    _note("withdraw", employer, actor_id, reason=reason)
    _tell(employer, "employer_withdrawn")
    return employer


def _move(employer: Employer, state: EmployerState, now: datetime) -> None:
    employer.state, employer.state_at, employer.revision = state, now, employer.revision + 1


# -- reviewing ---------------------------------------------------------------------------------------------------------------


def review(
    employer_id: int, decision: EmployerState, actor_id: int, *, revision: int, note: str = "", fields: Iterable[str] = ()
) -> Employer:
    """Approve an application, return it naming what to mend, or reject it.

    :param note: what the applicant reads.
    :raises FairRefused: decided or changed meanwhile, or the reviewer's own.
    """
    employer, fair = _locked(employer_id)
    if not fair.is_on:
        raise FairRefused(Reason.OVER)
    if decision not in rules.BY_ORGANIZERS[employer.state] or decision == EmployerState.WITHDRAWN:
        raise FairRefused(Reason.STATE)
    if revision != employer.revision:
        raise FairRefused(Reason.STALE)
    if _is_own(employer, actor_id):
        raise FairRefused(Reason.OWN)
    _move(employer, decision, fair.now)
    employer.reviewer_id, employer.reviewed_at = actor_id, fair.now
    named = [field for field in rules.FIELDS if field in set(fields)]
    employer.review_note, employer.review_fields = note, ",".join(named) if decision == EmployerState.RETURNED else ""
    _note(str(decision), employer, actor_id, reason=note, changes=employer.review_fields)
    _tell(employer, f"employer_{decision}")
    return employer


def _is_own(employer: Employer, actor_id: int) -> bool:
    """Tell whether a staff member is who applied, or recruits for the employer: by the contact that staff give of themselves."""
    contact = db.session.get_one(Account, actor_id).contact
    if not contact:
        return False
    return contact in {one.address for one in queries.recruiters(employer.id)} or bool(
        db.session.scalar(select(Address.id).where(Address.account_id == employer.applicant_id, Address.value == contact)),
    )


# -- booths ------------------------------------------------------------------------------------------------------------------


def choose_booth(employer_id: int, booth_id: int, actor_id: int) -> Booth:
    """Take a free booth, giving up the one held. Of two that want the same, the first has it.

    :raises FairRefused: taken meanwhile, unknown, not approved, or over.
    """
    employer, fair = _approved(employer_id)
    booth = _booth(employer.activity_id, booth_id)
    if booth.employer_id == employer.id:
        return booth
    if not rules.may_choose(booth.state, now=fair.now, arrival=fair.arrival):
        raise FairRefused(Reason.BOOTH_TAKEN)
    _leave_booth(employer, fair.now)
    _stand(booth, employer, fair.now)
    _note("booth", employer, actor_id, changes=f"booth {booth.label}")
    return booth


def _booth(activity_id: int, booth_id: int) -> Booth:
    booth = db.session.scalar(
        select(Booth).where(Booth.activity_id == activity_id, Booth.id == booth_id).execution_options(populate_existing=True),
    )
    if booth is None:
        raise FairRefused(Reason.BOOTH_UNKNOWN)
    return booth


def _held(employer: Employer) -> Booth | None:
    return db.session.scalar(
        select(Booth).where(Booth.employer_id == employer.id).execution_options(populate_existing=True),
    )


def _stand(booth: Booth, employer: Employer, now: datetime) -> None:
    booth.employer_id, booth.state, booth.state_at = employer.id, BoothState.TAKEN, now
    employer.waiting_at = None
    db.session.flush()
    db.session.expire(employer, ["booth"])


def _leave_booth(employer: Employer, now: datetime, *, is_late: bool = False) -> Booth | None:
    """Give a booth up, if there is one: while others wait for one, it is not for whoever is first to press a button."""
    booth = _held(employer)
    if booth is not None:
        state = BoothState.RELEASED if is_late or queries.waiting(employer.activity_id) else BoothState.FREE
        booth.employer_id, booth.state, booth.state_at = None, state, now
        db.session.flush()
        db.session.expire(employer, ["booth"])
    return booth


def wait_for_booth(employer_id: int, actor_id: int) -> Employer:
    """Join the employers that wait for a booth; who waits already keeps its place.

    :raises FairRefused: not approved, or over.
    """
    employer, fair = _approved(employer_id)
    if _held(employer) is None and employer.waiting_at is None:
        employer.waiting_at = fair.now
        _note("wait", employer, actor_id)
    return employer


def arrive(employer_id: int, actor_id: int, *, here: bool = True) -> Employer:
    """Write that an employer's people stand at the booth, or that this was a mistake.

    :raises FairRefused: no booth, or not the day of the fair.
    """
    employer, fair = _approved(employer_id)
    if not rules.is_the_day(fair.activity.starts_at, fair.now):
        raise FairRefused(Reason.NOT_THE_DAY)
    if _held(employer) is None:
        raise FairRefused(Reason.NO_BOOTH)
    if here == (employer.arrived_at is not None):
        return employer
    employer.arrived_at = fair.now if here else None
    _note("arrive" if here else "arrive_undo", employer, actor_id)
    return employer


def release(employer_id: int, actor_id: int) -> Booth:
    """Take the booth of an employer that has not come in time, so that one that waits can have it.

    :raises FairRefused: it is here, not late yet, or has no booth.
    """
    employer, fair = _approved(employer_id)
    if reason := rules.release_refusal(fair.arrival, has_arrived=employer.arrived_at is not None, now=fair.now):
        raise FairRefused(reason)
    booth = _leave_booth(employer, fair.now, is_late=True)
    if booth is None:
        raise FairRefused(Reason.NO_BOOTH)
    employer.missed_at = fair.now
    _note("release", employer, actor_id, changes=f"booth {booth.label}")
    _tell(employer, "employer_released")
    return booth


def give(booth_id: int, employer_id: int, actor_id: int, *, why: str = "") -> Booth:
    """Give a booth that is free or was released to an employer without one. One that came late after all is no longer absent.

    :param why: why others that wait before it are passed over; read in the audit trail.
    :raises FairRefused: the booth is taken, the employer has one, or others wait before it and nothing says why.
    """
    employer, fair = _approved(employer_id)
    booth = _booth(employer.activity_id, booth_id)
    if booth.state == BoothState.TAKEN or _held(employer) is not None:
        raise FairRefused(Reason.BOOTH_TAKEN)
    passed = rules.passed_over([one.id for one in queries.waiting(employer.activity_id)], employer.id)
    if passed and not why:
        raise FairRefused(Reason.NOT_NEXT)
    _stand(booth, employer, fair.now)
    if employer.missed_at is not None:
        employer.missed_at, employer.arrived_at = None, fair.now
    over = f", passed over {','.join(map(str, passed))}" if passed else ""
    _note("give", employer, actor_id, reason=why if passed else "", changes=f"booth {booth.label}{over}")
    _tell(employer, "employer_given")
    return booth


def copy_booths(source: Activity, made: Activity) -> None:
    """Give a copy of a fair the same hall, every booth of it free: who stood there applies anew."""
    db.session.add_all(
        Booth(activity_id=made.id, row=one.row, number=one.number, x=one.x, y=one.y) for one in queries.booths(source.id)
    )


# -- positions ---------------------------------------------------------------------------------------------------------------


def save_position(employer_id: int, position_id: int | None, asked: Offered, actor_id: int) -> Position:
    """Enter a position, or change one. ``position_id`` None: a new one.

    :raises FairRefused: not approved, over, or too many.
    """
    employer, _fair = _approved(employer_id)
    position = _new_position(employer) if position_id is None else queries.position_of(employer_id, position_id)
    for name, value in asdict(asked).items():
        setattr(position, name, value)
    position.updated_at = clock.wall()
    db.session.add(position)
    db.session.flush()
    record(
        "position.add" if position_id is None else "position.edit",
        "position",
        position.id,
        actor_id=actor_id,
        activity_id=employer.activity_id,
    )
    return position


def _new_position(employer: Employer) -> Position:
    last, number = db.session.execute(
        select(func.coalesce(func.max(Position.ordinal), 0), func.count()).where(Position.employer_id == employer.id),
    ).one()
    if number >= rules.POSITIONS_MOST:
        raise FairRefused(Reason.MOST)
    return Position(employer_id=employer.id, ordinal=last + 1)


def reuse_positions(employer_id: int, position_ids: Iterable[int], actor_id: int) -> list[Position]:
    """Copy positions of earlier fairs of the same legal entity. What is not its own, or offered already, is left out.

    :raises FairRefused: not approved, over, or too many.
    """
    employer, _fair = _approved(employer_id)
    wanted = set(position_ids)
    made = []
    for old in queries.earlier_positions(employer):
        if old.id not in wanted:
            continue
        new = _new_position(employer)
        for name in Offered.__slots__:
            setattr(new, name, getattr(old, name))
        new.state, new.updated_at = PositionState.OPEN, clock.wall()
        db.session.add(new)
        db.session.flush()
        made.append(new)
    if made:
        _note("reuse", employer, actor_id, changes=f"positions={','.join(str(one.id) for one in made)}")
    return made


# -- recruiters --------------------------------------------------------------------------------------------------------------


def name_recruiter(employer_id: int, address: Reachable, name: str, actor_id: int) -> Recruiter:
    """Let somebody see what an employer gets, by the number or address they sign in with.

    :raises FairRefused: named already, too many, or the employer is in no fair any more.
    """
    employer, fair = _locked(employer_id)
    if employer.state not in rules.LIVE or not fair.is_on:
        raise FairRefused(Reason.STATE)
    known = queries.recruiters(employer_id)
    if any(one.address == address.value for one in known):
        raise FairRefused(Reason.RECRUITER_TWICE)
    if len(known) >= rules.RECRUITERS_MOST:
        raise FairRefused(Reason.MOST)
    account = people.person_at(address.value)
    made = Recruiter(
        employer_id=employer_id,
        name=name,
        channel=address.channel,
        address=address.value,
        account_id=account.id if account else None,
        named_at=fair.now,
    )
    db.session.add(made)
    db.session.flush()
    _note("recruiter", employer, actor_id, changes=f"recruiter {made.id}")
    if account is not None:
        owe("recruiter_named", "employer", employer_id, account_id=account.id, activity_id=employer.activity_id)
    return made


def remove_recruiter(employer_id: int, recruiter_id: int, actor_id: int) -> None:
    """Take somebody's access away at once. One recruiter stays.

    :raises FairRefused: it is the last one.
    """
    employer, fair = _locked(employer_id)
    known = queries.recruiters(employer_id)
    row = next((one for one in known if one.id == recruiter_id), None)
    if row is None:
        raise NotFound
    if len(known) == 1:
        raise FairRefused(Reason.LAST_RECRUITER)
    row.removed_at = fair.now
    db.session.flush()
    following.tell_unnamed(row.id, fair.now)
    _note("recruiter_remove", employer, actor_id, changes=f"recruiter {row.id}")


# -- reports of positions ----------------------------------------------------------------------------------------------------


def report(position_id: int, person_id: int, reason: ReportReason, words: str) -> PositionReport:
    """Say that a position is not what it says. One open report for each person and position.

    :raises FairRefused: reported already.
    """
    position = db.session.get_one(Position, position_id)
    _employer, fair = _locked(position.employer_id)
    open_one = db.session.scalar(
        select(PositionReport.id).where(
            PositionReport.position_id == position_id,
            PositionReport.reporter_id == person_id,
            PositionReport.state == ReportState.OPEN,
        ),
    )
    if open_one is not None:
        raise FairRefused(Reason.REPORTED)
    made = PositionReport(position_id=position_id, reporter_id=person_id, reason=reason, words=words, at=fair.now)
    made.state = ReportState.OPEN
    db.session.add(made)
    db.session.flush()
    return made


def decide_report(activity_id: int, report_id: int, actor_id: int, *, hide: bool, words: str) -> PositionReport:
    """Hide the position that was reported, or find nothing; every open report of it is decided, and its reporters are told.

    :param words: why; the employer reads it when a position is hidden.
    :raises FairRefused: decided meanwhile.
    """
    fair = lock(activity_id)
    decided = queries.report_of(activity_id, report_id)
    if decided.state != ReportState.OPEN:
        raise FairRefused(Reason.STATE)
    position = decided.position
    together = db.session.scalars(
        select(PositionReport).where(PositionReport.position_id == position.id, PositionReport.state == ReportState.OPEN),
    )
    for one in together:
        one.state = ReportState.UPHELD if hide else ReportState.DISMISSED
        one.decided_at, one.decided_by_id = fair.now, actor_id
        if one.reporter_id is not None:
            owe("report_decided", "position_report", one.id, account_id=one.reporter_id, activity_id=activity_id)
    if hide:
        _hide(position, fair, words)
    record(
        "position.hide" if hide else "position.report_dismiss",
        "position",
        position.id,
        actor_id=actor_id,
        activity_id=activity_id,
        reason=words,
    )
    return decided


def _hide(position: Position, fair: Fair, words: str) -> None:
    if position.hidden_at is None:
        position.hidden_at, position.hidden_why, position.updated_at = fair.now, words, clock.wall()
        for account_id in queries.readers(position.employer_id):
            owe("position_hidden", "position", position.id, account_id=account_id, activity_id=fair.activity.id)
        following.tell_hidden(position.id, fair.now)


def show_position(activity_id: int, position_id: int, actor_id: int, *, shown: bool, words: str = "") -> Position:
    """Take a position out of sight without a report, or bring it back."""
    fair = lock(activity_id)
    position = db.session.scalar(
        select(Position)
        .join(Employer, Employer.id == Position.employer_id)
        .where(Employer.activity_id == activity_id, Position.id == position_id),
    )
    if position is None:
        raise NotFound
    if shown:
        position.hidden_at, position.hidden_why, position.updated_at = None, "", clock.wall()
    else:
        _hide(position, fair, words)
    action = "position.show" if shown else "position.hide"
    record(action, "position", position.id, actor_id=actor_id, activity_id=activity_id, reason=words)
    return position


# -- figures by hand ---------------------------------------------------------------------------------------------------------


def set_figure(activity_id: int, employer_id: int | None, figure: Figure, value: int | None, actor_id: int) -> None:
    """Enter a figure by hand: an employer's own, or (``employer_id`` None) the fair's in place of what is counted.

    :param value: persons, papers or times; None takes it back.
    """
    lock(activity_id)
    known = db.session.scalar(
        select(FairFigure).where(
            FairFigure.activity_id == activity_id,
            FairFigure.figure == figure,
            FairFigure.employer_id.is_(None) if employer_id is None else FairFigure.employer_id == employer_id,
        ),
    )
    before = known.value if known else None
    if value == before:
        return
    if value is None:
        db.session.delete(known)
    else:
        row = known or FairFigure(activity_id=activity_id, employer_id=employer_id, figure=figure)
        row.value, row.entered_by_id, row.entered_at = value, actor_id, clock.wall()
        db.session.add(row)
    record(
        "fair.figure",
        "activity" if employer_id is None else "employer",
        activity_id if employer_id is None else employer_id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=f"{figure} {before} -> {value}",
    )
