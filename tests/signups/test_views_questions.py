"""Each kind of question at a browser: what it takes, what it says, what needs a consent, what is sealed."""

import io
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from festival.accounts.models import Consent, PrivacyNotice
from festival.lib.db import db
from festival.programme.models import Sensitivity
from festival.signups import answers
from festival.signups.models import Answer, AnswerFile, SignUp
from tests.builders import make_activity, make_person, make_question

RESIDENT = "11010519491231002X"
USCC = "91350100M000100Y43"
PDF = b"%PDF-1.4\n%%EOF\n"
OPTIONS = {"a": "甲", "b": "乙", "c": "丙", "d": "丁", "e": "戊"}


@pytest.fixture
def activity(app):
    return make_activity()


@pytest.fixture
def person(app, visitor):
    account = make_person(name="")
    visitor.sign_in(account)
    return account


def form_of(activity):
    return f"/activities/{activity.slug}/sign-up"


def sends(visitor, activity, **fields):
    """Send the form, agreeing to the notice; field names without ``q-``."""
    named = {name if name.startswith("consent-") else f"q-{name}": value for name, value in fields.items()}
    return visitor.post_form(form_of(activity), {"consent": "1", **named})


def error_of(page, name):
    found = page.html.select_one(f'[id="{name}-error"]')
    return found.get_text(strip=True) if found else None


def kept():
    """Return what is stored, by question key, in clear."""
    db.session.rollback()
    return {one.question_key: answers.read(one) for one in db.session.scalars(sa.select(Answer))}


def fresh(statement):
    """Return what a query finds now: the test's own session may have read before."""
    db.session.rollback()
    return db.session.execute(statement)


def kept_in(activity):
    """Return what is stored for one activity, by question key, in clear."""
    db.session.rollback()
    (made,) = db.session.scalars(sa.select(SignUp.id).where(SignUp.activity_id == activity.id))
    return answers.read_all(made)


GOOD: list[tuple[str, dict[str, Any], Any, str]] = [
    ("text", {}, "设计院", "设计院"),
    ("text", {}, "  设计院\u200b  一所 ", "设计院 一所"),
    ("textarea", {}, "第一行\r\n第二行", "第一行\n第二行"),
    ("number", {"minimum": 1, "maximum": 9}, "７", "7"),
    ("year", {"minimum": 1988, "maximum": 2001}, "1999", "1999"),
    ("boolean", {}, "1", "1"),
    ("select", {"options": OPTIONS}, "b", "b"),
    ("multi", {"options": OPTIONS}, ["c", "a"], "c,a"),
    ("tags", {"options": OPTIONS}, ["a"], "a"),
    ("mobile", {}, "138 0013 8000", "13800138000"),
    ("mobile", {}, "＋86 １３８００１３８０００", "13800138000"),
    ("email", {}, "Name@Example.CN", "name@example.cn"),
    ("id_number", {}, "11010519491231002x", RESIDENT),
    ("id_number", {}, "１１０１０５１９４９１２３１００２Ｘ", RESIDENT),
    ("uscc", {}, "91350100m000100y43", USCC),
    ("pledge", {"text": "我承诺"}, "1", "1"),
]


def test_a_good_answer_is_kept_in_its_one_form(visitor, person):
    found = []
    for type_, more, typed, _stored in GOOD:
        activity = make_activity()
        make_question(activity, "x", type_=type_, **more)
        answer = sends(visitor, activity, x=typed)
        found.append((type_, more, typed, kept_in(activity).get("x") if answer.status == 303 else answer.words))

    assert found == GOOD


