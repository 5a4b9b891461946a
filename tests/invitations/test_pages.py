"""What an invitation shows to whoever holds it, and how the form takes it. Reading signs nobody in and changes nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from festival.accounts.models import SignInSession
from festival.app import create_app
from festival.invitations import service
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.log import redact
from festival.programme.models import ActivityStatus
from festival.signups.models import Invitation, SignUp
from festival.signups.rules import State
from tests.accounts.codes import sent_code
from tests.application import closed
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.invitations.guests import come, make_closed_circle, make_forum
from tests.web import Browser

NUMBER = "13800138000"


def link_for(activity, pool, expires_at=None, name="王小宁") -> Invitation:
    with transaction():
        (made,) = service.invite(activity.id, pool.id, name, expires_at, actor_id=make_staff().id)
    return made


def code_for(activity, pool, uses=2) -> Invitation:
    with transaction():
        return service.make_code(activity.id, pool.id, "友好媒体", uses, None, actor_id=make_staff().id)


def sign_ups() -> list[SignUp]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(SignUp).order_by(SignUp.id)))


def pools_offered(page) -> dict[str, str]:
    """Return the pools that a form lets one choose, by their first word, with what is chosen marked."""
    return {
        field.find_next("b").get_text(strip=True): "chosen" if field.has_attr("checked") else "free"
        for field in page.html.select("input[type=radio][name=pool]")
    }


# -- the link ----------------------------------------------------------------------------------------------------------------


def test_a_link_leads_a_newcomer_into_the_reserved_places(app, visitor):
    activity, pool = make_forum()
    link = link_for(activity, pool)

    page = visitor.get(f"/invited/{link.code}")
    form = visitor.get(page.link("凭邀请报名"))
    sent = visitor.post_form(form, {"address": NUMBER}, button="send-code")
    answer = visitor.post_form(sent, code=sent_code(NUMBER), consent="1")

    assert (page.status, page.result, "王*宁" in page.words, "王小宁" in page.text) == (200, "invited", True, False)
    assert pools_offered(form) == {"1区": "free", "2区": "chosen"}
    assert (sent.status, pools_offered(sent)) == (200, {"1区": "free", "2区": "chosen"})
    (made,) = sign_ups()
    assert (answer.status, made.pool_id, made.invitation_id, made.state) == (303, pool.id, link.id, State.CONFIRMED)


def test_reading_a_link_changes_nothing_signs_nobody_in_and_tells_no_other_page_of_it(app, visitor):
    activity, pool = make_forum()
    link = link_for(activity, pool)
    before = (link.uses_max, link.revoked_at, link.expires_at)

    pages = [visitor.get(f"/invited/{link.code}"), visitor.get(f"/activities/forum/sign-up?invitation={link.code}")]

    assert [page.response.headers["Referrer-Policy"] for page in pages] == ["no-referrer"] * 2
    assert [page.response.headers["Cache-Control"] for page in pages] == ["no-store"] * 2
    assert redact(f"/invited/{link.code}") == "/invited/…"
    assert (sign_ups(), db.session.scalar(sa.select(sa.func.count(SignInSession.id)))) == ([], 0)
    assert (link.uses_max, link.revoked_at, link.expires_at) == before
    assert visitor.get("/me").status == 303


def test_a_code_names_no_label_and_is_found_however_it_is_typed(app, visitor):
    activity, pool = make_forum()
    media = code_for(activity, pool)

    found = visitor.post_form("/invited", invitation=f" {media.code[:6].upper()}-{media.code[6:]} ")
    page = visitor.follow(found)

    assert (found.status, found.location, page.status) == (303, f"/invited/{media.code}", 200)
    assert "友好媒体" not in page.text


@pytest.mark.parametrize(
    ("spoil", "status", "result"),
    [
        (lambda link: setattr(link, "revoked_at", clock.now()), 410, "revoked"),
        (lambda link: setattr(link, "expires_at", clock.now()), 410, "expired"),
        (come, 409, "used-up"),
        (lambda link: setattr(link, "code", "b" * 26), 404, "unknown-code"),
        (lambda link: setattr(link.activity, "status", ActivityStatus.DRAFT), 404, "unknown-code"),
        (lambda link: setattr(link.activity, "status", ActivityStatus.CANCELLED), 409, "cancelled"),
        (lambda link: setattr(link.activity, "opens_at", clock.now() + timedelta(hours=1)), 409, "not-open"),
        (lambda link: setattr(link.activity, "closes_at", clock.now()), 409, "closed"),
    ],
)
def test_what_lets_nobody_in_says_why(app, visitor, spoil, status, result):
    activity, pool = make_forum()
    link = link_for(activity, pool)
    path = f"/invited/{link.code}"
    link.__dict__["activity"] = activity
    with transaction():
        spoil(link)

    pages = [visitor.get(path), visitor.get(f"/en{path}")]

    assert [(page.status, page.result) for page in pages] == [(status, result)] * 2
    assert [page.path for page in pages if page.html.select('main a[href*="sign-up?"]')] == []


def test_who_used_a_link_finds_the_ticket_behind_it(app, visitor):
    activity, pool = make_forum()
    link, person = link_for(activity, pool), make_person()
    made = come(link, person)
    visitor.sign_in(person)

    assert visitor.get(f"/invited/{link.code}").location == f"/sign-ups/{made.code}"


# -- the form ----------------------------------------------------------------------------------------------------------------


def test_a_code_typed_into_the_form_opens_its_places_and_loses_nothing(app, visitor):
    activity, pool = make_forum()
    make_question(activity, "employer")
    media = code_for(activity, pool)
    visitor.sign_in(make_person())
    page = visitor.get("/activities/forum/sign-up")

    opened = visitor.post_form(page, {"invitation": media.code, "q-employer": "日报", "consent": "1"})
    answer = visitor.post_form(opened)

    assert pools_offered(page) == {}
    assert (opened.status, pools_offered(opened)) == (200, {"1区": "free", "2区": "chosen"})
    assert opened.html.select_one("[name=q-employer]")["value"] == "日报"
    assert (answer.status, [one.pool_id for one in sign_ups()]) == (303, [pool.id])


def test_who_is_invited_may_still_choose_the_open_places_and_keeps_the_invitation(app, visitor):
    activity, pool = make_forum()
    link = link_for(activity, pool)
    visitor.sign_in(make_person())

    visitor.post_form(f"/activities/forum/sign-up?invitation={link.code}", pool=str(pool_of(activity).id), consent="1")

    assert [(one.pool_id, one.invitation_id) for one in sign_ups()] == [(pool_of(activity).id, None)]


@pytest.mark.parametrize("button", [None, "use-invitation", "send-code"])
def test_a_wrong_code_is_said_beside_it_and_nothing_is_lost(app, visitor, button):
    activity, pool = make_forum()
    make_question(activity, "employer")
    ended = link_for(activity, pool)
    with transaction():
        service.revoke(activity.id, ended.id, actor_id=make_staff().id)
    if button != "send-code":
        visitor.sign_in(make_person())
    typed = {"q-employer": "日报", "consent": "1"} | ({"address": NUMBER} if button == "send-code" else {})
    page = visitor.get("/activities/forum/sign-up")

    answers = [visitor.post_form(page, {"invitation": code, **typed}, button=button) for code in ("abcd", ended.code)]

    words = [answer.html.select_one("#invitation-error").get_text(strip=True) for answer in answers]
    assert words == ["没有找到这个邀请码，请对照邀请再核对一遍。", "这份邀请已由主办方收回，请联系邀请您的单位。"]
    assert [answer.html.select_one("[name=invitation]")["value"] for answer in answers] == ["abcd", ended.code]
    assert {answer.html.select_one("[name=q-employer]")["value"] for answer in answers} == {"日报"}
    assert ({answer.status for answer in answers}, sign_ups()) == ({200 if button == "send-code" else 422}, [])


def test_the_button_without_a_code_asks_for_one(app, visitor):
    make_forum()
    visitor.sign_in(make_person())

    page = visitor.post_form("/activities/forum/sign-up", {"invitation": "", "consent": "1"}, button="use-invitation")

    assert (page.status, page.html.select_one("#invitation-error").get_text(strip=True), sign_ups()) == (422, "请填写邀请码", [])


def test_a_link_that_somebody_else_used_meanwhile_is_said_with_the_form_still_there(app, visitor):
    activity, pool = make_forum()
    link = link_for(activity, pool)
    visitor.sign_in(make_person())
    page = visitor.get(f"/activities/forum/sign-up?invitation={link.code}")
    come(link)

    answer = visitor.post_form(page, consent="1")

    assert (answer.status, len(sign_ups())) == (422, 1)
    assert "已用完" in answer.html.select_one("#invitation-error").get_text()
    assert pools_offered(answer) == {}


def test_an_activity_by_invitation_alone_opens_to_the_invited_only(app, visitor):
    activity, pool = make_closed_circle()
    link = link_for(activity, pool)
    visitor.sign_in(make_person())

    closed = [visitor.get(f"/activities/alliance/sign-up{query}") for query in ("", "?invitation=abcd")]
    form = visitor.get(f"/activities/alliance/sign-up?invitation={link.code}")
    answer = visitor.post_form(form, consent="1")
    late = Browser(app).get(f"/activities/alliance/sign-up?invitation={link.code}")

    assert [(page.status, page.result) for page in (*closed, late)] == [(409, "invitation-only")] * 3
    assert closed[0].link("我有邀请码") == "/invited"
    assert ["没有找到这个邀请码" in closed[1].words, "已用完" in late.words] == [True, True]
    assert (form.status, answer.status, [one.invitation_id for one in sign_ups()]) == (200, 303, [link.id])


def test_full_places_are_told_to_the_invited_before(app, visitor):
    activity, pool = make_forum(capacity=1)
    make_sign_up(activity, pool=pool)
    link = link_for(activity, pool)

    landing, form = visitor.get(f"/invited/{link.code}"), visitor.get(f"/activities/forum/sign-up?invitation={link.code}")

    assert "加入候补" in landing.words
    assert [label.get_text(" ", strip=True) for label in form.html.select(".choice label") if "2区" in label.get_text()] == [
        "2区 名额已满 / 1 加入候补，您将是第一位",
    ]


def test_where_nothing_is_by_invitation_no_code_is_asked_for_and_one_that_comes_is_ignored(app, visitor):
    activity = make_activity()
    visitor.sign_in(make_person())

    page = visitor.get(f"/activities/{activity.slug}/sign-up?invitation=abcd")

    assert (page.status, page.html.select("[name=invitation]")) == (200, [])
    assert visitor.post_form(page, consent="1").status == 303


def test_guessing_is_slowed_down_and_neither_the_invited_nor_others_count(settings):
    app = create_app(replace(settings, ratelimit_enabled=True))
    with closed(app), app.app_context():
        activity, pool = make_forum()
        link = link_for(activity, pool)
        path = f"/invited/{link.code}"
        guesser = Browser(app)

        good = {guesser.get(path).status for _ in range(5)}
        guesses = [guesser.client.get("/invited/abcd").status_code for _ in range(301)]
        after = [guesser.client.get(address).status_code for address in (path, "/activities/forum/sign-up")]

    assert (good, guesses[299:], after) == ({200}, [404, 429], [429, 200])
