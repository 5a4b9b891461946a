"""Staff signing in: one sentence for whatever is wrong, lock-out, time-outs, the second factor, the one-time link."""

import re
from dataclasses import replace
from datetime import timedelta

import argon2
import pyotp
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from festival.accounts import queries, rules, staff
from festival.accounts.models import Account, AccountKind, RecoveryCode, SignInSession
from festival.accounts.rules import Role, StaffReason
from festival.app import create_app
from festival.audit.models import AuditEntry
from festival.lib import clock, passwords
from festival.lib.db import db, transaction
from festival.outbox.delivery import deliver_due
from festival.outbox.models import DemoMail, Message
from tests.application import closed
from tests.builders import make_activity, make_staff
from tests.web import Browser

GOOD = "copper lantern river 7"
REFUSED = "用户名或密码不符，或该用户名暂时停用。连续多次不符后，请 15 分钟后再试。"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Hash as quickly as argon2 can; the parameters have a test of their own."""
    monkeypatch.setattr(passwords, "_hasher", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def at():
    with time_machine.travel(clock.wall(), tick=False) as traveller:
        yield traveller


@pytest.fixture
def production(settings):
    """The application as it is outside the demo."""
    app = create_app(replace(settings, demo=False, demo_staff_password=""))
    with closed(app), app.app_context():
        yield app


def make_member(role=Role.ADMINISTRATOR, **more):
    member = make_staff(role, **more)
    with transaction():
        db.session.get_one(Account, member.id).password_hash = passwords.hashed(GOOD)
    db.session.refresh(member)
    db.session.expunge(member)  # a plain value: looking at it reads nothing
    db.session.rollback()
    return member


def sign_in(browser, name, password=GOOD):
    return browser.post_form("/manage/sign-in", name=name, password=password)


def test_name_and_password_sign_in(app, visitor):
    member = make_member()
    assert sign_in(visitor, member.staff_name).location == "/manage/"
    assert sign_in(Browser(app), f" {member.staff_name.upper()} ").location == "/manage/"


def test_whatever_is_wrong_reads_the_same(app):
    member, closed_, fresh = make_member(), make_member(), make_staff()
    with transaction():
        staff.disable(db.session.get_one(Account, closed_.id), actor_id=None)
    tries = [
        (member.staff_name, "wrong"),
        ("nobody", GOOD),
        (closed_.staff_name, GOOD),
        (fresh.staff_name, ""),
        ("", ""),
        (member.staff_name, GOOD + "x" * 2000),
    ]
    answers = [sign_in(Browser(app), *one) for one in tries]
    assert [answer.status for answer in answers] == [422] * len(tries)
    assert all(answer.html.select_one("[data-errors] li").get_text() == REFUSED for answer in answers)


def test_an_unknown_name_costs_as_much_hashing_as_a_known_one(app, monkeypatch):
    member = make_member()
    compared = []

    class Counting:
        def verify(self, stored, password):
            compared.append(stored[:9])
            return passwords_hasher.verify(stored, password)

        def __getattr__(self, name):
            return getattr(passwords_hasher, name)

    passwords_hasher = passwords._hasher
    monkeypatch.setattr(passwords, "_hasher", Counting())
    for name in (member.staff_name, "nobody"):
        staff.check_password(name, "wrong")
    assert compared == ["$argon2id"] * 2


def test_both_write_one_line_of_audit(app, visitor):
    member = make_member()
    for name in (member.staff_name, "nobody"):
        sign_in(visitor, name, "wrong")
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "staff.refused").order_by(AuditEntry.id)).all()
    assert [entry.subject_id for entry in entries] == [member.id, 0]


def test_five_failures_lock_the_name_for_fifteen_minutes_even_for_the_right_password(app, visitor, at):
    name = make_member().staff_name
    for _ in range(5):
        sign_in(visitor, name, "wrong")

    locked = sign_in(visitor, name)
    at.shift(timedelta(minutes=14, seconds=59))
    still = sign_in(visitor, name)
    at.shift(timedelta(seconds=1))
    free = sign_in(visitor, name)

    assert [locked.status, still.status, free.status] == [422, 422, 303]
    assert REFUSED in locked.words


def test_trying_on_does_not_lock_a_name_for_good(app, visitor, at):
    name = make_member().staff_name
    for _ in range(9):
        sign_in(visitor, name, "wrong")
    at.shift(timedelta(minutes=15))
    assert sign_in(visitor, name).status == 303


def test_a_right_password_forgives_the_failures_before_it(app, visitor):
    member = make_member()
    for _ in range(2):
        for _ in range(4):
            sign_in(visitor, member.staff_name, "wrong")
        assert sign_in(visitor, member.staff_name).status == 303
        visitor.client.delete_cookie("festival")


@pytest.mark.parametrize(
    ("visits", "is_in"),
    [([29], True), ([30], False), ([25] * 28, True), ([25] * 29, False)],
    ids=["29 idle minutes", "30 idle minutes", "11 h 40", "12 h 05"],
)
def test_staff_are_signed_out_after_thirty_idle_minutes_or_twelve_hours(app, visitor, at, visits, is_in):
    sign_in(visitor, make_member().staff_name)
    statuses = []
    for minutes in visits:
        at.shift(timedelta(minutes=minutes))
        statuses.append(visitor.get("/manage/staff").status)
    assert (statuses[-1] == 200) is is_in


def test_a_disabled_member_is_out_at_the_next_request(app, visitor):
    member = make_member()
    sign_in(visitor, member.staff_name)
    with transaction():
        staff.disable(db.session.get_one(Account, member.id), actor_id=None)
    assert visitor.get("/manage/staff").status == 303


def test_a_role_taken_away_is_gone_at_the_next_request(app, visitor):
    member = make_member()
    sign_in(visitor, member.staff_name)
    with transaction():
        for grant in queries.roles_of(member.id):
            db.session.delete(grant)
    assert visitor.get("/manage/staff").status == 403


def test_the_stored_hash_is_argon2id_with_the_parameters_of_rfc_9106(monkeypatch):
    monkeypatch.undo()
    stored = passwords.hashed(GOOD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(stored, GOOD)
    assert not passwords.is_right(stored, GOOD + " ")


def test_an_old_hash_is_renewed_at_the_next_sign_in(app, visitor, monkeypatch):
    member = make_member()
    before = member.password_hash
    monkeypatch.setattr(passwords, "_hasher", argon2.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    sign_in(visitor, member.staff_name)
    after = db.session.get_one(Account, member.id).password_hash
    assert [str(stored).split("$")[3] for stored in (before, after)] == ["m=8,t=1,p=1", "m=16,t=2,p=1"]


@pytest.mark.parametrize(
    ("password", "refused"),
    [
        ("elevenchars", StaffReason.SHORT),
        ("x" * 129, StaffReason.LONG),
        ("password1234", StaffReason.COMMON),
        ("1234567890123", StaffReason.COMMON),
        ("qwertyuiop[]", StaffReason.COMMON),
        ("qwertyuiopas", StaffReason.COMMON),
        ("abababababab", StaffReason.COMMON),
        ("Hexirencaijie2023!", StaffReason.COMMON),
        ("organizer-forum1", StaffReason.NAMED),
        (GOOD, None),
        ("密码要足够长才可以用啊", StaffReason.SHORT),
        ("铜灯笼照着大河的七个夜晚", None),
    ],
)
def test_a_password_is_long_and_not_one_that_everybody_tries(password, refused):
    assert rules.password_refusal(password, "organizer-forum") == refused


@given(st.text(min_size=0, max_size=200))
def test_any_text_is_judged_as_a_password(password):
    assert rules.password_refusal(password, "admin") in {None, *StaffReason}


# -- the one-time link ---------------------------------------------------------------------------------------------------------


def added(app, *arguments):
    answer = app.test_cli_runner().invoke(args=["staff", "add", *arguments])
    assert answer.exit_code == 0, answer.output
    link = re.search(r"http://localhost(/manage/welcome/\S+)", answer.output)
    assert link is not None
    return link[1]


def test_a_new_member_sets_a_password_by_a_link_that_works_once(app, visitor):
    link = added(app, "wang-li", "--role", "organizer")

    assert visitor.post_form(link, password="wang-li-2023", again="wang-li-2023").status == 422
    assert visitor.post_form(link, password=GOOD, again=GOOD + "x").status == 422
    assert visitor.post_form(link, password=GOOD, again=GOOD).location == "/manage/sign-in"
    assert sign_in(visitor, "wang-li").location == "/manage/"
    assert visitor.get(link).status == 410
    stored = db.session.execute(select(Account.__table__).where(Account.staff_name == "wang-li")).one()
    assert GOOD not in [str(value) for value in stored]


def test_a_link_is_good_for_a_day_and_a_new_one_ends_the_old(app, visitor, at):
    first = added(app, "wang-li", "--role", "steward")
    second = added(app, "wang-li", "--role", "steward")
    assert [visitor.get(link).status for link in (first, second)] == [410, 200]
    at.shift(timedelta(hours=24))
    assert visitor.get(second).status == 410


def test_a_role_may_be_held_for_one_activity(app):
    activity = make_activity(slug="forum")
    added(app, "wang-li", "--role", "organizer", "--activity", "forum")
    (member,) = queries.all_staff()
    assert [(grant.role, grant.activity_id) for grant in member.roles] == [("organizer", activity.id)]


@pytest.mark.parametrize("arguments", [("Wang", "--role", "organizer"), ("wang", "--role", "organizer", "--activity", "none")])
def test_what_cannot_be_staff_is_said_in_one_line(app, arguments):
    answer = app.test_cli_runner().invoke(args=["staff", "add", *arguments])
    assert answer.exit_code == 1
    assert len(answer.output.strip().splitlines()) == 1
    assert queries.all_staff() == []


def test_a_new_password_signs_out_everywhere(app, visitor):
    member = make_member()
    sign_in(visitor, member.staff_name)
    with transaction():
        token = staff.new_link(db.session.get_one(Account, member.id), actor_id=None)
    Browser(app).post_form(f"/manage/welcome/{token}", password=GOOD + "!", again=GOOD + "!")
    assert visitor.get("/manage/staff").status == 303


# -- the second factor ---------------------------------------------------------------------------------------------------------


def enrolled(app, member):
    browser = Browser(app)
    page = browser.follow(sign_in(browser, member.staff_name))
    secret = page.html.select("code")[0].get_text().replace(" ", "")
    done = browser.post_form(page, otp=pyotp.TOTP(secret).at(clock.wall()))
    return browser, secret, done


def test_outside_the_demo_an_administrator_must_set_up_a_second_factor(production, at):
    member = make_member()
    door = sign_in(Browser(production), member.staff_name)
    assert door.location == "/manage/sign-in/second-factor"

    browser, _secret, done = enrolled(production, member)

    assert done.status == 200
    assert len(done.html.select("main code")) == rules.RECOVERY_CODES
    assert browser.get("/manage/staff").status == 200


def test_the_password_alone_opens_nothing(production):
    browser = Browser(production)
    sign_in(browser, make_member().staff_name)
    assert browser.get("/manage/staff").location.startswith("/manage/sign-in")


def test_a_number_works_once_and_only_near_its_time(production, at):
    member = make_member()
    _first, secret, _done = enrolled(production, member)
    at.shift(30)
    number = pyotp.TOTP(secret).at(clock.wall())
    browsers = [Browser(production) for _ in range(3)]
    for browser in browsers:
        sign_in(browser, member.staff_name)

    first = browsers[0].post_form("/manage/sign-in/second-factor", otp=number)
    again = browsers[1].post_form("/manage/sign-in/second-factor", otp=number)
    old = browsers[2].post_form("/manage/sign-in/second-factor", otp=pyotp.TOTP(secret).at(clock.wall() - timedelta(minutes=2)))

    assert [first.status, again.status, old.status] == [303, 422, 422]


def test_a_recovery_code_stands_in_once(production, at):
    member = make_member()
    _browser, _secret, done = enrolled(production, member)
    code = done.html.select("main code")[0].get_text()
    statuses = []
    for _ in range(2):
        browser = Browser(production)
        sign_in(browser, member.staff_name)
        statuses.append(browser.post_form("/manage/sign-in/second-factor", otp=code.upper()).status)
    assert statuses == [303, 422]


def test_whoever_has_a_second_factor_cannot_replace_it_with_the_password_alone(production, at):
    member = make_member()
    enrolled(production, member)
    thief = Browser(production)
    sign_in(thief, member.staff_name)
    assert thief.get("/manage/second-factor").location.startswith("/manage/sign-in")


def test_guessing_numbers_locks_the_name(production, at):
    member = make_member()
    enrolled(production, member)
    browser = Browser(production)
    sign_in(browser, member.staff_name)
    for _ in range(5):
        browser.post_form("/manage/sign-in/second-factor", otp="000000")
    assert sign_in(Browser(production), member.staff_name).status == 422


def test_the_door_to_the_second_factor_closes_after_five_minutes(production, at):
    browser = Browser(production)
    sign_in(browser, make_member().staff_name)
    at.shift(300)
    assert browser.get("/manage/second-factor").status == 303


def test_secret_and_recovery_codes_are_not_readable_in_the_database(production, at):
    member = make_member()
    _browser, secret, done = enrolled(production, member)
    words = [secret, *(code.get_text().replace("-", "") for code in done.html.select("main code"))]
    tables = [db.metadata.tables[name] for name in ("account", "recovery_code")]
    stored = "".join(str(row) for table in tables for row in db.session.execute(select(table)))
    assert [word for word in words if word in stored] == []


def test_a_steward_needs_no_second_factor(production, visitor):
    assert sign_in(Browser(production), make_member(Role.STEWARD).staff_name).location == "/manage/"


# -- who is staff --------------------------------------------------------------------------------------------------------------


def press(browser, here, button):
    """Press a button of a member's page."""
    return browser.post_form(here, action=f"{here}/{button}")


