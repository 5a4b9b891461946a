"""Applying, being invited, booking, and who may read what."""

import contextvars
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts import personal
from festival.accounts.service import erase
from festival.kinds.job_fair.employers import service as employers
from festival.kinds.job_fair.employers.rules import PositionState
from festival.kinds.job_fair.seekers import cvs, holding, queries, render, rules, service
from festival.kinds.job_fair.seekers.models import Application, CvAccess, CvVersion, Interview
from festival.kinds.job_fair.seekers.rules import TRANSITIONS, Chair, JobRefused, Reason, Side, State
from festival.kinds.job_fair.seekers.service import ApplyRequest
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.uploads import PDF, Upload
from festival.notices.own import own
from festival.plans import queries as plans
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Overlap
from festival.signups import mine, moving
from festival.signups import service as signups
from festival.signups.rules import SignUpRefused, Stop
from festival.signups.service import SignUpRequest
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.kinds.job_fair.seeking import (
    GOOD_PDF,
    NOW,
    OPENING,
    applied,
    invited,
    make_employer,
    make_fair,
    make_position,
    make_recruiter,
    make_seeker,
    newest_cv,
    told,
)
from tests.roster.desk import add_child


@pytest.fixture
def fair(app, frozen):
    """A fair in two days."""
    frozen(NOW)
    return make_fair()


def refusal(act, *args, **kwargs) -> Reason | None:
    """Return why an act is refused; None: it is not."""
    try:
        with transaction():
            act(*args, **kwargs)
    except JobRefused as refused:
        return refused.reason
    return None


# -- rules -------------------------------------------------------------------------------------------------------------------


def test_every_state_can_be_reached_and_nothing_follows_a_no():
    reached = {State.SUBMITTED}
    while further := {after for state in reached for side in Side for after in TRANSITIONS[state][side]} - reached:
        reached |= further

    assert reached == set(State) == set(TRANSITIONS)
    assert {state for state in State if not any(TRANSITIONS[state].values())} == {State.NOT_SELECTED, State.WITHDRAWN}
    assert all(state not in TRANSITIONS[before][Side.EMPLOYER] for before in State for state in (State.WITHDRAWN, State.DECLINED))


# -- CVs ---------------------------------------------------------------------------------------------------------------------


def test_a_cv_is_sealed_and_versioned_and_an_application_keeps_the_version_it_was_made_with(fair):
    seeker = make_seeker(fair)
    first = newest_cv(seeker)
    application = applied(seeker, fair.position)
    with transaction():
        same = cvs.keep(seeker.id, Upload("another name.pdf", PDF, GOOD_PDF))
        second = cvs.keep(seeker.id, Upload("new.pdf", PDF, GOOD_PDF + b"\n"))
    with transaction():
        got = cvs.hand_over(fair.reader.id, application.id)

    assert same.id == first.id
    assert (first.number, second.number) == (1, 2)
    assert GOOD_PDF[:20] not in (first.sealed or b"")
    assert (got.content, application.cv_id) == (GOOD_PDF, first.id)
    assert (application.state, told(seeker)) == (State.VIEWED, ["job_submitted", "job_viewed"])


def test_deleting_a_cv_ends_access_at_once_and_says_who_had_it(fair):
    seeker = make_seeker(fair)
    application = applied(seeker, fair.position)
    with transaction():
        cvs.hand_over(fair.reader.id, application.id)
    cv_id = application.cv_id
    with transaction():
        cvs.delete(seeker.id, cv_id)
        cvs.delete(seeker.id, cv_id)

    with pytest.raises(NotFound), transaction():
        cvs.hand_over(fair.reader.id, application.id)
    with pytest.raises(NotFound):
        cvs.own(seeker.id, cv_id)
    row = db.session.get_one(CvVersion, cv_id)
    assert (row.name, row.digest, row.sealed) == ("", "", None)
    assert [one.application.employer_id for one in queries.accesses(seeker.id)] == [fair.employer.id]
    assert refusal(service.apply, seeker.id, make_position(fair.employer).id, ApplyRequest("李")) == Reason.NO_CV


