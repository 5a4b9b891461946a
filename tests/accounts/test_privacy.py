"""What is held about a person: shown whole, taken away, withdrawn from, forgotten."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import ForeignKey, String, Table, func, select

from festival.accounts import personal, service
from festival.accounts.models import Account, Address, Consent, SignInSession
from festival.accounts.rules import AddressProblem, CodeReason
from festival.lib import clock, sealing
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.outbox.service import owe
from festival.programme.models import Sensitivity
from festival.signups import holding, notice
from festival.signups.models import Answer, AnswerFile, SignUp
from festival.signups.rules import State
from tests.accounts.codes import sent_code
from tests.builders import make_activity, make_person, make_question, make_sign_up, pool_of
from tests.web import Browser

NUMBER, NAME, ANSWER, SECRET, FILE = "13800138000", "李晨曦之名", "津城秘密单位", "120101199001011234", "简历正文之秘密"
#: How the name is found by sound, what staff wrote about the person, and what the person answered.
SOUND, REASON, REPLY, APPEAL = "lichenxi", "名额留给本区单位", "我已补交证明", "当天发烧没能到场"
#: Tables that lead to an account but hold nothing about those who attend, and why.
STAFFS = {
    "role_grant": "staff's roles",
    "staff_link": "staff's one-time links",
    "recovery_code": "staff's second factor",
    "draw": "who drew it, staff",
    "saved_view": "staff's views of a roster, without what was searched",
    "chosen_columns": "staff's columns of a roster",
    "show_decision": "who decided about a show, staff",
    "forum_session": "of a version of the agenda that staff published",
}


@pytest.fixture
def person(app):
    """Somebody with a sign-up, an answer, a sealed answer, a file, consents and a message."""
    person = make_person(name=NAME, mobile=NUMBER)
    activity = make_activity(slug="forum")
    questions = [
        make_question(activity, "employer"),
        make_question(activity, "id_number", type_="id_number", sensitivity=Sensitivity.SENSITIVE),
    ]
    sign_up = make_sign_up(activity, person=person, name=NAME)
    with transaction():
        written = db.session.get_one(SignUp, sign_up.id)
        written.reason, written.reply, written.appeal = REASON, REPLY, APPEAL
        context = f"answer:{sign_up.id}"
        db.session.add_all(
            [
                Answer(sign_up_id=sign_up.id, question_key="employer", plain=ANSWER),
                Answer(
                    sign_up_id=sign_up.id,
                    question_key="id_number",
                    sealed=sealing.seal(SECRET.encode(), f"{context}:id_number"),
                ),
                AnswerFile(
                    sign_up_id=sign_up.id,
                    question_key="resume",
                    name=f"{NAME}.pdf",
                    content_type="application/pdf",
                    size=3,
                    sealed=sealing.seal(FILE.encode(), f"{context}:resume"),
                    uploaded_at=clock.wall(),
                ),
            ],
        )
        notice.record_consents(
            activity,
            notice.notice_of(activity, questions),
            account_id=person.id,
            sign_up_id=sign_up.id,
            question_keys=["id_number"],
        )
        owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id, activity_id=activity.id)
        service.request_code(NUMBER, "zh")
    deliver_due()
    return db.session.get_one(Account, person.id)


@pytest.fixture
def me(app, person):
    browser = Browser(app).sign_in(person)
    db.session.rollback()
    return browser


def _leads_to(table: Table, reached: set[str]) -> bool:
    keys: list[ForeignKey] = list(table.foreign_keys)
    return any(key.column.table.name in reached for key in keys)


def test_every_table_that_leads_to_a_person_belongs_to_a_holding(app):
    held = set().union(*(one.tables for one in personal.holdings()))
    about = {"account"}
    grew = True
    while grew:
        found = {table.name for table in db.metadata.tables.values() if _leads_to(table, about & (held | {"account"}))}
        grew = not found <= about
        about |= found
    assert about - held == STAFFS.keys()


def test_my_data_is_whole_and_readable(app, me, person):
    page = me.get("/me/data.json")
    data = json.loads(page.text)
    account_id = person.id

    held = set().union(*(one.tables for one in personal.holdings()))
    assert data.keys() == held | {"exported_at"}
    assert page.response.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert page.response.headers["Cache-Control"] == "no-store"
    assert data["account"][0]["id"] == account_id
    assert [row["value"] for row in data["address"]] == [NUMBER]
    assert [row["value"] for row in data["answer"]] == [ANSWER, SECRET]
    assert [(row["question_key"], row["withdrawn_at"]) for row in data["consent"]] == [(None, None), ("id_number", None)]
    assert [row["kind"] for row in data["message"]] == ["sign_up_confirmed"]


def test_my_data_shows_no_digest_and_nobody_elses_rows(app, me, person):
    other = make_sign_up(make_activity(), name="别人")
    text = me.get("/me/data.json").text
    assert "key_digest" not in text
    assert other.code not in text
    assert "别人" not in text


def _words_in_the_database() -> str:
    return "\n".join(str(row) for table in db.metadata.sorted_tables for row in db.session.execute(select(table)))


def test_a_forgotten_person_leaves_counts_and_no_trace(app, me, person):
    account_id = person.id
    before = pool_of(db.session.scalars(select(SignUp)).one().activity).taken
    readable = (NUMBER, NAME, ANSWER, SOUND, REASON, REPLY, APPEAL)
    assert [word for word in readable if word not in _words_in_the_database()] == []
    db.session.rollback()

    done = me.post_form("/me/privacy/delete", confirm="y")

    assert done.location == "/forgotten"
    assert me.get("/me/privacy").status == 303
    left = _words_in_the_database()
    assert [word for word in (*readable, SECRET, FILE, "您已成功报名") if word in left] == []
    sign_up = db.session.scalars(select(SignUp)).one()
    assert (sign_up.state, sign_up.person_id, before, pool_of(sign_up.activity).taken) == ("withdrawn", account_id, 1, 0)
    empty = {
        table: db.session.scalar(select(func.count()).select_from(table)) for table in (Answer, AnswerFile, Consent, Address)
    }
    assert set(empty.values()) == {0}


def test_no_column_of_a_sign_up_that_holds_words_is_overlooked(app):
    words = {column.name for column in SignUp.__table__.columns if isinstance(column.type, String)}
    assert words - holding._NOBODY.keys() == {"claim", "code", "digits", "state", "source"}


def test_their_place_goes_to_whoever_waits(app, person):
    full = make_activity(capacity=1)
    make_sign_up(full, person=person)
    waiting = make_sign_up(full, state=State.WAITLISTED)
    with transaction():
        service.erase(db.session.get_one(Account, person.id))
    assert db.session.get_one(SignUp, waiting.id).state == "confirmed"


def test_even_when_it_is_too_late_to_withdraw(app, person):
    soon = make_activity(starts_in=timedelta(hours=-1), lasts=timedelta(hours=3), closes_in=None)
    sign_up = make_sign_up(soon, person=person)
    with transaction():
        service.erase(db.session.get_one(Account, person.id))
    assert db.session.get_one(SignUp, sign_up.id).state == "withdrawn"


def test_what_was_attended_stays_counted_without_a_name(app, person):
    past = make_sign_up(make_activity(), person=person, state=State.ATTENDED, name=NAME)
    with transaction():
        service.erase(db.session.get_one(Account, person.id))
    kept = db.session.get_one(SignUp, past.id)
    assert (kept.state, kept.name) == ("attended", "")


def test_messages_still_owed_to_a_forgotten_person_are_not_sent(app, person):
    with transaction():
        service.erase(db.session.get_one(Account, person.id))
    deliver_due()
    states = {message.kind: message.state for message in db.session.scalars(select(Message))}
    assert states["sign_up_withdrawn"] == "dropped"


def test_the_same_number_may_come_back_as_somebody_new(app, person):
    former = person.id
    with transaction():
        service.erase(db.session.get_one(Account, person.id))
        service.request_code(NUMBER, "zh")
    code = sent_code(NUMBER)
    with transaction():
        outcome = service.redeem(NUMBER, code)
        assert isinstance(outcome, service.Redeemed)
        assert outcome.is_new
        assert outcome.account.id != former


def test_forgetting_needs_the_tick_and_a_fresh_sign_in(app, me):
    assert me.post_form("/me/privacy/delete").status == 422
    with time_machine.travel(clock.wall() + timedelta(minutes=16)):
        answer = me.post_form("/me/privacy/delete", confirm="y")
    assert answer.location == "/sign-in?again=1&next=/me/privacy"
    assert me.get(answer.location).status == 200


def test_withdrawing_a_sensitive_consent_deletes_that_answer_and_keeps_the_sign_up(app, me):
    consent = db.session.scalars(select(Consent).where(Consent.question_key == "id_number")).one()
    consent_id = consent.id
    db.session.rollback()

    answer = me.post_form("/me/privacy", action=f"/me/privacy/consents/{consent_id}/withdraw")

    assert answer.location == "/me/privacy"
    assert db.session.scalars(select(Answer.question_key)).all() == ["employer"]
    assert db.session.scalars(select(SignUp.state)).one() == "confirmed"
    assert db.session.get_one(Consent, consent_id).withdrawn_at is not None


def test_withdrawing_the_consent_to_the_notice_ends_the_sign_up_and_deletes_its_answers(app, me):
    consent_id = db.session.scalars(select(Consent.id).where(Consent.question_key.is_(None))).one()
    db.session.rollback()

    me.post_form("/me/privacy", action=f"/me/privacy/consents/{consent_id}/withdraw")

    assert db.session.scalars(select(Answer)).all() == []
    assert db.session.scalars(select(AnswerFile)).all() == []
    sign_up = db.session.scalars(select(SignUp)).one()
    assert (sign_up.state, sign_up.name, sign_up.search_text, sign_up.reply, sign_up.appeal) == ("withdrawn", "", "", "", "")


def test_nobody_withdraws_for_somebody_else(app, me, visitor):
    consent_id = db.session.scalars(select(Consent.id)).first()
    visitor.sign_in(make_person())
    page = visitor.get("/me/privacy")
    token = page.html.select("input[name=csrf_token]")[0]["value"]
    assert visitor.post(f"/me/privacy/consents/{consent_id}/withdraw", csrf_token=token).status == 404


# -- addresses, language, sessions -----------------------------------------------------------------------------------------------


def add(browser, address):
    page = browser.post_form("/me/privacy", address=address)
    return browser.post_form(browser.get(page.location), code=sent_code(address))


def addresses(person_id):
    db.session.rollback()
    return db.session.scalars(select(Address.value).where(Address.account_id == person_id).order_by(Address.id)).all()


def test_a_mail_address_is_added_and_the_number_is_told(app, me, person):
    person_id = person.id
    assert add(me, "li@example.com").location == "/me/privacy"
    deliver_due()

    assert addresses(person_id) == [NUMBER, "li@example.com"]
    told = db.session.scalars(select(Message).where(Message.kind == "address_added")).one()
    assert (told.state, told.text) == ("sent", "您的账号已增加登录方式l***@example.com。如非本人操作，请登录后移除。")


def test_a_new_number_takes_the_place_of_the_old(app, me, person):
    person_id = person.id
    add(me, "13900139000")
    assert addresses(person_id) == ["13900139000"]


def test_a_number_given_up_is_kept_nowhere(app, me, person):
    person_id = person.id
    add(me, "13900139000")
    with transaction():
        service.erase(db.session.get_one(Account, person_id))
    left = _words_in_the_database()
    assert [number for number in (NUMBER, "13900139000") if number in left] == []


def test_an_address_of_another_account_is_not_taken_over(app, me, person):
    make_person(mobile="13900139000")
    answer = add(me, "13900139000")
    assert answer.status == 422
    assert "它已是另一个账号的登录方式" in answer.words


def test_a_wrong_code_adds_nothing_and_costs_a_try(app, person):
    with transaction():
        service.request_code("li@example.com", "zh")
    wrong = f"{(int(sent_code('li@example.com')) + 1) % 1_000_000:06d}"
    with transaction():
        outcome = service.add_address(db.session.get_one(Account, person.id), "li@example.com", wrong)
    assert outcome == service.CodeRejected(CodeReason.WRONG, 4)
    assert addresses(person.id) == [NUMBER]


def test_the_last_way_to_sign_in_stays(app, person):
    (address,) = person.addresses
    with transaction():
        assert service.remove_address(db.session.get_one(Account, person.id), address.id) == AddressProblem.LAST


def test_changing_how_one_signs_in_needs_a_fresh_sign_in(app, me):
    with time_machine.travel(clock.wall() + timedelta(minutes=16)):
        answer = me.post_form("/me/privacy", address="li@example.com")
    assert answer.location == "/sign-in?again=1&next=/me/privacy"


def test_messages_speak_the_language_chosen(app, me, person):
    person_id = person.id
    me.post_form("/me/privacy", action="/me/privacy/language", language="en")
    db.session.rollback()
    assert db.session.get_one(Account, person_id).locale == "en"


def test_one_session_and_all_others_can_be_ended(app, me, person):
    others = [Browser(app).sign_in(person) for _ in range(3)]
    first = db.session.scalars(select(SignInSession.id).order_by(SignInSession.id)).all()[1]
    db.session.rollback()

    me.post_form("/me/privacy", action=f"/me/privacy/sessions/{first}/end")
    one = [other.get("/me/privacy").status for other in others]
    me.post_form("/me/privacy", action="/me/privacy/sessions/end-others")

    assert one == [303, 200, 200]
    assert [other.get("/me/privacy").status for other in [*others, me]] == [303, 303, 303, 200]


@pytest.mark.parametrize("path", ["/me/privacy", "/me/data.json", "/me/privacy/delete", "/me/messages"])
def test_visitors_sign_in_first_and_come_back(app, visitor, path):
    assert visitor.get(path).location == f"/sign-in?next={path}"
