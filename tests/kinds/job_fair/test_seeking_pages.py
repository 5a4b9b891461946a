"""The pages of seekers and recruiters: found, filled in wrongly and rightly, and closed to others."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from festival.accounts.rules import Role
from festival.kinds.job_fair.employers import messages
from festival.kinds.job_fair.seekers import wording
from festival.kinds.job_fair.seekers.models import Application, CvAccess, CvVersion
from festival.lib.db import db
from festival.lib.i18n import speaking
from festival.notices.own import own
from festival.notices.wording import short_instant
from festival.outbox import delivery
from festival.outbox.models import Message, MessageState
from festival.outbox.texts import SMS_LENGTH, fitted, units
from tests.builders import make_person, make_sign_up, make_staff
from tests.kinds.job_fair.seeking import (
    GOOD_PDF,
    NOW,
    OPENING,
    applied,
    make_employer,
    make_fair,
    make_position,
    make_recruiter,
    make_seeker,
)
from tests.lib.test_uploads import bomb, docx
from tests.web import Browser

#: What pages say does not depend on the database; what the services write is tested on both.
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

SENTENCES = (
    "submitted", "shortlisted", "viewed", "invited", "accepted", "intent", "not_selected", "entry_lost", "booked", "given_back",
    "declined", "left", "employer_left", "time_off", "taken_down",
)  # fmt: skip


@pytest.fixture
def fair(app, frozen):
    """A fair in two days."""
    frozen(NOW)
    return make_fair()


def titles(page) -> list[str]:
    """Return the positions that a page lists."""
    return [title.get_text(" ", strip=True) for title in page.html.select(".job__title")]


def test_positions_are_found_by_words_in_both_languages_industry_education_and_pay(fair, visitor):
    make_position(fair.employer, title="护士", pay=(5000, 6000))
    for number in range(25):
        make_position(fair.employer, title=f"专员{number}", pay=(4000, 4500))

    assert titles(visitor.get("/jobs?q=护士")) == ["护士"]
    assert titles(visitor.get("/en/jobs?q=ANALYST+yunfan&pay=9000")) == ["Data analyst"]
    assert titles(visitor.get("/jobs?pay=5000&industry=it&education=master")) == ["数据分析师", "护士"]
    assert titles(visitor.get("/jobs?education=college&pay=day&industry=finance")) == []
    first, second = visitor.get("/jobs"), visitor.get("/jobs?page=2")
    assert (len(titles(first)), len(titles(second))) == (20, 7)
    assert titles(visitor.get("/jobs?page=9999&pay=x&education=%00&q=" + "长" * 500)) == []
    assert visitor.get("/jobs?page=0").status == visitor.get("/jobs?page=99999999").status == 200


def test_a_seeker_uploads_applies_books_and_withdraws_and_a_recruiter_answers(app, fair):
    person = make_person(name="李小雨")
    make_sign_up(fair.activity, person=person)
    seeker, desk = Browser(app).sign_in(person), Browser(app).sign_in(fair.reader)
    listed = seeker.get("/jobs")
    position = seeker.get(listed.link("数据分析师"))
    before = seeker.get(position.link("投递简历"))
    upload = seeker.get(before.link("上传简历"))
    hostile = (b"MZ\x90", b"<html>", bomb(), docx("word/vbaProject.bin"))
    fakes = [seeker.post_form(upload, cv=(io.BytesIO(content), "简历.pdf")) for content in hostile]
    form = seeker.follow(seeker.post_form(upload, cv=(io.BytesIO(GOOD_PDF), "../../简历.pdf")))
    unsure = seeker.post_form(form, name="")
    sent = seeker.post_form(form, consent="1")
    twice = seeker.post_form(form, consent="1")
    page = seeker.follow(sent)

    assert [fake.status for fake in fakes] == [422] * 4
    assert (unsure.status, sent.status, twice.location) == (422, 303, sent.location)
    assert page.result == "submitted"

    inbox = desk.follow(desk.get("/recruiting"))
    theirs = desk.get(inbox.link("李小雨"))
    got = desk.post_form(theirs, action=f"{theirs.path}/cv")
    assert (got.response.get_data(), got.response.headers["Content-Type"]) == (GOOD_PDF, "application/pdf")
    assert got.response.headers["Content-Disposition"].startswith("attachment;")
    noted = desk.follow(desk.post_form(theirs, words="面试再看"))
    assert "面试再看" in noted.words
    desk.post_form(theirs, action=f"{theirs.path}/invitation", times=[fair.at(10).value, fair.at(10, 10).value])
    invited = seeker.get(page.path)
    booked = seeker.follow(seeker.post_form(invited, action=f"{page.path}/interview", time=fair.at(10, 10).value))
    assert (invited.result, booked.result) == ("invited", "accepted")
    assert "面试再看" not in invited.words + booked.words
    assert "10:10–10:20" in booked.words
    assert "10:10–10:20" in seeker.get("/me/applications").words
    assert "10:10–10:20" in seeker.get("/me").words
    assert "10:10–10:20" in desk.get(f"/recruiting/{fair.employer.id}/interviews").words
    assert "云帆科技" in seeker.get("/me/cv").html.select_one('[aria-labelledby="readers"]').get_text()  # type: ignore[union-attr]
    gone = seeker.follow(seeker.post_form(booked, action=f"{page.path}/withdraw"))
    assert gone.result == "withdrawn"
    assert desk.get(theirs.path).status == 404
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(CvAccess)) == 1
    assert db.session.scalars(select(CvVersion.name)).all() == ["简历.pdf"]


def test_every_message_of_the_fair_has_words_in_both_languages(fair):
    seeker = make_seeker(fair)
    applied(seeker, fair.position)
    delivery.settle_due()
    db.session.rollback()
    message = db.session.scalars(select(Message).where(Message.kind == "job_submitted")).one()
    tell = own("job_submitted")

    assert message.state == MessageState.SENT
    assert message.text == "您已向“云帆科技”投递“数据分析师”，进展可登录查看。"
    assert tell is not None
    assert tell.tell(message.subject_id, fair.reader.id) is None  # it is for its seeker alone


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_text_message_fits_with_the_longest_names(app, language):
    sentences = [getattr(wording, f"_{kind}") for kind in SENTENCES]
    with speaking(language):
        written = [wording._written(one, "企" * 60, "岗" * 60, short_instant("30 Jun", "14:50"), "F10") for one in sentences]
        plan = dict.fromkeys(("title", "place", "note", "employer"), "长" * 60) | {
            "span": "",
            "time": short_instant("30 Jun", "14:50"),
        }
        written += [words(plan) for words in (messages._time, messages._postponed, messages._cancelled)]
        called = [fitted(lambda who, one=one: one(who, "F10", 188), "企" * 60) for one in (wording._called, wording._near)]

    assert {words: units(words) for words in [*called, *(one.short for one in written)] if units(words) > SMS_LENGTH} == {}


def test_pages_are_closed_to_everybody_whose_they_are_not(app, fair):
    owner = make_seeker(fair)
    application = applied(owner, fair.position)
    other, _position = make_employer(fair.activity)
    _recruiter, stranger = make_recruiter(other)
    cv_id = db.session.scalar(select(CvVersion.id))
    mine = [f"/me/applications/{application.id}", f"/me/cv/{cv_id}"]
    desks = [f"/recruiting/applications/{application.id}", f"/recruiting/{fair.employer.id}"]
    desks += [f"{desks[1]}/interviews", f"{desks[1]}/queue"]
    app.config["WTF_CSRF_ENABLED"] = False
    posts = [f"/me/applications/{application.id}/{act}" for act in ("interview/give-back", "decline", "withdraw")]
    posts += [f"/me/cv/{cv_id}/delete", f"{desks[0]}/cv", f"{desks[0]}/shortlist", f"{desks[0]}/intent", f"{desks[0]}/signed"]
    posts += [f"{desks[0]}/not-selected", f"{desks[0]}/invitation", f"{desks[1]}/queue/next"]

    outsider = Browser(app).sign_in(stranger)
    assert [outsider.get(path).status for path in mine + desks] == [404] * 6
    assert [outsider.post(path).status for path in posts] == [404] * len(posts)
    assert [Browser(app).sign_in(owner).get(path).status for path in mine + desks] == [200] * 2 + [404] * 4
    assert [Browser(app).sign_in(fair.reader).get(path).status for path in mine + desks] == [404] * 2 + [200] * 4
    db.session.rollback()
    assert db.session.get_one(Application, application.id).state == "submitted"


def test_organizers_see_counts_and_nobody(app, fair):
    applied(make_seeker(fair, name="李小雨"), fair.position)
    organizer = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=fair.activity))
    activity = organizer.get(f"/manage/activities/{fair.activity.slug}/")

    page = organizer.get(activity.link("投递与面试"))

    assert "收到简历 1" in page.words
    assert "李小雨" not in page.text
    assert organizer.get("/jobs").status == 200
    assert organizer.get(f"/recruiting/{fair.employer.id}").status in {303, 404}


def test_a_number_is_taken_on_the_employers_page_and_asked_for_lightly(app, fair, frozen):
    people = [make_seeker(fair) for _ in range(3)]
    frozen(OPENING + timedelta(hours=2))
    browsers = [Browser(app).sign_in(person) for person in people]
    page = f"/jobs/employers/{fair.employer.id}"
    pages = [browser.follow(browser.post_form(page, action=f"{page}/numbers")) for browser in browsers]
    light = browsers[2].get("/me/numbers/now")
    again = browsers[2].get("/me/numbers/now", headers={"If-None-Match": light.response.headers["ETag"]})
    desk = Browser(app).sign_in(fair.reader)
    called = desk.follow(desk.post_form(f"/recruiting/{fair.employer.id}/queue"))
    after = browsers[2].get("/me/numbers/now", headers={"If-None-Match": light.response.headers["ETag"]})

    assert "前面还有 2 位" in pages[2].words
    assert (light.status, again.status, after.status) == (200, 304, 200)
    assert "前面还有 1 位" in after.words
    assert "号码 1" in called.words
