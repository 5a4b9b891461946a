"""A forum inside the database: break-outs, versions of the agenda, saving, certificates, and what is forgotten."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from festival.accounts import personal
from festival.accounts.personal import Moment
from festival.authoring import service as authoring
from festival.authoring.service import Clone
from festival.checkin.rules import Way
from festival.kinds.forum import messages, queries, service
from festival.kinds.forum.models import ForumCertificate, ForumNews, ForumSaved, ForumVersion
from festival.kinds.forum.rules import ForumReason, ForumRefused
from festival.ledger import doctor
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import speaking
from festival.notices.render import told_in_words
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.plans import service as plans
from festival.programme.kinds import HallSize
from festival.programme.service import SlotEdit, Span
from festival.roster import queries as rosters
from festival.roster.rules import Wanted
from festival.seats import queries as halls
from festival.seats import service as seats
from festival.signups import service as engine
from festival.signups.models import SignUp
from festival.signups.rules import Reason, SignUpRefused, State
from tests.builders import make_person, make_staff
from tests.kinds.forum.halls import BEGIN, NOW, book, guest, make_forum, move, publish, scan
from tests.signups.engine import sign_up, withdraw

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def refusal(act) -> Reason | ForumReason:
    with pytest.raises((SignUpRefused, ForumRefused)) as refused, transaction():
        act()
    db.session.rollback()
    assert isinstance(refused.value.reason, Reason | ForumReason)
    return refused.value.reason


def told(kind: str = "forum_agenda_changed") -> list[int | None]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.account_id).where(Message.kind == kind).order_by(Message.account_id)))


def state_of(one: SignUp) -> str:
    db.session.rollback()
    return db.session.get_one(SignUp, one.id).state.value


# -- break-outs ------------------------------------------------------------------------------------------------------------------


def test_a_break_out_needs_a_place_in_the_forum_and_one_can_be_booked_at_a_time(app):
    forum = make_forum()
    placed, waiting = guest(forum), guest(forum, state=State.PENDING)
    stranger = make_person()
    break_out = queries.break_outs(forum.id)["one"]

    assert refusal(lambda: service.book(forum.id, waiting.person_id, "one")) == Reason.NEEDS_PLACE
    assert refusal(lambda: service.book(forum.id, stranger.id, "one")) == Reason.NEEDS_PLACE
    # Not even by the form of the forum, with the id of the break-out put into it.
    assert refusal(lambda: sign_up(forum, stranger, slot=break_out.slot, pool=break_out.pool)) == Reason.NEEDS_PLACE
    booked = book(forum, placed)
    assert (booked.state, booked.claim) == (State.CONFIRMED, f"slot:{break_out.slot.id}")
    assert refusal(lambda: service.book(forum.id, placed.person_id, "two")) == Reason.OVERLAP
    with pytest.raises(NotFound), transaction():
        service.book(forum.id, placed.person_id, "talk")


def doctor_finds() -> list[str]:
    db.session.rollback()
    return [fault for finding in doctor.examine() for fault in finding.faults]


def test_switching_keeps_the_old_place_until_the_new_one_is_sure(app):
    forum = make_forum()
    one, other, third = guest(forum), guest(forum), guest(forum)
    mine, theirs = book(forum, one, "one"), book(forum, other, "two")

    assert refusal(lambda: service.book(forum.id, one.person_id, "two", instead=True)) == Reason.FULL
    assert (state_of(mine), state_of(theirs)) == ("confirmed", "confirmed")
    queued = book(forum, third, "one")
    withdraw(theirs)
    moved = book(forum, one, "two", instead=True)

    assert [state_of(each) for each in (mine, moved, queued)] == ["withdrawn", "confirmed", "confirmed"]


def test_who_leaves_the_forum_leaves_its_break_outs_in_the_same_transaction_and_the_list_is_served(app):
    forum = make_forum()
    leaving, removed, waiting, last = guest(forum), guest(forum), guest(forum), guest(forum)
    theirs, hers = book(forum, leaving, "one"), book(forum, removed, "two")
    next_one, next_two = book(forum, waiting, "one"), book(forum, last, "two")
    assert [state_of(one) for one in (next_one, next_two)] == ["waitlisted", "waitlisted"]

    withdraw(leaving)
    with transaction():
        engine.remove(removed.id, "名额调整", actor_id=make_staff().id)

    assert [state_of(one) for one in (theirs, hers, next_one, next_two)] == ["withdrawn", "removed", "confirmed", "confirmed"]
    assert db.session.get_one(SignUp, hers.id).reason == "名额调整"
    assert doctor_finds() == []
    # The same people once more are no further guests, and no duty: the roster and the absences leave them out.
    page = rosters.page(forum.id, Wanted(), (), clock.now(), by_name=True)
    assert page.total == 4


def test_the_last_place_of_a_break_out_goes_to_one_of_many_who_press_at_once(app):
    forum = make_forum(seats=1)
    people = [guest(forum).person_id for _ in range(6)]
    gate, outcomes = threading.Barrier(len(people)), []

    def press(person_id: int) -> None:
        with app.app_context():
            gate.wait()
            with transaction():
                made = service.book(forum.id, person_id, "one")
                state = made.state
            outcomes.append(state.value)

    threads = [threading.Thread(target=press, args=(person_id,)) for person_id in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    db.session.rollback()
    places = queries.break_outs(forum.id)["one"].places
    assert sorted(outcomes) == ["confirmed", *["waitlisted"] * 5]
    assert (places.taken, places.waiting) == (1, 5)
    assert doctor_finds() == []


# -- versions --------------------------------------------------------------------------------------------------------------------


def test_only_who_booked_or_saved_what_moved_is_told_once_and_in_words(app):
    forum, staff = make_forum(), make_staff().id
    booker, saver, both, elsewhere = (guest(forum) for _ in range(4))
    booked = book(forum, booker, "one")
    with transaction():
        for person, key in ((saver, "one"), (both, "one"), (both, "talk"), (elsewhere, "talk")):
            service.save(forum.id, person.person_id, key)
            service.save(forum.id, person.person_id, key)  # pressed twice
    assert len(db.session.scalars(select(ForumSaved)).all()) == 4

    done = publish(forum, move(forum, "one", by=30, staff=staff), staff=staff, note="设备调试")

    assert done == service.Published(2, 3)
    assert told() == sorted([booker.person_id, saver.person_id, both.person_id])
    slot = queries.break_outs(forum.id)["one"].slot
    assert (slot.starts_at, slot.sequence, slot.moved_at) == (BEGIN + timedelta(hours=5), 1, NOW)
    assert state_of(booked) == "confirmed"
    news = db.session.scalars(select(ForumNews).where(ForumNews.person_id == saver.person_id)).one()
    with speaking("zh"):
        message = messages.MESSAGES[0].tell(news.id, saver.person_id)
        assert message is not None
        words = told_in_words(messages.MESSAGES[0], message)
    assert "“题one”时间由 13:30–15:30 改为 14:00–16:00" in words.long
    assert "设备调试" in words.long
    assert message.path == "/activities/forum/agenda"
    assert len(words.short) <= 70
    assert doctor_finds() == []


def test_changes_before_anybody_was_told_are_told_at_once_as_they_are_now(app):
    forum, staff = make_forum(), make_staff().id
    with transaction():
        service.save(forum.id, guest(forum).person_id, "one")
        service.save(forum.id, guest(forum).person_id, "two")
    publish(forum, move(forum, "one", by=30, staff=staff), staff=staff)
    publish(forum, move(forum, "one", by=30, staff=staff), staff=staff)
    publish(forum, move(forum, "two", by=15, staff=staff), staff=staff)
    deliver_due()
    db.session.rollback()
    publish(forum, move(forum, "one", by=-60, staff=staff), staff=staff)
    deliver_due()
    db.session.rollback()

    rows = db.session.execute(
        select(Message.state, Message.text).where(Message.kind == "forum_agenda_changed").order_by(Message.id)
    )
    states, texts = zip(*rows, strict=True)
    assert states == ("dropped", "sent", "sent", "sent")
    lines = [[line for line in text.splitlines() if line.startswith("·")] for text in texts]
    assert [len(one) for one in lines] == [0, 1, 1, 1]
    assert "“题one”时间由 13:30–15:30 改为 14:30–16:30" in lines[1][0]
    assert "“题one”时间由 14:30–16:30 改为 13:30–15:30" in lines[3][0]


def test_words_alone_and_what_nobody_wants_are_told_to_nobody(app):
    forum, staff = make_forum(), make_staff().id
    with transaction():
        service.save(forum.id, guest(forum).person_id, "talk")
    move(forum, "talk", staff=staff, title_zh="新题目")

    done = publish(forum, move(forum, "two", by=15, staff=staff), staff=staff)

    assert (done, told()) == (service.Published(2, 0), [])


def test_clashes_and_a_stale_preview_keep_a_draft_from_being_published_and_readers_see_nothing_of_it(app):
    forum, staff = make_forum(), make_staff().id
    seen = move(forum, "two", room=2, staff=staff)  # into the room of the other one

    assert refusal(lambda: service.publish(forum.id, seen=seen, actor_id=staff)) == ForumReason.CLASHES
    again = move(forum, "two", room=1, staff=staff)
    assert refusal(lambda: service.publish(forum.id, seen=seen, actor_id=staff)) == ForumReason.CHANGED_MEANWHILE
    latest = queries.latest(forum.id)
    assert latest is not None
    assert {one.key: one.room.name_zh for one in latest.sessions}["two"] == "3号厅"
    assert publish(forum, again, staff=staff).n == 2
    assert refusal(lambda: service.publish(forum.id, seen=again, actor_id=staff)) == ForumReason.NOTHING_CHANGED
    db.session.add_all([ForumVersion(activity_id=forum.id, n=8), ForumVersion(activity_id=forum.id, n=9)])
    with pytest.raises(IntegrityError):  # the database itself keeps one draft
        db.session.flush()
    db.session.rollback()


def test_a_break_out_taken_out_of_the_agenda_is_called_off_and_who_booked_it_is_told_so_alone(app):
    forum, staff = make_forum(), make_staff().id
    booker, saver = guest(forum), guest(forum)
    book(forum, booker, "one")
    with transaction():
        service.save(forum.id, saver.person_id, "one")
        service.remove_session(forum.id, "one", actor_id=staff)
    draft = queries.draft(forum.id)
    assert draft is not None

    assert service.preview(forum.id, NOW).told == 2
    assert publish(forum, draft.revision, staff=staff, note="嘉宾未能到场").told == 2

    assert (told(), told("activity_cancelled")) == ([saver.person_id], [booker.person_id])
    assert queries.break_outs(forum.id)["one"].slot.status == "cancelled"
    assert book(forum, booker, "two").state == State.CONFIRMED  # what is off is in nobody's way


# -- certificates ----------------------------------------------------------------------------------------------------------------


def test_hours_are_certified_once_to_who_was_scanned_in_and_out_and_stayed(app, frozen):
    forum, staff = make_forum(), make_staff()
    stayed, short, inside, absent = (guest(forum, name="李测试") for _ in range(4))
    for one in (stayed, short, inside):
        scan(one, Way.IN, BEGIN - timedelta(minutes=10), staff)
    scan(short, Way.OUT, BEGIN + timedelta(hours=2), staff)
    frozen(BEGIN + timedelta(hours=7))
    assert refusal(lambda: service.issue(stayed.id)) == ForumReason.NOT_OVER
    scan(stayed, Way.OUT, BEGIN + timedelta(hours=8, minutes=5), staff)
    frozen(BEGIN + timedelta(hours=9))

    reasons = [refusal(lambda one=one: service.issue(one.id)) for one in (short, inside, absent)]
    with transaction():
        first = service.issue(stayed.id).number
    with transaction():
        again = service.issue(stayed.id).number

    assert reasons == [ForumReason.TOO_SHORT, ForumReason.NOT_LEFT, ForumReason.NOT_SEEN]
    assert first == again
    made = db.session.scalars(select(ForumCertificate)).one()
    assert (made.hours, made.minutes, made.masked_name) == (6, 480, "李*试")
    assert told("forum_certificate") == [stayed.person_id]


def test_a_revoked_certificate_is_not_issued_again(app, frozen):
    forum, staff = make_forum(), make_staff()
    stayed = guest(forum)
    scan(stayed, Way.IN, BEGIN, staff)
    scan(stayed, Way.OUT, BEGIN + timedelta(hours=8), staff)
    frozen(BEGIN + timedelta(hours=9))
    with transaction():
        made_id = service.issue(stayed.id).id
    with transaction():
        service.revoke(forum.id, made_id, "代签到", actor_id=staff.id)

    assert refusal(lambda: service.issue(stayed.id)) == ForumReason.REVOKED


# -- a copy ----------------------------------------------------------------------------------------------------------------------


def test_a_copy_has_rooms_speakers_and_the_agenda_as_a_draft_that_moves_with_its_day_and_opens_its_own_break_outs(app):
    forum, staff = make_forum(seats=3), make_staff().id
    book(forum, guest(forum))
    publish(forum, move(forum, "one", by=15, staff=staff), staff=staff)
    with transaction():
        seats.begin(queries.days(forum.id)[0].id, HallSize(2, 3), actor_id=staff)
        made = authoring.clone_activity(forum.id, Clone("明年", "Next year", "next-year", 52), actor_id=staff)
        made_id = made.id

    draft = queries.draft(made_id)
    assert draft is not None
    year = timedelta(weeks=52)
    assert (draft.n, queries.latest(made_id), queries.break_outs(made_id)) == (1, None, {})
    assert [
        (one.key, queries.span_of(queries.planned(one), one.day)[0], one.room.name_en, [who.name_en for who in one.speakers])
        for one in draft.sessions
    ] == [
        ("talk", BEGIN + year, "Hall 1", ["A"]),
        ("lunch", BEGIN + year + timedelta(hours=3), "Hall 1", []),
        ("two", BEGIN + year + timedelta(hours=4, minutes=30), "Hall 3", []),
        ("one", BEGIN + year + timedelta(hours=4, minutes=45), "Hall 2", []),
    ]
    assert not {room.id for room in queries.rooms(made_id)} & {room.id for room in queries.rooms(forum.id)}
    rules = queries.setting(made_id)
    assert rules is not None
    assert (rules.credit_hours, rules.least_percent) == (6, 80)
    with transaction():  # another day, before anybody has published: it goes along
        later = SlotEdit(Span(BEGIN + year + HOUR, BEGIN + year + 9 * HOUR), None, "", "")
        plans.edit_slot(made_id, draft.sessions[0].day_id, later, seen=None, actor_id=staff)
        service.publish(made_id, seen=draft.revision, actor_id=staff)
    places = queries.break_outs(made_id)
    assert {key: (one.slot.starts_at, one.places.capacity, one.places.taken) for key, one in places.items()} == {
        "one": (BEGIN + year + timedelta(hours=5, minutes=45), 3, 0),
        "two": (BEGIN + year + timedelta(hours=5, minutes=30), 3, 0),
    }
    [hall] = halls.maps_of(made_id)
    assert [(one.name.row, one.name.number, one.sign_up) for one in halls.hall(hall.id)] == [
        (row, number, None) for row in "12" for number in (1, 2, 3)
    ]
    assert doctor_finds() == []


# -- what is kept ----------------------------------------------------------------------------------------------------------------


def test_who_is_forgotten_leaves_a_number_to_verify_and_nothing_else_and_time_takes_the_rest(app, frozen):
    forum, staff = make_forum(), make_staff()
    stayed, other = guest(forum), guest(forum)
    with transaction():
        service.save(forum.id, stayed.person_id, "talk")
        service.save(forum.id, other.person_id, "talk")
    publish(forum, move(forum, "talk", by=5, staff=staff.id), staff=staff.id)
    scan(stayed, Way.IN, BEGIN, staff)
    scan(stayed, Way.OUT, BEGIN + timedelta(hours=8), staff)
    frozen(BEGIN + timedelta(hours=9))
    with transaction():
        service.issue(stayed.id)
    mine = personal.export(stayed.person_id)
    assert [len(mine[table]) for table in ("forum_saved", "forum_news", "forum_certificate")] == [1, 1, 1]

    with transaction():
        for holding in personal.holdings():
            holding.erase(stayed.person_id)

    assert [one.person_id for one in db.session.scalars(select(ForumSaved))] == [other.person_id]
    assert [one.person_id for one in db.session.scalars(select(ForumNews))] == [other.person_id]
    assert db.session.scalars(select(ForumCertificate.masked_name)).all() == [""]
    purges = {purge.key: purge.batch for purge in personal.purges()}
    for key, days in (("forum_saved", 180), ("forum_news", 180), ("forum_certificates", 3 * 365)):
        before, after = (Moment(BEGIN + timedelta(days=days, hours=hours), clock.wall()) for hours in (7, 9))
        with transaction():
            assert (purges[key](before, 10), purges[key](after, 10), purges[key](after, 10)) == (0, 1, 0)


def test_the_database_refuses_an_agenda_that_cannot_be(app):
    make_forum()
    for broken in ("lasts_minutes = 0", "type = 'party'", "seats = 0", "seats = NULL"):
        with pytest.raises(IntegrityError):
            db.session.execute(text(f"UPDATE forum_session SET {broken} WHERE key = 'one'"))  # our own words
        db.session.rollback()
