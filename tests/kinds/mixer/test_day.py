"""A mixer's afternoon: numbers at the door, tables of who is there, keeping away, and the window for choosing."""

import threading
from datetime import time, timedelta
from random import Random
from time import sleep as pause

import pytest
from sqlalchemy import func, select

from festival.checkin.models import Scan
from festival.checkin.rules import Way
from festival.kinds.mixer import choosing, queries, service
from festival.kinds.mixer.models import Choice, Guest
from festival.kinds.mixer.rules import Complaint, MixerRefused, Row, draw_number, read_number, read_said
from festival.kinds.mixer.service import two_groups
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme.kinds import kind_of
from festival.programme.locking import lock_activity
from festival.programme.models import Activity
from festival.signups import service as signups
from festival.signups.models import SignUp
from festival.signups.rules import SignUpRefused, State
from festival.signups.service import EditRequest, SignUpRequest
from tests.builders import make_person, make_sign_up, make_staff, pool_of
from tests.kinds.mixer.phone import CLOSES, OPENS, REVEAL, Phone, guest, guests, label, make_mixer, phones, scan, undo
from tests.seed.programme import loaded

SECOND = timedelta(seconds=1)
SQLITE_ONLY = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture
def mixer(app, frozen):
    return make_mixer()


def plan(mixer, actor):
    with transaction():
        return service.plan(mixer.id, actor_id=actor)


def tables(mixer):
    """Return by round the pairs of labels, and who sits out."""
    db.session.rollback()
    names = {one.id: two_groups(mixer.id).label(one) for one in queries.guests(mixer.id)}
    found: dict[int, set[tuple[str, ...]]] = {}
    for meeting in queries.meetings(mixer.id):
        pair = tuple(names.get(person or 0, "") for person in (meeting.left_id, meeting.right_id))
        found.setdefault(meeting.round, set()).add(pair)
    return found


def worn(word):
    found = read_number(word)
    assert found is not None
    return found


def pairs_found(mixer):
    db.session.rollback()
    run = queries.run(mixer.id)
    assert run is not None
    return run.pairs


def refused(reason):
    return pytest.raises(MixerRefused, match=f"^{reason}$")


# -- numbers -----------------------------------------------------------------------------------------------------------------


def test_numbers_are_drawn_from_all_that_are_free():
    chance = Random(7)
    assert {draw_number(set(), 40, chance) for _ in range(600)} == set(range(1, 41))
    assert draw_number({1, 3}, 3, chance) == 2
    assert draw_number({1, 2, 3}, 3, chance) == 4  # somebody is let in beyond the places
    assert draw_number({1, 2}, None, chance) == 3
    assert [read_number(typed) for typed in ("m7", "Ｆ 07", "F-012", "F0", "7", "FF1", "F1234", "")] == [
        ("M", 7), ("F", 7), ("F", 12), None, None, None, None, None,
    ]  # fmt: skip
    assert [read_said(typed) for typed in ("f7", "123 456", "12345", "123456789", "我")] == ["F07", "123456", None, None, None]


def test_a_number_is_given_with_the_first_scan_at_random_once_and_kept(mixer):
    men, women = guests(mixer, 9, 2)
    came = [guest(one).number for one in men]

    assert sorted(set(came)) == sorted(came)
    assert all(1 <= number <= 40 for number in came)
    assert came != sorted(came)  # 1 in 362,880 that chance says otherwise
    first = label(women[0])
    undo(women[0], scan(women[0], Way.OUT))
    scan_id = scan(women[1], Way.OUT)
    undo(women[1], scan_id)
    assert label(women[0]) == first
    with transaction():
        assert service.give_number(women[0]).number == guest(women[0]).number
    assert db.session.scalar(select(func.count()).select_from(Guest)) == 11


def test_somebody_who_is_not_let_in_gets_no_number_and_an_undone_scan_takes_all_but_the_number(mixer):
    late = make_sign_up(mixer, state=State.WAITLISTED)
    here, _ = guests(mixer, 1, 0, here=False)
    assert scan(late) == 0
    scan_id = scan(here[0])
    phone = Phone(here[0]).register()
    undo(here[0], scan_id)

    clock.freeze(OPENS)
    with refused("not_here"):
        phone.choose()
    with refused("not_here"), transaction():
        service.block(here[0], "F", 1)
    assert queries.guest_of(late.id) is None
    scan(here[0])
    phone.choose()