# -- applying ----------------------------------------------------------------------------------------------------------------


def test_one_applies_once_per_position_and_ten_times_at_a_fair_until_one_is_withdrawn(fair):
    seeker = make_seeker(fair)
    first = applied(seeker, fair.position)
    again = applied(seeker, fair.position)
    for _ in range(9):
        applied(seeker, make_position(fair.employer))
    eleventh = make_position(fair.employer)
    full = refusal(service.apply, seeker.id, eleventh.id, ApplyRequest("李"))
    with transaction():
        service.withdraw(seeker.id, first.id)
        service.withdraw(seeker.id, first.id)
    after = applied(seeker, eleventh)
    others = db.session.scalars(select(Application).where(Application.position_id == fair.position.id)).all()

    assert again.id == first.id
    assert full == Reason.MOST_APPLICATIONS
    assert (first.state, after.state, len(others)) == (State.WITHDRAWN, State.SUBMITTED, 1)


def test_nobody_applies_where_nothing_is_offered(fair, frozen):
    seeker = make_seeker(fair)
    closed, hidden = make_position(fair.employer), make_position(fair.employer)
    with transaction():
        db.session.get_one(type(closed), closed.id).state = PositionState.CLOSED
        db.session.get_one(type(hidden), hidden.id).hidden_at = NOW
    assert refusal(service.apply, seeker.id, closed.id, ApplyRequest("李")) == Reason.POSITION_GONE
    with pytest.raises(NotFound), transaction():
        service.apply(seeker.id, hidden.id, ApplyRequest("李"))
    frozen(OPENING + timedelta(days=1))
    assert refusal(service.apply, seeker.id, fair.position.id, ApplyRequest("李")) == Reason.CLOSED


# -- who may read what -------------------------------------------------------------------------------------------------------


def test_recruiters_reach_their_own_employers_applications_and_seekers_their_own(fair):
    seeker, other = make_seeker(fair), make_seeker(fair, name="王明")
    application = applied(seeker, fair.position)
    theirs, _position = make_employer(fair.activity, name="他家")
    _recruiter, stranger = make_recruiter(theirs)
    former, gone = make_recruiter(fair.employer)
    with transaction():
        db.session.get_one(type(former), former.id).removed_at = NOW

    acts: tuple[Callable[[int, int], object], ...] = (cvs.hand_over, service.shortlist, service.turn_down, service.mark_intent)
    for outsider in (stranger, gone, seeker, other):
        for act in acts:
            with pytest.raises(NotFound), transaction():
                act(outsider.id, application.id)
        with pytest.raises(NotFound), transaction():
            service.note(outsider.id, application.id, "x")
    for act in (service.withdraw, service.decline, service.give_back):
        with pytest.raises(NotFound), transaction():
            act(other.id, application.id)
    with transaction():
        service.withdraw(seeker.id, application.id)
    with pytest.raises(NotFound), transaction():
        cvs.hand_over(fair.reader.id, application.id)
    assert queries.inbox(fair.reader.id, fair.employer.id, State) == []
    assert db.session.scalars(select(CvAccess)).all() == []


# -- interviews --------------------------------------------------------------------------------------------------------------


def test_an_offered_time_is_taken_moved_given_back_and_declined_and_each_side_is_told(fair):
    seeker = make_seeker(fair)
    application = invited(fair, seeker, fair.at(10), fair.at(10, 30))
    not_offered = refusal(service.book, seeker.id, application.id, fair.at(11))
    with transaction():
        service.book(seeker.id, application.id, fair.at(10))
        service.book(seeker.id, application.id, fair.at(10))
        service.book(seeker.id, application.id, fair.at(10, 30))
    moved = queries.standing_interview(application.id)
    with transaction():
        service.give_back(seeker.id, application.id)
        service.give_back(seeker.id, application.id)
    back = application.state
    with transaction():
        service.decline(seeker.id, application.id)
    rows = db.session.scalars(select(Interview).order_by(Interview.id)).all()

    assert not_offered == Reason.SLOT_UNKNOWN
    assert moved is not None
    assert moved.chair == fair.at(10, 30)
    assert clock.local(moved.starts_at).strftime("%d %H:%M") == "18 10:30"
    assert (back, application.state) == (State.INVITED, State.DECLINED)
    assert [one.cancelled_at is None for one in rows] == [False, False]
    assert told(seeker) == ["job_submitted", "job_invited", "job_accepted", "job_accepted"]
    assert told(fair.reader) == ["job_booked", "job_booked", "job_given_back", "job_declined"]


