"""What organizers look at first: what to do, the numbers of the day, charts with their tables."""

from datetime import timedelta
from xml.etree import ElementTree as ET

from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import transaction
from festival.outbox.models import MessageState
from festival.outbox.service import owe
from festival.programme.models import Mode
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.seats.halls import make_hall
from tests.web import Browser, Page

FAILED = MessageState.FAILED


def _desk(app, role=Role.ORGANIZER, **more) -> Browser:
    return Browser(app).sign_in(make_staff(role, **more))


def _tasks(page: Page) -> list[tuple[str, str, str]]:
    """Return what is to be done: its kind, its words, and where its link leads."""
    items = [(li, li.select("a")[0]) for li in page.html.select(".todo li")]
    return [(str(li["data-todo"]), a.get_text(strip=True), str(a["href"])) for li, a in items]


def _table(page: Page, key: str) -> list[list[str]]:
    """Return the table beside a chart, head first."""
    rows = page.html.select(f"section[aria-labelledby='chart-{key}'] tr")
    return [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in rows]


def _busy():
    """Return an activity of today of which everything waits for somebody."""
    activity = make_activity(
        slug="forum", title_zh="论坛", mode=Mode.APPROVAL, starts_in=timedelta(minutes=1), lasts=timedelta(minutes=9)
    )
    make_hall(activity, "O")
    make_sign_up(activity, party_size=2)
    make_sign_up(activity, state=State.PENDING)
    answered = make_sign_up(activity, state=State.PENDING)
    absent = make_sign_up(activity, state=State.NO_SHOW)
    return activity, answered, absent


def test_each_reader_is_told_what_they_can_do_and_each_line_leads_to_the_page_that_does_it(app):
    activity, answered, absent = _busy()
    with transaction():
        answered.reply = "已补充"
        absent.appeal, absent.appealed_at = "当天发烧", clock.wall()
        owe("sign_up_confirmed", "sign_up", answered.id, account_id=answered.person_id, activity_id=activity.id).state = FAILED
    home = "/manage/activities/forum"
    review = ("review", "论坛：1 个报名待审核", f"{home}/review")
    replies = ("replies", "论坛：1 个报名已补充材料，待审核", f"{home}/review?stage=answered")

    seen = {role: _tasks(_desk(app, role).get("/manage/")) for role in (Role.ORGANIZER, Role.REVIEWER, Role.AUDITOR)}

    assert [task[:1] + task[2:] if task[0] == "today" else task for task in seen[Role.ORGANIZER]] == [
        review,
        replies,
        ("appeals", "论坛：1 人说明了未到场的原因，待处理", f"{home}/absences?show=recorded"),
        ("failed", "1 条消息没有送达，可重新发送", "/manage/messages?state=failed"),
        ("seats", "论坛：2 人还没有座位", f"{home}/seats"),
        ("today", f"{home}/check-in" if "check-in" in seen[Role.ORGANIZER][-1][2] else f"{home}/"),
    ]
    assert [task for task in seen[Role.REVIEWER] if task[0] != "today"] == [review, replies]
    assert [task for task in seen[Role.AUDITOR] if task[0] != "today"] == []


def test_the_numbers_of_the_day_are_given_again_only_when_they_have_changed(app):
    activity = make_activity(
        slug="forum", title_zh="论坛", pools=2, approved_ceiling=5, starts_in=timedelta(minutes=1), lasts=timedelta(minutes=9)
    )
    make_sign_up(activity, party_size=3)
    make_sign_up(activity, pool=pool_of(activity, 1))
    make_activity(slug="later", starts_in=timedelta(days=3))
    desk = _desk(app, Role.STEWARD)
    page = desk.get("/manage/")

    first = desk.get("/manage/today")
    mark = first.response.headers["ETag"]
    again = desk.get("/manage/today", headers={"If-None-Match": mark})
    make_sign_up(activity)
    changed = desk.get("/manage/today", headers={"If-None-Match": mark})

    rows = [[cell.get_text(strip=True) for cell in row.select("th, td")] for row in page.html.select("[data-today] tbody tr")]
    assert rows == [["1区", "3", "0"], ["2区", "1", "0"], ["合计", "4", "0"]]
    assert "核准人数：已占 4 / 5，已达 80%" in page.words
    assert (first.status, again.status, again.text, changed.status) == (200, 304, "", 200)
    assert "later" not in first.text


