"""What is kept for a time only: it goes when its time is over, whatever kills the purge, and the report counts it once."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from festival.accounts.models import Account, CodeChallenge, SignInSession, StaffLink
from festival.accounts.rules import Channel, Role
from festival.audit.models import AuditEntry
from festival.audit.service import record
from festival.bundle.models import Bundle
from festival.lib import clock
from festival.lib.db import Model, database_url, db, transaction
from festival.outbox.models import DemoMail, Message
from festival.outbox.service import owe
from festival.programme.models import ActivityStatus, Question
from festival.protection import purging
from festival.protection.models import PurgeCount, PurgeRun
from festival.signups.models import Answer, AnswerFile, IdempotentAnswer, SignUp
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.database import ROOT
from tests.protection.people import addresses_of, make_known, traces
from tests.web import Browser

DAY = timedelta(days=1)


def ended(days, *, slug=None, **more):
    """Return an activity that ended so many days and an hour ago."""
    return make_activity(slug=slug, starts_in=-days * DAY - timedelta(hours=3), opens_in=None, closes_in=None, **more)


def answered(activity, *keys, name=""):
    """Return a sign-up with an answer to each question."""
    sign_up = make_sign_up(activity, name=name)
    with transaction():
        db.session.add_all(Answer(sign_up_id=sign_up.id, question_key=key, plain="答") for key in keys)
    return sign_up


def older(table: type[Model], **columns: timedelta) -> None:
    """Make every row of a table so much older."""
    with transaction():
        for name, by in columns.items():
            db.session.execute(update(table).values({name: clock.wall() - by}))


def report():
    """Return what the newest purge counted."""
    db.session.rollback()
    run = db.session.scalars(select(PurgeRun).order_by(PurgeRun.id.desc()).limit(1)).one()
    return {count.key: count.number for count in run.counts}


def number_of(table):
    db.session.rollback()
    return db.session.execute(select(func.count()).select_from(table)).scalar_one()


def test_each_answer_is_kept_for_the_days_its_question_says(app):
    over, fresh, postponed = ended(30), ended(29), ended(90, status=ActivityStatus.POSTPONED)
    for activity in (over, fresh, postponed):
        make_question(activity, "diet")  # 30 days
        make_question(activity, "name")
        make_question(activity, "employer")
        with transaction():
            db.session.execute(update(Question).where(Question.key == "employer").values(retain_days=180))
        answered(activity, "diet", "employer", "no-longer-asked", name="李晨曦")

    purging.purge()

    rows = db.session.execute(
        select(SignUp.activity_id, Answer.question_key).join(SignUp, SignUp.id == Answer.sign_up_id).order_by(Answer.id)
    )
    kept: dict[int, set[str]] = {activity.id: set() for activity in (over, fresh, postponed)}
    for activity_id, key in rows:
        kept[activity_id].add(key)
    everything = {"diet", "employer", "no-longer-asked"}
    assert kept == {over.id: {"employer"}, fresh.id: everything, postponed.id: everything}
    names = {row.activity_id: row.name for row in db.session.execute(select(SignUp.activity_id, SignUp.name))}
    assert names == {over.id: "", fresh.id: "李晨曦", postponed.id: "李晨曦"}
    assert report() == {"answers": 2, "names": 1, "account_names": 1}
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "privacy.purge")).one()
    assert (entry.actor_id, entry.changes) == (None, "answers:2, names:1, account_names:1")


def test_whoever_nothing_keeps_any_more_is_forgotten_whole(app):
    old = ended(181, slug="old")
    person, _sign_up = make_known(old)
    gone_id = person.id
    comes_again, signed_in, newcomer = make_person(), make_person(), make_person()
    for each in (comes_again, signed_in, newcomer):
        make_sign_up(old, person=each)
    make_sign_up(make_activity(), person=comes_again)
    Browser(app).sign_in(signed_in)
    comes_again_id = comes_again.id
    with transaction():
        old_hands = [gone_id, comes_again_id, signed_in.id]
        long_ago = clock.wall() - 200 * DAY
        db.session.execute(update(Account).where(Account.id.in_(old_hands)).values(created_at=long_ago))

    purging.purge()

    assert db.session.scalars(select(Account.id).where(Account.erased_at.is_not(None))).all() == [gone_id]
    assert traces() == []
    assert addresses_of(gone_id) == []
    assert len(addresses_of(comes_again_id)) == 1
    assert number_of(SignUp) == 5


def test_codes_sessions_links_messages_and_the_marks_of_forms_go_with_time(app):
    person, sign_up = make_known()
    staff = make_staff()
    Browser(app).sign_in(person)
    at = clock.wall()
    with transaction():
        db.session.add_all(
            [
                CodeChallenge(address="13900139000", channel=Channel.MOBILE, locale="zh", sent_at=at, expires_at=at),
                StaffLink(account_id=staff.id, token_digest="x", expires_at=at),
                IdempotentAnswer(browser="b", key="k", sign_up_id=sign_up.id, at=at),
                Bundle(code="c" * 26, person_id=person.id, browser="b", key="k", at=at),
            ],
        )
        owe("sign_up_confirmed", "sign_up", sign_up.id, account_id=person.id)
    tables = (CodeChallenge, SignInSession, StaffLink, IdempotentAnswer, Bundle, DemoMail)
    ages = [
        (CodeChallenge, {"sent_at": 2 * DAY}),
        (SignInSession, {"last_seen_at": 60 * DAY}),
        (StaffLink, {"expires_at": 30 * DAY}),
        (IdempotentAnswer, {"at": DAY}),
        (Bundle, {"at": 90 * DAY}),
        (DemoMail, {"created_at": 30 * DAY}),
        (Message, {"created_at": 180 * DAY}),
    ]
    for table, columns in ages:
        older(table, **{name: by - timedelta(minutes=5) for name, by in columns.items()})
    before = {table: number_of(table) for table in tables}
    purging.purge()
    young = {table: number_of(table) for table in tables}

    for table, columns in ages:
        older(table, **{name: by + timedelta(minutes=5) for name, by in columns.items()})
    purging.purge()

    assert young == before
    assert {table: number_of(table) for table in tables} == dict.fromkeys(tables, 0)
    assert set(db.session.scalars(select(Message.text))) == {""}
    counted = report()
    assert {key: counted[key] for key in ("bundles", "form_keys", "codes", "sessions", "staff_links", "messages")} == {
        "bundles": 1,
        "form_keys": 1,
        "codes": 1,
        "sessions": 1,
        "staff_links": 1,
        "messages": 1,
    }
    assert db.session.get_one(Account, person.id).erased_at is None


def test_a_purge_killed_in_the_middle_goes_on_as_if_nothing_had_happened(app, tmp_path):
    activity = ended(200)
    make_question(activity, "employer")
    sign_ups = [answered(activity, "employer", name=f"李晨曦{number}") for number in range(5)]
    with transaction():
        for one in sign_ups:
            db.session.add(
                AnswerFile(
                    sign_up_id=one.id,
                    question_key="employer",
                    name="x.pdf",
                    content_type="application/pdf",
                    size=1,
                    sealed=b"x",
                    uploaded_at=clock.wall(),
                ),
            )
    url = database_url()
    db.session.remove()
    killed = subprocess.Popen(
        [sys.executable, "-m", "tests.protection.purger"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert killed.stdin is not None
    assert killed.stdout is not None
    killed.stdin.write(json.dumps({"database_url": url, "folder": str(tmp_path), "batches": 2}) + "\n")
    killed.stdin.flush()
    said = next((line for line in killed.stdout if line == "in the middle\n"), "")
    killed.kill()  # the second batch has cleared two answers and is not committed
    killed.wait()
    killed.stdin.close()
    killed.stdout.close()
    left = (said, number_of(Answer), number_of(PurgeRun))
    db.session.remove()

    run = purging.purge()

    assert left == ("in the middle\n", 3, 1)
    assert (run.id, run.finished_at is not None, number_of(PurgeRun)) == (1, True, 1)
    assert report() == {"answers": 5, "files": 5, "names": 5, "account_names": 5}
    assert (number_of(Answer), number_of(AnswerFile)) == (0, 0)
    assert set(db.session.scalars(select(SignUp.name))) == {""}
    assert number_of(SignUp) == 5
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "privacy.purge")).all()) == 1


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_server_purges_at_night_once_and_by_day_only_what_is_overdue(app):
    night, day = (datetime(2023, 6, 18, hour, tzinfo=clock.ZONE) for hour in (3, 14))
    due = [purging.is_due(night), purging.is_due(day)]
    with transaction():
        db.session.add(PurgeRun(festival_at=night, began_at=night, finished_at=night))
    due += [purging.is_due(at) for at in (night + timedelta(hours=2), day, night + DAY, night + 2 * DAY + timedelta(hours=10))]
    with transaction():
        db.session.add(PurgeRun(festival_at=day, began_at=day))
    due += [purging.is_due(day)]

    assert due == [True, False, False, False, True, True, True]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_report_says_what_was_cleared_and_what_was_interrupted(app):
    answered(ended(200), "employer")
    said = app.test_cli_runner().invoke(args=["privacy", "purge"])
    with transaction():
        db.session.add(PurgeRun(festival_at=clock.now(), began_at=clock.wall()))
        db.session.flush()
        db.session.add(PurgeCount(run_id=2, key="long-gone", number=1))

    page = Browser(app).sign_in(make_staff()).get("/manage/people/purges")

    assert said.output.splitlines()[0] == "  answers: 1"
    assert said.output.splitlines()[-1].startswith("Purge 1 is done: ")
    rows = [" ".join(row.get_text(" ").split()) for row in page.html.select("[data-run]")]
    assert "中断，下次从这里继续 long-gone 1" in rows[0]
    assert "报名时填写的回答 1" in rows[1]


def affected(app, *options):
    answer = app.test_cli_runner().invoke(args=["privacy", "affected", *options])
    return answer.exit_code, answer.output.splitlines()


def test_whom_a_breach_concerns_is_listed_from_the_trail_and_recorded(app):
    forum, tour = make_activity(slug="forum"), make_activity(slug="tour")
    seen, listed, other = (make_sign_up(forum) for _ in range(3))
    elsewhere = make_sign_up(tour)
    with transaction():
        db.session.execute(update(SignUp).where(SignUp.id == other.id).values(signed_up_at=clock.wall() + DAY))
    thief = make_staff(Role.ORGANIZER, name="wang-li")
    with transaction():
        record("contact.reveal", "sign_up", seen.id, actor_id=thief.id, activity_id=forum.id)
        record("roster.export", "activity", forum.id, actor_id=thief.id, activity_id=forum.id)
        record("person.read", "account", elsewhere.person_id, actor_id=None)
        record("sign_up.edit", "sign_up", elsewhere.id, actor_id=thief.id, activity_id=tour.id)
    numbers = {one.id: addresses_of(one.person_id)[0] for one in (seen, listed, other, elsewhere)}

    def line(one, acts):
        return f"{one.person_id},{numbers[one.id]},zh,{acts}"

    head = "account,contact,language,acts"
    by_forum = [head, line(seen, "contact.reveal roster.export"), line(listed, "roster.export")]
    assert affected(app, "--since", "2020-01-01", "--activity", "forum") == (0, by_forum)
    assert affected(app, "--since", "2020-01-01T10:00", "--staff", "wang-li") == (0, by_forum)
    assert affected(app, "--since", "2020-01-01") == (0, [*by_forum, line(elsewhere, "person.read")])
    assert affected(app, "--since", "2020-01-01", "--until", "2020-01-02") == (0, [head])
    everybody = [head, line(seen, ""), line(listed, ""), line(elsewhere, "")]
    assert affected(app, "--since", "2020-01-01", "--everybody") == (0, everybody)
    assert [
        affected(app, "--since", *rest)[0] for rest in (["x"], ["2020-01-01", "--activity", "x"], ["2020-01-01", "--staff", "x"])
    ] == [
        1,
        1,
        1,
    ]
    recorded = db.session.scalars(
        select(AuditEntry.changes).where(AuditEntry.action == "privacy.affected").order_by(AuditEntry.id)
    )
    assert [changes.split()[0] for changes in recorded] == ["people=2", "people=2", "people=3", "people=0", "people=3"]