BAD: list[tuple[str, dict[str, Any], Any, str]] = [
    ("text", {}, "", "请填写此项"),
    ("text", {}, " \u200b ", "请填写此项"),
    ("text", {"maximum": 5}, "一二三四五六", "最多 5 个字，现在是 6 个"),
    ("text", {}, "a\x07b", "含有无法识别的字符，请重新输入"),
    ("textarea", {"maximum": 30}, "长" * 31, "最多 30 个字，现在是 31 个"),
    ("number", {"minimum": 1, "maximum": 9}, "10", "请填写 1 到 9 之间的整数"),
    ("number", {}, "abc", "请填写 0 到 999999999 之间的整数"),
    ("number", {}, "9" * 5000, "请填写 0 到 999999999 之间的整数"),
    ("year", {"minimum": 1988, "maximum": 2001}, "1987", "请填写 1988 到 2001 之间的整数"),
    ("year", {"minimum": 1988, "maximum": 2001}, "2002", "请填写 1988 到 2001 之间的整数"),
    ("select", {"options": OPTIONS}, "", "请选择"),
    ("select", {"options": OPTIONS}, "z", "请从列出的选项中选择"),
    ("select", {"options": {"a": "甲", "b": "乙"}}, "z", "请从列出的选项中选择"),
    ("multi", {"options": OPTIONS}, [], "请选择"),
    ("multi", {"options": OPTIONS}, ["a", "z"], "请从列出的选项中选择"),
    ("tags", {"options": OPTIONS}, ["<b>"], "请从列出的选项中选择"),
    ("mobile", {}, "1380013800", "手机号应为 11 位数字，现在是 10 位"),
    ("mobile", {}, "12800138000", "请填写中国大陆手机号，以 13 至 19 开头"),
    ("mobile", {}, "a@example.cn", "请填写手机号"),
    ("email", {}, "a@b", "请填写完整的电子邮箱，如 name@example.cn"),
    ("email", {}, "13800138000", "请填写电子邮箱"),
    ("id_number", {}, "1101051949123100", "证件号码应为 18 位，现在是 16 位"),
    ("id_number", {}, "110105194912310021", "请核对证件号码，最后一位校验码与前面的数字不符"),
    ("id_number", {}, "110105194913310021", "请核对证件号码第 7 至 14 位的出生日期"),
    ("id_number", {}, "1101051949123100AX", "居民身份证号码应为 18 位，最后一位可以是 X"),
    ("uscc", {}, "91350100M000100Y44", "请核对统一社会信用代码，最后一位校验码与前面不符"),
    ("uscc", {}, "9135", "统一社会信用代码应为 18 位，现在是 4 位"),
    ("pledge", {"text": "我承诺"}, None, "请确认后勾选"),
]


def test_a_bad_answer_is_said_beside_the_field_and_on_top_and_nothing_is_lost(visitor, person):
    found, lost = [], []
    for type_, more, typed, _words in BAD:
        activity = make_activity()
        make_question(activity, "x", type_=type_, **more)
        make_question(activity, "other", required=False)
        page = sends(visitor, activity, x=typed, other="还在")
        words = error_of(page, "q-x")
        found.append((type_, more, typed, words if page.status == 422 else page.status))
        summary = page.html.select_one(".errors")
        target = page.html.select_one(f"""[id="{summary.select_one("a")["href"][1:]}"]""")
        if words not in summary.get_text() or target is None or value_of(page, "q-other") != "还在":
            lost.append((type_, typed))
        if type_ in {"mobile", "email", "id_number", "uscc", "number", "year"} and value_of(page, "q-x") != typed:
            lost.append((type_, typed))

    assert found == BAD
    assert lost == []
    assert fresh(sa.select(sa.func.count(SignUp.id))).scalar_one() == 0


def value_of(page, name):
    return page.html.select_one(f'[name="{name}"]').get("value")


def test_what_is_optional_may_stay_empty(visitor, activity, person):
    for type_ in ("text", "textarea", "number", "year", "boolean", "mobile", "email", "id_number", "uscc", "file", "pledge"):
        make_question(activity, type_, type_=type_, required=False)
    for type_ in ("select", "multi", "tags"):
        make_question(activity, type_, type_=type_, required=False, options=OPTIONS)
    assert (sends(visitor, activity).status, kept()) == (303, {})


def test_an_optional_choice_may_not_be_invented(visitor, activity, person):
    make_question(activity, "x", type_="select", required=False, options=OPTIONS)
    assert sends(visitor, activity, x="z").status == 422


NUMBERS = [
    ("resident", RESIDENT, 303),
    ("resident", "H12345678", 422),
    ("hk_mo", "h12345678", 303),
    ("hk_mo", RESIDENT, 422),
    ("passport", "E12345678", 303),
    ("passport", "!!", 422),
    ("tw", "12345678", 303),
    ("foreign_pr", "USA110086071234", 303),
    ("hmt_residence", "810000199408230021", 303),
    ("hmt_residence", RESIDENT, 422),
]


