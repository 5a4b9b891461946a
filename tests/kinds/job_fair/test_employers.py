"""Employers at a fair: applying, review, booths, positions, recruiters, reports; on the service."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from festival.accounts import personal
from festival.accounts.models import Consent
from festival.accounts.personal import Moment
from festival.accounts.queries import consents_of
from festival.accounts.rules import Channel, Reachable, read_address
from festival.accounts.service import erase, withdraw_consent
from festival.audit.models import AuditEntry
from festival.authoring import service as authoring
from festival.authoring.service import Clone
from festival.kinds.job_fair.employers import queries, rules, service
from festival.kinds.job_fair.employers.models import Booth, Employer, EmployerPaper, Position, PositionReport, Recruiter
from festival.kinds.job_fair.employers.papers import content_of
from festival.kinds.job_fair.employers.rules import (
    BoothState,
    EmployerState,
    FairRefused,
    Paper,
    PositionState,
    Reason,
    ReportReason,
    ReportState,
)
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.programme.models import Activity
from tests.builders import make_person, make_staff
from tests.kinds.job_fair.fair import LICENCE, applied, booth_ids, make_employer, make_fair, offered, owner


def refusal(act, *args, **more) -> Reason | None:
    """Return why an act is refused; None: it is done."""
    try:
        with transaction():
            act(*args, **more)
    except FairRefused as refused:
        return refused.reason
    return None


def at(instant: datetime):
    """Let the festival's clock stand at an instant."""
    return clock.frozen_at(instant)


def told(kind: str) -> int:
    """Return how many messages of a kind are owed."""
    return db.session.scalar(select(func.count()).select_from(Message).where(Message.kind == kind)) or 0


# -- applying and review -----------------------------------------------------------------------------------------------------


def test_an_application_is_sealed_reviewed_by_somebody_else_returned_mended_and_approved(app):
    fair = make_fair()
    person = make_person(mobile="13911112222")
    employer = make_employer(fair, state=EmployerState.APPLIED, person=person)
    with transaction():
        own, staff = make_staff(), make_staff()
        own.contact = "13911112222"
    paper = db.session.scalars(select(EmployerPaper)).one()

    assert (paper.sealed.find(b"licence"), content_of(paper)) == (-1, LICENCE.content)
    assert queries.recruited(employer.id, person.id) is employer
    assert refusal(service.review, employer.id, EmployerState.APPROVED, own.id, revision=1) == Reason.OWN
    assert refusal(service.review, employer.id, EmployerState.APPROVED, staff.id, revision=9) == Reason.STALE
    assert refusal(service.choose_booth, employer.id, booth_ids(fair)[0], person.id) == Reason.NOT_APPROVED
    with transaction():
        service.review(
            employer.id, EmployerState.RETURNED, staff.id, revision=1, note="执照模糊", fields=["size", "licence", "nonsense"]
        )
    assert (employer.state, employer.review_fields) == (EmployerState.RETURNED, "size,licence")
    assert refusal(service.review, employer.id, EmployerState.APPROVED, staff.id, revision=2) == Reason.STATE
    with transaction():
        service.change(employer.id, person.id, applied(name_zh="新名"), {Paper.LICENCE: LICENCE}, revision=2)
    assert (employer.state, employer.name_zh, employer.review_fields) == (EmployerState.APPLIED, "新名", "")
    with transaction():
        service.review(employer.id, EmployerState.APPROVED, staff.id, revision=3)
    assert employer.state == EmployerState.APPROVED
    assert refusal(service.change, employer.id, person.id, applied(), {}, revision=4) == Reason.STATE
    assert [told(f"employer_{word}") for word in ("applied", "returned", "approved", "rejected")] == [1, 1, 1, 0]
    db.session.rollback()
    deliver_due()
    mail = db.session.scalars(select(DemoMail.text).order_by(DemoMail.id)).all()
    assert mail == ["【河西人才节】“新名”参会审核已通过，请登录选择展位、填写岗位。"]  # what is no longer true is not said


def test_one_legal_entity_has_one_live_application_and_may_come_again_after_a_no(app):
    fair, other = make_fair(), make_fair()
    first = make_employer(fair, 1, EmployerState.APPLIED)
    person = make_person()

    again = refusal(service.apply, fair.id, person.id, applied(1), {Paper.LICENCE: LICENCE})
    elsewhere = refusal(service.apply, other.id, person.id, applied(1), {Paper.LICENCE: LICENCE})
    with transaction():
        service.review(first.id, EmployerState.REJECTED, make_staff().id, revision=1, note="不符")
    afterwards = refusal(service.apply, fair.id, person.id, applied(1), {Paper.LICENCE: LICENCE})

    assert (again, elsewhere, afterwards) == (Reason.ALREADY, None, None)


