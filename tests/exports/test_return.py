"""The roster that comes back from a spreadsheet: the difference first, newer changes named, then one transaction."""

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from festival.accounts.models import Account
from festival.accounts.rules import Role
from festival.exports import service
from festival.exports.beside import notes_of, tags_of
from festival.exports.returned import Change, Edited, FileProblem, Form, Line, LineProblem, Standing, differ, read_lines, row_mark
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.tables import TableProblem
from festival.outbox.models import Message
from festival.programme.models import Activity, Mode
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.roster import beside
from festival.roster.models import Colour
from festival.seats import service as seats
from festival.seats.models import SeatMap
from festival.signups.models import SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff
from tests.exports.test_lists import LISTS
from tests.lib.test_tables import changed, workbook
from tests.roster.desk import at_the_desk, entries, read_csv, read_xlsx, table
from tests.seats.halls import arranged, make_hall, names, seated
from tests.web import Browser, Page

NOW = datetime(2023, 6, 10, 8, 30, tzinfo=clock.ZONE)
BACK = f"{LISTS}/return"
COLUMNS = ("序号", "姓名", "状态", "人数", "名额", "审核结果", "审核意见", "标签", "内部备注")
HEADS = ("姓名", "审核结果", "审核意见", "行标识")


def applied(count: int) -> tuple[Activity, list[SignUp]]:
    """Return an activity with so many sign-ups under review, in the order of their names."""
    activity = make_activity(slug="tour", mode=Mode.APPROVAL, capacity=9, title_zh="人才专线游")
    return activity, [make_sign_up(activity, name=f"李{number}", state=State.PENDING) for number in range(count)]