def _drawn(page: Page) -> tuple[list[str], list[str]]:
    """Return the tags of a picture, and the values of its columns in order."""
    root = ET.fromstring(page.text)
    tags = sorted({element.tag.split("}")[-1] for element in root.iter()})
    return tags, [
        element.text or "" for element in root.iter() if element.get("class") == "value" and element.tag.endswith("desc")
    ]


def _charted():
    """Return an activity with something in each of its charts."""
    over = make_activity(slug="over", title_zh="已过", pools=2, starts_in=timedelta(hours=-5), capacity=4)
    for state in (State.ATTENDED, State.NO_SHOW, State.NO_SHOW):
        made = make_sign_up(over, state=state)
        if state == State.ATTENDED:
            _arrive(made)
    make_sign_up(over, pool=pool_of(over, 1), state=State.WAITLISTED, party_size=3)
    make_sign_up(over, pool=pool_of(over, 1), state=State.PENDING, joined_at=clock.now() - timedelta(days=2))
    return over


def _arrive(sign_up) -> None:
    with transaction():
        sign_up.arrived = sign_up.party_size


def test_each_chart_draws_the_numbers_of_the_table_beside_it_and_nothing_that_runs(app):
    _charted()
    desk = _desk(app)
    tables: dict[str, list[list[str]]] = {}

    for where, keys in (
        ("/manage/", ("days", "tracks", "waitlist", "absences")),
        ("/manage/activities/over/statistics", ("days", "pools", "waitlist", "absences")),
    ):
        page = desk.get(where)
        tables = {key: _table(page, key) for key in keys}
        sources = [str(img["src"]) for img in page.html.select(".figure__picture img")]
        assert len(sources) == 2 * len(keys)
        for source in sources:
            picture = desk.get(source)
            tags, values = _drawn(picture)
            key = source.split("/")[-1].split(".")[0]
            columns = list(zip(*tables[key][1:], strict=True))[1:]
            shown = [number.removesuffix("%") for column in columns for number in column]
            assert sorted(map(float, values)) == sorted(map(float, shown)), source
            assert {"script", "foreignObject", "image", "a"} & set(tags) == set()
            assert [
                part for part in ("http:", "https:", "//") if part in picture.text.replace("http://www.w3.org/2000/svg", "")
            ] == []
            assert picture.response.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
            assert picture.response.mimetype == "image/svg+xml"

    assert tables["pools"] == [["名额池", "报名成功", "待定", "候补中"], ["1区", "3", "0", "0"], ["2区", "0", "1", "3"]]
    assert tables["waitlist"] == [["名额池", "候补人数"], ["2区", "3"]]
    assert tables["absences"] == [["名额池", "缺席率"], ["1区", "66.7%"]]
    assert [row[1:] for row in tables["days"]] == [["1区", "2区"], ["0", "1"], ["0", "0"], ["3", "1"]]


def test_a_picture_says_in_words_what_it_shows(app):
    _charted()

    page = _desk(app).get("/en/manage/activities/over/statistics")

    assert [img["alt"] for img in page.html.select(".figure__picture .only-light")][1:] == [
        "By pool: 7 in all, most is Zone 2 with 4.",
        "Waiting lists: 3 in all, most is Zone 2 with 3.",
        "No-show rate: highest is Zone 1, 66.7%.",
    ]


def test_an_activity_without_sign_ups_has_statistics_that_say_so(app):
    make_activity(slug="forum")
    desk = _desk(app, Role.AUDITOR)

    page, picture = desk.get("/manage/activities/forum/statistics"), desk.get("/manage/activities/forum/statistics/days.svg")

    assert (page.status, picture.status, page.words.count("还没有数据")) == (200, 200, 4)


def test_statistics_are_those_of_the_readers_own_activities(app):
    mine, other = make_activity(slug="mine", title_zh="我的"), make_activity(slug="other", title_zh="别人的")
    for one in (mine, other):
        make_sign_up(one)
    own = _desk(app, Role.REVIEWER, activity=mine)

    answers = [own.get(f"/manage/activities/other/statistics{path}").status for path in ("", "/days.svg", "/today")]

    assert answers == [404, 404, 404]
    assert sum(int(row[-1]) for row in _table(own.get("/manage/"), "days")[1:]) == 1
    assert _desk(app, Role.STEWARD).get("/manage/charts/days.svg").status == 403
