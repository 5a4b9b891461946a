"""An employer's way at a browser, from the form to its desk; who may open what; and hostile input."""

import io

import pytest
from sqlalchemy import select

from festival.accounts.models import Account
from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.kinds.job_fair.employers import queries, service
from festival.kinds.job_fair.employers.models import Employer, EmployerPaper, Position
from festival.kinds.job_fair.employers.rules import EmployerState, ReportReason
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from tests.accounts.codes import sent_code
from tests.builders import make_activity, make_person, make_staff
from tests.kinds.job_fair.fair import LICENCE, booth_ids, make_employer, make_fair, offered, owner, uscc
from tests.web import Browser

NUMBER = "13800138000"


def papers(**files):
    """Return files as a form sends them."""
    return {name: (io.BytesIO(content), filename) for name, (content, filename) in files.items()}


def test_an_employer_applies_with_a_code_is_returned_mends_it_and_sets_up_its_booth(app, visitor):
    fair = make_fair(title_zh="招聘会")
    address = f"/activities/{fair.slug}/employers/apply"
    typed = {"contact_name": "李晨", "name_zh": "津门公司", "uscc": f" {uscc(7).lower()} ", "industry": "it", "size": "20-99"}
    page = visitor.post_form(address, {**typed, "address": "138 0013 8000"}, button="send-code")
    code = sent_code(NUMBER)
    empty = visitor.post_form(page, {"code": "", "consent": None, "uscc": "9135"})
    wrong = visitor.post_form(page, {"code": "000000" if code != "000000" else "111111", "consent": "1"} | _licence())
    with transaction():
        db.session.get_one(Activity, fair.id).title_zh = "新名称的招聘会"
    changed = visitor.post_form(wrong, {"code": code, "consent": "1"} | _licence())
    done = visitor.post_form(changed, {"code": code, "consent": "1"} | _licence())
    db.session.rollback()
    employer = db.session.scalars(select(Employer)).one()
    desk = visitor.get(done.location)

    assert [line.get_text().strip() for line in empty.html.select("[data-errors] li")] == [
        "验证码：请填写此项",
        "统一社会信用代码：统一社会信用代码应为 18 位，现在是 4 位",
        "营业执照副本：请上传营业执照副本",
        "我已阅读上述说明，同意主办方为审核与联系使用这些信息：请阅读说明，同意后勾选",
    ]
    assert (changed.status, "规则》刚有更新" in changed.html.select_one("[data-errors]").get_text()) == (422, True)
    assert (wrong.status, "验证码" in wrong.html.select_one("[data-errors]").get_text()) == (422, True)
    assert (employer.uscc, employer.name_zh, desk.result) == (uscc(7), "津门公司", "applied")

    organizer = Browser(app).sign_in(make_staff())
    manage = f"/manage/activities/{fair.slug}/employers/{employer.id}"
    paper = organizer.post_form(manage, {}, action=f"{manage}/papers/licence")
    no_words = organizer.post_form(manage, {"mend": ["size"]}, action=f"{manage}/review", button="decision")
    organizer.post(f"{manage}/review", decision="approved")  # without its token: nothing happens
    db.session.rollback()
    assert paper.response.data == LICENCE.content
    assert (no_words.status, db.session.get_one(Employer, employer.id).state) == (303, EmployerState.APPROVED)

    booth = booth_ids(fair)[1]
    plan = visitor.get(f"/employer-desk/{employer.id}/booth?booth={booth}")
    visitor.post_form(plan, {"booth": str(booth)})
    visitor.post_form(
        f"/employer-desk/{employer.id}/positions/new",
        {"title_zh": "工程师", "openings": "２", "education": "bachelor", "pay_min": "6000", "pay_max": "9000"},
    )
    visitor.post_form(f"/employer-desk/{employer.id}", {"name": "小王", "address": "13700137000"})
    public = visitor.get(f"/jobs/employers/{employer.id}")
    hall = organizer.get(f"/manage/activities/{fair.slug}/floor-plan")

    assert [(line["data-check"], line["data-done"]) for line in hall.html.select("[data-check]")] == [
        ("booth", "yes"),
        ("positions", "yes"),
        ("recruiters", "yes"),
        ("arrived", "no"),
    ]
    assert "展位 A02" in public.words
    assert "工程师 本科及以上 · 招 2 人" in public.words
    db.session.rollback()
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "employer").order_by(AuditEntry.id)).all()
    assert actions == ["employer.paper", "employer.approved", "employer.booth", "employer.recruiter"]