def test_nobody_applies_outside_the_window_nor_who_did_not_come_twice_within_a_year(app):
    fair = make_fair()
    details = queries.details(fair)
    person = make_person()
    with at(details.registration.opens_at - timedelta(minutes=1)):
        before = refusal(service.apply, fair.id, person.id, applied(), {})
    with at(details.registration.closes_at):
        after = refusal(service.apply, fair.id, person.id, applied(), {})
    earlier = [make_employer(make_fair()).id for _time in range(2)]
    with transaction():
        for missed in earlier:
            db.session.get_one(Employer, missed).missed_at = clock.now() - timedelta(days=364)
    barred = refusal(service.apply, fair.id, person.id, applied(), {})
    with transaction():
        db.session.get_one(Employer, earlier[0]).missed_at = clock.now() - timedelta(days=366)

    assert (before, after, barred) == (Reason.NOT_OPEN, Reason.CLOSED, Reason.BARRED)
    assert refusal(service.apply, fair.id, person.id, applied(), {}) is None


@pytest.mark.parametrize(
    ("opens_on", "days", "swapped", "until"),
    [
        ("2023-06-18", 1, {}, "2023-06-17T00:00:00+08:00"),  # a Sunday: the end of Friday the 16th
        ("2023-06-25", 1, {"2023-06-25": True}, "2023-06-24T00:00:00+08:00"),  # the day itself, though a workday, never counts
        ("2023-06-25", 2, {"2023-06-22": False, "2023-06-23": False}, "2023-06-21T00:00:00+08:00"),  # Dragon Boat
        ("2023-06-21", 0, {}, "2023-06-21T00:00:00+08:00"),
    ],
)
def test_the_limit_for_cancelling_counts_working_days(opens_on, days, swapped, until):
    known = {datetime.fromisoformat(day).date(): is_workday for day, is_workday in swapped.items()}

    found = rules.cancel_until(datetime.fromisoformat(opens_on).date(), days, lambda day: known.get(day, day.isoweekday() <= 5))

    assert found == datetime.fromisoformat(until)


def test_an_employer_cancels_until_the_limit_and_its_booth_is_free_at_once(app):
    fair = make_fair()
    early, late = make_employer(fair, 1), make_employer(fair, 2)
    first, second, _third = booth_ids(fair)
    for employer, booth in ((early, first), (late, second)):
        with transaction():
            service.choose_booth(employer.id, booth, owner(employer))
    with transaction():
        service.withdraw(early.id, owner(early))
    with at(service.cancel_limit(fair, queries.details(fair))):
        too_late = refusal(service.withdraw, late.id, owner(late))
        by_staff = refusal(service.withdraw, late.id, make_staff().id, reason="电话告知", by_staff=True)

    assert (too_late, by_staff) == (Reason.TOO_LATE, None)
    assert [one.state for one in db.session.scalars(select(Booth).order_by(Booth.number))] == [BoothState.FREE] * 3
    assert (early.state, late.state) == (EmployerState.WITHDRAWN, EmployerState.WITHDRAWN)


def test_a_fair_that_is_moved_takes_the_hour_of_arrival_along(app):
    fair = make_fair()
    employer, staff = make_employer(fair), make_staff().id
    with transaction():
        service.choose_booth(employer.id, booth_ids(fair)[0], staff)
        moved = db.session.get_one(Activity, fair.id)
        moved.starts_at, moved.ends_at = (one + timedelta(days=7) for one in (moved.starts_at, moved.ends_at))
    with at(moved.starts_at - timedelta(days=7)):
        before = refusal(service.release, employer.id, staff)
    with at(moved.starts_at):
        after = refusal(service.release, employer.id, staff)

    assert (before, after) == (Reason.NOT_LATE_YET, None)


# -- booths ------------------------------------------------------------------------------------------------------------------


