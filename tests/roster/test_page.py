"""The roster page: who signed up, searched, filtered, sorted, a page at a time, with contacts masked."""

from datetime import timedelta

import pytest

from festival.accounts.rules import Role
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.lib.sealing import seal
from festival.programme.models import Activity, Sensitivity
from festival.roster.forms import address_of, view_at
from festival.roster.rules import Filter, Sort, Wanted, last_page
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up, pool_of
from tests.roster.desk import at_the_desk, statements
from tests.web import Browser, Page

HOUR = timedelta(hours=1)
ROSTER = "/manage/activities/forum/roster"


def answer(sign_up: SignUp, key: str, value: str, *, sealed: bool = False) -> None:
    with transaction():
        db.session.add(
            Answer(
                sign_up_id=sign_up.id,
                question_key=key,
                plain=None if sealed else value,
                sealed=seal(value.encode(), f"answer:{sign_up.id}:{key}") if sealed else None,
            ),
        )


def names(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.html.select("th.c-name a")]


def column(page: Page, name: str) -> list[str]:
    return [cell.get_text(" ", strip=True) for cell in page.html.select(f"td.c-{name}")]


def heads(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.html.select("thead th:not(.c-pick)")]


def people(activity: Activity, *listed: str) -> list[SignUp]:
    return [make_sign_up(activity, name=name) for name in listed]


# -- what is shown --------------------------------------------------------------------------------------------------------------


def test_a_row_shows_who_in_which_state_with_a_masked_contact_and_the_answers_of_the_kind(app):
    forum = make_activity(slug="forum", capacity=3, kind="forum", party_max=1)
    make_question(forum, "employer", label_zh="工作单位/学校")
    make_question(forum, "job_title", label_zh="职务")
    make_question(forum, "hobby", label_zh="爱好")
    sign_up = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"))
    answer(sign_up, "employer", "津沽设计院")
    answer(sign_up, "hobby", "钓鱼")

    page = at_the_desk(app).get(ROSTER)

    assert heads(page) == ["姓名", "状态", "联系方式", "席位", "工作单位/学校", "职务", "签到码", "报名时间"]
    assert names(page) == ["李伟"]
    assert column(page, "state") == ["报名成功"]
    assert column(page, "contact") == ["138 **** 8000"]
    assert column(page, "org") == ["津沽设计院", ""]
    assert column(page, "code") == [f"{sign_up.digits[:3]} {sign_up.digits[3:]}"]
    assert "13800138000" not in page.text
    assert sign_up.code not in page.text
    assert page.response.headers["Cache-Control"] == "no-store"


def test_sensitive_answers_are_in_no_list(app):
    tour = make_activity(slug="forum")
    make_question(tour, "id_number", sensitivity=Sensitivity.SENSITIVE, type_="id_number")
    sign_up = make_sign_up(tour, name="李伟")
    answer(sign_up, "id_number", "11010519491231002X", sealed=True)
    desk = at_the_desk(app)

    page, alone = desk.get(ROSTER), desk.get(f"{ROSTER}/{sign_up.id}")

    assert column(page, "org") == []
    assert "••••" in alone.words
    assert all("11010519491231002X" not in found.text for found in (page, alone))


def test_tiles_count_persons_as_they_stand(app):
    forum = make_activity(slug="forum", capacity=10, approved_ceiling=20)
    make_sign_up(forum, party_size=3)
    make_sign_up(forum, state=State.WAITLISTED, party_size=2)
    make_sign_up(forum, state=State.PENDING)
    make_sign_up(forum, state=State.WITHDRAWN)

    page = at_the_desk(app).get(ROSTER)

    assert [" ".join(tile.get_text(" ", strip=True).split()) for tile in page.html.select(".tile")] == [
        "报名成功 3 / 10",
        "待审核 1",
        "候补中 2",
        "已取消 1",
        "核准人数内 3 / 20",
    ]
    assert "共 4 个报名、7 人" in page.words


def test_waiting_parties_show_their_place_on_the_list_of_their_pool(app):
    forum = make_activity(slug="forum", pools=2)
    for pool in (0, 1, 0):
        make_sign_up(forum, state=State.WAITLISTED, pool=pool_of(forum, pool))

    page = at_the_desk(app).get(ROSTER)

    assert column(page, "state") == ["候补第 1 位", "候补第 1 位", "候补第 2 位"]


