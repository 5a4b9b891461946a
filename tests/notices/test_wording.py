"""What messages say: short enough for one text message, true, in the reader's language."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Channel
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.i18n import speaking
from festival.notices import render, wording
from festival.notices.rules import TRUE_IN
from festival.notices.wording import SUBJECTS, WORDS, Facts
from festival.outbox import delivery
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from festival.outbox.service import owe
from festival.outbox.texts import SIGNATURE, SMS_LENGTH, fitted, units
from festival.programme.models import Activity, ActivityStatus, Slot
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up

#: The programme's short titles, the longest venue, and values as long as they get.
TITLES = {
    "zh": (
        "人才专线游",
        "无人机灯光秀",
        "青年联谊",
        "工程设计论坛",
        "技能风采展",
        "金融联盟成立",
        "大学生招聘会",
        "人才服务直通车",
        "政策新闻发布会",
        "一二三四五六七八九十",
    ),
    "en": (
        "Talent bus tour",
        "Drone light show",
        "Young talent social",
        "Engineering forum",
        "Skills showcase",
        "Alliance founding",
        "Graduate job fair",
        "Service express",
        "Press conference",
    ),
}
PLACES = {
    "zh": "友谊路金融创新运营示范区路演厅（演示）",
    "en": "Hexi District Government Service Centre (address as officially published)",
}
TIMES = {"zh": "12月28日09:00", "en": "28 Dec 09:00"}


def facts(language, title, **more):
    plain = {
        "title": title,
        "time": TIMES[language],
        "span": TIMES[language],
        "place": PLACES[language],
        "digits": "482093",
        "deadline": TIMES[language],
        "position": 1234,
        "reason": PLACES[language] * 3,
        "pool": PLACES[language],
        "why": PLACES[language] * 3,
        "result": TIMES[language],
    }
    return Facts(**plain | more)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(WORDS))
def test_every_text_message_fits_into_seventy_characters_with_its_signature(app, kind, language):
    with speaking(language):
        for title in TITLES[language]:
            for more in ({}, {"reason": "", "why": "", "result": "", "is_waiting": True}):
                short = WORDS[kind](facts(language, title, **more)).short
                assert short.startswith(SIGNATURE)
                assert units(short) <= SMS_LENGTH, short
                assert title in short
                assert "http" not in short


@pytest.mark.parametrize("language", ["zh", "en"])
def test_codes_fit_and_begin_with_the_signature(app, language):
    with speaking(language):
        short = wording.code_words("482093", 5).short
        assert (short[:7], units(short) <= SMS_LENGTH, "482093" in short) == (SIGNATURE, True, True)
        assert units(wording.address_added_words("138 **** 8000").short) <= SMS_LENGTH


def test_a_title_longer_than_the_programmes_is_cut_rather_than_the_message(app):
    short = WORDS["sign_up_confirmed"](facts("zh", "一" * 60)).short
    assert units(short) <= SMS_LENGTH
    assert short.endswith("请凭签到码482093入场。")


def test_a_reason_with_a_link_in_it_is_no_part_of_a_text_message(app):
    words = wording.ours("sign_up_removed", facts("zh", "论坛", reason="见 www.example.com"))
    assert "example" not in words.short
    assert "见 www.example.com" in words.long


def test_what_fits_is_not_cut():
    assert fitted(lambda place: f"在{place}见。", "天津大礼堂") == "【河西人才节】在天津大礼堂见。"


def test_each_kind_has_words_a_subject_and_states_in_which_it_is_true():
    assert (
        WORDS.keys()
        == TRUE_IN.keys()
        == SUBJECTS.keys() - {"code", "address_added", "staff_link", "slot_left", "letter", "saved_opened"}
    )


# -- what is true ----------------------------------------------------------------------------------------------------------------


def told(kind, sign_up):
    with transaction():
        owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id, activity_id=sign_up.activity_id)
    deliver_due()
    message = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert message is not None
    return message.state


STATES = [state for state in State if state != State.OFFERED]


#: Messages that are true only while something more is so than a state.
ASKS = {"sign_up_offered", "sign_up_approved_offer", "sign_up_reconfirm"}


@pytest.mark.parametrize("kind", sorted(kind for kind in WORDS if kind.startswith("sign_up_") and kind not in ASKS))
def test_a_message_about_a_sign_up_is_sent_only_while_it_is_true(app, kind):
    activity = make_activity(capacity=50)
    sent = {state.value for state in STATES if told(kind, make_sign_up(activity, state=state)) == "sent"}
    assert sent == TRUE_IN[kind] - {"offered"}  # an offer needs a deadline: the test below


def test_an_offer_that_is_over_is_not_announced(app):
    activity = make_activity()
    deadlines = [clock.now() + timedelta(hours=hours) for hours in (1, -1)]
    offers = [make_sign_up(activity, state=State.OFFERED, offered_until=at) for at in deadlines]
    assert [told("sign_up_offered", offer) for offer in offers] == ["sent", "dropped"]


def test_an_offer_is_judged_by_the_festivals_clock(app, frozen):
    frozen(datetime(2023, 6, 16, 2, tzinfo=UTC))
    offer = make_sign_up(make_activity(), state=State.OFFERED, offered_until=clock.now() + timedelta(hours=1))
    assert told("sign_up_offered", offer) == "sent"


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (ActivityStatus.PUBLISHED, {"activity_changed"}),
        (ActivityStatus.POSTPONED, {"activity_postponed"}),
        (ActivityStatus.CANCELLED, {"activity_cancelled"}),
    ],
)
def test_a_change_of_plan_is_told_as_it_stands_when_the_message_leaves(app, status, sent):
    sign_up = make_sign_up(make_activity())
    with transaction():
        db.session.get_one(Activity, sign_up.activity_id).status = status
    kinds = ("activity_changed", "activity_postponed", "activity_cancelled")
    assert {kind for kind in kinds if told(kind, sign_up) == "sent"} == sent


def test_the_words_are_those_of_the_rows_when_the_message_leaves(app):
    sign_up = make_sign_up(make_activity(title_zh="旧名"))
    with transaction():
        owe("activity_changed", "sign_up", sign_up.id, account_id=sign_up.person_id)
        slot = db.session.get_one(Slot, sign_up.slot_id)
        slot.starts_at = datetime(2030, 6, 18, 1, 0, tzinfo=UTC)
        slot.ends_at = datetime(2030, 6, 18, 3, 0, tzinfo=UTC)
        db.session.get_one(Activity, sign_up.activity_id).short_title_zh = "新名"
    deliver_due()
    assert db.session.scalars(select(DemoMail.text)).one() == (
        "【河西人才节】重要：“新名”改为6月18日09:00在天津大礼堂举行。如不能参加请登录取消。"
    )


def test_a_message_speaks_its_readers_language_whatever_page_caused_it(app):
    sign_up = make_sign_up(make_activity(title_en="Job fair"), person=make_person(locale="en"), state=State.WAITLISTED)
    with app.test_request_context("/"):
        told("sign_up_waitlisted", sign_up)
    message = db.session.scalars(select(Message)).one()
    assert (message.locale, message.text.startswith("“Job fair” (")) == ("en", True)
    assert message.text.endswith(") is full. You are no. 1 on the waiting list; we will tell you when a place comes free.")


def test_a_title_with_a_format_or_template_in_it_is_only_a_title(app):
    sign_up = make_sign_up(make_activity(title_zh="%(code)s{{7*7}}"))
    told("sign_up_pending", sign_up)
    with transaction():
        db.session.get_one(SignUp, sign_up.id).state = State.PENDING
    told("sign_up_pending", sign_up)
    assert db.session.scalars(select(DemoMail.text)).one() == "【河西人才节】您的“%(code)s{{”报名已提交，正在审核，结果将通知您。"


# -- mail ------------------------------------------------------------------------------------------------------------------------


def composed(kind, sign_up):
    with transaction():
        owe(kind, "sign_up", sign_up.id, account_id=sign_up.person_id)
    (claimed,) = delivery._claim(1)
    return render.compose(claimed)


def mail_person(locale="zh"):
    person = make_person(name="<b>Link</b> http://evil.example", locale=locale)
    with transaction():
        (address,) = db.session.get_one(type(person), person.id).addresses
        address.channel, address.value = Channel.MAIL, "li@example.com"
    return person


def test_a_mail_leads_to_the_sign_up_under_the_address_of_the_settings(app):
    sign_up = make_sign_up(make_activity(title_zh="<论坛>"), person=mail_person("en"))
    with app.test_request_context("/", base_url="http://evil.example"):
        message = composed("sign_up_confirmed", sign_up)

    (parcel,) = message.parcels
    assert f"http://localhost/en/sign-ups/{sign_up.code}" in parcel.text
    assert f'href="http://localhost/en/sign-ups/{sign_up.code}"' in parcel.html
    assert "evil.example" not in parcel.text + parcel.html
    assert parcel.subject == "Test activity: Signed up · Hexi Talent Festival"


def test_what_an_organizer_typed_is_text_in_the_mails_html(app):
    sign_up = make_sign_up(make_activity(title_zh="<论坛>"), person=mail_person())
    (parcel,) = composed("sign_up_confirmed", sign_up).parcels
    assert "“<论坛>”" in parcel.text
    assert "&lt;论坛&gt;" in parcel.html
    assert "<论坛>" not in parcel.html