def test_interviews_never_overlap_each_other_another_activity_or_the_time_before_the_entry(fair):
    seeker = make_seeker(fair)
    second, position = make_employer(fair.activity, name="二家")
    recruiter, reader = make_recruiter(second)
    talk = make_activity(starts_in=OPENING + timedelta(hours=2) - clock.now(), lasts=timedelta(hours=1))
    make_sign_up(talk, person=seeker)  # 11:00 to 12:00, in the same place
    application, other = invited(fair, seeker), applied(seeker, position)
    with transaction():
        service.invite(reader.id, other.id, [])
        service.book(seeker.id, application.id, fair.at(10))
    free = [fair.at(hour, minute, recruiter) for hour, minute in ((10, 0), (10, 50), (11, 0), (11, 50), (12, 0))]

    found = [refusal(service.book, seeker.id, other.id, chair) for chair in free]
    strange = [
        refusal(service.book, seeker.id, other.id, chair)
        for chair in (fair.at(8, 30, recruiter), fair.at(10, 5, recruiter), fair.at(14), Chair(recruiter.id, 999_999, 600))
    ]

    assert found == [Reason.OTHER_INTERVIEW, None, Reason.OTHER_ACTIVITY, Reason.OTHER_ACTIVITY, None]
    assert strange == [Reason.SLOT_UNKNOWN] * 4
    assert sorted(one.minute for one in queries.interviews_of(seeker.id)) == [600, 720]


def test_without_a_place_at_the_fair_there_is_no_interview_and_losing_it_gives_the_time_back(fair):
    seeker, visitor = make_seeker(fair), make_seeker()
    none = refusal(service.book, visitor.id, invited(fair, visitor).id, fair.at(9, 30))
    application = invited(fair, seeker)
    with transaction():
        service.book(seeker.id, application.id, fair.at(9, 30))
    entry = queries.entries(seeker.id, fair.activity.id)[0]
    calendar = render.calendar_lines(entry)
    with transaction():
        signups.withdraw(entry.id)

    assert none == Reason.NOT_SIGNED_UP
    assert (application.state, queries.standing_interview(application.id)) == (State.INVITED, None)
    assert "job_entry_lost" in told(seeker)
    booth = queries.booth_of(fair.employer.id)
    assert calendar == [f"面试 09:30–09:40：云帆科技，数据分析师，展位 {booth}"]
    assert render.calendar_lines(entry) == []


def refused(act, *args, **kwargs) -> tuple[str, str, str] | None:
    """Return why an act with a sign-up is refused, in which words, and where to go; None: it is not."""
    try:
        with transaction():
            act(*args, **kwargs)
    except SignUpRefused as no:
        return str(no.reason), no.words, no.path
    return None