def test_gates_that_scan_at_the_same_moment_never_give_a_number_twice(app, mixer):
    mixer_id = mixer.id
    with transaction():
        for index in (0, 1):
            db.session.merge(pool_of(mixer, index)).capacity = 6
    men, _ = guests(mixer, 6, 0, here=False)
    ids, start = [one.id for one in men], threading.Barrier(6)

    def gate(sign_up_id):
        with app.app_context():
            sign_up = db.session.get_one(SignUp, sign_up_id)
            start.wait()
            scan(sign_up)
            db.session.remove()

    workers = [threading.Thread(target=gate, args=(one,)) for one in ids]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    db.session.rollback()
    assert sorted(queries.numbers_taken(pool_of(mixer).id)) == [1, 2, 3, 4, 5, 6]
    assert len(queries.guests(mixer_id)) == 6


# -- tables ------------------------------------------------------------------------------------------------------------------


def test_the_plan_is_made_for_who_is_there_and_keeps_acquaintances_apart(mixer):
    actor = make_staff().id
    men, women = guests(mixer, 9, 9, here=False)
    with transaction():
        service.know(men[0], women[0].digits)  # by ticket, before anybody has come
    for one in (*men[:8], *women[:8]):
        scan(one)
    with transaction():
        service.know(women[1], label(men[1]))
    scan(men[7], Way.OUT)

    last = plan(mixer, actor)

    assert last == 8
    pairs = [pair for round_ in tables(mixer).values() for pair in round_ if all(pair)]
    assert len(pairs) == len(set(pairs)) >= 7 * 8 - 4  # the last rounds of so few people may not fill all the tables
    assert {person for pair in pairs for person in pair} == {label(one) for one in (*men[:7], *women[:8])}
    assert not {(label(men[0]), label(women[0])), (label(men[1]), label(women[1]))} & set(pairs)
    with refused("planned"), transaction():
        service.know(men[2], "F01")


def test_rounds_that_have_begun_stay_and_the_rest_is_planned_anew_for_who_is_there_now(mixer):
    actor = make_staff().id
    men, women = guests(mixer, 8, 8, here=False)
    for one in (*men[:7], *women[:7]):
        scan(one)
    plan(mixer, actor)
    for number in (1, 2):
        with transaction():
            service.begin_round(mixer.id, number, actor_id=actor)
    before = tables(mixer)
    scan(men[0], Way.OUT)
    for one in (men[7], women[7]):
        scan(one)

    last = plan(mixer, actor)

    after = tables(mixer)
    assert {number: after[number] for number in (1, 2)} == {number: before[number] for number in (1, 2)}
    to_come = [pair for number, pairs in after.items() if number > 2 for pair in pairs]
    assert not [pair for pair in to_come if label(men[0]) in pair]
    assert len([pair for pair in to_come if label(men[7]) in pair]) == last - 2
    every = [pair for pairs in after.values() for pair in pairs if all(pair)]
    assert len(every) == len(set(every))
    with refused("no_more_rounds"), transaction():
        service.begin_round(mixer.id, 4, actor_id=actor)
    with transaction():
        service.begin_round(mixer.id, 1, actor_id=actor)  # a slip of the finger is taken back
    with transaction():
        service.set_times(mixer.id, time(16, 40), time(17), time(17, 10), rounds=1, minutes_per_round=5, actor_id=actor)
    with refused("no_more_rounds"):
        plan(mixer, actor)


@SQLITE_ONLY
def test_nobody_is_planned_while_a_group_is_empty_and_who_was_let_in_before_it_was_a_mixer_gets_a_number(mixer):
    actor = make_staff().id
    guests(mixer, 1, 0)
    early = make_sign_up(mixer, pool=pool_of(mixer, 1))
    with transaction():
        db.session.get_one(Activity, mixer.id).kind = "press"
    scan(early)
    with transaction():
        db.session.get_one(Activity, mixer.id).kind = "mixer"
        assert queries.guest_of(early.id) is None

    assert plan(mixer, actor) == 1
    assert label(early).startswith("F")
    scan(early, Way.OUT)
    with refused("nobody"):
        plan(mixer, actor)


@SQLITE_ONLY
def test_a_block_moves_the_one_round_to_come_in_which_two_would_have_met_and_nothing_else(mixer):
    actor = make_staff().id
    men, women = guests(mixer, 6, 6)
    plan(mixer, actor)
    before = tables(mixer)
    number, (left, right) = next(
        (number, pair) for number, pairs in before.items() for pair in sorted(pairs) if number == 5 and all(pair)
    )
    his = next(one for one in men if label(one) == left)

    with transaction():
        service.block(his, *worn(right))

    after = tables(mixer)
    assert {n: after[n] for n in after if n != number} == {n: before[n] for n in before if n != number}
    assert (left, right) not in after[number]
    assert {person for pair in after[number] for person in pair if person} == {label(one) for one in (*men, *women)}


