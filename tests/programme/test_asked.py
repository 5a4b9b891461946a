"""What an address asks of the programme; what cannot be meant counts for nothing."""

from datetime import date

import pytest

from festival.programme.asked import Asked, asked

STARTS, ENDS = date(2023, 6, 10), date(2023, 6, 30)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, Asked()),
        (
            {"day": "2023-06-17", "track": "forum", "open": "1", "q": " 招聘 "},
            Asked(date(2023, 6, 17), "forum", open=True, q="招聘"),
        ),
        ({"day": "2023-06-31"}, Asked()),
        ({"day": "2023-07-01"}, Asked()),
        ({"day": "17"}, Asked()),
        ({"track": "nothing"}, Asked()),
        ({"open": "yes"}, Asked()),
        ({"q": "\x00\u200b \n"}, Asked()),
        ({"q": "长" * 500}, Asked(q="长" * 80)),
    ],
)
def test_an_address_is_read_kindly(arguments, expected):
    assert asked(arguments, ["forum", "jobs"], STARTS, ENDS) == expected


def test_filters_make_the_address_they_came_from():
    arguments = {"day": "2023-06-17", "track": "forum", "open": "1", "q": "论坛"}

    assert asked(arguments, ["forum"], STARTS, ENDS).parameters() == arguments


def test_one_filter_can_change_and_the_others_stay():
    wanted = Asked(date(2023, 6, 17), "forum", open=True)

    assert wanted.but(day=None).parameters() == {"track": "forum", "open": "1"}
    assert [Asked().is_narrow, wanted.is_narrow] == [False, True]
