"""Words for every reason and state, in both languages, in the tone of the house."""

import pytest

from festival.lib.i18n import LOCALES, speaking
from festival.lib.identifiers import IdType
from festival.signups import wording
from festival.signups.rules import LIVE, Reason, State


@pytest.fixture(params=LOCALES)
def language(request, app):
    with app.test_request_context(), speaking(request.param):
        yield request.param


TABLES = {
    "REASON_WORDS": set(Reason),
    "REASON_TITLES": set(Reason),
    "STATE_WORDS": set(State),
    "ID_TYPE_WORDS": set(IdType),
}


def test_every_reason_and_state_has_words_in_both_languages(language):
    for name, wanted in TABLES.items():
        words = {key: str(value) for key, value in getattr(wording, name).items()}
        assert set(words) == wanted
        is_chinese = {key: any("\u4e00" <= char <= "\u9fff" for char in text) for key, text in words.items()}
        assert set(is_chinese.values()) == {language == "zh"}, is_chinese


def test_refusals_neither_shout_nor_blame(language):
    for words in wording.REASON_WORDS.values():
        text = str(words)
        assert text.endswith(("。", "."))
        assert not any(bad in text for bad in ("！", "!", "错误", "非法", "无效", "失败", "invalid", "error", "wrong"))


def test_every_live_state_says_what_giving_up_means(language):
    assert {state for state in State if all(wording.leave_words(state))} == LIVE


def test_the_results_are_the_reasons_in_kebab_case_and_what_is_over_is_closed():
    results = {reason: wording.result_of(reason) for reason in Reason}
    assert results.pop(Reason.ENDED) == "closed"
    assert results == {reason: reason.value.replace("_", "-") for reason in Reason if reason != Reason.ENDED}