def acts(subject_id):
    """Return what the trail says was done to a member, and what changed."""
    db.session.rollback()
    rows = db.session.execute(
        select(AuditEntry.action, AuditEntry.changes)
        .where(AuditEntry.subject == "account", AuditEntry.subject_id == subject_id)
        .order_by(AuditEntry.id)
    )
    return [tuple(row) for row in rows]


def test_an_administrator_ends_sessions_and_shuts_out(app, visitor):
    admin, other = make_member(), make_member(Role.STEWARD)
    sign_in(visitor, admin.staff_name)
    steward = Browser(app)
    sign_in(steward, other.staff_name)

    here = f"/manage/staff/{other.id}"
    press(visitor, here, "end-sessions")
    ended = steward.get("/manage/second-factor").status
    sign_in(steward, other.staff_name)
    press(visitor, here, "disable")
    shut_out = steward.get("/manage/").status

    assert (ended, shut_out) == (303, 303)
    assert sign_in(steward, other.staff_name).status == 422
    press(visitor, here, "enable")
    assert sign_in(steward, other.staff_name).status == 303


def test_nobody_shuts_oneself_out(app, visitor):
    admin = make_member()
    sign_in(visitor, admin.staff_name)
    here = f"/manage/staff/{admin.id}"
    page = visitor.get(here)
    token = page.html.select_one("input[name=csrf_token]")["value"]
    [own] = [form["action"] for form in page.html.select("form[action*=take]")]

    statuses = [visitor.post(path, csrf_token=token).status for path in (f"{here}/disable", f"{here}/second-factor/reset", own)]

    assert statuses == [409, 409, 409]
    assert visitor.get(here).status == 200