def test_nothing_is_signed_up_for_in_the_time_of_an_interview_until_it_is_given_back(fair):
    seeker = make_seeker(fair)
    application = invited(fair, seeker)
    with transaction():
        service.book(seeker.id, application.id, fair.at(14))
    kinds = {}
    for overlap, hours in ((Overlap.BLOCK, 5), (Overlap.WARN, 5), (Overlap.ALLOW, 5), (Overlap.BLOCK, 7)):
        one = make_activity(starts_in=OPENING + timedelta(hours=hours) - clock.now(), lasts=timedelta(hours=1))
        with transaction():
            db.session.get_one(Activity, one.id).overlap = overlap
        kinds[overlap, hours] = one

    def sign_up(*which):
        return refused(signups.sign_up, kinds[which].id, seeker.id, SignUpRequest(), kind=kind_of(kinds[which]))

    words = "您在 6月18日 周日 14:00–14:10 有“面试：云帆科技”，与这个时间冲突。请先改约或取消这次预约，再来选择。"
    no = ("overlap", words, f"/me/applications/{application.id}")
    found = mine.appointments(seeker.id)

    assert [sign_up(Overlap.BLOCK, 5), sign_up(Overlap.WARN, 5)] == [no, no]
    assert [sign_up(Overlap.ALLOW, 5), sign_up(Overlap.BLOCK, 7)] == [None, None]
    assert [(one.title, one.place, clock.local(one.stop.starts_at).hour) for one in found] == [
        ("面试：云帆科技", f"展位 {queries.booth_of(fair.employer.id)}", 14),
    ]
    assert [way.path for way in mine.ways(fair.reader.id)] == ["/me/applications", "/employer-desk", "/recruiting"]
    later = next(slot for slot in kinds[Overlap.BLOCK, 7].slots if slot.parent_id is None)
    stop = Stop(later.starts_at - timedelta(hours=2), later.ends_at - timedelta(hours=2), later.activity.venue_id, None)

    def interviews_hit():
        clashing = plans.newly_clashing({later.id: stop}, clock.now())
        return [(one.moved.person_id, one.other.stop) for one in clashing if not one.other.sign_up_id]

    assert interviews_hit() == [(seeker.id, found[0].stop)]
    with transaction():
        service.give_back(seeker.id, application.id)
    assert interviews_hit() == []
    assert sign_up(Overlap.WARN, 5) is None
    assert refusal(service.book, seeker.id, application.id, fair.at(14)) == Reason.OTHER_ACTIVITY


def test_nobody_moves_to_an_entry_that_lets_them_in_after_their_interview(fair):
    early, noon, late = (
        add_child(fair.session, starts_in=timedelta(hours=hours), lasts=timedelta(hours=2)) for hours in (0, 1, 3)
    )
    seeker = make_seeker()
    entry = make_sign_up(fair.activity, person=seeker, pool=early.pools[0])
    application = invited(fair, seeker)
    with transaction():
        service.book(seeker.id, application.id, fair.at(10, 30))
    staff, pool = make_staff().id, late.pools[0].id

    found = [
        refused(moving.move_to, entry.id, pool, revision=entry.revision),
        refused(moving.move_by_staff, entry.id, pool, actor_id=staff),
    ]
    earlier = refused(moving.move_by_staff, entry.id, noon.pools[0].id, actor_id=staff)
    with transaction():
        service.give_back(seeker.id, application.id)
    afterwards = refused(moving.move_by_staff, entry.id, pool, actor_id=staff)

    assert [no and no[0::2] for no in found] == [("overlap", f"/me/applications/{application.id}")] * 2
    assert (earlier, afterwards) == (None, None)


@pytest.mark.parametrize("first", ["interview", "activity"])
def test_of_an_interview_and_an_activity_at_once_one_gets_the_seekers_time(app, fair, first):
    seeker = make_seeker(fair)
    application = invited(fair, seeker)
    talk = make_activity(starts_in=OPENING + timedelta(hours=5) - clock.now(), lasts=timedelta(hours=1))
    person_id, application_id, talk_id, kind = seeker.id, application.id, talk.id, kind_of(talk)
    acts = {
        "interview": lambda: refusal(service.book, person_id, application_id, fair.at(14)),
        "activity": lambda: refused(signups.sign_up, talk_id, person_id, SignUpRequest(), kind=kind),
    }
    found: dict[str, object] = {}
    gate = threading.Barrier(2)

    def press(name: str) -> None:
        with app.app_context(), clock.frozen_at(NOW):
            gate.wait(20)
            if name != first:
                time.sleep(0.01)
            found[name] = acts[name]()
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(press, name)) for name in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    db.session.rollback()

    assert sorted(one is None for one in found.values()) == [False, True]
    booked = queries.standing_interview(application_id) is not None
    assert booked == (found["interview"] is None)


