"""Every list of an activity: what each holds, who may take it, what is hidden, and what is written down."""

import hashlib
from datetime import datetime, timedelta

import pyotp
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from festival.accounts import staff
from festival.accounts.models import Account
from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.sealing import seal
from festival.programme.models import Sensitivity
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.roster.desk import account_of, add_child, at_the_desk, entries, read_csv, read_xlsx, slot_of, table
from tests.web import Browser

NOW = datetime(2023, 6, 18, 8, 30, tzinfo=clock.ZONE)
HOUR = timedelta(hours=1)
LISTS = "/manage/activities/tour/exports"
ID_NUMBER = "11010519491231002X"


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


def tour(**more):
    """Return an activity that asks name, employer and document, with two people expected, and one who waits."""
    activity = make_activity(slug="tour", capacity=9, title_zh="人才专线游", starts_in=HOUR, lasts=2 * HOUR, **more)
    make_question(activity, "name")
    make_question(activity, "employer", label_zh="工作单位")
    make_question(activity, "emergency", type_="mobile", label_zh="紧急联系人")
    sensitive = Sensitivity.SENSITIVE
    make_question(
        activity, "id_type", type_="select", options={"resident": "居民身份证"}, label_zh="证件类型", sensitivity=sensitive
    )
    make_question(activity, "id_number", type_="id_number", label_zh="证件号码", sensitivity=sensitive)
    first = make_sign_up(activity, name="李伟", person=make_person(mobile="13800138000"))
    second = make_sign_up(activity, name="=王小宁", person=make_person(mobile="13900139000"), party_size=2)
    make_sign_up(activity, name="候补的人", state=State.WAITLISTED)
    answer(first, "employer", "津沽设计院")
    answer(first, "emergency", "13700137000")
    answer(first, "id_type", "resident", sealed=True)
    answer(first, "id_number", ID_NUMBER, sealed=True)
    return activity, first, second


def edges(sheet: Worksheet) -> tuple[str | None, str | None]:
    """Return what stands left on top and at the foot of every printed page."""
    assert sheet.oddHeader is not None
    assert sheet.oddFooter is not None
    assert sheet.oddHeader.left is not None
    assert sheet.oddFooter.left is not None
    return sheet.oddHeader.left.text, sheet.oddFooter.left.text


def shown_by(browser: Browser) -> dict[str, list[str]]:
    """Return the lists of the page, each with the words of its buttons."""
    page = browser.get(LISTS)
    return {str(one["id"]): [str(a.contents[0]) for a in one.select(".buttons a")] for one in page.html.select(".lists__one")}


def test_the_page_names_every_list_and_offers_what_the_reader_may_take(app):
    tour()
    files = ["Excel", "CSV"]
    nothing: dict[str, list[str]] = {key: [] for key in ["roster", "sign-in", "cards", "names", "insurance", "return", "full"]}

    assert shown_by(at_the_desk(app)) == {
        "roster": files,
        "sign-in": files,
        "cards": ["打印胸卡", "打印桌签", *files],
        "names": ["打开"],
        "statistics": files,
        "insurance": ["填写用途"],
        "return": ["Excel", "上传填好的表"],
        "full": ["填写用途"],
    }
    assert shown_by(at_the_desk(app, Role.AUDITOR)) == {**nothing, "statistics": files}
    assert at_the_desk(app, Role.STEWARD).get(LISTS).status == 403


def test_every_list_that_the_page_offers_can_be_had(app):
    tour()
    desk = at_the_desk(app)

    answers = {str(a["href"]): desk.get(str(a["href"])).status for a in desk.get(LISTS).html.select(".lists a")}

    assert len(answers) == 15
    assert {path: status for path, status in answers.items() if status != 200} == {}


def test_the_insurance_list_holds_documents_in_full_for_a_purpose_that_is_written_down(app, frozen):
    frozen(NOW)
    activity, *_ = tour()
    desk = at_the_desk(app)

    unsaid = desk.post_form(f"{LISTS}/insurance", reason="")
    page = desk.post_form(f"{LISTS}/insurance", reason="交保险公司投保", button="xlsx")

    sheet = read_xlsx(page)
    assert (unsaid.status, [one.get_text(strip=True) for one in unsaid.html.select(".field__error")]) == (422, ["请填写此项"])
    assert table(sheet, 6) == [
        ["序号", "姓名", "证件类型", "证件号码", "人数", "名额", "备注"],
        [1, "=王小宁", None, None, 2, "1区", None],
        [2, "李伟", "居民身份证", ID_NUMBER, 1, "1区", None],
        ["共 3 人", *[None] * 6],
        ["其中 1 份报名没有证件号码（未填写，或已按期清除）", *[None] * 6],
    ]
    assert [cell.data_type for cell in sheet[8]][:4] == ["n", "s", "s", "s"]
    digest = hashlib.sha256(page.response.get_data()).hexdigest()
    assert entries() == [
        ("insurance.export", "activity", activity.id, "交保险公司投保", f"insurance.xlsx rows=2 sha256={digest}")
    ]


