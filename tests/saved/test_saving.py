"""Keeping activities for later: on the pages, as a message when sign-up opens, and what becomes of it."""

import threading
from datetime import timedelta
from time import sleep as pause

import pytest

from festival.accounts.models import Account
from festival.accounts.personal import Moment
from festival.accounts.service import erase
from festival.calendars import service as calendars
from festival.calendars.models import CalendarChoice
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.outbox.delivery import deliver_due
from festival.outbox.models import Message
from festival.plans import service as plans
from festival.plans.rules import Step
from festival.programme import service as programme
from festival.programme.models import Activity, ActivityStatus
from festival.programme.service import Why
from festival.saved import queries, service
from festival.saved.holding import HOLDING
from festival.saved.models import SavedActivity
from festival.saved.rules import is_open, opening
from festival.signups.rules import Window
from festival.signups.sweep import sweep_due
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.calendars.programme import NOW, at
from tests.web import Browser

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


def keep(person, activity, *, wants_word=True) -> None:
    with transaction():
        service.save(person.id, activity.id, wants_word=wants_word)


def set_opening(activity: Activity, opens_at) -> None:
    with transaction():
        programme.set_window(activity.id, opens_at, at("2023-06-20 09:00"), actor_id=make_staff().id)


def told() -> list[tuple[int | None, str]]:
    """Deliver what is owed and return who was told what of openings since the beginning; ``""``: it was not true any more."""
    db.session.rollback()
    sweep_due()
    db.session.rollback()
    deliver_due()
    db.session.rollback()
    rows = db.session.query(Message).filter_by(kind="saved_opened").order_by(Message.id)
    return [(row.account_id, row.text) for row in rows]


def test_an_activity_is_kept_from_its_page_found_under_me_and_let_go_again(app):
    soon = make_activity(slug="soon", title_zh="名家讲座", opens_in=2 * DAY)
    make_activity(slug="draft", status=ActivityStatus.DRAFT)
    browser = Browser(app).sign_in(make_person())
    links = [page.html.select_one('a[href="/activities/soon/save"]') for page in map(browser.get, ("/", "/activities/soon"))]
    assert None not in links

    asked = browser.get("/activities/soon/save")
    answer = browser.post_form(asked, action="/activities/soon/save")
    kept, mine = browser.follow(answer), browser.get("/me/saved")
    silent = browser.follow(browser.post_form(kept, {"wants-word": None}, action="/activities/soon/save"))
    after = browser.follow(browser.post_form(mine, action="/activities/soon/forget"))

    assert "报名 6月18日 周日 10:00 开始" in asked.words
    assert [page.html.select("h1")[0].get_text() for page in (asked, kept)] == ["收藏活动", "已收藏"]
    assert [page.html.select("#wants-word")[0].has_attr("checked") for page in (asked, kept, silent)] == [True, True, False]
    assert ("名家讲座" in mine.words, "报名开始时发消息：开" in mine.words) == (True, True)
    assert (after.path, "还没有收藏活动" in after.words) == ("/me/saved", True)
    assert browser.get("/me").html.select_one('a[href="/me/saved"]') is not None
    assert [browser.get(f"/activities/{slug}/save").status for slug in ("draft", "none")] == [404, 404]
    assert soon.id not in [one.activity_id for one in db.session.query(SavedActivity)]


def test_a_visitor_is_told_why_to_sign_in_and_comes_back(app):
    make_activity(slug="soon", opens_in=2 * DAY)
    browser = Browser(app)

    page = browser.get("/en/activities/soon/save")
    assert "Once signed in, you can keep what you like in one place" in page.words
    link = page.html.select("main .buttons a")[0]
    assert link["href"] == "/en/sign-in?next=/en/activities/soon/save"
    assert browser.get(str(link["href"])).status == 200
    assert browser.post("/activities/soon/save").status in {303, 400}
    assert db.session.query(SavedActivity).count() == 0


