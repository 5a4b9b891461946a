"""The privacy desk: one person is found, read, corrected and forgotten, each with a reason that stands in the trail."""

import io
import json

import openpyxl
import pytest
from sqlalchemy import func, select

from festival.accounts.models import Account, Consent
from festival.accounts.rules import Role
from festival.audit import chain
from festival.audit.models import AuditEntry
from festival.lib.db import db
from festival.programme.models import Pool
from festival.protection import purging
from festival.signups.models import Answer, SignUp
from tests.builders import make_activity, make_person, make_sign_up, make_staff, pool_of
from tests.protection.people import ANSWER, MAIL, NAME, NUMBER, SOUND, TRACES, make_known, traces
from tests.web import Browser


@pytest.fixture
def desk(app):
    return Browser(app).sign_in(make_staff(name="officer"))


def trail(*actions):
    """Return what the trail says of these actions: action, row, reason, changes."""
    db.session.rollback()
    rows = db.session.execute(
        select(AuditEntry.action, AuditEntry.subject, AuditEntry.subject_id, AuditEntry.reason, AuditEntry.changes)
        .where(AuditEntry.action.in_(actions))
        .order_by(AuditEntry.id),
    )
    return [tuple(row) for row in rows]


def test_a_person_is_found_by_the_exact_number_mail_or_ticket_and_each_search_is_recorded(desk):
    person, sign_up = make_known()
    person_id, code = person.id, sign_up.code

    found = [desk.post_form("/manage/people", person=typed, reason="本人来电").status for typed in ("138 0013 8000", MAIL, code)]
    lost = [
        desk.post_form("/manage/people", person=typed, reason="本人来电").status for typed in ("13800138001", NAME, "1380013")
    ]
    idle = [desk.post_form("/manage/people", person=NUMBER, reason=reason).status for reason in ("", "x")]

    assert (found, lost, idle) == ([303] * 3, [404] * 3, [422] * 2)
    assert trail("person.find") == [("person.find", "account", id_, "本人来电", "") for id_ in [person_id] * 3 + [0] * 3]


def test_all_that_is_held_about_a_person_is_on_one_page_and_in_one_file(desk):
    person, _sign_up = make_known()
    here = f"/manage/people/{person.id}"
    make_sign_up(make_activity(), person=make_person(name="别人"), name="别人")

    page = desk.get(here)
    data = json.loads(desk.get(f"{here}/data.json").text)
    sheet = desk.get(f"{here}/data.xlsx")

    assert [word for word in (NAME, "138 0013 8000", MAIL, "版本") if word not in page.words] == []
    assert page.html.select_one(f"input[value='{ANSWER}']") is not None
    assert len(page.html.select("[data-consent]")) == 2
    assert "120101199001011234" not in page.text
    assert "查看联系方式 · ＊＊＊ ＊＊＊ 改期" in page.words
    assert [row["value"] for row in data["answer"]] == [ANSWER, "120101199001011234"]
    [printed] = openpyxl.load_workbook(io.BytesIO(sheet.response.data)).worksheets
    cells = [str(row[3]) for row in printed.iter_rows(values_only=True)]
    assert {NAME, NUMBER, MAIL, ANSWER, "120101199001011234"} <= set(cells)
    assert {"contact.reveal", "person.read"} <= {entry["action"] for entry in data["audit_entry"]}
    assert "别人" not in json.dumps(data, ensure_ascii=False) + "".join(cells)
    assert [entry[0] for entry in trail("person.read", "person.export")] == ["person.read", "person.export", "person.export"]


def test_names_language_and_written_answers_are_corrected_and_the_trail_names_the_fields_alone(desk):
    person, sign_up = make_known()
    here, row = f"/manage/people/{person.id}", f"name-{sign_up.id}"
    answer = db.session.scalars(select(Answer.id).where(Answer.question_key == "employer")).one()
    other = make_sign_up(make_activity(), name="别人")
    db.session.rollback()

    fields = {"name": "李晨", row: "李晨", f"answer-{answer}": "新单位", "language": "en", "reason": "李晨曦之名改为李晨"}
    page = desk.post_form(here, {**fields, "reason": ""}, action=f"{here}/correct")
    done = desk.post_form(here, fields, action=f"{here}/correct")
    token = desk.get(here).html.select_one("input[name=csrf_token]")["value"]
    desk.post(f"{here}/correct", csrf_token=token, name="李晨", language="en", reason="再试", **{f"name-{other.id}": "坏人"})

    assert (page.status, done.status) == (422, 303)
    assert page.html.select_one(f"#{row}")["value"] == "李晨"
    db.session.rollback()
    written = db.session.get_one(SignUp, sign_up.id)
    corrected = (db.session.get_one(Account, person.id).name, written.name, SOUND in written.search_text)
    assert corrected == ("李晨", "李晨", False)
    assert db.session.get_one(Answer, answer).plain == "新单位"
    assert db.session.get_one(SignUp, other.id).name == "别人"
    changes = f"name, locale, sign_up:{sign_up.id} name, sign_up:{sign_up.id} employer"
    assert trail("person.correct") == [("person.correct", "account", person.id, "＊＊＊改为＊＊＊", changes)]


def test_a_withdrawn_consent_is_recorded_with_what_follows(desk):
    person, _sign_up = make_known()
    here = f"/manage/people/{person.id}"
    consent = db.session.scalars(select(Consent.id).where(Consent.question_key == "id_number")).one()
    db.session.rollback()

    desk.post_form(here, {"reason": "本人来信"}, action=f"{here}/consents/{consent}/withdraw")

    assert trail("consent.withdraw") == [("consent.withdraw", "consent", consent, "本人来信", "")]
    assert db.session.scalars(select(Answer.question_key)).all() == ["employer"]
    assert db.session.get_one(Consent, consent).withdrawn_at is not None


def test_a_forgotten_person_leaves_counts_and_not_one_byte(desk):
    forum = make_activity(slug="forum")
    person, sign_up = make_known(forum)
    here, person_id, sign_up_id, pool_id = f"/manage/people/{person.id}", person.id, sign_up.id, pool_of(forum).id
    chain.seal_due()
    before = traces()

    refused = desk.post_form(f"{here}/forget", reason="本人要求")
    done = desk.post_form(f"{here}/forget", reason=f"{NAME}要求", confirm="y")
    purging.compact()

    assert before == list(TRACES)
    assert (refused.status, done.status, desk.get(here).status) == (422, 303, 404)
    assert traces() == []
    assert trail("account.erase") == [("account.erase", "account", person_id, "＊＊＊要求", "")]
    assert chain.verify().broken is None
    left = db.session.get_one(SignUp, sign_up_id)
    assert (left.state, left.person_id, db.session.get_one(Pool, pool_id).taken) == ("withdrawn", person_id, 0)
    assert db.session.scalar(select(func.count(SignUp.id))) == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", [Role.ORGANIZER, Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_the_desk_is_closed_to_whoever_has_no_right_to_it(app, role):
    person, _sign_up = make_known()
    theirs = Browser(app).sign_in(make_staff(role))
    paths = ("/manage/people", f"/manage/people/{person.id}", f"/manage/people/{person.id}/data.json", "/manage/people/purges")

    assert [theirs.get(path).status for path in paths] == [403] * 4


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_staff_are_not_to_be_found_at_the_desk(desk):
    assert desk.get(f"/manage/people/{make_staff().id}").status == 404
