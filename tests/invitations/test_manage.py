"""Invitations at the organizers' desk: lists in, previewed; links out; taken back; and nobody else."""

import io
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook, load_workbook

from festival.accounts.rules import Role
from festival.audit.models import AuditEntry
from festival.invitations import service
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.signups.models import Invitation
from tests.builders import make_activity, make_staff
from tests.invitations.guests import come, make_forum
from tests.web import Browser

DESK = "/manage/activities/forum/invitations"


@pytest.fixture
def forum(app):
    return make_forum()


@pytest.fixture
def desk(app, forum):
    return Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=forum[0], name="主办甲"))


def invitations() -> list[Invitation]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Invitation).order_by(Invitation.id)))


def labels() -> list[str]:
    return [one.label for one in invitations()]


def lines(page) -> list[str]:
    return ["".join(line.get_text().split()) for line in page.html.select(".lines li")]


def tiles(page) -> list[str]:
    return ["".join(tile.get_text().split()) for tile in page.html.select(".tile dd")]


def sheet(*rows) -> io.BytesIO:
    book, file = Workbook(write_only=True), io.BytesIO()
    page = book.create_sheet()
    for row in rows:
        page.append(row)
    book.save(file)
    file.seek(0)
    return file


def cells_of(content: bytes, *, first: int) -> list[list[str]]:
    """Return a workbook's cells as text, from a row on."""
    page = load_workbook(io.BytesIO(content)).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in page.iter_rows(min_row=first, values_only=True)]


def test_a_pasted_list_is_previewed_then_saved(app, desk, forum):
    _activity, pool = forum
    until = f"{clock.local(clock.now() + timedelta(days=1)):%Y-%m-%dT%H:%M}"

    seen = desk.post_form(f"{DESK}/guests", names="李晨\r\n王宁\r\n李 晨\r\n坏\t行", expires_at=until, button="preview")
    before = labels()
    saved = desk.post_form(seen, button="save")
    page = desk.follow(saved)

    assert (seen.status, seen.result, tiles(seen), before) == (200, "preview", ["2/4", "1", "0", "1"], [])
    assert lines(seen) == ["第4行：坏行有多列，每行只写一个名字", "第3行：李晨"]
    assert (saved.status, saved.location) == (303, DESK)
    assert [(one.label, one.pool_id, one.uses_max) for one in invitations()] == [("李晨", pool.id, 1), ("王宁", pool.id, 1)]
    assert [f"{clock.local(one.expires_at):%Y-%m-%dT%H:%M}" for one in invitations() if one.expires_at] == [until] * 2
    assert "已生成 2 个邀请链接" in page.words
    links = [one.get_text(strip=True).rpartition("/invited/")[2] for one in page.html.select(".invitations__link code")]
    assert links == [one.code for one in reversed(invitations())]


def test_whom_a_colleague_has_invited_while_the_preview_was_looked_at_is_named_and_nothing_is_made_yet(app, desk, forum):
    activity, pool = forum
    seen = desk.post_form(f"{DESK}/guests", names="李晨\r\n王宁", button="preview")
    colleague = make_staff(name="organizer-sun").id
    with transaction():
        service.invite(activity.id, pool.id, "李晨", None, actor_id=colleague)

    again = desk.post_form(seen, button="save")
    before = labels()
    saved = desk.post_form(again, button="save")

    assert (again.status, again.result, tiles(again), before) == (409, "preview", ["1/2", "0", "1", "0"], ["李晨"])
    assert "李晨 organizer-sun 于 " in again.words
    assert (saved.status, labels()) == (303, ["李晨", "王宁"])


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_spreadsheet_fills_the_list_with_the_numbers_of_its_rows(app, desk, forum, kind):
    rows = [("嘉宾名单", None), ("序号", "姓名"), (1, "李晨"), (2, "王宁"), (3, "长" * 101)]
    text = "\n".join(",".join(str(cell or "") for cell in row) for row in rows).encode("gb18030")
    file = sheet(*rows) if kind == "xlsx" else io.BytesIO(text)

    seen = desk.post_form(f"{DESK}/guests", names="", file=(file, f"名单.{kind}"), button="preview")
    desk.post_form(seen, button="save")

    assert (seen.status, tiles(seen)) == (200, ["2/3", "0", "0", "1"])
    assert lines(seen) == [f"第5行：{'长' * 20}超过100个字"]
    assert labels() == ["李晨", "王宁"]


def test_a_file_or_list_that_cannot_be_read_is_said_beside_its_field_and_nothing_is_lost(app, desk, forum):
    macros = io.BytesIO(b"PK\x03\x04 no archive")
    two_columns = sheet(("财大", "李晨"))
    tries: list[tuple[dict[str, Any], str, str | None]] = [
        ({"file": (macros, "a.xlsx"), "names": "留下的"}, "file", "文件无法打开，请检查后重新上传"),
        ({"file": (two_columns, "b.xlsx"), "names": ""}, "file", "表中有多列，请把姓名一列的表头写成“姓名”"),
        ({"file": (sheet(("李晨",)), "c.xlsx"), "names": "留下的"}, "file", "上面已有名单。要改用文件，请先清空上面的名单"),
        ({"names": " \n"}, "names", "请粘贴名单，或选择一个文件"),
        ({"names": "\n".join(map(str, range(2100)))}, "names", "一次最多 2,000 行，请分几次添加"),
        ({"names": "李晨", "expires_at": "2020-01-01T10:00"}, "expires_at", "有效期应晚于现在"),
        ({"names": "李晨", "pool_id": "99999"}, "pool_id", None),
    ]

    for fields, name, words in tries:
        page = desk.post_form(f"{DESK}/guests", fields, button="preview")
        found = page.html.select_one(f"#{name}-error")
        assert (page.status, found is not None) == (422, True), fields
        assert words is None or found.get_text(strip=True) == words
        assert page.html.select_one("[name=names]").get_text().strip() == str(fields["names"]).strip()
    assert labels() == []


