"""The pages of a mixer: one's own, and those of the desk; who may open them, and what they make of hostile input."""

import base64
import re
import threading
from datetime import timedelta
from time import sleep as pause

import pytest
from sqlalchemy import func, select, update

from festival.accounts import personal
from festival.accounts.models import Account, Consent, PrivacyNotice
from festival.accounts.rules import Role
from festival.accounts.service import erase, withdraw_consent
from festival.kinds.mixer import choosing, models, queries, service
from festival.kinds.mixer.rules import Complaint, MixerRefused
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.protection import purging
from festival.signups import sweep
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.kinds.mixer.phone import CLOSES, DAY, OPENS, REVEAL, Phone, guest, guests, label, make_mixer, phones
from tests.web import Browser

#: What pages show does not depend on the database.
SQLITE_ONLY = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
TABLES = [table for table in models.Run.metadata.sorted_tables if table.name.startswith("mixer_")]


def rows():
    """Return how many rows each table of a mixer has."""
    db.session.rollback()
    return {table.name: db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES}


def times_of(mixer):
    found = queries.times(queries.activity_of(mixer.id))
    assert found is not None
    return found


def csrf(page):
    return str(page.html.select_one('input[name="csrf_token"]')["value"])


def text(content):
    return base64.b64encode(content).decode()


@pytest.fixture
def mixer(app, frozen):
    return make_mixer()


@SQLITE_ONLY
def test_numbers_tables_and_wishes_through_the_pages_of_the_door_the_desk_and_ones_own(app, mixer):
    (his,), (hers,) = guests(mixer, 1, 1, here=False)
    him, mine = Browser(app).sign_in(his.person), f"/sign-ups/{his.code}/mixer"
    ticket = him.get(f"/sign-ups/{his.code}")
    assert ticket.link("打开我的联谊") == mine
    before = him.get(mine)
    assert "签到时随机领取编号" in before.words
    assert before.html.select_one("[data-choose]") is None
    him.post_form(him.get(mine), {"said": "000 000"})
    assert him.follow(him.post_form(him.get(mine), {}, action=f"{mine}/photo", button="no_photo")).words.count("不拍照") >= 1
    desk = Browser(app).sign_in(make_staff())
    door = f"/manage/activities/{mixer.slug}/check-in"
    answered = desk.follow(desk.post_form(desk.get(door), {"code": his.code}))
    assert f"编号： {label(his)}" in answered.words
    assert "不拍照，请贴标记" in answered.words
    desk.post_form(desk.get(door), {"code": hers.code})
    here = f"/manage/activities/{mixer.slug}/mixer"
    assert "已排到第 8 轮" not in desk.get(here).words
    planned = desk.follow(desk.post_form(desk.get(here), {}, action=f"{here}/plan"))
    assert "已排到第 1 轮" in planned.words  # two people meet once
    desk.post_form(planned, {"round": "1"}, action=f"{here}/round")
    assert f"第 1 轮 {label(hers)} {label(hers)} 号桌 正在进行" in him.get(mine).words
    assert [cell.get_text(strip=True) for cell in desk.get(f"{here}/print").html.select("tbody tr > *")] == [
        label(hers), label(his), label(his), label(hers),
    ]  # fmt: skip
    numbers = desk.get(f"{here}/numbers")
    assert f"不拍照：{label(his)}" in numbers.words
    assert f"{label(his)} 男嘉宾 在场 未备好 不拍照" in numbers.words
    badges = desk.get(f"{here}/badges").html.select(".badge__number")
    assert [badge.get_text(strip=True) for badge in badges] == [f"{letter}{n:02d}" for letter in "MF" for n in range(1, 41)]
    roster = desk.get(f"/manage/activities/{mixer.slug}/roster")
    assert label(his) in roster.text


