"""A list of guests, line by line; a table's column of names; a code as people type it."""

from datetime import UTC, datetime, timedelta

import pytest

from festival.invitations.rules import BadLine, Guests, Line, LineProblem, lines_of, read_guests
from festival.signups.rules import InvitationEnd, Invited, read_code

NOW = datetime(2023, 6, 10, tzinfo=UTC)


def test_a_list_is_sorted_into_new_repeated_known_and_bad_lines_by_number():
    text = "李晨曦\n\n  王 小宁 \n王小宁\n张 伟\n甲\t乙\n坏\x07名\n" + "长" * 101

    assert read_guests(text, ["张伟"]) == Guests(
        new=(Line(1, "李晨曦"), Line(3, "王 小宁")),
        repeated=(Line(4, "王小宁"),),
        known=(Line(5, "张 伟"),),
        bad=(
            BadLine(6, "甲 乙", LineProblem.SEVERAL),
            BadLine(7, "坏名", LineProblem.ILLEGIBLE),
            BadLine(8, "长" * 20, LineProblem.LONG),
        ),
    )


def test_a_list_of_blank_lines_names_nobody():
    assert read_guests("\n \n\t\n　", []) == Guests((), (), (), ())


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ([["李晨"], ["王宁"]], ["李晨", "王宁"]),
        ([["嘉宾名单", ""], ["序号", "姓 名"], ["1", "李晨"], ["2"]], ["", "", "李晨", ""]),
        ([["Unit", "Name"], ["TJU", "Li"]], ["", "Li"]),
        ([["单位", "姓名"], ["财大", "李晨"]], ["", "李晨"]),
        ([["财大", "李晨"]], None),
        ([["", "李晨"], ["", ""]], ["李晨", ""]),
    ],
)
def test_names_are_found_under_their_head_and_keep_the_numbers_of_their_rows(rows, lines):
    assert lines_of(rows) == lines


@pytest.mark.parametrize(
    "typed",
    [
        "abcd-efgh-jkmn",
        " ABCD EFGH JKMN ",
        "ａｂｃｄ－ｅｆｇｈ－ｊｋｍｎ",
        "abcdefghjkmn",
        "https://x.cn/en/invited/abcdefghjkmn",
    ],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "abcdefghjkmn"


@pytest.mark.parametrize(
    ("invited", "end"),
    [
        (Invited(2, 1, NOW + timedelta(seconds=1), is_revoked=False), None),
        (Invited(2, 1, None, is_revoked=False), None),
        (Invited(2, 2, None, is_revoked=False), InvitationEnd.USED_UP),
        (Invited(2, 2, NOW, is_revoked=False), InvitationEnd.EXPIRED),
        (Invited(2, 0, NOW, is_revoked=True), InvitationEnd.REVOKED),
    ],
)
def test_an_invitation_ends_for_the_reason_that_its_holder_can_do_least_about(invited, end):
    assert invited.end_at(NOW) == end
