"""Signing up: who is confirmed, who waits, who is refused, and what is written down."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.models import Account, Consent
from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.sealing import SealBroken
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.models import Access, ActivityStatus, Mode, Question, Sensitivity, Slot, SlotStatus
from festival.signups import answers as answering
from festival.signups import queries, service
from festival.signups.answers import AnswerUpload
from festival.signups.models import Answer, AnswerFile, SignUp, Source
from festival.signups.notice import notice_of
from festival.signups.rules import Reason, SignUpRefused, State
from festival.signups.service import AlreadySignedUp, Once, SignUpRequest
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.signups.engine import NOW, add_slot, change, counters, faults, fill, ledger, messages, sign_up, states, withdraw


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def refused(activity, person=None, **asked) -> Reason:
    """Return why a sign-up is refused."""
    with pytest.raises(SignUpRefused) as caught:
        sign_up(activity, person, **asked)
    return caught.value.reason


# -- places and the list --------------------------------------------------------------------------------------------------------


def test_parties_are_confirmed_while_there_is_room_and_wait_when_there_is_none(app):
    activity = make_activity(capacity=4)

    made = fill(activity, 2, 2, 1, 1)

    assert states(*made) == ["confirmed", "confirmed", "waitlisted", "waitlisted"]
    assert [queries.position(one) for one in made[2:]] == [1, 2]
    assert counters(pool_of(activity)) == (4, 2)
    assert faults(activity) == []


def test_a_party_takes_its_place_whole_or_waits_whole(app):
    activity = make_activity(capacity=5)

    made = fill(activity, 3, 3)

    assert states(*made) == ["confirmed", "waitlisted"]
    assert counters(pool_of(activity)) == (3, 3)


def test_a_newcomer_joins_the_list_even_if_a_place_is_free_while_somebody_waits(app):
    activity = make_activity(capacity=5)

    made = fill(activity, 3, 3, 1)

    assert states(*made) == ["confirmed", "waitlisted", "waitlisted"]


def test_a_list_of_one_pool_keeps_nobody_out_of_another(app):
    activity = make_activity(capacity=2, pools=2)
    first, second = pool_of(activity, 0), pool_of(activity, 1)

    made = [*fill(activity, 2, 1, pool=first), *fill(activity, 1, pool=second)]

    assert states(*made) == ["confirmed", "waitlisted", "confirmed"]


def test_an_unlimited_pool_takes_everybody(app):
    activity = make_activity(capacity=None)

    assert states(*fill(activity, 5, 5, 5)) == ["confirmed"] * 3


def test_a_new_sign_up_is_written_into_the_ledger_with_the_places_before_and_after(app):
    activity = make_activity(capacity=3)

    made = fill(activity, 2, 2)

    assert ledger(*made) == [
        ("signed_up", "room", "", "confirmed", 2, 0, 2),
        ("signed_up", "waitlisted", "", "waitlisted", 2, 2, 2),
    ]
    assert [messages(one) for one in made] == [["sign_up_confirmed"], ["sign_up_waitlisted"]]


def test_a_sign_up_keeps_what_was_asked_and_the_time_of_the_lock(app):
    activity = make_activity()
    person = make_person(name="王芳")

    made = sign_up(activity, person, party_size=2, name="王小芳")

    db.session.rollback()
    assert (made.person_id, made.slot_id, made.session_id, made.pool_id) == (
        person.id,
        pool_of(activity).slot_id,
        pool_of(activity).slot_id,
        pool_of(activity).id,
    )
    assert (made.party_size, made.name, made.source, made.counted, made.priority) == (2, "王小芳", Source.SELF, True, 0)
    assert {made.joined_at, made.signed_up_at, made.state_at} == {NOW}
    assert (len(made.code), len(made.digits), made.claim) == (26, 6, f"activity:{activity.id}")
    assert person.name == "王小芳"  # prefills the next form


# -- limits of the list ---------------------------------------------------------------------------------------------------------


def test_a_full_pool_without_a_list_refuses(app):
    activity = make_activity(capacity=1, waitlist_limit=0)
    fill(activity, 1)

    assert refused(activity) == Reason.FULL
    assert counters(pool_of(activity)) == (1, 0)


def test_the_list_takes_as_many_persons_as_its_limit_over_all_pools(app):
    activity = make_activity(capacity=1, pools=2, waitlist_limit=3)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    fill(activity, 1, pool=first)
    fill(activity, 1, pool=second)

    waiting = [sign_up(activity, pool=first), sign_up(activity, pool=second)]

    assert states(*waiting) == ["waitlisted", "waitlisted"]
    last = sign_up(activity, pool=second)
    assert refused(activity, pool=first) == Reason.FULL
    assert states(last) == ["waitlisted"]
    assert (counters(first), counters(second)) == ((1, 1), (1, 2))


def test_a_pools_own_limit_holds_for_its_list_alone(app):
    activity = make_activity(capacity=1, pools=2)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    change(first, waitlist_limit=1)
    fill(activity, 1, 1, pool=first)
    fill(activity, 1, pool=second)

    assert refused(activity, pool=first) == Reason.FULL
    assert states(*fill(activity, 1, 1, pool=second)) == ["waitlisted", "waitlisted"]


def test_a_party_larger_than_the_room_on_the_list_is_refused(app):
    activity = make_activity(capacity=4, waitlist_limit=2)
    fill(activity, 4)

    assert refused(activity, party_size=3) == Reason.FULL
    assert states(*fill(activity, 2)) == ["waitlisted"]


# -- the approved ceiling -------------------------------------------------------------------------------------------------------


def test_the_approved_ceiling_holds_over_all_pools_companions_included(app):
    activity = make_activity(capacity=10, pools=2, approved_ceiling=5)
    first, second = pool_of(activity, 0), pool_of(activity, 1)

    made = [sign_up(activity, party_size=3, pool=first), sign_up(activity, party_size=3, pool=second)]

    assert states(*made) == ["confirmed", "waitlisted"]
    assert (counters(first), counters(second)) == ((3, 0), (0, 3))


def test_whom_only_the_ceiling_keeps_out_nobody_overtakes_in_any_pool(app):
    activity = make_activity(capacity=10, pools=2, approved_ceiling=5)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    sign_up(activity, party_size=3, pool=first)
    sign_up(activity, party_size=3, pool=second)

    late = sign_up(activity, party_size=1, pool=first)

    assert states(late) == ["waitlisted"]
    assert faults(activity) == []


def test_a_party_too_large_for_its_own_pool_keeps_nobody_out_of_another_below_the_ceiling(app):
    activity = make_activity(capacity=5, pools=2, approved_ceiling=10)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    fill(activity, 3, 3, pool=first)

    late = sign_up(activity, pool=second)

    assert states(late) == ["confirmed"]
    assert faults(activity) == []


def test_staff_and_speakers_fill_the_ceiling_but_no_pool(app):
    activity = make_activity(capacity=10, approved_ceiling=3)
    change(make_sign_up(activity, party_size=2), counted=False)

    made = fill(activity, 1, 1)

    assert states(*made) == ["confirmed", "waitlisted"]
    assert counters(pool_of(activity)) == (1, 1)


def test_without_a_list_a_full_ceiling_refuses_by_its_name(app):
    activity = make_activity(capacity=10, approved_ceiling=2, waitlist_limit=0)
    fill(activity, 2)

    assert refused(activity) == Reason.CEILING


def test_a_party_that_no_waiting_could_ever_place_is_refused(app):
    small_pool, low_ceiling = make_activity(capacity=2), make_activity(capacity=10, approved_ceiling=2)
    closed_pool = make_activity(capacity=0)

    assert refused(small_pool, party_size=3) == Reason.PARTY_TOO_LARGE
    assert refused(low_ceiling, party_size=3) == Reason.CEILING
    assert refused(closed_pool) == Reason.FULL


# -- other ways to a place ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "state"), [(Mode.APPROVAL, "pending"), (Mode.BALLOT, "entered"), (Mode.TICKET, "confirmed")])
def test_entries_of_other_modes_take_no_place_before_they_are_decided(app, mode, state):
    activity = make_activity(capacity=1, mode=mode)

    made = fill(activity, 1)

    assert states(*made) == [state]
    assert counters(pool_of(activity)) == ((1, 0) if state == "confirmed" else (0, 0))
    assert messages(*made) == [f"sign_up_{state}"]


def test_an_activity_by_invitation_refuses_whoever_has_none(app):
    activity = make_activity(mode=Mode.INVITATION)

    assert refused(activity) == Reason.INVITATION_ONLY


def test_each_pool_may_give_its_places_its_own_way(app):
    activity = make_activity(capacity=5, pools=2)
    change(pool_of(activity, 1), access=Access.APPROVAL)

    made = [sign_up(activity, pool=pool_of(activity, index)) for index in (0, 1)]

    assert states(*made) == ["confirmed", "pending"]


def test_a_quota_takes_those_whose_answer_belongs_to_it_whatever_pool_was_asked(app):
    activity = make_activity(capacity=1, pools=2)
    men, women = pool_of(activity, 0), pool_of(activity, 1)
    change(men, quota_question="gender", quota_answer="m")
    change(women, quota_question="gender", quota_answer="f")

    made = [sign_up(activity, pool=men, answers={"gender": key}) for key in ("f", "m", "f")]

    db.session.rollback()
    assert [one.pool_id for one in made] == [women.id, men.id, women.id]
    assert states(*made) == ["confirmed", "confirmed", "waitlisted"]
    assert refused(activity, pool=men, answers={"gender": "x"}) == Reason.UNKNOWN_POOL


# -- the window -----------------------------------------------------------------------------------------------------------------


def test_sign_up_is_possible_from_the_opening_instant_to_just_before_the_closing_instant(app, frozen):
    activity = make_activity(opens_in=timedelta(hours=1), closes_in=timedelta(hours=2))
    tick = timedelta(microseconds=1)
    opens, closes = NOW + timedelta(hours=1), NOW + timedelta(hours=2)

    frozen(opens - tick)
    assert refused(activity) == Reason.NOT_OPEN
    frozen(opens)
    assert states(sign_up(activity)) == ["confirmed"]
    frozen(closes - tick)
    assert states(sign_up(activity)) == ["confirmed"]
    frozen(closes)
    assert refused(activity) == Reason.CLOSED


def test_a_slots_own_window_lies_inside_the_activitys(app, frozen):
    activity = make_activity(opens_in=timedelta(hours=1), closes_in=timedelta(hours=4))
    slot = db.session.get_one(Slot, pool_of(activity).slot_id)
    change(slot, opens_at=NOW + timedelta(hours=2), closes_at=NOW + timedelta(hours=3))

    frozen(NOW + timedelta(hours=1, minutes=59))
    assert refused(activity) == Reason.NOT_OPEN
    frozen(NOW + timedelta(hours=2))
    assert states(sign_up(activity)) == ["confirmed"]
    frozen(NOW + timedelta(hours=3))
    assert refused(activity) == Reason.CLOSED


def test_what_is_in_progress_can_still_be_signed_up_for_and_what_has_ended_cannot(app, frozen):
    activity = make_activity(starts_in=timedelta(hours=1), lasts=timedelta(hours=2), closes_in=None)

    frozen(NOW + timedelta(hours=2))
    assert states(sign_up(activity)) == ["confirmed"]
    frozen(NOW + timedelta(hours=3))
    assert refused(activity) == Reason.ENDED


# -- what is not on -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"), [(ActivityStatus.CANCELLED, Reason.CANCELLED), (ActivityStatus.POSTPONED, Reason.POSTPONED)]
)
def test_an_activity_that_is_called_off_takes_nobody(app, status, reason):
    assert refused(make_activity(status=status)) == reason


@pytest.mark.parametrize(
    ("status", "reason"), [(SlotStatus.CANCELLED, Reason.CANCELLED), (SlotStatus.POSTPONED, Reason.POSTPONED)]
)
def test_a_slot_that_is_called_off_takes_nobody(app, status, reason):
    activity = make_activity()
    change(db.session.get_one(Slot, pool_of(activity).slot_id), status=status)

    assert refused(activity) == reason


def test_a_draft_does_not_exist_for_those_who_sign_up(app):
    draft = make_activity(status=ActivityStatus.DRAFT)

    with pytest.raises(NotFound):
        sign_up(draft)


def test_an_activity_or_person_that_does_not_exist_is_not_found(app):
    activity, person = make_activity(), make_person()

    for activity_id, person_id in ((activity.id + 1, person.id), (activity.id, person.id + 1)):
        with pytest.raises(NotFound), transaction():
            service.sign_up(activity_id, person_id, SignUpRequest(), kind=kind_of(activity))


def test_somebody_who_was_forgotten_while_the_form_was_on_its_way_is_not_signed_up(app):
    activity, person = make_activity(), make_person()
    change(person, erased_at=NOW)

    with pytest.raises(NotFound):
        sign_up(activity, person)


def test_slots_and_pools_of_another_activity_find_nothing(app):
    activity, other = make_activity(pools=2), make_activity()
    foreign_pool = pool_of(other)
    foreign_slot = db.session.get_one(Slot, foreign_pool.slot_id)

    assert refused(activity, pool=foreign_pool) == Reason.UNKNOWN_POOL
    assert refused(activity, slot=foreign_slot) == Reason.UNKNOWN_POOL
    assert refused(activity, slot=foreign_slot, pool=foreign_pool) == Reason.UNKNOWN_POOL


def test_where_there_are_several_slots_or_pools_one_must_be_named(app):
    pools, slots = make_activity(pools=2), make_activity()
    add_slot(slots, starts_in=timedelta(days=6))

    assert refused(pools) == Reason.UNKNOWN_POOL
    assert refused(slots) == Reason.UNKNOWN_POOL


def test_a_party_outside_the_activitys_bounds_is_refused(app):
    activity = make_activity(party_max=3)

    assert [refused(activity, party_size=size) for size in (0, -1, 4)] == [Reason.PARTY_TOO_LARGE] * 3
    assert states(sign_up(activity, party_size=3)) == ["confirmed"]


def test_a_kinds_own_refusal_is_judged_in_the_transaction(app):
    activity = make_activity()
    picky = ActivityKind(
        key="press",
        label_zh="",
        label_en="",
        icon="",
        refusal=lambda who: None if who.answers.get("age") == "30" else "只接受 30 岁的人。",
    )

    with pytest.raises(SignUpRefused) as caught, transaction():
        service.sign_up(activity.id, make_person().id, SignUpRequest(answers={"age": "17"}), kind=picky)

    assert (caught.value.reason, caught.value.words) == (Reason.INELIGIBLE, "只接受 30 岁的人。")


# -- one place per claim --------------------------------------------------------------------------------------------------------


def test_a_second_sign_up_finds_the_first_one(app):
    activity, person = make_activity(capacity=1), make_person()
    first = sign_up(activity, person)

    with pytest.raises(AlreadySignedUp) as caught:
        sign_up(activity, person, party_size=2)

    assert caught.value.sign_up.id == first.id
    assert counters(pool_of(activity)) == (1, 0)


@pytest.mark.parametrize("state", [State.PENDING, State.ENTERED, State.WAITLISTED, State.ATTENDED, State.NO_SHOW])
def test_every_live_or_used_sign_up_holds_its_claim(app, state):
    activity, person = make_activity(), make_person()
    held = make_sign_up(activity, person=person, state=state)

    with pytest.raises(AlreadySignedUp) as caught:
        sign_up(activity, person)

    assert caught.value.sign_up.id == held.id


@pytest.mark.parametrize("state", [State.WITHDRAWN, State.REMOVED, State.REJECTED, State.EXPIRED])
def test_after_an_end_without_a_place_one_may_sign_up_again(app, state):
    activity, person = make_activity(), make_person()
    make_sign_up(activity, person=person, state=state)

    again = sign_up(activity, person)

    assert states(again) == ["confirmed"]


def test_whoever_withdrew_and_signs_up_again_joins_at_the_end(app):
    activity, person = make_activity(capacity=1), make_person()
    first = sign_up(activity, person)
    waiting = sign_up(activity)
    withdraw(first)

    again = sign_up(activity, person)

    assert states(first, waiting, again) == ["withdrawn", "confirmed", "waitlisted"]


def test_timed_entry_gives_one_place_per_day_and_not_per_activity(app):
    activity = make_activity(kind="exhibition")
    day = db.session.get_one(Slot, pool_of(activity).slot_id)
    morning, noon = (add_slot(activity, parent=day, starts_in=timedelta(days=5, hours=hour)) for hour in (0, 1))
    next_day = add_slot(activity, starts_in=timedelta(days=6))
    person = make_person()

    first = sign_up(activity, person, slot=morning)
    with pytest.raises(AlreadySignedUp):
        sign_up(activity, person, slot=noon)
    other_day = sign_up(activity, person, slot=next_day)

    db.session.rollback()
    assert [(one.claim, one.session_id) for one in (first, other_day)] == [
        (f"slot:{day.id}", day.id),
        (f"slot:{next_day.id}", next_day.id),
    ]


def test_children_count_against_the_ceiling_of_their_session(app):
    activity = make_activity(kind="exhibition", approved_ceiling=3)
    day = db.session.get_one(Slot, pool_of(activity).slot_id)
    morning, noon = (add_slot(activity, parent=day, starts_in=timedelta(days=5, hours=hour)) for hour in (0, 1))

    made = [sign_up(activity, slot=slot, party_size=2) for slot in (morning, noon)]

    assert states(*made) == ["confirmed", "waitlisted"]
    db.session.rollback()
    assert day.heads == 2


def test_a_list_past_its_cutoff_keeps_nobody_out_of_a_later_slot_of_the_day(app, frozen):
    activity = make_activity(kind="exhibition", approved_ceiling=10, starts_in=timedelta(hours=1), lasts=timedelta(hours=9))
    change(activity, closes_at=None)
    day = db.session.get_one(Slot, pool_of(activity).slot_id)
    early = add_slot(activity, parent=day, starts_in=timedelta(hours=1), capacity=2)
    late = add_slot(activity, parent=day, starts_in=timedelta(hours=8), capacity=2)
    first = sign_up(activity, slot=early, party_size=2)
    sign_up(activity, slot=early)
    withdraw(first)  # less than two hours before the start: nobody is promoted any more

    newcomer = sign_up(activity, slot=late)

    assert states(newcomer) == ["confirmed"]


# -- the same form twice --------------------------------------------------------------------------------------------------------


def test_the_same_form_of_the_same_browser_gives_the_same_sign_up(app):
    activity, person, once = make_activity(), make_person(), Once("browser", "key")

    first = sign_up(activity, person, once=once)
    second = sign_up(activity, person, once=once)

    assert second.id == first.id
    assert counters(pool_of(activity)) == (1, 0)
    assert messages(first) == ["sign_up_confirmed"]


def test_the_answer_stays_the_same_when_the_sign_up_was_withdrawn_meanwhile(app):
    activity, person, once = make_activity(), make_person(), Once("browser", "key")
    first = sign_up(activity, person, once=once)
    withdraw(first)

    second = sign_up(activity, person, once=once)

    assert (second.id, states(second)) == (first.id, ["withdrawn"])


def test_a_key_answers_for_ten_minutes_and_then_is_a_new_form(app, frozen):
    activity, person, once = make_activity(), make_person(), Once("browser", "key")
    first = sign_up(activity, person, once=once)
    withdraw(first)

    frozen(NOW + timedelta(minutes=10) - timedelta(microseconds=1))
    assert sign_up(activity, person, once=once).id == first.id
    frozen(NOW + timedelta(minutes=10))
    again = sign_up(activity, person, once=once)
    repeated = sign_up(activity, person, once=once)

    assert again.id != first.id
    assert repeated.id == again.id


def test_a_key_says_nothing_in_another_browser(app):
    activity, person = make_activity(), make_person()
    first = sign_up(activity, person, once=Once("browser", "key"))

    with pytest.raises(AlreadySignedUp) as caught:
        sign_up(activity, person, once=Once("other browser", "key"))

    assert caught.value.sign_up.id == first.id


def test_a_key_of_somebody_else_or_of_another_activity_does_not_answer_for_it(app):
    activity, other, once = make_activity(), make_activity(), Once("browser", "key")
    person, next_person = make_person(), make_person()
    first = sign_up(activity, person, once=once)

    of_next_person = sign_up(activity, next_person, once=once)
    of_other = sign_up(other, next_person, once=once)

    assert len({first.id, of_next_person.id, of_other.id}) == 3
    assert sign_up(other, next_person, once=once).id == of_other.id


def test_what_a_key_was_answered_with_can_be_looked_up_before_anybody_is_known(app):
    activity, once = make_activity(), Once("browser", "key")

    assert service.answered(once) is None
    made = sign_up(activity, once=once)

    found = service.answered(once)
    assert found is not None
    assert found.id == made.id


def test_the_answer_already_signed_up_is_remembered_when_it_is_caught_inside_the_transaction(app):
    activity, person, once = make_activity(), make_person(), Once("browser", "key")
    first = sign_up(activity, person)
    with transaction(), pytest.raises(AlreadySignedUp):
        service.sign_up(activity.id, person.id, SignUpRequest(once=once), kind=kind_of(activity))
    withdraw(first)

    with pytest.raises(AlreadySignedUp) as caught:
        sign_up(activity, person, once=once)

    assert caught.value.sign_up.id == first.id


# -- answers and consents -------------------------------------------------------------------------------------------------------


def test_answers_are_kept_plain_and_sensitive_ones_sealed(app):
    activity = make_activity()
    make_question(activity, "company")
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    make_question(activity, "diet", required=False)

    made = sign_up(activity, answers={"company": "天津某厂", "id_number": "11010519491231002X", "diet": "", "is_admin": "1"})

    db.session.rollback()
    rows = db.session.scalars(sa.select(Answer).order_by(Answer.id)).all()
    assert [(row.question_key, row.plain, row.sealed is not None) for row in rows] == [
        ("company", "天津某厂", False),
        ("id_number", None, True),
    ]
    assert b"11010519491231002X" not in (rows[1].sealed or b"")
    assert answering.read_all(made.id) == {"company": "天津某厂", "id_number": "11010519491231002X"}


def test_a_sealed_answer_opens_in_its_own_row_only(app):
    activity = make_activity()
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    first, second = (sign_up(activity, answers={"id_number": number}) for number in ("1", "2"))
    rows = {row.sign_up_id: row for row in db.session.scalars(sa.select(Answer))}
    change(rows[second.id], sealed=rows[first.id].sealed)

    with pytest.raises(SealBroken):
        answering.read_all(second.id)


def test_a_file_is_kept_sealed_with_its_name_and_size(app):
    activity = make_activity()
    make_question(activity, "cv", type_="file")
    upload = AnswerUpload("简历.pdf", "application/pdf", b"%PDF-1.7 canary")

    made = sign_up(activity, files={"cv": upload, "virus": upload})

    db.session.rollback()
    [file] = db.session.scalars(sa.select(AnswerFile)).all()
    assert (file.sign_up_id, file.question_key, file.name, file.size) == (made.id, "cv", "简历.pdf", 15)
    assert b"canary" not in file.sealed
    assert answering.read_file(file) == b"%PDF-1.7 canary"


def test_consents_are_written_under_the_notice_that_was_shown(app):
    activity = make_activity()
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE)
    make_question(activity, "company")
    notice = notice_of(activity, list(db.session.scalars(sa.select(Question).order_by(Question.position))))

    made = sign_up(
        activity, answers={"id_number": "1"}, consents=["id_number", "company", "nothing"], notice_version=notice.version
    )

    db.session.rollback()
    given = db.session.scalars(sa.select(Consent).order_by(Consent.id)).all()
    assert [(one.account_id, one.sign_up_id, one.question_key) for one in given] == [
        (made.person_id, made.id, None),
        (made.person_id, made.id, "id_number"),
    ]


def test_a_notice_that_changed_since_it_was_shown_must_be_shown_again(app):
    activity = make_activity()
    make_question(activity, "company")

    assert refused(activity, answers={"company": "x"}, notice_version="0123456789abcdef") == Reason.NOTICE_CHANGED
    assert db.session.scalars(sa.select(SignUp)).all() == []


# -- staff at the counter -------------------------------------------------------------------------------------------------------


def test_what_staff_do_for_somebody_is_recorded_and_what_people_do_themselves_is_not(app):
    activity, person, member = make_activity(), make_person(), make_staff()
    person_id, member_id = person.id, member.id

    own = sign_up(activity)
    made = sign_up(activity, person, actor_id=member_id)
    withdraw(made, actor_id=member_id)
    withdraw(own)

    db.session.rollback()
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.actor_id, one.subject, one.subject_id, one.activity_id) for one in entries] == [
        ("sign_up.make", member_id, "sign_up", made.id, activity.id),
        ("sign_up.withdraw", member_id, "sign_up", made.id, activity.id),
    ]
    assert db.session.get_one(Account, person_id).kind == "person"