def test_a_seeker_has_six_interviews_at_most(fair):
    seeker = make_seeker(fair)
    refusals = []
    for number in range(7):
        application = applied(seeker, make_position(fair.employer))
        with transaction():
            service.invite(fair.reader.id, application.id, [])
        refusals.append(refusal(service.book, seeker.id, application.id, fair.at(10, 10 * number) if number < 6 else fair.at(12)))

    assert refusals == [None] * 6 + [Reason.MOST_INTERVIEWS]


def test_of_many_who_press_at_once_one_gets_the_last_time(app, fair):
    applications = [invited(fair, make_seeker(fair)) for _ in range(4)]
    wanted = [(one.person_id, one.id) for one in applications]
    found: list[Reason | None] = []

    def press(person_id: int, application_id: int) -> None:
        with app.app_context(), clock.frozen_at(NOW):
            found.append(refusal(service.book, person_id, application_id, fair.at(14, 50)))
            db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(press, *one)) for one in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    db.session.rollback()

    assert sorted(str(one) for one in found) == ["None", "slot_taken", "slot_taken", "slot_taken"]
    assert [one.state for one in db.session.scalars(select(Application))].count(State.ACCEPTED) == 1
    assert len(queries.interviews_with(fair.employer.id)) == 1


def test_when_all_offered_times_are_gone_any_free_one_can_be_taken(fair):
    first, second = make_seeker(fair), make_seeker(fair)
    one, other = invited(fair, first, fair.at(10)), invited(fair, second, fair.at(10))
    with transaction():
        service.book(first.id, one.id, fair.at(10))

    assert refusal(service.book, second.id, other.id, fair.at(10)) == Reason.SLOT_TAKEN
    assert refusal(service.book, second.id, other.id, fair.at(13, 20)) is None


def test_a_recruiter_or_an_employer_that_is_gone_leaves_nobody_waiting(fair):
    one, other = make_seeker(fair), make_seeker(fair)
    colleague, account = make_recruiter(fair.employer)
    first, second = invited(fair, one), invited(fair, other, fair.at(11))
    with transaction():
        service.book(one.id, first.id, fair.at(10, recruiter=colleague))
        service.book(other.id, second.id, fair.at(11))
    with transaction():
        employers.remove_recruiter(fair.employer.id, colleague.id, fair.reader.id)
    after_one_left = [first.state, second.state]
    with transaction():
        service.book(one.id, first.id, fair.at(10))
        erase(fair.reader)
    after_all_left = [first.state, second.state]
    with transaction():
        employers.withdraw(fair.employer.id, fair.reader.id)

    assert after_one_left == [State.INVITED, State.ACCEPTED]
    assert after_all_left == [State.INVITED, State.INVITED]
    assert [first.state, second.state] == [State.NOT_SELECTED, State.NOT_SELECTED]
    assert told(one)[-3:] == ["job_accepted", "job_time_off", "job_employer_left"]
    assert queries.interviews_with(fair.employer.id) == []
    assert queries.recruits_for(account.id) == []


def test_who_applied_for_a_position_that_is_taken_down_is_warned_while_it_is(fair):
    seeker, gone, staff = make_seeker(fair), make_seeker(fair), make_staff().id
    application, left = applied(seeker, fair.position), applied(gone, fair.position)
    with transaction():
        service.withdraw(gone.id, left.id)
        employers.show_position(fair.activity.id, fair.position.id, staff, shown=False, words="收费")
    message = own("job_position_hidden")
    assert message is not None
    while_hidden = message.tell(application.id, seeker.id)
    with transaction():
        employers.show_position(fair.activity.id, fair.position.id, staff, shown=True)

    assert (told(seeker)[-1], "job_position_hidden" in told(gone)) == ("job_position_hidden", False)
    assert while_hidden is not None
    assert message.words(while_hidden.values).long == "您向“云帆科技”投递的“数据分析师”已被主办方下架，请谨慎往来，不要付费。"
    assert message.tell(application.id, seeker.id) is None