# -- choosing ----------------------------------------------------------------------------------------------------------------


def test_two_who_choose_each_other_see_each_other_and_what_each_ticked_and_nobody_else_sees_anything(mixer):
    (one, two, third), (her, other) = phones(mixer, 3, 2)
    clock.freeze(OPENS)
    one.choose(her, other, contact={"name": "小王", "wechat": "wang_01"})
    her.choose(one, contact={"phone": "13800138000"})
    two.choose(her)  # is not chosen back
    third.choose()
    clock.freeze(REVEAL - SECOND)
    with refused("not_yet"):
        one.result()
    clock.freeze(REVEAL)

    assert one.result() == {her.label: {"phone": "13800138000"}}
    assert her.result() == {one.label: {"name": "小王", "wechat": "wang_01"}}
    assert [phone.result() for phone in (two, third, other)] == [{}, {}, {}]
    db.session.rollback()
    assert (pairs_found(mixer), db.session.scalar(select(func.count()).select_from(Choice))) == (1, 0)
    told = set(db.session.scalars(select(Message.subject_id).where(Message.kind == "mixer_result")))
    assert told == {phone.sign_up.id for phone in (one, two, third, her, other)}  # all alike


def test_the_window_is_judged_to_the_second_after_the_lock(app, mixer):
    (one,), (her,) = phones(mixer, 1, 1)
    clock.freeze(OPENS - SECOND)
    with refused("not_open"):
        one.choose(her)
    clock.freeze(CLOSES - SECOND)
    one.choose(her)
    her_id, rows, answers = her.sign_up.id, her.rows(one), []
    waiting = threading.Event()

    def late():
        with app.app_context():
            sign_up = db.session.get_one(SignUp, her_id)
            waiting.set()
            try:
                with transaction():
                    choosing.choose(sign_up, rows)
                answers.append("taken")
            except MixerRefused as no:
                answers.append(no.reason.value)
            db.session.remove()

    worker = threading.Thread(target=late)
    with transaction():
        lock_activity(mixer.id)
        worker.start()
        waiting.wait()
        pause(0.2)
        clock.freeze(CLOSES)  # it strikes while she waits for the lock
    worker.join()

    assert answers == ["closed"]
    with transaction():
        assert choosing.settle(mixer.id) == 0
    with transaction():
        assert choosing.settle(mixer.id) is None