def test_one_administrator_is_always_left(app):
    first, second = make_staff(), make_staff()
    grant = queries.roles_of(first.id)[0].id
    with transaction():
        staff.disable(db.session.get_one(Account, second.id), actor_id=None)
    with pytest.raises(staff.StaffRefused) as refused, transaction():
        staff.take(db.session.get_one(Account, first.id), grant, actor_id=second.id)
    assert refused.value.reason == StaffReason.LAST_ADMINISTRATOR


def test_a_member_is_invited_by_a_link_shown_once(app, visitor):
    forum = make_activity(slug="forum")
    sign_in(visitor, make_member().staff_name)

    bad = visitor.post_form("/manage/staff/new", name="Wang Li", role="organizer")
    page = visitor.post_form("/manage/staff/new", name="wang-li", role="organizer", activity=str(forum.id))
    again = visitor.post_form("/manage/staff/new", name="wang-li", role="steward")

    assert (bad.status, page.status, again.status) == (422, 200, 422)
    db.session.rollback()
    member = queries.staff_named("wang-li")
    assert member is not None
    member_id = member.id
    assert [(grant.role, grant.activity_id) for grant in member.roles] == [("organizer", forum.id)]
    assert acts(member_id) == [("staff.made", ""), ("staff.grant", "role organizer"), ("staff.link", "")]
    link = page.html.select_one("[data-link]").get_text().removeprefix("http://localhost")
    assert visitor.get(f"/manage/staff/{member_id}").html.select("[data-link]") == []
    db.session.rollback()
    assert Browser(app).post_form(link, password=GOOD, again=GOOD).location == "/manage/sign-in"