def filled_in(desk: Browser, columns: Sequence[str] = ("审核结果", "审核意见"), **cells: tuple[str, ...]) -> io.BytesIO:
    """Download the file, fill in columns by name, and return the file as it is saved."""
    page = desk.get(f"{LISTS}/to-edit.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(page.response.get_data()))
    sheet = book.worksheets[0]
    [head] = [row[0].row for row in sheet.iter_rows() if row[0].value == "序号"]
    at = {cell.value: number for number, cell in enumerate(sheet[head], start=1)}
    for row in range(head + 1, sheet.max_row + 1):
        for column, value in zip(columns, cells.get(str(sheet.cell(row, at["姓名"]).value), ("", "")), strict=False):
            if value:
                sheet.cell(row, at[column]).value = value
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def uploaded(desk: Browser, content: io.BytesIO | bytes, name: str = "花名册.xlsx") -> Page:
    file = content if isinstance(content, io.BytesIO) else io.BytesIO(content)
    return desk.post_form(BACK, {"file": (file, name)}, button="preview")


def shown(page: Page, kind: str) -> list[list[str]]:
    return [[cell.get_text(" ", strip=True) for cell in row.select("td, th")] for row in page.html.select(f"[data-{kind}]")]


def states(sign_ups: list[SignUp]) -> list[State]:
    db.session.rollback()
    return [db.session.get_one(SignUp, one.id).state for one in sign_ups]


def test_the_file_to_fill_in_names_its_rows_in_a_hidden_column(app, frozen):
    frozen(NOW)
    activity, [first, _] = applied(2)
    make_sign_up(activity, name="已退出", state=State.WITHDRAWN)
    beside_it(activity, first, "贵宾", "已致电")

    sheet = read_xlsx(at_the_desk(app).get(f"{LISTS}/to-edit.xlsx"))

    rows = table(sheet, 7)
    assert rows[:2] == [
        [*COLUMNS, "标签（导出时）", "内部备注（导出时）", "行标识"],
        [1, "李0", "待审核", 1, "1区", None, None, "贵宾", "已致电", "贵宾", "已致电", f"r{first.id}v1"],
    ]
    assert [row[1] for row in rows[1:3]] == ["李0", "李1"]
    hidden = [range(one.min or 0, (one.max or 0) + 1) for one in sheet.column_dimensions.values() if one.hidden]
    assert [column for some in hidden for column in some] == [10, 11, 12]
    [validation] = sheet.data_validations.dataValidation
    assert (validation.formula1, str(validation.sqref)) == ('"通过,不通过,要求补充"', "F8:F9")


def test_a_filled_in_file_shows_the_difference_first_and_is_saved_at_the_second_press(app, frozen):
    frozen(NOW)
    _, sign_ups = applied(4)
    desk = at_the_desk(app)
    file = filled_in(desk, 李0=("通过", ""), 李1=("不通过", "材料不全"), 李2=("要求补充", "请补交学生证"))

    page = uploaded(desk, file)

    assert shown(page, "change") == [
        ["8", "李0", "审核结果", "（空）", "通过"],
        ["9", "李1", "审核结果", "（空）", "不通过 材料不全"],
        ["10", "李2", "审核结果", "（空）", "要求补充 请补交学生证"],
    ]
    assert states(sign_ups) == [State.PENDING] * 4

    saved = desk.post_form(page)

    assert desk.follow(saved).html.select_one(".note").get_text(strip=True) == "已保存 3 处改动。"  # type: ignore[union-attr]
    assert states(sign_ups) == [State.CONFIRMED, State.REJECTED, State.PENDING, State.PENDING]
    assert [db.session.get_one(SignUp, one.id).reason for one in sign_ups] == ["", "材料不全", "请补交学生证", ""]
    kinds = [message.kind for message in db.session.query(Message).order_by(Message.id)]
    assert kinds == ["sign_up_approved", "sign_up_rejected", "sign_up_asked"]
    assert [(action, reason, changes) for action, _subject, _id, reason, changes in entries()][1:] == [
        ("review.approve", "", f"sign_ups={sign_ups[0].id}"),
        ("review.reject", "材料不全", f"sign_ups={sign_ups[1].id}"),
        ("review.ask", "请补交学生证", f"sign_ups={sign_ups[2].id}"),
        ("roster.return", "", "review=3"),
    ]


def test_what_somebody_else_has_decided_meanwhile_is_named_and_stays(app, frozen):
    frozen(NOW)
    activity, sign_ups = applied(3)
    desk = at_the_desk(app)
    file = filled_in(desk, 李0=("不通过", "材料不全"), 李1=("通过", ""), 李2=("通过", ""))
    colleague = make_staff(Role.REVIEWER, name="reviewer-lin")
    with transaction():
        reviews.decide(activity.id, [sign_ups[0].id], Decision.APPROVE, "", actor_id=colleague.id)
        db.session.get_one(SignUp, sign_ups[1].id).revision += 1  # the person has changed the answers

    page = uploaded(desk, file)
    saved = desk.post_form(page)

    assert [row[:5] for row in shown(page, "conflict")] == [
        ["8", "李0", "审核结果", "不通过", "报名成功"],
        ["9", "李1", "审核结果", "通过", "待审核"],
    ]
    assert [row[5].partition("于")[0].strip() for row in shown(page, "conflict")] == ["reviewer-lin", "本人或系统"]
    assert (saved.status, states(sign_ups)) == (303, [State.CONFIRMED, State.PENDING, State.CONFIRMED])


def test_a_difference_that_changed_while_it_was_looked_at_is_shown_again_and_nothing_is_saved(app):
    activity, sign_ups = applied(2)
    desk = at_the_desk(app)
    page = uploaded(desk, filled_in(desk, 李0=("通过", ""), 李1=("通过", "")))
    with transaction():
        reviews.decide(activity.id, [sign_ups[0].id], Decision.REJECT, "重复", actor_id=make_staff().id)

    again = desk.post_form(page)
    saved = desk.post_form(again)

    assert (again.status, len(shown(again, "change")), len(shown(again, "conflict"))) == (409, 1, 1)
    assert (saved.status, states(sign_ups)) == (303, [State.REJECTED, State.CONFIRMED])


def test_one_change_that_cannot_be_keeps_all_others_from_being_saved(app):
    _, sign_ups = applied(2)
    member = make_staff(Role.ORGANIZER)
    with transaction():
        db.session.get_one(Account, member.id).contact = sign_ups[0].person.addresses[0].value
    desk = Browser(app).sign_in(member)

    refused = desk.post_form(uploaded(desk, filled_in(desk, 李0=("通过", ""), 李1=("通过", ""))))

    assert refused.status == 409
    assert "第 8 行 李0：这是您本人的报名，请由同事审核。" in refused.words.replace(" ：", "：")
    assert states(sign_ups) == [State.PENDING] * 2


def test_a_file_saved_as_text_by_a_chinese_program_is_taken_too(app):
    _, [first] = applied(1)
    content = "\r\n".join([",".join(HEADS), f"李0,通过,,{row_mark(first.id, 1)}"]).encode("gbk")

    assert shown(uploaded(at_the_desk(app), content, "花名册.csv"), "change") == [["2", "李0", "审核结果", "（空）", "通过"]]


FILES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "文件是空的"),
    "no table": (b"\x89PNG\r\n\x1a\n\0\0", "请上传 .xlsx 或 .csv 文件"),
    "encrypted": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "这是旧版 .xls 或加密的文件"),
    "another list": (workbook(("姓名",), ("李伟",)), "表中没有“行标识”一列"),
    "nothing to fill in": (workbook(("姓名", "行标识"), ("李伟", "r1v1")), "表中没有可以回填的栏目"),
    "macros": (changed(workbook(HEADS), xl__vbaProject_bin=b"x"), "文件含有宏"),
    "broken": (workbook(HEADS)[:-80], "文件无法打开"),
    "too many rows": ("\n".join([",".join(HEADS), *[","] * 25_000]).encode(), "表格超过 12,000 行"),
    "too many changes": (("\n".join([",".join(HEADS), *["李,通过,,r1v1"] * 2_001])).encode(), "一次最多保存 2,000 行改动"),
}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_file_that_is_none_of_ours_is_answered_with_one_sentence(app):
    applied(1)
    desk = at_the_desk(app)

    answers = {name: uploaded(desk, content, "x.xlsx") for name, (content, _words) in FILES.items()}

    said = {name: [one.get_text(strip=True) for one in page.html.select("#file-error")] for name, page in answers.items()}
    assert {name: page.status for name, page in answers.items()} == dict.fromkeys(FILES, 422)
    assert [name for name, (_content, words) in FILES.items() if [one.startswith(words) for one in said[name]] != [True]] == []


