"""The seam for kinds holds: one folder, ``tests.kinds.lecture``, is an activity everywhere, and nothing else knows of it."""

import subprocess
from functools import partial

import pytest
from sqlalchemy import select

from festival.app import create_app
from festival.audit.models import AuditEntry
from festival.kinds import ALL_KINDS
from festival.lib.db import db, transaction
from festival.lib.i18n import LOCALES, speaking
from festival.notices import editable, own
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.outbox.service import owe
from festival.outbox.texts import SMS_LENGTH, units
from festival.programme.kinds import all_kinds
from festival.programme.models import Activity
from tests.application import closed
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.calendars.programme import private_path, read
from tests.database import ROOT
from tests.kinds import lecture
from tests.web import Browser

SIGN_UP = "/activities/lecture/sign-up"


@pytest.fixture
def app(settings):
    """An application that knows ten kinds."""
    app = create_app(settings, (*ALL_KINDS, lecture.KIND))
    with closed(app), app.app_context():
        with transaction():
            activity = make_activity(slug="lecture", kind="lecture", title_zh="桥梁课")
            make_question(activity, "topic", label_zh="想听什么")
            activity.details = '{"speaker":"茅以升"}'
        yield app


def told(app, mobile):
    """Sign somebody up and deliver what they are told."""
    attendee = Browser(app).sign_in(make_person(mobile=mobile))
    attendee.post_form(attendee.get(SIGN_UP), {"consent": "1", "q-topic": "拱桥"})
    db.session.rollback()
    deliver_due()
    db.session.rollback()


def test_an_attendee_meets_it_on_every_page(app, client):
    person = make_person(mobile="13800138000")
    browser = Browser(app).sign_in(person)

    page = browser.get("/activities/lecture")
    refused = browser.post_form(browser.get(SIGN_UP), {"consent": "1", "q-topic": "股票"})
    ticket = browser.follow(browser.post_form(refused, {"consent": "1", "q-topic": "拱桥"}))
    calendar = read(client, private_path(app, person))
    db.session.rollback()
    deliver_due()
    db.session.rollback()

    assert "茅以升" in page.words
    assert "第一章，桥梁课" in page.words
    assert "本讲座不谈股票。" in refused.words
    assert "请向 茅以升 提一个问题。" in ticket.words
    assert "请带读本" in calendar
    assert "【河西人才节】请先读桥梁课的读本。" in db.session.scalars(select(DemoMail.text)).all()
    assert "课前读本" in browser.get("/me/messages").words
    assert browser.get("/activities/lecture/reader").text == "lecture：先读第一章"


def test_organizers_meet_it_on_every_page(app):
    attendee = Browser(app).sign_in(make_person(mobile="13800138000"))
    attendee.post_form(attendee.get(SIGN_UP), {"consent": "1", "q-topic": "拱桥"})
    desk = Browser(app).sign_in(make_staff())

    roster = desk.get("/manage/activities/lecture/roster")
    of_it = desk.get(desk.get("/manage/activities/lecture/").link("想听的话题"))

    assert [word in roster.words for word in ("想听什么", "拱桥", "读本已借出")] == [True, True, True]
    assert "拱桥" in of_it.words
    assert attendee.get("/manage/activities/lecture/topics").status == 403


def test_staff_reword_its_message_like_all_others_and_take_their_words_back(app):
    desk = Browser(app).sign_in(make_staff())
    own_page = desk.get("/manage/activities/lecture/messages").link("课前读本")

    wrong = desk.post_form(desk.get(own_page), {"short_zh": "读{章节}", "long_zh": "长文"})
    preview = desk.post_form(wrong, {"short_zh": "“{活动}”{页数}页，{地点}见", "long_zh": "{起止}，共{页数}页"})
    desk.post_form(preview, button="save")
    listed = desk.get("/manage/messages/words")
    told(app, "13800138000")
    desk.post_form(desk.get(own_page), button="reset")
    told(app, "13800138001")

    assert (wrong.status, [one["value"] for one in wrong.html.select("#short_zh")]) == (422, ["读{章节}"])
    assert "没有这个占位符：{章节}" in wrong.words
    assert "【河西人才节】“桥梁课”120页，天津大礼堂见" in preview.words
    assert listed.link("“桥梁课”有自己的文案") == own_page
    texts = db.session.scalars(select(DemoMail.text).where(DemoMail.kind == "lecture_reader").order_by(DemoMail.id))
    assert texts.all() == ["【河西人才节】“桥梁课”12页，天津大礼堂见", "【河西人才节】请先读桥梁课的读本。"]
    first, second = db.session.scalars(select(Message.text).where(Message.kind == "lecture_reader").order_by(Message.id))
    assert (first.endswith("，共12页"), second) == (True, "请先读桥梁课的读本。")
    actions = select(AuditEntry.action).where(AuditEntry.changes == "lecture_reader").order_by(AuditEntry.id)
    assert db.session.scalars(actions).all() == ["message.wording", "message.wording_reset"]


def test_the_words_of_every_message_can_be_tried_with_values_that_fit_and_stand_in_one_place(app):
    def tried(message, example):
        values, ours = example
        names = [name for one in message.placeholders for name in {one.zh, one.en}]
        assert len(names) == len(set(names)), message.kind
        assert all(values[one.field] for one in message.placeholders if one.field in {"title", "place", *own_fields}), (
            message.kind
        )
        is_whole = values["title"] in ours.short or values["title"] not in ours.long
        fits = not message.is_texted or (units(ours.short) <= SMS_LENGTH and is_whole)
        assert (ours.short[:7], fits, bool(ours.long)) == ("【河西人才节】", True, True), ours.short

    with transaction():
        longest = partial(make_activity, title_zh="一二三四五六七八九十", title_en="Young talent social")
        activities = [longest(kind=kind.key, slug=f"of-{kind.key}".replace("_", "-")) for kind in all_kinds()]
    for activity in activities:
        own_fields = {one.field for message in own.of_kind(activity.kind) for one in message.placeholders}
        for language in LOCALES:
            with speaking(language):
                for message in editable.within(activity):
                    tried(message, message.example(activity, activity.slots[0]))

    listed = [kind for _heading, found in editable.directory() for kind, _word in found]
    assert sorted(listed) == sorted(own.headings())


def test_what_it_owes_twice_is_said_once_to_each_of_its_readers(app):
    activity = db.session.scalars(select(Activity)).one()
    sign_up, other = make_sign_up(activity, person=make_person(mobile="13800138000")), make_person(mobile="13800138001")
    with transaction():
        for account_id in (sign_up.person_id, other.id, sign_up.person_id):
            owe("lecture_reader", "sign_up", sign_up.id, account_id=account_id)
    deliver_due()

    assert db.session.scalars(select(Message.state).order_by(Message.id)).all() == ["dropped", "sent", "sent"]


def test_nothing_outside_its_folder_names_it():
    found = subprocess.run(
        ["git", "grep", "-lw", "lecture", "--", "festival", "templates", "migrations"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout.split() == []