def test_a_number_is_judged_by_its_document(visitor, person):
    documents = {key: key for key in ("resident", "hk_mo", "tw", "hmt_residence", "passport", "foreign_pr")}
    found = []
    for id_type, number, _status in NUMBERS:
        activity = make_activity()
        sensitive(activity, "id_type", type_="select", options=documents, required=True, consent_with="id_number")
        sensitive(activity, "id_number", type_="id_number", options=None, required=True)
        page = sends(visitor, activity, id_type=id_type, id_number=number, **{"consent-id_number": "1"})
        found.append((id_type, number, page.status))

    assert found == NUMBERS


# -- files --------------------------------------------------------------------------------------------------------------------


def docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "stored"), [(PDF, "我的简历.pdf", "我的简历.pdf"), (docx(), "../cv.exe", "cv.exe.docx")]
)
def test_a_file_is_kept_sealed_under_a_harmless_name(visitor, activity, person, content, name, stored):
    make_question(activity, "resume", type_="file")

    answer = sends(visitor, activity, resume=(io.BytesIO(content), name))

    file = fresh(sa.select(AnswerFile)).scalar_one()
    assert (answer.status, file.name, file.size) == (303, stored, len(content))
    assert content not in file.sealed
    assert answers.read_file(file) == content
    assert stored in visitor.follow(answer).words


def test_a_bad_file_is_said_beside_it(visitor, activity, person):
    make_question(activity, "resume", type_="file")
    files = {
        b"MZ this is a program": "请上传 PDF 或 DOCX 文件",
        b"%PDF-1.4 half": "文件无法打开，请检查后重新上传",
        PDF.ljust(5 * 1024 * 1024 + 1, b"\n"): "文件超过 5 MB，请压缩后再上传",
        b"": "文件是空的，请重新选择",
    }
    pages = {content: sends(visitor, activity, resume=(io.BytesIO(content), "cv.pdf")) for content in files}
    for page in pages.values():
        page.response.request.environ["wsgi.input"].close()  # the client's own temporary file, which it leaves open
    assert {content: error_of(page, "q-resume") for content, page in pages.items()} == files
    assert {page.status for page in pages.values()} == {422}
    assert fresh(sa.select(sa.func.count(AnswerFile.id))).scalar_one() == 0


def test_a_page_that_comes_back_says_that_it_could_not_keep_the_file(visitor, activity, person):
    make_question(activity, "employer")
    make_question(activity, "resume", type_="file", label_zh="简历")
    page = sends(visitor, activity, resume=(io.BytesIO(PDF), "cv.pdf"))
    assert page.status == 422
    assert "文件不能随页面保留，请重新选择：简历" in page.words


def test_a_form_without_files_is_not_sent_in_parts(visitor, activity, person):
    make_question(activity, "employer")
    assert visitor.get(form_of(activity)).html.select_one("main form").get("enctype") is None


# -- consent ------------------------------------------------------------------------------------------------------------------


def sensitive(activity, key="access", **more: Any):
    """Ask something sensitive; without more, an optional choice of several."""
    asked: dict[str, Any] = {"type_": "multi", "options": OPTIONS, "required": False} | more
    return make_question(activity, key, sensitivity=Sensitivity.SENSITIVE, **asked)


def test_nothing_is_ticked_beforehand_and_nothing_goes_without_the_notice(visitor, activity, person):
    sensitive(activity)
    page = visitor.get(form_of(activity))

    answer = visitor.post_form(page)

    assert page.html.select("[type=checkbox][checked]") == []
    assert (answer.status, error_of(answer, "consent")) == (422, "请阅读规则，同意后勾选")
    assert fresh(sa.select(sa.func.count(SignUp.id))).scalar_one() == 0


def test_the_notice_says_what_why_and_how_long(visitor, activity, person):
    make_question(activity, "name", label_zh="姓名")
    make_question(activity, "employer", label_zh="单位")

    page = visitor.get(form_of(activity))

    rows = [[cell.get_text(strip=True) for cell in row.select("td")] for row in page.html.select(".consent tbody tr")]
    assert rows == [["手机号或邮箱", "登录与通知", "180 天"], ["姓名、单位", "测试", "30 天"]]


