"""Identity numbers and credit codes: shapes, dates and check digits of the standards."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from festival.lib.identifiers import (
    IdType,
    NumberProblem,
    id_number_problem,
    normal,
    resident_check_digit,
    uscc_check_digit,
    uscc_problem,
)

TODAY = date(2023, 6, 16)
#: The standards' own examples.
RESIDENT = "11010519491231002X"
USCC = "91350100M000100Y43"


def problem(number, kind=IdType.RESIDENT):
    return id_number_problem(number, kind, TODAY)


def test_the_examples_of_the_standards_are_good():
    assert (problem(RESIDENT), uscc_problem(USCC)) == (None, None)


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        ("1101051949123100", NumberProblem.LENGTH),
        ("11010519491231002XX", NumberProblem.LENGTH),
        ("", NumberProblem.LENGTH),
        ("1101051949123100A2", NumberProblem.CHARACTERS),
        ("01010519491231002X", NumberProblem.CHARACTERS),
        ("110105194902310026", NumberProblem.BIRTH),  # no 31 February
        ("110105194913310028", NumberProblem.BIRTH),
        ("110105189912310021", NumberProblem.BIRTH),
        ("110105202306170013", NumberProblem.BIRTH),  # tomorrow
        ("110105194912310021", NumberProblem.CHECK),
        ("110105194912310020", NumberProblem.CHECK),
    ],
)
def test_what_is_wrong_with_an_identity_number_is_named(number, wrong):
    assert problem(number) == wrong


@given(st.from_regex(r"[1-6][0-9]{5}19[5-9][0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9]|2[0-8])[0-9]{3}", fullmatch=True), st.data())
def test_one_wrong_digit_never_passes(first_17, data):
    number = first_17 + resident_check_digit(first_17)
    assert problem(number) is None
    place = data.draw(st.sampled_from([*range(6), *range(14, 17)]))
    other = data.draw(st.sampled_from([digit for digit in "123456789" if digit != number[place]]))
    assert problem(number[:place] + other + number[place + 1 :]) == NumberProblem.CHECK


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (IdType.HK_MO, ["H12345678", "M12345678", "H1234567801"], ["A12345678", "H1234567", "12345678"]),
        (IdType.TW, ["12345678", "1234567890", "1234567890A"], ["1234567", "A2345678"]),
        (IdType.HMT_RESIDENCE, ["810000199408230021"], ["110105194912310020", "810000199408230022"]),
        (IdType.PASSPORT, ["E12345678", "PE1234567", "123456789"], ["E123", "ABCDEFGH", "E1234567890123456"]),
        (IdType.FOREIGN_PR, ["USA110086071234", "911124198108030024"], ["US1100860712345", "911124198108030025"]),
    ],
)
def test_each_document_has_its_own_shape(kind, good, bad):
    assert [number for number in good if problem(number, kind) is not None] == []
    assert [number for number in bad if problem(number, kind) is None] == []


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("11010519491231002x", RESIDENT),
        ("１１０１０５１９４９１２３１００２Ｘ", RESIDENT),
        ("110105 1949 1231 002X", RESIDENT),
        ("110105-19491231-002X", RESIDENT),
        ("h12345678", "H12345678"),
    ],
)
def test_numbers_are_read_as_people_type_them(typed, read):
    assert normal(typed) == read


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (USCC[:-1], NumberProblem.LENGTH),
        (USCC + "1", NumberProblem.LENGTH),
        ("9135010OM000100Y43", NumberProblem.CHARACTERS),  # the letter O
        ("91350100M000100y43", NumberProblem.CHARACTERS),
        ("91350100M000100Y44", NumberProblem.CHECK),
        ("91350100M000101Y43", NumberProblem.CHECK),
    ],
)
def test_what_is_wrong_with_a_credit_code_is_named(code, wrong):
    assert uscc_problem(code) == wrong


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17))
def test_every_credit_code_has_one_check_character(first_17):
    good = [char for char in "0123456789ABCDEFGHJKLMNPQRTUWXY" if uscc_problem(first_17 + char) is None]
    assert good == [uscc_check_digit(first_17)]


@given(st.text(max_size=60))
def test_no_text_breaks_the_checks(text):
    for kind in IdType:
        id_number_problem(normal(text), kind, TODAY)
    uscc_problem(normal(text))
