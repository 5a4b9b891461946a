"""Lists to take away: roster.csv, roster.xlsx and the sign-in sheet."""

import hashlib
from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest

from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.sealing import seal
from festival.programme.models import Activity, Sensitivity
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up
from tests.roster.desk import (
    account_of,
    actors,
    add_child,
    at_the_desk,
    entries,
    member,
    read_csv,
    read_xlsx,
    slot_of,
    statements,
    table,
)
from tests.web import Page

HOUR = timedelta(hours=1)
NOW = datetime(2023, 6, 18, 8, 30, tzinfo=clock.ZONE)
CSV = "/manage/activities/forum/roster.csv"
XLSX = "/manage/activities/forum/roster.xlsx"
SHEET = "/manage/activities/forum/sign-in-sheet"
HEAD = ["code", "state", "party_size", "name", "contact", "pool", "slot", "signed_up_at", "checked_in_at"]
#: Names as they would do harm, written past the form that cleans them.
HOSTILE = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "a\x0bb", "<script>alert(1)</script>", "\ufffe李"]


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


def asked(activity: Activity) -> None:
    make_question(activity, "name")
    make_question(activity, "employer", label_zh="工作单位/学校", label_en="Employer")
    make_question(activity, "id_number", sensitivity=Sensitivity.SENSITIVE, type_="id_number", label_zh="证件号码")


def file_names(page: Page) -> tuple[str, str]:
    """Return both names a download is saved under: the plain one and the whole one."""
    _kind, plain, whole = page.response.headers["Content-Disposition"].split("; ")
    return plain.removeprefix('filename="').rstrip('"'), unquote(whole.removeprefix("filename*=UTF-8''"))


# -- roster.csv -----------------------------------------------------------------------------------------------------------------


def test_the_csv_holds_every_sign_up_ever_made_oldest_first_in_the_columns_of_the_contract(app, frozen):
    frozen(NOW)
    forum = make_activity(slug="forum", capacity=9, title_zh="高峰论坛")
    asked(forum)
    came = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"), joined_at=NOW - 3 * HOUR, party_size=2)
    left = make_sign_up(
        forum, name="王小宁", person=make_person(mobile="13900139000"), state=State.WITHDRAWN, joined_at=NOW - 2 * HOUR
    )
    answer(came, "employer", "津沽设计院")
    answer(came, "id_number", "11010519491231002X", sealed=True)
    with transaction():
        row = db.session.get_one(SignUp, came.id)
        row.state, row.arrived, row.first_in_at = State.ATTENDED, 1, NOW

    page = at_the_desk(app).get(CSV)

    assert read_csv(page) == [
        [*HEAD, "employer", "id_number"],
        [
            came.code,
            "attended",
            "2",
            "李伟",
            "138 **** 8000",
            "1区",
            "main",
            "2023-06-18T05:30:00+08:00",
            "2023-06-18T08:30:00+08:00",
            "津沽设计院",
            "••••",
        ],
        [left.code, "withdrawn", "1", "王小宁", "139 **** 9000", "1区", "main", "2023-06-18T06:30:00+08:00", "", "", ""],
    ]
    assert page.response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.response.headers["Cache-Control"] == "no-store"
    assert page.response.headers["X-Content-Type-Options"] == "nosniff"
    assert file_names(page) == ("roster-forum.csv", "首届河西人才节_高峰论坛_花名册_20230618.csv")


def test_taking_the_csv_is_recorded_with_its_size_and_digest(app):
    forum = make_activity(slug="forum")
    for _ in range(3):
        make_sign_up(forum)
    desk = at_the_desk(app)

    page = desk.get(CSV)

    digest = hashlib.sha256(page.response.get_data()).hexdigest()
    assert entries() == [("roster.export", "activity", forum.id, "", f"roster.csv rows=3 sha256={digest}")]
    assert actors() == [account_of(desk).id]


def test_the_csv_of_an_empty_roster_is_its_head(app):
    make_activity(slug="forum")

    assert read_csv(at_the_desk(app).get(CSV)) == [HEAD]


