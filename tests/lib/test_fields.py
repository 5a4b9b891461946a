"""Fields of the public's forms: what they read, and what they say."""

import io

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms.form import BaseForm

from festival.lib.fields import (
    Chosen,
    Legible,
    LineField,
    Needed,
    OneOfField,
    OneOfRadioField,
    SeveralOfField,
    Ticked,
    TickField,
    UploadField,
    WholeField,
    at_most,
)

OPTIONS = {"": "请选择", "m": "男", "f": "女"}


@pytest.fixture(autouse=True)
def words():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def judged(field, *sent):
    form = BaseForm({"x": field})
    form.process(MultiDict([("x", value) for value in sent]))
    form.validate()
    return form["x"].data, [str(error) for error in form["x"].errors]


@pytest.mark.parametrize(
    ("typed", "read"),
    [("7", 7), ("１２", 12), (" 3 ", 3), ("", None), ("007", 7)],
)
def test_whole_numbers_are_read_as_people_type_them(typed, read):
    assert judged(WholeField("x", least=1, most=12), typed) == (read, [])


@pytest.mark.parametrize("typed", ["0", "13", "-1", "1.5", "一", "1e3", "0x1", "9" * 5000, "１３", "٣", "1 2"])
def test_anything_else_is_no_number(typed):
    assert judged(WholeField("x", least=1, most=12), typed) == (None, ["请填写 1 到 12 之间的整数"])


def test_a_needed_number_says_so_once():
    assert judged(WholeField("x", [Needed()], least=1, most=12), "") == (None, ["请填写此项"])
    assert judged(WholeField("x", [Needed()], least=1, most=12), "99") == (None, ["请填写 1 到 12 之间的整数"])


@pytest.mark.parametrize("make", [OneOfField, OneOfRadioField])
def test_only_listed_options_are_taken(make):
    assert judged(make("x", [Chosen()], choices=OPTIONS), "m") == ("m", [])
    assert judged(make("x", [Chosen()], choices=OPTIONS), "x")[1] == ["请从列出的选项中选择"]
    assert judged(make("x", [Chosen()], choices=OPTIONS))[1] == ["请选择"]
    assert judged(make("x", [], choices=OPTIONS), "") == ("", [])


def test_several_options_are_taken_once_each():
    field = SeveralOfField("x", choices={"m": "男", "f": "女"})
    assert judged(field, "f", "m", "f") == (["f", "m"], [])
    assert judged(field) == ([], [])
    assert judged(SeveralOfField("x", choices={"m": "男", "f": "女"}), "f", "z")[1] == ["请从列出的选项中选择"]


def test_a_tick_is_any_value_and_its_absence_none():
    assert judged(TickField("x"), "1") == (True, [])
    assert judged(TickField("x")) == (False, [])
    assert judged(TickField("x", [Ticked("请勾选")])) == (False, ["请勾选"])


@pytest.mark.parametrize("typed", ["a\x00b", "a\x1bb", "\x7f", "half\ufffd"])
def test_what_no_keyboard_types_is_said_and_not_kept_as_something_else(typed):
    assert judged(LineField("x", [Legible()]), typed)[1] == ["含有无法识别的字符，请重新输入"]


def test_line_breaks_and_soft_breaks_of_office_programs_are_text():
    assert judged(LineField("x", [Legible()]), "a\x0bb\tc\r\nd") == ("ab c d", [])


def test_a_text_too_long_says_how_long_it_is():
    assert judged(LineField("x", [at_most(3)]), "一二三四")[1] == ["最多 3 个字，现在是 4 个"]


def uploaded(content, name="a.pdf"):
    return FileStorage(io.BytesIO(content), filename=name)


def test_a_file_is_read_judged_and_read_again_after_a_rollback():
    sent = uploaded(b"%PDF-1.4\n%%EOF")
    for _again in range(2):
        data, errors = judged(UploadField("x"), sent)
        assert (data.name, data.content, errors) == ("a.pdf", b"%PDF-1.4\n%%EOF", [])


def test_a_file_that_is_none_is_said():
    assert judged(UploadField("x"), uploaded(b"hello"))[1] == ["请上传 PDF 或 DOCX 文件"]
    assert judged(UploadField("x"), "a text instead of a file") == (None, [])
    assert judged(UploadField("x"), uploaded(b"", "")) == (None, [])
    assert judged(UploadField("x", [Needed()]))[1] == ["请选择文件"]