def test_two_who_choose_each_other_through_the_pages(app, mixer):
    (his,), (hers,) = guests(mixer, 1, 1)
    with transaction():
        db.session.add(Answer(sign_up_id=hers.id, question_key="intro", plain="喜欢爬山"))
        service.plan(mixer.id, actor_id=make_staff().id)
    him, her = Browser(app).sign_in(his.person), Browser(app).sign_in(hers.person)
    mine, theirs = f"/sign-ups/{his.code}/mixer", f"/sign-ups/{hers.code}/mixer"
    desk, here = Browser(app).sign_in(make_staff()), f"/manage/activities/{mixer.slug}/mixer"
    one, other = Phone(his), Phone(hers)
    for browser, path, phone in ((him, mine, one), (her, theirs, other)):
        answer = browser.post(f"{path}/key", csrf_token=csrf(browser.get(path)), key=text(phone.public))
        assert answer.response.get_json() == {"done": True}
    keys = him.get(f"{mine}/keys.json").response.get_json()
    assert keys["keys"] == [[one.label, text(one.public)], [other.label, text(other.public)]]
    assert f"核对码 {keys['code'][:4]} {keys['code'][4:]}" in desk.get(here).words
    clock.freeze(OPENS)
    shown = him.get(mine)
    assert "喜欢爬山" in shown.words
    for browser, path, phone, whom in ((him, mine, one, other), (her, theirs, other, one)):
        sent = phone.rows(whom, contact={"name": phone.label})
        fields = {"tag": [text(row.tag) for row in sent], "contact": [text(row.sealed) for row in sent]}
        answer = browser.post(f"{path}/choices", csrf_token=csrf(browser.get(path)), **fields)
        assert answer.response.get_json() == {"done": True}
    assert "您已送出选择" in him.get(mine).words
    assert "已送出选择的人 2" in desk.get(here).words
    clock.freeze(CLOSES)
    sweep.sweep_due()
    assert (rows()["mixer_choice"], "互选成功的对数" in desk.get(here).words) == (0, False)
    clock.freeze(REVEAL)
    (pair,) = him.get(mine).html.select("[data-pair]")
    assert pair["data-pair"] == other.label
    assert one.open(base64.b64decode(str(pair["data-public"])), other.label, base64.b64decode(str(pair["data-contact"]))) == {
        "name": other.label
    }
    assert "互选成功的对数 1" in desk.get(here).words
    assert him.get(f"{mine}/now.json").response.get_json()["stage"] == "result"


@SQLITE_ONLY
def test_everybody_who_was_there_is_told_in_the_same_words_when_results_can_be_seen(mixer):
    (one,), (her, lonely) = phones(mixer, 1, 2)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one)
    clock.freeze(CLOSES)
    sweep.sweep_due()
    db.session.rollback()
    with transaction():
        db.session.execute(update(Message).values(due_at=clock.wall()))  # the festival's clock is years behind the letters'
    deliver_due()
    db.session.rollback()
    sent = db.session.scalars(select(Message).where(Message.kind == "mixer_result").order_by(Message.id)).all()
    words = "“测试活动”的互选已结束，请登录查看只有您本人可见的结果。"
    assert {(message.account_id, message.text) for message in sent} == {
        (phone.sign_up.person_id, words) for phone in (one, her, lonely)
    }


@SQLITE_ONLY
def test_a_page_of_a_mixer_is_its_owners_alone_and_only_with_a_place(app, mixer):
    (his,), _ = guests(mixer, 1, 0)
    other = make_person()
    waiting = make_sign_up(mixer, person=other, state=State.WAITLISTED)
    talk = make_sign_up(make_activity(), person=other)
    them = Browser(app).sign_in(other)

    statuses = {
        (name, method, path): getattr(them.client, method.lower())(f"/sign-ups/{sign_up.code}/mixer{path}").status_code
        for name, sign_up in (("his", his), ("waiting", waiting), ("talk", talk))
        for method, path in (("GET", ""), ("GET", "/now.json"), ("GET", "/keys.json"))
    }
    assert set(statuses.values()) == {404}
    token = csrf(Browser(app).sign_in(his.person).get(f"/sign-ups/{his.code}/mixer"))
    assert token
    mine = csrf(them.get(f"/sign-ups/{talk.code}"))
    posts = ("photo", "acquaintances", "acquaintances/1/remove", "block", "report", "key", "choices", "choices/withdraw")
    refused = {them.post(f"/sign-ups/{his.code}/mixer/{path}", csrf_token=mine).status for path in posts}
    assert refused == {404}
    assert {them.client.post(f"/sign-ups/{waiting.code}/mixer/{path}").status_code for path in posts} == {400}  # no token