def test_no_name_in_the_csv_can_act_or_break_it(app):
    forum = make_activity(slug="forum", capacity=50)
    asked(forum)
    for name in HOSTILE:
        answer(make_sign_up(forum, name=name), "employer", name)

    rows = read_csv(at_the_desk(app).get(CSV))

    assert len(rows) == len(HOSTILE) + 1
    assert {len(row) for row in rows} == {len(HEAD) + 2}
    assert [cell for row in rows[1:] for cell in row if cell[:1] in set("=+-@|\t\r\n＝＋－＠")] == []
    assert [row[3] for row in rows[1:]] == [
        "'=cmd|'/C calc'!A0",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        "'=1",
        "'＝1+1",
        "ab",
        "<script>alert(1)</script>",
        "李",
    ]


def test_a_long_csv_costs_statements_by_the_chunk_and_not_by_the_row(app):
    forum = make_activity(slug="forum", capacity=None)
    asked(forum)
    desk = at_the_desk(app)
    counted = []
    for rows in (1, 3):
        for _ in range(rows):
            answer(make_sign_up(forum), "employer", "x")
        with statements() as seen:
            desk.get(CSV)
        counted.append(len(seen))

    assert counted[0] == counted[1]


# -- roster.xlsx ----------------------------------------------------------------------------------------------------------------


def test_the_roster_is_a_sheet_as_organizers_print_it(app, frozen):
    frozen(NOW)
    forum = make_activity(slug="forum", capacity=9, title_zh="高峰论坛", starts_in=HOUR, lasts=2 * HOUR)
    asked(forum)
    with transaction():
        db.session.get_one(Activity, forum.id).host_zh = "区科协"
    first = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"), joined_at=NOW - 3 * HOUR, party_size=2)
    second = make_sign_up(forum, name="安琪", person=make_person(mobile="13900139000"), joined_at=NOW - 2 * HOUR)
    answer(first, "employer", "津沽设计院")
    answer(first, "id_number", "11010519491231002X", sealed=True)
    desk = at_the_desk(app)

    page = desk.get(XLSX)

    sheet = read_xlsx(page)
    made_by = f"导出：{member(desk)} 2023-06-18 08:30 仅供本活动使用"
    assert [sheet.cell(row=row, column=1).value for row in range(1, 6)] == [
        "高峰论坛 · 花名册",
        "时间：6月18日 周日 09:30–11:30",
        "地点：天津大礼堂（天津市河西区友谊路）",
        "主办单位：区科协",
        made_by.replace(" 2023", "\u30002023").replace("30 仅", "30\u3000仅"),
    ]
    assert table(sheet, 6) == [
        ["序号", "签到码", "姓名", "状态", "人数", "联系方式", "名额", "报名时间", "签到时间", "工作单位/学校"],
        [1, second.digits, "安琪", "报名成功", 1, "139 **** 9000", "1区", "2023-06-18 06:30", None, None],
        [2, first.digits, "李伟", "报名成功", 2, "138 **** 8000", "1区", "2023-06-18 05:30", None, "津沽设计院"],
        ["应到 3 人\u3000实到 ____ 人", *[None] * 9],
    ]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.print_title_rows, sheet.freeze_panes) == ("$6:$6", "A7")
    assert file_names(page) == ("roster-forum.xlsx", "首届河西人才节_高峰论坛_花名册_20230618.xlsx")


def test_the_sheet_holds_the_rows_that_the_page_shows(app):
    forum = make_activity(slug="forum", capacity=9)
    make_sign_up(forum, name="李伟")
    make_sign_up(forum, name="王小宁", state=State.WITHDRAWN)
    desk = at_the_desk(app)

    shown, others = (read_xlsx(desk.get(f"{XLSX}?{query}")) for query in ("state=withdrawn", "state=withdrawn&not=state"))

    assert [[row[2] for row in table(sheet, 7)[:-1]] for sheet in (shown, others)] == [["王小宁"], ["李伟"]]
    assert [changes.split(" sha256=")[0] for *_rest, changes in entries()] == ["roster.xlsx rows=1", "roster.xlsx rows=1"]


def test_no_name_in_the_sheet_is_a_formula_or_a_link(app):
    forum = make_activity(slug="forum", capacity=50, title_zh="=1+1", title_en="x")
    asked(forum)
    for name in [*HOSTILE, "https://evil.example/"]:
        answer(make_sign_up(forum, name=name), "employer", name)

    sheet = read_xlsx(at_the_desk(app).get(XLSX))

    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s", "n"}
    assert [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.hyperlink] == []
    assert sheet.cell(row=1, column=1).value == "=1+1 · 花名册"