def _licence():
    return papers(licence=(LICENCE.content, "营业执照.pdf"))


def test_each_sees_what_is_theirs_and_nothing_else(app):
    fair, elsewhere = make_fair(slug="fair"), make_activity(slug="elsewhere")
    mine, theirs = make_employer(fair, 1), make_employer(fair, 2)
    with transaction():
        position = service.save_position(theirs.id, None, offered(), owner(theirs))
        report = service.report(position.id, make_person().id, ReportReason.FAKE, "没有这家公司")
    who = {
        "visitor": Browser(app),
        "stranger": Browser(app).sign_in(make_person()),
        "employer": Browser(app).sign_in(_person(owner(mine))),
        "organizer": Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=fair)),
        "other": Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=elsewhere)),
        "reviewer": Browser(app).sign_in(make_staff(Role.REVIEWER)),
        "steward": Browser(app).sign_in(make_staff(Role.STEWARD)),
        "auditor": Browser(app).sign_in(make_staff(Role.AUDITOR)),
    }
    pages = (
        f"/employer-desk/{mine.id}",
        f"/employer-desk/{theirs.id}",
        f"/employer-desk/{theirs.id}/positions/{position.id}",
        f"/employer-desk/{mine.id}/positions/{position.id}",
        f"/manage/activities/fair/employers/{mine.id}",
        "/manage/activities/fair/floor-plan",
        "/manage/activities/fair/position-reports",
        f"/manage/activities/elsewhere/employers/{mine.id}",
    )

    seen = {name: [browser.get(page).status for page in pages] for name, browser in who.items()}
    token = {"csrf_token": _token(who["employer"], f"/employer-desk/{mine.id}")}
    acts = [
        who["employer"].post(path, **token).status
        for path in (
            f"/employer-desk/{theirs.id}/withdraw",
            f"/employer-desk/{theirs.id}/booth",
            f"/employer-desk/{theirs.id}/recruiters",
            f"/employer-desk/{mine.id}/positions/{position.id}",
            f"/employer-desk/{mine.id}/recruiters/{theirs.recruiters[0].id}/remove",
        )
    ]
    masked = who["auditor"].get(f"/manage/activities/fair/employers/{mine.id}").words

    assert seen == {
        "visitor": [303] * 8,
        "stranger": [404, 404, 404, 404, 403, 403, 403, 403],
        "employer": [200, 404, 404, 404, 403, 403, 403, 403],
        "organizer": [303, 303, 303, 303, 200, 200, 200, 404],
        "other": [303, 303, 303, 303, 404, 404, 404, 404],
        "reviewer": [303, 303, 303, 303, 200, 200, 403, 404],
        "steward": [303, 303, 303, 303, 403, 403, 403, 403],
        "auditor": [303, 303, 303, 303, 200, 200, 403, 404],
    }
    assert acts == [404] * 5
    assert "经办人1" not in masked
    assert (report.state, queries.recruited(theirs.id, owner(theirs)).state) == ("open", EmployerState.APPROVED)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_whoever_stands_in_the_hall_notes_that_employers_are_there_on_the_day_and_takes_it_back(app, frozen):
    fair, elsewhere = make_fair(slug="fair"), make_activity(slug="elsewhere")
    employer, other = make_employer(fair, 1), make_employer(fair, 2)
    for one, booth in zip((employer, other), booth_ids(fair), strict=False):
        with transaction():
            service.choose_booth(one.id, booth, owner(one))
    page = "/manage/activities/fair/employers/arrivals"
    early = Browser(app).sign_in(make_staff(Role.STEWARD, activity=fair)).get(page)
    frozen(fair.starts_at)
    steward = Browser(app).sign_in(make_staff(Role.STEWARD, activity=fair))
    door = steward.get("/manage/activities/fair/check-in")
    found = steward.get(f"{page}?q=ａ01")
    noted = steward.post_form(found, {"here": "yes"}, action=f"/manage/activities/fair/employers/{employer.id}/arrival")
    listed = steward.get(page)
    db.session.rollback()
    arrived = db.session.get_one(Employer, employer.id).arrived_at
    taken_back = steward.post_form(listed, {"here": "no"}, action=f"/manage/activities/fair/employers/{employer.id}/arrival")
    who = {
        "elsewhere": Browser(app).sign_in(make_staff(Role.STEWARD, activity=elsewhere)),
        "reviewer": Browser(app).sign_in(make_staff(Role.REVIEWER)),
        "employer": Browser(app).sign_in(_person(owner(employer))),
    }
    seen = {name: browser.get(page).status for name, browser in who.items()}
    token = {"csrf_token": _token(who["elsewhere"], "/manage/")}
    act = who["elsewhere"].post(f"/manage/activities/fair/employers/{employer.id}/arrival", here="yes", **token)

    assert early.html.select(".arrival form") == []
    assert page in [link["href"] for link in door.html.select("main a")]
    assert [line["id"] for line in found.html.select(".arrival")] == [f"employer-{employer.id}"]
    assert (noted.location, arrived) == (f"{page}?q=%EF%BD%8101", fair.starts_at)
    assert [(line["id"], line["data-arrived"]) for line in listed.html.select(".arrival")] == [
        (f"employer-{other.id}", "no"),
        (f"employer-{employer.id}", "yes"),
    ]
    assert [
        name for name in ("经办人", "138") if name in listed.words
    ] == []  # who and how they are reached is nobody's business here
    db.session.rollback()
    assert (taken_back.status, db.session.get_one(Employer, employer.id).arrived_at) == (303, None)
    assert (seen, act.status) == ({"elsewhere": 404, "reviewer": 403, "employer": 403}, 404)
    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "employer").order_by(AuditEntry.id)).all()
    assert actions[-2:] == ["employer.arrive", "employer.arrive_undo"]