def test_whatever_a_phone_sends_is_answered_kindly_and_nothing_is_kept(app, mixer):
    (one,), _ = phones(mixer, 1, 1)
    browser, path = Browser(app).sign_in(one.sign_up.person), f"/sign-ups/{one.sign_up.code}/mixer"
    token = csrf(browser.get(path))
    clock.freeze(OPENS)
    junk = ["", "%%%", "A" * 5000, "=", "\x00", text(b"x" * 32), text(b"")]

    answers = [browser.post(f"{path}/choices", csrf_token=token, tag=[word] * 3, contact=[word] * 3) for word in junk]
    answers += [
        browser.post(f"{path}/choices", csrf_token=token, tag=junk, contact=junk[:2]),
        browser.post(f"{path}/choices", csrf_token=token),
    ]
    answers += [browser.post(f"{path}/key", csrf_token=token, key=word) for word in junk]

    assert {(answer.status, answer.response.get_json()["refused"]) for answer in answers} <= {
        (422, "rows-bad"), (422, "key-bad"), (409, "key-fixed"),
    }  # fmt: skip
    assert rows()["mixer_choice"] == 0
    page = browser.get(path)
    for fields, action in (
        ({"said": "我的同事"}, "acquaintances"),
        ({"number": "' OR 1=1"}, "block"),
        ({"number": "F99"}, "block"),
        ({"number": one.label}, "block"),
        ({"number": "F01\x01", "words": "x" * 501}, "report"),
    ):
        answer = browser.post_form(page, fields, action=f"{path}/{action}")
        assert answer.status in {409, 422}
        (typed,) = answer.html.select(f'form[action$="{action}"] input[name="{next(iter(fields))}"]')
        assert str(typed["value"]).startswith(next(iter(fields.values()))[:3])
        assert answer.html.select_one(".field__error")


@SQLITE_ONLY
def test_no_page_of_an_attendee_names_another(app, mixer):
    men, women = guests(mixer, 3, 3)
    actor = make_staff().id
    with transaction():
        service.plan(mixer.id, actor_id=actor)
    viewer = men[0]
    browser, path = Browser(app).sign_in(viewer.person), f"/sign-ups/{viewer.code}"
    clock.freeze(OPENS)

    pages = [browser.get(page).text for page in (path, f"{path}/mixer", "/me", f"/activities/{mixer.slug}", f"{path}/history")]
    pages += [str(browser.get(f"{path}/mixer/keys.json").response.get_json())]

    others = [word for one in (*men[1:], *women) for word in (one.name, one.code, one.digits, one.person.addresses[0].value)]
    assert [word for page in pages for word in others if word in page] == []