KEPT = {
    "nothing": "",
    "half": "{",
    "numbers": "[1]",
    "column": '[{"number":1,"sign_up_id":1,"revision":1,"edits":{"x":["",""]}}]',
}


@pytest.mark.parametrize("edits", KEPT.values(), ids=KEPT)
def test_what_the_form_kept_is_judged_again(app, edits):
    _, [first] = applied(1)
    desk = at_the_desk(app)
    page = uploaded(desk, workbook(HEADS, ("李0", "通过", None, row_mark(first.id, 1))))

    assert desk.post_form(page, {"edits": edits}).status == 422


def test_a_number_that_no_row_can_have_and_unseen_signs_break_nothing(app):
    _, [first] = applied(1)
    far = {"number": 2, "sign_up_id": 2**70, "revision": 1, "edits": {"review": ["", "通过"]}}
    odd = {"number": 3, "sign_up_id": first.id, "revision": 1, "edits": {"review": ["", "不通\x00过"], "words": ["", "\u200b缺"]}}
    desk = at_the_desk(app)
    good = uploaded(desk, workbook(HEADS, ("李0", "通过", None, row_mark(first.id, 1))))

    page = desk.post_form(good, {"edits": json.dumps([far, odd])})

    assert (page.status, shown(page, "change")) == (409, [["3", "李0", "审核结果", "（空）", "不通过 缺"]])
    assert desk.post_form(page).status == 303


def test_another_activitys_sign_up_is_none_of_this_roster(app):
    applied(0)
    other = make_sign_up(make_activity(mode=Mode.APPROVAL), state=State.PENDING)
    content = workbook(HEADS, ("李", "通过", None, row_mark(other.id, 1)))

    page = uploaded(at_the_desk(app), content)

    assert (shown(page, "change"), "不在本活动的名单中" in page.words) == ([], True)


def test_seats_come_back_from_the_file_all_at_once(app):
    hall, (first, second, third) = seated_hall()
    desk = at_the_desk(app)
    file = filled_in(desk, ("座位",), 李0=("1-2",), 李1=("1排1座",))

    page = uploaded(desk, file)
    saved = desk.post_form(page)

    assert [row[2:] for row in shown(page, "change")] == [["座位", "1排1座", "1排2座"], ["座位", "1排2座", "1排1座"]]
    assert (saved.status, seated(first, second, third)) == (303, ["1排2座", "1排1座", "1排3座"])
    assert hall.id > 0


