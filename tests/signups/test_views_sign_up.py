"""Signing up at a browser: the newcomer's way, the same form twice, and every refusal."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from festival.accounts.models import Account, CodeChallenge, SignInSession
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Access, Activity, ActivityStatus, Mode, Pool, Slot, SlotStatus
from festival.signups.models import Answer, IdempotentAnswer, SignUp
from festival.signups.rules import State
from tests.accounts.codes import sent_code
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.web import Browser

NUMBER = "13800138000"


def form_of(activity):
    return f"/activities/{activity.slug}/sign-up"


def sign_ups():
    db.session.rollback()
    return db.session.scalars(sa.select(SignUp).order_by(SignUp.id)).all()


def with_code(browser, activity, **fields):
    """Ask for a code inside the form; return the page it is typed into, and the code."""
    page = browser.post_form(form_of(activity), {"address": NUMBER, **fields}, button="send-code")
    assert page.status == 200, page.words
    return page, sent_code(NUMBER)


# -- a newcomer --------------------------------------------------------------------------------------------------------------


def test_a_newcomer_signs_up_with_number_code_and_answers_in_one_form(app, visitor):
    activity = make_activity(party_max=4)
    make_question(activity, "name", label_zh="姓名")
    make_question(activity, "employer")

    page = visitor.post_form(
        form_of(activity),
        {"address": "138 0013 8000", "q-name": "李晨", "q-employer": "设计院", "party_size": "3", "consent": "1"},
        button="send-code",
    )
    mails = visitor.get(f"/demo/messages.json?to={NUMBER}").response.get_json()
    code = "".join(filter(str.isdigit, mails[0]["text"].split("验证码")[1]))[:6]
    kept = {name: page.html.select_one(f'[name="{name}"]')["value"] for name in ("address", "q-name", "q-employer")}
    answer = visitor.post_form(page, code=code)

    assert kept == {"address": "138 0013 8000", "q-name": "李晨", "q-employer": "设计院"}
    assert page.html.select_one("[name=consent]").has_attr("checked")
    assert page.html.select_one("[name=party_size] option[selected]")["value"] == "3"
    (made,) = sign_ups()
    assert (answer.status, answer.location) == (303, f"/sign-ups/{made.code}")
    assert (made.state, made.party_size, made.name) == ("confirmed", 3, "李晨")
    assert [(one.question_key, one.plain) for one in db.session.scalars(sa.select(Answer))] == [("employer", "设计院")]
    ticket = visitor.follow(answer)
    assert (ticket.status, ticket.result) == (200, "confirmed")
    assert made.digits[:3] + " " + made.digits[3:] in ticket.words


def test_a_returning_person_need_not_type_again_what_is_not_sensitive(app, visitor):
    first, second = make_activity(), make_activity()
    for activity in (first, second):
        make_question(activity, "name")
        make_question(activity, "school")
        make_question(activity, "grade", type_="select", options={"a": "甲", "b": "乙"})
        make_question(activity, "promise", type_="pledge", text="我承诺")
    visitor.sign_in(make_person(name=""))
    visitor.post_form(form_of(first), {"q-name": "李晨", "q-school": "财大", "q-grade": "b", "q-promise": "1", "consent": "1"})

    page = visitor.get(form_of(second))

    assert page.html.select_one('[name="q-name"]')["value"] == "李晨"
    assert page.html.select_one('[name="q-school"]')["value"] == "财大"
    assert page.html.select_one('[name="q-grade"][checked]')["value"] == "b"
    assert page.html.select('[name="q-promise"][checked], [name=consent][checked], [name=address], [name=code]') == []


def test_a_bad_address_is_said_beside_it_and_nothing_is_sent_or_lost(app, visitor):
    activity = make_activity()
    make_question(activity, "employer")
    form = visitor.get(form_of(activity))
    wrong = {"1380013800": "现在是 10 位", "": "请填写此项", "12345678901": "13 至 19", "a@b": "name@example.com"}

    for typed, words in wrong.items():
        page = visitor.post_form(form, {"address": typed, "q-employer": "设计院"}, button="send-code")
        assert page.status == 422
        assert words in page.html.select_one("#address-error").get_text()
        assert page.html.select_one('.errors a[href="#address"]') is not None
        assert page.html.select_one('[name="q-employer"]')["value"] == "设计院"
    assert db.session.scalar(sa.select(sa.func.count(CodeChallenge.id))) == 0


def test_a_second_code_within_a_minute_is_not_sent_and_says_how_long_to_wait(app, visitor):
    activity = make_activity()
    page, _code = with_code(visitor, activity)

    again = visitor.post_form(page, button="send-code")

    assert again.status == 200
    assert "秒后可以重新获取" in again.words
    assert db.session.scalar(sa.select(sa.func.count(CodeChallenge.id))) == 1


def test_too_many_codes_within_the_hour_are_refused_and_the_form_stays(app, visitor):
    activity = make_activity()
    with time_machine.travel(clock.wall(), tick=False) as time:
        pages = []
        for _ in range(5):
            pages.append(with_code(visitor, activity)[0])
            time.shift(61)
        answer = visitor.post_form(pages[-1], button="send-code")

    assert answer.status == 429
    assert int(answer.response.headers["Retry-After"]) > 0
    assert answer.html.select_one("[name=address]")["value"] == NUMBER


def test_a_wrong_code_keeps_the_form_and_costs_a_try(app, visitor):
    activity = make_activity()
    make_question(activity, "employer")
    page, code = with_code(visitor, activity, **{"q-employer": "设计院", "consent": "1"})
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    answer = visitor.post_form(page, code=wrong)

    assert answer.status == 422
    assert "还可以试 4 次" in answer.html.select_one("#code-error").get_text()
    assert answer.html.select_one('[name="q-employer"]')["value"] == "设计院"
    assert db.session.scalars(sa.select(CodeChallenge.tries)).one() == 1
    assert sign_ups() == []
    assert visitor.post_form(answer, code=code).status == 303


def test_a_refused_sign_up_leaves_the_code_unused_and_nobody_signed_in(app, visitor):
    activity = make_activity(capacity=2, waitlist_limit=0, party_max=3)
    page, code = with_code(visitor, activity, consent="1")
    make_sign_up(activity)

    refused = visitor.post_form(page, code=code, party_size="2")
    again = visitor.post_form(refused, code=code, party_size="1")

    assert (refused.status, refused.result) == (409, "full")
    assert refused.html.select_one("form [name=code]") is not None
    assert (again.status, [one.party_size for one in sign_ups()]) == (303, [1, 1])


def test_nobody_is_left_behind_by_a_refused_newcomer(app, visitor):
    activity = make_activity(capacity=2, waitlist_limit=0, party_max=3)
    page, code = with_code(visitor, activity, consent="1")
    make_sign_up(activity)
    before = db.session.scalar(sa.select(sa.func.count(Account.id)))

    visitor.post_form(page, code=code, party_size="2")

    db.session.rollback()
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == before
    assert db.session.scalars(sa.select(CodeChallenge.used_at)).one() is None
    assert db.session.scalar(sa.select(sa.func.count(SignInSession.id))) == 0


def test_a_visitor_who_holds_a_place_already_is_signed_in_and_sent_to_it(app, visitor):
    activity = make_activity()
    person = make_person(mobile=NUMBER)
    held = make_sign_up(activity, person=person)
    page, code = with_code(visitor, activity, consent="1")

    answer = visitor.post_form(page, code=code)

    assert answer.location == f"/sign-ups/{held.code}?already=1"
    assert visitor.follow(answer).result == "already"
    assert len(sign_ups()) == 1


def test_staff_sign_up_as_the_persons_they_also_are(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_staff())
    page, code = with_code(visitor, activity, consent="1")
    assert visitor.follow(visitor.post_form(page, code=code)).result == "confirmed"


# -- the same form twice -----------------------------------------------------------------------------------------------------


def test_the_same_form_sent_again_gives_the_same_ticket(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))

    answers = [visitor.post_form(page, consent="1") for _ in range(3)]

    (made,) = sign_ups()
    assert [(one.status, one.location) for one in answers] == [(303, f"/sign-ups/{made.code}")] * 3


def test_a_new_attempt_by_someone_who_holds_a_place_opens_it_with_already(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_person())
    first, second = visitor.get(form_of(activity)), visitor.get(form_of(activity))
    ticket = visitor.post_form(first, consent="1").location

    assert visitor.post_form(second, consent="1").location == f"{ticket}?already=1"
    assert visitor.post_form(second, consent="1").location == f"{ticket}?already=1"  # the same key, the same answer
    assert visitor.get(form_of(activity)).location == f"{ticket}?already=1"
    assert visitor.get(f"{ticket}?already=1").result == "already"
    assert len(sign_ups()) == 1


def test_the_same_form_gives_the_same_answer_when_sign_up_has_closed_or_filled_meanwhile(app, visitor):
    activity = make_activity(capacity=1, waitlist_limit=0)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))
    ticket = visitor.post_form(page, consent="1").location
    with transaction():
        activity.status = ActivityStatus.CANCELLED

    assert visitor.post_form(page, consent="1").location == ticket


def test_a_key_counts_for_ten_minutes_and_for_its_own_browser(app, visitor):
    activity, person = make_activity(), make_person()
    visitor.sign_in(person)
    page = visitor.get(form_of(activity))
    ticket = visitor.post_form(page, consent="1").location
    with transaction():
        db.session.execute(sa.update(IdempotentAnswer).values(at=clock.now() - timedelta(minutes=11)))

    assert visitor.post_form(page, consent="1").location == f"{ticket}?already=1"
    other = Browser(app).sign_in(make_person())
    key = page.html.select_one("[name=idempotency_key]")["value"]
    assert other.post_form(form_of(activity), consent="1", idempotency_key=key).location not in ticket
    assert len(sign_ups()) == 2


def test_a_visitor_whose_answer_was_lost_presses_again_and_is_signed_in(app, visitor):
    activity = make_activity()
    page, code = with_code(visitor, activity, consent="1")
    with visitor.client.session_transaction() as held:
        before = dict(held)
    ticket = visitor.post_form(page, code=code).location
    with visitor.client.session_transaction() as held:  # the answer, and its cookie with it, never arrived
        held.clear()
        held.update(before)
    with transaction():
        db.session.execute(sa.update(CodeChallenge).values(used_at=clock.wall() - timedelta(minutes=3)))

    again = visitor.post_form(page, code=code)

    assert again.location == ticket
    assert visitor.follow(again).result == "confirmed"
    assert len(sign_ups()) == 1


def test_whoever_was_signed_out_since_is_not_signed_in_by_an_old_form(app, visitor):
    activity = make_activity()
    page, code = with_code(visitor, activity, consent="1")
    ticket = visitor.post_form(page, code=code).location
    with transaction():
        db.session.execute(sa.update(SignInSession).values(ended_at=clock.wall()))
        db.session.execute(sa.update(CodeChallenge).values(used_at=clock.wall() - timedelta(minutes=3)))

    again = visitor.post_form(page, code=code)

    assert again.status == 422
    assert visitor.get(ticket).location.startswith("/sign-in?next=")


@pytest.mark.slow
def test_a_double_tap_of_a_newcomer_is_one_sign_up_and_one_account(app, visitor):
    activity = make_activity()
    page, code = with_code(visitor, activity, consent="1")
    with visitor.client.session_transaction() as held:
        cookie = dict(held)
    answers = []

    def tap():
        with app.app_context():
            twin = Browser(app)
            with twin.client.session_transaction() as its:
                its.update(cookie)
            answers.append(twin.post_form(page, code=code))

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for one in taps:
        one.start()
    for one in taps:
        one.join()

    (made,) = sign_ups()
    assert [(one.status, one.location) for one in answers] == [(303, f"/sign-ups/{made.code}")] * 4
    assert db.session.scalar(sa.select(sa.func.count(Account.id))) == 1


@pytest.mark.slow
def test_a_busy_database_gives_the_form_back_and_pressing_again_is_safe(app, visitor):
    activity = make_activity()
    make_question(activity, "employer")
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))

    with transaction():
        db.session.execute(sa.select(Activity.id).where(Activity.id == activity.id).with_for_update())
        busy = visitor.post_form(page, {"q-employer": "设计院", "consent": "1"})
    again = visitor.post_form(busy)

    assert (busy.status, busy.response.headers["Retry-After"]) == (503, "3")
    assert busy.html.select_one('[name="q-employer"]')["value"] == "设计院"
    assert "不会重复报名" in busy.words
    assert (again.status, len(sign_ups())) == (303, 1)


# -- refusals ----------------------------------------------------------------------------------------------------------------


def not_open():
    return make_activity(opens_in=timedelta(days=1))


def closed():
    return make_activity(closes_in=timedelta(hours=-1))


def ended():
    return make_activity(starts_in=timedelta(days=-1), closes_in=None)


def full():
    activity = make_activity(capacity=1, waitlist_limit=0)
    make_sign_up(activity)
    return activity


def invitation_only():
    return make_activity(mode=Mode.INVITATION)


def cancelled():
    return make_activity(status=ActivityStatus.CANCELLED)


def postponed():
    return make_activity(status=ActivityStatus.POSTPONED)


def slot_cancelled():
    activity = make_activity()
    with transaction():
        db.session.execute(sa.update(Slot).where(Slot.activity_id == activity.id).values(status=SlotStatus.CANCELLED))
    return activity


def at_its_ceiling():
    activity = make_activity(capacity=5, approved_ceiling=1, waitlist_limit=0)
    make_sign_up(activity)
    return activity


REFUSED = {
    not_open: ("not-open", "报名未开始"),
    closed: ("closed", "报名已截止"),
    ended: ("closed", "活动已结束"),
    full: ("full", "名额已满"),
    invitation_only: ("invitation-only", "仅限邀请"),
    cancelled: ("cancelled", "活动已取消"),
    postponed: ("postponed", "活动已延期"),
    slot_cancelled: ("cancelled", "活动已取消"),
    at_its_ceiling: ("ceiling", "名额已满"),
}


def test_what_cannot_be_signed_up_for_says_so_before_any_form_and_after(app, visitor):
    activities = {make: make() for make in REFUSED}
    made = len(sign_ups())
    token = visitor.get(form_of(make_activity())).html.select_one("[name=csrf_token]")["value"]

    shown = {make: visitor.get(form_of(activity)) for make, activity in activities.items()}
    sent = {
        make: visitor.post(form_of(activity), csrf_token=token, consent="1", address=NUMBER, code="123456")
        for make, activity in activities.items()
    }

    for pages in (shown, sent):
        assert {make: (page.result, page.html.h1.get_text(strip=True)) for make, page in pages.items()} == REFUSED
        assert {page.status for page in pages.values()} == {409}
        assert [page.path for page in pages.values() if page.html.select("main form")] == []
    assert len(sign_ups()) == made


def test_a_draft_and_what_was_never_there_are_not_found(app, visitor):
    draft = make_activity(status=ActivityStatus.DRAFT)
    assert [visitor.get(path).status for path in (form_of(draft), "/activities/nothing/sign-up")] == [404, 404]


def test_a_full_pool_among_others_is_refused_with_the_form_still_there(app, visitor):
    activity = make_activity(capacity=1, pools=2, waitlist_limit=0)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))
    make_sign_up(activity)

    refused = visitor.post_form(page, pool=str(pool_of(activity).id), consent="1")

    assert (refused.status, refused.result) == (409, "full")
    assert [field.has_attr("disabled") for field in refused.html.select("[name=pool]")] == [True, False]
    assert visitor.post_form(refused, pool=str(pool_of(activity, 1).id), consent="1").status == 303


def test_a_party_larger_than_allowed_is_said_beside_the_field(app, visitor):
    activity = make_activity(capacity=2, party_max=3)
    visitor.sign_in(make_person())

    answer = visitor.post_form(form_of(activity), party_size="3", consent="1")

    assert (answer.status, sign_ups()) == (422, [])
    assert answer.html.select_one("#party_size-error") is not None


# -- the number told before --------------------------------------------------------------------------------------------------


def test_the_form_tells_how_many_places_are_left_and_how_many_wait(app, visitor):
    activity = make_activity(capacity=3, pools=2)
    make_sign_up(activity)
    for _ in range(3):
        make_sign_up(activity, pool=pool_of(activity, 1))
    for _ in range(2):
        make_sign_up(activity, pool=pool_of(activity, 1), state=State.WAITLISTED)

    labels = [label.get_text(" ", strip=True) for label in visitor.get(form_of(activity)).html.select(".choice label")]

    assert labels == ["1区 余 2 / 3", "2区 名额已满 / 3 加入候补，前面 2 位"]


def test_where_others_wait_a_free_place_is_not_promised(app, visitor):
    activity = make_activity(capacity=2)
    make_sign_up(activity)
    make_sign_up(activity, state=State.WAITLISTED, party_size=2)
    visitor.sign_in(make_person())

    page = visitor.get(form_of(activity))
    ticket = visitor.follow(visitor.post_form(page, consent="1"))

    assert "提交后进入候补，前面 1 位" in page.words
    assert (ticket.result, "您当前是候补第 2 位" in ticket.words) == ("waitlisted", True)


def test_the_only_slot_and_pool_are_hidden_and_need_not_be_sent(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))

    hidden = {field["name"] for field in page.html.select("form [type=hidden]")}
    answer = visitor.post_form(page, slot=None, pool=None, consent="1")

    assert hidden == {"csrf_token", "idempotency_key", "notice_version", "slot", "pool", "party_size"} - {"party_size"}
    assert answer.status == 303


def test_pools_by_invitation_are_not_offered_and_refuse_who_forges_them(app, visitor):
    activity = make_activity(pools=2)
    invited = pool_of(activity, 1)
    with transaction():
        db.session.get_one(Pool, invited.id).access = Access.INVITATION
    visitor.sign_in(make_person())

    page = visitor.get(form_of(activity))
    forged = visitor.post_form(page, pool=str(invited.id), consent="1")

    assert [field["value"] for field in page.html.select("[name=pool]")] == [str(pool_of(activity).id)]
    assert (forged.status, forged.result, sign_ups()) == (409, "invitation-only", [])


def test_quotas_are_never_shown_and_follow_the_answer(app, visitor):
    activity = make_activity(pools=2, mode=Mode.BALLOT)
    make_question(activity, "gender", type_="select", options={"m": "男", "f": "女"})
    with transaction():
        for index, answer in enumerate(("m", "f")):
            pool = db.session.get_one(Pool, pool_of(activity, index).id)
            pool.quota_question, pool.quota_answer = "gender", answer
    visitor.sign_in(make_person())

    page = visitor.get(form_of(activity))
    ticket = visitor.follow(
        visitor.post_form(page, {"q-gender": "f", "consent": "1"}),
    )

    assert page.html.select("[name=pool]") == []
    assert ticket.result == "entered"
    assert [one.pool_id for one in sign_ups()] == [pool_of(activity, 1).id]


def test_approval_takes_entries_for_review(app, visitor):
    activity = make_activity(mode=Mode.APPROVAL)
    visitor.sign_in(make_person())
    assert visitor.follow(visitor.post_form(form_of(activity), consent="1")).result == "pending"


# -- what nobody types -------------------------------------------------------------------------------------------------------


def test_a_forged_id_is_said_and_changes_nothing(app, visitor):
    activity = make_activity(pools=2)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))
    good = {"slot": str(pool_of(activity).slot_id), "pool": str(pool_of(activity).id), "consent": "1"}
    forged = ["0", "-1", "x", "9" * 400, "2147483648", "1 OR 1=1", "１２３", "\x00", "½"]

    answers = [visitor.post_form(page, {**good, name: value}) for name in ("slot", "pool") for value in forged]

    assert {answer.status for answer in answers} == {422}
    assert [answer.path for answer in answers if answer.html.select_one(".errors") is None] == []
    assert sign_ups() == []


def test_the_place_of_another_activity_is_not_taken(app, visitor):
    mine, other = make_activity(pools=2), make_activity()
    visitor.sign_in(make_person())
    answer = visitor.post_form(form_of(mine), pool=str(pool_of(other).id), consent="1")
    assert (answer.status, sign_ups()) == (422, [])


def test_repeated_and_foreign_fields_change_nothing(app, visitor):
    activity = make_activity(party_max=3)
    visitor.sign_in(make_person())

    visitor.post_form(
        form_of(activity),
        party_size=["1", "3"],
        consent=["1", "1"],
    )
    token = visitor.get(form_of(make_activity())).html.select_one("[name=csrf_token]")["value"]
    other = make_activity()
    visitor.post(
        form_of(other), csrf_token=token, consent="1", party_size="1", state="attended", person_id="1", counted="0", priority="-5"
    )

    assert [(one.party_size, one.state, one.counted, one.priority) for one in sign_ups()] == [
        (1, "confirmed", True, 0),
        (1, "confirmed", True, 0),
    ]


def test_an_impossible_party_is_said(app, visitor):
    activity = make_activity(party_max=3)
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))
    parties = ["0", "-1", "4", "1e1", "9" * 5000, "", "abc", "\x00"]
    assert {visitor.post_form(page, party_size=party, consent="1").status for party in parties} == {422}
    assert sign_ups() == []


def test_bytes_that_are_no_text_are_said(app, visitor):
    activity = make_activity()
    make_question(activity, "employer")
    visitor.sign_in(make_person())
    page = visitor.get(form_of(activity))
    token = page.html.select_one("[name=csrf_token]")["value"].encode()

    parts = {b"csrf_token": token, b"consent": b"1", b"q-employer": b"\xff\xfe"}
    body = b"".join(b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part for part in parts.items())

    answer = visitor.client.post(form_of(activity), data=body + b"--x--\r\n", content_type="multipart/form-data; boundary=x")

    assert (answer.status_code, sign_ups()) == (422, [])
    assert "含有无法识别的字符" in answer.get_data(as_text=True)


def test_markup_in_an_answer_is_shown_as_it_was_typed(app, visitor):
    activity = make_activity()
    make_question(activity, "name")
    visitor.sign_in(make_person())
    name = '"><script>alert(1)</script>{{7*7}}'

    failed = visitor.post_form(form_of(activity), {"q-name": name})
    ticket = visitor.follow(visitor.post_form(failed, {"q-name": name, "consent": "1"}))

    assert failed.html.select_one('[name="q-name"]')["value"] == name
    assert [script for script in ticket.html.select("script") if "alert" in script.get_text()] == []
    assert name in ticket.words


def test_a_form_without_its_token_is_refused(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_person())
    assert (visitor.post(form_of(activity), consent="1").status, sign_ups()) == (400, [])


# -- the cost ----------------------------------------------------------------------------------------------------------------


def test_the_form_reads_as_much_for_one_pool_as_for_many(app, visitor):
    small, large = make_activity(pools=1), make_activity(pools=6)
    for activity in (small, large):
        make_question(activity, "employer")
    make_question(large, "more", type_="select", options={"a": "甲", "b": "乙"})
    make_question(large, "most", type_="select", options={"a": "甲", "b": "乙"})
    visitor.sign_in(make_person())
    paths = form_of(small), form_of(large)
    visitor.get(paths[0])

    costs = [queries_of(lambda path=path: visitor.get(path)) for path in paths]

    assert costs[0] == costs[1]
    assert costs[0] <= 16


def queries_of(act):
    """Count the statements that an act sends to the database."""
    counted = []

    def count(_connection, _cursor, statement, *_more):
        counted.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", count)
    return len(counted)