@SQLITE_ONLY
def test_a_report_reaches_the_desk_without_who_made_it_and_reading_it_is_recorded(app, mixer):
    (his,), (hers,) = guests(mixer, 1, 1)
    browser, path = Browser(app).sign_in(hers.person), f"/sign-ups/{hers.code}/mixer"
    fields = {"number": label(his), "what": "harassment", "words": "一直追问我的住址", "also_block": "1"}
    sent = browser.follow(browser.post_form(browser.get(path), fields, action=f"{path}/report"))
    assert f"不再相遇： {label(his)}" in sent.words
    here = f"/manage/activities/{mixer.slug}/mixer"
    reviewer = Browser(app).sign_in(make_staff(Role.REVIEWER))
    assert reviewer.get(f"{here}/reports").status == 403
    assert "反馈（" not in reviewer.get(here).words
    desk = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=mixer))
    task = "有 1 条现场反馈等待处理。"
    told = next(link for link in desk.get("/manage/").html.select("main a") if task in link.text)
    assert told["href"] == f"{here}/reports"
    assert not any(word in told.text for word in (label(his), label(hers), "骚扰"))
    assert task not in reviewer.get("/manage/").words
    listed = desk.get(desk.get(here).link("反馈（1）"))
    assert f"{label(his)} · 言语或行为骚扰" in listed.words
    assert "住址" not in listed.words
    (report_id,) = re.findall(r"reports/(\d+)/read", listed.text)
    opened = desk.post_form(listed, {}, action=f"{here}/reports/{report_id}/read")
    assert "一直追问我的住址" in opened.words
    assert label(hers) not in opened.words
    assert "已处理" in desk.follow(desk.post_form(listed, {}, action=f"{here}/reports/{report_id}/close")).words
    assert task not in desk.get("/manage/").words
    assert {"查看一条反馈", "反馈处理完毕"} <= {
        word for word in ("查看一条反馈", "反馈处理完毕") if word in desk.get(f"/manage/activities/{mixer.slug}/log").text
    }
    other = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=make_activity()))
    assert [other.get(here).status, other.get(f"{here}/reports").status] == [404, 404]
    talk = make_activity(slug="talk")
    admin = Browser(app).sign_in(make_staff())
    assert {
        admin.get(f"/manage/activities/{talk.slug}/mixer{page}").status
        for page in ("", "/print", "/numbers", "/badges", "/reports")
    } == {404}


@SQLITE_ONLY
def test_organizers_move_the_times_until_the_choice_is_settled_and_a_moved_day_takes_them_along(app, mixer):
    guests(mixer, 1, 1)
    desk, here = Browser(app).sign_in(make_staff()), f"/manage/activities/{mixer.slug}/mixer"
    fields = {"opens": "16:50", "closes": "17:05", "reveal": "17:05", "rounds": "6", "minutes": "5"}
    [before] = set(db.session.scalars(select(SignUp.revision)))
    wrong = desk.post_form(desk.get(here), fields | {"closes": "16:50", "rounds": "99"}, action=f"{here}/times")
    assert (wrong.status, len(wrong.html.select(".field__error"))) == (422, 2)
    desk.post_form(desk.get(here), fields, action=f"{here}/times")
    db.session.rollback()
    times = times_of(mixer)
    assert set(db.session.scalars(select(SignUp.revision))) == {before + 1}  # people's own calendars name the times
    assert (times.opens_at, times.reveal_at) == (OPENS + timedelta(minutes=10), CLOSES + timedelta(minutes=5))
    with transaction():
        for slot in queries.activity_of(mixer.id).slots:
            slot.starts_at += timedelta(days=7)
            slot.ends_at += timedelta(days=7)
    db.session.rollback()
    assert times_of(mixer).opens_at == OPENS + timedelta(days=7, minutes=10)
    clock.freeze(REVEAL + timedelta(days=7))
    page = desk.get(here)
    assert sweep.sweep_due() == 0
    assert (
        desk.post_form(page, fields, action=f"{here}/times").status == 409 if page.html.select('form[action$="times"]') else True
    )


def consented(mixer, phone):
    """Have the owner of a phone consent to pass contacts on; return the id of the consent."""
    notice = PrivacyNotice(activity_id=mixer.id, version="1", text_zh="-", text_en="-", created_at=clock.wall())
    with transaction():
        db.session.add(notice)
        db.session.flush()
        given = Consent(
            account_id=phone.sign_up.person_id, activity_id=mixer.id, sign_up_id=phone.sign_up.id, notice_id=notice.id,
            question_key="match_consent", given_at=clock.wall(),
        )  # fmt: skip
        db.session.add(given)
        db.session.flush()
        return given.id


