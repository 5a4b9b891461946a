"""Organizers see how their activities stand and change how many places there are."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db
from festival.outbox.models import Message
from festival.programme.models import Mode
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_festival, make_sign_up, pool_of
from tests.roster.desk import add_child, at_the_desk, entries, fresh, slot_of, statements
from tests.web import Page

HOUR = timedelta(hours=1)
HOME = "/manage/activities/forum/"


def tiles(page: Page) -> dict[str, str]:
    """Return the figures on top of a page."""
    return {
        tile.select("dt")[0].get_text(strip=True): " ".join(tile.select("dd")[0].get_text(" ", strip=True).split())
        for tile in page.html.select(".tile")
    }


def board(page: Page) -> list[list[str]]:
    """Return the table of activities, its first column without the dates."""
    return [
        [cell.get_text(" ", strip=True) for cell in [row.select("th a")[0], *row.select("td")]]
        for row in page.html.select(".board tbody tr")
    ]


def pools(page: Page) -> list[list[str]]:
    """Return the table of pools without their capacity forms."""
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")[:-1]] for row in page.html.select("tr[data-pool]")]


def states() -> list[str]:
    """Return the states of all sign-ups in the order they were made."""
    db.session.rollback()
    return [state.value for state in db.session.scalars(select(SignUp.state).order_by(SignUp.id))]


def owed() -> list[str]:
    return list(db.session.scalars(select(Message.kind).order_by(Message.id)))


def capacity_path(pool_id: int) -> str:
    return f"/manage/pools/{pool_id}/capacity"


# -- overview -----------------------------------------------------------------------------------------------------------------


def test_the_overview_shows_each_activity_with_its_numbers(app):
    forum = make_activity(slug="forum", title_zh="高峰论坛", capacity=5)
    make_sign_up(forum, party_size=3)
    make_sign_up(forum, state=State.WAITLISTED, party_size=2)
    make_sign_up(forum, state=State.PENDING)
    make_sign_up(forum, state=State.WITHDRAWN)
    make_activity(slug="show", title_zh="灯光秀", capacity=None, starts_in=timedelta(days=9))

    page = at_the_desk(app).get("/manage/")

    assert board(page) == [
        ["高峰论坛", "名额紧张", "3 / 5", "2", "2", "1", "4", "名单 ：高峰论坛"],
        ["灯光秀", "报名中", "0", "不限", "0", "0", "0", "名单 ：灯光秀"],
    ]
    assert tiles(page) == {"今日活动场次": "0", "今日新增报名": "4", "待审核": "1", "候补人数": "2"}


def test_the_overview_says_what_to_do_now_most_urgent_first(app):
    over = make_activity(title_zh="超员", capacity=3)
    make_sign_up(over, party_size=3)
    pool = pool_of(over)
    desk = at_the_desk(app)
    desk.post_form(f"/manage/activities/{over.slug}/", {"capacity": "1"}, action=capacity_path(pool.id))
    desk.post_form(
        desk.post_form(f"/manage/activities/{over.slug}/", {"capacity": "1"}, action=capacity_path(pool.id)), over="keep"
    )
    offers = make_activity(title_zh="待确认")
    until = clock.now() + HOUR
    make_sign_up(offers, state=State.OFFERED, offered_until=until)
    make_sign_up(offers, state=State.OFFERED, offered_until=clock.now() + 20 * HOUR)
    make_sign_up(offers, state=State.OFFERED, offered_until=clock.now() - HOUR)
    ceiling = make_activity(title_zh="核准", capacity=50, approved_ceiling=20)
    make_sign_up(ceiling, party_size=4)
    for _ in range(3):
        make_sign_up(ceiling, party_size=4)
    review = make_activity(title_zh="审核", mode=Mode.APPROVAL)
    make_sign_up(review, state=State.PENDING)
    make_activity(title_zh="今天", starts_in=timedelta(minutes=1), lasts=timedelta(minutes=5))

    page = desk.get("/manage/")

    tasks = [(item["data-todo"], item.get_text(" ", strip=True)) for item in page.html.select(".todo li")]
    assert [(kind, words.split("：")[0]) for kind, words in tasks][:4] == [
        ("over", "超员"),
        ("offers", "待确认"),
        ("ceiling", "核准"),
        ("review", "审核"),
    ]
    assert tasks[0][1].split("：")[1] == "超出名额 2 人"
    assert tasks[1][1].split("：", 1)[1].startswith("1 个待确认名额将在")
    assert tasks[2][1].split("：")[1] == "已达核准人数的 80%"
    assert tasks[3][1].split("：")[1] == "1 个报名待审核"


def test_the_overview_of_a_quiet_day_says_so(app):
    make_activity(slug="forum")

    assert "眼下没有需要处理的事" in at_the_desk(app).get("/manage/").words


def test_an_organizer_of_one_activity_sees_that_one(app):
    forum = make_activity(slug="forum", title_zh="高峰论坛")
    make_activity(slug="show", title_zh="灯光秀")
    desk = at_the_desk(app, activity=forum)

    assert [[row[0] for row in board(desk.get(path))] for path in ("/manage/", "/manage/activities")] == [
        ["高峰论坛"],
        ["高峰论坛"],
    ]


def test_a_steward_sees_names_and_no_numbers(app):
    forum = make_activity(slug="forum", title_zh="高峰论坛")
    make_sign_up(forum)
    make_activity(slug="show", title_zh="灯光秀")
    desk = at_the_desk(app, Role.STEWARD, activity=forum)

    page = desk.get("/manage/")

    assert ([*tiles(page)], board(page)) == ([], [])
    assert "您负责签到的活动 高峰论坛" in page.words
    assert "灯光秀" not in page.words
    assert [desk.get(path).status for path in ("/manage/activities", HOME)] == [403, 403]


def test_the_overview_before_the_first_activity_is_no_empty_page(app):
    make_festival()

    assert "还没有活动" in at_the_desk(app).get("/manage/").words


def test_what_is_over_comes_last(app):
    make_activity(title_zh="已过", starts_in=timedelta(days=-2), lasts=HOUR)
    make_activity(title_zh="将来")

    assert [row[0] for row in board(at_the_desk(app).get("/manage/"))] == ["将来", "已过"]


@pytest.mark.parametrize("path", ["/manage/", "/manage/activities"])
def test_four_activities_cost_as_many_statements_as_one(app, path):
    counted = []
    for activities in (1, 3):
        for _ in range(activities):
            activity = make_activity(pools=2, capacity=3, approved_ceiling=9)
            make_sign_up(activity)
            make_sign_up(activity, state=State.OFFERED, offered_until=clock.now() + HOUR)
        desk = at_the_desk(app)
        desk.get(path)
        with statements() as seen:
            desk.get(path)
        counted.append(len(seen))

    assert counted[0] == counted[1]


# -- one activity ---------------------------------------------------------------------------------------------------------------


def test_one_activity_shows_its_pools_the_list_and_the_ceiling(app):
    forum = make_activity(slug="forum", pools=2, capacity=4, approved_ceiling=5)
    make_sign_up(forum, party_size=2)
    make_sign_up(forum, state=State.OFFERED, offered_until=clock.now() + HOUR)
    make_sign_up(forum, state=State.OFFERED, offered_until=clock.now() - HOUR)
    make_sign_up(forum, state=State.WAITLISTED, pool=pool_of(forum, 1), party_size=3)
    make_sign_up(forum, state=State.PENDING, pool=pool_of(forum, 1))

    page = at_the_desk(app).get(HOME)

    assert pools(page) == [["1区", "2", "1", "1", "0", "0"], ["2区", "0", "0", "4", "3", "1"]]
    assert tiles(page) == {"报名成功": "2 / 8", "待审核": "1", "待确认": "1", "候补中": "3", "已取消": "0", "核准人数内": "4 / 5"}
    assert "已达核准人数的 80%" in page.words


def test_staff_read_how_many_are_too_many(app):
    forum = make_activity(slug="forum", capacity=9)
    for _ in range(3):
        make_sign_up(forum, party_size=3)
    desk = at_the_desk(app)
    desk.post_form(desk.post_form(HOME, capacity="2"), over="keep")

    page = desk.get(HOME)

    assert pools(page) == [["1区", "9", "0", "−7 （超出）", "0", "0"]]
    assert "现超出名额 7 人。所有人的名额都保留" in page.words


def test_timed_entries_stand_under_their_session_and_past_ones_are_folded_away(app):
    forum = make_activity(slug="forum", starts_in=-3 * HOUR, lasts=6 * HOUR, capacity=1)
    session = slot_of(forum)
    add_child(session, starts_in=timedelta(), lasts=HOUR)
    add_child(session, starts_in=4 * HOUR, lasts=HOUR)

    page = at_the_desk(app).get(HOME)

    assert [len(part.select("tr[data-pool]")) for part in page.html.select("section > .table-frame, details .table-frame")] == [
        2,
        1,
    ]


def test_a_reviewer_sees_the_numbers_and_no_forms(app):
    make_activity(slug="forum", capacity=7)

    page = at_the_desk(app, Role.REVIEWER).get(HOME)

    assert page.html.select("main form") == []
    assert [row.select("td")[-1].get_text(strip=True) for row in page.html.select("tr[data-pool]")] == ["7"]


def test_an_activity_with_many_slots_costs_as_many_statements_as_one_with_few(app):
    few, many = make_activity(slug="few", lasts=9 * HOUR), make_activity(slug="many", lasts=9 * HOUR)
    for activity, children in ((few, 1), (many, 4)):
        for number in range(children):
            child = add_child(slot_of(activity), starts_in=number * HOUR, lasts=HOUR)
            make_sign_up(activity, pool=child.pools[0])
    desk = at_the_desk(app)
    counted = []
    for slug in ("few", "few", "many"):
        with statements() as seen:
            desk.get(f"/manage/activities/{slug}/")
        counted.append(len(seen))

    assert counted[1] == counted[2]


# -- capacity -----------------------------------------------------------------------------------------------------------------


def test_a_raised_capacity_serves_the_list_at_once_and_says_how_many_moved_up(app):
    forum = make_activity(slug="forum", capacity=1)
    make_sign_up(forum)
    for _ in range(3):
        make_sign_up(forum, state=State.WAITLISTED)
    desk = at_the_desk(app)

    page = desk.post_form(HOME, capacity="3")

    assert (page.status, page.location.partition("#")[0]) == (303, HOME)
    assert states() == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert "已从候补名单递补 2 个报名" in desk.follow(page).words
    assert owed() == ["sign_up_promoted", "sign_up_promoted"]
    assert entries() == [("pool.capacity", "pool", pool_of(forum).id, "", "capacity:1->3 over=keep")]


def test_fewer_places_than_are_held_are_previewed_first_and_nothing_is_saved(app):
    forum = make_activity(slug="forum", capacity=20)
    for _ in range(4):
        make_sign_up(forum, party_size=4)

    page = at_the_desk(app).post_form(HOME, capacity="4")

    pool = pool_of(forum)
    fresh(pool)
    assert (page.status, page.result, pool.capacity) == (200, "preview", 20)
    assert "新名额 4 人，现有 16 人持有名额，多出 12 人" in page.words
    assert [choice["value"] for choice in page.html.select("[name=over]")] == ["keep", "move"]
    assert [choice["value"] for choice in page.html.select("[name=over][checked]")] == ["keep"]
    assert entries() == []


def test_keeping_those_who_are_too_many_changes_nobody(app):
    forum = make_activity(slug="forum", capacity=20)
    for _ in range(4):
        make_sign_up(forum, party_size=4)
    desk = at_the_desk(app)

    page = desk.post_form(desk.post_form(HOME, capacity="4"), over="keep")

    pool = pool_of(forum)
    fresh(pool)
    assert (page.status, pool.capacity, states(), owed()) == (303, 4, ["confirmed"] * 4, [])
    assert "现超出 12 人，所有人的名额都保留" in desk.follow(page).words


def test_moving_those_who_are_too_many_puts_the_last_at_the_head_of_the_list(app):
    forum = make_activity(slug="forum", capacity=20)
    for _ in range(4):
        make_sign_up(forum, party_size=4)
    make_sign_up(forum, state=State.WAITLISTED)
    desk = at_the_desk(app)

    page = desk.post_form(desk.post_form(HOME, capacity="8"), over="move")

    assert page.status == 303
    assert states() == ["confirmed", "confirmed", "waitlisted", "waitlisted", "waitlisted"]
    assert "已把 2 个报名移到候补名单最前面" in desk.follow(page).words
    assert owed() == ["sign_up_waitlisted", "sign_up_waitlisted"]
    roster = desk.get("/manage/activities/forum/roster?state=waitlisted")
    assert [cell.get_text(" ", strip=True) for cell in roster.html.select(".c-state .state")] == [
        "候补第 1 位",
        "候补第 2 位",
        "候补第 3 位",
    ]


def test_the_choice_can_be_sent_with_the_number(app):
    forum = make_activity(slug="forum", capacity=3)
    for _ in range(3):
        make_sign_up(forum)
    desk = at_the_desk(app)
    token = desk.get(HOME).html.select_one("main [name=csrf_token]")
    assert token is not None

    page = desk.post(capacity_path(pool_of(forum).id), csrf_token=str(token["value"]), capacity="2", over="keep")

    pool = pool_of(forum)
    fresh(pool)
    assert (page.status, pool.capacity) == (303, 2)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "请填写人数；名额不限请勾选“不限名额”"),
        ("abc", "请填写 0 到 1000000 之间的整数"),
        ("-1", "请填写 0 到 1000000 之间的整数"),
        ("9" * 30, "请填写 0 到 1000000 之间的整数"),
        ("1.5", "请填写 0 到 1000000 之间的整数"),
    ],
)
def test_what_is_no_number_of_persons_is_said_beside_the_field(app, typed, words):
    forum = make_activity(slug="forum", capacity=3)

    page = at_the_desk(app).post_form(HOME, capacity=typed)

    error = page.html.select_one("#capacity-error")
    kept = page.html.select_one("[name=capacity]")
    pool = pool_of(forum)
    fresh(pool)
    assert error is not None
    assert kept is not None
    assert (page.status, error.get_text(strip=True), kept["value"], pool.capacity) == (422, words, typed, 3)


def test_a_number_typed_in_full_width_is_understood(app):
    forum = make_activity(slug="forum", capacity=3)

    at_the_desk(app).post_form(HOME, capacity="１２")

    pool = pool_of(forum)
    fresh(pool)
    assert pool.capacity == 12


def test_a_pool_without_a_limit_is_ticked_and_never_just_left_empty(app):
    forum = make_activity(slug="forum", capacity=3)
    desk = at_the_desk(app)

    desk.post_form(desk.post_form(HOME, capacity=""), unlimited="y")

    pool = pool_of(forum)
    fresh(pool)
    assert pool.capacity is None


def test_the_pool_of_anothers_activity_does_not_exist(app):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="forum", capacity=3)
    desk = at_the_desk(app, activity=mine)
    token = desk.get("/manage/activities/mine/").html.select_one("main [name=csrf_token]")
    assert token is not None

    answers = [
        desk.post(capacity_path(pool_id), csrf_token=str(token["value"]), capacity="9")
        for pool_id in (pool_of(theirs).id, 2_147_483_647)
    ]

    pool = pool_of(theirs)
    fresh(pool)
    assert ([answer.status for answer in answers], pool.capacity) == ([404, 404], 3)


def test_a_capacity_without_the_forms_token_is_refused(app):
    forum = make_activity(slug="forum", capacity=3)

    page = at_the_desk(app).post(capacity_path(pool_of(forum).id), capacity="9")

    pool = pool_of(forum)
    fresh(pool)
    assert (page.status, pool.capacity) == (400, 3)


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_change_places_is_refused(app, role):
    forum = make_activity(slug="forum", capacity=3)
    desk = at_the_desk(app, role)
    token = desk.get("/manage/").html.select_one("[name=csrf_token]")
    assert token is not None

    assert desk.post(capacity_path(pool_of(forum).id), csrf_token=str(token["value"]), capacity="9").status == 403


def test_places_read_in_english(app):
    forum = make_activity(slug="forum", capacity=3)
    make_sign_up(forum, party_size=3)
    desk = at_the_desk(app)
    desk.post_form(desk.post_form(f"/en{HOME}", capacity="1"), over="keep")

    page = desk.get(f"/en{HOME}")

    assert pools(page)[0][3] == "−2 (over)"
    assert "Over capacity by 2" in page.words