def test_of_employers_that_want_one_booth_at_the_same_moment_one_has_it(app):
    fair = make_fair(booths=1)
    ids = [(one.id, owner(one)) for one in (make_employer(fair, number) for number in range(1, 5))]
    (booth,) = booth_ids(fair)
    db.session.rollback()
    gate, outcomes = threading.Barrier(len(ids)), []

    def choose(employer_id: int, person_id: int) -> None:
        with app.app_context():
            gate.wait()
            outcomes.append(refusal(service.choose_booth, employer_id, booth, person_id))
            db.session.remove()

    threads = [threading.Thread(target=choose, args=pair) for pair in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, outcomes)) == ["None", "booth_taken", "booth_taken", "booth_taken"]
    assert db.session.scalar(select(func.count()).where(Booth.employer_id.is_not(None))) == 1


def test_an_employer_moves_to_another_booth_and_leaves_the_first(app):
    fair = make_fair()
    employer, other = make_employer(fair, 1), make_employer(make_fair(), 1)
    first, second, _third = booth_ids(fair)
    for booth in (first, second, second):
        with transaction():
            service.choose_booth(employer.id, booth, owner(employer))

    assert refusal(service.choose_booth, other.id, first, owner(other)) == Reason.BOOTH_UNKNOWN  # of another fair
    assert [
        one.employer_id for one in db.session.scalars(select(Booth).where(Booth.activity_id == fair.id).order_by(Booth.number))
    ] == [
        None,
        employer.id,
        None,
    ]


def test_a_late_booth_is_released_and_goes_to_who_waits_and_one_that_comes_after_all_gets_another(app):
    fair = make_fair(booths=2)
    late, here, waits, longer = (make_employer(fair, number) for number in (1, 2, 3, 4))
    staff = make_staff().id
    first, second = booth_ids(fair)
    for employer, booth in ((late, first), (here, second)):
        with transaction():
            service.choose_booth(employer.id, booth, staff)
    for one in (longer, waits):
        with transaction():
            service.wait_for_booth(one.id, staff)
    early = refusal(service.arrive, here.id, staff)
    with at(fair.starts_at - timedelta(minutes=21)):
        arrived = refusal(service.arrive, here.id, staff)
        not_yet = refusal(service.release, late.id, staff)
    with at(fair.starts_at - timedelta(minutes=20)):
        is_here = refusal(service.release, here.id, staff)
        released = refusal(service.release, late.id, staff)
        chosen = refusal(service.choose_booth, waits.id, first, staff)
        not_next = [refusal(service.give, first, one.id, staff) for one in (waits, late)]
        given = refusal(service.give, first, waits.id, staff, why="4号单位电话告知不来了")
        taken = refusal(service.give, first, late.id, staff)
    with at(fair.starts_at + timedelta(minutes=30)), transaction():
        service.withdraw(here.id, staff, by_staff=True)
    missed = late.missed_at is not None
    left = db.session.get_one(Booth, second).state  # by one that went home, while another waited
    with at(fair.starts_at + timedelta(minutes=31)), transaction():
        service.give(second, longer.id, staff)
        service.withdraw(longer.id, staff, by_staff=True)
        service.give(second, late.id, staff)

    assert (early, arrived, not_yet) == (Reason.NOT_THE_DAY, None, Reason.NOT_LATE_YET)
    assert (is_here, released, given, taken) == (Reason.IS_HERE, None, None, Reason.BOOTH_TAKEN)
    assert chosen == Reason.BOOTH_TAKEN  # a released booth is given in the order of waiting, not grabbed
    assert (not_next, left) == ([Reason.NOT_NEXT, Reason.NOT_NEXT], BoothState.RELEASED)
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "employer.give").order_by(AuditEntry.id))
    assert [(one.reason, one.changes) for one in entries] == [
        ("4号单位电话告知不来了", f"booth A01, passed over {longer.id}"),
        ("", "booth A02"),
        ("", "booth A02"),
    ]
    assert (missed, late.missed_at, late.arrived_at is not None) == (True, None, True)
    assert (waits.waiting_at, [one.employer_id for one in queries.booths(fair.id)]) == (None, [waits.id, late.id])
    assert [told(f"employer_{word}") for word in ("released", "given")] == [1, 3]


def test_a_copy_of_a_fair_has_the_same_hall_with_every_booth_free_and_no_employer(app):
    fair = make_fair(booths=2)
    employer = make_employer(fair)
    with transaction():
        service.choose_booth(employer.id, booth_ids(fair)[0], make_staff().id)
        made_id = authoring.clone_activity(fair.id, Clone("明年", "Next", "next", 52), actor_id=make_staff().id).id

    assert [(one.label, one.x, one.y, one.state, one.employer) for one in queries.booths(made_id)] == [
        ("A01", 0, 0, BoothState.FREE, None),
        ("A02", 1, 0, BoothState.FREE, None),
    ]
    assert db.session.scalar(select(func.count(Employer.id)).where(Employer.activity_id == made_id)) == 0


