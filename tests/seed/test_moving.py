"""A demo that is moved to a moment ahead: its people have lived until then, and nothing of it exists outside a demo."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from festival.accounts.models import Account
from festival.app import create_app
from festival.checkin.models import Scan
from festival.kinds.forum.models import ForumCertificate
from festival.kinds.mixer.models import Choice, Guest, Meeting, Pair, Report, Run
from festival.kinds.mixer.render import mine
from festival.kinds.show import service as show
from festival.kinds.show.models import ShowDecision
from festival.kinds.show.rules import Cause, Decision
from festival.kinds.show.service import Ruling
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Pool
from festival.programme.service import Why
from festival.seed import days, demo, moments, moving
from festival.seed.crowd import Crowd, Target
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.application import closed
from tests.builders import make_sign_up
from tests.kinds.mixer.phone import Phone, guest
from tests.seed.programme import loaded
from tests.seed.test_demo import NOW, SQLITE_ONLY, populated, states
from tests.web import Browser

SMALL = (
    Crowd("mixer", {"m": Target(9), "f": Target(8)}),
    Crowd("forum", {"public": Target(6)}),
    Crowd("job-fair", {"main-0900": Target(6)}),
)
SHOW = (Crowd("drone-show", {"zone-a": Target(9), "zone-c": Target(6)}, rush=1.8),)


@pytest.fixture
def begun(app, frozen, monkeypatch):
    """A small demo at its first moment."""
    frozen(NOW)
    monkeypatch.setattr(demo, "CROWDS", SMALL)
    monkeypatch.setattr(days, "LATER_CROWDS", SHOW)
    populated()


def moved(key):
    """Move the demo to a moment."""
    db.session.rollback()
    moving.move_to(next(one.at for one in moments.upcoming(clock.now()) if one.moment.key == key))
    db.session.rollback()


class Seen(Phone):
    """Somebody else's phone, of which one knows the number and the public key."""

    @property
    def public(self) -> bytes:
        known = guest(self.sign_up).public_key
        assert known is not None
        return known


def counted(*models):
    """Return how many rows there are of each."""
    return [db.session.scalar(select(func.count()).select_from(model)) for model in models]


def who(slug, pool, nth=0):
    """Return a sign-up of a pool that has a place, in the order of the sign-ups."""
    placed = select(SignUp).join(Activity).join(Pool, Pool.id == SignUp.pool_id).where(Activity.slug == slug, Pool.key == pool)
    rows = db.session.scalars(placed.where(SignUp.state.in_((State.CONFIRMED, State.ATTENDED))).order_by(SignUp.id)).all()
    return rows[nth]


def test_a_mixer_goes_through_its_afternoon_and_those_who_play_along_are_chosen_back(begun):
    moved("mixer-tables")
    run, his = db.session.scalars(select(Run)).one(), who("mixer", "m")
    assert (run.current_round, db.session.scalar(select(func.max(Meeting.round)))) == (5, 8)
    assert counted(Report, Choice) == [1, 0]
    assert (his.state, who("mixer", "m", 1).state) == (State.ATTENDED, State.CONFIRMED)  # the second waits for a visitor's scan

    moved("mixer-choice")
    phone = Phone(his).register()
    ready = select(Guest.sign_up_id).where(Guest.public_key.is_not(None), Guest.pool_id != his.pool_id).limit(1)
    hers = Seen(db.session.get_one(SignUp, db.session.scalars(ready).one()))
    phone.choose(hers, contact={"name": "甲"})
    moved("mixer-result")
    result, left = phone.result(), counted(Choice, Pair)
    assert {one.is_on for one in mine(his, his.person, clock.now()).rounds} == {False}
    moved("mixer-forgotten")

    assert list(result) == [hers.label]
    assert result[hers.label]["wechat"] == f"demo-{hers.label.lower()}"
    assert left[0] == 0
    assert left[1] >= 2
    assert counted(Guest, Meeting, Pair, Report) == [0, 0, 0, 0]
    assert db.session.scalars(select(Run.pairs)).one() == left[1]


@SQLITE_ONLY
def test_forum_fair_and_show_are_held_by_people_and_a_visitor_who_decides_is_not_overruled(begun):
    visitor = make_sign_up(db.session.scalars(select(Activity).where(Activity.slug == "forum")).one())
    moved("forum-over")
    seen = {slug: states(slug) for slug in ("job-fair", "forum")}
    assert (seen["job-fair"]["attended"] >= 5, seen["forum"]["attended"] >= 4, visitor.state) == (True, True, State.CONFIRMED)
    assert counted(ForumCertificate)[0] >= 1

    moved("show-decision")
    slot = who("drone-show", "zone-a").slot
    assert counted(ShowDecision) == [0]
    with transaction():
        admin = db.session.scalars(select(Account.id).where(Account.staff_name == "organizer")).one()
        show.decide(slot.id, Ruling(Decision.POSTPONE, Cause.WIND, Why("大风", "Wind")), seen=0, actor_id=admin)
    clock.freeze(NOW + timedelta(minutes=20))
    moving.go_on()
    evenings = {one.moment.key: clock.local(one.at).day for one in moments.upcoming(clock.now())}
    moved("show-evening")
    heads = db.session.scalars(select(Scan).join(Activity).where(Activity.slug == "drone-show")).all()

    assert (evenings["show-evening"], counted(ShowDecision)) == (1, [1])  # on the backup date
    assert {one.gate.name for one in heads if one.gate} <= {"A1口", "A2口", "C口"}
    assert sum(one.persons for one in heads) > 5


@SQLITE_ONLY
def test_the_guide_moves_the_demo_forward_and_only_forward_and_starts_it_over(app, frozen):
    frozen(NOW)
    loaded()
    browser = Browser(app)
    guide = browser.get("/demo")
    moved_on = browser.follow(browser.post_form(guide, action="/demo/moments/mixer-tables"))
    token = {"csrf_token": moved_on.html.select("[name=csrf_token]")[0]["value"]}
    again = browser.follow(browser.post("/demo/moments/mixer-tables", **token))
    home = browser.get("/")
    over = browser.follow(browser.post_form(again, action="/demo/beginning"))

    assert "现在是演示时间 6月17日 周六 15:08" in moved_on.words
    assert "这一刻已经过去" in again.words
    assert "演示时间：6月17日 周六 15:08" in " ".join(home.html.select(".ribbon")[0].get_text().split())
    assert ("演示已重新开始" in over.words, clock.now()) == (True, NOW)
    assert browser.post("/demo/moments/none", **token).status == 404


@SQLITE_ONLY
def test_nothing_of_it_exists_outside_a_demo(settings):
    real = create_app(replace(settings, demo=False))
    with closed(real):
        browser = Browser(real)
        assert browser.get("/demo").status == 404
        assert "/demo" not in browser.get("/").text
        assert moving.JOB not in real.extensions["jobs"]
        refused = real.test_cli_runner().invoke(args=["demo", "at", "mixer-tables"])
        assert "This is not a demo" in refused.output