def test_the_identity_number_is_in_no_sheet(app):
    forum = make_activity(slug="forum")
    asked(forum)
    answer(make_sign_up(forum), "id_number", "11010519491231002X", sealed=True)
    desk = at_the_desk(app)

    cells = [cell.value for path in (XLSX, SHEET) for row in read_xlsx(desk.get(path)).iter_rows() for cell in row]

    assert [value for value in cells if value in {"证件号码", "11010519491231002X"}] == []


def test_the_sheet_says_which_slot_where_there_are_several(app):
    forum = make_activity(slug="forum", lasts=3 * HOUR)
    for hours in (0, 1):
        child = add_child(slot_of(forum), starts_in=hours * HOUR, lasts=HOUR)
        make_sign_up(forum, pool=child.pools[0])

    rows = table(read_xlsx(at_the_desk(app).get(XLSX)), 6)

    assert rows[0][6] == "场次"
    assert len({row[6] for row in rows[1:3]}) == 2


def test_the_sheet_reads_in_english(app, frozen):
    frozen(NOW)
    forum = make_activity(slug="forum", title_en="Forum")
    asked(forum)
    make_sign_up(forum, name="李伟")

    page = at_the_desk(app).get(f"/en{XLSX}")

    sheet = read_xlsx(page)
    assert sheet.cell(row=1, column=1).value == "Forum · Roster"
    assert table(sheet, 6)[0] == [
        "No.",
        "Check-in code",
        "Name",
        "State",
        "Persons",
        "Contact",
        "Places",
        "Signed up",
        "Checked in at",
        "Employer",
    ]
    assert sheet.oddFooter is not None
    assert sheet.oddFooter.center is not None
    assert sheet.oddFooter.center.text == "Page &P of &N"
    assert file_names(page)[1] == "The 1st Hexi Talent Festival_Forum_Roster_20230618.xlsx"


# -- the sign-in sheet -------------------------------------------------------------------------------------------------------


def test_the_sign_in_sheet_lists_those_who_are_to_come_with_room_to_sign_and_to_add(app, frozen):
    frozen(NOW)
    forum = make_activity(slug="forum", capacity=9, kind="forum", title_zh="高峰论坛")
    asked(forum)
    sign_up = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"))
    answer(sign_up, "employer", "津沽设计院")
    for state in (State.WAITLISTED, State.PENDING, State.WITHDRAWN, State.REJECTED):
        make_sign_up(forum, state=state)

    page = at_the_desk(app).get(SHEET)

    sheet = read_xlsx(page)
    assert table(sheet, 6) == [
        ["序号", "姓名", "人数", "工作单位/学校", "联系方式", "名额", "签到码", "签名"],
        [1, "李伟", 1, "津沽设计院", "138 **** 8000", "1区", sign_up.digits, None],
        ["应到 1 人\u3000实到 ____ 人", *[None] * 7],
    ]
    ruled = [row for row in range(1, sheet.max_row + 1) if sheet.cell(row=row, column=8).border.left.style == "thin"]
    assert ruled == list(range(6, 6 + 1 + 1 + 12))
    assert file_names(page) == ("sign-in-sheet-forum.xlsx", "首届河西人才节_高峰论坛_签到表_20230618.xlsx")
    assert entries()[-1][-1].startswith("sign-in-sheet.xlsx rows=1 sha256=")


def test_a_sign_in_sheet_can_be_of_one_slot(app):
    forum = make_activity(slug="forum", lasts=3 * HOUR)
    first, second = (add_child(slot_of(forum), starts_in=hours * HOUR, lasts=HOUR) for hours in (0, 1))
    make_sign_up(forum, name="李伟", pool=first.pools[0])
    make_sign_up(forum, name="王小宁", pool=second.pools[0])

    rows = table(read_xlsx(at_the_desk(app).get(f"{SHEET}?slot={second.id}")), 7)

    assert [row[1] for row in rows[:-1]] == ["王小宁"]


# -- who may ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [CSV, XLSX, SHEET])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_export_is_refused_and_nothing_is_recorded(app, path, role):
    make_activity(slug="forum")

    assert (at_the_desk(app, role).get(path).status, entries()) == (403, [])