def test_saving_twice_makes_nothing_twice(app, desk, forum):
    seen = desk.post_form(f"{DESK}/guests", names="李晨", button="preview")
    desk.post_form(seen, button="save")

    again = desk.post_form(seen, button="save")

    assert (again.status, labels()) == (409, ["李晨"])
    assert "没有新的受邀人" in again.html.select_one("#names-error").get_text()


def test_a_code_for_several_is_made_and_stands_in_the_list_with_its_uses(app, desk, forum):
    wrong = desk.post_form(f"{DESK}/code", label="", uses_max="0")
    made = desk.post_form(f"{DESK}/code", label="合作媒体", uses_max="10")
    (media,) = invitations()
    come(media)
    page = desk.follow(made)
    printed = f"{media.code[:4]}-{media.code[4:8]}-{media.code[8:]}"

    assert (wrong.status, sorted(one["id"] for one in wrong.html.select(".field__error"))) == (
        422,
        ["label-error", "uses_max-error"],
    )
    assert [printed in page.words, "1 / 10" in page.words] == [True, True]
    assert [len(desk.get(f"{DESK}?q={words}").html.select("[data-invitation]")) for words in ("媒体", printed.upper(), "%")] == [
        1,
        1,
        0,
    ]


def test_an_invitation_is_taken_back_after_a_question(app, desk, forum):
    desk.post_form(desk.post_form(f"{DESK}/guests", names="李晨", button="preview"), button="save")
    (one,) = invitations()
    asked = desk.get(desk.get(DESK).link("收回"))

    answer = desk.post_form(asked)

    assert (asked.status, one.revoked_at is None) == (200, True)
    assert (answer.status, invitations()[0].revoked_at is None) == (303, False)
    assert ["已收回" in desk.get(DESK).words, desk.get(DESK).html.select(".invitations__link code")] == [True, []]


def test_links_are_taken_away_as_a_sheet_and_that_is_recorded_without_names(app, desk, forum):
    activity, pool = forum
    actor = make_staff().id
    with transaction():
        (link,) = service.invite(activity.id, pool.id, "=李晨", None, actor_id=actor)
        media = service.make_code(activity.id, pool.id, "媒体", 3, None, actor_id=actor)
    codes = [link.code, media.code]

    answer = desk.get(f"{DESK}.xlsx")
    again = desk.post_form(f"{DESK}/guests", names="", file=(io.BytesIO(answer.response.data), "again.xlsx"), button="preview")

    rows = cells_of(answer.response.data, first=7)
    assert [[*row[:2], row[3], row[5]] for row in rows] == [
        ["1", "媒体", f"{codes[1][:4]}-{codes[1][4:8]}-{codes[1][8:]}", "0 / 3"],
        ["2", "=李晨", "", "0 / 1"],
    ]
    assert [row[4].rpartition("/invited/")[2] for row in rows] == codes[::-1]
    assert [line.startswith("第8行：=李晨administrator-") for line in lines(again)] == [True]
    db.session.rollback()
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "invitation.export")).all()
    assert [(one.changes, one.reason) for one in entries] == [("links:2", "")]


def test_only_those_who_answer_for_the_activity_come_to_its_invitations(app, forum):
    activity, _pool = forum
    make_activity(slug="other")
    paths = (DESK, f"{DESK}/guests", f"{DESK}/code", f"{DESK}.xlsx")
    readers = {
        role: Browser(app).sign_in(make_staff(role, activity=activity)) for role in (Role.REVIEWER, Role.STEWARD, Role.AUDITOR)
    }
    elsewhere = Browser(app).sign_in(make_staff(Role.ORGANIZER, activity=make_activity(slug="elsewhere")))

    assert {browser.get(path).status for browser in readers.values() for path in paths} == {403}
    assert {elsewhere.get(path).status for path in paths} == {404}


def test_the_menu_leads_there_only_where_places_are_by_invitation(app, forum):
    make_activity(slug="open")
    desk = Browser(app).sign_in(make_staff())

    shown = {
        slug: bool(desk.get(f"/manage/activities/{slug}/").html.select('nav a[href$="/invitations"]'))
        for slug in ("forum", "open")
    }

    assert shown == {"forum": True, "open": False}
    assert "没有仅限邀请的名额" in desk.get("/manage/activities/open/invitations").words


def test_the_list_costs_the_same_number_of_queries_for_one_and_for_many(app, desk, forum):
    activity, pool = forum
    actor = make_staff().id

    def cost() -> int:
        seen: list[str] = []
        sa.event.listen(db.engine, "before_cursor_execute", note := lambda *given: seen.append(given[2]))
        desk.get(DESK)
        sa.event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    with transaction():
        service.invite(activity.id, pool.id, "李晨", None, actor_id=actor)
    one = cost()
    with transaction():
        service.invite(activity.id, pool.id, "\n".join(f"客{number}" for number in range(60)), None, actor_id=actor)

    assert cost() == one
