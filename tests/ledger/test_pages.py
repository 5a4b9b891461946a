"""The ledger's pages: who may open them, and what they show."""

import pytest

from festival.accounts.rules import Role
from festival.ledger import queries
from festival.signups.models import SignUp
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.signups.engine import change, fill, set_capacity, sign_up, withdraw
from tests.web import Browser


def crowd():
    """Return an activity of one place: who left it, who got it, who waits."""
    activity = make_activity(capacity=1)
    people = [make_person(name=name) for name in ("张一一", "李二二", "王三三")]
    made = [sign_up(activity, person, name=person.name) for person in people]
    withdraw(made[0])
    return activity, people, made


def table(page, section: str) -> list[list[str]]:
    """Return the cells of the table under a heading."""
    rows = page.html.select(f'section[aria-labelledby="{section}"] tbody tr')
    return [[" ".join(cell.get_text(" ").split()) for cell in row.select("td, th")] for row in rows]


def test_staff_see_how_places_add_up_and_every_change_newest_first(app, visitor):
    activity, _, made = crowd()
    set_capacity(pool_of(activity), 0, "keep", actor_id=make_staff(name="desk").id)
    page = visitor.sign_in(make_staff(Role.ORGANIZER)).get(f"/manage/activities/{activity.slug}/ledger")

    assert table(page, "sum") == [["全部名额", "0", "1", "0", "0", "0", "−1 （超出）"], ["候补名单", "1 组 1 人在等，不占名额"]]
    assert [row[1:] for row in table(page, "lines")] == [
        ["名额池", "名额由 1 调为 0", "", "1", "desk"],
        ["李二二", "递补成功（因 张一一 退出而空出）", "候补中 → 报名成功", "0 → 1", "系统"],
        ["张一一", "取消了报名", "报名成功 → 已取消报名", "1 → 0", "本人"],
        ["王三三", "报名时已满，候补第 2", "— → 候补中", "1", "本人"],
        ["李二二", "报名时已满，候补第 1", "— → 候补中", "1", "本人"],
        ["张一一", "报名成功，当时有空余名额", "— → 报名成功", "0 → 1", "本人"],
    ]
    waiting = visitor.get(page.link("王三三"))
    assert "已占 1 个，超出名额 1 个；降到名额以下之前不会递补。" in waiting.words
    left = visitor.get(f"/manage/activities/{activity.slug}/ledger/{made[0].id}")
    assert [row[1] for row in table(left, "given")] == ["李二二"]


def test_a_reviewer_reads_masked_names_only(app, visitor):
    activity, _, made = crowd()
    visitor.sign_in(make_staff(Role.REVIEWER))

    pages = [
        visitor.get(f"/manage/activities/{activity.slug}/ledger"),
        *(visitor.get(f"/manage/activities/{activity.slug}/ledger/{one.id}") for one in made),
    ]

    assert {page.status for page in pages} == {200}
    assert "因 张*一 退出而空出" in pages[0].words
    assert [page.path for page in pages if any(name in page.text for name in ("张一一", "李二二", "王三三"))] == []


@pytest.mark.parametrize("query", ["?pool=0&page=-1", "?pool=999999&page=99", f"?pool={10**30}&page=x", "?page=²"])
def test_an_odd_page_or_pool_shows_what_there_is(app, visitor, query):
    activity, *_ = crowd()
    page = visitor.sign_in(make_staff()).get(f"/manage/activities/{activity.slug}/ledger{query}")

    assert (page.status, len(table(page, "lines"))) == (200, 5)


def test_another_activitys_sign_up_and_another_activity_are_not_found(app, visitor):
    activity, _, made = crowd()
    other = make_activity()
    visitor.sign_in(make_staff(Role.ORGANIZER, activity=other))

    assert [
        visitor.get(f"/manage/activities/{activity.slug}/ledger").status,
        visitor.get(f"/manage/activities/{activity.slug}/ledger/{made[0].id}").status,
        visitor.get(f"/manage/activities/{other.slug}/ledger/{made[0].id}").status,
        visitor.get(f"/manage/activities/{other.slug}/ledger").status,
    ] == [404, 404, 404, 200]


def test_a_person_comes_from_the_ticket_to_their_own_history_and_to_nobody_elses(app, visitor):
    _, people, made = crowd()
    waiting: SignUp = made[2]
    code, others = waiting.code, [one.code for one in made[:2]]
    visitor.sign_in(people[2])

    page = visitor.get(visitor.get(f"/sign-ups/{code}").link("为什么还没轮到我"))
    english = visitor.get(f"/en/sign-ups/{code}/history")

    assert "1 个名额都已有人，目前没有空位。" in page.words
    assert "您报名时名额已满，候补第 2 位。" in page.words
    assert "When you signed up it was full: you were no. 2 on the waiting list." in english.words
    assert not any(name in page.text for name in ("张一一", "李二二"))
    assert [visitor.get(f"/sign-ups/{other}/history").status for other in others] == [404, 404]
    assert Browser(app).get(f"/sign-ups/{code}/history").location.startswith("/sign-in?")


def test_a_long_ledger_comes_in_pages(app, visitor, monkeypatch):
    monkeypatch.setattr(queries, "PAGE", 2)
    activity, *_ = crowd()
    visitor.sign_in(make_staff())

    first = visitor.get(f"/manage/activities/{activity.slug}/ledger")
    second = visitor.get(first.link("下一页"))
    third = visitor.get(second.link("下一页"))

    assert [row[2] for page in (first, second, third) for row in table(page, "lines")] == [
        "递补成功（因 张一一 退出而空出）",
        "取消了报名",
        "报名时已满，候补第 2",
        "报名时已满，候补第 1",
        "报名成功，当时有空余名额",
    ]


def test_staff_and_speakers_stand_on_the_line_of_the_permitted_number_alone(app, visitor):
    activity = make_activity(capacity=5, approved_ceiling=9)
    fill(activity, 2)
    change(fill(activity, 3)[0], counted=False)

    page = visitor.sign_in(make_staff()).get(f"/manage/activities/{activity.slug}/ledger")

    [permitted, places] = table(page, "sum")
    assert "核准人数：已占 5 / 9，其中不占名额的工作人员和嘉宾 3 人" in permitted[0]
    assert places == ["全部名额", "5", "2", "0", "0", "0", "3"]