def test_seats_that_cannot_be_are_named_and_nothing_is_saved(app):
    _, sign_ups = seated_hall()
    desk = at_the_desk(app)

    unread = uploaded(desk, filled_in(desk, ("座位",), 李0=("前排",)))
    refused = desk.post_form(uploaded(desk, filled_in(desk, ("座位",), 李0=("1-3",), 李1=("2-9",))))

    assert "座位看不懂" in unread.words
    assert refused.status == 409
    assert "李1：2排9座：座位图上没有这个座位。" in refused.words.replace(" ", "")
    assert seated(*sign_ups) == ["1排1座", "1排2座", "1排3座"]


def test_a_seat_that_a_colleague_has_given_meanwhile_is_a_conflict(app):
    hall, sign_ups = seated_hall()
    desk = at_the_desk(app)
    file = filled_in(desk, ("座位",), 李0=("2-1",))
    with transaction():
        seats.seat(hall.id, {sign_ups[0].id: names("2-2")}, actor_id=make_staff(name="organizer-zhao").id)

    page = uploaded(desk, file)

    assert [row[2:5] for row in shown(page, "conflict")] == [["座位", "2排1座", "2排2座"]]
    assert shown(page, "conflict")[0][5].startswith("organizer-zhao 于 ")


def test_the_seat_list_is_in_the_order_of_rows_and_seats(app):
    hall, sign_ups = seated_hall()
    with transaction():
        seats.seat(hall.id, {sign_ups[0].id: names("2-1"), sign_ups[1].id: []}, actor_id=make_staff().id)

    rows = read_csv(at_the_desk(app).get(f"{LISTS}/seats.csv"))

    assert [row[1:3] for row in rows] == [["座位", "姓名"], ["1排3座", "李2"], ["2排1座", "李0"], ["", "李1"]]


def seated_hall() -> tuple[SeatMap, list[SignUp]]:
    """Return a hall of two rows of three in which three people sit in the first."""
    activity = make_activity(slug="tour", capacity=9)
    sign_ups = [make_sign_up(activity, name=f"李{number}") for number in range(3)]
    hall = make_hall(activity, "OOO\nOOO")
    arranged(hall)
    return hall, sign_ups


def beside_it(activity: Activity, sign_up: SignUp, tag: str, note: str, *, by: str | None = None) -> None:
    """Put a tag, and no other, on a sign-up and write a note beside it."""
    actor_id = make_staff(name=by).id
    with transaction():
        known = {one.label: one.id for one in beside.tags(activity.id)}
        tag_id = known.get(tag) or beside.make_tag(activity.id, tag, Colour.GREY, actor_id=actor_id).id
        beside.set_tags(activity.id, sign_up.id, [tag_id], actor_id=actor_id)
        beside.add_note(activity.id, sign_up.id, note, actor_id=actor_id)


def test_tags_and_notes_come_back_and_what_a_colleague_wrote_meanwhile_stays(app):
    activity, (first, second) = applied(2)
    for sign_up in (first, second):
        beside_it(activity, sign_up, "嘉宾", "已致电")
    desk = at_the_desk(app)
    file = filled_in(desk, ("标签", "内部备注"), 李0=("媒体，嘉宾", "改乘 2 号车"), 李1=("贵宾", "素食"))
    beside_it(activity, second, "工作餐", "清真", by="organizer-qian")

    page = uploaded(desk, file)
    saved = desk.post_form(page)

    assert [row[1:] for row in shown(page, "change")] == [
        ["李0", "标签", "嘉宾", "嘉宾、媒体"],
        ["李0", "内部备注", "已致电", "改乘 2 号车"],
    ]
    assert [row[2:5] for row in shown(page, "conflict")] == [["标签", "贵宾", "工作餐"], ["内部备注", "素食", "清真"]]
    assert [row[5].split(" 于 ")[0] for row in shown(page, "conflict")] == ["organizer-qian"] * 2
    assert saved.status == 303
    assert (tags_of([first.id, second.id]), notes_of([first.id, second.id])) == (
        {first.id: "嘉宾、媒体", second.id: "工作餐"},
        {first.id: "改乘 2 号车", second.id: "清真"},
    )
    assert [note.words for note in beside.notes(first.id)] == ["改乘 2 号车", "已致电"]