def test_an_offer_past_its_deadline_shows_as_expired(app):
    forum = make_activity(slug="forum")
    make_sign_up(forum, state=State.OFFERED, offered_until=clock.now() - HOUR, name="过期")
    make_sign_up(forum, state=State.OFFERED, offered_until=clock.now() + HOUR, name="有效")
    desk = at_the_desk(app)

    assert names(desk.get(f"{ROSTER}?state=expired")) == ["过期"]
    assert names(desk.get(f"{ROSTER}?state=offered")) == ["有效"]


def test_a_review_that_asked_for_more_says_so(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum, state=State.PENDING)
    with transaction():
        db.session.get_one(SignUp, sign_up.id).asked_at = clock.now()

    assert column(at_the_desk(app).get(ROSTER), "state") == ["需补充材料"]


def test_a_name_nobody_gave_is_a_word_and_not_a_hole(app):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum)
    with transaction():
        db.session.get_one(SignUp, sign_up.id).name = ""

    assert names(at_the_desk(app).get(ROSTER)) == ["未填姓名"]


def test_markup_in_a_name_is_text(app):
    forum = make_activity(slug="forum")
    make_sign_up(forum, name='<img src=x onerror="alert(1)">')

    page = at_the_desk(app).get(ROSTER)

    assert names(page) == ['<img src=x onerror="alert(1)">']
    assert page.html.select("main img, main [onerror]") == []


def test_nobody_yet_is_said(app):
    make_activity(slug="forum")

    assert "还没有人报名" in at_the_desk(app).get(ROSTER).words


# -- search ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["单雨欣", "雨欣", "shanyuxin", "Shan Yu", "syx", "danyuxin", "8000", "0138000", "13800138000", "138 0013 8000", "津沽"],
)
def test_one_is_found_by_name_sound_initials_phone_end_and_organisation(app, words):
    forum = make_activity(slug="forum", capacity=50)
    make_question(forum, "employer")
    found = make_sign_up(forum, name="单雨欣", person=make_person(mobile="13800138000"))
    answer(found, "employer", "津沽设计院")
    people(forum, "李伟", "王小宁")

    assert names(at_the_desk(app).get(f"{ROSTER}?q={words}")) == ["单雨欣"]


def test_one_is_found_by_digits_and_by_the_beginning_of_the_code(app):
    forum = make_activity(slug="forum", capacity=50)
    found, _other = people(forum, "单雨欣", "李伟")
    with transaction():
        db.session.get_one(SignUp, found.id).digits = "482093"
        db.session.get_one(SignUp, found.id).code = "abcdefgh" + tokens.new_code()[8:]
    desk = at_the_desk(app)

    assert [names(desk.get(f"{ROSTER}?q={words}")) for words in ("482093", "482 093", "4820", "abcdefgh", "ABCDEF")] == [
        ["单雨欣"]
    ] * 5


@pytest.mark.parametrize("words", ["%", "_", "%25", "'; DROP TABLE sign_up; --", "\\", "9999", "x" * 500, "=cmd", "a\x00b"])
def test_words_that_nobody_is_called_find_nobody_and_break_nothing(app, words):
    forum = make_activity(slug="forum")
    make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"))
    desk = at_the_desk(app)

    page = desk.client.get(ROSTER, query_string={"q": words})

    found = Page(ROSTER, page)
    assert (found.status, names(found)) == (200, [])


def test_a_search_that_finds_nobody_offers_the_way_back(app):
    forum = make_activity(slug="forum")
    make_sign_up(forum, name="李伟")

    page = at_the_desk(app).get(f"{ROSTER}?q=zzz")

    assert "没有符合的报名" in page.words
    assert page.link("看全部") == ROSTER


# -- filters --------------------------------------------------------------------------------------------------------------------


def test_filters_narrow_and_their_contrary_leaves_out(app):
    forum = make_activity(slug="forum", pools=2, capacity=50)
    make_sign_up(forum, name="甲", pool=pool_of(forum, 0))
    make_sign_up(forum, name="乙", pool=pool_of(forum, 1))
    make_sign_up(forum, name="丙", pool=pool_of(forum, 1), state=State.WITHDRAWN)
    came = make_sign_up(forum, name="丁", pool=pool_of(forum, 1), state=State.ATTENDED)
    with transaction():
        db.session.get_one(SignUp, came.id).arrived = 1
    desk = at_the_desk(app)
    second = pool_of(forum, 1).id

    def found(query: str) -> set[str]:
        return set(names(desk.get(f"{ROSTER}?{query}")))

    assert found("state=confirmed") == {"甲", "乙"}
    assert found("state=confirmed&not=state") == {"丙", "丁"}
    assert found(f"pool={second}") == {"乙", "丙", "丁"}
    assert found(f"pool={second}&not=pool") == {"甲"}
    assert found("in=yes") == {"丁"}
    assert found("in=yes&not=in") == {"甲", "乙", "丙"}
    assert found(f"pool={second}&state=withdrawn&not=state&in=yes&not=in") == {"乙"}
    assert found(f"slot={pool_of(forum).slot_id}") == {"甲", "乙", "丙", "丁"}
    assert found("state=confirmed&q=甲") == {"甲"}