def test_at_closing_time_every_choice_is_either_refused_or_counted(app, mixer):
    men, women = phones(mixer, 5, 5)
    clock.freeze(CLOSES - SECOND)
    for her, his in zip(women, men, strict=True):
        her.choose(his)
    jobs = [(his.sign_up.id, his.rows(her)) for his, her in zip(men, women, strict=True)]
    answers, start = [], threading.Barrier(6)

    def chooser(sign_up_id, rows):
        with app.app_context():
            sign_up = db.session.get_one(SignUp, sign_up_id)
            start.wait()
            try:
                with transaction():
                    choosing.choose(sign_up, rows)
                answers.append(True)
            except MixerRefused:
                answers.append(False)
            db.session.remove()

    def bell():
        with app.app_context():
            start.wait()
            clock.freeze(CLOSES)
            while not db.session.execute(select(func.count()).select_from(Guest)).scalar():
                pass
            with transaction():
                choosing.settle(mixer_id)
            db.session.remove()

    mixer_id = mixer.id
    workers = [threading.Thread(target=chooser, args=job) for job in jobs] + [threading.Thread(target=bell)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    db.session.rollback()
    assert len(answers) == 5
    assert pairs_found(mixer) == sum(answers)


@SQLITE_ONLY
def test_only_a_phone_that_is_there_with_a_key_and_three_rows_can_choose(mixer):
    (one, two), (her,) = phones(mixer, 2, 1)
    keyless = guests(mixer, 1, 0)[0][0]
    clock.freeze(OPENS)
    good = one.rows(her)
    wrong = [
        good[:2],
        [*good, Row(b"x" * 32, good[0].sealed)],
        [good[0], good[0], good[1]],
        [Row(good[0].tag[:31], good[0].sealed), *good[1:]],
        [Row(good[0].tag, good[0].sealed + b"x"), *good[1:]],
        [],
    ]
    for rows in wrong:
        with refused("rows_bad"), transaction():
            choosing.choose(one.sign_up, rows)
    with refused("no_key"), transaction():
        choosing.choose(keyless, good)
    for key in (b"", b"\x04" + b"\x01" * 64, one.public[:33], b"\x04" + b"\0" * 64, two.public):
        with refused("key_bad"), transaction():
            choosing.register_key(keyless, key)
    y = int.from_bytes(two.public[33:])
    with refused("key_bad"), transaction():  # the one other point with the same secrets
        choosing.register_key(keyless, two.public[:33] + (choosing._P - y).to_bytes(32))
    db.session.rollback()
    assert queries.choosers(mixer.id) == 0


def test_a_phone_can_be_replaced_until_people_choose_and_a_latecomer_may_still_come(mixer):
    (lost,), (her,) = phones(mixer, 1, 1)
    again = Phone(lost.sign_up).register()
    clock.freeze(OPENS)
    with refused("key_fixed"):
        Phone(lost.sign_up).register()
    again.register()  # the same key again changes nothing
    late = Phone(guests(mixer, 1, 0)[0][0]).register()
    her.choose(late, again)
    late.choose(her)
    lost.pads = again.pads
    lost.choose(her)  # with the old key: no tag of hers
    clock.freeze(REVEAL)

    assert (her.result(), again.result()) == ({late.label: {}}, {})


@SQLITE_ONLY
def test_a_changed_mind_counts_and_everything_can_be_taken_back_before_and_after(mixer):
    (one, two), (her,) = phones(mixer, 2, 1)
    clock.freeze(OPENS)
    one.choose(her)
    one.choose()
    two.choose(her)
    her.choose(one, two)
    clock.freeze(REVEAL)
    assert (her.result(), one.result()) == ({two.label: {}}, {})

    with transaction():
        choosing.take_back(two.sign_up)

    assert (her.result(), two.result()) == ({}, {})
    db.session.rollback()
    assert pairs_found(mixer) == 1  # the count of what was found stays


def test_a_block_shows_no_result_before_or_after_and_a_report_reaches_the_organizers_sealed(mixer):
    (one, two), (her, other) = phones(mixer, 2, 2)
    with transaction():
        service.block(her.sign_up, *worn(one.label))
        letter, number = worn(one.label)
        for may_be_asked in (False, True):  # pressed twice
            service.report(her.sign_up, letter, number, Complaint.HARASSMENT, "他不停追问住址", may_be_asked=may_be_asked)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one, two)
    two.choose(her, other)
    other.choose(two)
    clock.freeze(REVEAL)
    assert (her.result(), one.result(), set(two.result())) == ({two.label: {}}, {}, {her.label, other.label})

    with transaction():
        service.block(other.sign_up, *worn(two.label))

    assert (other.result(), set(two.result())) == ({}, {her.label})
    (report,) = queries.reports(mixer.id)
    assert "住址".encode() not in (report.sealed or b"")
    assert report.may_be_asked


@SQLITE_ONLY
def test_a_tag_that_was_lent_to_a_third_is_nobodys(mixer):
    (one, two), (her,) = phones(mixer, 2, 1)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one)
    lent = next(row for row in her.rows(one) if row.tag == her.tag(one.public))
    with transaction():
        choosing.choose(two.sign_up, [lent, *two.rows()[:2]])
    clock.freeze(REVEAL)

    assert [phone.result() for phone in (one, two, her)] == [{}, {}, {}]


@SQLITE_ONLY
def test_two_who_send_the_same_three_rows_are_one_pair(mixer):
    (one,), (her,) = phones(mixer, 1, 1)
    clock.freeze(OPENS)
    rows = one.rows(her)
    for phone in (one, her):
        with transaction():
            choosing.choose(phone.sign_up, rows)
    clock.freeze(REVEAL)
    with transaction():
        assert choosing.settle(mixer.id) == 1


@SQLITE_ONLY
def test_a_mixer_that_was_put_off_or_broken_off_opens_again_on_its_new_day(mixer):
    actor = make_staff().id
    with transaction():
        service.set_times(mixer.id, time(16, 40), time(17), time(17, 10), rounds=8, minutes_per_round=6, actor_id=actor)
    clock.freeze(REVEAL)
    assert queries.unsettled() == []  # nobody came
    with transaction():
        assert choosing.settle(mixer.id) is None
    clock.freeze(OPENS - timedelta(hours=3))
    (one,), (her,) = phones(mixer, 1, 1)
    clock.freeze(CLOSES)
    assert queries.unsettled() == [mixer.id]
    with transaction():
        assert choosing.settle(mixer.id) == 0
    with transaction():
        for slot in db.session.get_one(Activity, mixer.id).slots:
            slot.starts_at += timedelta(days=7)
            slot.ends_at += timedelta(days=7)

    clock.freeze(OPENS + timedelta(days=7))
    one.choose(her)
    her.choose(one)
    clock.freeze(REVEAL + timedelta(days=7))
    assert (one.result(), pairs_found(mixer)) == ({her.label: {}}, 1)