# -- the rules ----------------------------------------------------------------------------------------------------------------

TAGGED = ["标签", "标签（导出时）", "行标识"]


def test_only_what_was_changed_is_read_and_each_row_keeps_its_number():
    rows = [["花名册"], TAGGED, ["嘉宾", "嘉宾", "r7v1"], ["媒体", "嘉宾", "r8v3"], ["'=1+1", "=1+1", "r9v1"], ["新人", "", ""]]

    assert read_lines(rows) == [Line(4, 8, 3, {Edited.TAGS: ("嘉宾", "媒体")}), Line(6, 0, 0, {Edited.TAGS: ("", "新人")})]


def line(number: int, sign_up_id: int, **edits: tuple[str, str]) -> Line:
    return Line(number, sign_up_id, 1, {Edited(name): values for name, values in edits.items()})


def holding(**values: Any) -> Standing:
    return Standing("李伟", 1, is_pending=True, state="待审核", values={Edited(name): value for name, value in values.items()})


def test_a_cell_that_both_changed_is_a_conflict_unless_both_wrote_the_same():
    now = {1: holding(tags="媒体"), 2: holding(tags="媒体"), 3: holding(tags="嘉宾"), 4: holding(tags="")}
    lines = [
        line(1, 1, tags=("嘉宾", "贵宾")),
        line(2, 2, tags=("嘉宾", "媒体")),
        line(3, 3, tags=("嘉宾", "")),
        line(4, 4, tags=("", "嘉宾")),
    ]

    found = differ(lines, now, {})

    assert [(change.line.number, change.old, change.new) for change in found.changes] == [(3, "嘉宾", ""), (4, "", "嘉宾")]
    assert [(conflict.change, conflict.now) for conflict in found.conflicts] == [
        (Change(lines[0], "李伟", Edited.TAGS, "嘉宾", "贵宾"), "媒体")
    ]
    assert (found.already, found.rows) == (1, 2)


def test_a_row_that_cannot_be_meant_is_left_out_and_said_why():
    lines = [
        line(2, 0, tags=("", "x")),
        line(3, 5, tags=("", "x")),
        line(4, 1, tags=("", "x")),
        line(5, 1, tags=("", "y")),
        line(6, 2, review=("", "也许")),
        line(7, 2, review=("", "不通过")),
        line(8, 2, words=("", "材料不全")),
        line(9, 2, tags=("", "x" * 21)),
    ]

    found = differ(lines, {1: holding(), 2: holding()}, {Edited.TAGS: Form(str, LineProblem.LONG, 20)})

    assert [(bad.number, bad.problem) for bad in found.bad] == [
        (2, LineProblem.NO_ID),
        (3, LineProblem.UNKNOWN),
        (5, LineProblem.TWICE),
        (6, LineProblem.DECISION),
        (7, LineProblem.NO_WORDS),
        (8, LineProblem.WORDS_ALONE),
        (9, LineProblem.LONG),
    ]


def test_a_result_for_a_sign_up_that_was_under_no_review_is_left_out_and_the_rest_of_its_row_taken():
    confirmed = Standing("李伟", 1, is_pending=False, state="报名成功")

    found = differ([line(2, 1, review=("", "通过"), tags=("", "嘉宾"))], {1: confirmed}, {})

    assert ([change.column for change in found.changes], found.conflicts) == ([Edited.TAGS], ())
    assert [(bad.number, bad.problem) for bad in found.bad] == [(2, LineProblem.NOT_PENDING)]


def test_every_way_in_which_a_file_is_refused_has_its_words(app):
    with app.test_request_context():
        from festival.exports.wording import file_words

        assert all(file_words(problem) for problem in [*FileProblem, *TableProblem])


def test_saving_locks_the_activity_and_needs_the_difference_that_was_looked_at(app):
    activity, [first] = applied(1)
    lines = [line(2, first.id, review=("", "通过"))]

    with transaction():
        saved = service.save(activity.id, lines, service.digest_of(service.difference(activity, lines)), actor_id=make_staff().id)

    assert (dict(saved.cells), states([first])) == ({Edited.REVIEW: 1}, [State.CONFIRMED])