def test_a_member_with_a_mail_address_gets_the_link_by_mail_and_it_is_kept_nowhere(app, visitor):
    sign_in(visitor, make_member().staff_name)
    answer = visitor.post_form("/manage/staff/new", name="wang-li", role="steward", contact=" Wang.Li@Example.cn ")
    deliver_due()

    page = visitor.follow(answer)
    assert "设置密码的链接已寄往 w***@example.cn" in page.words
    assert page.html.select("[data-link]") == []
    mail = db.session.scalars(select(DemoMail)).one()
    link = re.search(r"http://localhost(/manage/welcome/\S+)", mail.text)
    assert link is not None
    assert (mail.to, mail.kind) == ("wang.li@example.cn", "staff_link")
    message = db.session.scalars(select(Message)).one()
    assert (message.state, message.text) == ("sent", "")
    db.session.rollback()
    assert Browser(app).post_form(link[1], password=GOOD, again=GOOD).location == "/manage/sign-in"


def test_roles_are_given_and_taken_for_the_festival_or_one_activity(app, visitor):
    forum, tour = make_activity(slug="forum"), make_activity(slug="tour")
    member = make_member(Role.STEWARD)
    sign_in(visitor, make_member().staff_name)
    theirs = Browser(app)
    sign_in(theirs, member.staff_name)
    here = f"/manage/staff/{member.id}"
    seen = []

    def look():
        seen.append([theirs.get(f"/manage/activities/{slug}/roster").status for slug in ("forum", "tour")])

    look()
    visitor.post_form(here, action=f"{here}/roles", role="organizer", activity=str(forum.id))
    look()
    page = visitor.post_form(here, action=f"{here}/roles", role="king")
    db.session.rollback()
    grants = {grant.role: grant.id for grant in queries.roles_of(member.id)}
    db.session.rollback()
    press(visitor, here, f"roles/{grants['organizer']}/take")
    look()

    assert seen == [[403, 403], [200, 404], [403, 403]]
    assert page.status == 422
    assert acts(member.id)[-2:] == [("staff.grant", "role organizer"), ("staff.take_role", "role organizer")]
    assert tour.slug == "tour"


