"""Invitations by mail, as a real mail server receives them: one slot and one attendee each, and never backwards."""

import email
import email.policy
from datetime import timedelta

import icalendar
import ics
import pytest
import vobject

from festival.accounts.models import Address
from festival.accounts.rules import Channel
from festival.calendars import service as calendars
from festival.calendars.models import CalendarInvitation
from festival.calendars.rules import Client, Method, Standing, invitation_method, invitation_sequence
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from festival.outbox.rules import Medium
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme.models import Pool
from festival.programme.service import SlotEdit, Span, Why
from festival.signups import moving
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.calendars import libical
from tests.calendars.programme import NOW, UID, add_slot, at, event, fixed_forum, lines, session_of
from tests.outbox.inbox import mailer, open_inbox
from tests.signups.engine import change, remove, set_capacity, sign_up, withdraw

WHY = Why("大风", "Strong wind")


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


@pytest.fixture
def smtp(app):
    with open_inbox() as inbox:
        app.extensions["gateways"] = {**app.extensions["gateways"], Medium.MAIL: mailer(inbox.port)}
        yield inbox


@pytest.fixture
def li(app):
    return with_mail(make_person(name="李明"), "li@example.com")


def with_mail(person, address):
    with transaction():
        db.session.add(Address(account_id=person.id, channel=Channel.MAIL, value=address, verified_at=clock.wall()))
    db.session.rollback()
    return person


def arrived(smtp):
    """Deliver what is owed and return each calendar object received since the last call, None for a mail without one."""
    deliver_due()
    mails = [email.message_from_bytes(content, policy=email.policy.default) for _sender, _to, content in smtp.arrived]
    smtp.arrived.clear()
    return [calendar_in(mail) for mail in mails]


def calendar_in(mail):
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return parts[0].get_payload(decode=True).decode() if parts else None


def told(smtp):
    """Return what the mailbox was told, short: method, SEQUENCE, STATUS."""
    return [None if text is None else brief(text) for text in arrived(smtp)]


def brief(text):
    values = event(text)
    (method,) = (line.removeprefix("METHOD:") for line in lines(text) if line.startswith("METHOD:"))
    return method, int(values["SEQUENCE"]), values.get("STATUS")


def reschedule(activity, hours):
    slot = session_of(activity)
    asked = SlotEdit(Span(slot.starts_at + timedelta(hours=hours), slot.ends_at + timedelta(hours=hours)), None, "", "")
    with transaction():
        plans.edit_slot(activity.id, slot.id, asked, seen=slot.updated_at, actor_id=make_staff().id)


def step(what, activity):
    with transaction():
        plans.take_step(activity.id, None, what, WHY, actor_id=make_staff().id)


# -- one message, whole ------------------------------------------------------------------------------------------------------


def test_a_confirmation_by_mail_carries_a_request_for_this_slot_and_this_attendee(smtp, li):
    sign_up(fixed_forum(), li, name="李明")

    (text,) = arrived(smtp)

    assert lines(text)[:5] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hexi Talent Festival//Calendar 1.0//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:REQUEST",
    ]
    values = event(text)
    assert values.pop("DTSTAMP") > "20230601T000000Z"
    assert values.pop("DESCRIPTION").endswith("详情 / Details: http://localhost/activities/forum")
    assert {name: value for name, value in values.items() if not name.startswith("X-")} == {
        "UID": UID,
        "SEQUENCE": "0",
        "CREATED": "20230519T170203Z",
        "LAST-MODIFIED": "20230519T170203Z",
        "SUMMARY": "河西人才高峰论坛",
        "DTSTART;TZID=Asia/Shanghai": "20230618T140000",
        "DTEND;TZID=Asia/Shanghai": "20230618T163000",
        "LOCATION": "天津大礼堂\\, 天津市河西区友谊路",
        "GEO": "39.08757;117.19806",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
        "CATEGORIES": "高峰论坛,Forum",
        "URL": "http://localhost/activities/forum",
        "CONTACT": "区委人才办 022-2327 0000",
        "ORGANIZER;CN=河西人才节": "mailto:festival@localhost",
        "ATTENDEE;CN=李明;CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE": "mailto:li@example.com",
    }
    assert "VALARM" not in text


@pytest.mark.libical
def test_libical_finds_no_fault_in_what_is_sent(smtp, li):
    held = sign_up(fixed_forum(), li, name="李明")
    texts = arrived(smtp)
    withdraw(held)
    texts += arrived(smtp)

    assert [brief(text)[0] for text in texts] == ["REQUEST", "CANCEL"]
    assert [libical.read(text)[1] for text in texts] == [[], []]