def test_two_who_find_each_other_again_after_a_broken_off_day_pass_on_what_they_choose_now(mixer):
    (one,), (her,) = phones(mixer, 1, 1)
    for days, name in ((0, "before"), (7, "now")):
        clock.freeze(OPENS + timedelta(days=days))
        one.choose(her, contact={"name": name})
        her.choose(one)
        clock.freeze(CLOSES + timedelta(days=days))
        with transaction():
            assert choosing.settle(mixer.id) == 1
        if not days:
            with transaction():
                for slot in db.session.get_one(Activity, mixer.id).slots:
                    slot.starts_at += timedelta(days=7)
                    slot.ends_at += timedelta(days=7)

    clock.freeze(REVEAL + timedelta(days=7))
    assert her.result() == {one.label: {"name": "now"}}


@SQLITE_ONLY
def test_whose_check_in_was_taken_back_has_chosen_nobody_and_is_shown_to_nobody(mixer):
    (one,), (her,) = phones(mixer, 1, 1)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one)
    undo(one.sign_up, db.session.scalars(select(Scan.id).where(Scan.sign_up_id == one.sign_up.id)).one())
    clock.freeze(REVEAL)

    assert (her.result(), pairs_found(mixer)) == ({}, 0)
    assert db.session.scalar(select(func.count()).select_from(Choice)) == 0


# -- who may come ------------------------------------------------------------------------------------------------------------


@SQLITE_ONLY
def test_the_age_band_is_judged_inside_the_transaction_also_when_an_answer_is_changed(app, frozen):
    loaded()
    clock.freeze(clock.local(OPENS.replace(day=6)))
    mixer = db.session.scalars(select(Activity).where(Activity.slug == "mixer")).one()
    kind = kind_of(mixer)

    def answers(year):
        pledges = {"single": "1", "match_consent": "1"}
        return {"gender": "f", "birth_year": year, "education": "master", "employer": "设计院", **pledges}

    def sign_up(year):
        person = make_person()
        with transaction():
            asked = SignUpRequest(name="李晨", answers=answers(year), consents=frozenset({"single", "match_consent"}))
            return signups.sign_up(mixer.id, person.id, asked, kind=kind)

    made = {year: sign_up(year).state for year in ("1988", "2001")}
    for year in ("1987", "2002", "abcd", ""):
        with pytest.raises(SignUpRefused, match="ineligible"):
            sign_up(year)
    young = sign_up("1995")
    change = EditRequest(1, "李晨", answers("2005"), {}, frozenset({"single", "match_consent"}), young.revision)
    with pytest.raises(SignUpRefused, match="ineligible"), transaction():
        signups.edit(young.id, change)

    assert made == {"1988": State.PENDING, "2001": State.PENDING}
    assert mixer.balance_tolerance == 2


def test_whoever_waits_is_promoted_in_pairs_within_the_tolerance(mixer):
    """Three men wait behind three with a place; two women, of whom nobody waits. One man more than women is tolerated."""
    with transaction():
        found = db.session.get_one(Activity, mixer.id)
        found.balance_tolerance, found.promotion_cutoff_minutes = 1, 0
        db.session.merge(pool_of(mixer)).capacity = 3
    clock.freeze(OPENS - timedelta(hours=6))
    men, women = guests(mixer, 3, 2, here=False)
    waiting = [make_sign_up(mixer, pool=pool_of(mixer), state=State.WAITLISTED) for _ in range(2)]

    def leave(sign_up):
        with transaction():
            return [one.id for one in signups.withdraw(sign_up.id, even_late=True)]

    assert leave(women[0]) == []  # three men, one woman: nobody is put out
    assert leave(men[0]) == []  # two men: a third would be two ahead
    assert leave(men[1]) == [waiting[0].id]  # one man, one woman
    late = make_sign_up(mixer, pool=pool_of(mixer, 1))
    with transaction():
        assert [one.id for one in signups.sweep(mixer.id)] == [waiting[1].id]
    assert late.state == State.CONFIRMED