# -- positions and recruiters ------------------------------------------------------------------------------------------------


def test_positions_are_entered_closed_and_taken_over_from_last_year_by_the_same_entity_only(app):
    last_year, fair = make_fair(), make_fair()
    old, others, new = make_employer(last_year, 1), make_employer(last_year, 2), make_employer(fair, 1)
    for employer, title in ((old, "工程师"), (old, "会计"), (others, "司机")):
        with transaction():
            service.save_position(employer.id, None, offered(title), owner(employer))
    with transaction():
        kept = service.save_position(new.id, None, offered("会计", openings=5), owner(new))
        service.save_position(new.id, kept.id, offered("会计", openings=6, state=PositionState.CLOSED), owner(new))
    ids = list(db.session.scalars(select(Position.id)))
    with transaction():
        made = service.reuse_positions(new.id, ids, owner(new))

    assert [(one.title_zh, one.openings, one.state) for one in made] == [("工程师", 2, PositionState.OPEN)]
    assert [(one.title_zh, one.openings, one.ordinal) for one in queries.employer_of(fair.id, new.id).positions] == [
        ("会计", 6, 1),
        ("工程师", 2, 2),
    ]
    with pytest.raises(NotFound), transaction():
        service.save_position(new.id, ids[0], offered("偷改"), owner(new))


def test_only_the_recruiters_own_row_opens_a_desk_and_it_follows_the_account(app):
    fair = make_fair()
    employer, other = make_employer(fair, 1), make_employer(fair, 2)
    newcomer = read_address("13700001111")
    assert isinstance(newcomer, Reachable)
    with transaction():
        service.name_recruiter(employer.id, newcomer, "小王", owner(employer))
    twice = refusal(service.name_recruiter, employer.id, newcomer, "小王", owner(employer))
    person = make_person(mobile="13700001111")

    opened = [one.id for one in queries.recruited_by(person.id)]
    with pytest.raises(NotFound):
        queries.recruited(other.id, person.id)
    with transaction():
        row = queries.recruiter_of(employer.id, person.id)
        service.remove_recruiter(employer.id, row.id, owner(employer))
    own = queries.recruiter_of(employer.id, owner(employer))

    assert (twice, opened, queries.recruited_by(person.id)) == (Reason.RECRUITER_TWICE, [employer.id], [])
    assert refusal(service.remove_recruiter, employer.id, own.id, owner(employer)) == Reason.LAST_RECRUITER


# -- reports -----------------------------------------------------------------------------------------------------------------


def test_a_report_hides_the_position_and_everybody_concerned_is_told(app):
    fair = make_fair()
    employer = make_employer(fair)
    with transaction():
        position = service.save_position(employer.id, None, offered(), owner(employer))
    people, staff = [make_person(), make_person()], make_staff().id
    for person in people:
        with transaction():
            service.report(position.id, person.id, ReportReason.FEE, "要交押金")
    again = refusal(service.report, position.id, people[0].id, ReportReason.FEE, "")
    first = queries.reports(fair.id, is_open=True)[0]
    with transaction():
        service.decide_report(fair.id, first.id, staff, hide=True, words="收费属实")
    decided = refusal(service.decide_report, fair.id, first.id, staff, hide=False, words="x")

    assert (again, decided) == (Reason.REPORTED, Reason.STATE)
    assert {one.state for one in db.session.scalars(select(PositionReport))} == {ReportState.UPHELD}
    assert (queries.is_offered(position), told("report_decided"), told("position_hidden")) == (False, 2, 1)
    with pytest.raises(NotFound):
        queries.offered_position(position.id, clock.now())
    assert db.session.scalars(select(AuditEntry.reason).where(AuditEntry.action == "position.hide")).all() == ["收费属实"]
    with transaction():
        service.show_position(fair.id, position.id, staff, shown=True)
    assert queries.is_offered(position)


# -- what is kept about people -----------------------------------------------------------------------------------------------