def test_other_readers_agree_with_the_writer(smtp, li):
    sign_up(fixed_forum(title_zh='逗号,分号;反斜杠\\引号"换行\n😀'), li, name='李"明";,')

    (text,) = arrived(smtp)

    values = vobject.readOne(text).vevent
    (foreign,) = ics.Calendar(text).events
    (ours,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert {values.uid.value, foreign.uid, str(ours["uid"])} == {UID}
    assert {values.dtstart.value, foreign.begin.datetime, ours.decoded("dtstart")} == {at("2023-06-18 14:00")}
    assert values.summary.value == str(ours["summary"]) == '逗号,分号;反斜杠\\引号"换行 😀'
    assert (str(ours["attendee"]), ours["organizer"].params["CN"]) == ("mailto:li@example.com", "河西人才节")


# -- its life ----------------------------------------------------------------------------------------------------------------


def test_whoever_leaves_and_comes_back_is_never_sent_an_older_number(smtp, li):
    forum = fixed_forum()
    seen = []
    for _ in range(2):
        mine = sign_up(forum, li)
        seen += told(smtp)
        withdraw(mine)
        seen += told(smtp)

    assert seen == [("REQUEST", 0, "CONFIRMED"), ("CANCEL", 1, None), ("REQUEST", 2, "CONFIRMED"), ("CANCEL", 3, None)]


def test_a_change_of_plan_moves_the_entry_and_a_cancellation_takes_it_out(smtp, li):
    forum = fixed_forum()
    sign_up(forum, li)
    seen = told(smtp)
    reschedule(forum, 1)
    (moved,) = arrived(smtp)
    step(Step.POSTPONE, forum)
    seen += told(smtp)
    step(Step.RESUME, forum)
    seen += told(smtp)
    step(Step.CANCEL, forum)
    seen += told(smtp)

    assert event(moved)["DTSTART;TZID=Asia/Shanghai"] == "20230618T150000"
    assert brief(moved) == ("REQUEST", 1, "CONFIRMED")
    assert seen == [
        ("REQUEST", 0, "CONFIRMED"),
        ("REQUEST", 2, "TENTATIVE"),
        ("REQUEST", 3, "CONFIRMED"),
        ("CANCEL", 4, "CANCELLED"),
    ]


def test_whoever_is_taken_off_the_list_is_told_by_a_cancel_that_does_not_call_the_slot_off(smtp, li):
    mine = sign_up(fixed_forum(), li)
    told(smtp)
    remove(mine, "重复报名", make_staff().id)

    assert told(smtp) == [("CANCEL", 1, None)]


def test_whoever_waits_is_invited_when_promoted_and_not_before(smtp, li):
    activity = make_activity(capacity=1)
    sign_up(activity)
    sign_up(activity, li)
    waiting = told(smtp)
    set_capacity(pool_of(activity), 2, actor_id=make_staff().id)

    assert (waiting, told(smtp)) == ([None], [("REQUEST", 0, "CONFIRMED")])


def test_whoever_moves_to_another_slot_is_told_to_drop_the_first_in_a_message_of_its_own(smtp, li):
    forum = fixed_forum()
    second = add_slot(forum, days_later=1)
    mine = sign_up(forum, li, slot=session_of(forum))
    told(smtp)
    there = db.session.query(Pool).filter_by(slot_id=second.id).one()
    with transaction():
        moving.move_to(mine.id, there.id, revision=mine.revision)

    first, other = arrived(smtp)
    assert {event(first)["UID"], event(other)["UID"]} == {UID, second.uid}
    assert sorted((brief(first), brief(other))) == [("CANCEL", 2, None), ("REQUEST", 1, "CONFIRMED")]


def test_an_edit_of_words_alone_sends_nothing(smtp, li):
    forum = fixed_forum()
    sign_up(forum, li)
    told(smtp)
    change(forum, summary_zh="新的介绍")

    assert told(smtp) == []


# -- who is sent one, and who is not -----------------------------------------------------------------------------------------


def test_whose_calendar_reads_the_private_feed_gets_no_second_entry(smtp, li):
    with transaction():
        calendars.note_reading(li.id, Client.APPLE, clock.wall() - timedelta(days=13))
    sign_up(fixed_forum(), li)

    assert told(smtp) == [None]


def test_whoever_was_invited_before_subscribing_is_still_told_of_changes(smtp, li):
    forum = fixed_forum()
    sign_up(forum, li)
    told(smtp)
    with transaction():
        calendars.note_reading(li.id, Client.APPLE, clock.wall())
    reschedule(forum, 2)

    assert told(smtp) == [("REQUEST", 1, "CONFIRMED")]


def test_a_message_that_is_tried_again_bears_the_same_number(smtp, li):
    sign_up(fixed_forum(), li)
    smtp.failures = 1
    deliver_due()
    with transaction():
        db.session.execute(db.text("UPDATE message SET due_at = created_at"))

    assert told(smtp) == [("REQUEST", 0, "CONFIRMED")]


def test_a_new_address_is_invited_and_the_old_one_is_not_asked_to_drop_what_it_never_had(smtp, li):
    forum = fixed_forum()
    mine = sign_up(forum, li)
    told(smtp)
    with_mail(li, "new@example.com")
    withdraw(mine)

    assert told(smtp) == [None]


def test_a_text_message_has_no_calendar_and_the_demo_shows_the_file_of_a_mail(app, li):
    sign_up(fixed_forum(), li)
    deliver_due()

    sent = {mail.channel: mail.attachments for mail in db.session.query(DemoMail)}
    assert sent["sms"] == "[]"
    assert '"name": "invite.ics", "content_type": "text/calendar; charset=utf-8; method=REQUEST"' in sent["mail"]
    assert db.session.query(CalendarInvitation.method, CalendarInvitation.sequence).all() == [(Method.REQUEST, 0)]


# -- the rule ----------------------------------------------------------------------------------------------------------------


def test_a_mailbox_is_told_to_cancel_only_what_it_was_asked_for():
    said = {
        (state, last): invitation_method(state, Standing.SCHEDULED, last, reads_feed=False)
        for state in State
        for last in (None, *Method)
    }

    holding = {State.CONFIRMED, State.ATTENDED}
    assert said == {
        (state, last): Method.REQUEST if state in holding else (Method.CANCEL if last is Method.REQUEST else None)
        for state in State
        for last in (None, *Method)
    }


@pytest.mark.parametrize(("of_slot", "last", "next_one"), [(0, None, 0), (3, None, 3), (3, 5, 6), (9, 5, 9)])
def test_numbers_rise_with_the_slot_and_with_each_message(of_slot, last, next_one):
    assert invitation_sequence(of_slot, last) == next_one