def test_an_employer_answers_once_and_what_was_booked_is_free_again(fair):
    seeker, other = make_seeker(fair), make_seeker(fair)
    application, second = invited(fair, seeker), invited(fair, other)
    with transaction():
        service.book(seeker.id, application.id, fair.at(10))
        service.turn_down(fair.reader.id, application.id)
        service.turn_down(fair.reader.id, application.id)
        service.mark_intent(fair.reader.id, second.id)
        service.mark_signed(fair.reader.id, second.id, signed=True)
        service.note(fair.reader.id, second.id, "很好")
        service.note(fair.reader.id, second.id, "很好")
    too_late = [refusal(act, fair.reader.id, application.id) for act in (service.shortlist, service.mark_intent)] + [
        refusal(service.invite, fair.reader.id, application.id, []),
        refusal(service.withdraw, seeker.id, application.id),
    ]
    figures = queries.figures(fair.activity.id)

    assert too_late == [Reason.STATE] * 4
    assert told(seeker)[-1] == "job_not_selected"
    assert queries.standing_interview(application.id) is None
    assert [one.words for one in queries.notes(second.id)] == ["很好"]
    assert (figures.applications, figures.seekers, figures.interviews, figures.intents, figures.signed) == (2, 2, 0, 1, 1)


# -- what is held about people -------------------------------------------------------------------------------------------------


def test_a_seekers_data_is_theirs_to_take_and_goes_when_they_go(fair):
    seeker = make_seeker(fair)
    application = invited(fair, seeker, fair.at(10))
    with transaction():
        cvs.hand_over(fair.reader.id, application.id)
        service.book(seeker.id, application.id, fair.at(10))
        service.note(fair.reader.id, application.id, "只给同事看")
    taken = personal.export(seeker.id)
    with transaction():
        erase(seeker)
    db.session.rollback()
    row = db.session.get_one(Application, application.id)

    assert taken["cv_version"][0]["content_base64"] == personal.plain(GOOD_PDF)
    assert {table: len(taken[table]) for table in sorted(holding.HOLDING.tables)} == {
        "booth_number": 0, "cv_access": 1, "cv_version": 1, "interview": 1, "interview_offer": 1,
        "job_application": 1, "job_application_note": 1, "job_application_step": 3,
    }  # fmt: skip
    assert "只给同事看" not in str(taken)
    assert not {"author_id", "reader_id", "sealed"} & {
        key for table in holding.HOLDING.tables for one in taken[table] for key in one
    }
    assert (row.state, row.name) == (State.WITHDRAWN, "")
    assert newest_cv(seeker).sealed is None
    assert (queries.notes(row.id), queries.accesses(seeker.id), queries.interviews_of(seeker.id)) == ([], [], [])


def test_half_a_year_after_the_fair_nothing_is_left_that_names_anybody(fair):
    seeker, idle = make_seeker(fair), make_seeker()
    application = applied(seeker, fair.position)
    with transaction():
        cvs.hand_over(fair.reader.id, application.id)
        service.note(fair.reader.id, application.id, "备注")
    before, after = OPENING + timedelta(days=180), OPENING + timedelta(days=181)

    with transaction():
        early = [one.batch(personal.Moment(before, before), 100) for one in holding.PURGES]
    with transaction():
        late = [one.batch(personal.Moment(after, after), 100) for one in holding.PURGES]

    assert early == [1, 0, 0, 0, 0]  # the CV that went to nobody
    assert late == [1, 1, 1, 1, 0]
    assert newest_cv(idle).sealed is None
    assert newest_cv(seeker).sealed is None
    assert db.session.get_one(Application, application.id).name == ""


def test_the_numbers_of_the_rules_are_those_of_the_programme(fair):
    timetable = service.timetable_of(fair.activity)

    assert timetable is not None
    assert len(rules.minutes_of(timetable)) == 33
    assert (timetable.per_recruiter, timetable.most_per_seeker, rules.MOST_APPLICATIONS) == (1, 6, 10)
    assert make_person().id