def test_nobody_is_forgotten_by_time_while_their_employer_takes_part_in_a_fair_to_come(app):
    fair = make_fair(starts_in=timedelta(days=30))
    applies, helps, nobody, left = (make_person(mobile=f"1360000222{number}") for number in range(4))
    employer, gone = make_employer(fair, 1, person=applies), make_employer(fair, 2, person=left)
    with transaction():
        service.name_recruiter(employer.id, Reachable(Channel.MOBILE, "13600002221"), "小李", applies.id)
        service.withdraw(gone.id, left.id)
        for person in (applies, helps, nobody, left):
            person.created_at = clock.wall() - timedelta(days=400)
    [purge] = (one for one in personal.purges() if one.key == "people")
    forgotten = []
    for days in (0, 31 + 181):
        with transaction():
            while purge.batch(Moment(clock.now() + timedelta(days=days), clock.wall()), 100):
                pass
        forgotten.append([one.erased_at is not None for one in (applies, helps, nobody, left)])

    assert forgotten == [[False, False, True, True], [True, True, True, True]]


def test_who_applies_has_agreed_to_the_notice_once_for_each_version_and_taking_it_back_ends_the_way_to_the_desk(app):
    fair, other = make_fair(), make_fair()
    person = make_person(mobile="13911112222")
    stays, waits = make_employer(fair, 1, person=person), make_employer(fair, 2, EmployerState.APPLIED, person=person)
    elsewhere = make_employer(other, 1, person=person)
    with transaction():
        service.change(waits.id, person.id, applied(2), {}, revision=1)  # the same words: no second row
        db.session.get_one(Activity, fair.id).host_zh = "另一主办单位"
    with transaction():
        service.change(waits.id, person.id, applied(2), {}, revision=2)
    exported = personal.export(person.id)["consent"]
    given = sorted(consents_of(person.id), key=lambda pair: pair[0].id)
    assert [(row["activity_id"], row["sign_up_id"], row["question_key"]) for row in exported] == [
        (fair.id, None, None),
        (other.id, None, None),
        (fair.id, None, None),
    ]
    assert "另一主办单位" in given[2][1].text_zh
    assert "经办人姓名、手机号或邮箱" in given[0][1].text_zh

    with transaction():
        withdraw_consent(person, given[0][0].id)

    assert (stays.state, stays.contact_name, waits.state) == (EmployerState.APPROVED, "", EmployerState.WITHDRAWN)
    assert [one.id for one in queries.recruited_by(person.id)] == [elsewhere.id]
    assert elsewhere.contact_name == "经办人1"
    with transaction():
        erase(person)
    assert db.session.scalars(select(Consent)).all() == []


def test_who_is_forgotten_leaves_the_employer_and_no_name_and_old_papers_and_contacts_are_purged(app):
    fair = make_fair(starts_in=timedelta(days=2))
    person, helper = make_person(mobile="13600001111"), make_person(mobile="13600002222")
    employer, waiting = make_employer(fair, 1, person=person), make_employer(fair, 2, EmployerState.APPLIED, person=person)
    with transaction():
        service.name_recruiter(employer.id, Reachable(Channel.MOBILE, "13600002222"), "小李之名", person.id)
        position = service.save_position(employer.id, None, offered(), person.id)
        service.report(position.id, helper.id, ReportReason.OTHER, "举报之语")
    holding = next(one for one in personal.holdings() if "employer" in one.tables)

    exported = holding.export(person.id)
    with transaction():
        holding.erase(person.id)
        holding.erase(helper.id)

    assert [len(exported[table]) for table in ("employer", "employer_paper", "position", "recruiter", "position_report")] == [
        2,
        2,
        1,
        2,
        0,
    ]
    kept = "\n".join(
        str(row) for model in (Employer, Recruiter, PositionReport) for row in db.session.execute(select(model.__table__))
    )
    assert [one for one in ("13600001111", "13600002222", "小李之名", "经办人", "举报之语") if one in kept] == []
    assert (employer.state, waiting.state) == (EmployerState.APPROVED, EmployerState.WITHDRAWN)
    assert [one.employer_id for one in db.session.scalars(select(EmployerPaper))] == [employer.id]
    late = make_employer(fair, 3)
    later = Moment(clock.now() + timedelta(days=183), clock.wall())
    with transaction():
        purged = {
            purge.key: purge.batch(later, 100) for purge in holding.purges if purge.key.startswith(("employer", "position"))
        }
    assert purged == {"employer_papers": 2, "employer_contacts": 2, "position_reports": 0}
    assert (late.contact_name, late.recruiters[0].address) == ("", "")