def test_there_is_no_insurance_list_where_no_document_is_asked_for(app):
    make_activity(slug="tour")

    assert at_the_desk(app).get(f"{LISTS}/insurance").status == 404


def test_the_whole_list_says_on_every_page_who_took_it_when_and_what_for(app, frozen):
    frozen(NOW)
    activity, first, _ = tour()
    with transaction():
        db.session.get_one(SignUp, first.id).joined_at = NOW - HOUR
    desk = at_the_desk(app)
    who = account_of(desk).staff_name

    page = desk.post_form(f"{LISTS}/full", reason="电话通知改期 & 确认")

    sheet = read_xlsx(page)
    watermark = f"导出：{who}　2023-06-18 08:30　用途：电话通知改期 & 确认"
    assert [row[:6] for row in table(sheet, 6)][:2] == [
        ["序号", "签到码", "姓名", "状态", "人数", "联系方式"],
        table(sheet, 6)[1][:6],
    ]
    assert {row[5] for row in table(sheet, 7)[:3]} >= {"13800138000", "13900139000"}
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert ("13700137000" in cells, ID_NUMBER in cells, "证件号码" in cells) == (True, False, False)
    assert (sheet.cell(row=5, column=1).value, *edges(sheet)) == (
        watermark,
        watermark.replace("&", "&&"),
        watermark.replace("&", "&&"),
    )
    digest = hashlib.sha256(page.response.get_data()).hexdigest()
    assert entries() == [
        ("roster.export_full", "activity", activity.id, "电话通知改期 & 确认", f"full-roster.xlsx rows=3 sha256={digest}")
    ]


def test_the_whole_list_asks_for_the_second_factor_again_and_gives_nothing_without_it(app):
    tour()
    member = make_staff(Role.ORGANIZER)
    secret = staff.new_second_factor()
    with transaction():
        assert staff.set_second_factor(db.session.get_one(Account, member.id), secret, pyotp.TOTP(secret).now())
        db.session.get_one(Account, member.id).totp_step = None
    desk = Browser(app).sign_in(member)

    refused = [desk.post_form(f"{LISTS}/full", reason="通知改期", otp=typed) for typed in ("", "000000")]
    given = desk.post_form(f"{LISTS}/full", reason="通知改期", otp=pyotp.TOTP(secret).at(clock.wall()))

    assert [(page.status, len(page.html.select("#otp-error"))) for page in refused] == [(422, 1)] * 2
    assert given.status == 200
    assert [action for action, *_rest in entries()].count("roster.export_full") == 1


@pytest.mark.parametrize("path", ["full", "insurance", "cards", "cards.xlsx", "names", "statistics.csv", "seats.xlsx"])
def test_the_lists_of_anothers_activity_do_not_exist(app, path):
    mine = make_activity(slug="mine")
    tour()

    assert at_the_desk(app, activity=mine).get(f"{LISTS}/{path}").status == 404


def test_a_reviewer_takes_nothing_but_the_statistics(app):
    tour()
    desk = at_the_desk(app, Role.REVIEWER)

    paths = ("full", "insurance", "cards", "cards.csv", "names", "statistics.csv")

    assert [desk.get(f"{LISTS}/{path}").status for path in paths] == [403, 403, 403, 403, 403, 200]


def test_name_cards_hold_name_and_organisation_and_no_code(app):
    _, first, _ = tour()
    desk = at_the_desk(app)

    badges, table_cards = (desk.get(f"{LISTS}/cards?form={form}") for form in ("badge", "table"))
    rows = read_csv(desk.get(f"{LISTS}/cards.csv"))

    assert [one.get_text(" ", strip=True).split()[-3:] for one in badges.html.select(".card")][1] == ["李伟", "津沽设计院", "1区"]
    assert len(table_cards.html.select(".card__name")) == 4  # both sides of two
    assert [code for code in (first.code, first.digits, "13800138000") if code in badges.text + str(rows)] == []
    assert rows[2][:3] == ["2", "李伟", "津沽设计院"]
    assert [changes.split(" sha256=")[0] for *_rest, changes in entries()] == [
        "cards.badge rows=2",
        "cards.table rows=2",
        "cards.csv rows=2",
    ]


