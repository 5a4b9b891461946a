"""A fair that is moved, or called off: what follows it, and who is told."""

from datetime import timedelta

from sqlalchemy import select

from festival.audit.models import AuditEntry
from festival.kinds.job_fair.employers import queries as employers
from festival.kinds.job_fair.seekers import queries, service
from festival.kinds.job_fair.seekers.models import InterviewOffer
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme.models import Activity
from festival.programme.service import Why
from tests.builders import make_person, make_staff
from tests.kinds.job_fair.seeking import NOW, invited, make_employer, make_fair, make_seeker, told
from tests.roster.desk import typed
from tests.web import Browser

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def test_a_fair_that_is_moved_takes_windows_interviews_and_employers_along_and_its_preview_says_so(app, frozen):
    frozen(NOW)
    fair = make_fair()
    make_employer(fair.activity, name="无人招聘")  # nobody to be told
    first, second, third = (invited(fair, make_seeker(fair), fair.at(10), fair.at(10, 10), fair.at(10, 20)) for _one in range(3))
    late = invited(fair, make_seeker(fair))
    booked = ((first, fair.at(10)), (second, fair.at(10, 10)), (third, fair.at(10, 20)), (late, fair.at(14, 50)))
    for application, chair in booked:
        with transaction():
            service.book(application.person_id, application.id, chair)
    with transaction():
        activity = db.session.get_one(Activity, fair.activity.id)
        activity.opens_at, activity.cancel_until = NOW - DAY, activity.starts_at - DAY
    desk = Browser(app).sign_in(make_staff())
    page = f"/manage/activities/job-fair/slots/{fair.session.id}"
    step = 7 * DAY + HOUR
    asked = {"starts_at": typed(fair.session.starts_at + step), "ends_at": typed(fair.session.ends_at + step)}

    seen = desk.post_form(page, asked)
    still = db.session.get_one(Activity, fair.activity.id).closes_at
    done = desk.post_form(seen, button="sure")
    db.session.rollback()

    assert [line.get_text(strip=True) for line in seen.html.select("[data-along] li, [data-also-told]")] == [
        "同时通知 1 家用人单位的招聘者。",
        "报名截止：6月18日 周日 09:00 改为 6月25日 周日 10:00",
        "免费取消截止：6月17日 周六 09:00 改为 6月24日 周六 10:00",
        "用人单位报名截止：6月12日 周一 18:00 改为 6月19日 周一 19:00（保存后重新开放）",
        "用人单位最晚到场：6月18日 周日 08:40 改为 6月25日 周日 09:40",
        "面试时间：09:30–15:00 改为 10:30–16:00，已约的面试随之移动",
    ]
    moved = db.session.get_one(Activity, fair.activity.id)
    details = employers.details(moved)
    assert (seen.status, done.status, moved.opens_at) == (200, 303, NOW - DAY)
    assert still is not None
    assert moved.cancel_until is not None
    assert (moved.closes_at, moved.cancel_until + DAY) == (still + step, moved.starts_at)
    shown = (details.registration.opens_at, details.registration.closes_at, details.registration.arrive_by)
    assert [clock.local(at).strftime("%m-%d %H:%M") for at in shown] == ["05-29 09:00", "06-19 19:00", "06-25 09:40"]
    times = [f"{clock.local(one.starts_at):%d %H:%M}" for one in queries.interviews_with(fair.employer.id)]
    assert times == ["25 11:00", "25 11:10", "25 11:20", "25 15:50"]
    assert sorted(db.session.scalars(select(InterviewOffer.minute))) == sorted([660, 670, 680] * 3)
    assert "employer_time" in told(fair.reader)
    entry = db.session.scalars(select(AuditEntry.changes).where(AuditEntry.action == "activity.window")).one()
    assert entry == "closes_at 2023-06-18T09:00+08:00 -> 2023-06-25T10:00+08:00"


def test_employers_are_told_what_is_true_when_a_fair_is_called_off_and_on_again(app, frozen):
    frozen(NOW)
    fair = make_fair()
    with transaction():
        fair.recruiter.account_id = make_person(mobile="13700137000").id
        db.session.merge(fair.recruiter)
    staff = make_staff().id
    texts: list[str] = []
    for step, why in ((Step.CANCEL, Why("场馆停电", "Power cut")), (Step.RESUME, Why()), (Step.POSTPONE, Why("台风", "Typhoon"))):
        with transaction():
            plans.take_step(fair.activity.id, None, step, why, actor_id=staff)
        db.session.rollback()
        deliver_due()
        texts += db.session.scalars(select(DemoMail.text).order_by(DemoMail.id)).all()[len(texts) :]

    venue = fair.activity.venue.name_zh
    title = fair.activity.short_title_zh
    assert [text.removeprefix("【河西人才节】") for text in texts] == [
        f"“{title}”取消举行，请勿到场布展。",
        f"“{title}”现为6月18日09:00在{venue}举行，请按此参会。",
        f"“{title}”延期，新的时间另行通知。",
    ]
