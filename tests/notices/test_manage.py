"""The organizers' pages of messages: their own words, reminders, and sending again what failed."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.lib.db import db, transaction
from festival.lib.settings import SmsTemplate
from festival.notices.rules import ALWAYS, filled, placeholders_of
from festival.notices.wording import Words, own_words
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message, MessageState
from festival.outbox.texts import has_link
from festival.programme.models import Activity
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.signups.engine import NOW, sign_up
from tests.web import Browser

OWN = "/manage/activities/tour/messages/sign-up-confirmed"


@pytest.fixture(autouse=True)
def at_ten(request):
    if "app" in request.fixturenames:
        request.getfixturevalue("app")
        request.getfixturevalue("frozen")(NOW)


@pytest.fixture
def desk(app):
    make_activity(slug="tour", title_zh="专线游", title_en="Tour")
    return Browser(app).sign_in(make_staff(Role.ORGANIZER))


def tour():
    return db.session.scalars(select(Activity).where(Activity.slug == "tour")).one()


# -- own words -------------------------------------------------------------------------------------------------------------------


def test_own_words_are_previewed_with_real_values_and_then_used(app, desk):
    preview = desk.post_form(OWN, {"short_zh": "“{活动}”见，{签到码}", "long_zh": "请带伞。{地点}，{起止}"})
    kept = desk.post_form(preview, button="save")
    sign_up(tour(), make_person(mobile="13800138000"))
    deliver_due()

    assert preview.result == "preview"
    assert "【河西人才节】“专线游”见，628415" in preview.words
    assert kept.location == "/manage/activities/tour/messages"
    (text,) = db.session.scalars(select(DemoMail.text))
    assert text.startswith("【河西人才节】“专线游”见，")
    assert "请带伞。天津大礼堂，" in str(db.session.scalar(select(Message.text)))
    db.session.rollback()
    assert db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "message.wording")).all() == [
        "sign_up_confirmed"
    ]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("{姓名}您好", "没有这个占位符：{姓名}"),
        ("详见 https://hexi.example/a", "短信不能带链接或网址"),
        ("详见hexi.cn", "短信不能带链接或网址"),
        ("长" * 80, "最多 70 个字"),
        ("{活动.__class__}", "没有这个占位符：{活动.__class__}"),
        ("您的座位：{座位}", "没有这个占位符：{座位}"),
        ("{活动}请带伞｝", "花括号要成对"),
    ],
)
def test_words_that_cannot_be_sent_are_refused_beside_their_field_and_nothing_typed_is_lost(desk, typed, words):
    page = desk.post_form(OWN, {"short_zh": typed, "long_zh": "长文"})

    assert page.status == 422
    assert words in page.words
    assert page.html.select_one("#short_zh")["value"] == typed
    assert page.html.select_one("#long_zh").get_text().strip() == "长文"


def test_words_that_the_gateway_has_not_approved_are_refused_and_those_it_has_are_not(app, desk, monkeypatch):
    settings = app.extensions["settings"]
    sms = replace(settings.sms, templates=(SmsTemplate("1", "${title}见，请带${what}。"),))
    monkeypatch.setitem(app.extensions, "settings", replace(settings, sms=sms))

    pages = [desk.post_form(OWN, {"short_zh": typed}) for typed in ("{活动}不见不散", "{活动}见，请带伞。", "")]

    assert [page.status for page in pages] == [422, 200, 200]
    assert "短信平台没有审批过这样的短信" in pages[0].words


def test_a_text_message_that_gets_too_long_with_a_readers_values_is_ours(app, desk):
    desk.post_form(desk.post_form(OWN, {"short_zh": "{活动}" * 4 + "见"}), button="save")
    with transaction():
        db.session.execute(update(Activity).values(short_title_zh="一" * 20))
    sign_up(tour(), make_person())
    deliver_due()

    assert "您已成功报名" in str(db.session.scalar(select(DemoMail.text)))


@pytest.mark.parametrize("text", ["{名额}", " {名额}\n", "{座位}见"])
def test_words_that_say_nothing_or_name_what_there_is_no_more_are_ours(text):
    ours = Words("【河西人才节】短", "长")

    assert own_words(ours, text, text, {"pool": ""}, placeholders_of("sign_up_confirmed")) == ours


def test_a_value_that_looks_like_a_placeholder_is_only_a_value():
    assert filled("{活动}、｛place｝", {"title": "{地点}", "place": "厅"}, ALWAYS) == "{地点}、厅"


@pytest.mark.parametrize(
    ("text", "is_link"), [("见www.x.y", True), ("a.cn", True), ("14:00–16:30。3.5折", False), ("Bring ID. Come.", False)]
)
def test_links_are_told_from_words(text, is_link):
    assert has_link(text) is is_link


# -- reminders -------------------------------------------------------------------------------------------------------------------


def test_reminders_are_set_and_nonsense_is_kept_beside_its_error(desk):
    page = desk.get("/manage/activities/tour/messages")
    wrong = desk.post_form(page, {"hours": "明天"})
    right = desk.post_form(page, {"hours": "48，3"})

    assert (wrong.status, wrong.html.select_one("#hours")["value"]) == (422, "明天")
    assert desk.follow(right).html.select_one("#hours")["value"] == "48, 3"


# -- what failed -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(app, desk):
    """A message that failed for good, and one of another activity that did too."""
    for activity in (tour(), make_activity(slug="other")):
        sign_up(activity, make_person(name="王芳"), name="王芳")
    with transaction():
        db.session.execute(update(Message).values(state=MessageState.FAILED, tries=8))
    return db.session.scalars(select(Message.id).order_by(Message.id)).all()


def test_staff_see_what_failed_by_masked_name_and_never_its_words_and_send_it_again(desk, broken):
    page = desk.get("/manage/messages?state=failed")
    desk.post_form(page, action=f"/manage/messages/{broken[0]}/again")
    db.session.rollback()
    deliver_due()

    db.session.rollback()
    assert "王*" in page.words
    assert "王芳" not in page.text
    assert "签到码" not in page.words
    states = dict(db.session.execute(select(Message.id, Message.state)).all())
    assert states == {broken[0]: MessageState.SENT, broken[1]: MessageState.FAILED}
    assert db.session.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "message.again")).all() == [broken[0]]


def test_whoever_organizes_one_activity_sends_again_only_what_is_theirs(app, desk, broken):
    own = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=tour()))
    page = own.get("/manage/messages")
    own.post_form(page, action="/manage/messages/again")
    other = own.post_form(
        own.get("/manage/activities/tour/messages"), {"hours": "1"}, action="/manage/activities/tour/messages/reminders"
    )

    db.session.rollback()
    assert len(page.html.select("tbody tr")) == 1
    assert [len(desk.get(f"/manage/messages?activity={slug}").html.select("tbody tr")) for slug in ("other", "no-such")] == [1, 2]
    assert other.status == 303
    assert own.get("/manage/activities/other/messages").status == 404
    states = dict(db.session.execute(select(Message.id, Message.state)).all())
    assert states == {broken[0]: MessageState.OWED, broken[1]: MessageState.FAILED}
    [changes] = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "message.again"))
    assert changes == "sign_up_confirmed=1"


def test_stewards_and_reviewers_read_no_messages(app, desk):
    make_sign_up(tour())
    seen = [Browser(app).sign_in(make_staff(role)).get("/manage/messages").status for role in (Role.STEWARD, Role.REVIEWER)]

    assert seen == [403, 403]