def test_each_filter_in_use_is_shown_with_the_way_to_take_it_off(app):
    forum = make_activity(slug="forum", pools=2)
    make_sign_up(forum, name="甲")

    page = at_the_desk(app).get(f"{ROSTER}?q=甲&state=withdrawn&not=state&in=yes&not=in&sort=name")

    chips = {" ".join(chip.get_text(" ", strip=True).split()): chip["href"] for chip in page.html.select(".chips--used a")}
    assert chips == {
        "去掉： 搜索：甲": f"{ROSTER}?state=withdrawn&in=yes&not=in&not=state&sort=name",
        "去掉： 状态 不是 已取消报名": f"{ROSTER}?q=%E7%94%B2&in=yes&not=in&sort=name",
        "去掉： 签到 不是 已签到": f"{ROSTER}?q=%E7%94%B2&state=withdrawn&not=state&sort=name",
    }


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "pool=-1",
        "pool=99999999999999999999",
        "slot=abc",
        "in=maybe",
        "not=everything",
        "sort=;drop",
        "page=0",
        "page=-3",
        "page=x",
        "page=１",
        "state=&pool=&slot=&in=&sort=",
        "q=",
    ],
)
def test_what_the_address_says_wrongly_is_left_out(app, query):
    forum = make_activity(slug="forum")
    make_sign_up(forum, name="李伟")

    page = at_the_desk(app).get(f"{ROSTER}?{query}")

    assert (page.status, names(page)) == (200, ["李伟"])


# -- order and pages ---------------------------------------------------------------------------------------------------------


def test_rows_stand_in_the_order_asked_for(app):
    forum = make_activity(slug="forum", capacity=9)
    now = clock.now()
    make_sign_up(forum, name="赵一", state=State.WITHDRAWN, joined_at=now - 5 * HOUR)
    make_sign_up(forum, name="钱二", joined_at=now - 4 * HOUR)
    make_sign_up(forum, name="孙三", state=State.WAITLISTED, joined_at=now - 3 * HOUR)
    make_sign_up(forum, name="安四", joined_at=now - 2 * HOUR)
    desk = at_the_desk(app)

    assert {sort: names(desk.get(f"{ROSTER}?sort={sort}")) for sort in ("state", "name", "newest", "oldest", "place")} == {
        "state": ["钱二", "安四", "孙三", "赵一"],
        "name": ["安四", "钱二", "孙三", "赵一"],
        "newest": ["安四", "孙三", "钱二", "赵一"],
        "oldest": ["赵一", "钱二", "孙三", "安四"],
        "place": ["安四", "钱二", "孙三", "赵一"],
    }


def test_a_long_roster_comes_in_pages_of_fifty(app):
    forum = make_activity(slug="forum", capacity=None)
    for number in range(51):
        make_sign_up(forum, name=f"人{number:02d}")
    desk = at_the_desk(app)

    first, second, beyond = (
        desk.get(f"{ROSTER}{query}") for query in ("?sort=oldest", "?sort=oldest&page=2", "?sort=oldest&page=99")
    )

    assert [len(names(page)) for page in (first, second, beyond)] == [50, 1, 1]
    assert names(second) == names(beyond) == ["人50"]
    ticked = first.html.select("form[data-pick] [name=pick]")[7]["value"]
    turned = desk.post_form(first, {"pick": [ticked]}, action=f"{ROSTER}/bulk", button="turn")
    assert turned.location == f"{ROSTER}?sort=oldest&page=2&picked={ticked}"
    assert [(one["value"], one.get_text()) for one in second.html.select("[name=turn]")] == [("1", "上一页")]
    assert "第 2 页，共 2 页" in second.words


def test_the_last_page_of_a_list():
    assert [last_page(total, 50) for total in (0, 1, 50, 51, 10_000)] == [1, 1, 1, 2, 200]


