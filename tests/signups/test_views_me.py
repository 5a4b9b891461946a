"""My festival: by day, what is urgent, what clashes, what is over."""

from datetime import datetime, timedelta

import pytest

from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, ActivityStatus
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up
from tests.signups.test_views_sign_up import queries_of

NOW = datetime(2023, 6, 16, 10, tzinfo=clock.ZONE)


@pytest.fixture
def person(app, frozen, visitor):
    frozen(NOW)
    account = make_person(name="李晨", mobile="13800138000")
    visitor.sign_in(account)
    return account


def on(day, hour, *, lasts=2, title="活动"):
    """Return an activity that starts on a day of June 2023."""
    starts = datetime(2023, 6, day, hour, tzinfo=clock.ZONE)
    return make_activity(starts_in=starts - NOW, lasts=timedelta(hours=lasts), title_zh=title, title_en=f"The {title}")


def days_of(page):
    """Return what stands under each day of the timeline: heading -> titles, states and clashes in order."""
    found: dict[str, list[object]] = {}
    heading = ""
    for part in page.html.select(".timeline > *"):
        words = part.get_text(" ", strip=True)
        if part.name == "h2":
            heading = words
            found[heading] = []
        elif "clash" in part["class"]:
            found[heading].append(words)
        else:
            found[heading].append((part.h3.get_text(strip=True), part["data-state"]))
    return found


def test_nobody_sees_it_but_the_person(app, visitor):
    assert visitor.get("/me").location == "/sign-in?next=/me"


def test_without_any_sign_up_it_says_what_to_do(app, visitor, person):
    page = visitor.get("/me")
    assert "还没有即将参加的活动" in page.words
    assert page.link("看看可报名的活动") == "/?open=1"


def test_what_lies_ahead_stands_by_day_and_what_is_over_apart(app, visitor, person):
    make_sign_up(on(20, 9, title="论坛"), person=person, state=State.PENDING)
    make_sign_up(on(16, 14, title="专场"), person=person)
    make_sign_up(on(17, 9, title="展览"), person=person, party_size=2)
    make_sign_up(on(10, 9, title="专线游"), person=person, state=State.ATTENDED)
    make_sign_up(on(18, 9, title="招聘会"), person=person, state=State.WITHDRAWN)
    make_sign_up(on(17, 9, title="别人的"))

    page = visitor.get("/me")

    assert days_of(page) == {
        "今天 6月16日 周五": [("专场", "confirmed")],
        "明天 6月17日 周六": [("展览", "confirmed")],
        "6月20日 周二": [("论坛", "pending")],
    }
    assert [title.get_text(strip=True) for title in page.html.select(".past h3")] == ["招聘会", "专线游"]
    assert "李晨 · 138 **** 8000" in page.words
    assert "2 人" in page.words
    english = visitor.get("/en/me")
    assert list(days_of(english)) == ["Today Fri, 16 Jun", "Tomorrow Sat, 17 Jun", "20 Jun Tue"]


def test_an_offer_stands_on_top_with_its_deadline_and_is_confirmed_there(app, visitor, person):
    later = make_sign_up(on(20, 9), person=person, state=State.OFFERED, offered_until=NOW + timedelta(hours=9))
    first = make_sign_up(on(18, 9), person=person, state=State.OFFERED, offered_until=NOW + timedelta(hours=2))

    page = visitor.get("/me")
    answer = visitor.post_form(page, action=f"/sign-ups/{first.code}/confirm")

    urgent = [one.get_text(" ", strip=True) for one in page.html.select(".urgent__left")]
    assert urgent == ["请于今天 12:00 前确认", "请于今天 19:00 前确认"]
    assert answer.location == f"/sign-ups/{first.code}"
    assert len(visitor.get("/me").html.select(".urgent")) == 1
    assert later.code in visitor.get("/me").text


def test_the_place_on_the_list_is_told(app, visitor, person):
    activity = on(18, 9)
    make_sign_up(activity, state=State.WAITLISTED)
    make_sign_up(activity, person=person, state=State.WAITLISTED)
    assert "候补第 2 位" in visitor.get("/me").words


def test_what_overlaps_is_told_between_the_two(app, visitor, person):
    make_sign_up(on(17, 14, lasts=3, title="联谊"), person=person)
    make_sign_up(on(17, 16, title="展览"), person=person)
    make_sign_up(on(17, 15, title="已取消"), person=person, state=State.WITHDRAWN)
    assert days_of(visitor.get("/me")) == {
        "明天 6月17日 周六": [("联谊", "confirmed"), "“联谊”与“展览”时间重叠 1 小时。", ("展览", "confirmed")],
    }


def test_what_is_called_off_is_in_nobodys_way_and_says_so(app, visitor, person):
    off = on(17, 14, title="联谊")
    make_sign_up(off, person=person)
    make_sign_up(on(17, 14, title="展览"), person=person)
    with transaction():
        db.session.get_one(Activity, off.id).status = ActivityStatus.CANCELLED

    page = visitor.get("/me")

    assert page.html.select(".clash") == []
    assert "活动已取消" in page.words


def test_four_sign_ups_cost_as_many_queries_as_one(app, visitor, person):
    make_sign_up(on(18, 9), person=person, state=State.WAITLISTED)
    visitor.get("/me")
    one = queries_of(lambda: visitor.get("/me"))
    for day in (19, 20, 21):
        make_sign_up(on(day, 9), person=person, state=State.WAITLISTED)
    assert queries_of(lambda: visitor.get("/me")) == one