def test_an_administrator_resets_a_lost_second_factor(production, at):
    admin, member = make_member(), make_member(Role.ORGANIZER)
    theirs, _secret, _done = enrolled(production, member)
    desk = Browser(production).sign_in(admin)

    answer = press(desk, f"/manage/staff/{member.id}", "second-factor/reset")

    assert answer.status == 303
    assert theirs.get("/manage/").status == 303
    assert acts(member.id)[-1] == ("staff.second_factor_reset", "")
    assert db.session.scalar(select(func.count(RecoveryCode.id))) == 0
    db.session.rollback()
    door = sign_in(Browser(production), member.staff_name)
    again = Browser(production)
    page = again.follow(sign_in(again, member.staff_name))
    assert door.location == "/manage/sign-in/second-factor"
    assert page.path.startswith("/manage/second-factor")  # a new one is set up


def test_only_administrators_see_who_is_staff(app, visitor):
    sign_in(visitor, make_member(Role.ORGANIZER).staff_name)
    assert visitor.get("/manage/staff").status == 403


def test_a_person_is_no_staff_and_staff_are_no_person(app, visitor):
    sign_in(visitor, make_member().staff_name)
    assert visitor.get("/me/privacy").status == 303
    kinds = db.session.execute(
        select(Account.kind).join(SignInSession, SignInSession.account_id == Account.id).where(SignInSession.ended_at.is_(None)),
    ).scalars()
    assert set(kinds) == {AccountKind.STAFF}


# -- the demo ------------------------------------------------------------------------------------------------------------------


def test_the_demo_has_its_six_members_and_making_them_again_changes_nothing(app, visitor):
    make_activity(slug="forum")
    hashes = []
    for _ in range(2):
        with transaction():
            staff.ensure_demo_staff(GOOD)
        hashes.append({member.staff_name: member.password_hash for member in queries.all_staff()})

    assert hashes[0] == hashes[1]
    assert {member.staff_name: [grant.role for grant in member.roles] for member in queries.all_staff()} == {
        "admin": ["administrator"],
        "auditor": ["auditor"],
        "organizer": ["organizer"],
        "organizer-forum": ["organizer"],
        "reviewer": ["reviewer"],
        "steward": ["steward"],
    }
    assert sign_in(visitor, "organizer-forum").status == 303


def test_a_new_demo_password_replaces_the_old(app):
    make_activity(slug="forum")
    for password in (GOOD, GOOD + "!"):
        with transaction():
            staff.ensure_demo_staff(password)
    assert [sign_in(Browser(app), "admin", password).status for password in (GOOD, GOOD + "!")] == [422, 303]


def test_failed_tries_are_counted_once_however_many_come_at_once(app):
    member = make_member()
    checked = staff.check_password(member.staff_name, "wrong")
    for _ in range(4):
        with transaction():
            assert staff.admit(checked) is None
    assert db.session.scalar(select(Account.failed_tries).where(Account.id == member.id)) == 4
    assert db.session.scalar(select(func.count()).select_from(SignInSession)) == 0