def test_a_view_and_its_address_are_one_thing():
    filters = (Filter("state", ("confirmed",)), Filter("pool", ("3", "4")), Filter("in", ("yes",), is_not=True))
    view = Wanted(words="李", filters=filters, sort=Sort.NAME)

    assert view.parameters(page=2) == {
        "q": "李",
        "state": "confirmed",
        "pool": ["3", "4"],
        "in": "yes",
        "not": ["in"],
        "sort": "name",
        "page": "2",
    }
    assert view.parameters(without="in") == {"q": "李", "state": "confirmed", "pool": ["3", "4"], "sort": "name"}
    assert view.parameters(without="q") == {"state": "confirmed", "pool": ["3", "4"], "in": "yes", "not": ["in"], "sort": "name"}
    assert view_at(address_of(view)) == view
    assert Wanted().parameters() == {}


def test_four_rows_cost_as_many_statements_as_one(app):
    forum = make_activity(slug="forum", capacity=50)
    make_question(forum, "employer")
    desk = at_the_desk(app)
    counted = []
    for rows in (1, 3):
        for _ in range(rows):
            answer(make_sign_up(forum), "employer", "x")
            make_sign_up(forum, state=State.WAITLISTED)
        desk.get(ROSTER)
        with statements() as seen:
            desk.get(f"{ROSTER}?q=测试&sort=name")
            desk.get(ROSTER)
        counted.append(len(seen))

    assert counted[0] == counted[1]


# -- who may ------------------------------------------------------------------------------------------------------------------


def test_a_reviewer_sees_names_masked_and_cannot_take_the_list_away(app):
    forum = make_activity(slug="forum")
    people(forum, "李伟", "王小宁")
    desk = at_the_desk(app, Role.REVIEWER)

    page = desk.get(f"{ROSTER}?sort=oldest")

    assert names(page) == ["李*", "王*宁"]
    assert [word for word in ("李伟", "王小宁", "liwei") if word in page.text] == []
    assert page.html.select("a[href*=csv], a[href*=xlsx], a[href*=sheet], .reveal") == []
    assert [desk.get(f"/manage/activities/forum/{file}").status for file in ("roster.csv", "roster.xlsx", "sign-in-sheet")] == [
        403,
        403,
        403,
    ]


@pytest.mark.parametrize("words", ["李伟", "liwei", "lw"])
def test_a_reviewer_does_not_find_by_a_name_that_is_hidden(app, words):
    forum = make_activity(slug="forum")
    people(forum, "李伟", "王小宁")

    assert names(at_the_desk(app, Role.REVIEWER).get(f"{ROSTER}?q={words}")) == []


@pytest.mark.parametrize("role", [Role.STEWARD, Role.AUDITOR])
def test_who_only_checks_in_or_audits_cannot_browse(app, role):
    forum = make_activity(slug="forum")
    sign_up = make_sign_up(forum)
    desk = at_the_desk(app, role)

    assert [desk.get(path).status for path in (ROSTER, f"{ROSTER}/{sign_up.id}")] == [403, 403]


@pytest.mark.parametrize("path", ["roster", "roster/{id}", "roster.csv", "roster.xlsx", "sign-in-sheet"])
def test_the_roster_of_anothers_activity_does_not_exist(app, path):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="forum")
    ours, other = make_sign_up(mine), make_sign_up(theirs, name="李伟")
    desk = at_the_desk(app, activity=mine)

    assert desk.get(f"/manage/activities/forum/{path.format(id=other.id)}").status == 404
    assert desk.get(f"/manage/activities/mine/{path.format(id=ours.id)}").status == 200


def test_a_sign_up_of_another_activity_is_not_found_under_ones_own(app):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="forum")
    other = make_sign_up(theirs, name="李伟")

    assert at_the_desk(app, activity=mine).get(f"/manage/activities/mine/roster/{other.id}").status == 404


def test_an_attendee_is_refused_and_a_visitor_sent_to_sign_in(app):
    make_activity(slug="forum")

    assert Browser(app).sign_in(make_person()).get(ROSTER).status == 403
    assert Browser(app).get(ROSTER).location.startswith("/manage/sign-in")


def test_the_roster_reads_in_english(app):
    forum = make_activity(slug="forum", capacity=3)
    make_sign_up(forum, name="李伟", state=State.WAITLISTED)

    page = at_the_desk(app).get(f"/en{ROSTER}")

    assert heads(page) == ["Name", "State", "Contact", "Pool", "Persons", "Check-in code", "Signed up"]
    assert column(page, "state") == ["No. 1 on the waiting list"]