def test_the_names_for_a_group_are_one_line_and_masked(app):
    tour()

    page = at_the_desk(app).get(f"{LISTS}/names")

    assert [one.get_text() for one in page.html.select("#line")] == ["=***（2 人）、李*"]
    assert [one["data-copy"] for one in page.html.select("[data-copy]")] == ["=***（2 人）、李*"]
    assert [name for name in ("李伟", "王小宁") if name in page.text] == []


def test_the_statistics_add_up_by_pool_slot_and_day(app, frozen):
    frozen(NOW)
    activity = make_activity(slug="tour", pools=2, capacity=3, starts_in=-3 * HOUR, lasts=2 * HOUR)
    east, west = pool_of(activity), pool_of(activity, 1)
    tomorrow = add_child(slot_of(activity), starts_in=26 * HOUR, lasts=HOUR, capacity=5)
    came = make_sign_up(activity, pool=east, party_size=2)
    for pool, state, size in (
        (east, State.CONFIRMED, 1),
        (east, State.WAITLISTED, 2),
        (west, State.WITHDRAWN, 1),
        (west, State.PENDING, 3),
        (west, State.REJECTED, 1),
        (tomorrow.pools[0], State.CONFIRMED, 4),
    ):
        make_sign_up(activity, pool=pool, state=state, party_size=size)
    staff_there = make_sign_up(activity, pool=west)
    with transaction():
        row = db.session.get_one(SignUp, came.id)
        row.state, row.arrived, row.first_in_at = State.ATTENDED, 1, NOW
        db.session.get_one(SignUp, staff_there.id).counted = False
    desk = at_the_desk(app, Role.AUDITOR)

    rows = read_csv(desk.get(f"{LISTS}/statistics.csv"))
    sheet = read_xlsx(desk.get(f"{LISTS}/statistics.xlsx"))

    assert rows == [
        [
            "口径",
            "日期",
            "场次",
            "名额池",
            "名额",
            "报名",
            "待定",
            "候补中",
            "已取消",
            "未通过或逾期",
            "应到",
            "实到",
            "缺席",
            "缺席率",
        ],
        ["名额池", "6月18日 周日", "05:30–07:30", "1区", "3", "5", "0", "2", "0", "0", "3", "1", "2", "66.7%"],
        ["名额池", "6月18日 周日", "05:30–07:30", "2区", "3", "5", "3", "0", "1", "1", "0", "0", "—", "—"],
        ["名额池", "6月19日 周一", "07:30–08:30", "全部名额", "5", "4", "0", "0", "0", "0", "4", "0", "—", "—"],
        ["按场次", "6月18日 周日", "05:30–07:30", "", "6", "10", "3", "2", "1", "1", "3", "1", "2", "66.7%"],
        ["按场次", "6月19日 周一", "07:30–08:30", "", "5", "4", "0", "0", "0", "0", "4", "0", "—", "—"],
        ["按日期", "6月18日 周日", "", "", "6", "10", "3", "2", "1", "1", "3", "1", "2", "66.7%"],
        ["按日期", "6月19日 周一", "", "", "5", "4", "0", "0", "0", "0", "4", "0", "—", "—"],
        ["总计", "", "", "", "11", "14", "3", "2", "1", "1", "7", "1", "2", "66.7%"],
    ]
    assert str(sheet.cell(row=6, column=1).value).endswith("另有工作人员和嘉宾 1 人，不占名额，未计入。")
    assert len(table(sheet, 7)) == len(rows)
    assert entries() == []


def test_the_festivals_statistics_are_of_the_readers_own_activities(app):
    mine, other = make_activity(slug="mine", title_zh="我的活动"), make_activity(slug="tour")
    make_sign_up(mine, party_size=2)
    make_sign_up(other)

    path = "/manage/exports/statistics.csv"
    rows, all_rows = (read_csv(at_the_desk(app, activity=activity).get(path)) for activity in (mine, None))

    assert [row[:2] for row in rows[1:]] == [["活动合计", "我的活动"], ["名额池", "我的活动"], ["按日期", ""], ["总计", ""]]
    assert (rows[-1][6], all_rows[-1][6]) == ("2", "3")