def test_who_asked_hears_once_per_opening_that_sign_up_has_opened(app, frozen):
    soon = make_activity(title_zh="名家讲座", opens_in=DAY)
    asking, silent, quick, late = (make_person() for _ in range(4))
    for person in (asking, quick):
        keep(person, soon)
    keep(silent, soon, wants_word=False)
    opens = NOW + DAY

    frozen(opens - MINUTE)
    assert told() == []
    frozen(opens)
    make_sign_up(soon, person=quick)  # they know
    words = "您收藏的“名家讲座”开始报名了，6月20日10:00截止。请登录报名。"
    assert told() == told() == [(asking.id, words)]
    keep(late, soon)  # it has opened already: the next look tells them
    assert len(told()) == 2

    set_opening(soon, opens + DAY)  # put off
    assert len(told()) == 2
    frozen(opens + DAY)
    again = told()
    assert [reader for reader, _words in again] == [asking.id, late.id, asking.id, late.id]


def test_nothing_is_told_of_what_is_off_or_was_let_go_before_the_message_left(app, frozen):
    off, gone = make_activity(slug="off", opens_in=DAY), make_activity(slug="gone", opens_in=DAY)
    person = make_person()
    for activity in (off, gone):
        keep(person, activity)
    frozen(NOW + DAY)
    sweep_due()
    db.session.rollback()
    staff = make_staff().id
    with transaction():
        plans.take_step(off.id, None, Step.CANCEL, Why(), actor_id=staff)
        service.forget(person.id, gone.id)

    assert told() == [(person.id, ""), (person.id, "")]


def test_sign_up_opens_when_the_first_of_its_windows_does(app):
    now = clock.now()

    def window(opens: int | None, closes: int | None) -> Window:
        return Window(*(None if days is None else now + days * DAY for days in (opens, closes)))

    later, sooner = window(2, 9), window(1, 9)
    assert opening([later, sooner], now) == now + DAY
    assert [opening(windows, now) for windows in ([], [later, window(None, 9)], [later, window(-1, 9)], [window(-3, -1)])] == [
        None
    ] * 4
    assert opening([later, window(-3, -1)], now) == now + 2 * DAY  # a part of it is over
    assert [is_open([later, one], now) for one in (sooner, window(-1, 9), window(-1, -0))] == [False, True, False]


def test_what_is_kept_is_exported_purged_long_after_and_forgotten_with_the_person(app):
    activity = make_activity(opens_in=DAY)
    person, other = make_person(), make_person()
    keep(person, activity)
    keep(other, activity)

    (row,) = HOLDING.export(person.id)["saved_activity"]
    assert (row["activity_id"], row["wants_word"]) == (activity.id, True)
    with transaction():
        HOLDING.erase(person.id)
    assert [one.account_id for one in queries.to_tell(activity.id)] == [other.id]
    (purge,) = HOLDING.purges
    for days, purged in ((184, 0), (186, 1)):  # it takes place in five days
        with transaction():
            assert purge.batch(Moment(NOW + days * DAY, clock.wall()), 10) == purged


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_whoever_is_forgotten_at_this_moment_keeps_and_chooses_nothing_any_more(app):
    soon, person_id, refused = make_activity(opens_in=DAY).id, make_person().id, []

    def at_once(act):
        with app.app_context():
            try:
                with transaction():
                    act()
            except NotFound:
                refused.append(act)

    acts = (lambda: service.save(person_id, soon, wants_word=True), lambda: calendars.choose(person_id, [2]))
    others = [threading.Thread(target=at_once, args=(act,)) for act in acts]
    with transaction():
        erase(db.session.get_one(Account, person_id))
        for other in others:
            other.start()
        pause(0.3)  # they have come as far as they can
    for other in others:
        other.join()

    assert len(refused) == len(acts)
    assert (db.session.query(SavedActivity).count(), db.session.query(CalendarChoice).count()) == (0, 0)
