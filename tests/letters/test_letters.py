"""Writing to many: to whom it goes unless chosen otherwise, shown first, once each, by day, and stopped on its way."""

import threading
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from festival.accounts.models import Account, Address
from festival.accounts.rules import Role
from festival.letters import queries, service
from festival.letters.models import Letter, LetterCopy
from festival.letters.queries import Source
from festival.letters.rules import USUAL, LetterReason, LetterRefused, Progress
from festival.letters.service import Draft
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox import delivery
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.outbox.rules import LEASE, Medium
from festival.roster.rules import Filter, Wanted
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.outbox.test_delivery import Broken
from tests.roster.desk import at_the_desk, entries
from tests.web import Browser

#: An hour at which telephones may ring, and one at which they may not.
DAY, NIGHT = (datetime(2026, 6, 1, hour, 0, tzinfo=clock.ZONE) for hour in (10, 23))


@pytest.fixture
def at(app):
    with time_machine.travel(DAY, tick=False) as traveller:
        yield traveller


def draft(states=USUAL, *, urgent="", **words):
    return Draft(frozenset(states), **({"subject": "通知", "body": "内容"} | words), urgent_reason=urgent)


def send(written, *sources, actor_id, key="key"):
    """Send as a page does: what was seen is what is sent."""
    seen = service.fingerprint(written, queries.audience(sources, written.states, clock.now()))
    with transaction():
        letter = service.send(written, sources, seen=seen, key=key, actor_id=actor_id)
    return letter.id


def progress_of(letter_id):
    db.session.rollback()
    return queries.progress([letter_id])[letter_id]


def test_who_waits_or_has_left_is_written_to_only_when_chosen_and_each_person_once(app):
    forum, fair, staff = make_activity(title_zh="高峰论坛"), make_activity(), make_staff().id
    person = make_person(name="李伟", mobile="13800138000")
    one = make_sign_up(forum, person=person, name="李伟")
    make_sign_up(fair, person=person)
    waits, left, gone = (make_sign_up(forum, state=state) for state in (State.WAITLISTED, State.WITHDRAWN, State.PENDING))
    with transaction():
        db.session.query(Address).filter_by(account_id=gone.person_id).delete()

    usual = queries.audience([Source(forum.id), Source(fair.id)], USUAL, clock.now())
    chosen = queries.audience([Source(forum.id)], {State.WAITLISTED}, clock.now())
    asked = queries.audience([Source(forum.id, Wanted(filters=(Filter("state", ("withdrawn",)),)))], USUAL, clock.now())
    letter = send(draft(subject="{姓名}，{活动}请带身份证", body="{name}您好：\n签到码{code}"), Source(forum.id), actor_id=staff)
    deliver_due()

    assert [reader.sign_up_id for reader in usual.readers] == [one.id]
    assert (usual.unreachable, usual.repeated, usual.by_sms, usual.by_mail) == (1, 1, 1, 0)
    assert dict(usual.found) == {State.CONFIRMED: 2, State.WAITLISTED: 1, State.WITHDRAWN: 1, State.PENDING: 1}
    assert [reader.sign_up_id for reader in chosen.readers] == [waits.id]
    assert (asked.readers, dict(asked.found)) == ([], {State.WITHDRAWN: 1})
    assert left.id != waits.id
    [mail] = db.session.scalars(select(DemoMail))
    assert (mail.to, mail.text) == (
        "13800138000",
        "【河西人才节】“高峰论坛”：李伟，高峰论坛请带身份证。全文请登录查看我的消息。",
    )
    page = Browser(app).sign_in(db.session.get_one(Account, person.id)).get("/me/messages")
    assert f"李伟您好： 签到码{one.digits}" in " ".join(page.words.split())
    assert [a["href"] for a in page.html.select(".inbox a")] == [f"/sign-ups/{one.code}"]
    states = "attended,confirmed,entered,offered,pending"
    assert entries() == [("letter.send", "letter", letter, "", f"people=1 states={states}")]


def test_who_reads_english_gets_the_english_words_where_there_are_any(app):
    forum, staff = make_activity(title_en="Forum"), make_staff().id
    make_sign_up(forum, person=make_person(locale="en"), name="Ann")
    send(draft(subject_en="Bring your ID", body_en="Dear {name}"), Source(forum.id), actor_id=staff)
    send(draft(), Source(forum.id), actor_id=staff, key="other")
    deliver_due()

    assert [one.text for one in db.session.scalars(select(Message).order_by(Message.id))] == [
        "Bring your ID\n\nDear Ann",
        "通知\n\n内容",
    ]