def test_a_sensitive_answer_needs_its_own_consent(visitor, activity, person):
    sensitive(activity)

    without = sends(visitor, activity, access=["a"])
    given = visitor.post_form(without, {"consent-access": "1"})

    assert without.status == 422
    assert "需要您单独同意" in error_of(without, "consent-access")
    assert [box["value"] for box in without.html.select('[name="q-access"][checked]')] == ["a"]
    assert (given.status, kept()) == (303, {"access": "a"})
    assert consents() == {None, "access"}


def consents():
    return set(fresh(sa.select(Consent.question_key)).scalars())


def test_a_sensitive_question_left_empty_needs_no_consent_and_a_tick_alone_gives_none(visitor, activity, person):
    sensitive(activity)
    answer = sends(visitor, activity, **{"consent-access": "1"})
    assert (answer.status, kept(), consents()) == (303, {}, {None})


def test_two_questions_joined_share_one_consent(visitor, activity, person):
    sensitive(activity, "id_type", type_="select", options={"resident": "身份证"}, required=True, consent_with="id_number")
    sensitive(activity, "id_number", type_="id_number", options=None, required=True)

    page = visitor.get(form_of(activity))

    assert [box["name"] for box in page.html.select("[name^=consent-]")] == ["consent-id_number"]


def test_a_sensitive_pledge_is_its_own_consent(visitor, activity, person):
    sensitive(activity, "single", type_="pledge", options=None, required=True, text="本人承诺")

    page = visitor.get(form_of(activity))
    refused = visitor.post_form(page, consent="1")
    taken = visitor.post_form(refused, {"q-single": "1", "consent": "1"})

    assert page.html.select("[name^=consent-]") == []
    assert "本人承诺" in page.words
    assert (refused.status, taken.status, consents()) == (422, 303, {None, "single"})


def test_the_consent_is_recorded_under_the_words_that_were_shown(visitor, activity, person):
    make_question(activity, "employer", label_zh="单位")
    page = visitor.get(form_of(activity))
    version = page.html.select_one("[name=notice_version]")["value"]

    visitor.post_form(page, {"q-employer": "设计院", "consent": "1"})

    consent, notice = fresh(sa.select(Consent, PrivacyNotice).join(PrivacyNotice)).one()
    assert (notice.version, consent.account_id) == (version, person.id)
    assert "单位：测试；活动结束30天后删除。" in notice.text_zh


def test_a_notice_that_changed_meanwhile_must_be_read_again(visitor, activity, person):
    page = visitor.get(form_of(activity))
    make_question(activity, "employer", required=False)

    told = visitor.post_form(page, consent="1")
    agreed = visitor.post_form(told, consent="1")

    assert (told.status, "刚有更新" in error_of(told, "consent")) == (422, True)
    assert not told.html.select_one("[name=consent]").has_attr("checked")
    assert agreed.status == 303


# -- at rest and in sight ------------------------------------------------------------------------------------------------------


def test_a_sensitive_answer_is_sealed_in_the_table_and_masked_on_the_page(visitor, activity, person):
    sensitive(activity, "id_number", type_="id_number", options=None, required=True)

    ticket = visitor.follow(sends(visitor, activity, id_number=RESIDENT, **{"consent-id_number": "1"}))

    row = fresh(sa.select(Answer)).scalar_one()
    assert row.plain is None
    assert RESIDENT.encode() not in row.sealed
    assert (kept(), RESIDENT in ticket.text, "已填写，加密保存" in ticket.words) == ({"id_number": RESIDENT}, False, True)


def test_browsers_and_the_store_for_lost_connections_keep_nothing_sensitive(visitor, activity, person):
    sensitive(activity)
    sensitive(activity, "id_number", type_="id_number", options=None)
    page = visitor.get(form_of(activity))
    fields = page.html.select('[name="q-access"], [name="q-id_number"]')
    assert [field.has_attr("data-sensitive") for field in fields] == [True] * 6
    assert page.html.select_one('[name="q-id_number"]')["autocomplete"] == "off"
    assert page.response.headers["Cache-Control"] == "no-store"