@SQLITE_ONLY
def test_without_the_consent_to_pass_contacts_on_there_is_no_choice_and_no_pair(mixer):
    (one,), (her,) = phones(mixer, 1, 1)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one)
    consent_id = consented(mixer, one)
    with transaction():
        withdraw_consent(db.session.get_one(Account, one.sign_up.person_id), consent_id)
    with pytest.raises(MixerRefused, match="no_consent"):
        one.register()
    clock.freeze(REVEAL)

    assert (one.result(), her.result(), guest(one.sign_up).public_key) == ({}, {}, None)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_choice_sent_while_its_consent_is_withdrawn_does_not_stay(app, mixer):
    (one,), _women = phones(mixer, 1, 1)
    person_id, consent_id = one.sign_up.person_id, consented(mixer, one)
    clock.freeze(OPENS)

    def withdraw():
        with app.app_context(), transaction():
            withdraw_consent(db.session.get_one(Account, person_id), consent_id)

    at_once = threading.Thread(target=withdraw)
    with transaction():
        choosing.choose(one.sign_up, one.rows())
        at_once.start()
        pause(0.3)  # the withdrawal has come as far as it can
    at_once.join()

    assert rows()["mixer_choice"] == 0


# -- forgetting --------------------------------------------------------------------------------------------------------------


def lively(mixer):
    """Let everything happen that leaves a row; return the phones."""
    actor = make_staff().id
    (one, two), (her, other) = phones(mixer, 2, 2)
    first, second = (guest(phone.sign_up).number for phone in (one, two))
    with transaction():
        service.prefer(one.sign_up, no_photo=True)
        service.know(one.sign_up, other.sign_up.digits)
        service.plan(mixer.id, actor_id=actor)
        service.block(other.sign_up, "M", second)
        service.report(other.sign_up, "M", first, Complaint.OTHER, "说明", may_be_asked=True)
    clock.freeze(OPENS)
    one.choose(her)
    her.choose(one)
    two.choose(her)
    return one, two, her, other


def test_whoever_is_forgotten_leaves_no_number_and_their_partner_no_pair(mixer):
    one, two, her, _other = lively(mixer)
    person_id = one.sign_up.person_id
    exported = personal.export(person_id)
    assert {name: len(exported[name]) for name in exported if name.startswith("mixer")} == {
        "mixer_guest": 1, "mixer_preference": 1, "mixer_acquaintance": 1, "mixer_block": 0, "mixer_meeting": 2, "mixer_choice": 1,
        "mixer_pair": 0, "mixer_report": 0,
    }  # fmt: skip
    assert exported["mixer_choice"] == [{"rows": "sealed"}]
    clock.freeze(CLOSES)
    with transaction():
        assert choosing.settle(mixer.id) == 1
    assert personal.export(person_id)["mixer_pair"] == []  # nobody learns of it before the announced minute
    clock.freeze(REVEAL)
    assert her.result() == {one.label: {}}
    assert personal.export(person_id)["mixer_pair"] == [{"with": her.label}]

    with transaction():
        erase(db.session.get_one(Account, person_id))

    assert her.result() == {}
    assert one.sign_up.id not in {guest.sign_up_id for guest in queries.guests(mixer.id)}
    left = rows()
    assert (left["mixer_guest"], left["mixer_preference"], left["mixer_acquaintance"], left["mixer_report"]) == (3, 0, 0, 0)
    assert not [meeting for meeting in queries.meetings(mixer.id) if not meeting.left_id and not meeting.right_id]
    assert two.result() == {}


def test_thirty_days_after_the_end_only_the_count_of_pairs_is_left(mixer):
    one, _two, her, _other = lively(mixer)
    clock.freeze(REVEAL)
    assert one.result().keys() == {her.label}
    full = rows()
    clock.freeze(DAY + timedelta(days=30, hours=17))
    purging.purge()
    assert rows() == full
    clock.freeze(DAY + timedelta(days=30, hours=18))

    purging.purge()

    assert rows() == dict.fromkeys(full, 0) | {"mixer_run": 1}
    db.session.rollback()
    assert db.session.scalars(select(models.Run.pairs)).all() == [1]
    assert db.session.get_one(SignUp, one.sign_up.id).state == State.ATTENDED
