"""Addresses of calendars and the token of a private one."""

import string

from hypothesis import given
from hypothesis import strategies as st

from festival.calendars.addresses import Site, Subscriber, google, outlook, read_token, token_of, webcal

KEY = "a key of the calendars"
ALPHABET = string.ascii_letters + string.digits + "-_"
subscribers = st.builds(Subscriber, account_id=st.integers(1, 2**31 - 1), version=st.integers(1, 2**24 - 1))


@given(subscribers)
def test_a_token_opens_for_whom_it_was_made(subscriber):
    token = token_of(subscriber, KEY)

    assert read_token(token, KEY) == subscriber
    assert len(token) == 52
    assert set(token) <= set(ALPHABET)


@given(subscribers, st.data())
def test_a_token_with_one_character_changed_opens_nothing(subscriber, data):
    token = token_of(subscriber, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(sorted(set(ALPHABET) - {token[at]})))

    assert read_token(token[:at] + other + token[at + 1 :], KEY) is None


def test_a_token_of_another_key_opens_nothing():
    assert read_token(token_of(Subscriber(1, 1), "another key"), KEY) is None


@given(st.text(ALPHABET, min_size=32, max_size=128))
def test_a_made_up_token_opens_nothing(token):
    assert read_token(token, KEY) is None


def test_each_language_has_its_own_address():
    assert Site("https://festival.example", "zh").address("/cal/programme.ics") == "https://festival.example/cal/programme.ics"
    assert Site("https://festival.example", "en").activity("forum") == "https://festival.example/en/activities/forum"


def test_subscription_addresses_carry_the_feed():
    feed = "https://festival.example/en/cal/track/forum.ics"

    assert webcal(feed) == "webcal://festival.example/en/cal/track/forum.ics"
    assert google(feed) == (
        "https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Ffestival.example%2Fen%2Fcal%2Ftrack%2Fforum.ics"
    )
    assert outlook(feed, "河西 & more") == (
        "https://outlook.live.com/calendar/0/addfromweb"
        "?url=https%3A%2F%2Ffestival.example%2Fen%2Fcal%2Ftrack%2Fforum.ics&name=%E6%B2%B3%E8%A5%BF%20%26%20more"
    )
    assert outlook(feed, "x", work=True).startswith("https://outlook.office.com/calendar/0/addfromweb?")