def _person(account_id):
    return db.session.get_one(Account, account_id)


def _token(browser, path):
    field = browser.get(path).html.select_one("input[name=csrf_token]")
    assert field is not None
    return str(field["value"])


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_hostile_input_is_answered_kindly_and_shown_as_text(app):
    fair = make_fair()
    employer = make_employer(fair)
    mine = Browser(app).sign_in(_person(owner(employer)))
    evil = "<script>alert(1)</script>{{7*7}}=cmd|'/c'!A1"
    desk = f"/employer-desk/{employer.id}"
    wrong = mine.post_form(
        f"{desk}/positions/new",
        {"title_zh": "\x00坏", "openings": "9" * 30, "education": "x", "pay_per": "year", "pay_min": "9", "pay_max": "-1"},
    )
    whole = {"title_zh": evil[:60], "openings": "1", "education": "master", "pay_per": "note", "pay_note": "面议", "about": evil}
    saved = mine.post_form(f"{desk}/positions/new", whole)
    assert saved.status == 303, saved.words
    page = Browser(app).get(f"/jobs/employers/{employer.id}")
    desk_page = mine.get(desk)
    answers = [
        mine.post_form(f"{desk}/booth", {"booth": booth}).status for booth in ("0", "-1", str(2**40), "１", "' OR 1=1", "")
    ]
    upload = Browser(app).post_form(
        f"/activities/{fair.slug}/employers/apply",
        {"address": "x", "name_zh": "n" * 5000} | papers(licence=(b"MZ\x90", "virus.exe"), advert=(b"%PDF-1.4", "broken.pdf")),
    )
    db.session.rollback()
    report = mine.post_form(f"/jobs/{db.session.scalars(select(Position.id)).one()}/report", {"words": "x" * 600})

    assert (wrong.status, len(wrong.html.select(".field__error"))) == (422, 5)
    assert (saved.status, "<script>alert" in page.text + desk_page.text, evil[:60] in page.words) == (303, False, True)
    assert set(answers) == {409, 422}
    assert (upload.status, report.status) == (422, 422)
    assert db.session.scalars(select(EmployerPaper.name)).all() == [LICENCE.name]