def test_a_second_press_sends_nothing_more_and_what_changed_is_shown_again(app):
    forum, staff = make_activity(), make_staff().id
    make_sign_up(forum)
    written = draft()
    first, second = (send(written, Source(forum.id), actor_id=staff) for _ in range(2))
    seen = service.fingerprint(written, queries.audience([Source(forum.id)], written.states, clock.now()))
    make_sign_up(forum)
    refused = []
    for source in (Source(forum.id), Source(make_activity().id)):
        with pytest.raises(LetterRefused) as error, transaction():
            service.send(written, [source], seen=seen, key="another", actor_id=staff)
        refused.append(error.value.reason)

    assert (first == second, refused) == (True, [LetterReason.CHANGED, LetterReason.NOBODY])
    assert db.session.query(Message).count() == 1


def test_two_presses_at_the_same_moment_send_one_letter_and_nobody_elses_form_is_in_the_way(app):
    forum, staff, other = make_activity(), make_staff().id, make_staff().id
    make_sign_up(forum)
    source, sent, start = Source(forum.id), [], threading.Barrier(2)

    def press():
        with app.app_context():
            start.wait()
            sent.append(send(draft(), source, actor_id=staff))

    both = [threading.Thread(target=press) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert len(sent) == 2
    assert send(draft(), source, actor_id=other) not in sent
    assert db.session.query(Letter).count() == 2


def test_at_night_a_letter_waits_for_the_morning_unless_it_is_urgent_and_who_leaves_meanwhile_does_not_get_it(app, at):
    at.move_to(NIGHT)
    forum, staff = make_activity(starts_in=timedelta(days=9)), make_staff().id
    stays, leaves = make_sign_up(forum), make_sign_up(forum)
    ways = Broken()
    app.extensions["gateways"] = {Medium.SMS: ways, Medium.MAIL: ways}
    waits = send(draft(), Source(forum.id), actor_id=staff)
    urgent = send(draft(urgent="台风预警"), Source(forum.id, picked=(stays.id,)), actor_id=staff, key="urgent")
    deliver_due()
    at_night = len(ways.sent), progress_of(waits), progress_of(urgent)
    with transaction():
        db.session.get_one(SignUp, leaves.id).state = State.WITHDRAWN
    at.move_to(NIGHT + timedelta(hours=9))
    deliver_due()

    assert at_night == (1, Progress(waiting=2), Progress(sent=1))
    assert progress_of(waits) == Progress(sent=1, dropped=1)
    assert clock.local(db.session.get_one(Letter, waits).due_at).isoformat() == "2026-06-02T08:00:00+08:00"
    assert [reason for _action, _subject, _id, reason, _changes in entries()] == ["", "台风预警"]


def test_stopping_drops_what_has_not_left_and_leaves_what_went_or_is_half_on_its_way(app, at):
    forum, staff = make_activity(), make_staff().id
    for _ in range(4):
        make_sign_up(forum)
    letter = send(draft(), Source(forum.id), actor_id=staff)
    went, half, held, _waits = db.session.scalars(select(Message.id).order_by(Message.id))
    deliver_due(1)
    with transaction():
        db.session.get_one(Message, half).reached = "sms"
    [claimed] = [one for one in delivery._claim(3) if one.id == held]  # a worker holds it while somebody stops the letter
    with transaction():
        for row in db.session.scalars(select(Message).where(Message.id > half, Message.id != held)):
            row.claimed_until = None
        stopped = service.stop(letter, actor_id=staff)
        again = service.stop(letter, actor_id=staff)
    on_its_way = progress_of(letter)
    assert delivery._compose[0](claimed) is None
    at.shift(LEASE)
    deliver_due()

    assert (stopped, again) == (1, 0)
    assert (on_its_way.sent, on_its_way.dropped, on_its_way.is_running) == (1, 1, True)
    assert progress_of(letter) == Progress(sent=2, dropped=2)
    assert [db.session.get_one(Message, one).state for one in (went, half, held)] == ["sent", "sent", "dropped"]
    assert entries()[-1] == ("letter.stop", "letter", letter, "", "dropped=1")


def test_what_failed_is_named_masked_and_sent_again_unless_the_letter_was_stopped(app, at):
    forum, desk = make_activity(slug="forum"), at_the_desk(app)
    make_sign_up(forum, name="李伟")
    letter = send(draft(), Source(forum.id), actor_id=make_staff().id)
    with transaction():
        db.session.query(Message).update({"state": "failed", "tries": 8})

    shows = desk.get(f"/manage/letters/{letter}")
    desk.post_form(shows, action=f"/manage/letters/{letter}/again")
    after = progress_of(letter)
    desk.post_form(f"/manage/letters/{letter}", action=f"/manage/letters/{letter}/stop")
    with transaction():
        db.session.query(Message).update({"state": "failed"})

    assert "没有送达：李*" in " ".join(shows.words.split())
    assert (after, progress_of(letter)) == (Progress(waiting=1), Progress(failed=1))
    assert "重新发送" not in desk.get(f"/manage/letters/{letter}").words
    assert [action for action, *_rest in entries()] == ["letter.send", "letter.again", "letter.stop"]


def test_somebody_forgotten_before_it_leaves_gets_nothing(app):
    forum, staff = make_activity(), make_staff().id
    make_sign_up(forum)
    letter = send(draft(), Source(forum.id), actor_id=staff)
    with transaction():
        db.session.query(LetterCopy).delete()
    deliver_due()

    assert db.session.query(DemoMail).count() == 0
    assert (queries.progress([letter]), db.session.get_one(Letter, letter).readers) == ({}, 1)


# -- on the pages ---------------------------------------------------------------------------------------------------------------


def test_a_letter_is_written_previewed_with_real_values_sent_watched_and_listed(app, at):
    forum = make_activity(slug="forum", title_zh="高峰论坛")
    make_sign_up(forum, name="李伟")
    make_sign_up(forum, state=State.WAITLISTED)
    desk = at_the_desk(app)
    asks = desk.get("/manage/activities/forum/letters/new")
    ticked = [box["value"] for box in asks.html.select("[name=states][checked]")]
    words = {"subject": "改时间 www.example.com", "body": "{姓名}您好{x}", "body_en": "Dear {name", "night": "urgent"}

    wrong = desk.post_form(asks, words)
    seen = desk.post_form(wrong, subject="改时间", body="<b>{姓名}</b>您好", body_en="", night="morning")
    sent = desk.post_form(seen, button="sure")
    deliver_due()
    letter = desk.get(sent.location)
    live = desk.get(f"{sent.location}/progress")
    listed = desk.get("/manage/activities/forum/letters")

    assert (ticked, wrong.status) == (["confirmed"], 422)
    for why in ("短信不能带链接或网址", "没有这个占位符：{x}", "花括号要成对", "请写明原因"):
        assert why in wrong.words
    preview = seen.html.select_one("[data-preview]")
    assert preview is not None
    assert [one.get_text(strip=True) for one in preview.select(".letter")] == [
        "【河西人才节】“高峰论坛”：改时间。全文请登录查看我的消息。",
        "改时间\n\n<b>李伟</b>您好",
    ]
    assert "候补中 1" in preview.get_text(" ", strip=True)
    assert (sent.status, "已发完" in letter.words, "已发完" in live.words) == (303, True, True)
    assert live.html.select("html") == []
    assert [row.get_text(" ", strip=True).split()[0] for row in listed.html.select("tbody tr")] == ["改时间"]


def test_several_activities_are_written_to_at_once_and_nobody_writes_or_reads_beyond_their_own(app):
    mine, theirs = make_activity(slug="forum"), make_activity(slug="fair")
    for activity in (mine, theirs):
        make_sign_up(activity)
    desk, limited = at_the_desk(app), at_the_desk(app, activity=mine)
    asks = desk.get("/manage/letters/new")
    nonsense = desk.post_form(asks, {"activities": ["abc", "9" * 5000, "\0"], "subject": "通知", "body": "内容"})
    seen = desk.post_form(asks, {"activities": [str(mine.id), str(theirs.id)], "subject": "通知", "body": "内容"})
    both = desk.post_form(seen, button="sure").location
    alone = send(draft(), Source(theirs.id), actor_id=make_staff().id)

    assert nonsense.status == 422
    assert set(db.session.scalars(select(Message.activity_id).where(Message.subject_id <= 2))) == {mine.id, theirs.id}
    assert [box["value"] for box in limited.get("/manage/letters/new").html.select("[name=activities]")] == [str(mine.id)]
    assert [limited.get(path).status for path in (both, f"/manage/letters/{alone}", "/manage/activities/fair/letters/new")] == [
        200,
        404,
        404,
    ]
    assert "停止发送" not in limited.get(both).words
    assert [len(one.get("/manage/letters").html.select("tbody tr")) for one in (desk, limited)] == [2, 1]
    for role in (Role.STEWARD, Role.REVIEWER, Role.AUDITOR):
        other = at_the_desk(app, role)
        assert [other.get(path).status for path in ("/manage/letters", both, "/manage/activities/forum/letters/new")] == [403] * 3
